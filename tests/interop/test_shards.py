"""Which of the gateway's packet threads takes what the machines of a VPC send."""
import re

import pytest

from lab import VPC_HOST, until

DATAGRAMS = 300
# Each from a port of its own, so that nothing but its destination is the same; nobody answers.
SEND = f"""
import socket, sys
for _ in range({DATAGRAMS}):
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.sendto(b"kanmon", (sys.argv[1], 9))
"""


def packets_by_shard(lab):
    rows = lab.call("DescribeVpnMachine", RegionId="local")["Batches"]["Batch"]
    return [row["Packets"] for row in rows if row["Calls"] == "tun_read"]


def test_what_the_vpc_begins_comes_out_at_the_shard_of_its_client(lab):
    laptops = [lab.laptop().connect(lab.bundle(lab.certificate(f"laptop{i}"))) for i in range(4)]
    machine = until("the machine is told", lambda: (
        told if (told := lab.call("DescribeVpnMachine", RegionId="local"))["TunHeaders"] != "unknown"
        else None), 20)
    if machine["Shards"] < 2 or machine["TunSteering"] == "lacking":
        pytest.skip(f"{machine['Shards']} shards, steering {machine['TunSteering']}")
    assert machine["TunSteering"] == "present"
    for laptop in laptops:
        laptop.run("nft", "add table inet silent")
        laptop.run("nft", "add chain inet silent input "
                   "{ type filter hook input priority 0; iifname tun0 udp dport 9 drop; }")
        before = packets_by_shard(lab)
        lab.network.inside(lab.host, "/usr/bin/python3", "-c", SEND, laptop.address())
        seen = until("all are counted", lambda: (
            grown if sum(grown := [now - then for now, then in zip(packets_by_shard(lab), before)])
            >= DATAGRAMS else None), 20)
        peer_id = int(re.search(r"peer-id (\d+)", laptop.log())[1])
        assert seen[peer_id % len(seen)] > 0.9 * sum(seen), (laptop.address(), peer_id, seen)
    laptops[0].ping(VPC_HOST)
