"""tls-auth, tls-crypt and tls-crypt-v2 with Debian's own openvpn (2.6): a renegotiation under ping,
and what the operator hears of a client whose key does not fit."""
import re
from contextlib import contextmanager
from pathlib import Path

from lab import VPC_HOST, Lab, until


@contextmanager
def lab_with(**server):
    lab = Lab(RenegotiateSeconds=12, **server)
    try:
        yield lab
    except BaseException:
        print(lab.gateway_log()[-6000:])
        raise
    finally:
        lab.close()


def survives_renegotiations(wrapping_in_log, **server):
    with lab_with(**server) as lab:
        bundle = lab.bundle(lab.certificate())
        laptop = lab.laptop().connect(bundle, "--verb", "4", "--reneg-sec", "0")
        assert re.search(wrapping_in_log, laptop.log()), laptop.log()[:3000]
        shown = laptop.run("ping", "-n", "-i", "0.1", "-c", "300", "-W", "2", VPC_HOST,
                           timeout=90).stdout
        assert " 0% packet loss" in shown, shown[-300:]
        until("two renegotiations, started by the gateway",
              lambda: laptop.log().count("Control Channel: TLSv1.3") >= 3, 40)
        laptop.ping(VPC_HOST)
        assert laptop.connects() == 1, laptop.log()[-3000:]
        for complaint in ("Authenticate/Decrypt packet error", "bad packet ID", "TLS Error"):
            assert complaint not in laptop.log(), laptop.log()[-3000:]
        assert "dyn-tls-crypt" in laptop.log()


def test_tls_auth_with_sha1_and_key_direction_survives_renegotiations():
    survives_renegotiations(r"Control Channel Authentication: using .* 160 bit message hash 'SHA1'|"
                            r"Using 160 bit message hash 'SHA1' for HMAC authentication",
                            Wrapping="tls-auth", Digest="SHA1")


def test_tls_auth_with_sha256_and_without_key_direction_survives_renegotiations():
    survives_renegotiations(r"Using 256 bit message hash 'SHA256' for HMAC authentication",
                            Wrapping="tls-auth", Digest="SHA256", KeyDirection="false")


def test_tls_crypt_survives_renegotiations():
    survives_renegotiations(r"Control Channel Encryption: Cipher 'AES-256-CTR'",
                            Wrapping="tls-crypt", Clients="2.4")


def test_tls_crypt_v2_survives_renegotiations():
    survives_renegotiations(r"Control Channel Encryption: Cipher 'AES-256-CTR'",
                            Wrapping="tls-crypt-v2", Clients="2.5")


def test_tls_crypt_v2_survives_renegotiations_over_tcp():
    survives_renegotiations(r"Control Channel Encryption: Cipher 'AES-256-CTR'|"
                            r"Outgoing Control Channel", Wrapping="tls-crypt-v2", Clients="2.5",
                            Proto="TCP")


def test_tls_auth_survives_renegotiations_over_tcp():
    survives_renegotiations(r"hash 'SHA256' for HMAC authentication", Wrapping="tls-auth",
                            Digest="SHA256", Proto="TCP")


def test_a_wrong_key_direction_is_named_to_the_operator_and_the_client_hears_nothing():
    with lab_with(Wrapping="tls-auth") as lab:
        bundle = Path(lab.bundle(lab.certificate()))
        wrong = bundle.with_name("wrong-direction.ovpn")
        text = re.sub(r"^key-direction 1$", "key-direction 0", bundle.read_text(), flags=re.M)
        assert "key-direction 0" in text
        wrong.write_text(text)
        laptop = lab.laptop().connect(wrong, wait=False)
        until("the server's record names it", lambda: [
            line for line in lab.server_log()
            if "wrapping_mismatch" in line and "key-direction is wrong" in line], 30)
        assert lab.clients() == []
        assert "TLS: Initial packet" not in laptop.log()
