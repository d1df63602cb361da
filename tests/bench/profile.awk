# SPDX-License-Identifier: MIT
# usage: awk -f profile.awk -v label=N -v packets=N SORTED-KALLSYMS COUNTS
# Guest kernel instructions by symbol, of the lines "at LABEL ADDRESS COUNT" of plugin.c.
# Addresses are compared as text: 16 hexadecimal digits each.
FNR == NR {
	if ($2 ~ /^[tTwW]$/) {
		address[++n] = $1
		name[n] = $3 ($4 == "" ? "" : " " $4)
	}
	next
}
$1 == "at" && $2 == label {
	low = 1
	high = n
	while (low < high) {
		middle = int((low + high + 1) / 2)
		if (address[middle] <= $3)
			low = middle
		else
			high = middle - 1
	}
	count[name[low]] += $4
	total += $4
}
END {
	for (symbol in count)
		printf "%10.2f %5.1f %% %s\n", count[symbol] / packets, 100 * count[symbol] / total, symbol
}
