"""An identity source with users of its own, their passwords and one-time codes."""
import base64
import hashlib
import hmac
import json
import re
import struct
import time

PASSWORD = "correct horse"


class Staff:
    """Users in an identity source of the laboratory's account; no server asks it yet."""

    def __init__(self, lab):
        self.lab = lab
        self.instance = lab.call("CreateIDaaSInstance", RegionId="local",
                                 Name="staff")["IDaaSInstanceId"]
        self.secrets = {}
        self.ids = {}

    def user(self, name, codes=False):
        secret = self.lab.network.folder / "password.txt"
        secret.write_text(PASSWORD + "\n")
        made = json.loads(self.lab.cli("user", "create", "--idaas", self.instance, "--name", name,
                                       "--password-file", str(secret)).stdout)
        self.ids[name] = made["UserId"]
        if codes:
            uri = self.lab.call("EnrolIDaaSUserTotp", RegionId="local",
                                UserId=made["UserId"])["OtpauthUri"]
            secret = re.search(r"secret=([A-Z2-7]+)", uri).group(1)
            self.secrets[name] = base64.b32decode(secret + "=" * (-len(secret) % 8))
        return name

    def code(self, name):
        """RFC 6238, computed independently of the gateway."""
        counter = struct.pack(">Q", int(time.time()) // 30)
        digest = hmac.new(self.secrets[name], counter, hashlib.sha1).digest()
        at = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 10**6:06}"


class Office(Staff):
    """Staff whom the laboratory's server asks."""

    def __init__(self, lab, **server):
        super().__init__(lab)
        settings = server or {"EnableMultiFactorAuth": "true"}
        lab.call("ModifySslVpnServer", RegionId="local", SslVpnServerId=lab.server_id,
                 IDaaSInstanceId=self.instance, **settings)
        lab.wait_active()

    def fresh_code(self, name):
        """A code that nobody has used: of a step that has just begun."""
        time.sleep(30 - time.time() % 30 + 0.5)
        return self.code(name)

    def credentials(self, laptop, name, password=PASSWORD):
        path = self.lab.network.folder / f"login-{laptop.number}.txt"
        path.write_text(f"{name}\n{password}\n")
        path.chmod(0o600)
        return ("--auth-user-pass", str(path))
