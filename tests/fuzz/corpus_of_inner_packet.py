#!/usr/bin/python3
"""Writes the seeds of the inner_packet fuzz target: whole packets, and headers that lie."""
import socket
import struct
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus" / "inner_packet"


def ip(body, protocol=17, source=0x0A080006, to=0xAC140001, first=0x45, length=None, fragment=0):
    size = 20 + len(body) if length is None else length
    return struct.pack("!BBHHHBBHII", first, 0, size, 1, fragment, 64, protocol, 0, source, to) + body


def syn(options, flags=2, data_offset=None):
    words = (20 + len(options)) // 4 if data_offset is None else data_offset
    return struct.pack("!HHIIBBHHH", 12345, 80, 1, 0, words << 4, flags, 65535, 0, 0) + options


def ip6(body, following=17, source="fd00:8::6", to="fd20::1", length=None, first=0x60):
    size = len(body) if length is None else length
    return (struct.pack("!BBHHBB", first, 0, 0, size, following, 64)
            + socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, to) + body)


def extension(following, more=0, rest=b""):
    return (bytes([following, more]) + rest).ljust(8 + 8 * more, b"\0")


def fragment(following, offset, more=0):
    return struct.pack("!BBHI", following, 0, offset << 3 | more, 7)


MSS = bytes.fromhex("020405b4")
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
    "source-route": ip(bytes.fromhex("8307040000000000") + bytes(8), first=0x47),
    "selective-answer": ip(syn(bytes.fromhex("0101080a00000001000000020101050a0000053100000621"),
                               flags=0x10), 6),
    "six-selective-answer": ip6(syn(bytes.fromhex("0101050a0000053100000621"), flags=0x10), 6),
    "large-segment": ip(syn(b"", flags=0x18) + bytes(1400), 6),
    "large-datagram": ip(bytes(1472)),
    "large-fragment": ip(bytes(1472), fragment=0x2000 | 185),
    "link-local": ip(bytes(8), source=0xA9FE0101),
    "icmp-echo": ip(bytes.fromhex("0800000000010001"), 1),
    "icmp-error": ip(bytes.fromhex("0301000000000000") + ip(bytes(8)), 1),
    "icmp-error-of-vpc": ip(bytes.fromhex("0b00000000000000") + ip(syn(MSS), 6)[:28], 1,
                            source=0xAC1400FE, to=0x0A080006),
    "icmp-error-of-client": ip(bytes.fromhex("0303000000000000")
                               + ip(bytes(8), source=0xAC140001, to=0x0A080006), 1),
    "icmp-error-of-error": ip(bytes.fromhex("0301000000000000")
                              + ip(bytes.fromhex("0301000000000000"), 1, source=0xAC140001,
                                   to=0x0A080006), 1),
    "icmp-reply": ip(bytes.fromhex("0000000000010001"), 1),
    "first-fragment": ip(syn(MSS), 6, fragment=0x2000),
    "six-error-of-vpc": ip6(bytes.fromhex("0200000000000500") + ip6(bytes(30))[:60], 58, "fd20::9",
                            "fd00:8::6"),
    "six-udp": ip6(bytes(30)),
    "six-syn": ip6(syn(MSS), 6),
    "six-large-segment": ip6(syn(b"", flags=0x11) + bytes(1400), 6),
    "six-large-datagram": ip6(bytes(1460)),
    "six-options-syn": ip6(extension(60) + extension(6, 1) + syn(MSS), 0),
    "six-first-fragment": ip6(fragment(6, 0, 1) + syn(MSS), 44),
    "six-later-fragment": ip6(fragment(6, 1) + syn(MSS), 44),
    "six-atomic-fragment": ip6(fragment(6, 0) + syn(MSS), 44),
    "six-routing": ip6(extension(17, 2, b"\0\1") + bytes(8), 43),
    "six-authentication": ip6(bytes([6, 4]) + bytes(22) + syn(MSS), 51),
    "six-chain-beyond": ip6(extension(6, 9)[:8], 60),
    "six-chain-long": ip6(extension(60) * 9, 60),
    "six-chain-to-itself": ip6(fragment(44, 0) * 20, 44),
    "six-length-beyond": ip6(bytes(8), length=60000),
    "six-length-zero": ip6(bytes(8), length=0),
    "six-jumbo": ip6(extension(17, 0, bytes.fromhex("c20400010000")), 0, length=0),
    "six-solicitation": ip6(bytes.fromhex("8500000000000000"), 58, "fe80::1", "ff02::2"),
    "six-echo": ip6(bytes.fromhex("8000000000010001"), 58),
    "six-error": ip6(bytes.fromhex("0100000000000000"), 58),
    "six-spoofed": ip6(bytes(8), source="fd00:8::7"),
    "six-to-client": ip6(bytes(8), to="fd00:8::a"),
    "six-mapped": ip6(bytes(8), to="::ffff:10.8.0.10"),
    "ipv6": bytes([0x60]) + bytes(39),
    "framed-fa": b"\xfa" + ip(bytes(8)),
}

FOLDER.mkdir(parents=True, exist_ok=True)
for name, octets in SEEDS.items():
    (FOLDER / name).write_bytes(octets)
