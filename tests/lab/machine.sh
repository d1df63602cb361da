# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # set by lab and options.sh
# Sourced: the machine that QEMU is asked for.

# QEMU in the environment is what the wrapper runs, not the wrapper
emulator=${LAB_QEMU:-$BUILD/qemu-labyrinth}

# Some machines have a /dev/kvm that opens and then hangs the guest: believe it
# only where the CPU says that it can.  Under TCG rep movsb is slow (erms), and
# cmpxchg16b breaks now and then (cx16).  Newer QEMUs have fsrm, too: with that
# alone Linux 6.1 hangs while it boots.
machine_cpu()
{
	if { : <>/dev/kvm; } 2>/dev/null && grep -qwE 'vmx|svm' /proc/cpuinfo; then
		qemu+=(-accel kvm -cpu host)
	else
		qemu+=(-accel tcg -cpu 'max,-erms,-fsrm,-cx16')
	fi
}

# Kernel log: everything from warnings up while it boots, all from init on.
# The port's levels are those of "dmesg -r".
# no_timer_check: on a busy host the timer's test at boot fails now and then.
machine_kernel()
{
	local line="console=ttyS0 console_msg_format=syslog loglevel=5 panic=-1 no_timer_check"

	qemu+=(-kernel "$(kernel_image "$kernel")" -initrd "$run/initrd")
	qemu+=(-append "$line${append:+ $append}"
		-chardev "file,id=lab-log,path=$run/console,append=on" -serial chardev:lab-log)
}

machine_devices()
{
	local device

	for device in "${devices[@]}"; do
		[[ $device == none ]] || qemu+=(-device "labyrinth${device:+,$device}")
	done
}

# What exec and shell have in common; the caller adds the console's other end
machine()
{
	qemu=("$emulator" -machine q35)
	machine_cpu
	qemu+=(-smp "$smp" -m "$mem" -nodefaults -no-user-config -display none -no-reboot)
	[[ -d /usr/share/seabios ]] && qemu+=(-L /usr/share/seabios -L /usr/share/qemu)
	machine_kernel
	qemu+=(-device 'virtio-serial-pci,id=lab-console')
	[[ -z $qmp ]] || qemu+=(-qmp "unix:$qmp,server=on,wait=off")
	qemu+=("${qemu_args[@]}")
	machine_devices
}
