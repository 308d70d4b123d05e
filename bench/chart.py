#!/usr/bin/python3
"""Makes the tables and charts of docs/performance.md of bench/history.csv.

The newest figure of each row counts; its goals are those of GOALS. The page's words stay: only what
stands between its markers is replaced. Needs python3-pygal (tools/install-packages bench).

Usage: bench/chart.py [--check]; --check changes nothing and fails when the page is not up to date.
"""
import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HISTORY = ROOT / "bench/history.csv"
PAGE = ROOT / "docs/performance.md"
CHART = ROOT / "docs/performance.svg"
BEGIN, END = "<!-- made by bench/chart.py -->", "<!-- end -->"


@dataclass(frozen=True)
class Goal:
    """What a row of history.csv has to reach: how many times better than OpenVPN."""
    words: str
    row: str
    must: float
    aim: float
    unit: str = "CPU s/GB"
    also: str = ""  # another row of OpenVPN's: the better of both is what ours is divided by


GOALS = [
    Goal("UDP, AES-256-GCM, upload, batched peer", "batched_udp_gcm_upload_cpu_s_per_gb", 10, 16),
    Goal("UDP, AES-256-GCM, download, batched peer", "batched_udp_gcm_download_cpu_s_per_gb", 8, 13),
    Goal("UDP, stock client, upload", "upload_cpu_s_per_gb", 2, 3),
    Goal("UDP, stock client, download", "download_cpu_s_per_gb", 3, 5),
    Goal("UDP, ChaCha20-Poly1305, upload, batched peer", "batched_udp_chacha_upload_cpu_s_per_gb", 6, 10),
    Goal("UDP, ChaCha20-Poly1305, download, batched peer", "batched_udp_chacha_download_cpu_s_per_gb", 6, 10),
    Goal("TCP, AES-256-GCM, upload, batched peer", "batched_tcp_gcm_upload_cpu_s_per_gb", 8, 15),
    Goal("TCP, AES-256-GCM, download, batched peer", "batched_tcp_gcm_download_cpu_s_per_gb", 10, 25),
    Goal("forwarded to a host behind, upload", "batched_udp_forwarded_upload_cpu_s_per_gb", 8, 12),
    Goal("forwarded to a host behind, download", "batched_udp_forwarded_download_cpu_s_per_gb", 6, 10),
    Goal("IPv6 inside, upload", "batched_udp_inner6_upload_cpu_s_per_gb", 9, 9.5),
    Goal("IPv6 inside, download", "batched_udp_inner6_download_cpu_s_per_gb", 7.2, 7.6),
    Goal("datagrams of 1,350 octets, upload", "batched_datagrams_1350_up_per_cpu_s", 5, 8, "packets/CPU s"),
    Goal("datagrams of 1,350 octets, download", "batched_datagrams_1350_down_per_cpu_s", 5, 8, "packets/CPU s"),
    Goal("packets of 64 octets, upload", "batched_packets_64_up_per_cpu_s", 5, 10, "packets/CPU s"),
    Goal("packets of 64 octets, download", "batched_packets_64_down_per_cpu_s", 5, 10, "packets/CPU s"),
    Goal("a connect, stock client", "connect_cpu_ms", 1.67, 2.5, "CPU ms", "batched_connect_cpu_ms"),
    Goal("a connect, swarm", "batched_connect_cpu_ms", 1.67, 2.5, "CPU ms", "connect_cpu_ms"),
    Goal("a connect with a certificate not seen before, swarm", "batched_first_connect_cpu_ms", 1.67, 2.5,
         "CPU ms", "connect_cpu_ms"),
    Goal("memory of an idle client, swarm", "batched_idle_client_kb", 3.8, 5.4, "kB"),
    Goal("ping, stock client", "ping_ms", 1, 1, "ms"),
]


@dataclass(frozen=True)
class Bound:
    """What a row that has no counterpart there must keep to."""
    words: str
    row: str
    unit: str
    most: float = float("inf")
    least: float = float("-inf")

    def text(self):
        return " to ".join(f"{bound:g}" for bound in (self.least, self.most)
                           if abs(bound) != float("inf"))


BOUNDS = [
    Bound("one stream over UDP, batched peer, upload", "batched_udp_gcm_upload_mbit_s", "Mbit/s", least=5000),
    Bound("one stream over UDP, batched peer, download", "batched_udp_gcm_download_mbit_s", "Mbit/s", least=5000),
    Bound("its inner TCP retransmits, upload", "batched_udp_gcm_upload_retransmits", "", most=0),
    Bound("its inner TCP retransmits, download", "batched_udp_gcm_download_retransmits", "", most=0),
    Bound("a tenth of 10,000 clients active against one, upload", "batched_tenth_active_up_percent_of_one", "%", least=80),
    Bound("a tenth of 10,000 clients active against one, download", "batched_tenth_active_down_percent_of_one", "%", least=80),
    Bound("ping p99 while 1,000 clients connect at once", "batched_ping_p99_storm_ms", "ms", most=20),
    Bound("two shards against one, CPU per GB more, upload", "shards_two_more_up_percent", "%", most=15),
    Bound("two shards against one, CPU per GB more, download", "shards_two_more_down_percent", "%", most=15),
    Bound("a bandwidth of 100 Mbit/s, one stream, upload", "shaper_up_percent", "%", most=100, least=95),
    Bound("a bandwidth of 100 Mbit/s, one stream, download", "shaper_down_percent", "%", most=100, least=95),
    Bound("ping of another client meanwhile, longer than idle, upload", "shaper_ping_more_up_ms", "ms", most=5),
    Bound("ping of another client meanwhile, longer than idle, download", "shaper_ping_more_down_ms", "ms", most=5),
    Bound("Jain's index of 10 clients in it, upload", "shaper_fairness_up_of_10", "", least=0.98),
    Bound("Jain's index of 10 clients in it, download", "shaper_fairness_down_of_10", "", least=0.98),
]


ROUNDS_LEAST = 3


def newest():
    """The last line of each row that is a median of enough rounds."""
    with open(HISTORY, newline="") as file:
        return {line["row"]: line for line in csv.DictReader(file)
                if int(line["rounds"]) >= ROUNDS_LEAST}


def compared(goal, measured):
    """(OpenVPN's figure, Kanmon's, how many times better), or nothing."""
    line = measured.get(goal.row)
    if line is None or not line["ratio"]:
        return None
    theirs, ours, ratio = (float(line[name]) for name in ("openvpn", "kanmon", "ratio"))
    other = measured.get(goal.also)
    if other is not None and float(other["openvpn"]) < theirs:  # costs: less is better
        theirs = float(other["openvpn"])
        ratio = theirs / ours
    return theirs, ours, ratio


def alone(measured):
    lines = ["| what, Kanmon alone | must | measured | when, commit |", "| --- | --- | --- | --- |"]
    for bound in BOUNDS:
        line = measured.get(bound.row)
        if line is None:
            lines.append(f"| {bound.words} | {bound.text()} {bound.unit} | | |")
            continue
        value = float(line["kanmon"])
        short = "" if bound.least <= value <= bound.most else " (short)"
        lines.append(f"| {bound.words} | {'at most ' if bound.least == float('-inf') else ''}"
                     f"{'at least ' if bound.most == float('inf') else ''}{bound.text()} {bound.unit} | "
                     f"**{f'{value:.4g} {bound.unit}'.strip()}**{short} | {line['date']}, {line['commit']} |")
    return "\n".join(lines)


def table(measured):
    lines = ["| what | must | aim | measured | OpenVPN 2.6 | Kanmon | when, commit |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for goal in GOALS:
        line = measured.get(goal.row)
        figures = compared(goal, measured)
        if figures is None:
            lines.append(f"| {goal.words} | {goal.must:g}x | {goal.aim:g}x | | | | |")
            continue
        theirs, ours, ratio = figures
        short = "" if ratio >= goal.must else " (short)"
        lines.append(f"| {goal.words} | {goal.must:g}x | {goal.aim:g}x | **{ratio:.2f}x**{short} | "
                     f"{theirs:.4g} {goal.unit} | {ours:.4g} {goal.unit} | "
                     f"{line['date']}, {line['commit']} |")
    return "\n".join(lines)


def chart(measured):
    import pygal
    from pygal.style import CleanStyle
    shown = [goal for goal in GOALS if compared(goal, measured)]
    bars = pygal.HorizontalBar(
        style=CleanStyle(font_family="sans-serif"), js=[], print_values=True, show_legend=True,
        legend_at_bottom=True, value_formatter=lambda value: f"{value:.1f}x", width=1000,
        height=60 + 44 * len(shown), title="How many times better than OpenVPN 2.6, in the same run")
    bars.x_labels = [goal.words for goal in reversed(shown)]
    bars.add("Kanmon", [compared(goal, measured)[2] for goal in reversed(shown)])
    bars.add("must", [goal.must for goal in reversed(shown)])
    return bars.render(is_unicode=True, disable_xml_declaration=True) + "\n"


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--check", action="store_true")
    asked = asked.parse_args()
    page = PAGE.read_text()
    before, rest = page.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    measured = newest()
    made = f"{before}{BEGIN}\n{table(measured)}\n\n{alone(measured)}\n{END}{after}"
    if asked.check:
        sys.exit(0 if made == page else "docs/performance.md is older than bench/history.csv: run bench/chart.py")
    PAGE.write_text(made)
    CHART.write_text(chart(measured))


if __name__ == "__main__":
    main()
