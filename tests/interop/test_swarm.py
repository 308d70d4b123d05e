"""The load generator against both servers: what it does there, and that it says so."""
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
from lab import BIN, until  # noqa: E402
from ruler import (SERVER_TUNNEL, SERVER_TUNNEL6, Bench, KanmonServer,  # noqa: E402
                   OpenVpnServer)

SERVERS = [OpenVpnServer, KanmonServer]


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.close()


def swarm(bench, server, mode, *options, check=True):
    done = bench.network.inside(bench.b, str(BIN / "swarm"), mode, str(server.profile), *options,
                                check=False, timeout=120)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("proto", ["udp", "tcp"])
@pytest.mark.parametrize("kind", SERVERS)
def test_fifty_clients_connect_to_either_server_stay_and_leave(bench, kind, proto):
    server = kind(bench, tcp=proto == "tcp")
    result, text = swarm(bench, server, "connect", "--clients", "50", "--rate", "200", "--hold", "12",
                         "--proto", proto)
    assert (result["connected"], result["failed"], result["lost"]) == (50, 0, 0), text
    assert result["left"] == 50
    assert 0 < result["connect_ms_median"] <= result["connect_ms_p99"] <= 60000
    assert "50 of 50 clients connected" in text
    until("nobody is left at the server", lambda: server.online() == 0, 10)


@pytest.mark.parametrize("kind", SERVERS)
def test_swarm_renews_keys_while_it_stays(bench, kind):
    result, text = swarm(bench, kind(bench), "connect", "--clients", "5", "--hold", "9",
                         "--renegotiate", "3")
    assert result["lost"] == 0, text
    assert result["renegotiated"] >= 10, text


@pytest.mark.parametrize("words, says", [
    ("connect /dev/null", "--clients is required"),
    ("connect /nowhere --clients 1", "File does not exist: /nowhere"),
    ("connect /etc/hostname --clients 5", "/etc/hostname, no remote says where the server is"),
    ("connect /etc/hostname --clients 70000", "70000 not in range 1 to 60000"),
    ("tunnel /etc/hostname --ciphers DES", "--ciphers DES: AES-256-GCM, "),
    ("load /etc/hostname --clients 5 --target here", "--target here is no ADDRESS:PORT"),
    ("load /etc/hostname --clients 5 --active 9 --target 10.0.0.1:7", "--active 9 is more than"),
    ("load /etc/hostname --clients 5 --octets 70 --target [fd00::1]:7", "has at least 84"),
    ("echo --listen 192.0.2.1:5", "listen on 192.0.2.1:5: Cannot assign requested address")])
def test_what_is_wrong_with_a_command_of_swarm_is_named(words, says):
    done = subprocess.run((str(BIN / "swarm"), *words.split()), capture_output=True, text=True,
                          timeout=20)
    assert done.returncode == 2 and says in done.stderr, done.stderr
    assert done.stdout == ""


def test_swarm_names_why_clients_did_not_connect(bench):
    server = OpenVpnServer(bench)
    server.stop()
    result, text = swarm(bench, server, "connect", "--clients", "3", check=False)
    assert result["failures"] == {"Connection refused": 3}, text
    assert result["connected"] == 0
    assert re.search(r"3 failed: Connection refused", text)


def carry_by_iperf3(bench, *options):
    """Octets that arrived in a second of one stream."""
    listener = bench.network.start(bench.a, "iperf3", "-s", "-1", "-B", SERVER_TUNNEL)
    until("iperf3 listens", lambda: ":5201" in bench.network.inside(
        bench.a, "ss", "-ltnH").stdout, 20)
    out = bench.network.inside(bench.b, "timeout", "20", "iperf3", "-J", "-c", SERVER_TUNNEL, "-t",
                               "1", *options).stdout
    bench.network.stop(listener)
    return json.loads(out)["end"]["sum_received"]["bytes"]


@pytest.mark.parametrize("proto", ["udp", "tcp"])
@pytest.mark.parametrize("kind", SERVERS)
def test_one_client_with_a_device_carries_pings_and_streams_both_ways(bench, kind, proto):
    server = kind(bench, tcp=proto == "tcp")
    results, log = bench.folder / "results.json", bench.folder / "swarm.log"
    with open(results, "wb") as out, open(log, "wb") as text:
        client = bench.network.start(bench.b, str(BIN / "swarm"), "tunnel", str(server.profile),
                                     "--proto", proto, "--burst", "32", stdout=out, stderr=text)
    until("the tunnel is up", lambda: "tunnel up" in log.read_text(), 20)
    for target in (SERVER_TUNNEL, SERVER_TUNNEL6):
        bench.network.inside(bench.b, "ping", "-n", "-c", "3", "-i", "0.2", "-W", "2", target)
    up, down = carry_by_iperf3(bench), carry_by_iperf3(bench, "-R")
    bench.network.stop(client)
    assert client.returncode == 0, log.read_text()
    result = json.loads(results.read_text())
    assert up > 1e6 and down > 1e6, result
    assert result["up_octets"] > up and result["down_octets"] > down, result
    assert result["packets_per_device_read"] > 2, result  # the kernel gives streams in batches
    assert result["burst"] == 32 and result["protocol"] == proto
    until("nobody is left at the server", lambda: server.online() == 0, 10)
    assert "swarm0" not in bench.network.inside(bench.b, "ip", "-o", "link").stdout


@pytest.mark.parametrize("direction", ["echo", "up", "down"])
@pytest.mark.parametrize("kind", SERVERS)
def test_active_clients_share_the_path_and_their_packets_are_counted(bench, kind, direction):
    server = kind(bench)
    counted = bench.folder / "echo.json"
    with open(counted, "wb") as out:
        echo = bench.network.start(bench.a, str(BIN / "swarm"), "echo", "--listen",
                                   f"{SERVER_TUNNEL}:7000", stdout=out)
    result, text = swarm(bench, server, "load", "--clients", "10", "--active", "5", "--mbit", "20",
                         "--target", f"{SERVER_TUNNEL}:7000", "--direction", direction,
                         "--seconds", "3")
    bench.network.stop(echo)
    assert result["connected"] == 10 and result["active"] == 5, text
    assert 18 <= result["mbit_s"] <= 22, text
    assert result["loss_percent"] < 1 and result["fairness"] > 0.99, text
    heard = json.loads(counted.read_text())
    assert heard["clients"] == 5 and heard["not_understood"] == 0
    sent = {"echo": heard["answers"], "up": heard["received_datagrams"], "down": heard["answers"]}
    assert sent[direction] >= result["arrived_packets"] > 3000


def test_a_load_without_an_echo_behind_the_server_fails_and_says_how_much_was_lost(bench):
    server = KanmonServer(bench)
    result, text = swarm(bench, server, "load", "--clients", "2", "--target",
                         f"{SERVER_TUNNEL}:7000", "--seconds", "2", check=False)
    assert result["arrived_packets"] == 0 and result["lost_packets"] > 0, text
