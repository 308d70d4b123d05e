"""The load generator against both servers: what it does there, and that it says so."""
import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
from lab import BIN, until  # noqa: E402
from ruler import Bench, KanmonServer, OpenVpnServer  # noqa: E402

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
    assert 0 < result["connect_ms_median"] <= result["connect_ms_p99"] < 5000
    assert "50 of 50 clients connected" in text
    until("nobody is left at the server", lambda: server.online() == 0, 10)


@pytest.mark.parametrize("kind", SERVERS)
def test_swarm_renews_keys_while_it_stays(bench, kind):
    result, text = swarm(bench, kind(bench), "connect", "--clients", "5", "--hold", "9",
                         "--renegotiate", "3")
    assert result["lost"] == 0, text
    assert result["renegotiated"] >= 10, text


def test_swarm_names_why_clients_did_not_connect(bench):
    server = OpenVpnServer(bench)
    server.stop()
    result, text = swarm(bench, server, "connect", "--clients", "3", check=False)
    assert result["failures"] == {"Connection refused": 3}, text
    assert result["connected"] == 0
    assert re.search(r"3 failed: Connection refused", text)
