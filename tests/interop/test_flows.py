"""What the gateway says of whom a stock openvpn client speaks with, and of the client's path."""
import json

from lab import RELAY, VPC_CIDR, VPC_HOST, until
from test_access import once, serve

BEYOND = "203.0.113.9"  # no local network covers it
RESOLVER = """
import socket
listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.bind(("0.0.0.0", 53))
question, peer = listener.recvfrom(512)
listener.sendto(question[:2] + b"\\x81\\x83" + question[4:], peer)
listener.recv(512)  # the second one stays without an answer
"""
# A question of one name, in the format of RFC 1035, twice, each from a port of its own.
ASK = """
import socket, sys
for _ in range(2):
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.settimeout(1)
    asking.sendto(bytes.fromhex("123401000001000000000000") + b"\\x04host\\x04test\\0\\0\\1\\0\\1",
                  (sys.argv[1], 53))
    try: print(len(asking.recv(512)))
    except TimeoutError: print("nothing")
"""


def flows(lab, address):
    """By (address, port)."""
    seen = lab.call("DescribeSslVpnClientFlows", RegionId="local", PageSize=50,
                    SslVpnServerId=lab.server_id, PrivateIp=address)
    assert seen["DisplacedFlows"] == 0
    return {(row["RemoteIp"], row["Port"]): row for row in seen["Flows"]["Flow"]}


def drop_silently(lab, port):
    lab.network.inside(lab.host, "nft", "add table inet silent")
    lab.network.inside(lab.host, "nft",
                       "add chain inet silent input { type filter hook input priority 0; }")
    lab.network.inside(lab.host, "nft", f"add rule inet silent input tcp dport {port} drop")


def test_it_is_told_whom_a_client_speaks_with_and_what_came_of_it(lab):
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    serve(lab, lab.host, 8000)
    drop_silently(lab, 8002)
    lab.network.start(lab.host, "/usr/bin/python3", "-c", RESOLVER)
    until("the resolver listens", lambda: ":53" in lab.network.inside(
        lab.host, "ss", "-lunH").stdout, 10)
    laptop.run("ip", "route", "add", f"{BEYOND}/32", "dev", "tun0")

    assert once(lab, laptop.name, VPC_HOST, 8000)[0] == ["hello"]
    assert once(lab, laptop.name, VPC_HOST, 8001)[0][0] == "ConnectionRefusedError"
    assert once(lab, laptop.name, VPC_HOST, 8002)[0][0] == "TimeoutError"
    asked = laptop.run("/usr/bin/python3", "-c", ASK, VPC_HOST).stdout.split()
    assert asked[1] == "nothing" and int(asked[0]) > 12
    laptop.ping(BEYOND, count=3, check=False)
    laptop.ping(VPC_HOST, count=2)

    seen = flows(lab, laptop.address())
    answered, refused = seen[VPC_HOST, 8000], seen[VPC_HOST, 8001]
    silent, resolver = seen[VPC_HOST, 8002], seen[VPC_HOST, 53]
    assert answered["Outcome"] == "closed" and answered["ConnectionsAnswered"] == 1
    assert answered["ReceivePackets"] >= 4 and answered["SendPackets"] >= 3
    assert refused["Outcome"] == "refused" and refused["ConnectionsRefused"] == 1
    assert silent["Outcome"] == "unanswered" and silent["ConnectionsOpened"] == 1
    assert silent["ReceivePackets"] > 1 and silent["SendPackets"] == 0
    assert (resolver["Protocol"], resolver["Outcome"]) == ("udp", "answered")
    assert (resolver["ReceivePackets"], resolver["SendPackets"]) == (2, 1)
    for row in (answered, refused, silent, resolver):
        assert row["LocalNetwork"] == VPC_CIDR and row["AskedBy"] == "client"
    beyond = seen[BEYOND, 0]
    assert (beyond["Protocol"], beyond["LocalNetwork"]) == ("icmp", "")
    assert beyond["ReceivePackets"] == 3 and beyond["SendPackets"] == 0
    assert beyond["Outcome"] in ("unanswered", "unreachable")
    assert seen[VPC_HOST, 0]["Outcome"] == "answered"
    shown = json.loads(lab.cli("clients", "flows", lab.server_id, laptop.address()).stdout)
    assert shown["CommonName"].startswith("CN=vsc-") and shown["TotalCount"] == len(seen)
    row = until("the path is told", lambda: next(
        (row for row in lab.clients() if row.get("ReceivePackets", 0) > 10), None), 15)
    assert row["LostPackets"] == 0 and row["ReorderedPackets"] == 0
    assert 0 < row["LeastRoundTripMicroseconds"] <= row["RoundTripMicroseconds"] < 5_000_000
    assert "TcpRoundTripMicroseconds" not in row


def test_the_path_of_a_client_over_tcp_is_what_the_kernel_measured(lab):
    lab.replace_server(Proto="TCP")
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    laptop.ping(count=5)
    row = until("the path is told", lambda: next(
        (row for row in lab.clients() if "TcpRoundTripMicroseconds" in row), None), 15)
    assert 0 < row["TcpRoundTripMicroseconds"] < 5_000_000
    assert row["TcpRepeatedSegments"] == 0 and row["LostPackets"] == 0


def test_packets_that_a_path_loses_are_counted(lab):
    lab.relay("--seed", "7", "--up", "loss=0.2", "--down", "loss=0")
    laptop = lab.laptop().connect(lab.bundle(lab.certificate(), remote=f"{RELAY} 1194"))
    laptop.ping(count=100, interval=0.02, check=False)
    row = until("loss is told", lambda: next(
        (row for row in lab.clients() if row.get("LostPackets", 0) > 0), None), 15)
    assert 3 <= row["LostPackets"] <= 60
