"""A certificate that may not enter: refused with the right reason, told where the protocol can."""
import os
import re
import shutil
import subprocess
from pathlib import Path

from lab import BIN, until


def with_certificate(lab, bundle, certificate, key):
    """The profile with its certificate and key replaced."""
    text = Path(bundle).read_text()
    text = re.sub(r"<cert>.*?</cert>", f"<cert>\n{certificate}</cert>", text, flags=re.S)
    text = re.sub(r"<key>.*?</key>", f"<key>\n{key}</key>", text, flags=re.S)
    changed = lab.network.folder / f"changed-{os.urandom(4).hex()}.ovpn"
    changed.write_text(text)
    return changed


DAY = 86400
LIFETIME = 1095 * DAY


def issue(lab, common_name, made):
    """A certificate of the server's own authority, made that many seconds from now."""
    program = lab.network.folder / "issue_certificate"  # where the store's owner can enter
    shutil.copy(BIN / "issue_certificate", program)
    owner = (lab.network.folder / "state/control").stat()
    shown = subprocess.run(
        [program, lab.network.folder / "state/control", lab.server_id, common_name,
         str(made)], capture_output=True, text=True, check=True, user=owner.st_uid,
        group=owner.st_gid, extra_groups=[]).stdout
    certificate, key = re.match(
        r"(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n)(.*)", shown, re.S).groups()
    return certificate, key


def refused(lab, code):
    return until(f"the server's record says {code}", lambda: [
        line for line in lab.server_log() if code in line], 30)


def test_an_expired_certificate_is_refused_with_its_date(lab):
    bundle = lab.bundle(lab.certificate())
    expired = with_certificate(lab, bundle, *issue(lab, "vsc-expired", -LIFETIME - DAY))
    laptop = lab.laptop().connect(expired, wait=False)
    laptop.wait_log(r"AUTH_FAILED.*certificate expired")
    refused(lab, "certificate_expired")
    assert lab.clients() == []


def test_a_certificate_that_is_not_yet_valid_is_refused_with_its_date(lab):
    bundle = lab.bundle(lab.certificate())
    early = with_certificate(lab, bundle, *issue(lab, "vsc-early", DAY))
    laptop = lab.laptop().connect(early, wait=False)
    laptop.wait_log(r"AUTH_FAILED,certificate not valid before")
    refused(lab, "certificate_not_yet_valid")


def test_a_deleted_certificate_is_refused_as_revoked_and_its_holder_is_told_to_go(lab):
    certificate = lab.certificate()
    bundle = lab.bundle(certificate)
    laptop = lab.laptop().connect(bundle)
    lab.call("DeleteSslVpnClientCert", RegionId="local", SslVpnClientCertId=certificate)
    laptop.wait_log(r"AUTH_FAILED.*certificate revoked", timeout=70)
    laptop.stop()
    laptop.connect(bundle, wait=False)
    laptop.wait_log(r"AUTH_FAILED.*certificate revoked")
    refused(lab, "certificate_revoked")


def test_a_certificate_of_another_authority_is_refused_by_the_tls_alert(lab):
    bundle = lab.bundle(lab.certificate())
    folder = lab.network.folder
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=vsc-foreign",
                    "-addext", "extendedKeyUsage=clientAuth", "-keyout", folder / "foreign.key",
                    "-out", folder / "foreign.crt"], check=True, capture_output=True)
    foreign = with_certificate(lab, bundle, (folder / "foreign.crt").read_text(),
                               (folder / "foreign.key").read_text())
    laptop = lab.laptop().connect(foreign, wait=False)
    laptop.wait_log(r"fatal SSL alert: unknown CA")
    refused(lab, "certificate_foreign")
