"""The broker's messages as octets, written apart from the C++ codec: a second opinion on the format."""
import array
import socket
import struct

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


def want(number, servers):
    return struct.pack("!QI", number, len(servers)) + b"".join(servers)


class Broker:
    """One connection."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.identifier = 0
        self.steered = False

    def ask(self, kind, body):
        """Kind and body of the answer, and its descriptors."""
        self.identifier += 1
        self.socket.send(message(kind, self.identifier, body))
        octets, control, flags, _ = self.socket.recvmsg(65536, socket.CMSG_SPACE(64 * 4))
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
        kind, body, descriptors = self.ask(WANT, want(number, servers))
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
