#!/usr/bin/python3
"""Tries a client program in every combination that it knows; writes docs/compatibility/<it>.json.

  tests/compatibility/run.py --client /usr/sbin/openvpn [--only carry] [--missing] [--logs FOLDER]

Needs root, the built programs (KANMON_BIN, usually build/dev/bin), iperf3 and ping.
Exit status 1 when something failed; the file holds it with its reason.
"""
import argparse
import os
import sys
import time
from pathlib import Path

sys.path[:0] = [os.path.dirname(__file__), os.path.join(os.path.dirname(__file__), "../interop")]
from bench import Bench  # noqa: E402
from combinations import CODE_DYNAMIC, DIMENSIONS, Combination, chosen  # noqa: E402
from programs import Program  # noqa: E402
from results import FOLDER, ResultFile  # noqa: E402
from scenarios import SCENARIOS, planned  # noqa: E402

REASON_CHARACTERS_MAX = 300


def try_combination(bench, transport, wrapping, topology, authentication):
    """Connects, pings both ways, leaves; returns what the gateway says of it."""
    bench.server(wrapping, topology, authentication)
    seconds = bench.laptop.join(bench.profile(transport), bench.login(authentication))
    bench.ping_both_ways()
    row = bench.online()
    # Who is asked for its code by a refusal comes again with it.
    expected = 2 if authentication == CODE_DYNAMIC else 1
    assert bench.laptop.sessions() == expected, "it connected more often than it had to"
    return {"cipher": row["Cipher"], "seconds": round(seconds, 1)}


def try_scenario(bench, name, transport, wrapping):
    return {"figures": SCENARIOS[name](bench, transport, wrapping)}


def reason_of(error):
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:REASON_CHARACTERS_MAX]


class Runner:
    def __init__(self, program, file, logs):
        self.program, self.file, self.logs = program, file, logs
        self.bench = None
        self.failed = 0

    def one(self, kind, key, trial):
        """One trial; after a failure the next begins in a fresh laboratory."""
        if self.bench is None:
            self.bench = Bench(self.program)
        began = time.monotonic()
        try:
            told = {"result": "passed", **trial(self.bench, *key)}
            self.bench.leave()
        except Exception as error:  # whatever it was, it is this trial's result
            told = {"result": "failed", "reason": reason_of(error)}
            self.failed += 1
            self.keep_logs(key)
            self.close()
        self.file.add(kind, key, **told)
        print(f"{self.program.name}: {' '.join(key)}: {told} ({time.monotonic() - began:.1f} s)",
              flush=True)

    def keep_logs(self, key):
        if self.logs:
            self.logs.mkdir(parents=True, exist_ok=True)
            name = "-".join((self.program.version, *key)).replace(" ", "_")
            (self.logs / f"{name}.log").write_text(self.bench.logs())

    def close(self):
        if self.bench:
            self.bench.close()
        self.bench = None


def by_server(combination):
    """Trials of one server stand together: making one takes longer than connecting to it."""
    return (combination.wrapping, combination.topology, combination.authentication)


def wanted(known):
    """(kind, key, trial) of all that is asked for."""
    for combination in sorted(chosen(known), key=by_server):
        yield "combinations", combination, try_combination
    for key in planned(known):
        yield "scenarios", key, try_scenario


def is_asked(arguments, file, kind, key):
    if arguments.missing and file.passed(kind, key):
        return False
    words = " ".join((kind, *key))
    return all(word in words for word in arguments.only)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--client", required=True, help="the program")
    parser.add_argument("--only", action="append", default=[], metavar="WORDS",
                        help="only trials whose kind or key has these words; several: all of them")
    parser.add_argument("--missing", action="store_true", help="only what has not passed yet")
    parser.add_argument("--logs", type=Path, help="where the logs of failed trials go")
    parser.add_argument("--results", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    program = Program(arguments.client)
    known = program.known()
    not_known = {name: [value for value in DIMENSIONS[name] if value not in known[name]]
                 for name in Combination._fields}
    file = ResultFile(arguments.results / program.file_name, program, not_known)
    runner = Runner(program, file, arguments.logs)
    try:
        for kind, key, trial in wanted(known):
            if is_asked(arguments, file, kind, key):
                runner.one(kind, key, trial)
    finally:
        runner.close()
    return 1 if runner.failed else 0


if __name__ == "__main__":
    sys.exit(main())
