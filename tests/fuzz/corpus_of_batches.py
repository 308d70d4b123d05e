#!/usr/bin/python3
"""Writes the seeds of the fuzz targets super_packet and coalescer."""
import struct
from pathlib import Path

from corpus_of_inner_packet import SEEDS, ip, ip6, syn

CORPUS = Path(__file__).parent / "corpus"
RIGHT, FLUSH, AGAIN = 1, 2, 4
TIMES = bytes.fromhex("0101080a0000000100000002")


def offload(kind, size=0, start=0, at=0, flags=1, headers=0):
    return struct.pack("=BBHHHH", flags, kind, headers, size, start, at)


def udp(payload):
    return struct.pack("!HHHH", 5000, 443, 8 + len(payload), 0) + payload


def record(packet, how=RIGHT):
    return bytes([how]) + struct.pack("!H", len(packet)) + packet


SEGMENT = ip(syn(TIMES, flags=0x10) + bytes(100), 6)
LAST = ip(syn(TIMES, flags=0x18) + bytes(40), 6)
SEGMENT6 = ip6(syn(TIMES, flags=0x10) + bytes(100), 6)
DATAGRAM, DATAGRAM6 = ip(udp(bytes(90))), ip6(udp(bytes(90)))
AGAIN5 = bytes([AGAIN | RIGHT]) * 5

SUPER = {
    "tcp4": offload(1, 100, 20, 16) + ip(syn(TIMES, flags=0x19) + bytes(333), 6),
    "tcp4-ecn": offload(0x81, 100, 20, 16) + ip(syn(b"", flags=0x90) + bytes(333), 6),
    "tcp6": offload(4, 100, 40, 16) + ip6(syn(TIMES, flags=0x18) + bytes(333), 6),
    "udp4": offload(5, 100, 20, 6) + ip(udp(bytes(333))),
    "udp6": offload(5, 100, 40, 6) + ip6(udp(bytes(333))),
    "segment-zero": offload(1, 0, 20, 16) + ip(syn(b"", flags=0x10) + bytes(333), 6),
    "segment-one": offload(1, 1, 20, 16) + ip(syn(b"", flags=0x10) + bytes(33), 6),
    "wrong-family": offload(4, 100, 20, 16) + ip(syn(b"", flags=0x10) + bytes(333), 6),
    "syn": offload(1, 100, 20, 16) + ip(syn(b"", flags=2) + bytes(333), 6),
    "old-udp": offload(3, 100) + ip(udp(bytes(333))),
    "checksum-tcp": offload(0, 0, 20, 16) + SEGMENT,
    "checksum-udp": offload(0, 0, 20, 6) + DATAGRAM,
    "checksum-beyond": offload(0, 0, 0xFFFF, 0xFFFF) + DATAGRAM,
    "checksum-in-header": offload(0, 0, 0, 6) + DATAGRAM,
    "none": offload(0, flags=0) + DATAGRAM,
    "short": offload(1)[:7],
}
COALESCER = {
    "tcp4": b"\1" + record(SEGMENT) + AGAIN5 + record(LAST),
    "tcp6": b"\1" + record(SEGMENT6) + AGAIN5,
    "udp4": b"\1" + record(DATAGRAM) + AGAIN5,
    "udp6": b"\1" + record(DATAGRAM6) + AGAIN5,
    "udp-alone": b"\0" + record(DATAGRAM) + AGAIN5,
    "wrong-checksums": b"\1" + record(SEGMENT, 0) + AGAIN5 + record(SEGMENT, 0),
    "flushes": b"\1" + record(SEGMENT) + bytes([AGAIN | RIGHT | FLUSH]) * 3,
    "two-flows": b"\1" + record(SEGMENT) + AGAIN5 + record(SEGMENT6) + AGAIN5 + record(SEGMENT),
    "others": b"\1" + record(SEGMENT) + b"".join(record(seed) for seed in SEEDS.values()
                                                if len(seed) < 200),
}

for folder, seeds in (("super_packet", SUPER), ("coalescer", COALESCER)):
    (CORPUS / folder).mkdir(parents=True, exist_ok=True)
    for name, octets in seeds.items():
        (CORPUS / folder / name).write_bytes(octets)
