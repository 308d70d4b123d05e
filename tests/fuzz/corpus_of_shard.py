#!/usr/bin/env python3
"""Makes the seeds of `shard_sequence`: plays of several programs that reach deep, to mutate from.

Usage: corpus_of_shard.py   (writes corpus/shard_sequence/play-<name>; other files there, found by
fuzzing or needed by a fixed bug, are left alone)
"""
import pathlib

folder = pathlib.Path(__file__).parent / "corpus/shard_sequence"

(RUN, BEGIN, RENEGOTIATE, LEAVE, MOVE, REPLAY, ALTER, LOSE, UP, DOWN, CHANGE, WAIT, REFUSE, END, REPORT,
 RUN_LONG) = range(16)
NETWORKS, REVOKED, CIPHERS, OFF, HASTY, LISTENERS = 1, 2, 4, 8, 16, 32
CONNECT = [(RUN_LONG, 3)]
TRAFFIC = [*[(UP, i) for i in range(8)], *[(DOWN, i) for i in range(1, 12)], (RUN, 1)]

plays = {
    "connect": [*CONNECT, *TRAFFIC, (REPORT, 0)],
    "restart": [*CONNECT, (BEGIN, 0), *CONNECT, *TRAFFIC, (BEGIN, 3), *CONNECT, *TRAFFIC],
    "renegotiate": [*CONNECT, (RENEGOTIATE, 0), (RENEGOTIATE, 3), *CONNECT, *TRAFFIC],
    "leave": [*CONNECT, (LEAVE, 0), (LEAVE, 3), *CONNECT, *TRAFFIC, (BEGIN, 0), (BEGIN, 3), *CONNECT, *TRAFFIC],
    "move": [*CONNECT, (MOVE, 0), *TRAFFIC, (MOVE, 5), *TRAFFIC, (MOVE, 2), *TRAFFIC, *CONNECT],
    "replay": [*CONNECT, *[(REPLAY, i) for i in range(0, 256, 9)], *TRAFFIC, *CONNECT],
    "alter": [*CONNECT, *[(ALTER, i) for i in range(0, 256, 9)], *TRAFFIC, *CONNECT],
    "lossy": [(LOSE, 0x55), (RUN_LONG, 20), *TRAFFIC, (LOSE, 0x33), (RENEGOTIATE, 0), (RUN_LONG, 20), *TRAFFIC],
    "networks": [*CONNECT, (CHANGE, NETWORKS), (RUN_LONG, 10), *TRAFFIC, (CHANGE, 0), (RUN_LONG, 10)],
    "revoked": [*CONNECT, (CHANGE, REVOKED), *CONNECT, *TRAFFIC, (CHANGE, 0), (BEGIN, 0), *CONNECT],
    "ciphers": [*CONNECT, (CHANGE, CIPHERS), *CONNECT, (BEGIN, 0), (BEGIN, 2), *CONNECT, *TRAFFIC],
    "off-and-on": [*CONNECT, (CHANGE, OFF), *CONNECT, (CHANGE, 0), (BEGIN, 0), (BEGIN, 3), *CONNECT, *TRAFFIC],
    "hasty": [(CHANGE, HASTY), *CONNECT, *[(RUN_LONG, 25), *TRAFFIC] * 4],
    "listeners": [*CONNECT, (CHANGE, LISTENERS), *TRAFFIC, *CONNECT, (CHANGE, 0), *TRAFFIC],
    "slow-keeper": [(WAIT, 1), *CONNECT, (BEGIN, 0), *CONNECT, (LEAVE, 1), *CONNECT, (WAIT, 0), *CONNECT, *TRAFFIC],
    "refused": [(WAIT, 1), *CONNECT, (REFUSE, 7), *CONNECT, (WAIT, 0), (BEGIN, 0), *CONNECT, *TRAFFIC],
    "ended": [*CONNECT, *[(END, i) for i in range(4)], *CONNECT, (RUN_LONG, 130), (BEGIN, 0), *CONNECT],
    "hung-up": [*CONNECT, (REPORT, 1), *CONNECT, (BEGIN, 3), *CONNECT, *TRAFFIC],
    "full": [*[(BEGIN, i % 4) for i in range(12)], *CONNECT, *[(BEGIN, 2), *CONNECT] * 8, *TRAFFIC],
    "silence": [*CONNECT, (LOSE, 255), (RUN_LONG, 200), (LOSE, 0), (BEGIN, 0), *CONNECT],
}

for name, steps in plays.items():
    for flavour in (0, 3):
        (folder / f"play-{name}-{flavour}").write_bytes(bytes([flavour, *[octet for step in steps for octet in step]]))
