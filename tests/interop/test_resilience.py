"""What happens when a process of the gateway dies, a client cannot be served, or the path is bad."""
import re
import time

from lab import Lab, RELAY, VPC_HOST, until

import pytest


def lost_packets(laptops, seconds, in_between):
    """Each pings every 20 ms and something is done in between; how many went unanswered."""
    def log(laptop):
        return laptop.lab.network.folder / f"ping-{laptop.name}.log"

    def lost(laptop):
        shown = re.search(r"(\d+) packets transmitted, (\d+) received", log(laptop).read_text())
        return int(shown.group(1)) - int(shown.group(2))

    pings = [laptop.lab.network.start(
        laptop.name, "ping", "-n", "-i", "0.02", "-c", str(seconds * 50), "-W", "2", VPC_HOST,
        log=log(laptop)) for laptop in laptops]
    time.sleep(1)
    in_between()
    for ping in pings:
        ping.wait(seconds + 30)
    return sum(lost(laptop) for laptop in laptops)


@pytest.mark.parametrize("victim", ["control", "broker"])
def test_killing_control_or_broker_loses_no_packet(lab, victim):
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    before = lab.child(victim)
    assert lost_packets([laptop], 8, lambda: lab.kill(victim)) == 0
    until(f"{victim} runs again", lambda: lab.child(victim) != before, 10)
    until("the API answers again", lambda: lab._answers(), 20)
    until("the client is listed again", lambda: [
        client["PrivateIp"] for client in lab.clients()] == ["192.168.0.6"], 20)
    newcomer = lab.laptop().connect(lab.bundle(lab.certificate("newcomer")))
    newcomer.ping()


def test_ten_clients_lose_nothing_while_control_is_killed_five_times_amid_mutations():
    lab = Lab(connections=10)
    try:
        laptops = [lab.laptop().connect(lab.bundle(lab.certificate(f"laptop-{number}")))
                   for number in range(10)]

        def kill_five_times():
            for number in range(5):
                made = lab.certificate(f"made-{number}")
                lab.kill("control")
                until("the API answers again", lambda: lab._answers(), 30)
                assert lab.bundle(made), "what was answered is there"

        assert lost_packets(laptops, 40, kill_five_times) == 0
        assert [laptop.connects() for laptop in laptops] == [1] * 10
    finally:
        lab.close()


def test_after_killing_data_clients_are_back_by_themselves_within_65_seconds(lab):
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    address = laptop.address()
    began = time.monotonic()
    lab.kill("data")
    laptop.wait_connected(timeout=68, count=2)
    assert time.monotonic() - began <= 65
    laptop.ping()
    assert laptop.address() == address
    lab.log_line("the data process was restarted", "(gateway_restarted)")


def test_killing_the_supervisor_and_starting_again_leaves_one_set_of_devices():
    lab = Lab()
    try:
        laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
        lab.network.stop(lab.kanmond, 9)
        until("its processes are gone", lambda: not any(
            lab.network.inside(lab.gw, "pgrep", "-F", str(lab.network.folder / f"run/{name}.pid"),
                               check=False).returncode == 0
            for name in ("data", "control", "broker")), 10)
        lab.start_gateway()
        laptop.wait_connected(timeout=70, count=2)
        laptop.ping()
        devices = lab.network.inside(lab.vpc, "ip", "-o", "link", "show", "type", "tun").stdout
        assert devices.count("\n") == 1, devices
        lab.network.stop(lab.kanmond)
        devices = lab.network.inside(lab.vpc, "ip", "-o", "link", "show", "type", "tun").stdout
        assert devices == ""
        assert "kanmon" not in lab.network.inside(lab.vpc, "nft", "list", "ruleset").stdout
    finally:
        lab.close()


def test_every_descriptor_of_every_process_is_close_on_exec(lab):
    lab.laptop().connect(lab.bundle(lab.certificate()))
    from pathlib import Path
    for name in ("broker", "data", "control"):
        pid = lab.child(name)
        for info in Path(f"/proc/{pid}/fdinfo").iterdir():
            if int(info.name) <= 2:
                continue
            flags = int(re.search(r"flags:\s+(\d+)", info.read_text()).group(1), 8)
            target = Path(f"/proc/{pid}/fd/{info.name}")
            assert flags & 0o2000000, f"{name}: descriptor {info.name} ({target.readlink()})"


def test_a_path_that_loses_duplicates_and_reorders_still_connects_and_carries_pings(lab):
    spoiled = "loss=0.1,duplicate=0.05,reorder=0.05,jitter=5ms"
    lab.relay("--seed", "7", "--up", spoiled, "--down", spoiled)
    laptop = lab.laptop().connect(lab.bundle(lab.certificate(), remote=f"{RELAY} 1194"))
    shown = laptop.ping(count=50, interval=0.05, check=False).stdout
    assert int(re.search(r"(\d+) received", shown).group(1)) >= 30
    assert laptop.connects() == 1
