#!/usr/bin/python3
"""The catalogue of incidents against the sources: every row of docs/security-catalogue.md has tests
that exist and mutants that exist (or says why none), every mutant still finds its line exactly once
and names tests that exist; and rules about the lines of src/ that rows of the catalogue rest on.
Usage: catalogue.py [ROOT]
"""
import fnmatch
import json
import re
import sys
from pathlib import Path

# One row at least for each incident; a catalogue that lost rows is no catalogue.
ROWS = {"2A": 23, "2B": 21, "2C": 16, "2D": 9, "2E": 22}
TEST = re.compile(r"^\s*TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", re.M)
TYPED_TEST = re.compile(r"^\s*TYPED_TEST_P\(\s*(\w+),\s*(\w+)\s*\)", re.M)
SUITE = re.compile(r"INSTANTIATE_TEST_SUITE_P\(\s*(\w+),\s*(\w+),")
TYPED_SUITE = re.compile(r"INSTANTIATE_TYPED_TEST_SUITE_P\(\s*(\w+),\s*(\w+),")
# What peers show of a secret is compared here: HMACs, tags, cookies, tokens, codes, signatures.
# Passwords are compared by libargon2, which leaves no early either.
COMPARE_SECRETS = (
    "controlplane/api/acs3_signature.cpp", "controlplane/api/metrics_page.cpp",
    "controlplane/api/rpc_signature.cpp", "controlplane/usecases/bearer_tokens.cpp",
    "controlplane/usecases/bundle_links.cpp", "controlplane/usecases/directory.cpp",
    "dataplane/admission/cookie.cpp", "dataplane/crypto/control_wrap.cpp",
    "dataplane/crypto/hmac_data_key.cpp", "dataplane/crypto/ipsec_mb_aead.cpp",
    "dataplane/crypto/tag_then_encrypt.cpp", "dataplane/session/auth_token.cpp")
# Comparing secrets octet by octet tells by its time how many were right.
LEAVES_EARLY = re.compile(r"\b(?:std::)?(?:memcmp|strcmp|strncmp|bcmp)\s*\(")
# A packet's octets are not where a number may stand.
NUMBER_POINTER = re.compile(r"reinterpret_cast<\s*(?:const\s+)?(?:std::)?u?int(?:16|32|64)_t\s*(?:const\s*)?\*")


def unit_tests(root):
    names = set()
    contracts = [found for path in (root / "tests/contract").glob("*.h")
                 for found in TYPED_TEST.findall(path.read_text())]
    for path in (root / "tests").rglob("*_test.cpp"):
        text = path.read_text()
        found = TEST.findall(text)
        names |= {f"{suite}.{test}" for suite, test in found}
        for prefix, suite in SUITE.findall(text):
            names |= {f"{prefix}/{suite}.{test}/0" for other, test in found if other == suite}
        for prefix, suite in TYPED_SUITE.findall(text):
            names |= {f"{prefix}/{suite}/0.{test}" for other, test in contracts if other == suite}
    return names


def program_tests(root):
    """Names of the entries that are no unit tests; those of CMake's loops by their beginning."""
    names = {f"fuzz_corpus.{path.stem}" for path in (root / "tests/fuzz").glob("*.cpp")}
    for folder, area in (("interop", True), ("differential", False)):
        for path in (root / "tests" / folder).glob("test_*.py"):
            prefix = f"{folder}.{path.stem[5:]}." if area else f"{folder}."
            names |= {prefix + name for name in re.findall(r"^def test_(\w+)", path.read_text(), re.M)}
    for path in (root / "tests/broker").glob("*_program_test.py"):  # one entry a file
        prefix = f"namespace.{path.stem.removesuffix('_program_test')}."
        names |= {prefix + name for name in re.findall(r"^def test_(\w+)", path.read_text(), re.M)}
    for folder in ("world", "tidy"):
        text = (root / f"tests/{folder}/CMakeLists.txt").read_text()
        names |= {name.split("${")[0] for name in re.findall(r"add_test\(NAME (\S+)", text)}
    return names


def check_mutants(root, tests, problems):
    names = set()
    programs = set(re.findall(r"(?:kanmon_test|add_executable)\((\w+)", "".join(
        path.read_text() for path in (root / "tests").rglob("CMakeLists.txt"))))
    for path in sorted((root / "tests/mutants").glob("*.json")):
        for mutant in json.loads(path.read_text()):
            name = mutant["name"]
            if name in names:
                problems.append(f"{path.name}: two mutants are called {name}")
            names.add(name)
            source = root / mutant["file"]
            count = source.read_text().count(mutant["find"]) if source.exists() else 0
            if count != 1:
                problems.append(f"{path.name}: {name}: its line occurs {count} times in {mutant['file']}")
            if mutant["target"] not in programs:
                problems.append(f"{path.name}: {name}: there is no program {mutant['target']}")
            for pattern in mutant.get("filter", "").split(":") if "filter" in mutant else []:
                if not fnmatch.filter(tests, pattern):
                    problems.append(f"{path.name}: {name}: no test matches {pattern}")
    return names


def check_catalogue(root, tests, mutants, problems):
    section, rows = None, {name: 0 for name in ROWS}
    for number, line in enumerate((root / "docs/security-catalogue.md").read_text().split("\n"), 1):
        where = f"docs/security-catalogue.md:{number}"
        if line.startswith("## "):
            section = line.split()[1].rstrip(".")
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if not line.startswith("| ") or cells[0] in ("row", "---"):
            continue
        if len(cells) != 4:
            problems.append(f"{where}: four cells a row, not {len(cells)}")
            continue
        rows[section] += 1
        named = re.findall(r"`([^`]+)`", cells[2])
        broken = re.findall(r"`([^`]+)`", cells[3])
        if not named:
            problems.append(f"{where}: {cells[0]} has no test")
        if not broken and not cells[3].startswith("none: "):
            problems.append(f"{where}: {cells[0]} has no mutant and does not say why")
        problems += [f"{where}: there is no test {name}" for name in named if name not in tests]
        problems += [f"{where}: there is no mutant {name}" for name in broken if name not in mutants]
    for name, count in ROWS.items():
        if rows[name] < count:
            problems.append(f"docs/security-catalogue.md: {rows[name]} rows of {name}, not {count}")
    return sum(rows.values())


def check_lines(root, problems):
    for name in COMPARE_SECRETS:
        path = root / "src" / name
        if not path.exists() or "constant_time_equal(" not in path.read_text():
            problems.append(f"src/{name}: compares a secret by constant_time_equal, or is no more")
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".cpp", ".h"):
            continue
        for number, line in enumerate(path.read_text().split("\n"), 1):
            code = line.split("//")[0]
            where = f"{path.relative_to(root)}:{number}"
            if LEAVES_EARLY.search(code):
                problems.append(f"{where}: compare secrets by constant_time_equal, others by ranges::equal")
            if NUMBER_POINTER.search(code):
                problems.append(f"{where}: read numbers by ByteReader, never through a pointer")


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    problems = []
    tests = unit_tests(root) | program_tests(root)
    mutants = check_mutants(root, tests, problems)
    rows = check_catalogue(root, tests, mutants, problems)
    check_lines(root, problems)
    print("\n".join(problems))
    print(f"{rows} rows, {len(mutants)} mutants, {len(tests)} tests, {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
