#!/usr/bin/env python3
"""Makes the seeds of `reliability` and `session_sequence`: plays that reach deep, to mutate from.

Usage: corpus_of_session.py   (writes corpus/<target>/play-<name>; other files there, found by fuzzing
or needed by a fixed bug, are left alone)
"""
import pathlib

here = pathlib.Path(__file__).parent

SEND, PASS, DELIVER, REPEAT, DROP, ACK, FORGE_ACK, FORGE = range(8)
reliability = {
    "in-order": [(SEND, 200), (PASS, 0), *[(DELIVER, 0)] * 6, (ACK, 0)] * 4,
    "reversed": [(SEND, 255), (PASS, 0), *[(DELIVER, 3 - i) for i in range(4)], (ACK, 0)] * 3,
    "lost": [(SEND, 255), (PASS, 0), (DROP, 0), (DELIVER, 0), (DELIVER, 0), (DELIVER, 0), (ACK, 0),
             (PASS, 0), (DELIVER, 0), (ACK, 0)] * 3,
    "late": [(SEND, 90), (PASS, 0), (PASS, 80), (PASS, 200), (DELIVER, 1), (DELIVER, 0), (ACK, 0)] * 3,
    "twice": [(SEND, 60), (PASS, 0), (REPEAT, 0), (REPEAT, 0), (ACK, 0), (PASS, 0), (DELIVER, 0)] * 4,
    "forged": [(SEND, 60), (FORGE, 1), (FORGE_ACK, 1), (PASS, 0), (DELIVER, 0), (ACK, 0)] * 3,
    "full": [(SEND, 255)] * 12 + [(PASS, 0)],
}

(WAIT, CLIENT, SERVER, WORK, WORK_DONE, ADMIT, REFUSE, DISMISS, FORGERY, HEARD, USED, LIMIT, IN_BAND,
 SAY, ROUNDS, WAIT_LONG) = range(16)
KNOCK = [(ROUNDS, 7)]
CONNECT = [*KNOCK, (ADMIT, 0), (ROUNDS, 3), (SAY, 0), (ROUNDS, 3)]
MODERN, OLD, OTHER, EXPIRED, FOREIGN = 64, 0, 64 + 2, 64 + 4, 64 + 6
PASSWORD = 64 + 32 + 1
YES, NO, ASK, PAGE = (ADMIT, 176), (ADMIT, 177), (ADMIT, 178), (ADMIT, 179)  # what control says
session = {
    "connect": (MODERN, [*CONNECT, (HEARD, 0), (WAIT, 110), (SAY, 1), (ROUNDS, 2), (WAIT, 60)]),
    "older": (OLD, [*CONNECT, (HEARD, 0), (WAIT_LONG, 2)]),
    "asks-early": (OLD, [*KNOCK, (SAY, 0), (ROUNDS, 2), (ADMIT, 0), (ROUNDS, 3)]),
    "expired": (EXPIRED, [*KNOCK, (ADMIT, 0), (WAIT, 60)]),
    "foreign": (FOREIGN, [*KNOCK, (WAIT, 60)]),
    "refused": (MODERN, [*KNOCK, (REFUSE, 38), (ADMIT, 0), (ROUNDS, 2), (WAIT, 60)]),
    "refused-later": (OLD, [*KNOCK, (REFUSE, 38), (ADMIT, 0), (WAIT, 90), (ROUNDS, 2), (WAIT, 60)]),
    "dismissed": (MODERN, [*CONNECT, (DISMISS, 44), (ROUNDS, 2), (WAIT, 60)]),
    "renegotiates": (MODERN + 1, [*CONNECT, *[(WAIT, 200), (HEARD, 0), (ROUNDS, 7), (USED, 1)] * 9]),
    "limit": (MODERN, [*CONNECT, (LIMIT, 0), (ROUNDS, 7), (USED, 1), (LIMIT, 0), (ROUNDS, 7)]),
    "identity": (MODERN + 8, [*CONNECT, (LIMIT, 0), (ROUNDS, 7), (ROUNDS, 7), (WAIT, 60)]),
    "exit-as-data": (MODERN, [*CONNECT, (IN_BAND, 0), (IN_BAND, 6), (IN_BAND, 0), (WAIT, 60)]),
    "slow-worker": (MODERN, [(CLIENT, 0), (WORK, 0), (WAIT, 10), (CLIENT, 0), (WORK_DONE, 0),
                             (SERVER, 0), (CLIENT, 0), (WORK, 0), (DISMISS, 1), (WORK_DONE, 0)]),
    "lossy": (MODERN, [(CLIENT, 0x55), (WORK, 0), (WORK_DONE, 0), (SERVER, 0x33), (WAIT, 9)] * 20),
    "forgeries": (MODERN, [(FORGERY, i) for i in range(0, 250, 7)] + KNOCK),
    "password": (PASSWORD, [*KNOCK, YES, (ROUNDS, 3), (ADMIT, 0), (ROUNDS, 3), (LIMIT, 0), (ROUNDS, 7),
                            YES, (ROUNDS, 7), (USED, 1), (WAIT, 60)]),
    "password-wrong": (PASSWORD, [*KNOCK, (ADMIT, 0), NO, (ADMIT, 0), (ROUNDS, 3), (WAIT, 60)]),
    "password-late": (PASSWORD, [*KNOCK, *[(WAIT_LONG, 6), (SAY, 0), (ROUNDS, 2)] * 4, YES, (ROUNDS, 3),
                                 (ADMIT, 0), (ROUNDS, 3)]),
    "password-never": (PASSWORD, [*KNOCK, (WAIT_LONG, 31), (ROUNDS, 2), YES, (ADMIT, 0), (WAIT, 90)]),
    "password-unasked": (PASSWORD, [*KNOCK, (ADMIT, 248), (ADMIT, 0), (ROUNDS, 3), YES, (ROUNDS, 2)]),
    "code-by-text": (PASSWORD + 128, [*KNOCK, ASK, (ROUNDS, 3), (SAY, 200), (ROUNDS, 3), YES, (ROUNDS, 3),
                                      (ADMIT, 0), (ROUNDS, 3)]),
    "code-by-challenge": (PASSWORD, [*KNOCK, ASK, (ROUNDS, 3), YES, (ADMIT, 0), (WAIT, 60)]),
    "code-at-once": (PASSWORD - 1, [*KNOCK, YES, (ROUNDS, 3), (ADMIT, 0), (ROUNDS, 3)]),
    "page": (PASSWORD, [*KNOCK, PAGE, (ROUNDS, 3), YES, (ROUNDS, 3), (ADMIT, 0), (ROUNDS, 3)]),
    "silence": (MODERN, [(WAIT_LONG, 2), (WAIT_LONG, 2), (ADMIT, 0), (ROUNDS, 1)]),
}


def octets(steps):
    return bytes(octet for step in steps for octet in step)


def write(target, name, data):
    folder = here / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"play-{name}").write_bytes(data)


for name, steps in reliability.items():
    write("reliability", name, octets(steps))
for name, (flavour, steps) in session.items():
    write("session_sequence", name, bytes([flavour]) + octets(steps))
