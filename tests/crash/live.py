#!/usr/bin/python3
"""The same while ten clients are connected: control is killed, its disk fails or is full, again and
again in a storm of mutations, and no client loses a packet.

    wire (bridge) ---- l1 … l10: stock openvpn, each pings the VPC's host every 20 ms
      |
    gw: kanmond; its state lies on a small disk of its own (tmpfs); the storm calls from here
      |
    vpc: TUN device ---- host 172.20.0.10

Usage: live.py [--kills 200] [--faults 40] [--full-disks 4] [--seed N]; root.
"""
import argparse
import ctypes
import json
import os
import random
import re
import shutil
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "interop"))

import books  # noqa: E402
from control import BIN, make_scene  # noqa: E402
from lab import Lab, VPC_HOST, sh, until  # noqa: E402
from signed_calls import Lost, SignedCalls  # noqa: E402
from storm import Storm  # noqa: E402
from sweep import ERRORS, fill  # noqa: E402

API_PORT = 8080
CLIENTS = 10
CLONE_NEWNET = 0x40000000


def enter(namespace):
    """This thread, and those that it starts from now on."""
    with open(f"/run/netns/{namespace}", "rb") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")


def open_files(pid):
    """None of one that is dead, whether or not its parent knows."""
    try:
        return os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return []


class LiveLab(Lab):
    """A gateway whose control process can be started on a disk that fails."""

    more_options = ("--http-loopback", str(API_PORT), "--api-rate", "1000000",
                    "--api-burst", "1000000")

    def start_gateway(self):
        folder = self.network.folder
        self.state, self.fault = folder / "state/control", folder / "fault"
        (folder / "state").mkdir()
        sh("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder / "state"))
        self.programs = folder / "programs"
        self.programs.mkdir()
        shutil.copy(BIN / "kanmond", self.programs)  # it looks for the others beside itself
        for name in ("kanmon-broker", "kanmon-data"):
            (self.programs / name).symlink_to(BIN / name)
        wrapper = self.programs / "kanmon-control"
        wrapper.write_text(f"""#!/bin/sh
if fault=$(cat {self.fault} 2>/dev/null); then
  export LD_PRELOAD={BIN}/libbad_disk.so BAD_DISK=$fault BAD_DISK_FOLDER={self.state}
fi
exec {BIN}/kanmon-control "$@"
""")
        wrapper.chmod(0o755)
        super().start_gateway()

    def close(self):
        super().close()
        sh("umount", str(self.network.folder / "state"), check=False)
        shutil.rmtree(self.network.folder, ignore_errors=True)


def answers(log):
    """The highest number that ping had an answer to, and how many answers. Numbers have 16 bits."""
    highest = count = 0
    with open(log) as lines:
        for line in lines:
            if "DUP!" in line or not (seen := re.search(r"icmp_seq=(\d+) ttl=", line)):
                continue
            number = int(seen.group(1)) + highest // 65536 * 65536
            if number < highest - 32768:
                number += 65536
            elif number > highest + 32768:
                number -= 65536
            highest, count = max(highest, number), count + 1
    return highest, count


class Pings:
    """Each client asks the VPC's host every 20 ms until the end. What is under way then is not
    counted: ping is ended without waiting for it."""

    def __init__(self, laptops):
        self.running = []
        for laptop in laptops:
            log = laptop.lab.network.folder / f"ping-{laptop.name}.log"
            self.running.append((log, laptop.lab.network.start(
                laptop.name, "ping", "-n", "-i", "0.02", "-W", "2", VPC_HOST, log=log)))

    def end(self):
        """How many were sent, and how many had no answer."""
        sent = lost = 0
        for log, process in self.running:
            process.send_signal(signal.SIGINT)
            process.wait(20)
            highest, count = answers(log)
            sent += highest
            lost += highest - count
        return sent, lost


class Siege:
    def __init__(self, lab, seed):
        self.lab, self.random = lab, random.Random(seed)
        root = json.loads((lab.state / "root-access-key.json").read_text())
        storm_vpc = lab.network.namespace("storm")
        enter(lab.gw)
        key, scene = make_scene(SignedCalls(API_PORT, root), API_PORT, storm_vpc)
        self.root, self.storming = root, False
        self.storm = Storm(API_PORT, key, scene, seed, workers=2)  # the clients need the processors too

    def answers(self):
        try:
            return SignedCalls(API_PORT, self.root).call("DescribeAccounts")[0] == 200
        except Lost:
            return False

    def check(self):
        books.check(self.lab.state, self.lab.network.folder, self.storm)

    def kill(self, before_the_next_start=lambda: None):
        """Kills control; looks at its store, and at the disk, before the supervisor sees it."""
        supervisor = self.lab.kanmond.pid
        os.kill(supervisor, signal.SIGSTOP)
        pid = self.lab.child("control")
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # its disk has ended it
        until("control is dead", lambda: not open_files(pid), 20)
        if self.storming:
            self.storm.end()
            self.storming = False
        self.check()
        before_the_next_start()
        os.kill(supervisor, signal.SIGCONT)

    def begin_storm(self):
        self.storm.start()
        self.storming = True

    def come_back(self):
        until("the API answers again", self.answers, 40)
        self.storm.repeat_unknown()

    def kill_in_the_storm(self):
        self.begin_storm()
        time.sleep(self.random.uniform(0, 0.4))
        self.kill()
        self.come_back()

    def fail(self):
        kind = self.random.choice(("write", "write", "sync", "open"))
        number = self.random.randint(1, {"write": 400, "sync": 60, "open": 12}[kind])
        error = self.random.choice(ERRORS[kind])
        fault = f"{kind}:{number}:{error}:{self.random.choice(('once', 'on'))}"
        self.kill(lambda: self.lab.fault.write_text(fault))
        end = time.monotonic() + 12
        while not (up := self.answers()) and time.monotonic() < end:
            time.sleep(0.1)
        if up:
            self.begin_storm()
            time.sleep(0.5)
        self.kill(self.lab.fault.unlink)
        self.come_back()

    def fill_the_disk(self):
        self.begin_storm()
        time.sleep(0.3)
        ballast = self.lab.network.folder / "state/ballast"
        fill(ballast)
        time.sleep(1)
        assert self.answers(), "reading goes on"
        assert all(worker.pending for worker in self.storm.workers), "somebody still writes"
        self.kill(ballast.unlink)
        self.come_back()


def besiege(lab, asked):
    laptops = [lab.laptop().connect(lab.bundle(lab.certificate(f"laptop-{number}")))
               for number in range(CLIENTS)]
    siege = Siege(lab, asked.seed)
    pings = Pings(laptops)
    for _ in range(asked.kills):
        siege.kill_in_the_storm()
    for _ in range(asked.faults):
        siege.fail()
    for _ in range(asked.full_disks):
        siege.fill_the_disk()
    siege.kill()
    sent, lost = pings.end()
    connects = sum(laptop.connects() for laptop in laptops)
    print(f"{asked.kills} kills, {asked.faults} faults, {asked.full_disks} full disks under {CLIENTS} "
          f"live clients: {siege.storm.answered()} answered mutations, none lost, none half done; "
          f"{lost} of {sent} pings lost, {connects - CLIENTS} reconnects")
    return lost == 0 and connects == CLIENTS


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--faults", type=int, default=40)
    asked.add_argument("--full-disks", type=int, default=4)
    asked.add_argument("--seed", type=int, default=1)
    asked = asked.parse_args()
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    lab = LiveLab(connections=CLIENTS)
    try:
        held = besiege(lab, asked)
    except BaseException:
        print(f"seed {asked.seed}\n{lab.gateway_log()[-4000:]}", file=sys.stderr)
        raise
    finally:
        ctypes.CDLL(None).setns(home, CLONE_NEWNET)
        lab.kanmond.send_signal(signal.SIGCONT)
        lab.close()
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
