"""What a client has to go through beyond connecting. Each takes a bench and returns its figures;
what did not go as it should is an AssertionError with the reason."""
import json
import time

from lab import VPC_CIDR, VPC_HOST, VPC_HOST6, until

MEGABYTES = 200  # of 2^20 octets, each way
MEGABYTES_WRAPPED = 20  # the wrapping is of control packets; the load is for their renegotiations
RENEGOTIATIONS = 2
RENEGOTIATE_SECONDS = 10
CARRY_SECONDS_MAX = 240
ROUTES = 500
BIGGEST = {VPC_HOST: "1472", VPC_HOST6: "1452"}  # ping's payload that makes packets of 1,500 octets
UPDATE_SECONDS = 2.0
RETURN_SECONDS = 10.0
NEW_NETWORK = "172.30.0.0/16"
NEW_NAME_SERVER = "172.20.0.153"


def transfer(bench, megabytes, *direction):
    """(megabits a second at the receiver, ""), or (0, why the connection through the tunnel broke)."""
    done = bench.laptop.iperf3("-J", "-n", f"{megabytes}M", *direction, timeout=400, check=False)
    said = json.loads(done.stdout or "{}")
    if done.returncode != 0 or "error" in said:
        return 0.0, said.get("error", done.stderr or "it said nothing")
    return said["end"]["sum_received"]["bits_per_second"] / 1e6, ""


def carry(bench, transport, wrapping):
    """Megabytes each way, again and again until two renegotiations were among them."""
    megabytes = MEGABYTES if wrapping == "none" else MEGABYTES_WRAPPED
    bench.server(wrapping, RenegotiateSeconds=RENEGOTIATE_SECONDS)
    added = bench.program.lines_for_renegotiations(soon=wrapping != "none")
    bench.laptop.join(bench.profile(transport, lambda text: added + text))
    up, down, broken, rounds = [], [], [], 0
    end = time.monotonic() + CARRY_SECONDS_MAX
    while rounds == 0 or (bench.laptop.renegotiations() < RENEGOTIATIONS
                          and time.monotonic() < end):
        rounds += 1
        for speeds, direction in ((up, ()), (down, ("-R",))):
            speed, error = transfer(bench, megabytes, *direction)
            speeds.append(speed)
            broken += [error] if error else []
    figures = {"megabytes": rounds * megabytes, "renegotiations": bench.laptop.renegotiations(),
               "lost_connections": len(broken), "reconnects": bench.laptop.sessions() - 1,
               "complaints": len(bench.laptop.complaints()),
               "mbit_up": round(sum(up) / rounds), "mbit_down": round(sum(down) / rounds)}
    assert figures["renegotiations"] >= RENEGOTIATIONS, figures
    assert not broken and figures["reconnects"] == 0, (figures, broken)
    bench.ping_both_ways()
    return figures


def routes(bench, transport, wrapping):
    """500 local networks reach the client's routing table."""
    networks = [VPC_CIDR] + [f"198.{18 + i // 250}.{i % 250}.0/24" for i in range(ROUTES - 1)]
    bench.server(wrapping, LocalSubnet=",".join(networks))
    seconds = bench.laptop.join(bench.profile(transport))
    shown = bench.laptop.run("ip", "-4", "route", "show", "dev", "tun0").stdout
    there = {line.split()[0] for line in shown.splitlines()}
    bench.ping_both_ways()
    figures = {"routes": len(there & set(networks)), "seconds": round(seconds, 1)}
    assert figures["routes"] == ROUTES, figures
    return figures


def biggest_packets(bench, transport, wrapping):
    """Packets of 1,500 octets that must not be fragmented inside pass both ways, IPv4 and IPv6."""
    bench.server(wrapping, ClientIpv6Pool="fd00:8::/112", LocalSubnet6="fd20::/64")
    bench.laptop.join(bench.profile(transport))
    addresses = {VPC_HOST: bench.laptop.address(), VPC_HOST6: bench.address6()}
    for target, size in BIGGEST.items():
        bench.ping_both_ways("-M", "do", "-s", size, target=target, address=addresses[target])
    return {"octets": 1500, "families": len(BIGGEST)}


def change(bench, has_it, can_be_told, **settings):
    """Kept and told within 2 s, or back within 10 s, and has it."""
    began = time.monotonic()
    bench.modify(**settings)
    seconds = until("the client has what is new",
                    lambda: has_it() and time.monotonic() - began, 40)
    until("it says that it is connected again", lambda: bench.laptop.connects() == 2, 10)
    kept = bench.laptop.sessions() == 1 and not bench.laptop.reason_to_go()
    figures = {"seconds": round(seconds, 1), "kept": kept, "told": bench.laptop.reason_to_go()}
    assert kept == can_be_told, figures
    assert seconds <= (UPDATE_SECONDS if kept else RETURN_SECONDS), figures
    return figures


def changed_networks(bench, transport, wrapping):
    """A new local network; who has to come again knows why."""
    bench.server(wrapping)
    bench.laptop.join(bench.profile(transport))
    bench.ping_both_ways()
    address = bench.laptop.address()
    figures = change(bench, lambda: NEW_NETWORK in bench.laptop.run(
        "ip", "-4", "route", check=False).stdout, bench.program.takes_push_update(),
        LocalSubnet=f"{VPC_CIDR},{NEW_NETWORK}")
    bench.ping_both_ways(address=address)
    assert bench.laptop.address() == address, figures
    assert figures["kept"] or "local networks" in figures["told"], figures
    return figures


def changed_name_servers(bench, transport, wrapping):
    """Another DNS server, in the hands of the client's system."""
    bench.server(wrapping, DnsServers=VPC_HOST)
    bench.laptop.join(bench.profile(transport, bench.laptop.telling_name_servers))
    assert bench.laptop.name_servers() == [VPC_HOST], bench.laptop.name_servers()
    figures = change(bench, lambda: bench.laptop.name_servers() == [NEW_NAME_SERVER],
                     bench.program.takes_name_servers_in_update(), DnsServers=NEW_NAME_SERVER)
    bench.ping_both_ways()
    return figures


SCENARIOS = {"carry": carry, "routes": routes, "biggest packets": biggest_packets,
             "changed networks": changed_networks, "changed name servers": changed_name_servers}


def planned(known):
    """(scenario, transport, wrapping): the load over every wrapping, the others where transports
    differ."""
    for wrapping in known["wrapping"]:
        for transport in ("udp", "tcp"):
            yield "carry", transport, wrapping
    for name in ("routes", "biggest packets", "changed networks", "changed name servers"):
        for transport in ("udp", "tcp"):
            yield name, transport, "none"
