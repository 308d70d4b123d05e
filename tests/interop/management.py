"""The management interface of a stock openvpn client, driven by the test as a GUI drives it."""
import base64
import re
import socket
import time


def base64_of(text):
    return base64.b64encode(text.encode()).decode()


class Management:
    """Answers openvpn's questions through its unix socket. `heard` is everything it said."""

    def __init__(self, laptop, username, password, code=None):
        self.path = laptop.lab.network.folder / f"management-{laptop.number}.sock"
        self.username = username
        self.password = password
        self.code = code  # a function: the code now
        self.heard = ""
        self.asked = 0  # how often for user name and password
        self.socket = None
        self.challenge = None  # state id of a dynamic challenge
        self.read_to = 0

    def options(self, *more):
        return ("--management", str(self.path), "unix", "--management-query-passwords",
                "--auth-retry", "interact", *more)

    def serve(self, seconds, until):
        """Answers what is asked until `until()` is true; fails after `seconds`."""
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, f"not within {seconds} s\n{self.heard}"
            self._turn()

    def _turn(self):
        if self.socket is None:
            try:
                made = socket.socket(socket.AF_UNIX)
                made.settimeout(0.1)
                made.connect(str(self.path))
                self.socket = made
            except OSError:
                time.sleep(0.05)
                return
        try:
            octets = self.socket.recv(65536)
        except socket.timeout:
            octets = None
        if octets == b"":
            self.socket = None
        self.heard += (octets or b"").decode(errors="replace")
        while "\n" in self.heard[self.read_to:]:
            line, _, _ = self.heard[self.read_to:].partition("\n")
            self.read_to += len(line) + 1
            self._answer(line)

    def _say(self, *lines):
        for line in lines:
            self.socket.sendall(f"{line}\n".encode())

    def _answer(self, line):
        dynamic = re.search(r"Verification Failed: 'Auth' \['CRV1:([^:]*):([^:]*):", line)
        if dynamic:
            self.challenge = dynamic.group(2)
        elif ">PASSWORD:Need 'Auth'" in line:
            self.asked += 1
            if self.challenge:
                answer = f"CRV1::{self.challenge}::{self.code()}"
            elif " SC:" in line:
                answer = f"SCRV1:{base64_of(self.password)}:{base64_of(self.code())}"
            else:
                answer = self.password
            self.challenge = None
            self._say(f'username "Auth" "{self.username}"', f'password "Auth" "{answer}"')
        elif line.startswith(">INFOMSG:CR_TEXT:"):
            self._say(f"cr-response {base64_of(self.code())}")
