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
for choice in list(range(21)) + [0x80, 0x83, 0x84, 0x86]:
    steps = step(0, vectors["gcm_to_server"]) + step(1, vectors["gcm_to_server_plain"])
    steps += step(2, b"") + step(3, b"\x05\x01") + step(3, b"\x40\x80") + step(1, b"")
    steps += step(0, vectors["cbc_to_server"]) + step(2, b"")
    write("data_open", "choice_%02x" % choice, bytes([choice]) + steps)
