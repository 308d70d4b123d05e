"""Access rules and blocked clients, as a stock openvpn and the machines of a VPC see them."""
import re
import time

from lab import VPC_HOST, until

ECHO = """
import socket, sys, threading
listener = socket.create_server(("0.0.0.0", int(sys.argv[1])))
def echo(peer):
    while data := peer.recv(4096):
        peer.sendall(data)
while True:
    threading.Thread(target=echo, args=listener.accept()[:1], daemon=True).start()
"""
# Says how it ended, and after how long.
ONCE = """
import socket, sys, time
began = time.monotonic()
try:
    peer = socket.create_connection((sys.argv[1], int(sys.argv[2])), 10)
    peer.sendall(b"hello")
    print(peer.recv(5).decode(), time.monotonic() - began)
except OSError as error:
    print(type(error).__name__, error.errno, time.monotonic() - began)
"""
TALK = """
import socket, sys, time
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])), 10)
try:
    while True:
        peer.sendall(b"hello")
        if not peer.recv(5): break
        print("talks", flush=True)
        time.sleep(0.1)
except OSError as error:
    print(type(error).__name__, flush=True)
"""


def serve(lab, space, port):
    lab.network.start(space, "/usr/bin/python3", "-c", ECHO, str(port))
    until("the server listens", lambda: f":{port}" in lab.network.inside(
        space, "ss", "-ltn").stdout, 10)


def once(lab, space, address, port):
    said = lab.network.inside(space, "/usr/bin/python3", "-c", ONCE, address, str(port)).stdout.split()
    return said[:-1], float(said[-1])


def limited(lab, laptop_name):
    """The server refuses by default and lets everybody reach port 8000 of one machine."""
    lab.call("ModifySslVpnServer", RegionId="local", SslVpnServerId=lab.server_id,
             AccessDefault="deny")
    made = lab.call("CreateSslVpnAccessRule", SslVpnServerId=lab.server_id, Policy="accept",
                    Everybody="true", Protocol="tcp",
                    **{"DestinationCidr.1": f"{VPC_HOST}/32", "PortRange.1": "8000"})
    until("the rules are in force",
          lambda: once(lab, laptop_name, VPC_HOST, 8001)[0][0] != "hello", 20)
    return made["AccessRuleId"]


def test_a_client_reaches_what_its_rules_allow_and_is_refused_all_else_at_once(lab):
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    for space, port in ((lab.host, 8000), (lab.host, 8001), (laptop.name, 9000)):
        serve(lab, space, port)
    assert once(lab, laptop.name, VPC_HOST, 8001)[0] == ["hello"], "without rules"
    limited(lab, laptop.name)
    assert once(lab, laptop.name, VPC_HOST, 8000)[0] == ["hello"]
    said, seconds = once(lab, laptop.name, VPC_HOST, 8001)
    assert said == ["OSError", "113"] and seconds < 2, (said, seconds)
    assert laptop.ping(check=False).returncode != 0, "ICMP is not TCP"
    assert once(lab, lab.host, laptop.address(), 9000)[0] == ["hello"], "the VPC may begin"
    until("the log names what was refused",
          lambda: any("no rule allows TCP to 172.20.0.10:8001" in line and "access_denied" in line
                      for line in lab.server_log()), 20)
    assert laptop.connects() == 1


def test_a_changed_rule_cuts_a_running_connection_and_leaves_the_client_connected(lab):
    laptop = lab.laptop().connect(lab.bundle(lab.certificate()))
    serve(lab, lab.host, 8000)
    serve(lab, lab.host, 8001)
    rule = limited(lab, laptop.name)
    said = lab.network.folder / "talk.txt"
    lab.network.start(laptop.name, "/usr/bin/python3", "-c", TALK, VPC_HOST, "8000", log=said)
    until("the connection runs", lambda: said.read_text().count("talks") > 5, 20)
    lab.call("ModifySslVpnAccessRule", AccessRuleId=rule, Policy="drop")
    began = time.monotonic()
    until("the connection is cut", lambda: "Error" in said.read_text(), 10)
    assert "ConnectionResetError" in said.read_text(), said.read_text()[-200:]
    assert time.monotonic() - began < 5
    until("the log names the rule",
          lambda: any(f"{rule} refuses TCP to 172.20.0.10:8000" in line
                      for line in lab.server_log()), 20)
    lab.call("ModifySslVpnAccessRule", AccessRuleId=rule, Policy="accept")
    until("it may again", lambda: once(lab, laptop.name, VPC_HOST, 8000)[0] == ["hello"], 20)
    assert laptop.connects() == 1


def test_a_blocked_client_is_told_and_comes_back_by_itself_when_the_time_is_over(lab):
    certificate = lab.certificate()
    laptop = lab.laptop().connect(lab.bundle(certificate))
    other = lab.laptop().connect(lab.bundle(lab.certificate("other")))
    began = time.monotonic()
    lab.call("DisconnectSslVpnClient", SslVpnServerId=lab.server_id, CommonName=certificate,
             BlockMinutes=1)
    laptop.wait_log(r"AUTH_FAILED,TEMP\[backoff \d+,advance no\]:an operator has blocked this client "
                    r"for a while.*until 20", 30)
    lab.log_line("blocked_by_operator")
    laptop.wait_connected(120, count=2)
    assert time.monotonic() - began >= 55
    laptop.ping()
    other.ping()
    assert other.connects() == 1
