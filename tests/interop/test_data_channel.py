"""Ciphers, digests and compression framings that a profile can name, with Debian's openvpn (2.6)."""
import re

from lab import VPC_HOST, Lab

BIG = 1300  # octets; a client that compresses does it with these


def passes(lab, laptop, bundle, *options):
    """Connects, has traffic both ways in small and large packets, and leaves."""
    laptop.connect(bundle, *options)
    try:
        laptop.ping(VPC_HOST)
        laptop.run("ping", "-n", "-c", "3", "-i", "0.2", "-W", "2", "-s", str(BIG), VPC_HOST)
        lab.network.inside(lab.host, "ping", "-n", "-c", "2", "-i", "0.2", "-W", "2", "-s", str(BIG),
                           laptop.address())
    except RuntimeError as error:
        raise AssertionError(f"{options}: {error}\n{laptop.log()[-3000:]}") from error
    return laptop


def refused(laptop, bundle, reason, *options):
    """Is told why in its own log, and does not come up."""
    laptop.connect(bundle, *options, wait=False)
    try:
        laptop.wait_log(rf"AUTH_FAILED.*{reason}", timeout=40)
        assert laptop.connects() == 0
    finally:
        laptop.stop()


def test_every_compression_that_a_profile_can_name_passes_traffic_without_compressing(lab):
    bundle, laptop = lab.bundle(lab.certificate()), lab.laptop()
    for options in (("--comp-lzo", "no"), ("--comp-lzo",), ("--comp-lzo", "adaptive"),
                    ("--compress",), ("--compress", "stub"), ("--compress", "stub-v2"),
                    ("--compress", "lz4"), ("--compress", "lz4-v2"), ("--compress", "lzo"),
                    ("--allow-compression", "yes", "--compress", "lz4"),
                    ("--allow-compression", "yes", "--comp-lzo", "yes")):
        passes(lab, laptop, bundle, *options)
        assert "compress stub-v2" in laptop.log(), options
        laptop.stop()


def test_a_profile_without_compression_is_never_told_of_any(lab):
    laptop = passes(lab, lab.laptop(), lab.bundle(lab.certificate()))
    assert not re.search(r"PUSH_REPLY.*comp", laptop.log())


def test_framings_of_clients_that_ignore_what_they_are_pushed_are_answered_in_kind(lab):
    bundle, laptop = lab.bundle(lab.certificate()), lab.laptop()
    ignore = ("--pull-filter", "ignore", "comp")
    for options in (("--comp-lzo", "no"), ("--compress",), ("--compress", "stub-v2")):
        passes(lab, laptop, bundle, *options, *ignore)
        laptop.stop()


def test_a_client_that_insists_on_compression_is_told_so(lab):
    laptop = lab.laptop().connect(
        lab.bundle(lab.certificate()), "--allow-compression", "yes", "--compress", "lz4",
        "--pull-filter", "ignore", "comp", "--auth-retry", "none")
    laptop.ping(VPC_HOST, count=1, check=False)
    laptop.run("ping", "-n", "-c", "15", "-i", "0.2", "-W", "1", "-s", str(BIG), VPC_HOST,
               check=False)
    laptop.wait_log(r"AUTH_FAILED.*compressed packets, which this gateway never does", timeout=20)
    lab.log_line("compressed packets")


def test_the_servers_log_names_the_negotiated_cipher(lab):
    bundle, laptop = lab.bundle(lab.certificate()), lab.laptop()
    for wanted in ("AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305"):
        passes(lab, laptop, bundle, "--data-ciphers", wanted)
        lab.log_line(f"Data Channel: using negotiated cipher '{wanted}'")
        assert lab.clients()[0]["Cipher"] == wanted if "Cipher" in lab.clients()[0] else True
        laptop.stop()


def test_a_profile_that_shares_no_cipher_or_fragments_is_told_so(lab):
    bundle, laptop = lab.bundle(lab.certificate()), lab.laptop()
    refused(laptop, bundle, "no shared cipher", "--data-ciphers", "AES-256-CBC",
            "--cipher", "AES-256-CBC")
    refused(laptop, bundle, "option fragment", "--fragment", "1200")
    passes(lab, laptop, bundle)


def test_the_configured_cipher_and_digest_serve_clients_that_know_nothing_else():
    for cipher, digest in (("AES-256-CBC", "SHA256"), ("AES-192-CBC", "SHA512"),
                           ("AES-128-CBC", "SHA1")):
        made = Lab(Cipher=cipher, Digest=digest, Compress="true")
        try:
            laptop = passes(made, made.laptop(), made.bundle(made.certificate()),
                            "--data-ciphers", cipher)
            assert f"Data Channel: cipher '{cipher}'" in laptop.log()
            assert "'comp-lzo' is present in" not in laptop.log(), "both sides name the framing"
            laptop.stop()
            passes(made, laptop, made.bundle(made.certificate("other")))
            assert "AES-256-GCM" in laptop.log()
        finally:
            made.close()
