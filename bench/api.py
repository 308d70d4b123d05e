#!/usr/bin/python3
"""How many signed calls the control process answers, and what they cost.

Starts one kanmon-control in a folder of its own with an account that has CERTIFICATES client
certificates, then calls reads and durable mutations over HTTPS from eight connections, each call
signed anew. Client and server share the machine. Results go to bench/history.csv.

Usage: bench/api.py [--certificates 10000] [--reads 60000] [--mutations 3000] [--no-history]
"""
import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bench"))
from ruler import BIN, cpu_seconds, keep_history, resident_kilobytes  # noqa: E402

CONNECTIONS = 8
REGION = "RegionId=local"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Control:
    """kanmon-control alone: no data process is there, so that gateways stay `provisioning`."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kanmon-api-"))
        self.endpoint = f"https://127.0.0.1:{free_port()}"
        self.key_file = self.folder / "key.json"
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            (BIN / "kanmon-control", "--state", self.folder / "control", "--bridge",
             self.folder / "bridge", "--api", self.endpoint.removeprefix("https://"),
             "--api-rate", "1000000", "--api-burst", "1000000",
             "--public-address", "203.0.113.1", "--data-uid", "0", "--allow-root"),
            stdout=self.log, stderr=self.log)
        root_key = self.folder / "control/root-access-key.json"
        for _ in range(200):
            time.sleep(0.05)
            if root_key.exists() and self.call("DescribeAccounts", key=root_key) is not None:
                break
        else:
            raise SystemExit(f"kanmon-control did not start: {self.folder}/log")
        self.key_file.write_text(json.dumps(self.call("CreateAccount", "Name=bench", key=root_key)))

    def call(self, action, *words, key=None):
        """The answer, or nothing when it is a refusal."""
        done = subprocess.run(
            (BIN / "kanmon", "--endpoint", self.endpoint, "--ca", self.folder / "control/api.crt",
             "--access-key-file", key or self.key_file, "--json", "call", action, *words),
            capture_output=True, text=True)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def load(self, count, action, *words):
        before = cpu_seconds([self.process.pid])
        done = subprocess.run(
            (BIN / "api_load", "--endpoint", self.endpoint, "--ca",
             self.folder / "control/api.crt", "--access-key-file", self.key_file, "--connections",
             str(CONNECTIONS), "--count", str(count), action, *words),
            capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{action}: {done.stdout}{done.stderr}")
        result = json.loads(done.stdout)
        result["server_cpu_ms"] = (cpu_seconds([self.process.pid]) - before) / count * 1000
        print(f"{action:32} {result['per_second']:9.0f} a second, p50 {result['p50_ms']:.2f} ms, "
              f"p99 {result['p99_ms']:.2f} ms, most {result['most_ms']:.0f} ms, "
              f"{result['server_cpu_ms']:.3f} ms of the server's CPU each", flush=True)
        return result

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
        shutil.rmtree(self.folder)


def make_resources(control):
    vpc = control.call("CreateVpc", REGION, "CidrBlock=10.0.0.0/8")["VpcId"]
    gateway = control.call("CreateVpnGateway", REGION, f"VpcId={vpc}", "Bandwidth=1000",
                           "EnableSsl=true", "SslConnections=1000")["VpnGatewayId"]
    server = control.call("CreateSslVpnServer", REGION, f"VpnGatewayId={gateway}",
                          "ClientIpPool=192.168.0.0/20", "LocalSubnet=10.1.0.0/16")["SslVpnServerId"]
    return gateway, server


def measure(control, asked):
    gateway, server = make_resources(control)
    made = control.load(asked.certificates, "CreateSslVpnClientCert", REGION,
                        f"SslVpnServerId={server}", "Name=laptop-{}", "ClientToken=token-{}")
    one = control.call("DescribeSslVpnClientCerts", REGION, f"SslVpnServerId={server}",
                       "Name=laptop-77")["SslVpnClientCertKeys"]["SslVpnClientCertKey"][0]
    certificate = one["SslVpnClientCertId"]
    reads = [
        control.load(asked.reads // 4, "DescribeVpnGateway", REGION, f"VpnGatewayId={gateway}"),
        control.load(asked.reads // 4, "DescribeSslVpnServers", REGION, f"VpnGatewayId={gateway}"),
        control.load(asked.reads // 4, "DescribeSslVpnClientCert", REGION,
                     f"SslVpnClientCertId={certificate}"),
        control.load(asked.reads // 4, "DescribeSslVpnClientCerts", REGION,
                     f"SslVpnServerId={server}", "PageNumber=100", "PageSize=10")]
    renamed = control.load(asked.mutations, "ModifySslVpnClientCert", REGION,
                           f"SslVpnClientCertId={certificate}", "Name=laptop-{}")
    return {"api_reads_per_second": 4 / sum(1 / read["per_second"] for read in reads),
            "api_slowest_read_per_second": min(read["per_second"] for read in reads),
            "api_creations_per_second": made["per_second"],
            "api_mutations_per_second": renamed["per_second"],
            "api_most_ms": max(r["most_ms"] for r in (made, renamed, *reads)),
            "api_resident_kb": resident_kilobytes([control.process.pid])}


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--certificates", type=int, default=10_000)
    asked.add_argument("--reads", type=int, default=60_000)
    asked.add_argument("--mutations", type=int, default=3_000)
    asked.add_argument("--no-history", action="store_true")
    asked = asked.parse_args()
    control = Control()
    try:
        result = measure(control, asked)
    finally:
        control.close()
    for name, value in result.items():
        print(f"{name:32} {value:12.1f}")
    if not asked.no_history:
        keep_history([(name, "", f"{value:.1f}", "", 1) for name, value in result.items()])


if __name__ == "__main__":
    main()
