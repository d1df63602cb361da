# SPDX-License-Identifier: MIT
"""What make bench is to show: each target is one comparison within one run."""
from dataclasses import dataclass


@dataclass
class Ratio:
    """Rate of a row, packets or bytes a second, by that of a peer"""
    row: str
    peer: str
    least: float
    what: str = "packets"
    form: str = "{:.2f}"

    def measure(self, figures):
        return figures.ratios(self.row, self.peer, self.what)

    def holds(self, value):
        return value >= self.least

    def title(self):
        return f"{self.row}: {self.what}/s against {self.peer}"

    def wanted(self):
        return f">= {self.least:g}"

    def remark(self, figures):
        """A busy host takes CPUs away from the one more than from the other: without that"""
        ratios = sorted(figures.cpu_ratios(self.row, self.peer, self.what))
        return f"(by CPU time {self.form.format(ratios[len(ratios) // 2])})" if ratios else ""


@dataclass
class Instructions:
    """Guest instructions per packet"""
    row: str
    most: float
    form: str = "{:,.0f}"

    def measure(self, figures):
        return figures.instructions(self.row)

    def holds(self, value):
        return value <= self.most

    def title(self):
        return f"{self.row}: guest instructions per packet"

    def wanted(self):
        return f"<= {self.most:g}"

    def remark(self, _figures):
        return ""


TARGETS = (
    Ratio("recycle-64", "afxdp-64", 10), Ratio("recycle-1500", "afxdp-1500", 5),
    Ratio("atomic-64", "afxdp-64", 5), Ratio("atomic-1500", "afxdp-1500", 2),
    Instructions("recycle-64", 60), Instructions("recycle-1500", 100),
    Instructions("recycle-9000", 600), Instructions("atomic-64", 150),
    Instructions("atomic-1500", 400), Instructions("atomic-9000", 2400),
    Ratio("recycle-1500", "host-memcpy-1500", 0.35, "bytes"),
    Ratio("recycle-9000", "host-memcpy-9000", 0.50, "bytes"),
    Ratio("wire-64", "afxdp-64", 1.5), Ratio("wire-1500", "afxdp-1500", 1.5),
)
