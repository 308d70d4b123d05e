"""One laboratory with one client program, and an SSL server that is replaced as the trials ask.

The server listens on UDP and TCP, IPv4 and IPv6, port 1194; a profile has one of these ways in.
"""
import re

from combinations import (CERTIFICATE, CODE_DYNAMIC, CODE_STATIC, CODE_TEXT, PASSWORD_ALONE,
                          PASSWORD_TOO)
from lab import GATEWAY, GATEWAY6, VPC_HOST, Lab, only_by, until
from programs import Login
from staff import Staff

USUAL = {"ExtraListeners": "tcp:1194", "Ipv6Listen": "true", "HoldSeconds": 5}
PROTOCOLS = {"udp": ("udp", GATEWAY), "tcp": ("tcp-client", GATEWAY), "udp6": ("udp6", GATEWAY6),
             "tcp6": ("tcp6-client", GATEWAY6)}
LOGINS = {
    CERTIFICATE: {},
    PASSWORD_TOO: {"LoginPassword": "true"},
    PASSWORD_ALONE: {"LoginPassword": "true", "LoginCertificate": "false"},
    CODE_STATIC: {"LoginPassword": "true", "LoginCode": "true"},
    CODE_DYNAMIC: {"LoginPassword": "true"},  # and the user has codes
    CODE_TEXT: {"LoginPassword": "true"},
}
WITH_CODES = (CODE_STATIC, CODE_DYNAMIC, CODE_TEXT)


class Bench:
    def __init__(self, program):
        self.program = program
        self.settings = None
        self.trials = 0
        self.lab = Lab(connections=50)
        try:
            self.lab.give_ipv6_inside()
            self.staff = Staff(self.lab)
            self.laptop = program.laptop(self.lab)
            self.lab.give_ipv6_outside(self.laptop)
        except BaseException:
            self.lab.close()
            raise

    def server(self, wrapping="none", topology="net30", way=CERTIFICATE, **more):
        """Has a server with these settings; the one that is there if it has them."""
        settings = {**USUAL, "Clients": self.program.oldest_of_bundles(), "Wrapping": wrapping,
                    "Topology": topology, **LOGINS[way], **more}
        if LOGINS[way]:
            settings["IDaaSInstanceId"] = self.staff.instance
        if settings != self.settings:
            self.settings = None
            self.lab.replace_server(**settings)
            self.settings = settings

    def profile(self, transport="udp", edit=lambda text: text):
        """The bundle of a new certificate, with one way in."""
        self.trials += 1
        bundle = self.lab.bundle(self.lab.certificate(f"trial-{self.trials}"))
        profile = only_by(bundle, *PROTOCOLS[transport])
        profile.write_text(edit(profile.read_text()))
        return profile

    def login(self, way):
        """A user of this trial's own, whose first code is unused; None where none is asked."""
        if way == CERTIFICATE:
            return None
        self.trials += 1
        name = self.staff.user(f"user-{self.trials}", codes=way in WITH_CODES)
        return Login(name, lambda: self.staff.code(name), way)

    def modify(self, **settings):
        self.settings = None
        self.lab.call("ModifySslVpnServer", RegionId="local", SslVpnServerId=self.lab.server_id,
                      **settings)

    def online(self):
        """The gateway's own row of the client."""
        return until("the gateway lists the client", lambda: next(
            (row for row in self.lab.clients() if row["Status"] == "online"), None), 15)

    def ping_both_ways(self, *options, target=VPC_HOST, address=None):
        words = ("ping", "-n", "-c", "3", "-i", "0.2", "-W", "2", *options)
        self.laptop.run(*words, target)
        self.lab.network.inside(self.lab.host, *words, address or self.laptop.address())

    def address6(self):
        shown = self.laptop.run("ip", "-6", "-o", "addr", "show", "dev", "tun0", "scope", "global")
        return re.search(r"inet6 ([0-9a-f:]+)", shown.stdout).group(1)

    def leave(self):
        if self.laptop.process is None:
            return
        self.laptop.stop()
        if self.laptop.process in self.lab.network.processes:
            self.lab.network.processes.remove(self.laptop.process)
        self.laptop.process = None
        until("its device is gone", lambda: "tun0" not in self.laptop.run(
            "ip", "-o", "link").stdout, 10)

    def logs(self):
        return f"{self.laptop.log()}\n--- gateway ---\n{self.lab.gateway_log()[-20000:]}"

    def close(self):
        self.lab.close()
