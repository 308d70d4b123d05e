"""The packet sequences, by name. Each tells a Talk what to send; what the server does after the last
of it is compared. All are told to both servers, over each transport and under each wrapping that
stands in their line.
"""
import os
import ssl
import struct
from dataclasses import dataclass
from typing import Callable

import packets as p

UDP, TCP, BOTH = ("udp",), ("tcp",), ("udp", "tcp")
NONE, V2 = ("none",), ("tls-crypt-v2",)
STATIC = ("tls-auth", "tls-crypt")
WRAPPED = (*STATIC, *V2)
EVERY = (*NONE, *WRAPPED)


@dataclass
class Sequence:
    name: str
    transports: tuple
    wrappings: tuple
    tell: Callable


SEQUENCES = []


def sequence(name, transports=BOTH, wrappings=NONE):
    def add(tell):
        assert name not in (known.name for known in SEQUENCES)
        SEQUENCES.append(Sequence(name, transports, wrappings, tell))
        return tell
    return add


def simple(name, make, transports=BOTH, wrappings=NONE):
    """One packet to a server that has never heard of its sender."""
    sequence(name, transports, wrappings)(lambda t: t.send(make(t)))


def in_handshake(name, make, transports=BOTH, wrappings=NONE):
    """One packet after half a ClientHello has begun a session."""
    def tell(t):
        begin_session(t)
        t.send(make(t))
    sequence(name, transports, wrappings)(tell)


def connected(name, act, transports=BOTH, wrappings=NONE):
    """Something that a client does which is in."""
    def tell(t):
        t.connect()
        act(t)
    sequence(name, transports, wrappings)(tell)


def after_tls(name, act, transports=BOTH, wrappings=NONE):
    """Something instead of the key-method message."""
    def tell(t):
        t.shake_hands()
        t.quiet()
        act(t)
    sequence(name, transports, wrappings)(tell)


def begin_session(t):
    t.reset()
    whole = t.client_hello()
    t.first_control(whole[:40])
    t.wait_for(lambda packet: 1 in packet.acks)
    t.pending.clear()
    t.rest_of_hello = whole[40:]


# --- hellos --------------------------------------------------------------------------------------

sequence("a hello", wrappings=EVERY)(lambda t: t.greet())


@sequence("a hello twice", wrappings=EVERY)
def _(t):
    t.reset()
    t.greet()


@sequence("the very same octets of a hello twice", wrappings=WRAPPED)
def _(t):
    octets = t.frame(t.wrapping.wrap(t.hello()) + t.wrapping.tail)
    t.raw(octets)
    t.wait_for(lambda packet: packet.opcode == p.SERVER_RESET)
    t.raw(octets)


@sequence("a hello of another session from the same place")
def _(t):
    t.reset()
    t.greet(t.hello(session=p.fresh_session()))


for _key in (1, 7):
    simple(f"a hello under key {_key}", lambda t, key=_key: t.hello(key=key))
for _id in (1, 5, 0xffffffff):
    simple(f"a hello with packet id {_id:#x}", lambda t, packet_id=_id: t.hello(packet_id=packet_id))
simple("a hello of session zero", lambda t: t.hello(session=bytes(8)))
simple("a hello with octets behind it", lambda t: t.hello() + b"more")
simple("a hello that acknowledges something", lambda t: p.control(
    p.CLIENT_RESET, t.session, 0, (0,), p.fresh_session()))
simple("a hello whose list of acknowledgements is longer than it",
       lambda t: p.control(p.CLIENT_RESET, t.session, 0, count=9))
for _length in (1, 8, 9, 10, 13):
    simple(f"a hello cut to {_length} octets", lambda t, length=_length: t.hello()[:length])
sequence("a datagram of no octets", UDP)(lambda t: t.raw(b""))
simple("a hello of the first version", lambda t: p.control(1, t.session, 0))
simple("a server's hello of the first version", lambda t: p.control(2, t.session, 0))
simple("a server's hello", lambda t: p.control(p.SERVER_RESET, t.session, 0))
simple("a hello of the third version without a wrapped key",
       lambda t: t.hello(opcode=p.CLIENT_RESET_V3))
for _opcode in (0, 12, 31):
    simple(f"opcode {_opcode}", lambda t, opcode=_opcode: p.control(opcode, t.session, 0))

# --- packets of nobody ---------------------------------------------------------------------------

simple("a soft reset of nobody", lambda t: p.control(p.SOFT_RESET, t.session, 0))
simple("an acknowledgement of nobody", lambda t: t.ack(receiver=p.fresh_session()))
simple("an acknowledgement of nothing by nobody", lambda t: t.ack(acks=()))
simple("a control packet of nobody", lambda t: t.control(b"", 1, (0,), receiver=p.fresh_session()))
simple("a control packet of nobody that acknowledges nothing", lambda t: t.control(b"", 1, ()))
simple("a control packet with a wrapped key of nobody", lambda t: t.control(
    b"", 1, (0,), receiver=p.fresh_session(), opcode=p.CONTROL_WKC))
simple("an old data packet of nobody", lambda t: p.first_octet(p.DATA_V1) + os.urandom(60))
simple("a data packet of an unknown peer id",
       lambda t: p.first_octet(p.DATA_V2) + b"\xab\xcd\xef" + os.urandom(60))
simple("a data packet of no peer id",
       lambda t: p.first_octet(p.DATA_V2) + b"\xff\xff\xff" + os.urandom(60))
for _length in (1, 3, 4, 8):
    simple(f"a data packet cut to {_length} octets",
           lambda t, length=_length: (p.first_octet(p.DATA_V2) + bytes(60))[:length])

# --- cookies -------------------------------------------------------------------------------------


def echo(name, make, transports=BOTH, wrappings=NONE):
    """One packet after the answer to the hello."""
    def tell(t):
        t.reset()
        t.send(make(t))
    sequence(name, transports, wrappings)(tell)


def spoiled(octets):
    return octets[:-1] + bytes([octets[-1] ^ 1])


@sequence("the cookie comes back with a ClientHello", wrappings=EVERY)
def _(t):
    t.reset()
    t.first_control(t.client_hello())


@sequence("the cookie comes back by itself and a ClientHello later", wrappings=(*NONE, *STATIC))
def _(t):
    t.reset()
    t.send(t.ack())
    t.collect(0.3)
    t.send(t.control(t.client_hello(), acks=()))


echo("the cookie comes back by itself", lambda t: t.ack(), wrappings=(*NONE, *STATIC))
echo("a ClientHello without the cookie", lambda t: t.control(t.client_hello(), acks=()))
echo("another cookie by itself", lambda t: t.ack(receiver=spoiled(t.peer)),
     wrappings=(*NONE, *STATIC))
echo("another cookie with a ClientHello",
     lambda t: t.control(t.client_hello(), receiver=spoiled(t.peer)), wrappings=(*NONE, *STATIC))
echo("a cookie of zeros with a ClientHello",
     lambda t: t.control(t.client_hello(), receiver=bytes(8)))
echo("the cookie under another session of the client",
     lambda t: t.control(t.client_hello(), session=p.fresh_session()))
echo("the cookie with packet id 2", lambda t: t.control(t.client_hello(), 2))
echo("the cookie with packet id 0", lambda t: t.control(t.client_hello(), 0))
echo("the cookie with packet id 0xfffffff0", lambda t: t.control(t.client_hello(), 0xfffffff0))
echo("the cookie for packet 1, which was never sent",
     lambda t: t.control(t.client_hello(), acks=(1,)))
echo("the cookie for packet 2, which was never sent",
     lambda t: t.control(t.client_hello(), acks=(2,)))
echo("the cookie under key 1", lambda t: t.control(t.client_hello(), key=1))
echo("the cookie with a soft reset",
     lambda t: t.control(b"", 0, opcode=p.SOFT_RESET, key=1))
echo("the cookie with eight acknowledgements",
     lambda t: t.control(t.client_hello(), acks=(0,) * 8))
echo("the cookie with nine acknowledgements",
     lambda t: t.control(t.client_hello(), acks=(0,) * 9))
echo("the cookie with a list of 255 that ends early", lambda t: t.ack(count=255))


@sequence("the cookie from another port", UDP, (*NONE, *STATIC))
def _(t):
    t.reset()
    hello = t.client_hello()
    t.open()
    t.send(t.control(hello))


@sequence("the session id from another connection", TCP)
def _(t):
    t.reset()
    hello = t.client_hello()
    t.open()
    t.send(t.control(hello))


# --- a session that has begun --------------------------------------------------------------------

in_handshake("the rest of a ClientHello", lambda t: t.control(t.rest_of_hello, acks=()),
             wrappings=EVERY)
in_handshake("a packet again", lambda t: t.control(t.rest_of_hello, 1), wrappings=EVERY)
in_handshake("a packet beyond the next", lambda t: t.control(b"later", 3))
in_handshake("a packet id far ahead", lambda t: t.control(b"later", 1000))
in_handshake("a packet id 2^31 ahead", lambda t: t.control(b"later", 2 + (1 << 31)))
in_handshake("a packet for another session of the server",
             lambda t: t.control(t.rest_of_hello, receiver=p.fresh_session()))
in_handshake("a packet of another session of the client",
             lambda t: t.control(t.rest_of_hello, session=p.fresh_session()))
in_handshake("a packet under a key that is not negotiated",
             lambda t: t.control(t.rest_of_hello, key=1))
in_handshake("a soft reset before there are keys",
             lambda t: t.control(b"", 0, acks=(), opcode=p.SOFT_RESET, key=1))
in_handshake("an acknowledgement of what was never sent", lambda t: t.ack((77,)))
in_handshake("nine acknowledgements", lambda t: t.ack((1,) * 9))
in_handshake("an acknowledgement that ends early", lambda t: t.ack((1,))[:-3])
in_handshake("a control packet without its id", lambda t: t.control(b"", 2, acks=())[:10])
in_handshake("a control packet without octets of TLS", lambda t: t.control(b"", acks=()))
in_handshake("a server's hello in a session",
             lambda t: p.control(p.SERVER_RESET, t.session, 2))
in_handshake("the hello again in a session", lambda t: t.hello())
in_handshake("a hello with an id in a session", lambda t: t.hello(packet_id=2))
in_handshake("a hello of another session in a session",
             lambda t: t.hello(session=p.fresh_session()))
in_handshake("data before there are keys",
             lambda t: p.first_octet(p.DATA_V2) + bytes(3) + os.urandom(60))


@sequence("packets in the wrong order")
def _(t):
    begin_session(t)
    third = t.control(t.rest_of_hello[20:], 3, acks=())
    t.send(third)
    t.collect(0.2)
    t.send(t.control(t.rest_of_hello[:20], 2, acks=()))


def first_tls(name, octets):
    """These octets where the ClientHello belongs."""
    def tell(t):
        t.reset()
        t.send(t.control(octets() if callable(octets) else octets))
    sequence(name)(tell)


UNFINISHED = bytes.fromhex("1603013ff001003fec0303")  # a ClientHello of 16 kB begins


def hello_of_version(most):
    def make(t):
        context = t.server.tls_context()
        context.minimum_version, context.maximum_version = most, most
        context.set_ciphers("ALL:@SECLEVEL=0")
        t.reset()
        t.send(t.control(t.client_hello(context)))
    return make


first_tls("noise in place of a ClientHello", lambda: os.urandom(200))
first_tls("HTTP in place of a ClientHello", b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n")
first_tls("an alert in place of a ClientHello", bytes.fromhex("15030100020228"))
first_tls("application data in place of a ClientHello",
          bytes.fromhex("1703030020") + os.urandom(32))
first_tls("a ClientHello of SSL 2", bytes.fromhex("802e010002001500000010") + os.urandom(37))
first_tls("a ClientHello whose length lies", bytes.fromhex("16030100050100ffff0303"))
first_tls("a TLS record longer than any", bytes.fromhex("160301ffff") + os.urandom(600))
first_tls("1,200 octets of a ClientHello that goes on", UNFINISHED + bytes(1189))
sequence("a ClientHello of TLS 1.0")(hello_of_version(ssl.TLSVersion.TLSv1))
sequence("a ClientHello of TLS 1.2")(hello_of_version(ssl.TLSVersion.TLSv1_2))


@sequence("a ClientHello in pieces of 20 octets")
def _(t):
    t.reset()
    octets = t.client_hello()
    pieces = [octets[at:at + 20] for at in range(0, len(octets), 20)]
    for number, piece in enumerate(pieces, 1):
        t.send(t.control(piece))
        if number < len(pieces):
            t.wait_for(lambda packet, number=number: number in packet.acks)


@sequence("a control packet of 1,800 octets")
def _(t):
    t.reset()
    t.send(t.control(UNFINISHED + bytes(1770 - len(UNFINISHED))))


@sequence("a control packet of 2,500 octets", UDP)
def _(t):
    t.reset()
    t.send(t.control(UNFINISHED + bytes(2470 - len(UNFINISHED))))


# --- behind TLS ----------------------------------------------------------------------------------

after_tls("key-method 2", lambda t: t.say(p.key_method_2(os.urandom(112))), wrappings=EVERY)
after_tls("key-method 1", lambda t: t.say(p.key_method_2(os.urandom(112), method=1)))
after_tls("key-method 3", lambda t: t.say(p.key_method_2(os.urandom(112), method=3)))
after_tls("key-method 2 that ends within its secrets",
          lambda t: t.say(p.key_method_2(os.urandom(112))[:60]))
after_tls("key-method 2 that ends after its options",
          lambda t: t.say(p.key_method_2(os.urandom(112))[:117 + 2 + len(p.OPTIONS)]))
after_tls("key-method 2 with options of no end",
          lambda t: t.say(p.key_method_2(os.urandom(112), options=b"V4" * 50)))
after_tls("key-method 2 with options of 518 octets",
          lambda t: t.say(p.key_method_2(os.urandom(112), options=b"V4," * 172 + b"a\0")))
after_tls("a control message before the keys", lambda t: t.tell("PUSH_REQUEST"))
after_tls("TLS says goodbye", lambda t: t.tls_goodbye())
after_tls("a record that does not authenticate",
          lambda t: t.send(t.control(bytes.fromhex("1703030028") + os.urandom(40), acks=())))


@sequence("a client without a certificate")
def _(t):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    t.reset()
    t.begin_tls(context)
    t.flush(first=True)
    while not t.outgoing.pending:  # all of the server's first flight
        t.receive()
        t.step_tls()
    t.quiet()
    t.step_tls()
    t.flush()


# --- in the tunnel -------------------------------------------------------------------------------


def reused(t, packet):
    t.raw(t.frame(packet))
    t.collect(0.3)
    t.raw(t.frame(packet))


def from_elsewhere(t, packet):
    t.open()
    t.raw(t.frame(packet))


connected("a push request after the answer", lambda t: t.tell("PUSH_REQUEST"))
connected("an unknown control message", lambda t: t.tell("BELIEVE_ME,now"))
connected("a control message of 3,000 octets", lambda t: t.tell("X" * 3000))
connected("EXIT by the control channel", lambda t: t.tell("EXIT"))
connected("TLS says goodbye to a connected client", lambda t: t.tls_goodbye())
connected("a question for options in the tunnel",
          lambda t: t.raw(t.frame(t.data(p.OCC_REQUEST))), wrappings=EVERY)
connected("the same data packet twice", lambda t: reused(t, t.data(p.OCC_REQUEST)))
connected("data with packet id 0", lambda t: t.raw(t.frame(t.data(p.OCC_REQUEST, 0))))
connected("data whose tag is wrong",
          lambda t: t.raw(t.frame(spoiled(t.data(p.OCC_REQUEST)))))
connected("data under the next key",
          lambda t: t.raw(t.frame(p.seal(t.block, t.peer_id, 1, p.OCC_REQUEST, key=1))))
connected("data of another peer id", lambda t: (t.data(p.PING), t.raw(t.frame(
    p.seal(t.block, t.peer_id + 1000, 1, p.OCC_REQUEST)))))
connected("a ping", lambda t: t.raw(t.frame(t.data(p.PING))))
connected("data from another port", lambda t: from_elsewhere(t, t.data(p.OCC_REQUEST)), UDP)
connected("data from another connection", lambda t: from_elsewhere(t, t.data(p.OCC_REQUEST)), TCP)
connected("forged data from another port",
          lambda t: from_elsewhere(t, spoiled(t.data(p.OCC_REQUEST))), UDP)


@sequence("data from another port a second time", UDP)
def _(t):
    t.connect()
    packet = t.data(p.OCC_REQUEST)
    t.raw(t.frame(packet))
    t.collect(0.3)
    from_elsewhere(t, packet)


@sequence("a question in the tunnel after a goodbye there")
def _(t):
    t.connect()
    t.raw(t.frame(t.data(p.OCC_EXIT)))
    t.collect(0.5)
    t.raw(t.frame(t.data(p.OCC_REQUEST)))


def soft_reset(key=1, packet_id=0):
    return lambda t: t.send(p.control(p.SOFT_RESET, t.session, packet_id, key=key))


connected("a soft reset", soft_reset(), wrappings=EVERY)
connected("a soft reset with packet id 5", soft_reset(packet_id=5))
connected("a soft reset of key 0", soft_reset(key=0))
connected("a soft reset of key 3", soft_reset(key=3))
connected("the hello of a connected client again", lambda t: t.greet(), wrappings=(*NONE, *STATIC))
connected("a hello of a new session where a client is connected",
          lambda t: t.greet(t.hello(session=p.fresh_session())))


@sequence("a soft reset twice", wrappings=NONE)
def _(t):
    t.connect()
    soft_reset()(t)
    t.wait_for(lambda packet: packet.opcode == p.SOFT_RESET)
    t.collect(0.1)
    soft_reset()(t)


@sequence("a soft reset and a ClientHello", wrappings=NONE)
def _(t):
    t.connect()
    soft_reset()(t)
    t.wait_for(lambda packet: packet.opcode == p.SOFT_RESET)
    t.pending.clear()
    t.send(t.control(t.client_hello(), 1, key=1))


@sequence("a question in the tunnel after a hello of a new session", UDP)
def _(t):
    t.connect()
    t.greet(t.hello(session=p.fresh_session()))
    t.collect(0.3)
    t.raw(t.frame(t.data(p.OCC_REQUEST)))


# --- streams -------------------------------------------------------------------------------------

sequence("a connection with nothing to say", TCP)(lambda t: t.raw(b""))
sequence("a frame of length 0", TCP)(lambda t: t.raw(bytes(2)))
sequence("a frame of length 1", TCP)(lambda t: t.raw(t.frame(p.first_octet(p.CLIENT_RESET))))
sequence("a length of 2,049 and a hello", TCP)(
    lambda t: t.raw(struct.pack(">H", 2049) + t.hello()))
sequence("a length of 65,535 and a hello", TCP)(
    lambda t: t.raw(struct.pack(">H", 65535) + t.hello()))
sequence("a frame of 1,500 octets of noise", TCP)(
    lambda t: t.raw(t.frame(b"\xff" * 1500)))
sequence("HTTP on the port", TCP, EVERY)(
    lambda t: t.raw(b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n"))
sequence("a browser's TLS on the port", TCP)(lambda t: t.raw(t.client_hello()))
sequence("SSH on the port", TCP)(lambda t: t.raw(b"SSH-2.0-OpenSSH_9.2p1\r\n"))
sequence("a frame whose opcode is none, then a hello", TCP)(
    lambda t: t.send(p.control(31, t.session, 0), t.hello()))


@sequence("half a frame, then the end", TCP)
def _(t):
    t.raw(t.frame(t.hello())[:9])
    t.hang_up()


@sequence("a hello, then the end", TCP)
def _(t):
    t.reset()
    t.hang_up()


@sequence("half a frame, then the rest", TCP, EVERY)
def _(t):
    octets = t.frame(t.wrapping.wrap(t.hello()) + t.wrapping.tail)
    t.raw(octets[:9])
    t.collect(0.2)
    t.raw(octets[9:])


@sequence("a hello octet by octet", TCP)
def _(t):
    for octet in t.frame(t.hello()):
        t.raw(bytes([octet]))


@sequence("two frames in one segment", TCP)
def _(t):
    t.reset()
    whole = t.client_hello()
    t.send(t.control(whole[:100]), t.control(whole[100:], acks=()))


@sequence("a frame of length 0 in a session", TCP)
def _(t):
    begin_session(t)
    t.raw(bytes(2))


@sequence("a length of 65,535 of a connected client", TCP)
def _(t):
    t.connect()
    t.raw(b"\xff\xff" + bytes(100))


# --- wrappings -----------------------------------------------------------------------------------


def another_key(t):
    """A wrapping of the same kind whose key the server does not have."""
    kind = type(t.wrapping)
    return kind(os.urandom(256)) if kind is not p.TlsCryptV2 else p.TlsCrypt(os.urandom(256))


def hello_by(name, make, wrappings=WRAPPED, transports=BOTH):
    sequence(name, transports, wrappings)(lambda t: t.raw(t.frame(make(t))))


hello_by("a hello under another key",
         lambda t: another_key(t).wrap(t.hello()) + t.wrapping.tail)
hello_by("a hello without wrapping", lambda t: t.hello(opcode=p.CLIENT_RESET))
hello_by("a hello whose last octet is another",
         lambda t: spoiled(t.wrapping.wrap(t.hello())) + t.wrapping.tail)
hello_by("a hello cut within its wrapping",
         lambda t: t.wrapping.wrap(t.hello())[:30] + t.wrapping.tail)
hello_by("a hello with octets behind its wrapping",
         lambda t: t.wrapping.wrap(t.hello()) + b"more", STATIC)
hello_by("a hello with replay id 0", lambda t: t.wrapping.wrap(
    t.hello(), struct.pack(">II", 0, t.wrapping.time)) + t.wrapping.tail)
hello_by("a hello with a late replay id", lambda t: t.wrapping.wrap(
    t.hello(), struct.pack(">II", 900, t.wrapping.time)) + t.wrapping.tail)
hello_by("a hello of the year 1970", lambda t: t.wrapping.wrap(
    t.hello(), struct.pack(">II", t.wrapping.first, 1)) + t.wrapping.tail)
hello_by("a hello of the year 2100", lambda t: t.wrapping.wrap(
    t.hello(), struct.pack(">II", t.wrapping.first, 4102444800)) + t.wrapping.tail)
hello_by("a hello of the wrong direction", lambda t: p.TlsAuth(
    p.static_key(t.server.key_text()), direction=0).wrap(t.hello()), ("tls-auth",))
hello_by("a hello of another digest", lambda t: p.TlsAuth(
    p.static_key(t.server.key_text()), "sha256").wrap(t.hello()), ("tls-auth",))
hello_by("a hello of tls-crypt", lambda t: p.TlsCrypt(
    p.static_key(t.server.key_text())).wrap(t.hello()), ("tls-auth",))
hello_by("a hello of tls-auth", lambda t: p.TlsAuth(
    p.static_key(t.server.key_text())).wrap(t.hello()), ("tls-crypt",))
hello_by("a wrapped hello under key 1", lambda t: t.wrapping.wrap(t.hello(key=1)) + t.wrapping.tail)
hello_by("a wrapped hello with packet id 5",
         lambda t: t.wrapping.wrap(t.hello(packet_id=5)) + t.wrapping.tail)
hello_by("a wrapped hello of session zero",
         lambda t: t.wrapping.wrap(t.hello(session=bytes(8))) + t.wrapping.tail)
hello_by("a hello of the second version under a client's key",
         lambda t: t.wrapping.wrap(t.hello(opcode=p.CLIENT_RESET)), V2)
hello_by("a hello of the third version without its key", lambda t: t.wrapping.wrap(t.hello()), V2)
hello_by("a wrapped key cut short",
         lambda t: t.wrapping.wrap(t.hello()) + t.wrapping.tail[:-40], V2)
hello_by("a wrapped key whose length lies",
         lambda t: t.wrapping.wrap(t.hello()) + t.wrapping.tail[:-2] + b"\x04\x00", V2)
hello_by("a wrapped key of another server", lambda t: t.wrapping.wrap(t.hello()) +
         bytes([t.wrapping.tail[0] ^ 1]) + t.wrapping.tail[1:], V2)
hello_by("a hello without the mark of early negotiation", lambda t: t.wrapping.wrap(
    t.hello(), struct.pack(">II", 1, t.wrapping.time)) + t.wrapping.tail, V2)


@sequence("a wrapped control packet of nobody", wrappings=WRAPPED)
def _(t):
    t.raw(t.frame(t.wrapping.wrap(t.control(b"", 1, (0,), receiver=p.fresh_session(), opcode=(
        p.CONTROL_WKC if t.wrapping.tail else p.CONTROL))) + t.wrapping.tail))


@sequence("an early client does not show its key again", wrappings=V2)
def _(t):
    t.reset()
    t.send(t.control(t.client_hello()))


@sequence("an old client of tls-crypt-v2 goes on without showing its key", wrappings=V2)
def _(t):
    t.wrapping.number = 0
    t.reset()
    t.send(t.control(t.client_hello()))


@sequence("the cookie comes back with a spoiled key", wrappings=V2)
def _(t):
    t.reset()
    packet = t.wrapping.wrap(t.control(t.client_hello(), opcode=p.CONTROL_WKC))
    t.raw(t.frame(packet + bytes([t.wrapping.tail[0] ^ 1]) + t.wrapping.tail[1:]))


@sequence("the key is shown a third time", wrappings=V2)
def _(t):
    begin_session(t)
    packet = t.wrapping.wrap(t.control(t.rest_of_hello, opcode=p.CONTROL_WKC, acks=()))
    t.raw(t.frame(packet + t.wrapping.tail))


def replayed(name, replay):
    def tell(t):
        begin_session(t)
        t.send(t.control(t.rest_of_hello, acks=()), replay=replay(t))
    sequence(name, wrappings=WRAPPED)(tell)


replayed("a session's packet with a replay id that was used",
         lambda t: struct.pack(">II", t.wrapping.number, t.wrapping.time))
replayed("a session's packet with an earlier time",
         lambda t: struct.pack(">II", t.wrapping.number + 1, t.wrapping.time - 60))
replayed("a session's packet with a later time",
         lambda t: struct.pack(">II", 1, t.wrapping.time + 60))
replayed("a session's packet with a replay id far ahead",
         lambda t: struct.pack(">II", t.wrapping.number + 100000, t.wrapping.time))


@sequence("a session's packet without wrapping", wrappings=WRAPPED)
def _(t):
    begin_session(t)
    t.raw(t.frame(t.control(t.rest_of_hello, acks=())))


@sequence("a session's packet under another key", wrappings=WRAPPED)
def _(t):
    begin_session(t)
    t.raw(t.frame(another_key(t).wrap(t.control(t.rest_of_hello, acks=()))))
