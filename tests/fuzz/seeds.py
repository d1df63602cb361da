#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: seeds.py HEADER CORPUS DICTIONARY

What the fuzzer starts from, in the language of QEMU's generic fuzzer, with the
numbers of the register header: inputs that use the device as a driver does, and
a dictionary of its registers' offsets and bits.
"""
import pathlib
import re
import struct
import sys

SEPARATOR = b"FUZZ"
READ, WRITE, PCI_WRITE, PATTERN, CLEAR, CLOCK = 2, 3, 5, 7, 8, 9
LONG, QUAD = 2, 3

header, corpus, dictionary = (pathlib.Path(arg) for arg in sys.argv[1:])
REG = {}
for name, value in re.findall(r"^#define\s+(LAB_\w+)\s+(0x[0-9a-fA-F]+|\d+)u?\b", header.read_text(), re.M):
    REG[name] = int(value, 0)


def write(offset, value, size=LONG):
    return struct.pack("<BBBxxIQ", WRITE, size, 0, offset, value)


def read(offset, size=LONG):
    return struct.pack("<BBBxxI", READ, size, 0, offset)


def queue(number, name, value, size=LONG):
    page = REG["LAB_QUEUE_BASE"] + number * REG["LAB_QUEUE_STRIDE"]
    return write(page + REG["LAB_Q_" + name], value, size)


def pattern(data, index=0, stride=0):
    """Memory that the device reads looks like this, from the place where it reads"""
    return bytes([PATTERN, index, stride]) + data


def fill(addr, length, slot):
    return struct.pack("<QIHH", addr, length, slot, 0)


def tx(addr, length, flags):
    return struct.pack("<QIHH", addr, length, flags, 0)


def record(length):
    return struct.pack("<IHHQQII", length, 0, 0, 0, 0, 0, 0) + bytes(length + -length % 32)


def enable(q, log2=4, ctrl=1):
    return [queue(q, "FILL_BASE", 0x100000 + q * 0x10000, QUAD),
            queue(q, "CPL_BASE", 0x200000 + q * 0x10000, QUAD),
            queue(q, "RING_LOG2", log2), queue(q, "CTRL", ctrl)]


def generate(q, mode=0, count=200, low=64, high=1500, gap=1000):
    return [queue(q, "GEN_SIZE_MIN", low), queue(q, "GEN_SIZE_MAX", high),
            queue(q, "GEN_BURST", 16), queue(q, "GEN_COUNT", count, QUAD),
            queue(q, "GEN_SEED", 7, QUAD), queue(q, "GEN_GAP", gap, QUAD),
            *([queue(q, "GEN_MODE", mode)] if "LAB_Q_GEN_MODE" in REG else []),
            queue(q, "GEN_CTRL", 1)]


def burst(q=0, ctrl=1, mode=0, **more):
    """Blocks, a burst into them, and what a driver answers"""
    return [pattern(fill(0x800000, 8192, 1), index=2, stride=1), *enable(q, ctrl=ctrl),
            queue(q, "FILL_DB", 8), *generate(q, mode, **more), bytes([CLOCK]),
            bytes([CLOCK]), queue(q, "ARM_DB", 4), queue(q, "KICK", 1), bytes([CLOCK]),
            read(REG["LAB_QUEUE_BASE"] + REG["LAB_Q_CNT_DELIVERED"], QUAD),
            queue(q, "GEN_CTRL", 2), queue(q, "CTRL", 0)]


def transmit(ctrl, mode=0):
    """A block of two records, looped back or to the wire, and steered"""
    return [write(REG["LAB_REG_STEER"], 1 << 31 | mode), write(REG.get("LAB_REG_STEER_MASK", 0x30), 3),
            pattern(fill(0x800000, 4096, 1)), *enable(1), queue(1, "FILL_DB", 4),
            queue(0, "TX_BASE", 0x300000, QUAD), queue(0, "TX_LOG2", 2), *enable(0, ctrl=ctrl),
            queue(0, "FILL_DB", 4), bytes([CLEAR]),
            pattern(tx(0x900000, 192, 1)), pattern(record(64) + record(60)),
            queue(0, "TX_DB", 1), bytes([CLOCK]), queue(0, "TX_DB", 2), bytes([CLOCK]),
            read(REG["LAB_QUEUE_BASE"] + REG["LAB_Q_CNT_TX_PACKETS"], QUAD)]


def fault(bits):
    return [write(REG["LAB_REG_FAULT_PERIOD"], 2), write(REG["LAB_REG_FAULT"], bits)]


def seeds():
    yield "burst", burst()
    yield "burst-lossy", burst(2, ctrl=3, gap=0, low=1, high=9000)
    yield "coalesced", [queue(0, "COAL_COUNT", 4), queue(0, "COAL_NS", 5000),
                        queue(0, "RECORDS_MAX", 3), *burst()]
    yield "huge", burst(low=4 << 20, high=4 << 20)
    for mode in (0x01, 0x10, 0x20, 0x21):
        yield f"mode-{mode:02x}", burst(mode=mode)
    for bit in range(19):
        yield f"fault-{bit:02}", fault(1 << bit) + burst()
    for steer in (0, 0x100, 0x200):
        yield f"loopback-{steer:03x}", transmit(5, steer)
        yield f"wire-{steer:03x}", transmit(1, steer)
    yield "reset", burst()[:-2] + [write(REG["LAB_REG_CTRL"], 1)] + burst(1)
    yield "bus-master-off", burst()[:10] + [struct.pack("<BBBBxI", PCI_WRITE, 1, 0, 4, 2)] + burst()[10:]
    yield "flr", burst() + [struct.pack("<BBBBxI", PCI_WRITE, 1, 0, cap + 8, 0x8000)
                            for cap in range(0x40, 0xe0, 0x10)] + burst()


def escaped(data):
    return '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


corpus.mkdir(parents=True, exist_ok=True)
for name, commands in seeds():
    (corpus / name).write_bytes(SEPARATOR.join(commands))
with dictionary.open("w") as out:
    out.write(escaped(SEPARATOR) + "\n")
    for name, value in REG.items():
        if name.startswith("LAB_Q_") and "STATUS" not in name and "CTRL_" not in name:
            value += REG["LAB_QUEUE_BASE"]
        out.write(f"{name.lower()}={escaped(struct.pack('<I', value & 0xffffffff))}\n")
