"""Floods of first packets: memory stays, answers are at most one each, newcomers get in."""
import re
import time

from lab import BIN, Lab
from ruler import resident_kilobytes


def flood(lab, name, *options):
    log = lab.network.folder / f"{name}.log"
    return log, lab.network.start(name, str(BIN / "reset_flood"), "--to", "10.99.0.1:1194",
                                  *options, log=log)


def test_ten_million_resets_leave_the_memory_where_it_was_and_get_at_most_one_answer_each():
    lab = Lab()
    try:
        attacker = lab.network.namespace("evil")
        lab.network.plug(attacker, "10.99.200.1")
        _, warm = flood(lab, attacker, "--rate", "0", "--count", "200000", "--sources", "500",
                        "--seconds", "60")
        warm.wait(90)
        before = resident_kilobytes([lab.child("data")])
        log, run = flood(lab, attacker, "--rate", "0", "--count", "10000000", "--sources", "500",
                         "--seconds", "600")
        run.wait(700)
        after = resident_kilobytes([lab.child("data")])
        sent, answered = map(int, re.findall(r"(\d+)", log.read_text())[-2:])
        print(f"figure: {sent} resets, {answered} answers, data process {before} kB before, {after} kB after")
        assert sent == 10000000
        assert answered <= sent
        assert after - before < 1024
    finally:
        lab.close()


def p99(times):
    return sorted(times)[int(len(times) * 0.99) - 1]


def test_of_a_hundred_newcomers_ninety_nine_connect_within_a_second_during_floods():
    lab = Lab(connections=500, pool="192.168.0.0/20", HoldSeconds=1)
    try:
        profile = lab.bundle(lab.certificate())
        laptop = lab.laptop()
        attacker = lab.network.namespace("evil")
        lab.network.plug(attacker, "10.99.200.1")
        from connecting import connect_times, summary
        quiet = connect_times(lab.network, laptop.name, profile, 20, at_once=1)
        for rate in (200, 20000):
            _, run = flood(lab, attacker, "--rate", str(rate), "--seconds", "120")
            time.sleep(1)
            times = connect_times(lab.network, laptop.name, profile, 100, at_once=1, window=30)
            flooding = run.poll() is None
            lab.network.stop(run)
            print(f"figure: {rate} resets/s: {summary(times)} (quiet: {summary(quiet)})")
            assert flooding, "the flood ended before the clients were in"
            assert None not in times
            assert p99(times) <= 1.0
    finally:
        lab.close()
