"""Stock clients over TCP: the same tunnel, ends that are known at once, a port shared with HTTPS."""
import os
import re
import signal
import socket
import time

from lab import GATEWAY, VPC_HOST, Lab, until

import pytest


@pytest.fixture
def lab():
    made = Lab(Proto="TCP")
    yield made
    made.close()


def test_a_stock_client_connects_over_tcp_and_pings_both_ways(lab):
    bundle = lab.bundle(lab.certificate())
    assert re.search(r"^proto tcp$", bundle.read_text(), re.M)
    assert "explicit-exit-notify" not in bundle.read_text()
    laptop = lab.laptop().connect(bundle)
    assert "TCP_CLIENT link remote" in laptop.log() or "TCPv4_CLIENT" in laptop.log()
    laptop.ping(VPC_HOST)
    lab.network.inside(lab.host, "ping", "-n", "-c", "3", "-W", "2", laptop.address())
    assert "WARNING: 'link-mtu'" not in laptop.log()
    assert [client["PrivateIp"] for client in lab.clients()] == [laptop.address()]


def test_the_end_of_a_connection_starts_the_hold_at_once(lab):
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    address = laptop.address()
    for end in (signal.SIGTERM, signal.SIGKILL):  # the kernel says goodbye for a killed program
        until("the client is listed", lambda: [c["Status"] for c in lab.clients()] == ["online"], 10)
        laptop.stop(end)
        until("the client is listed as held", lambda: [
            client["PrivateIp"] for client in lab.clients() if client["Status"] == "held"
        ] == [address], 5)
        laptop.connect(lab.network.folder / next(
            name for name in os.listdir(lab.network.folder) if name.endswith(".ovpn")))
        assert laptop.address() == address
