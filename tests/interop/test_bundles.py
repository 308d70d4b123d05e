"""Bundles in the hands of Debian's own openvpn (2.6). Older and newer clients: docs/compatibility.md."""
import re
import zipfile

from lab import VPC_CIDR, until

MANY = ",".join(f"20.{i // 250}.{i % 250}.0/24" for i in range(450))
SERVERS = {
    "as the original's": {},
    "of old clients": {"Clients": "2.3", "LocalSubnet": MANY},
    "of several places": {"Clients": "2.3", "ExtraListeners": "tcp:443,udp:1195",
                          "Ipv6Listen": "true", "Compress": "true", "TunMtu": "1400"},
    "without direction": {"Wrapping": "tls-auth", "KeyDirection": "false"},
    "of tls-crypt": {"Clients": "2.4"},
    "of tls-crypt-v2": {"Clients": "2.5"},
    "with a login": {"LoginPassword": "true", "LoginCode": "true", "TokenSeconds": 3600},
    "without certificates": {"LoginPassword": "true", "LoginCertificate": "false"},
    "in clear": {"Cipher": "none", "AllowUnencrypted": "true", "Digest": "SHA512"},
}


def loads(lab, laptop, folder, config):
    """Read in full and held before the first packet: what is wrong in it shows before that."""
    log = folder / f"{config}.log"
    client = lab.network.start(laptop.name, "openvpn", "--cd", str(folder), "--config", config,
                               "--dev", "null", "--management", "127.0.0.1", "7505",
                               "--management-hold", "--management-query-passwords", log=log)
    try:
        until(f"{config} is read", lambda: "Need hold release" in log.read_text()
              or client.poll() is not None, 30)
        text = log.read_text()
        assert "Need hold release" in text, text
        assert not re.search("is ignored by previous|Unrecognized option", text), text
    finally:
        lab.network.stop(client)
        lab.network.processes.remove(client)


def test_every_bundle_loads(lab):
    lab.call("DeleteSslVpnServer", RegionId="local", SslVpnServerId=lab.server_id)
    users = lab.call("CreateIDaaSInstance", RegionId="local", Name="staff")["IDaaSInstanceId"]
    laptop = lab.laptop()
    for name, settings in SERVERS.items():
        if "LoginPassword" in settings:
            settings = {**settings, "IDaaSInstanceId": users}
        made = lab.call("CreateSslVpnServer", **{
            "RegionId": "local", "VpnGatewayId": lab.gateway_id, "ClientIpPool": "192.168.0.0/24",
            "LocalSubnet": VPC_CIDR, "Name": name, **settings})
        lab.server_id = made["SslVpnServerId"]
        certificate = lab.certificate()
        folder = lab.network.folder / certificate
        folder.mkdir()
        for form in ("ovpn", "zip"):
            lab.cli("cert", "bundle", certificate, "--format", form,
                    "--output", str(folder / f"bundle.{form}"))
        with zipfile.ZipFile(folder / "bundle.zip") as archive:
            archive.extractall(folder)
        detail = lab.call("DescribeSslVpnClientCert", RegionId="local",
                          SslVpnClientCertId=certificate)
        (folder / "api.ovpn").write_text(detail["ClientConfig"])
        for config in ("bundle.ovpn", "config.ovpn", "api.ovpn"):
            loads(lab, laptop, folder, config)
        lab.call("DeleteSslVpnServer", RegionId="local", SslVpnServerId=lab.server_id)
