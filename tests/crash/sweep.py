#!/usr/bin/python3
"""What was answered survives: kill -9 at random instants of a storm of mutations, disks whose n-th
write, sync or open fails, full disks.

After each: the store is sound, nothing is half done, every answered mutation is there with one row
in the audit log, and what had no answer is repeated with its ClientToken and happens once.
Usage: sweep.py [--kills 200] [--faults 100] [--full-disks 5] [--seed N]
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import books
from control import Control
from storm import Storm

ERRORS = {"write": (5, 28), "sync": (5, 28), "open": (5, 24)}  # EIO, ENOSPC, EMFILE


class Sweep:
    def __init__(self, folder, seed):
        self.folder = folder
        self.random = random.Random(seed)
        self.control = Control(folder / "gateway")
        self.control.folder.mkdir()
        self.control.start()
        key, scene = self.control.make_scene()
        self.storm = Storm(self.control.port, key, scene, seed)
        self.during_start = 0
        self.fault_met = 0

    def check(self):
        books.check(self.control.seen, self.folder, self.storm)

    def come_back(self):
        """Starts on a disk that is well, and repeats what had no answer."""
        self.check()
        self.control.start()
        self.storm.repeat_unknown()
        self.check()

    def kill_in_the_storm(self):
        if self.random.random() < 0.15:
            self.control.kill()
            self.control.begin()
            time.sleep(self.random.uniform(0, 0.15))
            self.during_start += 1
        else:
            self.storm.start()
            time.sleep(self.random.uniform(0, 0.4))
        self.control.kill()
        if self.storm_is_on():
            self.storm.end()
        self.come_back()

    def storm_is_on(self):
        return any(thread.is_alive() for thread in getattr(self.storm, "threads", [])) or any(
            worker.problem for worker in self.storm.workers)

    def fail_once_or_on(self):
        kind = self.random.choice(("write", "write", "sync", "open"))
        number = self.random.randint(1, {"write": 400, "sync": 60, "open": 12}[kind])
        error = self.random.choice(ERRORS[kind])
        stays = self.random.choice(("once", "on"))
        self.control.kill()
        self.check()
        said_before = len(self.control.log.read_text())
        refused_before = sum(self.storm.refused().values())
        self.control.begin(f"{kind}:{number}:{error}:{stays}")
        if self.control.ready():
            self.storm.start()
            time.sleep(0.5)
            self.storm.end()
            if kind == "write" and stays == "once":
                self.storm.repeat_unknown()  # the disk is well again, and so is the process
            self.control.kill()
        else:
            said = self.control.log.read_text()[said_before:]
            assert "control cannot start" in said, f"{kind}:{number}: it ended with: {said}"
        refused = sum(self.storm.refused().values()) - refused_before
        self.fault_met += refused > 0 or self.control.process.returncode != -9
        self.come_back()

    def close(self):
        self.control.kill()


def first_start_under_fire(folder, seed):
    """A kill or a fault in the first start: the next one makes or finds everything."""
    chance = random.Random(seed)
    control = Control(folder / f"first-{seed}")
    control.folder.mkdir()
    kind = chance.choice(("kill", "write", "sync", "open"))
    control.begin(None if kind == "kill" else f"{kind}:{chance.randint(1, 40)}:5:once")
    if kind == "kill":
        time.sleep(chance.uniform(0, 0.2))
    else:
        control.ready()
    control.kill()
    control.start()
    try:
        control.calls().done("DescribeAccounts")
    finally:
        control.kill()


def fill(ballast_path):
    """Leaves not one octet on this file's disk."""
    with open(ballast_path, "ab", buffering=0) as ballast:
        for size in (65536, 4096, 1):
            try:
                while True:
                    ballast.write(b"\0" * size)
            except OSError:
                pass


class FullDisk:
    """A small disk of its own for one gateway, in a mount namespace that a sleeping process holds."""

    def __init__(self, folder):
        self.place = folder / "small"
        self.place.mkdir()
        self.holder = subprocess.Popen(
            ("unshare", "-m", "--propagation", "private", "sh", "-c",
             f"mount -t tmpfs -o size=8m tmpfs {self.place} && echo mounted && exec sleep 3600"),
            stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "mounted\n", "no tmpfs could be mounted"
        self.seen = Path(f"/proc/{self.holder.pid}/root{self.place}")
        self.control = Control(self.place, ("nsenter", "-m", "-t", str(self.holder.pid)), self.seen)

    def fill(self):
        fill(self.seen / "ballast")

    def close(self):
        self.control.kill()
        self.holder.kill()
        self.holder.wait(10)
        shutil.rmtree(self.place)


def full_disks(folder, seed, rounds):
    disk = FullDisk(folder)
    try:
        disk.control.start()
        key, scene = disk.control.make_scene()
        storm = Storm(disk.control.port, key, scene, seed)
        for number in range(rounds):
            storm.start()
            time.sleep(0.3)
            disk.fill()
            time.sleep(0.5)
            reader = disk.control.calls()
            reader.done("DescribeAccounts")  # reading goes on
            assert all(worker.pending for worker in storm.workers), "somebody still writes"
            before = storm.answered()
            if number % 2:
                disk.control.kill()
                storm.end()
                books.check(disk.control.seen, folder, storm)
                disk.control.start()  # on a disk without room, for who reads
                disk.control.calls().done("DescribeAccounts")
            (disk.seen / "ballast").unlink()
            if number % 2:
                storm.repeat_unknown()
            else:
                time.sleep(0.5)
                storm.end()
                storm.repeat_unknown()
                assert storm.answered() > before, "room again, and nothing is written"
            books.check(disk.control.seen, folder, storm)
        return storm.refused()
    finally:
        disk.close()


def may_mount():
    done = subprocess.run(("unshare", "-m", "true"), capture_output=True)
    return os.geteuid() == 0 and done.returncode == 0


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--faults", type=int, default=100)
    asked.add_argument("--full-disks", type=int, default=6)
    asked.add_argument("--seed", type=int, default=1)
    asked = asked.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kanmon-crash-"))
    sweep = None
    try:
        sweep = Sweep(folder, asked.seed)
        for number in range(asked.kills):
            sweep.kill_in_the_storm()
        for number in range(asked.faults):
            sweep.fail_once_or_on()
        for number in range(asked.faults // 4):
            first_start_under_fire(folder, asked.seed * 1000 + number)
        refused = sweep.storm.refused()
        if asked.full_disks and may_mount():
            refused += full_disks(folder, asked.seed, asked.full_disks)
        elif asked.full_disks:
            print("no full disk: only root may mount")
    except Exception:
        print(f"seed {asked.seed}; {folder} is left to be looked at", file=sys.stderr)
        raise
    finally:
        if sweep:
            sweep.close()
    for message, count in refused.items():
        print(f"{count:6} times: {message}")
    print(f"{asked.kills} kills ({sweep.during_start} of them while starting), {asked.faults} faults "
          f"({sweep.fault_met} met), {asked.full_disks} full disks: {sweep.storm.answered()} "
          "answered mutations, none lost, none half done")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
