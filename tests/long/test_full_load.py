"""Full load for an hour, with losses and key renewals all the time: nobody is lost, nothing grows."""
import json
import os
import time

from lab import BIN, until
from ruler import SERVER_TUNNEL, Bench, KanmonServer, resident_kilobytes

SECONDS = int(os.environ.get("FULL_LOAD_SECONDS", "3600"))
CLIENTS = 50
RENEW_SECONDS = 30
GROWTH_KILOBYTES = 1024  # an hour


def lose_a_hundredth(bench):
    """Of what arrives at either end; several datagrams that travel as one are lost as one."""
    for namespace in (bench.a, bench.b):
        bench.network.inside(namespace, "nft", "add table inet loss; add chain inet loss in "
                             "{ type filter hook input priority 0; }; add rule inet loss in "
                             "udp dport != 7000 meta iifname eth0 numgen random mod 100 < 1 drop")


def test_an_hour_at_full_load_loses_no_client_and_keeps_its_memory():
    bench = Bench()
    try:
        server = KanmonServer(bench)
        lose_a_hundredth(bench)
        bench.network.start(bench.a, str(BIN / "swarm"), "echo", "--listen", f"{SERVER_TUNNEL}:7000")
        log, out = bench.folder / "load.log", bench.folder / "load.json"
        with open(log, "wb") as text, open(out, "wb") as result:
            load = bench.network.start(
                bench.b, str(BIN / "swarm"), "load", str(server.profile), "--clients", str(CLIENTS),
                "--active", str(CLIENTS), "--rate", "50", "--target", f"{SERVER_TUNNEL}:7000",
                "--renegotiate", str(RENEW_SECONDS), "--seconds", str(SECONDS), stdout=result,
                stderr=text)
        until("it counts", lambda: "counting\n" in log.read_text(), 60)
        time.sleep(min(300, SECONDS / 2))  # renewals keep two keys a client, and not only one
        first, began = resident_kilobytes(server.pids()), time.monotonic()
        until("it has counted", lambda: "counted\n" in log.read_text(), SECONDS + 60, every=1)
        grown, hours = resident_kilobytes(server.pids()) - first, (time.monotonic() - began) / 3600
        until("it has left", lambda: load.poll() is not None, 30)
        figures = json.loads(out.read_text())
        print(f"figure: {SECONDS} s, {figures['mbit_s']:.0f} Mbit/s, {figures['renegotiated']} "
              f"renewals, {figures['lost']} clients lost, {grown} kB grown in {hours:.2f} h")
        assert figures["connected"] == CLIENTS and figures["lost"] == 0, log.read_text()
        assert figures["renegotiated"] >= CLIENTS * (SECONDS // RENEW_SECONDS - 1)
        assert grown <= GROWTH_KILOBYTES * max(1.0, hours)
    finally:
        bench.close()
