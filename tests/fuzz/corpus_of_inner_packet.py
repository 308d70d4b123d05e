#!/usr/bin/python3
"""Writes the seeds of the inner_packet fuzz target: whole packets, and headers that lie."""
import struct
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus" / "inner_packet"


def ip(body, protocol=17, source=0x0A080006, to=0xAC140001, first=0x45, length=None, fragment=0):
    size = 20 + len(body) if length is None else length
    return struct.pack("!BBHHHBBHII", first, 0, size, 1, fragment, 64, protocol, 0, source, to) + body


def syn(options, flags=2, data_offset=None):
    words = (20 + len(options)) // 4 if data_offset is None else data_offset
    return struct.pack("!HHIIBBHHH", 12345, 80, 1, 0, words << 4, flags, 65535, 0, 0) + options


SEEDS = {
    "empty": b"",
    "udp": ip(bytes(30)),
    "syn": ip(syn(bytes.fromhex("020405b4")), 6),
    "syn-ack-odd": ip(syn(bytes.fromhex("01020405b4000000"), 0x12), 6),
    "syn-linux": ip(syn(bytes.fromhex("020405b40402080a0000000100000000 01030307")), 6),
    "syn-option-zero": ip(syn(bytes.fromhex("05000000020405b4")), 6),
    "syn-option-beyond": ip(syn(bytes.fromhex("01010105ff0405b4")), 6),
    "syn-cut-option": ip(syn(bytes.fromhex("01010102")), 6),
    "syn-offset-beyond": ip(syn(b"", data_offset=15), 6),
    "syn-offset-small": ip(syn(b"", data_offset=1), 6),
    "fragment": ip(syn(bytes.fromhex("020405b4")), 6, fragment=1),
    "ip-options": ip(bytes(8) + syn(bytes.fromhex("020405b4")), 6, first=0x47),
    "header-short": ip(bytes(30), first=0x44),
    "header-beyond": ip(b"", first=0x4F),
    "length-beyond": ip(bytes(30), length=60000),
    "length-small": ip(bytes(30), length=10),
    "trailing": ip(bytes(30)) + bytes(40),
    "spoofed": ip(bytes(8), source=0x0A080007),
    "to-client": ip(bytes(8), to=0x0A08000A),
    "broadcast": ip(bytes(8), to=0xFFFFFFFF),
    "multicast": ip(bytes(8), to=0xE00000FB),
    "ipv6": bytes([0x60]) + bytes(39),
    "framed-fa": b"\xfa" + ip(bytes(8)),
}

FOLDER.mkdir(parents=True, exist_ok=True)
for name, octets in SEEDS.items():
    (FOLDER / name).write_bytes(octets)
