#!/usr/bin/python3
"""Breaks one line at a time and expects the named test to turn red.

tests/mutants/*.json list the breakages: name, file, find (must occur exactly once), replace, target
(a test program) and filter (GoogleTest), or arguments (any other program). Works on a
copy of the tracked files, so that the checkout stays as it is; builds incrementally.
Usage: run.py [NAME | FILE …], FILE without its folder and ending (catalogue); exit 0 when every
mutant was killed.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPY = Path(os.environ.get("KANMON_MUTANTS_DIR", Path(tempfile.gettempdir()) / "kanmon-mutants"))


def sh(*command):
    return subprocess.run(command, capture_output=True, text=True, errors="replace",
                          cwd=COPY, timeout=1800)


def copy_tree():
    listed = subprocess.run(("git", "-C", str(ROOT), "ls-files"), capture_output=True, text=True,
                            check=True).stdout.split("\n")
    for name in filter(None, listed):
        source, target = ROOT / name, COPY / name
        if not source.is_file() or (target.exists() and target.read_bytes() == source.read_bytes()):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def build(target):
    done = sh("cmake", "--build", "build/dev", "--target", target)
    return None if done.returncode == 0 else done.stdout + done.stderr


def test_passes(mutant):
    program = COPY / "build/dev/bin" / mutant["target"]
    arguments = mutant.get("arguments") or [f"--gtest_filter={mutant['filter']}"]
    done = subprocess.run((str(program), *arguments), capture_output=True, text=True,
                          errors="replace", cwd=COPY, timeout=300)
    if "Running 0 tests" in done.stdout:
        raise SystemExit(f"{mutant['name']}: no test matches {mutant['filter']}")
    return done.returncode == 0


def judge(mutant):
    path = COPY / mutant["file"]
    original = path.read_text()
    if original.count(mutant["find"]) != 1:
        return f"'{mutant['find']}' occurs {original.count(mutant['find'])} times in {mutant['file']}"
    problem = build(mutant["target"])
    if problem:
        return f"does not build unbroken:\n{problem[-2000:]}"
    if not test_passes(mutant):
        return "its test is red without any breakage"
    try:
        path.write_text(original.replace(mutant["find"], mutant["replace"]))
        problem = build(mutant["target"])
        if problem:
            return f"the breakage does not compile:\n{problem[-2000:]}"
        return "SURVIVED: its test stays green" if test_passes(mutant) else None
    finally:
        path.write_text(original)


def main():
    wanted = sys.argv[1:]
    mutants = [mutant for path in sorted(Path(__file__).parent.glob("*.json"))
               for mutant in json.loads(path.read_text())
               if not wanted or path.stem in wanted or mutant["name"] in wanted]
    copy_tree()
    done = sh("cmake", "--preset", "dev", "--log-level=WARNING")
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)
    failed = 0
    for mutant in mutants:
        problem = judge(mutant)
        failed += problem is not None
        print(f"{'FAILED' if problem else 'killed'}  {mutant['name']}{': ' + problem if problem else ''}",
              flush=True)
    print(f"{len(mutants) - failed} of {len(mutants)} mutants killed")
    return 1 if failed or not mutants else 0


sys.exit(main())
