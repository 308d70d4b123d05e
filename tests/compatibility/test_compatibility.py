"""The page of compatibility and the plan of what is tried; fast, without a client."""
import sys
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from combinations import CODE_TEXT, DIMENSIONS, Combination, chosen, pairs  # noqa: E402
from page import FAILED, NOT_KNOWN, PAGE, page  # noqa: E402
from results import KEYS, ResultFile, all_files, key_of  # noqa: E402

WITHOUT_NEW = {**DIMENSIONS, "wrapping": ("none", "tls-auth"),
               "authentication": DIMENSIONS["authentication"][:-1]}
STAMP = {"commit": "0123456789", "date": "2026-01-31"}
TRIED = Combination("udp", "none", "net30", "certificate")


def made_up(client="OpenVPN 2.3.1", **more):
    return {"client": client, "library": "", "combinations": [], "scenarios": [],
            "not_known": {"wrapping": ["tls-crypt"], "authentication": [CODE_TEXT]}, **more}


def tried(key, **what):
    return {**dict(zip(KEYS["combinations"], key)), **what, **STAMP}


def row_of(made, key):
    start = "| " + " | ".join(key) + " |"
    lines = [line for line in made.splitlines() if line.startswith(start)]
    assert len(lines) == 1, lines
    return [cell.strip() for cell in lines[0][len(start):].rstrip("|").split("|")]


def test_the_page_of_compatibility_says_what_the_result_files_say():
    assert PAGE.read_text() == page(all_files()), "make it again: tests/compatibility/page.py"


def test_every_result_names_commit_and_date_and_stands_once():
    files = all_files()
    assert len({file["client"] for file in files}) == len(files)
    for file in files:
        for kind in KEYS:
            keys = [key_of(kind, row) for row in file[kind]]
            assert len(set(keys)) == len(keys)
            for row in file[kind]:
                assert row["commit"] and row["date"], row
                assert row["result"] == "passed" or row["reason"], row


def test_a_combination_without_a_result_is_an_empty_cell_and_an_unknown_one_is_not():
    other = Combination("tcp", "tls-crypt", "p2p", "certificate")
    passed = {"result": "passed", "cipher": "AES-256-GCM", "seconds": 1.5}
    made = page([made_up(combinations=[tried(TRIED, **passed)]),
                 made_up("OpenVPN 2.6.1", not_known={}, combinations=[tried(other, **passed)])])
    assert row_of(made, TRIED) == ["AES-256-GCM, 1.5 s", ""]
    assert row_of(made, other) == [NOT_KNOWN, "AES-256-GCM, 1.5 s"]


def test_a_failure_stands_in_the_page_with_its_reason_and_cannot_break_its_form():
    made = page([made_up(combinations=[tried(TRIED, result="failed", reason="no | way\n<b>")])])
    assert row_of(made, TRIED) == [FAILED]
    assert "no \\| way\\<b\\>" in made


def test_every_transport_is_tried_with_every_wrapping_and_all_pairs_of_values_are():
    for known in (DIMENSIONS, WITHOUT_NEW):
        plan = chosen(known)
        assert {(c.transport, c.wrapping) for c in plan} == set(
            product(known["transport"], known["wrapping"]))
        everything = [Combination(*values) for values in product(*known.values())]
        assert set().union(*map(pairs, plan)) == set().union(*map(pairs, everything))
        assert len(set(plan)) == len(plan) <= 40
        assert chosen(known) == plan


def test_a_result_file_keeps_what_it_had_and_takes_a_later_result_of_the_same_key(tmp_path):
    class Named:
        name, library = "OpenVPN 2.6.1", "OpenSSL 3"

    path = tmp_path / "openvpn-2.6.1.json"
    ResultFile(path, Named, {}).add("combinations", TRIED, result="failed", reason="late")
    other = TRIED._replace(transport="tcp")
    ResultFile(path, Named, {}).add("combinations", other, result="passed", cipher="x", seconds=1)
    ResultFile(path, Named, {}).add("combinations", TRIED, result="passed", cipher="x", seconds=1)
    (file,) = all_files(tmp_path)
    assert [row["result"] for row in file["combinations"]] == ["passed", "passed"]
