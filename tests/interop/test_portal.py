"""The gateway as strangers and their pages find it: what listens, what a page of elsewhere can do, and
names and passwords that other products came with."""
import json
import os
import re
from pathlib import Path

from lab import BIN

API = "https://127.0.0.1:8443"


def listening(lab):
    """(protocol, address and port) of every socket of the gateway's namespace that waits for peers."""
    lines = lab.network.inside(lab.gw, "ss", "-H", "-l", "-n", "-t", "-u", "-w").stdout.splitlines()
    return {(line.split()[0], line.split()[4]) for line in lines}


def answer_of(lab, *request):
    return lab.network.inside(lab.gw, "curl", "-k", "-s", "-m", "10", "-o", "/dev/null", "-w",
                              "%{http_code}", *request).stdout


def standing(lab):
    answers = [lab.call(action, RegionId="local") for action in
               ("DescribeVpnGateways", "DescribeSslVpnServers", "DescribeSslVpnClientCerts")]
    return [{name: value for name, value in answer.items() if name != "RequestId"} for answer in answers]


def test_nothing_but_the_listeners_and_the_api_waits_for_peers(lab):
    """CVE-2021-31604, CVE-2021-31605, CVE-2021-31606, CVE-2018-7544: no management port."""
    assert listening(lab) == {("udp", "0.0.0.0:1194"), ("tcp", "127.0.0.1:8443")}
    ours = {str(path) for path in (lab.network.folder / "run").rglob("*") if path.is_socket()}
    assert ours
    kinds = {line.split()[-1]: line.split()[4] for line in
             Path("/proc/net/unix").read_text().splitlines()[1:] if line.split()[-1] in ours}
    stream = "0001"
    assert stream not in kinds.values(), kinds
    for path in ours:
        status = os.stat(path)
        assert status.st_mode & 0o007 == 0, f"{path} is open to everybody"


def test_a_page_of_elsewhere_changes_nothing_whatever_it_posts(lab):
    """CVE-2018-7544, CVE-2013-2692: a browser inside posts where the page that it shows says."""
    before = standing(lab)
    for body in ("Action=CreateAccount&Name=mallory", '{"Name": "mallory"}', "kill all\r\nsignal SIGTERM\r\n"):
        for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"):
            for path in ("/", "/?Action=DeleteSslVpnServer&SslVpnServerId=" + lab.server_id,
                         "/api/v1/CreateAccount", "/api/v1/DeleteSslVpnServer", "/login"):
                status = answer_of(lab, "-X", "POST", "-H", "Origin: https://page.example",
                                   "-H", f"Content-Type: {kind}", "-H", "Cookie: session=1; token=1",
                                   "--data-binary", body, API + path)
                assert status.startswith("4"), (path, kind, body, status)
    preflight = lab.network.inside(lab.gw, "curl", "-k", "-s", "-i", "-m", "10", "-X", "OPTIONS",
                                   "-H", "Origin: https://page.example",
                                   "-H", "Access-Control-Request-Method: POST", API + "/").stdout
    assert "access-control" not in preflight.lower() and "set-cookie" not in preflight.lower()
    assert standing(lab) == before
    assert [row["Name"] for row in lab.call("DescribeAccounts", root=True)["Accounts"]["Account"]
            if row["Name"] == "mallory"] == []


WELL_KNOWN = [(name, password) for name in ("admin", "root", "kanmon", "administrator", "test", "support")
              for password in ("admin", "root", "kanmon", "password", "123456", "changeme", "test", "")]


def test_no_name_and_password_that_everybody_knows_opens_anything(lab):
    """CVE-2018-13382, CVE-2020-29583: nothing is there before the operator made it."""
    state = lab.network.folder / "state/control"
    key = json.loads((state / "root-access-key.json").read_text())
    for name, password in WELL_KNOWN:
        for identity in (name, key["AccessKeyId"]):
            guessed = lab.network.folder / "guessed.json"
            guessed.write_text(json.dumps({"AccessKeyId": identity, "AccessKeySecret": password}))
            done = lab.network.inside(
                lab.gw, str(BIN / "kanmon"), "--endpoint", API, "--ca", str(state / "api.crt"),
                "--access-key-file", str(guessed), "call", "DescribeAccounts", check=False)
            assert done.returncode != 0, (identity, password)
        bearer = password or name
        assert answer_of(lab, "-H", f"Authorization: Bearer {bearer}", "-H",
                         "Content-Type: application/json", "-d", "{}",
                         API + "/api/v1/DescribeAccounts") in ("400", "401", "403", "429")
    assert lab.call("DescribeAccounts", root=True)["TotalCount"] >= 1


def test_two_installations_share_no_secret_and_the_programs_hold_none(lab):
    """CVE-2018-13382, CVE-2020-29583."""
    made = ("master.key", "api.key", "root-access-key.json", "metrics-token")
    state = lab.network.folder / "state"
    first = state.with_name("first")
    lab.network.stop(lab.kanmond)
    state.rename(first)
    lab.start_gateway()
    for name in made:
        assert (first / "control" / name).read_bytes() != (state / "control" / name).read_bytes(), name
    keys = [json.loads((folder / "control/root-access-key.json").read_text()) for folder in (first, state)]
    for program in ("kanmond", "kanmon-broker", "kanmon-data", "kanmon-control", "kanmon"):
        octets = (BIN / program).read_bytes()
        for key in keys:
            assert key["AccessKeyId"].encode() not in octets, program
        assert not re.search(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/=]{40}", octets), program


def test_no_program_parses_what_another_identity_source_would_say(lab):
    """CVE-2024-3596, CVE-2024-22024, CVE-2026-82843: nothing speaks RADIUS, SAML, OIDC or LDAP, whose answers
    those are about. Who adds one of them takes its library from this list and writes its tests."""
    foreign = ("xml", "expat", "radius", "radcli", "ldap", "jwt", "cjose", "saml", "oauth")
    for program in ("kanmond", "kanmon-broker", "kanmon-data", "kanmon-control", "kanmon"):
        linked = lab.network.inside(lab.gw, "readelf", "-d", str(BIN / program)).stdout
        libraries = re.findall(r"NEEDED.*\[(.*)\]", linked)
        assert libraries, program
        assert not [name for name in libraries if any(word in name for word in foreign)], program
    kinds = lab.call("CreateIDaaSInstance", RegionId="local", Name="directory")
    assert kinds["IDaaSInstanceId"]
