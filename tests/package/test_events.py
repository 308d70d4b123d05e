"""Events of an installation reach syslog and a webhook, through a refusal and a restart, once each."""
import hashlib
import hmac
import json
import os
import socket
import subprocess
import time
from pathlib import Path

from host import Service
from operator_calls import call, install, make_a_server

SECRET = "5ecret-of-an-operator-0123456789"
SETTINGS = """
[events]
syslog = true
syslog_socket = "/tmp/log"
webhook_url = "https://localhost:9443/hook?team=net"
webhook_secret_file = "/etc/kanmon/webhook.secret"
webhook_ca_file = "/etc/kanmon/webhook-ca.crt"
webhook_private_networks = ["127.0.0.0/8"]
"""


def make_certificate(host, name, *words):
    host.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "10",
             "-subj", f"/CN={name}", "-keyout", f"/etc/kanmon/{name}.key", "-out", f"/etc/kanmon/{name}.crt", *words)


def wait_until(holds, seconds=40):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := holds():
            return value
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def posts(host):
    path = host.path("/tmp/posts")
    return [json.loads(line) for line in open(path, encoding="utf-8")] if os.path.exists(path) else []


def lines(collector):
    found = []
    while True:
        try:
            found.append(collector.recv(8192).decode())
        except BlockingIOError:
            return found


def end_control(host):
    """kanmond starts another, which looks at once for what ends soon."""
    pid = open(host.path("/run/kanmon/control.pid"), encoding="utf-8").read()
    os.kill(int(pid), 9)
    wait_until(lambda: os.path.exists(host.path("/run/kanmon/control.pid"))
               and open(host.path("/run/kanmon/control.pid"), encoding="utf-8").read() not in ("", pid))


def test_reach_syslog_and_a_webhook_through_a_refusal_and_a_restart_once_each(host, package):
    install(host, package)
    make_certificate(host, "webhook-ca", "-addext", "subjectAltName=DNS:localhost")
    make_certificate(host, "own-ca", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    with open(host.path("/etc/kanmon/webhook.secret"), "w", encoding="utf-8") as out:
        out.write(SECRET + "\n")
    os.chmod(host.path("/etc/kanmon/webhook.secret"), 0o600)
    settings = Path(host.path("/etc/kanmon/kanmond.toml"))
    settings.write_text(settings.read_text().replace("\n[events]\n", SETTINGS))
    collector = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    collector.bind(host.path("/tmp/log"))
    os.chmod(host.path("/tmp/log"), 0o666)
    collector.setblocking(False)
    hook = subprocess.Popen(host.words("/usr/bin/python3", str(Path(__file__).parent / "hook.py"),
                                       "/etc/kanmon/webhook-ca.crt", "/etc/kanmon/webhook-ca.key", "/tmp/posts"))
    service = Service(host)
    try:
        server = make_a_server(host)
        call(host, "ca", "import", server, "--certificate-file", "/etc/kanmon/own-ca.crt", "--key-file",
             "/etc/kanmon/own-ca.key", key="/root/acme.json")
        end_control(host)
        wait_until(lambda: len(posts(host)) >= 2)
        refused, taken = posts(host)[:2]
        assert refused["body"] == taken["body"] and taken["path"] == "/hook?team=net"
        assert refused["headers"]["X-Kanmon-Delivery"] == taken["headers"]["X-Kanmon-Delivery"]
        seconds, tag = (part.split("=")[1] for part in taken["headers"]["X-Kanmon-Signature"].split(","))
        assert hmac.compare_digest(tag, hmac.new(SECRET.encode(), f"{seconds}.{taken['body']}".encode(),
                                                 hashlib.sha256).hexdigest())
        body = json.loads(taken["body"])
        assert body["LostEvents"] == 0
        assert {event["Kind"] for event in body["Events"]} >= {"AuthorityExpiresSoon"}
        assert all(event["SslVpnServerId"] == server for event in body["Events"])
        feed = call(host, "call", "DescribeEvents", key="/root/acme.json")["Events"]["Event"]
        assert [event["EventId"] for event in reversed(feed)] == [event["EventId"] for event in body["Events"]]
        said = wait_until(lambda: lines(collector))
        assert sum("AuthorityExpiresSoon event=" in line for line in said) == 1 and "kanmon[" in said[0]
        service.stop()
        service = Service(host)
        end_control(host)
        time.sleep(4)
        assert len(posts(host)) == 2 and lines(collector) == [], "once each"
        service.stop()
    finally:
        hook.kill()
        hook.wait()
