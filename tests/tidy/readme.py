#!/usr/bin/env python3
"""Proves that the command line understands each command that README.md shows.

usage: readme.py KANMON README. A command that is understood reaches for an API that is not there (exit
status 1); one that is not is wrong usage (2).
"""
import os
import re
import shlex
import subprocess
import sys


def commands(text):
    """Each `kanmon ...` of code blocks and code spans; a following backslash joins lines."""
    text = text.replace("\\\n", " ")
    spans = re.findall(r"`(kanmon [a-z][^`]*)`", text)
    lines = re.findall(r"^\s+(kanmon .*)$", text, re.MULTILINE)
    return [shlex.split(line, comments=True)[1:] for line in spans + lines]


def main(program, readme):
    with open(readme, encoding="utf-8") as file:
        found = commands(file.read())
    assert len(found) >= 8, f"only {len(found)} commands were found in {readme}"
    wrong = []
    for words in found:
        if "--help" in words or len(words) <= 2:
            continue  # named, not shown
        nowhere = ["--endpoint", "https://127.0.0.1:1"]
        keys = {"KANMON_ACCESS_KEY_ID": "id", "KANMON_ACCESS_KEY_SECRET": "secret"}
        if "--endpoint" in words:  # files of an installation that is not here
            words = words[words.index("account"):]
        ran = subprocess.run([program, *nowhere, *words], env={**os.environ, **keys},
                             capture_output=True, text=True, timeout=20, check=False)
        if ran.returncode != 1:
            wrong.append(f"kanmon {' '.join(words)}: {ran.returncode} {ran.stderr.strip()}")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
