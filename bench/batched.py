#!/usr/bin/python3
"""The rows with the batched peer: Debian's openvpn server and Kanmon in turn, swarm in front of both.

Recipe: as bench/ruler.py, but the client is `swarm tunnel` (bursts of --burst datagrams) or, for
rows of datagrams and of many clients, `swarm load` and `swarm connect`. Where a stock client can do
the same, OpenVPN is measured with it too, and what OpenVPN is given is the better of its figures.
Rows of streams are server CPU seconds per GB that iperf3 received. Medians of the rounds; ratios say
how many times better Kanmon is. Results are appended to bench/history.csv.

Usage: bench/batched.py [--rounds 3] [--seconds 4] [--clients 1000] [--storm 1000]
                        [--only WORD ...] [--no-history]
"""
import argparse
import json
import re
import signal
import statistics
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from ruler import (BIN, SERVER_TUNNEL, SERVER_TUNNEL6, Bench, KanmonServer, OpenVpnServer, carry,
                   connected, cpu_seconds, keep_history, resident_kilobytes, until)

HOST, HOST_OF_LAN = "172.20.0.10", "172.20.0.1"  # behind the server, in a third namespace
GCM, CHACHA = "AES-256-GCM", "CHACHA20-POLY1305"
ECHO = f"{SERVER_TUNNEL}:7000"
SOURCES = 16  # addresses of clients, each of a network of its own: newcomers are limited by network


@dataclass(frozen=True)
class Stream:
    """A row of streams: what iperf3 goes through."""
    name: str
    tcp: bool = False
    ciphers: str = GCM
    to: str = SERVER_TUNNEL
    forwarded: bool = False


STREAMS = [Stream("udp_gcm"), Stream("udp_chacha", ciphers=CHACHA),
           Stream("udp_inner6", to=SERVER_TUNNEL6), Stream("udp_forwarded", to=HOST, forwarded=True),
           Stream("tcp_gcm", tcp=True)]
DATAGRAMS = [("datagrams_1350", 1350), ("packets_64", 64)]
CROWDS = ["idle", "first", "active", "storm"]


@dataclass
class Figures:
    """Values by row, server and peer."""
    more_is_better: set = field(default_factory=set)
    values: dict = field(default_factory=dict)

    def add(self, row, server, peer, value, more_is_better=False):
        self.values.setdefault(row, {}).setdefault((server, peer), []).append(value)
        if more_is_better:
            self.more_is_better.add(row)

    def best(self, row, server):
        """The better median of its peers, and that peer; nothing without values."""
        medians = [(statistics.median(values), peer)
                   for (of, peer), values in self.values[row].items() if of == server]
        if not medians:
            return None, ""
        return max(medians) if row in self.more_is_better else min(medians)


class WiderBench(Bench):
    """With a third namespace behind the server, and many addresses for clients."""

    def __init__(self):
        super().__init__()
        inside = self.network.inside
        self.c = self.network.namespace("c")
        inside(self.a, "ip", "link", "add", "lan", "type", "veth", "peer", "name", "eth0", "netns",
               self.c)
        for name, device, address in ((self.a, "lan", HOST_OF_LAN), (self.c, "eth0", HOST)):
            inside(name, "ip", "addr", "add", f"{address}/16", "dev", device)
            inside(name, "ip", "link", "set", device, "up")
        inside(self.c, "ip", "route", "add", "default", "via", HOST_OF_LAN)
        inside(self.a, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        inside(self.a, "ip", "route", "add", "10.66.0.0/16", "dev", "eth0")
        self.sources = [f"10.66.{number}.2" for number in range(1, SOURCES + 1)]
        for source in self.sources:
            inside(self.b, "ip", "addr", "add", f"{source}/32", "dev", "eth0")


@contextmanager
def swarm(bench, server, mode, *options, says, profiles=()):
    """Runs swarm until the block ends; yields the log, from when it says so."""
    log = bench.folder / f"swarm-{mode}.log"
    log.write_text("")
    out = bench.folder / f"swarm-{mode}.json"
    namespace = bench.a if mode == "echo" else bench.b
    profile = [] if mode == "echo" else [str(one) for one in profiles or [server.profile]]
    with open(log, "wb") as text, open(out, "wb") as result:
        process = bench.network.start(namespace, str(BIN / "swarm"), mode, *profile, *options,
                                      stdout=result, stderr=text)
    try:
        until(f"swarm {mode} says {says}",
              lambda: says in log.read_text() or process.poll() is not None, 300, every=0.01)
        if says not in log.read_text():
            raise RuntimeError(f"swarm {mode}: {log.read_text()}")
        yield log, out, process
    finally:
        bench.network.stop(process, timeout=30)
        bench.network.processes.remove(process)


@contextmanager
def stock_client(bench, server, stream):
    log = bench.folder / "stock.log"
    log.write_text("")
    client = bench.network.start(bench.b, "openvpn", "--config", str(server.profile),
                                 "--data-ciphers", stream.ciphers, "--verb", "3", "--log-append",
                                 str(log))
    try:
        until("the client is connected", lambda: connected(log), 30)
        yield
    finally:
        bench.network.stop(client)
        bench.network.processes.remove(client)


def tunnel(bench, server, peer, stream, options):
    if peer == "stock":
        return stock_client(bench, server, stream)
    return swarm(bench, server, "tunnel", "--ciphers", stream.ciphers, "--burst",
                 str(options.burst), "--proto", "tcp" if stream.tcp else "udp", says="tunnel up")


def measure_streams(bench, server, peer, tcp, options, figures):
    for stream in STREAMS:
        if stream.tcp != tcp or not wanted(stream.name, options):
            continue
        with tunnel(bench, server, peer, stream, options):
            for direction, flags in (("upload", ()), ("download", ("-R",))):
                result = carry(bench, server, options.seconds, *flags, to=stream.to,
                               at=bench.c if stream.forwarded else bench.a)
                row = f"batched_{stream.name}_{direction}"
                figures.add(f"{row}_cpu_s_per_gb", server.name, peer, result["cpu_s_per_gb"])
                figures.add(f"{row}_mbit_s", server.name, peer, result["mbit_s"], True)
                figures.add(f"{row}_retransmits", server.name, peer, result["retransmits"])
                print(f"    {row} with {peer}: {result['mbit_s']:.0f} Mbit/s, "
                      f"{result['cpu_s_per_gb']:.2f} CPU s/GB, {result['retransmits']} "
                      "retransmits", flush=True)


def measure_load(bench, server, *words, options):
    """What `swarm load` counted, and the server's CPU while it counted."""
    with swarm(bench, server, "load", *words, "--target", ECHO, "--seconds", str(options.seconds),
               "--burst", str(options.burst), says="counting\n") as (log, out, process):
        before = cpu_seconds(server.pids())
        until("swarm has counted", lambda: "counted\n" in log.read_text(), options.seconds + 60,
              every=0.01)
        spent = cpu_seconds(server.pids()) - before
        until("swarm has left", lambda: process.poll() is not None, 60)
        if process.returncode != 0:
            raise RuntimeError(f"swarm load: {log.read_text()}")
        return json.loads(out.read_text()), spent


def measure_datagrams(bench, server, options, figures):
    for name, octets in DATAGRAMS:
        if not wanted(name, options):
            continue
        for direction in ("up", "down"):
            result, spent = measure_load(bench, server, "--clients", "8", "--active", "8",
                                         "--direction", direction, "--octets", str(octets),
                                         options=options)
            row = f"batched_{name}_{direction}"
            figures.add(f"{row}_per_cpu_s", server.name, "swarm",
                        result["arrived_packets"] / max(spent, 0.01), True)
            figures.add(f"{row}_per_second", server.name, "swarm", result["packets_per_second"],
                        True)


def source_words(bench):
    return [word for source in bench.sources for word in ("--source", source)]


def crowd_words(bench, options):
    return ["--clients", str(options.clients), "--rate", str(options.connect_rate),
            *source_words(bench)]


def tell_of(log, clients):
    """What is counted by client needs all of them; a machine that is too busy does not let them in."""
    text = log.read_text()
    print("    " + text.split("\n")[0], flush=True)
    if f"{clients} of {clients} clients connected" not in text:
        raise RuntimeError(f"not all clients connected: try a lower --connect-rate\n{text}")


def measure_crowd(bench, server, options, figures):
    """Many clients: what connecting costs, what they hold while idle, what some of them carry."""
    if wanted("idle", options):
        cpu, memory = cpu_seconds(server.pids()), resident_kilobytes(server.pids())
        with swarm(bench, server, "connect", *crowd_words(bench, options), "--hold", "600",
                   says="clients connected") as (log, _, _):
            tell_of(log, options.clients)
            spent = cpu_seconds(server.pids()) - cpu
            time.sleep(2)
            grown = resident_kilobytes(server.pids()) - memory
        figures.add("batched_connect_cpu_ms", server.name, "swarm",
                    spent / options.clients * 1000)
        figures.add("batched_idle_client_kb", server.name, "swarm", grown / options.clients)
    if wanted("first", options):
        measure_first_connects(bench, server, options, figures)
    if wanted("active", options):
        for direction in ("up", "down"):
            one, alone = measure_load(bench, server, "--clients", "1", "--direction", direction,
                                      "--window", "1024", options=options)
            many, together = measure_load(
                bench, server, *crowd_words(bench, options), "--active",
                str(max(1, options.clients // 10)), "--direction", direction, options=options)
            row = f"batched_tenth_active_{direction}"
            figures.add(f"{row}_percent_of_one", server.name, "swarm",
                        100 * many["mbit_s"] / one["mbit_s"], True)
            figures.add(f"{row}_cpu_s_per_gb", server.name, "swarm",
                        together / (many["arrived_octets"] / 1e9))
            figures.add(f"batched_one_active_{direction}_cpu_s_per_gb", server.name, "swarm",
                        alone / (one["arrived_octets"] / 1e9))


def measure_first_connects(bench, server, options, figures):
    """Everybody with a certificate that was not seen before: none of it is remembered."""
    profiles = server.profiles(options.certificates)
    before = cpu_seconds(server.pids())
    with swarm(bench, server, "connect", "--clients", str(len(profiles)), "--rate",
               str(options.connect_rate), *source_words(bench), "--hold", "600",
               says="clients connected", profiles=profiles) as (log, _, _):
        tell_of(log, len(profiles))
        spent = cpu_seconds(server.pids()) - before
    figures.add("batched_first_connect_cpu_ms", server.name, "swarm", spent / len(profiles) * 1000)


def measure_storm(bench, server, options, figures):
    """Ping of a connected client while others connect, all at once; who gets no answer waits 1 s."""
    if not wanted("storm", options):
        return
    stream = STREAMS[0]
    with tunnel(bench, server, "swarm", stream, options):
        for row, crowd in (("quiet", None), ("storm", ["--clients", str(options.storm)])):
            shown = bench.folder / "pings.log"
            with open(shown, "wb") as out:
                ping = bench.network.start(bench.b, "ping", "-n", "-i", "0.01", SERVER_TUNNEL,
                                           stdout=out)
            if crowd:
                with swarm(bench, server, "connect", *crowd, *source_words(bench),
                           says="clients connected") as (log, _, _):
                    print("    " + log.read_text().split("\n")[0], flush=True)
            else:
                time.sleep(options.seconds)
            bench.network.stop(ping, signal.SIGINT)
            text = shown.read_text()
            times = sorted(map(float, re.findall(r"time=([\d.]+) ms", text)))
            sent = int(re.search(r"(\d+) packets transmitted", text).group(1))
            times += [1000.0] * (sent - len(times))
            figures.add(f"batched_ping_p99_{row}_ms", server.name, "swarm",
                        times[int(len(times) * 0.99)])


def wanted(name, options):
    return not options.only or any(word in name for word in options.only)


def measure(kind, tcp, options, figures):
    names = [stream.name for stream in STREAMS if stream.tcp == tcp]
    if not tcp:
        names += [name for name, _ in DATAGRAMS] + CROWDS
    if not any(wanted(name, options) for name in names):
        return
    bench = WiderBench()
    try:
        # Room for two crowds: who left unheard stays in the server's list for minutes.
        server = kind(bench, tcp=tcp, clients=min(16000, max(2000, 2 * options.clients + 100)))
        peers = ("swarm", "stock") if kind is OpenVpnServer else ("swarm",)
        for peer in peers:
            measure_streams(bench, server, peer, tcp, options, figures)
        if not tcp:
            with swarm(bench, server, "echo", "--listen", ECHO, says="echo listens"):
                measure_datagrams(bench, server, options, figures)
                measure_crowd(bench, server, options, figures)
            measure_storm(bench, server, options, figures)
        server.stop()
    finally:
        bench.close()


def compared(figures):
    """(row, openvpn's best, kanmon's, how many times better, openvpn's peer) of what both did."""
    for row in figures.values:
        stock, peer = figures.best(row, "openvpn")
        ours, _ = figures.best(row, "kanmon")
        if stock is None or ours is None:
            continue
        above, below = (ours, stock) if row in figures.more_is_better else (stock, ours)
        # Nothing is so many times better than no retransmits.
        yield row, stock, ours, f"{above / below:.3f}" if below > 0 else "", peer


def table(figures, options):
    rows = []
    print(f"\n{'row':<48}{'openvpn':>12}{'kanmon':>12}{'ratio':>12}   (medians of {options.rounds}, "
          f"bursts of {options.burst})")
    for row, stock, ours, ratio, peer in compared(figures):
        print(f"{row:<48}{stock:>12.3f}{ours:>12.3f}{ratio:>12}   openvpn with {peer}")
        rows.append((row, f"{stock:.4f}", f"{ours:.4f}", ratio, options.rounds))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--clients", type=int, default=1000, help="of the rows of many clients")
    parser.add_argument("--certificates", type=int, default=200, help="of the row of first connects")
    parser.add_argument("--connect-rate", type=int, default=200, help="clients that start a second")
    parser.add_argument("--storm", type=int, default=1000, help="clients that connect at once")
    parser.add_argument("--burst", type=int, default=64, help="datagrams of swarm in one send")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="rows with one of these in the "
                        "name: " + ", ".join([stream.name for stream in STREAMS] +
                                             [name for name, _ in DATAGRAMS] + CROWDS))
    parser.add_argument("--no-history", action="store_true")
    options = parser.parse_args()
    figures = Figures()
    for number in range(options.rounds):
        for kind in (OpenVpnServer, KanmonServer):
            print(f"round {number + 1}: {kind.name}", flush=True)
            for tcp in (False, True):
                measure(kind, tcp, options, figures)
    rows = table(figures, options)
    if not options.no_history:
        keep_history(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
