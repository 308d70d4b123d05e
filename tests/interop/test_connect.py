"""What every user does first, with Debian's own openvpn (2.6)."""
import os
import signal
import time

from lab import RELAY, VPC_HOST, until


def test_a_stock_client_connects_and_pings_both_ways(lab):
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    assert laptop.address() == "192.168.0.6"  # net30: the first client subnet is 192.168.0.4/30
    assert "AES-256-GCM" in laptop.log()
    laptop.ping(VPC_HOST)
    lab.network.inside(lab.host, "ping", "-n", "-c", "3", "-W", "2", laptop.address())
    listed = lab.clients()
    assert [client["PrivateIp"] for client in listed] == ["192.168.0.6"]
    assert listed[0]["CommonName"].startswith("CN=vsc-")


def test_an_exit_notice_starts_the_hold_and_the_same_certificate_gets_its_address_back(lab):
    bundle = lab.bundle(lab.certificate())
    laptop = lab.laptop().connect(bundle)
    address = laptop.address()
    laptop.stop(signal.SIGTERM)  # explicit-exit-notify in the bundle
    until("the client is listed as held", lambda: any(
        client["Status"] == "held" and client["PrivateIp"] == address for client in lab.clients()), 10)
    other = lab.laptop().connect(lab.bundle(lab.certificate("other")))
    assert other.address() != address
    laptop.connect(bundle)
    assert laptop.address() == address


def test_a_client_that_died_silently_is_noticed_by_keepalive(lab):
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    laptop.stop(signal.SIGKILL)
    until("keepalive notices it", lambda: any(
        client["Status"] == "held" for client in lab.clients()), 150, every=1)


def test_a_client_that_roams_keeps_its_connection(lab):
    relay = lab.relay()
    laptop = lab.laptop().connect(lab.bundle(lab.certificate(), remote=f"{RELAY} 1194"))
    before = lab.clients()[0]["Port"]
    relay_pid = relay.pid
    os.kill(relay_pid, signal.SIGUSR1)
    time.sleep(0.3)
    laptop.ping(VPC_HOST, count=10)
    assert laptop.connects() == 1
    until("the list shows the new port", lambda: lab.clients()[0]["Port"] != before, 15)
    assert len(lab.clients()) == 1


def test_one_gigabyte_each_way_arrives_and_traffic_survives_renegotiations(lab):
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()), "--reneg-sec", "10")
    began = time.monotonic()
    for direction in ((), ("-R",)):
        laptop.iperf3("-n", "1G", *direction)
    while time.monotonic() - began < 125:
        laptop.iperf3("-t", "5", timeout=60)
    laptop.ping(VPC_HOST)
    assert laptop.connects() == 1, laptop.log()[-3000:]
    assert laptop.log().count("TLS: soft reset") >= 8
