"""A laboratory in network namespaces: the Internet, a Kanmon gateway, a VPC, laptops.

                     internet-PID (bridge "wire", 10.99.0.0/16)
        +---------------+------------------+------------------+
   gw-PID 10.99.0.1   relay 10.99.0.2   l1-PID 10.99.1.1   l2-PID 10.99.1.2 …
   kanmond            (chaos, optional)  stock openvpn       stock openvpn
        |
   vpc-PID: the TUN device, 172.20.0.1 ---- host-PID 172.20.0.10 (a machine of the VPC, web server)

All names carry this process's id; `close` removes everything also after a failure. Only processes
started here are ended, each by its own pid.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("KANMON_BIN", ROOT / "build/dev/bin"))
SANITIZED = any(name in BIN.parts for name in ("asan-ubsan", "tsan"))  # freed memory stays for a while
GATEWAY = "10.99.0.1"
GATEWAY6 = "fd99::1"
RELAY = "10.99.0.2"
VPC_HOST = "172.20.0.10"
VPC_HOST6 = "fd20::10"
VPC_CIDR = "172.20.0.0/16"


def sh(*command, check=True, timeout=60):
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def until(what, condition, timeout=30.0, every=0.05):
    """Waits for a true value of condition() and returns it."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {timeout} s")
        time.sleep(every)


def only_by(bundle, proto, address, port=1194):
    """The profile with this one way in and no other."""
    text = re.sub(r"<connection>.*?</connection>\n", "", bundle.read_text(), flags=re.S)
    text = re.sub(r"^(proto|remote|explicit-exit-notify) .*\n", "", text, flags=re.M)
    changed = bundle.with_name(f"{bundle.stem}-{proto}-{port}-{address.replace(':', '_')}.ovpn")
    changed.write_text(f"proto {proto}\nremote {address} {port}\n{text}")
    return changed


class Network:
    """The namespaces and wires; knows nothing of Kanmon."""

    def __init__(self):
        self.pid = os.getpid()
        self.namespaces = []
        self.processes = []
        self.folder = Path(tempfile.mkdtemp(prefix=f"kanmon-lab-{self.pid}-"))
        self.folder.chmod(0o755)
        self.internet = self.namespace("net")
        self.inside(self.internet, "ip", "link", "add", "wire", "type", "bridge")
        self.inside(self.internet, "ip", "link", "set", "wire", "up")
        self.inside(self.internet, "ip", "addr", "add", f"{RELAY}/16", "dev", "wire")

    def namespace(self, short):
        name = f"{short}-{self.pid}"
        sh("ip", "netns", "add", name)
        self.namespaces.append(name)
        self.inside(name, "ip", "link", "set", "lo", "up")
        return name

    def plug(self, name, address):
        """Connects a namespace to the Internet's bridge."""
        end = f"w{len(self.namespaces)}"
        self.inside(self.internet, "ip", "link", "add", end, "type", "veth",
                    "peer", "name", "eth0", "netns", name)
        self.inside(self.internet, "ip", "link", "set", end, "master", "wire", "up")
        self.inside(name, "ip", "addr", "add", f"{address}/16", "dev", "eth0")
        self.inside(name, "ip", "link", "set", "eth0", "up")

    def inside(self, name, *command, **options):
        return sh("ip", "netns", "exec", name, *command, **options)

    def start(self, name, *command, log=None, **options):
        out = open(log, "ab") if log else subprocess.DEVNULL
        options = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": out, **options}
        process = subprocess.Popen(("ip", "netns", "exec", name, *command), **options)
        self.processes.append(process)
        return process

    def stop(self, process, with_signal=signal.SIGTERM, timeout=15):
        if process.poll() is None:
            process.send_signal(with_signal)
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)

    def close(self):
        for process in reversed(self.processes):
            self.stop(process)
        for name in reversed(self.namespaces):
            sh("ip", "netns", "del", name, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class Laptop:
    """A stock openvpn client in a namespace of its own."""

    program = "openvpn"
    says_connected = "Initialization Sequence Completed"

    def __init__(self, lab, number):
        self.lab = lab
        self.number = number
        self.name = lab.network.namespace(f"l{number}")
        lab.network.plug(self.name, f"10.99.{1 + number // 250}.{number % 250}")
        self.log_file = lab.network.folder / f"laptop-{number}.log"
        self.process = None

    def connect(self, bundle, *options, wait=True, timeout=60):
        self.log_file.write_text("")
        self.process = self.lab.network.start(
            self.name, self.program, "--config", str(bundle), "--dev", "tun0", "--verb", "4",
            "--log-append", str(self.log_file), *options)
        if wait:
            self.wait_connected(timeout)
        return self

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def connects(self):
        return self.log().count(self.says_connected)

    def wait_connected(self, timeout=60, count=1):
        try:
            until(f"laptop {self.number} connected", lambda: self.connects() >= count, timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()[-3000:]}\n{self.lab.gateway_log()[-3000:]}")

    def wait_log(self, pattern, timeout=60):
        return until(f"laptop {self.number} logs {pattern!r}",
                     lambda: re.search(pattern, self.log()), timeout)

    def address(self):
        shown = self.run("ip", "-4", "-o", "addr", "show", "dev", "tun0").stdout
        return re.search(r"inet ([0-9.]+)", shown).group(1)

    def run(self, *command, **options):
        return self.lab.network.inside(self.name, *command, **options)

    def ping(self, target=VPC_HOST, count=3, interval=0.2, check=True):
        return self.run("ping", "-n", "-c", str(count), "-i", str(interval), "-W", "2", target,
                        check=check, timeout=60 + count * interval)

    def iperf3(self, *options, to=VPC_HOST, timeout=300, check=True):
        """Traffic to the VPC host. The program there serves this one run: one that goes on listens
        anew after a test, and may reset who comes then."""
        lab = self.lab
        server = lab.network.start(lab.host, "iperf3", "-s", "-1")
        try:
            until("iperf3 listens", lambda: ":5201" in lab.network.inside(
                lab.host, "ss", "-ltnH").stdout, 20)
            done = self.run("iperf3", "-c", to, *options, timeout=timeout, check=check)
        finally:
            lab.network.stop(server)
            lab.network.processes.remove(server)
        assert not check or "receiver" in done.stdout, done.stdout
        return done

    def stop(self, with_signal=signal.SIGTERM):
        self.lab.network.stop(self.process, with_signal)


class Lab:
    """A gateway with one VPC, one VPN gateway and one SSL server, made through the real API."""

    programs = BIN
    more_options = ()  # of kanmond

    def __init__(self, connections=5, pool="192.168.0.0/24", vpc_is_gateway=False, **server):
        """`vpc_is_gateway`: the VPC is the network of the machine that kanmond runs on."""
        self.network = Network()
        self.vpc_is_gateway = vpc_is_gateway
        try:
            self._build(connections, pool, server)
        except BaseException:
            self.network.close()
            raise

    def _build(self, connections, pool, server):
        net = self.network
        self.gw = net.namespace("gw")
        net.plug(self.gw, GATEWAY)
        self.vpc = self.gw if self.vpc_is_gateway else net.namespace("vpc")
        self.host = net.namespace("host")
        net.inside(self.vpc, "ip", "link", "add", "lan", "type", "veth", "peer", "name", "eth0",
                   "netns", self.host)
        net.inside(self.vpc, "ip", "addr", "add", "172.20.0.1/16", "dev", "lan")
        net.inside(self.vpc, "ip", "link", "set", "lan", "up")
        net.inside(self.host, "ip", "addr", "add", f"{VPC_HOST}/16", "dev", "eth0")
        net.inside(self.host, "ip", "link", "set", "eth0", "up")
        net.inside(self.host, "ip", "route", "add", "default", "via", "172.20.0.1")
        self.kanmond = None
        self.start_gateway()
        self.gateway_id = self.server_id = None
        self._make_resources(connections, pool, server)
        self.laptops = 0

    # --- the gateway -----------------------------------------------------------------------------

    def start_gateway(self):
        folder = self.network.folder
        self.kanmond = self.network.start(
            self.gw, str(self.programs / "kanmond"), "--state", str(folder / "state"),
            "--run", str(folder / "run"), "--api", "127.0.0.1:8443",
            "--public-address", GATEWAY, *self.more_options, log=folder / "kanmond.log")
        until("the API answers", self._answers, 30)

    def _answers(self):
        assert self.kanmond.poll() is None, self.gateway_log()
        if not (self.network.folder / "state/control/root-access-key.json").exists():
            return False
        return self.cli("call", "DescribeAccounts", root=True, check=False).returncode == 0

    def gateway_log(self):
        path = self.network.folder / "kanmond.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def child(self, name):
        """The pid of one of kanmond's processes: broker, data, control."""
        return int((self.network.folder / f"run/{name}.pid").read_text())

    def kill(self, name):
        os.kill(self.child(name), signal.SIGKILL)

    def cli(self, *arguments, root=False, check=True):
        state = self.network.folder / "state/control"
        key = state / "root-access-key.json" if root else self.network.folder / "key.json"
        return self.network.inside(
            self.gw, str(BIN / "kanmon"), "--endpoint", "https://127.0.0.1:8443",
            "--ca", str(state / "api.crt"), "--access-key-file", str(key), "--json", *arguments,
            check=check)

    def call(self, action, root=False, **parameters):
        words = [f"{name}={value}" for name, value in parameters.items()]
        return json.loads(self.cli("call", action, *words, root=root).stdout)

    # --- resources -------------------------------------------------------------------------------

    def _make_resources(self, connections, pool, server):
        account = self.call("CreateAccount", root=True, Name="lab")
        (self.network.folder / "key.json").write_text(json.dumps(
            {name: account[name] for name in ("AccessKeyId", "AccessKeySecret")}))
        region = {"RegionId": "local"}
        where = {} if self.vpc_is_gateway else {"Namespace": self.vpc}
        vpc = self.call("CreateVpc", CidrBlock=VPC_CIDR, VpcName="lab", **where, **region)
        gateway = self.call("CreateVpnGateway", VpcId=vpc["VpcId"], Bandwidth=1000, EnableSsl="true",
                            SslConnections=connections, Name="lab", **region)
        self.gateway_id = gateway["VpnGatewayId"]
        self.wait_active()
        self.make_server(ClientIpPool=pool, **server)

    def make_server(self, **settings):
        settings = {"RegionId": "local", "ClientIpPool": "192.168.0.0/24", "LocalSubnet": VPC_CIDR,
                    "Proto": "UDP", "Port": 1194, "Name": "lab", **settings}
        made = self.call("CreateSslVpnServer", VpnGatewayId=self.gateway_id, **settings)
        self.server_id = made["SslVpnServerId"]
        self.wait_active()

    def replace_server(self, **settings):
        """Another server in place of the one that is there; its certificates go with it."""
        self.call("DeleteSslVpnServer", RegionId="local", SslVpnServerId=self.server_id)
        self.wait_active()
        self.make_server(**settings)

    def wait_active(self):
        until("the gateway is active", lambda: self.call(
            "DescribeVpnGateway", RegionId="local",
            VpnGatewayId=self.gateway_id)["Status"] == "active", 30)

    def certificate(self, name="laptop"):
        made = self.call("CreateSslVpnClientCert", RegionId="local", Name=name,
                         SslVpnServerId=self.server_id)
        return made["SslVpnClientCertId"]

    def bundle(self, certificate, remote=None):
        """Path of a single-file profile; `remote` replaces the address (for a relay)."""
        path = self.network.folder / f"{certificate}.ovpn"
        self.cli("cert", "bundle", certificate, "--format", "ovpn", "--output", str(path))
        if remote:
            changed = self.network.folder / f"{certificate}-relay.ovpn"
            changed.write_text(re.sub(r"^remote \S+ \d+", f"remote {remote}", path.read_text(),
                                      flags=re.M))
            return changed
        return path

    def laptop(self, kind=Laptop):
        self.laptops += 1
        return kind(self, self.laptops)

    def give_ipv6_outside(self, laptop):
        """Addresses of the Internet's IPv6 for the gateway and a laptop."""
        for name, address in ((self.gw, GATEWAY6), (laptop.name, f"fd99::1:{laptop.number}")):
            self.network.inside(name, "ip", "addr", "replace", f"{address}/64", "dev", "eth0",
                                "nodad")

    def give_ipv6_inside(self):
        """IPv6 in the VPC, beside its IPv4."""
        net = self.network
        net.inside(self.vpc, "ip", "addr", "add", "fd20::1/64", "dev", "lan", "nodad")
        net.inside(self.host, "ip", "addr", "add", f"{VPC_HOST6}/64", "dev", "eth0", "nodad")
        net.inside(self.host, "ip", "-6", "route", "add", "default", "via", "fd20::1")

    def clients(self):
        return self.call("DescribeSslVpnClients", RegionId="local", PageSize=50,
                         VpnGatewayId=self.gateway_id)["ClientInfoList"]

    def server_log(self):
        shown = self.call("DescribeVpnSslServerLogs", RegionId="local", PageSize=50,
                          VpnSslServerId=self.server_id, MinutePeriod=10)
        return shown["Data"]["Logs"]

    def log_line(self, *words, timeout=40):
        """The one line of the log in which all of these stand; records are gathered for a while."""
        return until(f"the log says {words}", lambda: next(
            (line for line in self.server_log() if all(word in line for word in words)), None), timeout)

    def relay(self, *options, port=1194):
        """A chaos relay on the Internet; clients use its address as the gateway's."""
        process = self.network.start(
            self.network.internet, str(BIN / "chaos"), "udp", "--listen", f"{RELAY}:{port}",
            "--to", f"{GATEWAY}:1194", *options, log=self.network.folder / "relay.log")
        time.sleep(0.2)
        return process

    def close(self):
        if self.kanmond:
            self.network.stop(self.kanmond)
        self.network.close()
