#!/usr/bin/env python3
"""Fuzzes each target until 30 CPU-minutes bring no new edge and its executions are done.

    tests/long/fuzz.py [--minutes WALL] [--jobs N] [--keep] [TARGET ...]

Works through the programs of build/fuzz/bin in slices and keeps its account in build/long/fuzz.json,
so that a later call goes on where this one stopped. A program whose bytes changed starts anew; its
grown corpus in build/long/corpus stays; --keep adds what of it reaches further to
tests/fuzz/corpus once a target is done. Prints "TARGET|EXIT CODE|FIGURE" for each target: 0 is done
without a crash, 1 a crash or a program that failed, 2 not finished within --minutes.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from ruler import cpu_seconds  # noqa: E402
PROGRAMS = ROOT / "build/fuzz/bin"
WORK = ROOT / "build/long"
ACCOUNT = WORK / "fuzz.json"

QUIET_CPU_SECONDS = 30 * 60
EXECUTIONS = {"session_sequence": 10**6,  # a whole session an input
              "shard_sequence": 10**6}    # many of them; every parser: 10^7
EXECUTIONS_OF_A_PARSER = 10**7
# Of an input: what follows it reads nowhere, or does only what came before once more.
MAX_OCTETS = {"session_sequence": 1024, "shard_sequence": 128, "epoch_open": 1024}
# By the rarity of what it reaches libFuzzer chooses inputs at a cost that grows with both.
MORE_OPTIONS = {"shard_sequence": ["-entropic=0"]}
SLICE_SECONDS = 240


class Account:
    """What each target has spent and found; one file, rewritten whole after every slice."""

    def __init__(self):
        self.lock = threading.Lock()
        self.rows = json.loads(ACCOUNT.read_text()) if ACCOUNT.exists() else {}

    def of(self, target):
        program = hashlib.sha256((PROGRAMS / f"fuzz_{target}").read_bytes()).hexdigest()
        with self.lock:
            row = self.rows.get(target)
            if not row or row["program"] != program:
                row = {"program": program, "executions": 0, "cpu": 0.0, "quiet": 0.0, "edges": 0}
                self.rows[target] = row
            return row

    def add(self, row, executions, cpu, new_edge_at, edges):
        with self.lock:
            row["executions"] += executions
            row["cpu"] += cpu
            row["quiet"] = row["quiet"] + cpu if new_edge_at is None else cpu - new_edge_at
            row["edges"] = edges
            draft = ACCOUNT.with_suffix(".draft")
            draft.write_text(json.dumps(self.rows, indent=1, sort_keys=True))
            draft.replace(ACCOUNT)


def done(target, row):
    wanted = EXECUTIONS.get(target, EXECUTIONS_OF_A_PARSER)
    return row["quiet"] >= QUIET_CPU_SECONDS and row["executions"] >= wanted


def run_slice(target, row, account, seconds):
    """One run of the program; returns its exit code."""
    grown = WORK / "corpus" / target
    grown.mkdir(parents=True, exist_ok=True)
    command = [PROGRAMS / f"fuzz_{target}", f"-max_total_time={seconds}", "-rss_limit_mb=2048",
               "-timeout=600",  # by the wall clock, and other programs may want the processors
               f"-max_len={MAX_OCTETS.get(target, 0)}",  # 0: as long as the corpus suggests
               *MORE_OPTIONS.get(target, []),
               "-print_final_stats=1", f"-artifact_prefix={WORK}/crash-{target}-",
               grown, ROOT / "tests/fuzz/corpus" / target]
    edges, new_edge_at, executions, cpu = row["edges"], None, 0, 0.0
    with open(WORK / f"fuzz-{target}.log", "w") as log:
        process = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True,
                                   stdout=subprocess.DEVNULL, errors="replace")
        for line in process.stderr:
            log.write(line)
            cpu = max(cpu, cpu_seconds([process.pid]))
            if (found := re.search(r"\bcov: (\d+)", line)) and int(found[1]) > edges:
                edges, new_edge_at = int(found[1]), cpu
            if found := re.search(r"number_of_executed_units: (\d+)", line):
                executions = int(found[1])
        code = process.wait()
    account.add(row, executions, cpu, new_edge_at, edges)
    return code


def keep(target):
    """Adds the inputs that reach what the repository's own do not."""
    subprocess.run([PROGRAMS / f"fuzz_{target}", "-merge=1", "-rss_limit_mb=2048",
                    ROOT / "tests/fuzz/corpus" / target, WORK / "corpus" / target],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def fuzz(target, account, deadline, keeps):
    row = account.of(target)
    code = 0
    while code == 0 and not done(target, row) and (left := deadline - time.monotonic()) > 5:
        code = run_slice(target, row, account, int(min(SLICE_SECONDS, left)))
    result = 1 if code else 0 if done(target, row) else 2
    if result == 0 and keeps:
        keep(target)
    print(f"{target}|{result}|{row['executions']} executions, {row['cpu'] / 60:.0f} CPU-min, "
          f"{row['quiet'] / 60:.0f} CPU-min without a new edge, {row['edges']} edges"
          + (f", exit {code}: build/long/fuzz-{target}.log" if code else ""), flush=True)
    return result


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--minutes", type=float, default=float("inf"))
    asked.add_argument("--jobs", type=int, default=os.cpu_count())
    asked.add_argument("--keep", action="store_true")
    asked.add_argument("targets", nargs="*")
    asked = asked.parse_args()
    known = sorted(p.name.removeprefix("fuzz_") for p in PROGRAMS.glob("fuzz_*"))
    if unknown := set(asked.targets) - set(known):
        sys.exit(f"fuzz.py: no such target: {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    WORK.mkdir(parents=True, exist_ok=True)
    account = Account()
    deadline = time.monotonic() + asked.minutes * 60
    with concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
        results = list(pool.map(lambda target: fuzz(target, account, deadline, asked.keep), asked.targets or known))
    sys.exit(max(results, default=0, key=lambda result: (result == 1, result)))


if __name__ == "__main__":
    main()
