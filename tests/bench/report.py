#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: report.py ROWS DIRECTORY JSON LOAD_BEFORE LOAD_AFTER

Makes the table of make bench from DIRECTORY/time.N and count.N (a line of JSON
a row) and counted.N (the plugin's "count LABEL KERNEL USER").  A figure is the
median over the boots; a ratio is taken within each boot, then the median.
Status 1: a row failed, or this driver lost a packet.
"""
import glob
import json
import os
import statistics
import sys

from targets import TARGETS

PEERS = (("AF_XDP", "afxdp-{}", "packets"), ("TPACKET_V3", "tpacket-{}", "packets"),
         ("recvmmsg", "mmsg-{}", "packets"), ("nvme", "nvme-4096", "bytes"),
         ("virtio-blk", "vblk-131072", "bytes"), ("host memcpy", "host-memcpy-{}", "bytes"),
         ("guest memcpy", "guest-memcpy-{}", "bytes"))


def read_rows(path):
    with open(path, encoding="utf-8") as file:
        rows = {n: line.split(maxsplit=1) for n, line in enumerate(file, 1)}
    rows.update({-size: [f"host-memcpy-{size}", "memcpy on the host"] for size in (64, 1500, 9000)})
    return rows


def read_runs(directory, kind, rows):
    """[{row name: what it printed}], one a boot"""
    runs = []
    for path in sorted(glob.glob(os.path.join(directory, kind + ".*"))):
        run = {}
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith("{"):
                    row = json.loads(line)
                    run[rows[row["label"]][0]] = row
        runs.append(run)
    return runs


def read_counts(directory, rows):
    """{row name: [(kernel, user) instructions a packet]}"""
    counts = {}
    for n, run in enumerate(read_runs(directory, "count", rows), 1):
        path = os.path.join(directory, f"counted.{n}")
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            for line in file:
                word = line.split()
                name = rows[int(word[1])][0] if word[0] == "count" else None
                if run.get(name, {}).get("packets"):
                    packets = run[name]["packets"]
                    counts.setdefault(name, []).append((int(word[2]) / packets,
                                                        int(word[3]) / packets))
    return counts


class Figures:
    """All that was measured, by row name"""

    def __init__(self, directory, rows):
        self.times = read_runs(directory, "time", rows)
        self.counts = read_counts(directory, rows)
        self.names = [name for name, _ in rows.values()
                      if any(name in run for run in self.times)]

    def values(self, name, value):
        """value(row) of each boot in which the row ran well"""
        return [value(run[name]) for run in self.times
                if name in run and run[name].get("packets") and run[name]["seconds"] > 0]

    def rate(self, name, what="packets"):
        return self.values(name, lambda row: row[what] / row["seconds"])

    def busiest_ns(self, name):
        """CPU time of QEMU's busiest thread per packet"""
        return self.values(name, lambda row: row["busiest_ns"] / row["packets"])

    def cpu_ratios(self, name, peer, what):
        """As ratios(), were each alone on the host: by the CPU time of the busiest thread"""
        both = [(run[name], run[peer]) for run in self.times if name in run and peer in run]
        return [a[what] / a["busiest_ns"] / (b[what] / b["busiest_ns"]) for a, b in both
                if a.get("busiest_ns") and b.get("busiest_ns")]

    def per_thousand(self, name, what):
        return self.values(name, lambda row: 1000 * row[what] / row["packets"])

    def ratios(self, name, peer, what):
        """Rate of a row by that of a peer, boot by boot"""
        both = [(run[name], run[peer]) for run in self.times if name in run and peer in run]
        return [a[what] / a["seconds"] / (b[what] / b["seconds"]) for a, b in both
                if a.get("packets") and b.get("packets")]

    def instructions(self, name):
        return [kernel + user for kernel, user in self.counts.get(name, [])]

    def lost(self, name):
        """Packets that did not come, or came broken, in all boots"""
        return sum(max(0, run[name].get("asked", 0) // queues(run[name]) * queues(run[name])
                       - run[name].get("packets", 0)) + run[name].get("broken", 0)
                   for run in self.times if name in run)

    def failed(self):
        return sorted({name for run in self.times for name in run if "error" in run[name]})


def queues(row):
    return row.get("queues", 1)


def median(values):
    return statistics.median(values) if values else None


def spread(values):
    """Half of what lies between smallest and largest, in percent of the median"""
    if len(values) < 2 or not median(values):
        return ""
    return f"±{100 * (max(values) - min(values)) / 2 / median(values):.0f}%"


def text(values, form, factor=1):
    """The median, or a dash"""
    return form.format(median(values) * factor) if values else "-"


COLUMNS = (("", ""), ("kpackets", "/s"), ("", ""), ("MB/s", ""), ("lost", ""),
           ("instr", "/packet"), ("kernel", ""), ("irqs", "/1000"), ("syscalls", "/1000"),
           ("handler", "p99, us"), ("CPU", "ns/packet"))
LAYOUT = "{:<20}{:>10}{:>6}{:>8}{:>7}{:>8}{:>8}{:>9}{:>9}{:>9}{:>10}"


def row_text(figures, name):
    rate, megabytes = figures.rate(name), figures.rate(name, "bytes")
    kernel = [kernel for kernel, _ in figures.counts.get(name, [])]
    handler = figures.values(name, lambda row: row.get("handler_p99_ns", 0) / 1000)
    return LAYOUT.format(
        name, text(rate, "{:,.1f}", 1e-3), spread(rate), text(megabytes, "{:,.0f}", 1e-6),
        "failed" if name in figures.failed() else str(figures.lost(name)),
        text(figures.instructions(name), "{:,.0f}"),
        text(kernel, "{:,.0f}"), text(figures.per_thousand(name, "interrupts"), "{:.2f}"),
        text(figures.per_thousand(name, "syscalls"), "{:.2f}"),
        text([us for us in handler if us], "{:,.0f}"), text(figures.busiest_ns(name), "{:,.0f}"))


def print_rows(figures):
    for line in (0, 1):
        print(LAYOUT.format(*(column[line] for column in COLUMNS)))
    for name in figures.names:
        print(row_text(figures, name))
    print("instr, kernel: guest instructions, and those of them in the kernel; "
          "CPU: of QEMU's busiest thread")


def print_latency(figures):
    for name in figures.names:
        p50 = figures.values(name, lambda row: row.get("latency_p50_ns"))
        p99 = figures.values(name, lambda row: row.get("latency_p99_ns"))
        if p50 and p50[0]:
            print(f"{name}: latency p50 {median(p50) / 1000:,.0f} us, "
                  f"p99 {median(p99) / 1000:,.0f} us")


def print_ratios(figures):
    ours = [f"{kind}-{size}" for size in (64, 1500, 9000)
            for kind in ("recycle", "atomic", "wire", "wire-atomic")]
    print("\nratio, packets/s to network peers, bytes/s to the rest")
    print("{:<20}".format("") + "".join(f"{peer:>14}" for peer, _, _ in PEERS))
    for name in [name for name in ours if name in figures.names]:
        size = name.rsplit("-", 1)[1]
        cells = (text(figures.ratios(name, peer.format(size), what), "{:.2f}")
                 for _, peer, what in PEERS)
        print(f"{name:<20}" + "".join(f"{cell:>14}" for cell in cells))


def judge(figures):
    """[(target, value, reached)]; value None: not measured"""
    results = []
    for target in TARGETS:
        value = median(target.measure(figures))
        clean = not figures.lost(target.row)
        results.append((target, value, value is not None and clean and target.holds(value)))
    return results


def print_targets(figures, results):
    print("\ntargets, in this run, without loss")
    for target, value, reached in results:
        print("{:<9}{:<57}{:>8}  wanted {:<8}{}".format(
            "-" if value is None else "reached" if reached else "MISSED", target.title(),
            "-" if value is None else target.form.format(value), target.wanted(),
            target.remark(figures)))
    measured = [reached for _, value, reached in results if value is not None]
    print(f"{sum(measured)} reached, {len(measured) - sum(measured)} missed")


def save(path, figures, results, rows, load):
    arguments = dict((name, rest) for name, rest in rows.values())
    data = {"load_before": load[0], "load_after": load[1], "boots": len(figures.times), "rows": {
        name: {"arguments": arguments[name].strip(),
               "packets_per_second": figures.rate(name), "bytes_per_second": figures.rate(name, "bytes"),
               "lost": figures.lost(name), "instructions_per_packet": figures.counts.get(name, []),
               "interrupts_per_1000": figures.per_thousand(name, "interrupts"),
               "syscalls_per_1000": figures.per_thousand(name, "syscalls"),
               "printed": [run[name] for run in figures.times if name in run]}
        for name in figures.names}, "targets": [
            {"target": target.title(), "value": value, "wanted": target.wanted(),
             "reached": reached} for target, value, reached in results]}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)


def main():
    rows = read_rows(sys.argv[1])
    figures = Figures(sys.argv[2], rows)
    results = judge(figures)
    print(f"load of the host before {sys.argv[4]}, after {sys.argv[5]}; "
          f"{os.cpu_count()} CPUs; {len(figures.times)} boots; median, ± half the range")
    print_rows(figures)
    print_latency(figures)
    print_ratios(figures)
    print_targets(figures, results)
    save(sys.argv[3], figures, results, rows, sys.argv[4:6])
    lossy = [name for name in figures.names
             if name.startswith(("recycle", "atomic", "wire", "order", "queues", "verify"))
             and figures.lost(name)]
    for name in lossy + figures.failed():
        print(f"bench: {name}: {'failed' if name in figures.failed() else 'lost packets'}",
              file=sys.stderr)
    return 1 if lossy or figures.failed() else 0


if __name__ == "__main__":
    sys.exit(main())
