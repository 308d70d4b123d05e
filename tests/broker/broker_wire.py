"""The broker's messages as octets, written apart from the C++ codec: a second opinion on the format."""
import array
import fcntl
import os
import socket
import struct
import time

UDP, TCP = 0, 1
NET30, SUBNET, P2P = 0, 1, 2
WANT, ANSWER, OPEN_TUN, OPEN_LISTENER, OPENED = range(5)


def text(value):
    return struct.pack("!I", len(value)) + value.encode()


def ipv4(value):
    return socket.inet_aton(value)


def cidr(value):
    base, prefix = value.split("/")
    return ipv4(base) + bytes([int(prefix)])


def cidr6(value):
    base, prefix = value.split("/")
    return socket.inet_pton(socket.AF_INET6, base) + bytes([int(prefix)])


def listener(transport, address, port):
    return bytes([transport]) + b"\0" * 10 + b"\xff\xff" + ipv4(address) + struct.pack("!H", port)


def server(name, device, space, address, pool, topology=NET30, mtu=1500, queues=2, listeners=(),
           pool6=None, source_nat=False):
    return (text(name) + text(device) + text(space) + ipv4(address) + cidr(pool)
            + bytes([topology]) + struct.pack("!HH", mtu, queues)
            + struct.pack("!I", len(listeners)) + b"".join(listener(*one) for one in listeners)
            + (b"\1" + cidr6(pool6) if pool6 else b"\0") + bytes([source_nat]))


def message(kind, identifier, body):
    return struct.pack("!HBBQ", 0x4B42, 3, kind, identifier) + body


def want_octets(number, servers):
    return (struct.pack("!HBQI", 0x4B57, 1, number, len(servers)) + b"".join(servers))


def sealed(octets):
    """A memory file that nobody can change any more."""
    memory = os.memfd_create("want", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(memory, octets)
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK
                | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
    return memory


class Broker:
    """One connection."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(20)
        for _ in range(200):
            try:
                self.socket.connect(path)
                break
            except BlockingIOError:  # as many as can wait for a busy machine's broker
                time.sleep(0.05)
        self.identifier = 0
        self.steered = False

    def say(self, kind, body, descriptors=()):
        self.identifier += 1
        beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        self.socket.sendmsg([message(kind, self.identifier, body)], beside if descriptors else [])

    def say_want(self, number, servers):
        memory = sealed(want_octets(number, servers))
        self.say(WANT, struct.pack("!Q", number), [memory])
        os.close(memory)

    def ask(self, kind, body, descriptors=()):
        """Kind and body of the answer, and its descriptors."""
        self.say(kind, body, descriptors)
        return self.hear()

    def hear(self):
        octets, control, flags, _ = self.socket.recvmsg(65536, socket.CMSG_SPACE(65 * 4))
        assert octets, "the broker closed the connection"
        assert not flags & socket.MSG_CTRUNC
        descriptors = array.array("i")
        for level, part, data in control:
            assert (level, part) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
            descriptors.frombytes(data)
        magic, version, kind, identifier = struct.unpack("!HBBQ", octets[:12])
        assert (magic, version, identifier) == (0x4B42, 3, self.identifier)
        return kind, octets[12:], list(descriptors)

    def want(self, number, servers):
        """The problem; empty when all was reached."""
        self.say_want(number, servers)
        kind, body, descriptors = self.hear()
        assert kind == ANSWER and not descriptors
        return body[4:].decode()

    def open(self, kind, body):
        """Descriptors (the last is a table if `steered`), or the problem as text."""
        kind, body, descriptors = self.ask(kind, body)
        if kind == ANSWER:
            return body[4:].decode()
        count, self.steered = struct.unpack("!H?", body)
        assert kind == OPENED and count == len(descriptors)
        return descriptors

    def open_tun(self, name):
        return self.open(OPEN_TUN, text(name))

    def open_listener(self, name, one, sockets):
        return self.open(OPEN_LISTENER, text(name) + listener(*one) + struct.pack("!H", sockets))

    def close(self):
        self.socket.close()
