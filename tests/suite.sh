# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by tests/run: results of suites that print TAP.

total_passed=0 total_failed=0 total_skipped=0
suite_name='' suite_log='' suite_start=''

now_ms()
{
	local now=$EPOCHREALTIME

	echo $((${now/[.,]/} / 1000))
}

# suite_begin NAME: what follows goes to its log, build/test-log/NAME
suite_begin()
{
	suite_name=$1
	suite_log=$LOGS/${1//\//-}
	suite_start=$(now_ms)
	mkdir -p "$LOGS"
	: >"$suite_log"
	: >"$suite_log.kernel"
}

# Lines of the log that are results, counted; plan: how many were promised
count_tap()
{
	awk '
	/^ok( |$)/ && /# *[Ss][Kk][Ii][Pp]/ { skipped++; next }
	/^ok( |$)/ { passed++; next }
	/^not ok( |$)/ { failed++; next }
	/^1\.\.[0-9]+/ { plan += substr($1, 4); planned = 1 }
	END { printf "%d %d %d %s\n", passed, failed, skipped, planned ? plan : "none" }
	' "$suite_log"
}

# A failure that is no line of the suite's own
suite_complain()
{
	echo "not ok - $suite_name: $1" >>"$suite_log"
}

# However many messages there are, they are one failure
suite_judge_kernel()
{
	local complaints

	complaints=$(kernel_complaints "$suite_log")
	[[ -n $complaints ]] || return 0
	head -n 12 <<<"$complaints" | sed 's/^/# /' >>"$suite_log"
	suite_complain "the guest's kernel complained"
}

# What the sanitizers of QEMU said of the suite, if that is the QEMU: as above
suite_judge_reports()
{
	local reports

	[[ -n ${LAB_ASAN_REPORTS-} ]] || return 0
	reports=$(grep -lsE 'ERROR: |runtime error:' "$LAB_ASAN_REPORTS"/* | sort)
	[[ -n $reports ]] || return 0
	xargs head -n 40 <<<"$reports" | sed 's/^/# /' >>"$suite_log"
	suite_complain "the sanitizers complained of QEMU"
	xargs rm <<<"$reports"
}

# suite_end STATUS: counts the suite and prints its line
suite_end()
{
	local passed failed skipped plan

	read -r passed failed skipped plan < <(count_tap)
	if [[ $plan == none ]]; then
		suite_complain "ended without a plan (status $1)"
	elif [[ $plan != $((passed + failed + skipped)) ]]; then
		suite_complain "planned $plan results, gave $((passed + failed + skipped))"
	elif [[ $1 != 0 && $failed == 0 ]]; then
		suite_complain "ended with status $1"
	fi
	suite_judge_kernel
	suite_judge_reports
	suite_report
}

suite_report()
{
	local passed failed skipped verdict=ok elapsed=$(($(now_ms) - suite_start))

	read -r passed failed skipped _ < <(count_tap)
	total_passed=$((total_passed + passed))
	total_failed=$((total_failed + failed))
	total_skipped=$((total_skipped + skipped))
	[[ $failed == 0 ]] || verdict=FAILED
	printf '%-7s %-28s %4d passed' "$verdict" "$suite_name" "$passed"
	[[ $failed == 0 ]] || printf ', %d failed' "$failed"
	[[ $skipped == 0 ]] || printf ', %d skipped' "$skipped"
	printf '  (%d.%d s)\n' $((elapsed / 1000)) $((elapsed % 1000 / 100))
	[[ $skipped == 0 ]] || grep -iE '^ok .*# *skip' "$suite_log" | sed 's/^/        /'
	[[ $failed == 0 ]] || suite_findings
}

# What failed, with the lines that the suite said about it
suite_findings()
{
	grep -E -B 12 '^not ok' "$suite_log" | grep -vE '^(ok |--$|1\.\.|$)' | tail -n 40 | sed 's/^/        /'
	echo "        (all of it: ${suite_log#"$TOP/"})"
}

# Messages of $1.kernel (as dmesg -r prints them) that must not be: warnings and
# worse, and reports of the kernel's checkers whatever their level.  A suite
# that provokes one says so in its output: "# kernel: EXTENDED-REGEX".
kernel_complaints()
{
	local expected='loading out-of-tree module taints kernel\.$'

	expected+='|module verification failed: signature and/or required key missing'
	# About the host, which was busy
	expected+='|hrtimer: interrupt took [0-9]+ ns$|clocksource: .*(interval|watchdog|skew)'
	while read -r line; do
		expected+="|$line"
	done < <(sed -n 's/^# kernel: //p' "$1")
	grep -vE -- "$expected" "$1.kernel" | awk '
	match($0, /^<[0-9]+>/) {
		if (substr($0, 2, RLENGTH - 2) % 8 <= 4) { print; next }
	}
	/BUG:|WARNING:|Oops|KASAN|UBSAN|DMA-API:|INFO: .* (blocked|detected|stall)/ ||
	/possible (circular|recursive) locking|kmemleak: [0-9]+ new|general protection/
	'
}

# Exit status of the whole run, and its last line
report_all()
{
	[[ $total_skipped == 0 ]] || echo "$total_skipped skipped"
	echo "$total_passed passed, $total_failed failed"
	[[ $total_failed == 0 && $total_passed -gt 0 ]]
}
