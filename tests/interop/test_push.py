"""What a server pushes, and what becomes of it when the server changes: Debian's openvpn (2.6)."""
import re
import signal
import time

import pytest

from lab import GATEWAY, VPC_CIDR, VPC_HOST, Lab, until

REGION = {"RegionId": "local"}


@pytest.fixture
def lab_with():
    made = []

    def make(**options):
        made.append(Lab(**options))
        return made[-1]

    yield make
    for lab in made:
        lab.close()


def modify(lab, **settings):
    lab.call("ModifySslVpnServer", SslVpnServerId=lab.server_id, **settings, **REGION)


def routes(laptop):
    return laptop.run("ip", "-4", "route").stdout


def test_a_new_local_network_sends_a_client_away_with_the_reason_and_it_is_back_with_the_route(lab):
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    address = laptop.address()
    assert "172.30.0.0/16" not in routes(laptop)
    changed = time.monotonic()
    modify(lab, LocalSubnet=f"{VPC_CIDR},172.30.0.0/16")
    laptop.wait_connected(count=2, timeout=30)
    seconds = time.monotonic() - changed
    assert re.search(r"Connection reset command was pushed by server "
                     r"\('the server's configuration was changed: local networks'\)", laptop.log())
    print(f"back after {seconds:.1f} s")
    assert seconds <= 10, f"{seconds:.1f} s"
    assert "172.30.0.0/16" in routes(laptop)
    assert laptop.address() == address
    laptop.ping()


def test_a_fixed_address_is_given_at_once_and_kept_for_its_certificate(lab):
    certificate = lab.certificate()
    laptop = lab.laptop().connect(lab.bundle(certificate))
    assert laptop.address() == "192.168.0.6"
    lab.call("ModifySslVpnClientCert", SslVpnClientCertId=certificate, StaticAddress="192.168.0.22",
             **REGION)
    laptop.wait_connected(count=2, timeout=30)
    assert laptop.address() == "192.168.0.22"
    laptop.ping()
    laptop.stop()
    others = [lab.laptop().connect(lab.bundle(lab.certificate(f"other-{i}"))) for i in range(3)]
    assert "192.168.0.22" not in [other.address() for other in others]
    again = lab.laptop().connect(lab.bundle(certificate))
    assert again.address() == "192.168.0.22"


def test_a_newer_session_replaces_the_older_one_and_takes_its_address(lab_with):
    lab = lab_with(SameCertificate="replace")
    bundle = lab.bundle(lab.certificate())
    older = lab.laptop().connect(bundle)
    address = older.address()
    newer = lab.laptop().connect(bundle)
    assert newer.address() == address
    newer.ping()
    until("one client is listed", lambda: len(lab.clients()) == 1, 10)
    time.sleep(5)
    assert older.connects() == 1, "it was dropped without a word, and does not fight"
    lab.log_line("replaced")


def test_a_full_tunnel_takes_all_traffic_but_its_own(lab_with):
    lab = lab_with(FullTunnel="true")
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    shown = routes(laptop)
    assert re.search(r"^0\.0\.0\.0/1 via \S+ dev tun0", shown, re.M), shown
    assert re.search(r"^128\.0\.0\.0/1 via \S+ dev tun0", shown, re.M), shown
    way = laptop.run("ip", "route", "get", GATEWAY).stdout
    assert "dev eth0" in way, way
    assert "dev tun0" in laptop.run("ip", "route", "get", "198.51.100.1").stdout
    laptop.ping(VPC_HOST)


def test_name_servers_and_domains_reach_the_scripts_of_a_client(lab_with):
    lab = lab_with(DnsServers=VPC_HOST, DnsSearchDomains="corp.example,lab.example",
                   DnsSplitDomains="vpc.example")
    script = lab.network.folder / "up.sh"
    seen = lab.network.folder / "environment"
    script.write_text(f"#!/bin/sh\nenv > {seen}.new\nmv {seen}.new {seen}\n")
    script.chmod(0o755)
    lab.laptop().connect(lab.bundle(lab.certificate()), "--script-security", "2", "--up",
                         str(script))
    told = {line.split("=", 1)[1] for line in seen.read_text().splitlines()
            if line.startswith("foreign_option_")}
    assert told == {f"dhcp-option DNS {VPC_HOST}", "dhcp-option DOMAIN corp.example",
                    "dhcp-option DOMAIN-SEARCH lab.example", "dhcp-option DOMAIN-ROUTE vpc.example"}


def test_a_client_without_tunnelled_packets_is_told_to_go(lab_with):
    lab = lab_with(InactiveSeconds=12)
    busy, idle = (lab.laptop().connect(lab.bundle(lab.certificate(name))) for name in "ab")
    began = time.monotonic()
    while idle.process.poll() is None and time.monotonic() - began < 40:
        busy.ping(count=1)
        time.sleep(1)
    assert idle.process.poll() is not None, "HALT ends the program"
    assert re.search(r"Halt command was pushed by server "
                     r"\('the client had nothing to send for too long'\)", idle.log())
    assert busy.connects() == 1
    busy.ping()


@pytest.mark.parametrize("topology, expected", [
    ("net30", "192.168.0.6"), ("subnet", "192.168.0.2"), ("p2p", "192.168.0.2")])
def test_every_topology_carries_packets(lab_with, topology, expected):
    lab = lab_with(Topology=topology)
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    assert laptop.address() == expected
    laptop.ping(VPC_HOST)
    laptop.ping("192.168.0.1")
    lab.network.inside(lab.host, "ping", "-n", "-c", "2", "-W", "2", laptop.address())


def test_five_hundred_routes_reach_a_client(lab):
    networks = [VPC_CIDR] + [f"198.18.{i}.0/24" for i in range(250)]
    networks += [f"198.19.{i}.0/24" for i in range(249)]
    modify(lab, LocalSubnet=",".join(networks))
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    in_tunnel = [line for line in routes(laptop).splitlines() if "dev tun0" in line and "via" in line]
    assert len(in_tunnel) == 501, len(in_tunnel)  # and the gateway itself, in net30
    laptop.ping()


def test_a_stopping_gateway_says_so_and_clients_return_by_themselves(lab):
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    lab.network.stop(lab.kanmond, signal.SIGTERM)
    laptop.wait_log(r"Connection reset command was pushed by server \('the gateway is stopping'\)",
                    timeout=10)
    lab.start_gateway()
    laptop.wait_connected(count=2, timeout=60)
    laptop.ping()
