#!/usr/bin/python3
"""Writes the seeds of the tcp_framing fuzz target: streams, lying lengths, strangers."""
import struct
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus" / "tcp_framing"
HELLO = bytes.fromhex("000e389c6afff88fadef110000000000")


def frame(packet):
    return struct.pack("!H", len(packet)) + packet


def seed(stream, limit=0, sizes=()):
    return bytes([limit, len(sizes), *sizes]) + stream


MANY = HELLO + frame(b"\x28" + bytes(25)) + frame(b"\x20" + bytes(1200)) + frame(b"\x48" + bytes(60))
SEEDS = {
    "empty": b"",
    "nothing-said": seed(b""),
    "hello": seed(HELLO),
    "hello-octet-by-octet": seed(HELLO, sizes=(0,)),
    "hello-v3": seed(frame(b"\x50" + bytes(600))),
    "many": seed(MANY, sizes=(255,)),
    "many-odd-pieces": seed(MANY, sizes=(0, 1, 2, 3, 100)),
    "many-admitted": seed(MANY, limit=1, sizes=(16,)),
    "length-zero": seed(HELLO + bytes(2), sizes=(0,)),
    "length-longest": seed(frame(b"\x48" * 2048), sizes=(200, 7)),
    "length-too-long": seed(HELLO + struct.pack("!H", 2049)),
    "length-65535": seed(struct.pack("!H", 65535) + bytes(100), limit=3, sizes=(9,)),
    "small-limit": seed(frame(bytes(16)) + frame(bytes(17)), limit=2, sizes=(4,)),
    "incomplete": seed(HELLO[:9], sizes=(2,)),
    "half-a-length": seed(HELLO + b"\x00"),
    "one-octet-packets": seed(frame(b"\x38") * 100, sizes=(1,)),
    "tls": seed(bytes.fromhex("16030102000100")),
    "http": seed(b"GET / HTTP/1.1\r\n\r\n"),
    "ssh": seed(b"SSH-2.0-x\r\n"),
}

FOLDER.mkdir(parents=True, exist_ok=True)
for name, octets in SEEDS.items():
    (FOLDER / name).write_bytes(octets)
