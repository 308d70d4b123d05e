#!/usr/bin/env python3
"""Makes the seeds of first_packet, key_method_2, peer_info and control_message from tests/data/transcripts.

Usage: corpus_from_transcripts.py   (writes corpus/<target>/<run>-<n>, at most 56 a target; inputs that
a bug once needed have other names and are left alone)
"""
import json
import pathlib

here = pathlib.Path(__file__).parent
seeds_max = 56


def seeds(lines):
    for line in lines:
        if line["type"] == "packet" and line["opcode"] not in (6, 9):
            plain = line.get("wrap", {}).get("plain")
            yield "first_packet", bytes.fromhex(line["hex"][:18] + plain if plain else line["hex"])
        elif line["type"] == "key_method_2":
            yield "key_method_2", bytes.fromhex(line["hex"])
            yield "peer_info", (line["peer_info"] or line["options"]).encode()
        elif line["type"] == "message":
            yield "control_message", bytes.fromhex(line["hex"])


seen = {}
for file in sorted((here.parent / "data" / "transcripts").glob("*_udp_*.jsonl")):
    for target, octets in seeds(map(json.loads, file.read_text().splitlines())):
        # One seed for each shape: packets of one opcode and length walk the same path.
        shape = (octets[:1], len(octets)) if target == "first_packet" else octets
        found = seen.setdefault(target, {})
        if shape not in found and len(found) < seeds_max:
            found[shape] = octets
            folder = here / "corpus" / target
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{file.stem}-{len(found):02}").write_bytes(octets)
