"""Client programs: which one a file is, what it knows, and how it is driven and read.

Two families: OpenVPN 2.x, which a management socket asks for passwords, and the command-line client
of OpenVPN 3's library, which takes them as arguments and codes from its standard input.
"""
import re
import subprocess
import time
from typing import NamedTuple

from combinations import (AUTHENTICATIONS, CODE_DYNAMIC, CODE_STATIC, CODE_TEXT, DIMENSIONS,
                          WRAPPINGS)
from lab import Laptop, until
from management import Management
from staff import PASSWORD

CONNECT_SECONDS = 45.0
WRAPPINGS_SINCE = {"none": (2, 0), "tls-auth": (2, 0), "tls-crypt": (2, 4), "tls-crypt-v2": (2, 5)}
CODE_TEXT_SINCE = (2, 5)
PUSH_UPDATE_SINCE = (2, 7)
OLDEST_OF_BUNDLES = ("2.3", "2.4", "2.5", "2.6")  # the values of the setting `Clients`


class Login(NamedTuple):
    user: str
    code: object  # a function: the code now
    way: str      # one of AUTHENTICATIONS


class StockLaptop(Laptop):
    """A laptop with a given openvpn 2.x."""

    def __init__(self, lab, number, program):
        super().__init__(lab, number)
        self.program = program

    def join(self, profile, login=None, seconds=CONNECT_SECONDS):
        """Connects, and answers what it is asked; returns the seconds until it was connected."""
        began = time.monotonic()
        if login is None:
            self.connect(profile, timeout=seconds)
            return time.monotonic() - began
        gui = Management(self, login.user, PASSWORD, login.code)
        more = ("--setenv", "IV_SSO", "crtext") if login.way == CODE_TEXT else ()
        self.connect(profile, *gui.options(*more), wait=False)
        gui.serve(seconds, lambda: self.connects() >= 1)
        self.check_way(login.way, "CRV1" in gui.heard, "CR_TEXT" in gui.heard)
        return time.monotonic() - began

    def sessions(self):
        """How often it began anew with the gateway; more than one is a reconnect. It says that it
        is connected after each update of what was pushed, too."""
        return self.log().count("Peer Connection Initiated with")

    @staticmethod
    def check_way(way, dynamic, text):
        assert dynamic == (way == CODE_DYNAMIC), f"{way}: a dynamic challenge: {dynamic}"
        assert text == (way == CODE_TEXT), f"{way}: CR_TEXT: {text}"

    def renegotiations(self):
        return max(0, self.log().count("Control Channel: TLSv") - 1)

    def complaints(self):
        """Lines in which the program says that something went wrong with packets or keys."""
        words = (r"Authenticate/Decrypt packet error|bad packet ID|TLS Error|"
                 r"TLS key negotiation failed")
        return [line for line in self.log().splitlines() if re.search(words, line)]

    def telling_name_servers(self, profile):
        """The profile, with a script that keeps what it is told: 2.7 calls it `dns-up` too, and may
        tell it in a file."""
        script, told = (self.lab.network.folder / f"{self.name}{end}" for end in (".sh", ""))
        script.write_text(f'#!/bin/sh\ntold={told}.$script_type\n'
                          '(env; cat "${dns_vars_file:-/dev/null}") >$told.new\n'
                          'mv $told.new $told\n')
        script.chmod(0o755)
        return f"script-security 2\nup {script}\nsetenv opt dns-updown {script}\n{profile}"

    def name_servers(self):
        told = self.lab.network.folder / f"{self.name}.dns-up"
        if told.exists():
            return re.findall(r"dns_server_\d+_address_\d+=(\S+)", told.read_text())
        return re.findall(r"^foreign_option_\d+=dhcp-option DNS (\S+)",
                          told.with_suffix(".up").read_text(), re.M)

    def reason_to_go(self):
        """Why the gateway sent it away, in the words of its own log."""
        found = re.search(r"(?:Connection reset|Halt) command was pushed by server \('(.*)'\)",
                          self.log())
        return found.group(1) if found else ""


class CoreLaptop(StockLaptop):
    """A laptop with the command-line client of OpenVPN 3. Its exit code says nothing."""

    says_connected = " EVENT: CONNECTED"

    def join(self, profile, login=None, seconds=CONNECT_SECONDS):
        named = profile.with_name(f"{profile.stem}-core.ovpn")
        named.write_text(re.sub(r"^dev tun$", "dev tun0", profile.read_text(), flags=re.M))
        began = time.monotonic()
        self.log_file.write_text("")
        self.process = self.lab.network.start(
            self.name, self.program, *self.words_of(login), str(named), log=self.log_file,
            stdin=subprocess.PIPE, text=True)
        answered = 0

        def connected():
            nonlocal answered
            questions = len(re.findall(r"^ENTER RESPONSE|EVENT: INFO CR_TEXT:", self.log(), re.M))
            if login and questions > answered:
                answered += 1
                self.process.stdin.write(login.code() + "\n")
                self.process.stdin.flush()
            return self.connects() >= 1

        until(f"{self.program} connected", connected, seconds)
        if login:
            self.check_way(login.way, "DYNAMIC_CHALLENGE" in self.log(), "CR_TEXT:" in self.log())
        return time.monotonic() - began

    def sessions(self):
        return self.log().count(" EVENT: CONNECTING")

    @staticmethod
    def words_of(login):
        if login is None:
            return ()
        words = ("-u", login.user, "-p", PASSWORD)
        if login.way == CODE_STATIC:
            words += ("-r", login.code())
        if login.way == CODE_TEXT:
            words += ("-S", "crtext")
        return words

    def renegotiations(self):
        return max(0, self.log().count("SSL Handshake:") - 1)

    def complaints(self):
        words = r"HMAC_ERROR|REPLAY_ERROR|DECRYPT_ERROR|KEV_NEGOTIATE_ERROR|TRANSPORT_ERROR"
        return [line for line in self.log().splitlines() if re.search(words, line)]

    def telling_name_servers(self, profile):
        return profile

    def name_servers(self):
        """Of the last that it made of its device, in its log."""
        lists = re.findall(r"^DNS Servers:\n((?: .*\n)+)", self.log(), re.M)
        return re.findall(r"[0-9a-f.:]*[.:][0-9a-f.:]+", lists[-1]) if lists else []

    def reason_to_go(self):
        found = re.search(r"EVENT: (?:CLIENT_RESTART|CLIENT_HALT|RELAY)[^\n]*", self.log())
        return found.group(0) if found else ""


class Program:
    """A client program as it introduces itself."""

    def __init__(self, path):
        self.path = path
        said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
        core = re.search(r"^OpenVPN core (\S+)", said, re.M)
        stock = re.search(r"^OpenVPN ((\d+)\.(\d+)\S*)", said, re.M)
        assert core or stock, f"{path} is no OpenVPN client: {said[:200]!r}"
        self.is_core = core is not None
        self.version = core.group(1) if core else stock.group(1)
        self.number = tuple(int(part) for part in self.version.split(".")[:2])
        self.name = f"OpenVPN {'core ' if core else ''}{self.version}"
        self.file_name = f"openvpn{'3' if core else ''}-{self.version}.json"
        library = re.search(r"library versions: ([^,\n]+?)(?: \d+ \w+ \d{4})?(?:,|$)", said, re.M)
        self.library = library.group(1) if library else ""

    def known(self):
        """Property -> the values of it that this program knows."""
        texts = self.is_core or self.number >= CODE_TEXT_SINCE
        return {**DIMENSIONS,
                "wrapping": tuple(wrapping for wrapping in WRAPPINGS
                                  if self.number >= WRAPPINGS_SINCE[wrapping]),
                "authentication": tuple(way for way in AUTHENTICATIONS
                                        if way != CODE_TEXT or texts)}

    def takes_push_update(self):
        return self.number >= PUSH_UPDATE_SINCE

    def takes_name_servers_in_update(self):
        """2.7 would not give them to its system."""
        return self.is_core and self.takes_push_update()

    def lines_for_renegotiations(self, soon):
        """Leaves renegotiations to the gateway. OpenVPN 2.x then uses a new key at once; OpenVPN 3
        after a minute, or, `soon`, after ten seconds; before that it is not asked for the next."""
        return "reneg-sec 0\n" + ("hand-window 10\n" if self.is_core and soon else "")

    def oldest_of_bundles(self):
        """What an operator would write into the server's setting `Clients` for this program."""
        fitting = [text for text in OLDEST_OF_BUNDLES
                   if tuple(map(int, text.split("."))) <= self.number]
        return fitting[-1]

    def laptop(self, lab):
        family = CoreLaptop if self.is_core else StockLaptop
        return lab.laptop(lambda lab, number: family(lab, number, self.path))
