"""The log and the meters of a gateway: who came in and who did not, in the familiar words, and what
they carried; what must be in no log; what its processes leave open."""
import json
import os
import re
from pathlib import Path

from lab import BIN, GATEWAY, VPC_HOST, until
from staff import PASSWORD, Staff


def test_success_and_failure_stand_in_the_log_in_the_familiar_words(lab):
    certificate = lab.certificate()
    bundle = lab.bundle(certificate)
    laptop = lab.laptop().connect(bundle)
    lab.log_line(f"[{certificate}] Peer Connection Initiated with [AF_INET]10.99.1.1",
            "primary virtual IP 192.168.0.6")
    lab.log_line("Data Channel: using negotiated cipher 'AES-256-GCM'")
    laptop.stop()
    lab.log_line("SIGTERM[soft,remote-exit] received", "(client_left)")
    lab.call("DeleteSslVpnClientCert", RegionId="local", SslVpnClientCertId=certificate)
    revoked = lab.laptop().connect(bundle, wait=False)
    revoked.wait_log("AUTH_FAILED.*certificate revoked")
    lab.log_line(f"VERIFY ERROR: depth=0, error=certificate revoked: CN={certificate}",
            "(certificate_revoked)")


def test_the_command_line_searches_the_log_and_follows_it(lab):
    certificate = lab.certificate()
    state = lab.network.folder / "state/control"
    follower = lab.network.start(
        lab.gw, str(BIN / "kanmon"), "--endpoint", "https://127.0.0.1:8443",
        "--ca", str(state / "api.crt"), "--access-key-file", str(lab.network.folder / "key.json"),
        "--json", "logs", lab.server_id, "--follow", log=lab.network.folder / "follower.log")

    def followed():
        text = (lab.network.folder / "follower.log").read_text()
        return [json.loads(line) for line in text.splitlines()]

    lab.laptop().connect(lab.bundle(certificate))
    until("it is followed", lambda: [
        row for row in followed() if row["Outcome"] == "connected"
        and row["CommonName"] == certificate and row["Ip"] == "10.99.1.1"], 20)
    numbers = [row["RecordId"] for row in followed()]
    assert numbers == sorted(set(numbers))
    assert follower.poll() is None
    lab.network.stop(follower)
    found = lab.cli("logs", lab.server_id, "--outcome", "negotiated", "--address", "10.99.1.0/24",
                    "--minutes", "10").stdout.splitlines()
    assert [json.loads(line)["Cipher"] for line in found] == ["AES-256-GCM"]


def test_a_finding_says_who_cannot_come_in_and_why_until_it_can_and_healthy_clients_have_none(lab):
    def findings():
        return lab.call("DescribeSslVpnFindings", RegionId="local",
                        VpnGatewayId=lab.gateway_id)["Findings"]["Finding"]

    healthy, unlucky = lab.certificate("healthy"), lab.certificate("unlucky")
    lab.laptop().connect(lab.bundle(healthy)).ping()
    assert findings() == []
    bundle = lab.bundle(unlucky)
    lab.call("DeleteSslVpnClientCert", RegionId="local", SslVpnClientCertId=unlucky)
    refused = lab.laptop().connect(bundle, wait=False)
    refused.wait_log("AUTH_FAILED.*certificate revoked")
    found = until("it is found", findings, 20)
    assert [(row["Code"], row["Subject"], row["Cause"]) for row in found] == [
        ("CERT-EXPIRED", unlucky, "certificate_revoked")]
    assert found[0]["FixAction"] == "CreateSslVpnClientCert"
    assert "10.99." in found[0]["Evidence"]["Evidence"][1]
    shown = lab.cli("findings", "list", lab.gateway_id).stdout
    assert json.loads(shown)["Findings"]["Finding"] == found


def test_a_connection_that_dies_before_tls_is_in_the_log(lab):
    lab.call("ModifySslVpnServer", RegionId="local", SslVpnServerId=lab.server_id, Proto="TCP")
    lab.wait_active()
    stranger = lab.laptop()
    stranger.run("bash", "-c", f"exec 3<>/dev/tcp/{GATEWAY}/1194; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; "
                 "sleep 0.5", timeout=20)
    lab.log_line("10.99.1.1", "the connection does not speak OpenVPN", "(unknown_opcode)")
    stranger.run("bash", "-c", f"exec 3<>/dev/tcp/{GATEWAY}/1194", timeout=20)
    lab.log_line("10.99.1.1", "the connection ended before a first packet")


def metric(page, name, **labels):
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    return sum(int(line.split()[-1]) for line in page.splitlines()
               if line.startswith("kanmon_" + name) and all(word in line for word in wanted))


def test_what_a_client_carries_shows_live_by_minutes_and_to_prometheus_also_after_a_restart(lab):
    certificate = lab.certificate()
    laptop = lab.laptop().connect(lab.bundle(certificate))

    def points(resource, period, **more):
        return lab.call("DescribeVpnMetrics", RegionId="local", ResourceId=resource, Period=period,
                        **more)["Points"]["Point"]

    def carried(resource, **more):
        return sum(point["ReceiveBytes"] for point in points(resource, 60, **more))

    laptop.run("ping", "-n", "-c", "200", "-i", "0.02", "-s", "1000", VPC_HOST, timeout=60)
    least = 200 * 1028
    for resource, more in ((lab.gateway_id, {}), (lab.server_id, {}),
                           (lab.server_id, {"Client": certificate})):
        until(f"{resource} {more} has carried it", lambda: carried(resource, **more) >= least, 10)
        assert carried(resource, **more) < 1.1 * least
    assert max(point["net_rx.rate"] for point in points(lab.server_id, 1)) > 200_000
    last = points(lab.gateway_id, 60)[-1]
    assert last["Connections"] == 1 and last["PoolUsed"] == 1
    assert sum(point["HandshakesDone"] for point in points(lab.gateway_id, 60)) == 1
    before = carried(lab.server_id)
    lab.kill("control")
    until("the API answers again", lambda: lab.cli(
        "call", "DescribeVpcs", "RegionId=local", check=False).returncode == 0, 30)
    until("what was carried is known again", lambda: carried(lab.server_id) >= least, 20)
    assert carried(lab.server_id) < before + 20_000, "counted twice"
    state = lab.network.folder / "state/control"
    page = lab.network.inside(
        lab.gw, "curl", "-s", "--cacert", str(state / "api.crt"), "-H",
        "Authorization: Bearer " + (state / "metrics-token").read_text().strip(),
        "https://127.0.0.1:8443/metrics").stdout
    server = {"gateway": lab.gateway_id, "server": lab.server_id}
    assert metric(page, "server_received_bytes_total{", **server) >= least
    assert metric(page, "server_clients{", **server) == 1
    refused = lab.network.inside(lab.gw, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                                 "--cacert", str(state / "api.crt"),
                                 "https://127.0.0.1:8443/metrics").stdout
    assert refused == "401"
    shown = lab.network.inside(
        lab.gw, str(BIN / "kanmon"), "--ca", str(state / "api.crt"), "--access-key-file",
        str(lab.network.folder / "key.json"), "monitor", lab.gateway_id).stdout
    assert "RX BIT/S" in shown and len(shown.splitlines()) > 1


def test_planted_secrets_are_in_no_log_no_record_and_in_no_file_in_clear(lab):
    """CVE-2024-8474, CVE-2022-33737, CVE-2023-33621."""
    staff = Staff(lab)
    staff.user("anna", codes=True)
    lab.call("ModifySslVpnServer", RegionId="local", SslVpnServerId=lab.server_id,
             EnableMultiFactorAuth="true", IDaaSInstanceId=staff.instance)
    lab.wait_active()
    certificate = lab.certificate()
    bundle = lab.bundle(certificate)
    wrong = "canary-wrong-password-7f3a"
    credentials = lab.network.folder / "credentials"
    for word in (wrong, PASSWORD):
        laptop = lab.laptop()
        credentials.write_text(f"anna\n{word}\n")
        laptop.connect(bundle, "--auth-user-pass", str(credentials), "--auth-retry", "none",
                       wait=False)
        laptop.wait_log("AUTH_FAILED")
        laptop.stop()
    p12 = "Canary-p12-password-91c2"
    words = lab.network.folder / "p12-password"
    words.write_text(p12 + "\n")
    lab.cli("cert", "bundle", certificate, "--format", "p12", "--password-file", str(words),
            "--output", str(lab.network.folder / "out.p12"))
    key = re.search(r"<key>\n-+BEGIN [A-Z ]+-+\n(.*?)\n", bundle.read_text(), re.S).group(1)
    secret = json.loads((lab.network.folder / "key.json").read_text())["AccessKeySecret"]
    planted = [wrong, PASSWORD, p12, key, secret]
    seen = [lab.gateway_log(), "\n".join(lab.server_log())]
    control = lab.child("control")
    seen += [Path(f"/proc/{pid}/{part}").read_bytes().decode(errors="replace")
             for pid in (control, lab.child("data"), lab.child("broker"))
             for part in ("cmdline", "environ")]
    state = lab.network.folder / "state/control"
    for name in ("kanmon.db", "kanmon.db-wal", "log.db", "log.db-wal", "meters.db", "meters.db-wal"):
        if (state / name).exists():
            seen.append((state / name).read_bytes().decode(errors="replace"))
    assert "anna" in "".join(seen) and certificate in "".join(seen), "it was looked in the right place"
    for word in planted:
        assert not any(word in text for text in seen), word
    for name in ("control", "data", "broker"):
        limits = Path(f"/proc/{lab.child(name)}/limits").read_text()
        assert re.search(r"Max core file size +0 +0 ", limits), name


def test_every_descriptor_closes_on_exec_and_only_the_broker_may_execute(lab):
    """CVE-2025-10680, CVE-2006-1629, CVE-2008-3459, CVE-2026-84256; descriptors of 2.6.16."""
    lab.call("ModifySslVpnServer", RegionId="local", SslVpnServerId=lab.server_id, Proto="TCP")
    lab.wait_active()
    lab.laptop().connect(lab.bundle(lab.certificate()))
    close_on_exec = 0o2000000
    for name in ("control", "data", "broker"):
        pid = lab.child(name)
        for number in os.listdir(f"/proc/{pid}/fd"):
            if int(number) <= 2:
                continue
            try:
                info = Path(f"/proc/{pid}/fdinfo/{number}").read_text()
                target = os.readlink(f"/proc/{pid}/fd/{number}")
            except FileNotFoundError:
                continue
            flags = int(re.search(r"flags:\s+(\d+)", info).group(1), 8)
            assert flags & close_on_exec, f"{name}: {number} is {target}"
    for name, mode in (("control", "2"), ("data", "2")):
        for task in Path(f"/proc/{lab.child(name)}/task").iterdir():
            status = (task / "status").read_text()
            assert re.search(r"Seccomp:\s+(\d)", status).group(1) == mode, name
            assert re.search(r"NoNewPrivs:\s+1", status), name
    children = Path(f"/proc/{lab.child('control')}/task/{lab.child('control')}/children")
    assert children.read_text() == "", "control has started something"
