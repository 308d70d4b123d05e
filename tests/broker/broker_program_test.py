"""kanmon-broker as a program: what it makes in the kernel, what it removes, whom it serves.

Everything happens in two namespaces with this process's id in their names: `outer` stands for the
host, `vpc` for a VPC.
"""
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time

import pytest

import broker_wire as wire

BIN = os.environ.get("KANMON_BIN", "build/dev/bin")
PID = os.getpid()
OUTER, VPC = f"kmo{PID}", f"kmv{PID}"
PORT = 11940
LISTENER = (wire.UDP, "0.0.0.0", PORT)


def run(*words, check=True):
    return subprocess.run(words, check=check, capture_output=True, text=True).stdout


def inside(space, *words, check=True):
    return run("ip", "netns", "exec", space, *words, check=check)


def links(space):
    return {one["ifname"] for one in json.loads(run("ip", "-n", space, "-j", "link"))}


def forwarding(space):
    return inside(space, "cat", "/proc/sys/net/ipv4/ip_forward").strip()


def forwarding6(space):
    return inside(space, "cat", "/proc/sys/net/ipv6/conf/all/forwarding").strip()


def table(space):
    return inside(space, "nft", "list", "table", "inet", "kanmon", check=False)


def traces(space):
    found = [name for name in links(space) if name.startswith("kt")]
    found += [table(space)] if table(space) else []
    for family in ("-4", "-6"):
        found += run("ip", "-n", space, family, "route", "show", "proto", "217").split("\n")[:-1]
    return found


def vpc_server(**changes):
    values = dict(name="vss-1", device="kt1", space=VPC, address="192.168.0.1",
                  pool="192.168.0.0/24", listeners=[LISTENER])
    return wire.server(**{**values, **changes})


def outer_server(**changes):
    values = dict(name="vss-2", device="kt2", space="", address="10.9.0.1", pool="10.9.0.0/24",
                  topology=wire.SUBNET, mtu=1400)
    return wire.server(**{**values, **changes})


@pytest.fixture(scope="module", autouse=True)
def namespaces():
    for name in (OUTER, VPC):
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")
        inside(name, "sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward;"
               "echo 0 > /proc/sys/net/ipv6/conf/all/forwarding")
    yield
    for name in (OUTER, VPC):
        run("ip", "netns", "del", name, check=False)


class Program:
    def __init__(self, folder):
        self.folder, self.path = folder, f"{folder}/broker.sock"
        self.process = None

    def start(self, *options):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", OUTER, f"{BIN}/kanmon-broker", "--socket", self.path,
             "--state", self.folder, *options], stderr=subprocess.DEVNULL)

    def connect(self):
        for _ in range(400):
            try:
                return wire.Broker(self.path)
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.01)
        raise AssertionError("the broker does not listen")

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        return self.process.wait(10)

    def remove_all(self):
        return subprocess.run(["ip", "netns", "exec", OUTER, f"{BIN}/kanmon-broker", "--state",
                               self.folder, "--remove-all"], stderr=subprocess.DEVNULL).returncode


@pytest.fixture
def program():
    with tempfile.TemporaryDirectory() as folder:
        one = Program(folder)
        one.start("--allow-root")
        yield one
        if one.process.poll() is None:
            one.kill()
        assert one.remove_all() == 0
        assert traces(OUTER) == [] and traces(VPC) == []
        assert forwarding(OUTER) == "0" and forwarding(VPC) == "0"
        assert forwarding6(OUTER) == "0" and forwarding6(VPC) == "0"


def test_makes_devices_addresses_routes_rules_and_settings(program):
    broker = program.connect()
    assert broker.want(1, [vpc_server(), outer_server()]) == ""
    device = json.loads(run("ip", "-n", VPC, "-j", "-d", "addr", "show", "kt1"))[0]
    assert device["mtu"] == 1500 and device["txqlen"] == 1000 and "UP" in device["flags"]
    assert device["linkinfo"]["info_data"] == {**device["linkinfo"]["info_data"], "type": "tun",
                                               "pi": False, "persist": True, "multi_queue": True,
                                               "vnet_hdr": True}
    assert device["gso_max_size"] == 65536  # all that the kernel gathers
    address = device["addr_info"][0]
    assert (address["local"], address["address"], address["prefixlen"]) == (
        "192.168.0.1", "192.168.0.2", 32)
    assert [one["family"] for one in device["addr_info"]] == ["inet"], "no IPv6 address"
    assert re.search(r"192.168.0.0/24 dev kt1 .*src 192.168.0.1",
                     run("ip", "-n", VPC, "route", "show", "proto", "217"))
    other = json.loads(run("ip", "-n", OUTER, "-j", "addr", "show", "kt2"))[0]
    assert other["mtu"] == 1400 and other["addr_info"][0]["prefixlen"] == 24
    assert "10.9.0.0/24 dev kt2" in run("ip", "-n", OUTER, "route", "show", "proto", "217")
    for space, name in ((VPC, "kt1"), (OUTER, "kt2")):
        assert forwarding(space) == "1"
        assert 'oifname "' + name in table(space).replace("{ ", "")
        assert inside(space, "cat", f"/proc/sys/net/ipv4/conf/{name}/rp_filter").strip() == "1"


@pytest.mark.parametrize("taken", ["nft flush ruleset", "ip link set kt1 down", "ip link set kt1 down; ip link set kt1 up",
                                   "echo 0 > /proc/sys/net/ipv4/ip_forward"])
def test_makes_again_what_somebody_took_away_without_being_asked(program, taken):
    broker = program.connect()
    assert broker.want(1, [vpc_server()]) == ""

    def stands():
        device = json.loads(run("ip", "-n", VPC, "-j", "link", "show", "kt1"))[0]
        return (table(VPC) != "" and "UP" in device["flags"] and forwarding(VPC) == "1" and
                "192.168.0.0/24 dev kt1" in run("ip", "-n", VPC, "route", "show", "proto", "217"))

    assert stands()
    inside(VPC, "sh", "-c", taken)
    assert not stands()
    until = time.monotonic() + 15
    while not stands() and time.monotonic() < until:
        time.sleep(0.1)
    assert stands()


def test_ipv6_stands_beside_ipv4_and_goes_without_it(program):
    broker = program.connect()
    assert broker.want(1, [vpc_server(pool6="fd00:1::/64"), outer_server()]) == ""
    assert forwarding6(VPC) == "1" and forwarding6(OUTER) == "0"
    device = json.loads(run("ip", "-n", VPC, "-j", "addr", "show", "kt1"))[0]
    six = [one for one in device["addr_info"] if one["family"] == "inet6"]
    assert [(one["local"], one["prefixlen"]) for one in six] == [("fd00:1::1", 128)], "none of its own"
    assert "tentative" not in six[0], "no duplicate address detection"
    assert re.search(r"fd00:1::/64 dev kt1 .*src fd00:1::1",
                     run("ip", "-n", VPC, "-6", "route", "show", "proto", "217"))
    for name, value in (("disable_ipv6", "0"), ("accept_ra", "0"), ("autoconf", "0"),
                        ("addr_gen_mode", "1")):
        assert inside(VPC, "cat", f"/proc/sys/net/ipv6/conf/kt1/{name}").strip() == value, name
    assert "ip6 saddr fd00:1::/64" in table(VPC)
    assert broker.want(2, [vpc_server(pool6="fd00:2::/64")]) == "", "another pool"
    assert "fd00:2::1" in run("ip", "-n", VPC, "-6", "addr", "show", "kt1")
    assert "fd00:1" not in run("ip", "-n", VPC, "-6", "addr", "show", "kt1")
    assert "fd00:1" not in run("ip", "-n", VPC, "-6", "route", "show", "proto", "217")
    assert broker.want(3, [vpc_server()]) == ""
    assert forwarding6(VPC) == "0" and forwarding(VPC) == "1"
    assert run("ip", "-n", VPC, "-6", "addr", "show", "kt1") == ""
    assert "fewer addresses" in broker.want(4, [vpc_server(pool6="fd00:1::/121")])


def test_ipv6_forwarding_takes_no_default_route_away_that_a_router_has_announced(program):
    # "lo" was told to hear none, and is not asked again.
    inside(VPC, "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/accept_ra;"
           "echo 0 > /proc/sys/net/ipv6/conf/lo/accept_ra")
    inside(VPC, "ip", "link", "add", "announced", "type", "veth", "peer", "name", "heard")
    try:
        assert program.connect().want(1, [vpc_server(pool6="fd00:1::/64")]) == ""
        kept = {name: inside(VPC, "cat", f"/proc/sys/net/ipv6/conf/{name}/accept_ra").strip()
                for name in ("announced", "default", "lo")}
        assert kept == {"announced": "2", "default": "2", "lo": "0"}
    finally:
        inside(VPC, "ip", "link", "del", "announced")


def test_ipv6_forwarding_that_was_on_stays_on(program):
    inside(VPC, "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
    broker = program.connect()
    assert broker.want(1, [vpc_server(pool6="fd00:1::/64")]) == ""
    program.kill()
    program.start("--allow-root")
    assert program.connect().want(2, []) == ""
    assert forwarding6(VPC) == "1"
    inside(VPC, "sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/all/forwarding")


def test_a_point_to_point_device_has_its_own_address_and_no_peer(program):
    broker = program.connect()
    assert broker.want(1, [vpc_server(topology=wire.P2P)]) == ""
    device = json.loads(run("ip", "-n", VPC, "-j", "addr", "show", "kt1"))[0]
    address = device["addr_info"][0]
    assert (address["local"], address["prefixlen"]) == ("192.168.0.1", 32)
    assert "address" not in address


def test_removes_exactly_what_is_no_longer_wanted(program):
    inside(VPC, "nft", "add", "table", "inet", "others")
    run("ip", "-n", VPC, "link", "add", "other0", "type", "veth", "peer", "name", "other1")
    broker = program.connect()
    assert broker.want(1, [vpc_server(), outer_server()]) == ""
    assert broker.want(2, [outer_server()]) == ""
    assert traces(VPC) == [] and forwarding(VPC) == "0"
    assert "kt2" in links(OUTER)
    assert "other0" in links(VPC) and "others" in inside(VPC, "nft", "list", "tables")
    assert "older" in broker.want(1, [])
    inside(VPC, "nft", "delete", "table", "inet", "others")
    run("ip", "-n", VPC, "link", "del", "other0")


def test_repairs_what_somebody_removed_or_changed(program):
    broker = program.connect()
    assert broker.want(1, [vpc_server()]) == ""
    run("ip", "-n", VPC, "link", "del", "kt1")
    queues = broker.open_tun("vss-1")
    assert len(queues) == 2 + broker.steered and "kt1" in links(VPC)
    run("ip", "-n", VPC, "addr", "add", "172.30.0.1/24", "dev", "kt1")
    assert broker.want(2, [vpc_server(mtu=1300)]) == ""
    device = json.loads(run("ip", "-n", VPC, "-j", "addr", "show", "kt1"))[0]
    assert device["mtu"] == 1300 and len(device["addr_info"]) == 1
    for fd in queues:
        os.close(fd)


def test_leaves_a_device_and_a_route_of_somebody_else_alone(program):
    run("ip", "-n", VPC, "link", "add", "kt1", "type", "veth", "peer", "name", "other1")
    broker = program.connect()
    assert "did not make" in broker.want(1, [vpc_server()])
    run("ip", "-n", VPC, "link", "del", "kt1")
    run("ip", "-n", VPC, "link", "add", "other0", "type", "veth", "peer", "name", "other1")
    run("ip", "-n", VPC, "link", "set", "other0", "up")
    run("ip", "-n", VPC, "route", "add", "192.168.0.0/24", "dev", "other0")
    assert "another route to the client pool" in broker.want(2, [vpc_server()])
    run("ip", "-n", VPC, "link", "del", "other0")
    assert "ip netns add nowhere" in broker.want(3, [vpc_server(space="nowhere")])


OFFLOAD = 10  # octets before each packet: dataplane/routing/offload.h


def read_packet(queue):
    return os.read(queue, 2000)[OFFLOAD:]


def write_packet(queue, packet):
    os.write(queue, bytes(OFFLOAD) + packet)


def test_hands_over_queues_that_carry_packets(program):
    broker = program.connect()
    assert broker.want(1, [vpc_server(queues=1)]) == ""
    (queue,) = broker.open_tun("vss-1")
    ping = subprocess.Popen(["ip", "netns", "exec", VPC, "ping", "-c1", "-W1", "192.168.0.6"],
                            stdout=subprocess.DEVNULL)
    for _ in range(200):
        try:
            packet = read_packet(queue)
        except BlockingIOError:
            time.sleep(0.01)
            continue
        break
    assert packet[0] == 0x45 and packet[16:20] == socket.inet_aton("192.168.0.6")
    ping.wait()
    os.close(queue)


def test_hands_over_queues_on_which_several_packets_travel_as_one(program):
    broker = program.connect()
    assert broker.want(1, [vpc_server(queues=1)]) == ""
    (queue,) = broker.open_tun("vss-1")
    code = ("import socket;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);"
            "s.setsockopt(socket.IPPROTO_UDP,103,1000);"  # UDP_SEGMENT
            "s.sendto(bytes(3000),('192.168.0.6',5000))")
    inside(VPC, "/usr/bin/python3", "-c", code)
    read = os.read(queue, 65536)
    kind = read[1] & 0x7F
    # Kernels before 6.2 cut datagrams themselves; they still leave the checksum to us.
    assert (kind, len(read) - OFFLOAD) in ((5, 28 + 3000), (0, 28 + 1000))
    assert read[0] & 1 == 1, "the checksum is left to us"
    os.close(queue)


def udp_from(source, destination, ports=(5000, 5000)):
    """A UDP packet of either family; over IPv4 without a checksum of its own."""
    data = struct.pack("!HHHH", *ports, 8, 0)
    if ":" in source:
        ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
        data = data[:6] + struct.pack("!H", checksum(ends + struct.pack("!II", 8, 17) + data))
        return struct.pack("!IHBB", 6 << 28, 8, 17, 64) + ends + data
    header = struct.pack("!BBHIBBH", 0x45, 0, 28, 0x10000, 64, 17, 0)
    header += socket.inet_aton(source) + socket.inet_aton(destination)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + data


def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def read_soon(queue, wanted, seconds=2):
    """The next packet of the TUN queue that `wanted` accepts, or nothing."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            packet = read_packet(queue)
        except BlockingIOError:
            time.sleep(0.01)
            continue
        if wanted(packet):
            return packet
    return None


def send_raw(space, family, packet, destination):
    """Sends a whole packet, whatever source it names, out of a namespace."""
    code = ("import socket,sys;f=int(sys.argv[1]);s=socket.socket(f,socket.SOCK_RAW,socket.IPPROTO_RAW);"
            "s.sendto(bytes.fromhex(sys.argv[2]),(sys.argv[3],0))")
    inside(space, "/usr/bin/python3", "-c", code, str(int(family)), packet.hex(), destination)


def test_cve_2019_14899_clients_cannot_be_probed_from_an_interface_that_does_not_lead_back(program):
    broker = program.connect()
    assert broker.want(1, [vpc_server(queues=1, pool6="fd00:1::/64")]) == ""
    (queue,) = broker.open_tun("vss-1")
    for name, four, six in (("side", "10.5.0", "fd05::"), ("other", "10.6.0", "fd06::")):
        run("ip", "-n", VPC, "link", "add", name, "type", "veth", "peer", "name", f"{name}p", "netns", OUTER)
        for space, device, last in ((VPC, name, 1), (OUTER, f"{name}p", 2)):
            run("ip", "-n", space, "addr", "add", f"{four}.{last}/24", "dev", device)
            run("ip", "-n", space, "addr", "add", f"{six}{last}/64", "dev", device, "nodad")
            run("ip", "-n", space, "link", "set", device, "up")
    run("ip", "-n", OUTER, "route", "add", "192.168.0.0/24", "via", "10.5.0.1")
    run("ip", "-n", OUTER, "-6", "route", "add", "fd00:1::/64", "via", "fd05::1")
    honest = {socket.AF_INET: ("10.5.0.2", "10.6.0.9", "192.168.0.6"),
              socket.AF_INET6: ("fd05::2", "fd06::9", "fd00:1::6")}
    for family, (own, foreign, client) in honest.items():
        source_at = 12 if family == socket.AF_INET else 8
        for source, passes in ((own, True), (foreign, False)):
            octets = socket.inet_pton(family, source)
            send_raw(OUTER, family, udp_from(source, client), client)
            came = read_soon(queue, lambda packet: packet[source_at:source_at + len(octets)] == octets, 1)
            assert (came is not None) == passes, (source, table(VPC))
    for name in ("side", "other"):
        run("ip", "-n", VPC, "link", "del", name)
    os.close(queue)


def test_cve_2021_3773_a_client_cannot_take_the_place_of_a_listener(program):
    """The published attack: a client's packet from the listener's port number leaves by source NAT,
    and what comes back for that port would reach the client instead of the listener."""
    broker = program.connect()
    server = outer_server(mtu=1500, queues=1, source_nat=True, listeners=[LISTENER])
    assert broker.want(1, [server]) == ""
    (queue,) = broker.open_tun("vss-2")
    (descriptor,) = broker.open_listener("vss-2", LISTENER, 1)
    listener = socket.socket(fileno=descriptor)
    listener.settimeout(2)
    run("ip", "-n", OUTER, "link", "add", "wan", "type", "veth", "peer", "name", "lan", "netns", VPC)
    for space, device, last in ((OUTER, "wan", 1), (VPC, "lan", 2)):
        run("ip", "-n", space, "addr", "add", f"203.0.113.{last}/24", "dev", device)
        run("ip", "-n", space, "link", "set", device, "up")
    code = ("import socket;s=socket.socket(type=socket.SOCK_DGRAM);s.bind(('203.0.113.2',5555));"
            "s.settimeout(5);print('ready',flush=True);print(s.recvfrom(100)[1][1],flush=True);"
            f"s.sendto(b'hello',('203.0.113.1',{PORT}));input()")
    outside = subprocess.Popen(["ip", "netns", "exec", VPC, "/usr/bin/python3", "-c", code],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert outside.stdout.readline() == "ready\n"
    write_packet(queue, udp_from("10.9.0.6", "203.0.113.2", (PORT, 5555)))
    translated = int(outside.stdout.readline())
    assert translated != PORT
    assert listener.recvfrom(100) == (b"hello", ("203.0.113.2", 5555))
    assert read_soon(queue, lambda packet: packet[0] == 0x45, 0.5) is None
    write_packet(queue, udp_from("10.9.0.6", "203.0.113.1", (6000, PORT)))  # the listener, from inside
    listener.settimeout(0.5)
    with pytest.raises(TimeoutError):
        listener.recvfrom(100)
    outside.communicate("\n")
    listener.close()
    run("ip", "-n", OUTER, "link", "del", "wan")
    os.close(queue)


def test_drops_client_to_client_and_foreign_sources(program):
    broker = program.connect()
    assert broker.want(1, [vpc_server(queues=1, pool6="fd00:1::/64")]) == ""
    (queue,) = broker.open_tun("vss-1")
    run("ip", "-n", VPC, "link", "add", "side", "type", "veth", "peer", "name", "peer", "netns", OUTER)
    for space, name, address in ((VPC, "side", "10.5.0.1"), (OUTER, "peer", "10.5.0.2")):
        run("ip", "-n", space, "addr", "add", f"{address}/24", "dev", name)
        run("ip", "-n", space, "link", "set", name, "up")
    run("ip", "-n", OUTER, "route", "add", "192.168.0.0/24", "via", "10.5.0.1")

    def dropped():
        return [int(n) for n in re.findall(r"packets (\d+)", table(VPC))]

    def inject(source, destination):
        write_packet(queue, udp_from(source, destination))

    inject("192.168.0.6", "192.168.0.10")  # client to client
    inject("172.16.0.1", "10.5.0.2")       # a source outside the pool
    inject("fd00:1::6", "fd00:1::a")
    inject("fd20::1", "fd00:1::a")
    assert sum(dropped()) == 4, table(VPC)
    inside(OUTER, "ping", "-c1", "-W1", "192.168.0.1", check=False)  # the gateway's own address
    run("ip", "-n", OUTER, "addr", "add", "192.168.0.6/32", "dev", "lo")
    inside(OUTER, "ping", "-c1", "-W1", "-I", "192.168.0.6", "10.5.0.1", check=False)  # as a client
    assert sum(dropped()) == 6, table(VPC)
    run("ip", "-n", OUTER, "addr", "del", "192.168.0.6/32", "dev", "lo")
    assert "1 received" in inside(OUTER, "ping", "-c1", "-W2", "10.5.0.1"), "others are not touched"
    run("ip", "-n", VPC, "link", "del", "side")
    os.close(queue)


def test_hands_over_sockets_of_wanted_listeners_only(program):
    broker = program.connect()
    tcp = (wire.TCP, "0.0.0.0", PORT)
    assert broker.want(1, [vpc_server(listeners=[LISTENER, tcp])]) == ""
    sockets = broker.open_listener("vss-1", LISTENER, 3)
    again = broker.open_listener("vss-1", LISTENER, 3)
    streams = broker.open_listener("vss-1", tcp, 2)
    assert (len(sockets), len(again), len(streams)) == (3, 3, 2)
    one = socket.socket(fileno=sockets[0])
    assert one.getsockname() == ("0.0.0.0", PORT) and one.type == socket.SOCK_DGRAM
    assert f":{PORT}" in inside(OUTER, "ss", "-lnu") and f":{PORT}" in inside(OUTER, "ss", "-lnt")
    assert "no listener" in broker.open_listener("vss-1", (wire.UDP, "0.0.0.0", 53), 1)
    assert "not wanted" in broker.open_listener("vss-9", LISTENER, 1)
    one.close()
    for fd in sockets[1:] + again + streams:
        os.close(fd)
    taken = subprocess.Popen(["ip", "netns", "exec", OUTER, "/usr/bin/python3", "-c",
                              "import socket;s=socket.socket(type=socket.SOCK_DGRAM);"
                              f"s.bind(('0.0.0.0',{PORT}));print('x',flush=True);input()"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    taken.stdout.readline()
    assert "is taken by another program" in broker.open_listener("vss-1", LISTENER, 1)
    taken.communicate(b"\n")


def test_serves_a_customer_by_its_uid_and_nobody_else():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = Program(folder)
        program.start("--control-uid", "64242", "--data-uid", "64241", "--socket-group", "64240")
        program_socket = program.path
        for _ in range(400):
            if os.path.exists(program_socket) and os.stat(program_socket).st_gid == 64240:
                break
            time.sleep(0.01)
        assert os.stat(program_socket).st_mode & 0o777 == 0o660

        def as_user(uid, request):
            code = ("import os,sys;sys.path.insert(0,sys.argv[1]);import broker_wire as w;"
                    f"os.setgroups([]);os.setgid(64240);os.setuid({uid});"
                    f"print(w.Broker(sys.argv[2]).{request})")
            return subprocess.run(["/usr/bin/python3", "-c", code, os.path.dirname(__file__),
                                   program_socket], capture_output=True, text=True)

        assert "only control" in as_user(64241, "want(1, [])").stdout
        assert as_user(64242, "want(1, [])").stdout == "\n"
        assert "only the data" in as_user(64242, "open_tun('vss-1')").stdout
        assert "not wanted" in as_user(64241, "open_tun('vss-1')").stdout
        for foreign in (64299, 0):
            refused = as_user(foreign, "want(2, [])")
            assert refused.returncode != 0 and refused.stdout == "", "closed without an answer"
        program.kill()


def test_nobody_fills_the_places_of_the_others():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = Program(folder)
        program.start("--control-uid", "64242", "--data-uid", "64241", "--socket-group", "64240")
        try:
            for _ in range(400):
                if os.path.exists(program.path) and os.stat(program.path).st_gid == 64240:
                    break
                time.sleep(0.01)
            crowd = ("import os,sys;sys.path.insert(0,sys.argv[1]);import broker_wire as w;"
                     "os.setgroups([]);os.setgid(64240);os.setuid(64241);"
                     "crowd=[w.Broker(sys.argv[2]) for _ in range(40)];"
                     "print(crowd[-1].open_tun('vss-1'),flush=True);input()")
            process = subprocess.Popen(["/usr/bin/python3", "-c", crowd, os.path.dirname(__file__),
                                        program.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert b"not wanted" in process.stdout.readline(), "the latest is served"
            control = crowd.replace("64241", "64242").replace("range(40)", "range(1)").replace(
                "open_tun('vss-1')", "want(1, [])").replace(";input()", "")
            answer = subprocess.run(["/usr/bin/python3", "-c", control, os.path.dirname(__file__),
                                     program.path], capture_output=True, text=True, timeout=20)
            assert answer.stdout == "\n", answer
            process.communicate(b"\n")
        finally:
            program.kill()


def test_a_wanted_state_larger_than_any_message_is_reached(program):
    many = [vpc_server(name=f"vss-{i}", device=f"kt{i}", pool=f"10.{i}.0.0/24", queues=1,
                       address=f"10.{i}.0.1",
                       listeners=[(wire.UDP, "0.0.0.0", 2000 + i * 20 + k) for k in range(16)])
            for i in range(1, 221)]
    assert len(wire.want_octets(1, many)) > 65536
    broker = program.connect()
    assert broker.want(1, many[:2]) == ""
    assert broker.want(2, many[1:] + many[:0]) == ""
    assert {name for name in links(VPC) if name.startswith("kt")} == {
        f"kt{i}" for i in range(2, 221)}
    assert broker.want(3, []) == "" and traces(VPC) == []


def test_a_wanted_state_that_is_not_sealed_or_not_its_number_is_refused(program):
    broker = program.connect()
    octets = wire.want_octets(5, [])
    for memory, problem in ((wire.sealed(octets[:-1]), "breaks its format"),
                            (os.memfd_create("open"), "not a sealed"),
                            (wire.sealed(wire.want_octets(6, [])), "breaks its format")):
        kind, body, _ = broker.ask(wire.WANT, struct.pack("!Q", 5), [memory])
        assert kind == wire.ANSWER and problem in body.decode()
        os.close(memory)
    assert "in one memory file" in broker.ask(wire.WANT, struct.pack("!Q", 5))[1].decode()
    assert broker.want(5, []) == ""


def test_closes_on_a_malformed_message_and_lives_on(program):
    broker = program.connect()
    broker.socket.send(b"\x4b\x42\x01\x00 nonsense")
    assert broker.socket.recv(100) == b""
    assert program.connect().want(1, []) == ""


def test_is_confined_and_every_descriptor_is_close_on_exec(program):
    broker = program.connect()
    assert broker.want(1, [vpc_server()]) == ""
    pid = program.process.pid
    status = dict(line.split(":\t") for line in open(f"/proc/{pid}/status").read().splitlines())
    kept = 1 << 12 | 1 << 21 | 1 << 10  # net admin, sys admin, net bind service
    assert {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")} == {kept}
    assert status["NoNewPrivs"] == "1"
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        flags = re.search(r"flags:\s+(\d+)", open(f"/proc/{pid}/fdinfo/{fd}").read())
        assert int(fd) < 3 or int(flags[1], 8) & os.O_CLOEXEC, os.readlink(f"/proc/{pid}/fd/{fd}")


def test_a_restarted_broker_serves_what_was_wanted_last(program):
    broker = program.connect()
    assert broker.want(7, [vpc_server()]) == ""
    program.kill()
    program.start("--allow-root")
    again = program.connect()
    queues = again.open_tun("vss-1")
    assert len(queues) == 2 + again.steered
    for fd in queues:
        os.close(fd)


def test_kill_at_any_instant_leaves_no_orphan(program):
    choose = random.Random(20260101)
    states = [[vpc_server()], [vpc_server(device="kt3", pool6="fd00:1::/64"), outer_server()], [],
              [outer_server(space=VPC, source_nat=True)], [vpc_server(space="", pool6="fd00:2::/64")]]
    number = 1
    for _ in range(40):
        broker = program.connect()
        number += 1
        broker.say_want(number, choose.choice(states))
        time.sleep(choose.random() * 0.06)
        program.kill()
        broker.close()
        program.start("--allow-root")
    number += 1
    assert program.connect().want(number, [vpc_server(device="kt5")]) == ""
    assert {name for name in links(VPC) if name.startswith("kt")} == {"kt5"}
    assert traces(OUTER) == [] and forwarding(OUTER) == "0" and forwarding6(OUTER) == "0"


def test_a_second_broker_on_the_same_state_is_refused(program):
    program.connect()
    assert program.remove_all() == 2
