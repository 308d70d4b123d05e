"""One conversation with one server, told by a sequence: a socket of its own in the client's
namespace, the client's half of the control channel, and what was heard.

A sequence says what it sends; the class of what the server does after the last `send` is its
result:

    reply WHAT          packets came, the most telling opcode of them is named
    silence             nothing came
    close               a TCP connection ended without a packet
    reply WHAT, close   packets, then the end
"""
import ctypes
import os
import select
import socket
import ssl
import struct
import threading
import time

import packets as p

NAMES = {p.SERVER_RESET: "reset", p.SOFT_RESET: "soft reset", p.CONTROL: "control", p.ACK: "ack",
         p.DATA_V1: "data", p.DATA_V2: "data"}
MOST_TELLING = ("reset", "soft reset", "control", "ack", "data")
PIECE = 800  # octets of TLS in one control packet: leaves room for every wrapping
PATIENCE = 6.0  # seconds for an answer without which the sequence cannot go on

_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


class NoAnswer(AssertionError):
    """A step on the way did not get what the sequence needs."""


def socket_inside(namespace, kind):
    """A socket that belongs to a namespace, whichever thread uses it."""
    made = []

    def make():
        with open(f"/run/netns/{namespace}", "rb") as place:
            if _libc.setns(place.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        made.append(socket.socket(socket.AF_INET, kind))

    thread = threading.Thread(target=make)  # a namespace is entered by a thread, which ends here
    thread.start()
    thread.join()
    return made[0]


class Talk:
    def __init__(self, server, transport, source, window):
        self.server, self.transport, self.source, self.window = server, transport, source, window
        self.wrapping = server.wrapping()
        self.session = p.fresh_session()
        self.peer = b""
        self.own_id = 1  # the next packet id; the hello has 0
        self.expected = 1
        self.arrived, self.numbered = {}, set()
        self.pending, self.stream = [], b""
        self.heard, self.closed = [], False
        self.block = b""
        self.socket, self.others = None, []
        self.tls = None
        self.plain = b""
        self.open()

    # --- the socket ------------------------------------------------------------------------------

    def open(self):
        kind = socket.SOCK_DGRAM if self.transport == "udp" else socket.SOCK_STREAM
        if self.socket is not None:
            self.others.append(self.socket)
        self.socket = socket_inside(self.server.client_namespace, kind)
        self.socket.bind((self.source, 0))
        self.socket.settimeout(PATIENCE)
        self.socket.connect((self.server.address, self.server.ports[self.transport]))
        self.socket.setblocking(False)
        self.stream, self.closed = b"", False

    def close(self):
        for one in (*self.others, self.socket):
            one.close()

    def frame(self, packet):
        return packet if self.transport == "udp" else struct.pack(">H", len(packet)) + packet

    def raw(self, octets, forget=True):
        """As they are: a datagram, or a piece of the stream. Forgets what was heard before."""
        self.collect(0)
        if forget:
            self.heard.clear()
        try:
            self.socket.setblocking(True)
            self.socket.sendall(octets) if self.transport == "tcp" else self.socket.send(octets)
        except OSError:  # the other side has closed already: seen when reading
            pass
        finally:
            self.socket.setblocking(False)

    def send(self, *clear, replay=None):
        """Wrapped and framed; over TCP all of them in one piece."""
        wrapped = [self.frame(self.wrapping.wrap(one, replay)) for one in clear]
        pieces = wrapped if self.transport == "udp" else [b"".join(wrapped)]
        for number, octets in enumerate(pieces):
            self.raw(octets, forget=number == 0)

    def collect(self, seconds):
        """Reads what comes within so many seconds."""
        end = time.monotonic() + seconds
        while not self.closed:
            left = max(0.0, end - time.monotonic())
            if not select.select([self.socket], [], [], left)[0]:
                return
            self.read()

    def read(self):
        try:
            octets = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            self.closed = self.transport == "tcp"
            return
        if self.transport == "udp":
            return self.take(octets)
        if not octets:
            self.closed = True
        self.stream += octets
        while len(self.stream) >= 2:
            length = struct.unpack(">H", self.stream[:2])[0]
            if len(self.stream) < 2 + length:
                return
            self.take(self.stream[2:2 + length])
            self.stream = self.stream[2 + length:]

    def take(self, octets):
        opcode = octets[0] >> 3 if octets else 0
        if opcode in (p.DATA_V1, p.DATA_V2):
            if self.block and p.open_data(self.block, octets).startswith(p.OCC):
                self.heard.append(p.Packet(opcode, octets[0] & 7))  # pings come when they like
            return
        packet = p.parse_control(self.wrapping.unwrap(octets))
        self.pending.append(packet)
        if not self.is_repeated(packet):
            self.heard.append(packet)

    def is_repeated(self, packet):
        """Sent again because a timer ran out, which is no answer. An answer to a hello by datagram
        is made anew each time and has no timer."""
        if packet.opcode == p.ACK or (packet.opcode == p.SERVER_RESET and self.transport == "udp"):
            return False
        name = packet.opcode, packet.key, packet.packet_id, packet.sender
        known = name in self.numbered
        self.numbered.add(name)
        return known

    def observation(self):
        self.collect(self.window)
        names = {NAMES.get(packet.opcode, f"opcode {packet.opcode}") for packet in self.heard}
        words = []
        if names:
            words.append("reply " + next((n for n in MOST_TELLING if n in names), sorted(names)[0]))
        if self.closed:
            words.append("close")
        return ", ".join(words) or "silence"

    # --- packets ---------------------------------------------------------------------------------

    def hello(self, session=None, packet_id=0, key=0, payload=b"", opcode=None):
        if opcode is None:
            opcode = p.CLIENT_RESET_V3 if self.wrapping.tail else p.CLIENT_RESET
        return p.control(opcode, self.session if session is None else session, packet_id,
                         payload=payload, key=key)

    def greet(self, hello=None):
        """Sends a hello as it ought to be, with the wrapped key behind it where there is one."""
        octets = self.wrapping.wrap(self.hello() if hello is None else hello) + self.wrapping.tail
        self.raw(self.frame(octets))

    def reset(self, **hello):
        """The hello and its answer."""
        self.greet(self.hello(**hello))
        self.peer = self.wait_for(lambda packet: packet.opcode == p.SERVER_RESET).sender
        self.pending.clear()

    def wait_for(self, fits):
        end = time.monotonic() + PATIENCE
        while True:
            for packet in self.pending:
                if fits(packet):
                    return packet
            if self.closed or time.monotonic() > end:
                raise NoAnswer(f"no answer{', closed' if self.closed else ''}")
            if select.select([self.socket], [], [], 0.2)[0]:
                self.read()

    def control(self, payload=b"", packet_id=None, acks=(0,), session=None, receiver=None,
                opcode=p.CONTROL, key=0):
        """The next CONTROL packet, unless told otherwise."""
        if packet_id is None:
            packet_id, self.own_id = self.own_id, self.own_id + 1
        return p.control(opcode, self.session if session is None else session, packet_id, acks,
                         self.peer if receiver is None else receiver, payload, key)

    def ack(self, acks=(0,), session=None, receiver=None, key=0, count=None):
        return p.control(p.ACK, self.session if session is None else session, None, acks,
                         self.peer if receiver is None else receiver, key=key, count=count)

    def client_hello(self, context=None):
        self.begin_tls(context)
        return self.outgoing.read()

    def first_control(self, payload):
        """The packet that begins a session: with tls-crypt-v2 it shows the wrapped key again."""
        if not self.wrapping.tail:
            return self.send(self.control(payload))
        packet = self.wrapping.wrap(self.control(payload, opcode=p.CONTROL_WKC))
        self.raw(self.frame(packet + self.wrapping.tail))

    # --- the handshake ---------------------------------------------------------------------------

    def begin_tls(self, context=None):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = context or self.server.tls_context()
        self.tls = context.wrap_bio(self.incoming, self.outgoing)
        self.step_tls()

    def step_tls(self):
        try:
            self.tls.do_handshake()
            return True
        except ssl.SSLWantReadError:
            return False

    def flush(self, first=False, key=0):
        octets = self.outgoing.read()
        for at in range(0, len(octets), PIECE):
            piece = octets[at:at + PIECE]
            if first:
                self.first_control(piece)
                first = False
            else:
                self.send(self.control(piece, acks=(), key=key))

    def receive(self):
        """Takes what waits, in order, acknowledges it and feeds TLS with it."""
        if select.select([self.socket], [], [], 0.2)[0]:
            self.read()
        waiting, self.pending = self.pending, []
        owed = [packet.packet_id for packet in waiting if packet.packet_id is not None]
        for packet in waiting:
            if packet.packet_id is not None and packet.packet_id >= self.expected:
                self.arrived[packet.packet_id] = packet.payload
        while self.expected in self.arrived:
            self.incoming.write(self.arrived.pop(self.expected))
            self.expected += 1
        for at in range(0, len(owed), 8):
            self.send_quietly(self.ack(tuple(owed[at:at + 8])))

    def send_quietly(self, packet):
        before = list(self.heard)
        self.send(packet)
        self.heard = before + self.heard

    def shake_hands(self, context=None):
        """Hello to the end of TLS."""
        self.reset()
        self.begin_tls(context)
        self.flush(first=True)
        self.until(self.step_tls)

    def until(self, done):
        end = time.monotonic() + PATIENCE
        while True:
            finished = done()
            self.flush()
            if finished:
                return
            if self.closed or time.monotonic() > end:
                raise NoAnswer("the handshake does not go on")
            self.receive()

    def say(self, octets):
        """In the TLS of the control channel."""
        self.tls.write(octets)
        self.flush()

    def tls_goodbye(self):
        try:
            self.tls.unwrap()
        except ssl.SSLError:  # its own goodbye is not there yet, ours is written
            pass
        self.flush()

    def hang_up(self):
        """Our side of the connection ends; theirs may go on."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def tell(self, text):
        self.say(text.encode() + b"\0")

    def read_plain(self):
        try:
            self.plain += self.tls.read(65536)
        except ssl.SSLWantReadError:
            pass
        return self.plain

    def connect(self):
        """All the way to the answer to the push request; the keys are in `block` then."""
        self.shake_hands()
        secrets = os.urandom(112)
        self.say(p.key_method_2(secrets))
        self.until(lambda: b"PUSH_REPLY" in self.read_plain() and self.plain.endswith(b"\0"))
        self.quiet()
        self.block = p.key_block(secrets, self.plain[5:69], self.session, self.peer)
        self.peer_id = int(self.plain.split(b"peer-id ")[1].split(b",")[0].strip(b"\0"))
        self.data_id = 0

    def quiet(self):
        """Until the server has nothing more to say about what it was told."""
        while True:
            before = len(self.pending)
            self.collect(0.15)
            if len(self.pending) == before:
                return
            self.receive()

    def data(self, plain, packet_id=None):
        """A sealed data packet."""
        if packet_id is None:
            self.data_id += 1
            packet_id = self.data_id
        return p.seal(self.block, self.peer_id, packet_id, plain)
