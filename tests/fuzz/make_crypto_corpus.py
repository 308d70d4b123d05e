#!/usr/bin/env python3
"""Makes the corpora of the crypto fuzz targets from tests/unit/dataplane/crypto/vectors.h."""
import os
import re

here = os.path.dirname(os.path.abspath(__file__))
source = open(os.path.join(here, "../unit/dataplane/crypto/vectors.h")).read()
vectors = {
    name: bytes.fromhex("".join(re.findall(r'"([^"]*)"', body)))
    for name, body in re.findall(r"std::string_view (\w+) =([^;]*);", source)
}


def write(target, name, octets):
    folder = os.path.join(here, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    open(os.path.join(folder, name), "wb").write(octets)


def step(kind, octets):
    return bytes([kind, len(octets)]) + octets


for name in ("tls_auth_to_server", "tls_auth_to_client", "tls_auth_to_server_plain"):
    selector = b"\x80" if "client" in name else b"\0"
    write("tls_auth_unwrap", name, selector + vectors[name])
    write("tls_auth_unwrap", name + "_short", selector + vectors[name][:-1])
    write("tls_auth_unwrap", name + "_sha512", b"\x02" + vectors[name])
for name in ("tls_crypt_to_server", "tls_crypt_to_client", "tls_crypt_to_server_plain"):
    selector = b"\1" if "client" in name else b"\0"
    write("tls_crypt_unwrap", name, selector + vectors[name])
    write("tls_crypt_unwrap", name + "_short", selector + vectors[name][:-1])
    write("tls_crypt_unwrap", name + "_long", selector + vectors[name] + b"\0")
wrapped = vectors["v2_wrapped_key"]
write("wrapped_client_key", "key", wrapped)
write("wrapped_client_key", "hello", vectors["v2_hello"] + wrapped)
for length in (0, 1, 2, 289, 290, 298):
    write("wrapped_client_key", "length_%d" % length, wrapped[:-2] + length.to_bytes(2, "big"))
write("wrapped_client_key", "static_key",
      b"-----BEGIN OpenVPN Static key V1-----\n" + b"0123456789abcdef0123456789abcdef\n" * 16 +
      b"-----END OpenVPN Static key V1-----\n")
write("wrapped_client_key", "server_key",
      b"-----BEGIN OpenVPN tls-crypt-v2 server key-----\n" + b"AAEC" * 42 +
      b"AAE=\n-----END OpenVPN tls-crypt-v2 server key-----\n")
epoch = dict(re.findall(r"EpochVector (\w+)\{(.*?)\};", source, re.S))
epoch = {name: {field: bytes.fromhex("".join(re.findall(r'"([^"]*)"', text)))
                for field, text in re.findall(r"\.(\w+) =([^,]*),", body)}
         for name, body in epoch.items()}
for choice in (0, 1, 3, 5, 9, 15, 0x80, 0x87):
    steps = step(0, epoch["epoch_to_server"]["packet"])
    for _ in range(12):
        steps += step(1, epoch["epoch_to_server"]["plain"]) + step(5, b"") + step(2, b"")
        steps += step(7, b"\0\5") + step(4, b"") + step(6, b"E") + step(3, b"\x0c\1")
    for number in (0, 1, 17, 18, 40, 41, 65535):
        steps += step(7, number.to_bytes(2, "big")) + step(4, b"")
    write("epoch_open", "choice_%02x" % choice, bytes([choice]) + steps)
ping = bytes.fromhex("2a187bf3641eb4cb07ed2d0a981fc748")
occ = bytes.fromhex("287f346bd4ef7a812d56b8d3afc5459c")
packet = vectors["gcm_to_server_plain"]
for framing in range(4):
    for name, octets in (
            ("empty", b""), ("packet", packet), ("lzo", b"\xfa" + packet), ("ping", ping),
            ("swap", b"\xfb" + packet[1:] + packet[:1]), ("v2", b"\x50\0" + packet),
            ("lzo_compressed", b"\x66" + packet), ("lz4_compressed", b"\x69" + packet),
            ("v2_compressed", b"\x50\1" + packet), ("mark", b"\x50"), ("frame", b"\xfb"),
            ("nested", b"\xfa\xfb\xfa\xfb")):
        write("compression_framing", f"{name}_{framing}", bytes([framing]) + octets)
for name, octets in [("ping", ping), ("ping_short", ping[:-1]), ("ping_long", ping + b"\0"),
                     ("magic", occ), ("packet", packet), ("empty", b"")] + [
                         (f"occ_{kind}", occ + bytes([kind]) + b"V4\0") for kind in range(9)]:
    write("in_band", name, octets)
for choice in list(range(24)) + [0x80, 0x83, 0x84, 0x86]:
    steps = step(0, vectors["gcm_to_server"]) + step(1, vectors["gcm_to_server_plain"])
    steps += step(2, b"") + step(3, b"\x05\x01") + step(3, b"\x40\x80") + step(1, b"")
    steps += step(0, vectors["cbc_to_server"]) + step(2, b"")
    write("data_open", "choice_%02x" % choice, bytes([choice]) + steps)
