"""The two that are compared, in one laboratory: a Kanmon gateway and stock openvpn servers, one for
each transport, configured alike; and a client's namespace with an address in many networks, so
that no limit on what one network may do decides what a sequence sees."""
import ssl
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))
import packets as p  # noqa: E402
from lab import GATEWAY, Lab, sh, until  # noqa: E402

STOCK = "10.99.0.3"
PORT = 1194
SOURCES_MAX = 240

KANMON_SETTINGS = {
    "none": {},
    "tls-auth": {"Wrapping": "tls-auth", "Digest": "SHA1"},
    "tls-crypt": {"Wrapping": "tls-crypt", "Clients": "2.4"},
    "tls-crypt-v2": {"Wrapping": "tls-crypt-v2", "Clients": "2.5"},
}


def client_context(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(folder / "ca.crt")
    context.load_cert_chain(folder / "client.crt", folder / "client.key")
    return context


class Server:
    """What a Talk has to know of either."""

    def __init__(self, name, address, folder, wrapping, client_namespace):
        self.name, self.address, self.folder = name, address, folder
        self.wrapping_name, self.client_namespace = wrapping, client_namespace
        self.ports = {"udp": PORT, "tcp": PORT}

    def tls_context(self):
        return client_context(self.folder)

    def key_text(self):
        return (self.folder / "wrapping.key").read_text()

    def wrapping(self):
        if self.wrapping_name == "none":
            return p.Bare()
        if self.wrapping_name == "tls-crypt-v2":
            return p.TlsCryptV2(self.key_text())
        kind = p.TlsAuth if self.wrapping_name == "tls-auth" else p.TlsCrypt
        return kind(p.static_key(self.key_text()))


class Pair:
    """A gateway and a stock server under the same wrapping."""

    def __init__(self, wrapping):
        self.lab = Lab(connections=200, pool="10.78.0.0/16", ExtraListeners=f"tcp:{PORT}",
                       **KANMON_SETTINGS[wrapping])
        try:
            self.client = self.lab.network.namespace("talk")
            self.lab.network.plug(self.client, "10.99.240.1")
            for network in range(1, SOURCES_MAX):
                self.lab.network.inside(self.client, "ip", "addr", "add",
                                        f"10.99.{network}.7/32", "dev", "eth0")
            self.servers = (self._start_stock(wrapping), self._ask_kanmon(wrapping))
        except BaseException:
            self.close()
            raise
        self.sources = 0

    def next_source(self):
        self.sources = self.sources % (SOURCES_MAX - 1) + 1
        return f"10.99.{self.sources}.7"

    def _ask_kanmon(self, wrapping):
        text = self.lab.bundle(self.lab.certificate()).read_text()
        folder = self._folder("kanmon")
        for name, mark in (("ca.crt", "ca"), ("client.crt", "cert"), ("client.key", "key")):
            (folder / name).write_text(text.split(f"<{mark}>")[1].split(f"</{mark}>")[0])
        if wrapping != "none":
            key = text.split(f"<{wrapping}>")[1].split(f"</{wrapping}>")[0]
            (folder / "wrapping.key").write_text(key)
        return Server("kanmon", GATEWAY, folder, wrapping, self.client)

    def _folder(self, name):
        folder = self.lab.network.folder / name
        folder.mkdir()
        return folder

    def _start_stock(self, wrapping):
        namespace = self.lab.network.namespace("stock")
        self.lab.network.plug(namespace, STOCK)
        folder = self._folder("stock")
        make_authority(folder)
        options = wrapping_options(folder, wrapping)
        for number, proto in enumerate(("udp", "tcp-server")):
            log = folder / f"{proto}.log"
            self.lab.network.start(
                namespace, "openvpn", "--proto", proto, "--port", str(PORT), "--dev", f"tun{number}",
                "--server", f"10.7{number}.0.0", "255.255.0.0", "--topology", "subnet",
                "--ca", str(folder / "ca.crt"), "--cert", str(folder / "server.crt"),
                "--key", str(folder / "server.key"), "--dh", "none", "--keepalive", "10", "60",
                "--cipher", "AES-128-CBC", "--auth", "SHA1", "--duplicate-cn",
                "--connect-freq-initial", "100000", "1", "--verb", "4", *options, log=log)
            until(f"openvpn {proto}", lambda: "Initialization Sequence Completed" in log.read_text(),
                  10)
        return Server("stock", STOCK, folder, wrapping, self.client)

    def logs(self):
        stock = "".join((self.lab.network.folder / f"stock/{proto}.log").read_text()[-4000:]
                        for proto in ("udp", "tcp-server"))
        return self.lab.gateway_log()[-4000:] + stock

    def close(self):
        self.lab.close()


def make_authority(folder):
    """An authority, a server and a client of it, all on P-256 as Kanmon's are."""
    def request(name, *options):
        sh("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
           "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.csr"),
           "-subj", f"/CN={name}", *options)

    sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
       "-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.crt"), "-subj", "/CN=authority",
       "-days", "30")
    for number, (name, purpose) in enumerate((("server", "serverAuth"), ("client", "clientAuth"))):
        request(name)
        extensions = folder / f"{name}.ext"
        extensions.write_text(f"keyUsage=digitalSignature\nextendedKeyUsage={purpose}\n")
        sh("openssl", "x509", "-req", "-in", str(folder / f"{name}.csr"), "-days", "30",
           "-CA", str(folder / "ca.crt"), "-CAkey", str(folder / "ca.key"),
           "-set_serial", str(number + 2), "-extfile", str(extensions),
           "-out", str(folder / f"{name}.crt"))


def wrapping_options(folder, wrapping):
    """The server's options; makes the keys. `wrapping.key` is what a client needs."""
    if wrapping == "none":
        return ()
    client = folder / "wrapping.key"
    if wrapping != "tls-crypt-v2":
        sh("openvpn", "--genkey", "secret", str(client))
        return ("--tls-auth", str(client), "0") if wrapping == "tls-auth" else (
            "--tls-crypt", str(client))
    server = folder / "server-v2.key"
    sh("openvpn", "--genkey", "tls-crypt-v2-server", str(server))
    sh("openvpn", "--tls-crypt-v2", str(server), "--genkey", "tls-crypt-v2-client", str(client))
    return "--tls-crypt-v2", str(server)
