#!/usr/bin/python3
"""The house rules that a machine can check: includes point down, nothing grows past its maximum.

Fails on an include that points up or sideways and on the maxima of CONTRIBUTING.md; reports medians.
Usage: tidy.py [ROOT]
"""
import re
import statistics
import subprocess
import sys
from pathlib import Path

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
LINE_COLUMNS_MAX = 100

# Folder under src/ -> floor. A folder includes itself, lower floors, and nothing else.
FLOORS = {
    "base": 0,
    "bridge": 0,
    "dataplane/wire": 1,
    "dataplane/crypto": 1,
    "dataplane/session": 2,
    "controlplane/model": 2,
    "dataplane/directory": 3,
    "dataplane/admission": 3,
    "dataplane/routing": 3,
    "dataplane/shaper": 3,
    "dataplane/flows": 3,
    "controlplane/usecases": 3,
    "dataplane/shard": 4,
    "dataplane/io": 5,
    "controlplane/api": 5,
    "controlplane/adapters": 5,
    "broker": 5,
    "apps": 6,
}
# Same floor, one direction.
SIDEWAYS_ALLOWED = {("bridge", "base")}
BANNED_NAMES = re.compile(r"(?:^|_)(?:util|utils|common|manager|helper|helpers)(?:_|$)")
BANNED_CALLS = re.compile(r"\b(?:system_clock|steady_clock)::now|\bgetenv\(|\bstd::thread\b")
PURE = ("dataplane/wire", "dataplane/crypto", "dataplane/session", "dataplane/directory",
        "dataplane/admission", "dataplane/routing", "dataplane/shaper", "dataplane/flows",
        "dataplane/shard", "controlplane/model", "controlplane/usecases")
CODE = {".cpp", ".h"}


def folder_of(path, root):
    relative = path.relative_to(root / "src").as_posix()
    known = [name for name in FLOORS if relative.startswith(name + "/")]
    return max(known, key=len) if known else None


def plane(folder):
    top = folder.split("/")[0]
    return top if top in ("dataplane", "controlplane") else None


def check_include(folder, target, where, problems):
    if target == folder:
        return
    below = FLOORS[target] < FLOORS[folder] or (folder, target) in SIDEWAYS_ALLOWED
    if not below:
        problems.append(f"{where}: {folder} (floor {FLOORS[folder]}) must not include "
                        f"{target} (floor {FLOORS[target]}): includes point down only")
    if folder != "apps" and plane(folder) and plane(target) and plane(folder) != plane(target):
        problems.append(f"{where}: the planes never include each other")


def check_layers(path, lines, root, problems):
    folder = folder_of(path, root)
    if folder is None:
        problems.append(f"{path}: this folder has no floor; give it one in tests/tidy/tidy.py")
        return
    for number, line in enumerate(lines, 1):
        where = f"{path.relative_to(root)}:{number}"
        include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if include:
            if not (root / "src" / include.group(1)).exists():
                if not (path.parent / include.group(1)).exists():
                    problems.append(f"{where}: include {include.group(1)} from the root of src/")
                continue
            check_include(folder, folder_of(root / "src" / include.group(1), root), where, problems)
        if folder in PURE and BANNED_CALLS.search(line.split("//")[0]):
            problems.append(f"{where}: {folder} is pure: no clock, thread or environment")


def functions(lines):
    """(first line, length) of every brace block that opens a function body, by clang-format's layout:
    a body ends with a closing brace in the column where its declaration began."""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None:
            opens = re.match(r"^( *)\S.*\)( const| noexcept| override| final|->\S+| \w+)*( :.*)? \{$", line)
            control = re.match(r"^ *(?:if|for|while|switch|do|else|try|catch|namespace|struct|class|enum)\b", line)
            if opens and not control and not re.match(r"^ *\} ", line):
                start, indent = number, len(opens.group(1))
                first = number
                while first > 1 and re.match(rf"^ {{{indent + 1},}}\S", lines[first - 2]):
                    first -= 1
        elif re.match(rf"^ {{0,{indent}}}\}}", line):
            yield start, number - start + 1
            start = None


def check_size(path, lines, root, problems, sizes):
    name = path.relative_to(root)
    if len(lines) > FILE_LINES_MAX:
        problems.append(f"{name}: {len(lines)} lines, at most {FILE_LINES_MAX}: split it by reason to change")
    if BANNED_NAMES.search(path.stem):
        problems.append(f"{name}: the name says nothing; name the idea")
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_COLUMNS_MAX:
            problems.append(f"{name}:{number}: {len(line)} columns, at most {LINE_COLUMNS_MAX}")
    for number, length in functions(lines):
        sizes.append(length)
        if length > FUNCTION_LINES_MAX:
            problems.append(f"{name}:{number}: a function of {length} lines, at most {FUNCTION_LINES_MAX}")


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    problems, function_lines, file_lines = [], [], []
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True, check=True).stdout.split("\n")
    for path in (root / name for name in listed if Path(name).suffix in CODE):
        if not path.exists():
            continue
        lines = path.read_text().split("\n")[:-1]
        check_size(path, lines, root, problems, function_lines)
        if path.is_relative_to(root / "src"):
            file_lines.append(len(lines))
            check_layers(path, lines, root, problems)
    print("\n".join(problems))
    print(f"files: {len(file_lines)} in src, median {statistics.median(file_lines or [0]):.0f} lines, "
          f"longest {max(file_lines or [0])}")
    print(f"functions: {len(function_lines)}, median {statistics.median(function_lines or [0]):.0f} lines, "
          f"longest {max(function_lines or [0])}")
    print(f"{len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
