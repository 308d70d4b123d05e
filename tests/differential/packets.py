"""OpenVPN packets as octets, without any state: headers, wrappings, keys.

    control   opcode/key 1 | session 8 | n 1 | n acknowledged ids | [receiver 8] | [id 4] | payload
    data      opcode/key 1 | peer id 3 | packet id 4 | tag 16 | text            (AEAD)

Written from the description of the protocol, independently of src/, so that a mistake there is not
made here again.
"""
import hashlib
import hmac
import os
import re
import struct
import time
from base64 import b64decode
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SOFT_RESET, CONTROL, ACK, DATA_V1 = 3, 4, 5, 6
CLIENT_RESET, SERVER_RESET, DATA_V2, CLIENT_RESET_V3, CONTROL_WKC = 7, 8, 9, 10, 11
WITHOUT_ID = (ACK,)


def first_octet(opcode, key=0):
    return bytes([opcode << 3 | key])


def control(opcode, sender, packet_id=None, acks=(), receiver=b"", payload=b"", key=0, count=None):
    """`count` lies about the number of acknowledgements."""
    octets = first_octet(opcode, key) + sender
    octets += bytes([len(acks) if count is None else count])
    octets += b"".join(struct.pack(">I", ack) for ack in acks)
    if acks:
        octets += receiver
    if packet_id is not None:
        octets += struct.pack(">I", packet_id)
    return octets + payload


@dataclass
class Packet:
    opcode: int
    key: int
    sender: bytes = b""
    acks: list = field(default_factory=list)
    packet_id: int | None = None
    payload: bytes = b""


def parse_control(octets):
    packet = Packet(octets[0] >> 3, octets[0] & 7, octets[1:9])
    rest = octets[10:]
    for _ in range(octets[9]):
        packet.acks.append(struct.unpack(">I", rest[:4])[0])
        rest = rest[4:]
    if packet.acks:
        rest = rest[8:]
    if packet.opcode not in WITHOUT_ID:
        packet.packet_id, rest = struct.unpack(">I", rest[:4])[0], rest[4:]
    packet.payload = rest
    return packet


# --- wrappings -----------------------------------------------------------------------------------


class Bare:
    """No wrapping at all."""

    tail = b""

    def wrap(self, packet, replay=None):
        return packet

    def unwrap(self, octets):
        return octets


class Counted:
    """What tls-auth and tls-crypt have in common: each packet has a number and a time."""

    tail = b""
    first = 1

    def __init__(self):
        self.number = self.first - 1
        self.time = int(time.time())

    def next_replay(self):
        self.number += 1
        return struct.pack(">II", self.number, self.time)


class TlsAuth(Counted):
    def __init__(self, key, digest="sha1", direction=1):
        super().__init__()
        self.digest = digest
        self.octets = hashlib.new(digest).digest_size
        send, receive = (192, 64) if direction == 1 else (64, 192)
        self.send, self.receive = (key[at:at + self.octets] for at in (send, receive))

    def wrap(self, packet, replay=None):
        replay = replay or self.next_replay()
        mac = hmac.new(self.send, replay + packet, self.digest).digest()
        return packet[:9] + mac + replay + packet[9:]

    def unwrap(self, octets):
        end = 9 + self.octets
        packet = octets[:9] + octets[end + 8:]
        mac = hmac.new(self.receive, octets[end:end + 8] + packet, self.digest).digest()
        assert mac == octets[9:end], "the server's packet does not authenticate"
        return packet


class TlsCrypt(Counted):
    def __init__(self, key):
        super().__init__()
        self.send = key[128:160], key[192:224]
        self.receive = key[0:32], key[64:96]

    @staticmethod
    def ctr(key, tag, text):
        return Cipher(algorithms.AES(key), modes.CTR(tag[:16])).encryptor().update(text)

    def wrap(self, packet, replay=None):
        replay = replay or self.next_replay()
        tag = hmac.new(self.send[1], packet[:9] + replay + packet[9:], "sha256").digest()
        return packet[:9] + replay + tag + self.ctr(self.send[0], tag, packet[9:])

    def unwrap(self, octets):
        head, tag = octets[:17], octets[17:49]
        plain = self.ctr(self.receive[0], tag, octets[49:])
        assert hmac.new(self.receive[1], head + plain, "sha256").digest() == tag
        return head[:9] + plain


class TlsCryptV2(TlsCrypt):
    """The client's own key; `tail` is that key as the server wrapped it."""

    first = 0x0f000001  # announces that an answer with type-length-values is understood

    def __init__(self, text):
        octets = b64decode(re.sub(r"-----.*?-----|\s", "", text))
        super().__init__(octets[:256])
        self.tail = octets[256:]


def static_key(text):
    return bytes.fromhex("".join(re.findall(r"^[0-9a-f]{32}$", text, re.M)))


# --- key-method 2 and data -----------------------------------------------------------------------

OPTIONS = b"V4,dev-type tun,link-mtu 1557,tun-mtu 1500,proto UDPv4,auth SHA1,keysize 128," \
          b"key-method 2,tls-client\0"
# IV_PROTO: DATA_V2, request push, pending, ncp-p2p, dns, exit, temporary failure. No exported keys,
# so that the keys follow from the random octets of both sides.
PEER_INFO = b"IV_VER=2.6.14\nIV_PLAT=linux\nIV_NCP=2\nIV_CIPHERS=AES-256-GCM\nIV_PROTO=502\n\0"


def text16(octets):
    return struct.pack(">H", len(octets)) + octets


def key_method_2(secrets, method=2, options=OPTIONS, peer_info=PEER_INFO):
    return (bytes(4) + bytes([method]) + secrets + text16(options) + text16(b"") + text16(b"") +
            text16(peer_info))


def prf(secret, seed, octets):
    half = len(secret) // 2
    total = bytes(octets)
    for digest, key in (("md5", secret[:half]), ("sha1", secret[half:])):
        out, link = b"", seed
        while len(out) < octets:
            link = hmac.new(key, link, digest).digest()
            out += hmac.new(key, link + seed, digest).digest()
        total = bytes(a ^ b for a, b in zip(total, out))
    return total


def key_block(secrets, server_randoms, client_session, server_session):
    """`secrets` are the client's 48 + 32 + 32 random octets."""
    master = prf(secrets[:48], b"OpenVPN master secret" + secrets[48:80] + server_randoms[:32], 48)
    return prf(master, b"OpenVPN key expansion" + secrets[80:112] + server_randoms[32:64] +
               client_session + server_session, 256)


def seal(block, peer_id, packet_id, plain, key=0):
    """A data packet of the client, AES-256-GCM."""
    head = first_octet(DATA_V2, key) + struct.pack(">I", peer_id)[1:]
    number = struct.pack(">I", packet_id)
    sealed = AESGCM(block[:32]).encrypt(number + block[64:72], plain, head + number)
    return head + number + sealed[-16:] + sealed[:-16]


def open_data(block, octets):
    """The text of a data packet of the server; nothing when it is of another key."""
    number, tag, text = octets[4:8], octets[8:24], octets[24:]
    try:
        return AESGCM(block[128:160]).decrypt(number + block[192:200], text + tag, octets[:8])
    except InvalidTag:
        return b""


PING = bytes.fromhex("2a187bf3641eb4cb07ed2d0a981fc748")
OCC = bytes.fromhex("287f346bd4ef7a812d56b8d3afc5459c")
OCC_REQUEST, OCC_EXIT = OCC + b"\0", OCC + b"\6"


def fresh_session():
    return os.urandom(8)
