#!/usr/bin/python3
"""The ruler: Debian's openvpn server and Kanmon in turn, the same client, the same machine, one run.

Recipe: two namespaces, one veth pair; iperf3 in the server's namespace on its tunnel address; CPU is
that of all processes of the server under test (Kanmon: supervisor, broker, data, control), divided
by the octets that iperf3 received. Kanmon judges every flow by an access rule and observes it.
Medians of the rounds; ratios are openvpn / kanmon, so more than 1 means that Kanmon needs less.
Results are appended to bench/history.csv.

Usage: bench/ruler.py [--rounds 3] [--seconds 4] [--connects 200] [--no-history]
"""
import argparse
import csv
import datetime
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("KANMON_BIN", str(ROOT / "build/bench/bin"))
sys.path.insert(0, str(ROOT / "tests/interop"))
from lab import BIN, Network, until  # noqa: E402

SERVER_TUNNEL = "10.8.0.1"
TUNNEL6 = "fd08::"
SERVER_TUNNEL6 = "fd08::1"
SERVER = "10.66.0.1"


def cpu_seconds(pids):
    """By the processes' own clocks (clock_getcpuclockid(3)): /proc counts hundredths of a second,
    which is too coarse for a few hundred connects."""
    scheduler_clock = 2
    return sum(time.clock_gettime(~pid << 3 | scheduler_clock) for pid in pids)


def built_from():
    """The commit, with a + when the work tree differs from it. Asked before anything runs."""
    def git(*words):
        return subprocess.run(("git", "-C", str(ROOT), *words), capture_output=True,
                              text=True).stdout.strip()
    changed = git("status", "--porcelain", "--untracked-files=no", "--", "src", "bench")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


BUILT_FROM = built_from()


def resident_kilobytes(pids):
    return sum(int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1))
               for pid in pids)


class Bench:
    """Namespaces a (server) and b (clients); one server under test at a time."""

    def __init__(self):
        self.network = Network()
        self.a = self.network.namespace("a")
        self.b = self.network.namespace("b")
        inside = self.network.inside
        inside(self.a, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0",
               "netns", self.b)
        for name, address in ((self.a, SERVER), (self.b, "10.66.0.2")):
            inside(name, "ip", "addr", "add", f"{address}/24", "dev", "eth0")
            inside(name, "ip", "link", "set", "eth0", "up")
        self.folder = self.network.folder

    def close(self):
        self.network.close()


class OpenVpnServer:
    name = "openvpn"

    def __init__(self, bench, tcp=False, *, clients=2000):
        self.bench = bench
        folder = bench.folder
        make_pki(folder)
        self.transport = "tcp4-client" if tcp else "udp4"
        config = folder / "server.conf"
        config.write_text(f"""port 1194
proto {"tcp4-server" if tcp else "udp4"}
dev tun
topology subnet
server 10.8.0.0 255.255.192.0
server-ipv6 {TUNNEL6}/112
push "route 172.20.0.0 255.255.0.0"
ca {folder}/ca.crt
cert {folder}/server.crt
key {folder}/server.key
dh none
data-ciphers AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305
duplicate-cn
keepalive 10 60
persist-tun
verb 1
max-clients {clients}
disable-dco
""")
        self.process = bench.network.start(bench.a, "openvpn", "--config", str(config),
                                           log=folder / "openvpn-server.log")
        until("openvpn listens", lambda: "Initialization Sequence" in
              (folder / "openvpn-server.log").read_text(), 20)
        self.profile = self.make_profile("client")

    def make_profile(self, name):
        folder = self.bench.folder
        profile = folder / f"openvpn-{name}.ovpn"
        profile.write_text(f"""client
dev tun
proto {self.transport}
remote {SERVER} 1194
nobind
ca {folder}/ca.crt
cert {folder}/{name}.crt
key {folder}/{name}.key
remote-cert-tls server
verb 1
disable-dco
""")
        return profile

    def profiles(self, count):
        """Each with a certificate of its own."""
        names = [f"client{number}" for number in range(count)]
        for name in names:
            make_certificate(self.bench.folder, name, "clientAuth")
        return [self.make_profile(name) for name in names]

    def online(self):
        """How many clients it lists."""
        log = self.bench.folder / "openvpn-server.log"
        already = len(log.read_text())
        self.process.send_signal(signal.SIGUSR2)  # writes its status to the log
        shown = until("the status", lambda: re.search(
            r"CLIENT LIST(.*)ROUTING TABLE", log.read_text()[already:], re.S), 10)
        return len(re.findall(r"^(?:\S+ \S+ )?client,", shown.group(1), re.M))

    def pids(self):
        return [self.process.pid]

    def stop(self):
        self.bench.network.stop(self.process)


class KanmonServer:
    name = "kanmon"

    def __init__(self, bench, tcp=False, *, clients=2000, more=()):
        self.bench = bench
        folder = bench.folder
        self.state = folder / "kanmon"
        self.process = bench.network.start(
            bench.a, str(BIN / "kanmond"), "--state", str(self.state), "--run", str(folder / "run"),
            "--api", "127.0.0.1:8443", "--public-address", SERVER, *more, log=folder / "kanmond.log")
        key = self.state / "control/root-access-key.json"
        until("the API answers", lambda: key.exists() and
              self.cli(key, "call", "DescribeAccounts", check=False).returncode == 0, 30)
        account = json.loads(self.cli(key, "call", "CreateAccount", "Name=bench").stdout)
        self.key = folder / "key.json"
        self.key.write_text(json.dumps(account))
        vpc = self.call("CreateVpc", CidrBlock="172.20.0.0/16", VpcName="bench")["VpcId"]
        gateway = self.call("CreateVpnGateway", VpcId=vpc, Bandwidth=100000, EnableSsl="true",
                            SslConnections=clients)["VpnGatewayId"]
        until("active", lambda: self.call("DescribeVpnGateway",
                                          VpnGatewayId=gateway)["Status"] == "active", 20)
        server = self.call("CreateSslVpnServer", VpnGatewayId=gateway, ClientIpPool="10.8.0.0/18",
                           LocalSubnet="172.20.0.0/16", Proto="TCP" if tcp else "UDP", Port=1194,
                           Topology="subnet", ClientIpv6Pool=f"{TUNNEL6}/112",
                           LocalSubnet6="fd20::/64")["SslVpnServerId"]
        until("active", lambda: self.call("DescribeVpnGateway",
                                          VpnGatewayId=gateway)["Status"] == "active", 20)
        self.gateway, self.server = gateway, server
        # A rule that forbids something, so that every flow is judged.
        self.call("CreateSslVpnAccessRule", SslVpnServerId=server, Priority=1, Policy="drop",
                  Everybody="true", Protocol="tcp", **{"DestinationCidr.1": "172.20.0.25/32",
                                                       "PortRange.1": "25"})
        self.profile = self.make_profile("client")
        time.sleep(1)

    def make_profile(self, name):
        cert = self.call("CreateSslVpnClientCert", SslVpnServerId=self.server)["SslVpnClientCertId"]
        profile = self.bench.folder / f"kanmon-{name}.ovpn"
        self.cli(self.key, "cert", "bundle", cert, "--format", "ovpn", "--output", str(profile))
        return profile

    def profiles(self, count):
        """Each with a certificate of its own."""
        return [self.make_profile(f"client{number}") for number in range(count)]

    def cli(self, key, *arguments, check=True):
        return self.bench.network.inside(
            self.bench.a, str(BIN / "kanmon"), "--endpoint", "https://127.0.0.1:8443", "--ca",
            str(self.state / "control/api.crt"), "--access-key-file", str(key), "--json",
            *arguments, check=check)

    def call(self, action, **parameters):
        words = [f"{name}={value}" for name, value in parameters.items()]
        return json.loads(self.cli(self.key, "call", action, "RegionId=local", *words).stdout)

    def online(self):
        """How many clients it lists, a page of them at most."""
        listed = self.call("DescribeSslVpnClients", VpnGatewayId=self.gateway, PageSize=50)
        return sum(client["Status"] == "online" for client in listed["ClientInfoList"])

    def pids(self):
        run = self.bench.folder / "run"
        return [int((run / f"{name}.pid").read_text())
                for name in ("kanmond", "broker", "data", "control")]

    def stop(self):
        self.bench.network.stop(self.process)


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(folder, *words):
    subprocess.run(("openssl", *words), cwd=folder, check=True, capture_output=True)


def make_pki(folder):
    if (folder / "ca.crt").exists():
        return
    openssl(folder, "req", "-x509", *NEW_KEY, "-days", "30", "-subj", "/CN=bench-ca",
            "-keyout", "ca.key", "-out", "ca.crt")
    for name, usage in (("server", "serverAuth"), ("client", "clientAuth")):
        make_certificate(folder, name, usage)


def make_certificate(folder, name, usage):
    (folder / f"{name}.ext").write_text(f"extendedKeyUsage={usage}\nkeyUsage=digitalSignature\n")
    openssl(folder, "req", "-new", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key",
            "-out", f"{name}.csr")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.crt")


def connected(log):
    return "Initialization Sequence Completed" in log.read_text(errors="replace")


def connect(bench, server):
    log = bench.folder / f"client-{server.name}.log"
    log.write_text("")
    client = bench.network.start(bench.b, "openvpn", "--config", str(server.profile), "--verb", "3",
                                 "--log-append", str(log))
    until("the client is connected", lambda: connected(log), 30)
    return client


def pin(pids, cores):
    """Lets all threads of the processes run on these cores only."""
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(task), cores)


def measure_ping(bench, server, clients=9):
    """Milliseconds, server and client each on a core of its own, as they are on two machines: left
    to the scheduler both are sometimes woken on one core, which makes a ping a third faster by
    luck. Caches move a client's program by a tenth: the median of several programs' medians."""
    cores = sorted(os.sched_getaffinity(0))
    pin(server.pids(), {cores[0]})
    medians = []
    for _ in range(clients):
        client = connect(bench, server)
        pin([client.pid], {cores[-1]})
        shown = bench.network.inside(bench.b, "taskset", "-c", str(cores[-1]), "ping", "-n", "-c",
                                     "100", "-i", "0.02", SERVER_TUNNEL).stdout
        medians.append(statistics.median(map(float, re.findall(r"time=([\d.]+) ms", shown))))
        bench.network.stop(client)
    pin(server.pids(), set(cores))
    return statistics.median(medians)


def carry(bench, server, seconds, *flags, to=SERVER_TUNNEL, at=None):
    """One stream of iperf3 to `to`, which is in the namespace `at` (the server's, if not given)."""
    listener = bench.network.start(at or bench.a, "iperf3", "-s", "-1", "-B", to)
    time.sleep(0.4)
    before = cpu_seconds(server.pids())
    out = bench.network.inside(bench.b, "timeout", str(seconds + 20), "iperf3", "-J", "-c", to,
                               "-t", str(seconds), *flags, timeout=seconds + 30).stdout
    spent = cpu_seconds(server.pids()) - before
    end = json.loads(out)["end"]
    bench.network.stop(listener)
    bench.network.processes.remove(listener)
    octets = end["sum_received"]["bytes"]
    return {"cpu_s_per_gb": spent / (octets / 1e9), "mbit_s": octets * 8 / seconds / 1e6,
            "retransmits": end["sum_sent"].get("retransmits", 0)}


def measure_traffic(bench, server, seconds):
    result = {"ping_ms": measure_ping(bench, server)}
    client = connect(bench, server)
    for direction, flags in (("upload", ()), ("download", ("-R",))):
        carried = carry(bench, server, seconds, *flags)
        result[f"{direction}_cpu_s_per_gb"] = carried["cpu_s_per_gb"]
        result[f"{direction}_mbit_s"] = carried["mbit_s"]
    bench.network.stop(client)
    return result


def measure_connects(bench, server, count):
    before, memory = cpu_seconds(server.pids()), resident_kilobytes(server.pids())
    clients, logs = [], []
    for number in range(count):
        log = bench.folder / f"connect-{server.name}-{number}.log"
        log.write_text("")
        logs.append(log)
        clients.append(bench.network.start(
            bench.b, "openvpn", "--config", str(server.profile), "--dev", "null",
            "--ifconfig-noexec", "--route-noexec", "--verb", "3", "--log-append", str(log)))
    until("all are connected", lambda: all(connected(log) for log in logs), 120, every=0.5)
    result = {"connect_cpu_ms": (cpu_seconds(server.pids()) - before) / count * 1000,
              "memory_kb_per_client": (resident_kilobytes(server.pids()) - memory) / count}
    for client in clients:
        client.kill()
    for client in clients:
        client.wait(5)
    for log in logs:
        log.unlink()
    return result


def measure(kind, options):
    bench = Bench()
    try:
        server = kind(bench)
        result = measure_traffic(bench, server, options.seconds)
        result |= measure_connects(bench, server, options.connects)
        server.stop()
        return result
    finally:
        bench.close()


def keep_history(rows):
    """Appends (row, openvpn, kanmon, ratio, rounds); what has no counterpart there stays empty."""
    path = ROOT / "bench/history.csv"
    fresh = not path.exists()
    with open(path, "a", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        if fresh:
            writer.writerow(("date", "commit", "row", "openvpn", "kanmon", "ratio", "rounds"))
        writer.writerows((datetime.date.today().isoformat(), BUILT_FROM, *row) for row in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connects", type=int, default=200)
    parser.add_argument("--no-history", action="store_true")
    options = parser.parse_args()
    figures = {OpenVpnServer: [], KanmonServer: []}
    for number in range(options.rounds):
        for kind in figures:
            print(f"round {number + 1}: {kind.name}", flush=True)
            figures[kind].append(measure(kind, options))
    rows = []
    print(f"\n{'row':<24}{'openvpn':>12}{'kanmon':>12}{'ratio':>9}   (medians of {options.rounds})")
    for row in figures[OpenVpnServer][0]:
        stock, ours = (statistics.median(one[row] for one in figures[kind])
                       for kind in (OpenVpnServer, KanmonServer))
        ratio = ours / stock if row.endswith("mbit_s") else stock / ours
        print(f"{row:<24}{stock:>12.3f}{ours:>12.3f}{ratio:>8.2f}x")
        rows.append((row, f"{stock:.4f}", f"{ours:.4f}", f"{ratio:.3f}", options.rounds))
    if not options.no_history:
        keep_history(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
