# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # set by run
# Sourced: one boot of the bench's guest.  All devices are in every guest, so
# that all rows see the same machine and the same kernel command line.

readonly MAC=52:54:00:1a:b0:01
flood=
readonly PEER_MODULES=(virtio_net nvme virtio_blk)

# Module files below $modules by name, written with _ whatever the file has
find_module()
{
	find -H "$modules" -name "${1//_/[-_]}.ko*" | head -n 1
}

# add_module NAME: to ${copies[@]} and $tmp/modules, after all that it needs
add_module()
{
	local file need

	grep -qx "$1" "$tmp/modules" && return
	file=$(find_module "$1")
	[[ -n $file ]] || return 0
	for need in $(modinfo -F depends "$file" | tr ,- ' _'); do
		add_module "$need"
	done
	case $file in
	*.xz) xz -dc "$file" >"$tmp/$1.ko" && file=$tmp/$1.ko ;;
	esac
	copies+=(--copy "$file:/lib/modules/$1.ko")
	echo "$1" >>"$tmp/modules"
}

collect()
{
	local file

	: >"$tmp/modules"
	for file in "${PEER_MODULES[@]}"; do
		add_module "$file"
	done
	for file in "$OUT"/recv_{labyrinth,afxdp,tpacket,mmsg} "$OUT"/{blk_uring,memcpy} \
		"$here"/{guest-rows,rows} "$tmp/modules"; do
		copies+=(--copy "$file:/bench/$(basename "$file")")
	done
}

qemu()
{
	local argument

	for argument; do
		printf '%s\0' --qemu-arg "$argument"
	done
}

devices()
{
	qemu -netdev "stream,id=vnet,server=on,addr.type=unix,addr.path=$tmp/virtio"
	qemu -device "virtio-net-pci,netdev=vnet,mac=$MAC,rx_queue_size=1024,romfile=,guest_csum=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off"
	qemu -netdev "stream,id=lnet,server=on,addr.type=unix,addr.path=$tmp/labyrinth"
	qemu -blockdev driver=null-co,node-name=null0,size=2147483648 -device nvme,drive=null0,serial=bench
	qemu -blockdev driver=null-co,node-name=null1,size=2147483648 -device virtio-blk-pci,drive=null1,num-queues=2
	qemu -chardev "socket,id=flood,path=$tmp/control" -device virtserialport,chardev=flood,name=flood
}

# A background job of a script does not hear of Ctrl-C
stop_flood()
{
	[[ -n $flood ]] || return 0
	kill "$flood" 2>/dev/null || true
	wait "$flood" 2>/dev/null || true
	flood=
}

# What runs in it
guest_command=(/bench/guest-rows)

# boot DIVISOR LABEL...: one guest, these rows; more of lab's options in ${more[@]}
boot()
{
	local options status=0

	rm -f "$tmp/control"
	"$OUT/flood" "$tmp/control" "virtio=$tmp/virtio=$MAC" "labyrinth=$tmp/labyrinth" &
	flood=$!
	mapfile -d '' -t options < <(devices)
	timeout 400 "$TOP/lab" exec --smp 2 --mem 1024 --timeout 380 --device queues=8,netdev=lnet \
		"${copies[@]}" "${options[@]}" "${more[@]}" -- "${guest_command[@]}" "$@" || status=$?
	stop_flood
	return "$status"
}
