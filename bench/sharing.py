#!/usr/bin/python3
"""What is shared: the machine's cores by shards, a gateway's bandwidth by its clients. Kanmon alone.

Recipe: as bench/batched.py. `shards`: 8 clients of `swarm load` with datagrams of 1,350 octets, as
fast as they are answered, against one shard and against two: server CPU seconds per GB that arrived,
and how many percent more two need. `shaper`: the gateway's bandwidth is set to --mbit; iperf3 of one
client goes at it each way while another client, in a namespace of its own, pings: percent of the
bandwidth that iperf3 received, headers not counted, and the median of the pings over that of the
idle gateway. `fairness`: Jain's index of 10 clients that share that bandwidth.
Medians of the rounds, appended to bench/history.csv.

Usage: bench/sharing.py [--rounds 3] [--seconds 4] [--mbit 100] [--only WORD ...] [--no-history]
"""
import argparse
import re
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from batched import ECHO, STREAMS, WiderBench, measure_load, swarm, tunnel, wanted
from ruler import BIN, SERVER, SERVER_TUNNEL, KanmonServer, carry, keep_history, until

ROWS = ["shards", "shaper", "fairness"]
CLIENTS, OCTETS = 8, 1350
SIDE = "10.67.0"  # the network of the client that pings
DIRECTIONS = (("up", ()), ("down", ("-R",)))


@contextmanager
def gateway(*options):
    """A Kanmon gateway of its own, and its bench."""
    bench = WiderBench()
    try:
        server = KanmonServer(bench, more=options)
        yield bench, server
        server.stop()
    finally:
        bench.close()


def measure_shards(options, figures):
    """One round: each number of shards, each way."""
    for shards in (1, 2):
        with gateway("--shards", str(shards)) as (bench, server):
            with swarm(bench, server, "echo", "--listen", ECHO, says="echo listens"):
                for direction in ("up", "down"):
                    result, spent = measure_load(
                        bench, server, "--clients", str(CLIENTS), "--active", str(CLIENTS),
                        "--direction", direction, "--octets", str(OCTETS), options=options)
                    per_gb = spent / (result["arrived_octets"] / 1e9)
                    figures.setdefault(f"shards_{shards}_{direction}_cpu_s_per_gb", []).append(per_gb)
                    figures.setdefault(f"shards_{shards}_{direction}_mbit_s", []).append(
                        result["mbit_s"])
    for direction in ("up", "down"):
        one, two = (figures[f"shards_{shards}_{direction}_cpu_s_per_gb"][-1] for shards in (1, 2))
        figures.setdefault(f"shards_two_more_{direction}_percent", []).append(100 * (two / one - 1))


def set_bandwidth(server, megabits):
    server.call("ModifyVpnGatewayAttribute", VpnGatewayId=server.gateway, Bandwidth=megabits)
    until("active", lambda: server.call("DescribeVpnGateway", VpnGatewayId=server.gateway)[
        "Status"] == "active", 20)
    time.sleep(1)


@contextmanager
def beside(bench, server, options):
    """A second client in a namespace of its own; yields what pings the gateway from there."""
    inside = bench.network.inside
    name = bench.network.namespace("d")
    inside(bench.a, "ip", "link", "add", "side", "type", "veth", "peer", "name", "eth0", "netns", name)
    for where, device, host in ((bench.a, "side", 1), (name, "eth0", 2)):
        inside(where, "ip", "addr", "add", f"{SIDE}.{host}/24", "dev", device)
        inside(where, "ip", "link", "set", device, "up")
    inside(name, "ip", "route", "add", f"{SERVER}/32", "via", f"{SIDE}.1")
    log = bench.folder / "beside.log"
    process = bench.network.start(name, str(BIN / "swarm"), "tunnel", str(server.profile), "--burst",
                                  str(options.burst), log=log)
    try:
        until("the other client is up", lambda: "tunnel up" in log.read_text(), 30)

        def pings():
            count = max(20, options.seconds * 40)
            shown = inside(name, "ping", "-n", "-c", str(count), "-i", "0.02", "-W", "1",
                           SERVER_TUNNEL).stdout
            return statistics.median(map(float, re.findall(r"time=([\d.]+) ms", shown)))
        yield pings
    finally:
        bench.network.stop(process, timeout=30)
        bench.network.processes.remove(process)


def measure_shaper(options, figures):
    with gateway() as (bench, server):
        set_bandwidth(server, options.mbit)
        with tunnel(bench, server, "swarm", STREAMS[0], options), \
                beside(bench, server, options) as pings:
            idle = pings()
            figures.setdefault("shaper_ping_idle_ms", []).append(idle)
            for direction, flags in DIRECTIONS:
                with ThreadPoolExecutor(1) as pool:
                    bulk = pool.submit(carry, bench, server, options.seconds + 2, *flags)
                    time.sleep(1)
                    busy = pings()
                    result = bulk.result()
                figures.setdefault(f"shaper_{direction}_percent", []).append(
                    100 * result["mbit_s"] / options.mbit)
                figures.setdefault(f"shaper_ping_more_{direction}_ms", []).append(busy - idle)


def measure_fairness(options, figures):
    with gateway() as (bench, server):
        set_bandwidth(server, options.mbit)
        with swarm(bench, server, "echo", "--listen", ECHO, says="echo listens"):
            for direction, _ in DIRECTIONS:
                result, _ = measure_load(bench, server, "--clients", "10", "--active", "10",
                                         "--direction", direction, "--octets", str(OCTETS),
                                         options=options)
                figures.setdefault(f"shaper_fairness_{direction}_of_10", []).append(
                    result["fairness"])
                figures.setdefault(f"shaper_of_10_{direction}_percent", []).append(
                    100 * result["mbit_s"] / options.mbit)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--mbit", type=int, default=100, help="the bandwidth of the shaper's rows")
    parser.add_argument("--burst", type=int, default=64, help="datagrams of swarm in one send")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="of " + ", ".join(ROWS))
    parser.add_argument("--no-history", action="store_true")
    options = parser.parse_args()
    figures = {}
    for _ in range(options.rounds):
        for name, row in zip(ROWS, (measure_shards, measure_shaper, measure_fairness)):
            if wanted(name, options):
                row(options, figures)
    rows = [(row, "", f"{statistics.median(values):.4f}", "", len(values))
            for row, values in figures.items()]
    print(f"{'row':<40}{'kanmon':>12}   (medians of {options.rounds}; of each round)")
    for row, values in figures.items():
        print(f"{row:<40}{statistics.median(values):>12.3f}   "
              + " ".join(f"{value:.3f}" for value in values))
    if not options.no_history:
        keep_history(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
