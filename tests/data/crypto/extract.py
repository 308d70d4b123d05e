#!/usr/bin/env python3
"""Writes what the crypto floor can recompute out of full transcripts of stock clients.

Usage: extract.py <folder of .jsonl transcripts> > transcripts.txt
One line per fact, fields separated by spaces:
  keys  <run> <key id> <cipher> <block>                     starts a new set of data keys
  prf   <pre master> <c1> <c2> <s1> <s2> <client sid> <server sid>   how the block before came about
  data  <c2s|s2c> <datagram> <plain>                        under the key block before
  auth | crypt  <c2s|s2c> <datagram> <plain rest>           with ta.key
  v2    c2s <datagram> <plain rest>                         with v2-server.key
Lost packets and repeats stay out; epoch-format data and dynamic tls-crypt do too.
"""
import glob
import json
import os
import sys

per_direction_max = 2


def facts(path):
    lines = [json.loads(line) for line in open(path)]
    meta, out, sids, counts, km = lines[0], [], {}, {}, {}
    for line in lines[1:]:
        kind = line["type"]
        if kind == "packet" and not line.get("lost"):
            if line["op"].startswith("HARD_RESET"):
                sids[line["dir"]] = line["sid"]
            wrap = line.get("wrap", {})
            if wrap.get("kind") in ("tls-auth", "tls-crypt"):
                word = "auth" if wrap["kind"] == "tls-auth" else "crypt"
                if meta["wrapping"] == "tls-crypt-v2":
                    word = "v2"
                seen = counts.setdefault((word, line["dir"]), 0)
                if seen < per_direction_max and (word != "v2" or "wkc" in line):
                    counts[word, line["dir"]] += 1
                    out.append([word, line["dir"], line["hex"],
                                wrap.get("plain") or line["hex"][2 * 37:]])  # SHA1: 9+20+8 clear
            if line["opcode"] in (6, 9) and "plain" in line and "epoch" not in line:
                seen = counts.setdefault((line["key_id"], line["dir"]), 0)
                if seen < per_direction_max and len(line["hex"]) < 360:
                    counts[line["key_id"], line["dir"]] += 1
                    out.append(["data", line["dir"], line["hex"], line["plain"]])
        if kind == "key_method_2":
            km[line["key_id"], line["dir"]] = line
        if kind == "keys" and not line["epoch_format"]:
            out.append(["keys", meta["run"], str(line["key_id"]), line["cipher"], line["block"]])
            if line["derivation"] == "prf":
                c, s = km[line["key_id"], "c2s"], km[line["key_id"], "s2c"]
                out.append(["prf", c["pre_master"], c["random1"], c["random2"], s["random1"],
                            s["random2"], sids["c2s"], sids["s2c"]])
    return out


def main():
    for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.jsonl"))):
        if any(word in path for word in ("default", "no-answer", "auth", "comp-lzo", "loss", "_tcp_")) and (
                "tls-auth" not in path):
            continue
        for fact in facts(path):
            print(*fact)


main()
