"""Half an hour of clients that come, work, renegotiate and go: nothing leaks, nobody is lost."""
import os
import time

from lab import Lab, VPC_HOST
from ruler import resident_kilobytes

SECONDS = int(os.environ.get("SOAK_SECONDS", "1800"))


def test_clients_come_and_go_and_the_gateway_stays_as_it_was():
    lab = Lab(connections=50, pool="192.168.0.0/22", HoldSeconds=1)
    try:
        profile = lab.bundle(lab.certificate())
        steady = lab.laptop().connect(profile, "--reneg-sec", "20")
        pids = [lab.child(name) for name in ("data", "control", "broker")]
        laptop = lab.laptop()
        end, rounds, first = time.monotonic() + SECONDS, 0, None
        while time.monotonic() < end:
            laptop.connect(profile)
            laptop.ping(VPC_HOST, count=20, interval=0.05)
            laptop.stop(15 if rounds % 2 else 9)
            rounds += 1
            if rounds == 20:
                first = resident_kilobytes(pids)
        steady.ping(VPC_HOST)
        last = resident_kilobytes(pids)
        print(f"figure: {rounds} connections, {first} kB after the 20th, {last} kB at the end")
        assert steady.connects() == 1
        assert [lab.child(name) for name in ("data", "control", "broker")] == pids
        assert last - first < 4096
    finally:
        lab.close()
