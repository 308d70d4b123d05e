"""kanmon-control alone on a folder: started, killed, started again."""
import json
import os
import socket
import subprocess
import time
from pathlib import Path

from signed_calls import SignedCalls

BIN = Path(os.environ.get("KANMON_BIN", "build/dev/bin")).resolve()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Control:
    def __init__(self, folder, prefix=(), seen_from_here=None):
        """`prefix`: words before the program. `seen_from_here`: where this process finds the
        folder, when the program has a mount namespace of its own."""
        self.folder, self.prefix = folder, prefix
        self.state = folder / "control"
        self.seen = (seen_from_here or folder) / "control"
        self.log = Path(str(folder) + ".log")
        self.port = free_port()
        self.process = None

    def begin(self, fault=None):
        """Starts and does not wait."""
        environment = dict(os.environ, ASAN_OPTIONS="verify_asan_link_order=0")
        if fault:
            environment |= {"LD_PRELOAD": str(BIN / "libbad_disk.so"), "BAD_DISK": fault,
                            "BAD_DISK_FOLDER": str(self.state)}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                (*self.prefix, BIN / "kanmon-control", "--state", self.state, "--bridge",
                 f"{self.folder}.bridge", "--api", "", "--http-loopback", str(self.port),
                 "--api-rate", "1000000", "--api-burst", "1000000",
                 "--public-address", "203.0.113.1", "--data-uid", "0", "--allow-root"),
                stdout=log, stderr=log, env=environment)

    def ready(self, seconds=20):
        """False when the process ended instead."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return False
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    return True
            except OSError:
                time.sleep(0.01)
        raise AssertionError(f"kanmon-control does not answer: {self.said()}")

    def start(self):
        self.begin()
        assert self.ready(), f"kanmon-control did not start: {self.said()}"

    def kill(self):
        self.process.kill()
        self.process.wait(20)

    def said(self):
        return self.log.read_text()[-3000:]

    def calls(self):
        return SignedCalls(self.port, json.loads((self.seen / "root-access-key.json").read_text()))

    def make_scene(self):
        return make_scene(self.calls(), self.port)


def make_scene(root, port, namespace=None):
    """An account of its own with what the storm needs; and the account's key."""
    key = root.done("CreateAccount", Name="storm")
    calls = SignedCalls(port, key)
    region = {"RegionId": "local"}
    where = {"Namespace": namespace} if namespace else {}
    vpc = calls.done("CreateVpc", **region, CidrBlock="10.0.0.0/8", VpcName="scene", **where)["VpcId"]
    gateway = calls.done("CreateVpnGateway", **region, VpcId=vpc, Bandwidth="100", EnableSsl="true",
                         EnableIpsec="true", SslConnections="100")["VpnGatewayId"]
    return key, {
        "gateway": gateway,
        "server": calls.done("CreateSslVpnServer", **region, VpnGatewayId=gateway, Port="1195",
                             ClientIpPool="192.168.0.0/20", LocalSubnet="10.1.0.0/16")["SslVpnServerId"],
        "site": calls.done("CreateCustomerGateway", **region, IpAddress="198.51.100.1",
                           Name="scene")["CustomerGatewayId"]}
