"""Certificates that are revoked, renewed, brought along and handed out while clients work."""
import re
import subprocess
import time
import urllib.parse

from lab import VPC_HOST, until

from test_certificates import refused, with_certificate


def pinging(lab, laptop, count=400, interval=0.02):
    """A ping that goes on for `count` packets; its output when it has ended."""
    return subprocess.Popen(
        ("ip", "netns", "exec", laptop.name, "ping", "-n", "-c", str(count), "-i", str(interval),
         "-W", "5", VPC_HOST), stdout=subprocess.PIPE, text=True)


def online(lab):
    return {client["CommonName"].removeprefix("CN=") for client in lab.clients()
            if client["Status"] == "online"}


def test_a_revoked_certificate_is_gone_within_two_seconds_and_the_other_client_loses_nothing(lab):
    victim, other = lab.certificate("victim"), lab.certificate("other")
    first = lab.laptop().connect(lab.bundle(victim))
    second = lab.laptop().connect(lab.bundle(other))
    first.ping()
    until("both are there", lambda: online(lab) == {victim, other})
    going, staying = pinging(lab, first), pinging(lab, second)
    try:
        time.sleep(1)
        lab.call("DeleteSslVpnClientCert", RegionId="local", SslVpnClientCertId=victim)
        before = time.monotonic()
        until("the holder is gone", lambda: victim not in online(lab), 30)
        took = time.monotonic() - before
        said = staying.communicate(timeout=120)[0]
        lost = going.communicate(timeout=120)[0]
    finally:
        for process in (going, staying):
            if process.poll() is None:
                process.kill()
    print(f"gone after {took:.2f} s")
    assert took < 2, took
    assert re.search(r" 0% packet loss", said), said
    assert not re.search(r" 0% packet loss", lost), lost
    assert online(lab) == {other}
    assert second.connects() == 1


def test_a_renewed_certificate_goes_on_for_its_overlap_and_then_ends_by_itself(lab):
    certificate = lab.certificate()
    old = lab.bundle(certificate)
    kept = lab.network.folder / "old.ovpn"
    kept.write_text(old.read_text())
    lab.cli("cert", "renew", certificate, "--overlap", "25")
    began = time.monotonic()
    first = lab.laptop().connect(kept)
    second = lab.laptop().connect(lab.bundle(certificate))
    assert time.monotonic() - began < 20, "too slow to see the overlap"
    staying = pinging(lab, second, count=1500)
    try:
        first.ping()
        first.wait_log(r"AUTH_FAILED.*certificate revoked", timeout=70)
        said = staying.communicate(timeout=120)[0]
    finally:
        if staying.poll() is None:
            staying.kill()
    assert time.monotonic() - began > 20
    assert re.search(r" 0% packet loss", said), said
    first.stop()
    first.connect(kept, wait=False)
    refused(lab, "certificate_revoked")


def openssl(lab, *words):
    subprocess.run(("openssl", *words), check=True, capture_output=True, cwd=lab.network.folder)


def their_authority(lab):
    folder = lab.network.folder
    openssl(lab, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "30", "-subj", "/CN=Their CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout", "their.key", "-out", "their.crt")
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\ncrlnumber=number\n"
        "certificate=their.crt\nprivate_key=their.key\ndefault_md=sha256\ndefault_days=20\n"
        "new_certs_dir=.\npolicy=p\ndefault_crl_days=7\nx509_extensions=client\n"
        "[p]\ncommonName=supplied\n"
        "[client]\nextendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\n")
    for name, text in (("index.txt", ""), ("serial", "1000\n"), ("number", "01\n")):
        (folder / name).write_text(text)


def signed_there(lab, name):
    """A certificate and key that never came near the gateway."""
    openssl(lab, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    openssl(lab, "ca", "-batch", "-config", "ca.cnf", "-notext", "-in", f"{name}.csr", "-out",
            f"{name}.crt")
    folder = lab.network.folder
    return (folder / f"{name}.crt").read_text(), (folder / f"{name}.key").read_text()


def test_an_authority_of_ones_own_signs_elsewhere_and_its_list_revokes(lab):
    folder = lab.network.folder
    their_authority(lab)
    lab.cli("ca", "import", lab.server_id, "--certificate-file", str(folder / "their.crt"))
    lab.wait_active()
    profile = folder / "profile.ovpn"
    lab.cli("ca", "profile", lab.server_id, "--output", str(profile))
    text = profile.read_text().replace("cert client.crt\n", "<cert>\n</cert>\n")
    profile.write_text(text.replace("key client.key\n", "<key>\n</key>\n"))
    first = lab.laptop().connect(with_certificate(lab, profile, *signed_there(lab, "anna")))
    second = lab.laptop().connect(with_certificate(lab, profile, *signed_there(lab, "bert")))
    first.ping()
    second.ping()
    openssl(lab, "ca", "-config", "ca.cnf", "-revoke", "anna.crt")
    openssl(lab, "ca", "-config", "ca.cnf", "-gencrl", "-out", "list.pem")
    lab.cli("ca", "crl", lab.server_id, "--file", str(folder / "list.pem"))
    first.wait_log(r"AUTH_FAILED.*certificate revoked", timeout=70)
    second.ping()
    assert online(lab) == {"bert"}


def test_an_imported_authority_with_its_key_signs_bundles_that_connect(lab):
    folder = lab.network.folder
    certificate = lab.certificate()
    their_authority(lab)
    shown = lab.cli("ca", "import", lab.server_id, "--certificate-file", str(folder / "their.crt"),
                    "--key-file", str(folder / "their.key"))
    assert '"ReissuedCerts":1' in shown.stdout, shown.stdout
    lab.wait_active()
    bundle = lab.bundle(certificate)
    assert (folder / "their.crt").read_text() in bundle.read_text()
    lab.laptop().connect(bundle).ping()
    rows = lab.call("DescribeSslVpnClientCerts", RegionId="local", BundleState="current")
    assert [row["SslVpnClientCertId"] for row in
            rows["SslVpnClientCertKeys"]["SslVpnClientCertKey"]] == [certificate]


def test_a_link_gives_the_bundle_once_and_its_token_is_in_no_log(lab):
    certificate = lab.certificate()
    made = lab.call("CreateSslVpnClientCertLink", RegionId="local", SslVpnClientCertId=certificate,
                    Format="ovpn")
    url = "https://127.0.0.1:8443" + made["Path"]
    trust = ("--cacert", str(lab.network.folder / "state/control/api.crt"))
    fetch = ("curl", "-sS", "-D", "-", *trust)
    page = lab.network.inside(lab.gw, *fetch, url).stdout
    assert "200 OK" in page and "<form method=" in page and "frame-ancestors 'none'" in page, page
    bundle = lab.network.folder / "linked.ovpn"
    lab.network.inside(lab.gw, "curl", "-sSf", *trust, "-X", "POST", "-o", str(bundle), url)
    again = lab.network.inside(lab.gw, *fetch, "-X", "POST", url).stdout
    assert "404 Not Found" in again, again
    lab.laptop().connect(bundle).ping()
    token = urllib.parse.urlparse(url).path.rsplit(".", 1)[1]
    until("the download is logged", lambda: "bundle downloaded" in lab.gateway_log())
    assert token not in lab.gateway_log()
    for path in (lab.network.folder / "state").rglob("*"):
        assert not path.is_file() or token.encode() not in path.read_bytes(), path


def test_a_pkcs12_with_its_configuration_connects(lab):
    certificate = lab.certificate()
    folder = lab.network.folder / certificate
    folder.mkdir()
    (folder / "password").write_text("correct horse\n")
    lab.cli("cert", "bundle", certificate, "--format", "p12-zip", "--password-file",
            str(folder / "password"), "--output", str(folder / "bundle.zip"))
    subprocess.run(("python3", "-m", "zipfile", "-e", "bundle.zip", "."), cwd=folder, check=True)
    assert (folder / "README.zh-CN.txt").exists()
    lab.laptop().connect(folder / "config.ovpn", "--cd", str(folder), "--askpass",
                         str(folder / "password")).ping()
