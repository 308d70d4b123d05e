"""Stock clients over TCP and over IPv6: the same tunnel, ends that are known at once, shared ports."""
import re
import signal
import subprocess
import sys
import time

from lab import GATEWAY, GATEWAY6, SANITIZED, VPC_HOST, Lab, only_by, until

import pytest

GATEWAY6_OTHER = "fd99::99"


@pytest.fixture
def lab():
    made = Lab(Proto="TCP")
    yield made
    made.close()


def held(lab):
    return [client["PrivateIp"] for client in lab.clients() if client["Status"] == "held"]


def give_ipv6(lab, laptop):
    """Addresses of the Internet's IPv6 for a laptop and two for the gateway."""
    lab.give_ipv6_outside(laptop)
    lab.network.inside(lab.gw, "ip", "addr", "replace", f"{GATEWAY6_OTHER}/64", "dev", "eth0",
                       "nodad")


def carry(lab, laptop, size):
    for direction in ((), ("-R",)):
        laptop.iperf3("-n", size, *direction)


def test_a_stock_client_connects_over_tcp_and_pings_both_ways(lab):
    bundle = lab.bundle(lab.certificate())
    assert re.search(r"^proto tcp$", bundle.read_text(), re.M)
    assert "explicit-exit-notify" not in bundle.read_text()
    laptop = lab.laptop().connect(bundle)
    assert "TCPv4_CLIENT link remote" in laptop.log()
    laptop.ping(VPC_HOST)
    lab.network.inside(lab.host, "ping", "-n", "-c", "3", "-W", "2", laptop.address())
    assert "WARNING: 'link-mtu'" not in laptop.log()
    assert "WARNING: 'proto'" not in laptop.log()
    assert [client["PrivateIp"] for client in lab.clients()] == [laptop.address()]


def test_the_end_of_a_connection_starts_the_hold_at_once(lab):
    bundle = lab.bundle(lab.certificate())
    laptop = lab.laptop()
    for end in (signal.SIGTERM, signal.SIGKILL):  # the kernel says goodbye for a killed program
        laptop.connect(bundle)
        address = laptop.address()
        until("nobody is held", lambda: held(lab) == [], 10)
        laptop.stop(end)
        until("the client is listed as held", lambda: held(lab) == [address], 5)


def test_hundreds_of_megabytes_each_way_survive_renegotiations_over_tcp(lab):
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()), "--reneg-sec", "10")
    began = time.monotonic()
    carry(lab, laptop, "300M")
    while time.monotonic() - began < 35:
        carry(lab, laptop, "50M")
    laptop.ping(VPC_HOST)
    assert laptop.connects() == 1, laptop.log()[-3000:]
    assert laptop.log().count("TLS: soft reset") >= 2
    assert "bad packet ID" not in laptop.log() and "decrypt" not in laptop.log()


def test_after_killing_data_tcp_clients_are_back_by_themselves_within_five_seconds(lab):
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    address = laptop.address()
    began = time.monotonic()
    lab.kill("data")
    laptop.wait_connected(timeout=20, count=2)
    assert time.monotonic() - began <= 5
    laptop.ping()
    assert laptop.address() == address


def test_a_client_that_is_told_to_go_hears_it_before_its_connection_ends(lab):
    certificate = lab.certificate()
    laptop = lab.laptop().connect(lab.bundle(certificate))
    lab.call("DeleteSslVpnClientCert", RegionId="local", SslVpnClientCertId=certificate)
    laptop.wait_log(r"AUTH_FAILED.*certificate revoked", timeout=10)
    assert "Connection reset" not in laptop.log()


def test_udp_and_tcp_clients_share_one_server_its_pool_and_its_device():
    lab = Lab(ExtraListeners="tcp:1194,udp:1195,tcp:443")
    try:
        bundle = lab.bundle(lab.certificate())
        ways = (("udp", 1194), ("tcp-client", 1194), ("udp", 1195), ("tcp-client", 443))
        laptops = [lab.laptop().connect(only_by(bundle, proto, GATEWAY, port))
                   for proto, port in ways]
        for laptop in laptops:
            laptop.ping(VPC_HOST)
            lab.network.inside(lab.host, "ping", "-n", "-c", "2", "-W", "2", laptop.address())
        addresses = [laptop.address() for laptop in laptops]
        assert len(set(addresses)) == len(ways)
        assert sorted(client["PrivateIp"] for client in lab.clients()) == sorted(addresses)
        devices = lab.network.inside(lab.vpc, "ip", "-o", "link", "show", "type", "tun").stdout
        assert devices.count("\n") == 1, devices
        unchanged = lab.laptop().connect(bundle)  # with every way in; it takes the first
        unchanged.ping(VPC_HOST)
    finally:
        lab.close()


def test_a_listener_that_comes_later_disturbs_nobody():
    lab = Lab(Ipv6Listen="true")
    try:
        bundle = lab.bundle(lab.certificate())
        laptop = lab.laptop()
        give_ipv6(lab, laptop)
        laptop.connect(only_by(bundle, "udp6", GATEWAY6))
        lab.call("ModifySslVpnServer", RegionId="local", SslVpnServerId=lab.server_id,
                 ExtraListeners="tcp:1194")
        lab.wait_active()
        newcomer = lab.laptop().connect(only_by(bundle, "tcp-client", GATEWAY))
        newcomer.ping(VPC_HOST)
        laptop.ping(VPC_HOST, count=10)
        assert laptop.connects() == 1 and "RESTART" not in laptop.log()
    finally:
        lab.close()


@pytest.mark.parametrize("proto", ["udp6", "tcp6-client"])
def test_the_outside_may_be_ipv6(proto):
    lab = Lab(Ipv6Listen="true", ExtraListeners="tcp:1194")
    try:
        bundle = lab.bundle(lab.certificate())
        for gateway in (GATEWAY6, GATEWAY6_OTHER):  # answers leave from the address that was asked
            laptop = lab.laptop()
            give_ipv6(lab, laptop)
            laptop.connect(only_by(bundle, proto, gateway))
            laptop.ping(VPC_HOST)
            carry(lab, laptop, "50M")
        listed = {client["Ip"] for client in lab.clients()}
        assert listed == {"fd99::1:1", "fd99::1:2"}
        plain = lab.laptop().connect(only_by(bundle, proto.replace("6", ""), GATEWAY))
        plain.ping(VPC_HOST)
    finally:
        lab.close()


def https(lab, port, *options):
    return lab.network.inside(lab.network.internet, "curl", "-k", "-s", "-m", "5", *options,
                              f"https://{GATEWAY}:{port}/", check=False)


def test_a_browser_on_a_shared_port_reaches_the_api_while_clients_connect_there():
    lab = Lab(Proto="TCP", PortShare="true")
    try:
        laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
        for _ in range(20):
            answer = https(lab, 1194, "-w", "%{http_code}")
            assert answer.returncode == 0 and answer.stdout.startswith("{"), answer
        plain = lab.network.inside(lab.network.internet, "curl", "-s", "-m", "5",
                                   f"http://{GATEWAY}:1194/")
        assert "https://" in plain.stdout
        laptop.ping(VPC_HOST)
        newcomer = lab.laptop().connect(lab.bundle(lab.certificate("newcomer")))
        newcomer.ping(VPC_HOST)
        assert laptop.connects() == 1
    finally:
        lab.close()


def test_a_stranger_on_a_port_that_is_not_shared_gets_no_answer(lab):
    answer = https(lab, 1194)
    assert answer.returncode != 0 and answer.stdout == ""


SLOWLORIS = """
import socket, sys, time
began = time.monotonic()
crowd = [socket.create_connection((sys.argv[1], 1194)) for _ in range(20)]
first = bytes.fromhex("0700 38") + bytes(1000)
lived = {}
for octet in first:
    for number, peer in enumerate(crowd):
        if number in lived:
            continue
        try:
            peer.sendall(bytes([octet]))
            peer.settimeout(0.001)
            if peer.recv(1) == b"":
                lived[number] = time.monotonic() - began
        except TimeoutError:
            pass
        except OSError:
            lived[number] = time.monotonic() - began
    if len(lived) == len(crowd) or time.monotonic() - began > 40:
        break
    time.sleep(1)
print(len(lived), max(lived.values(), default=0))
"""


def test_an_octet_a_second_is_closed_after_twenty_seconds(lab):
    memory = lambda: int(re.search(  # noqa: E731
        r"VmRSS:\s+(\d+)", open(f"/proc/{lab.child('data')}/status").read()).group(1))
    before = memory()
    process = subprocess.Popen(
        ("ip", "netns", "exec", lab.network.internet, sys.executable, "-c", SLOWLORIS, GATEWAY),
        stdout=subprocess.PIPE, text=True)
    time.sleep(5)
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))  # nobody is kept out
    laptop.ping(VPC_HOST)
    shown, _ = process.communicate(timeout=60)
    closed, longest = shown.split()
    assert int(closed) == 20, shown
    assert float(longest) <= 23, shown  # it looks once a second, on a busy machine
    assert memory() - before < (16384 if SANITIZED else 8192)
