"""More than a certificate: passwords, one-time codes in three ways, tokens, with a stock client."""
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from lab import VPC_HOST, until
from management import Management, base64_of
from staff import PASSWORD, Office


def test_a_password_beside_the_certificate_lets_in_and_a_wrong_one_is_told_why(lab):
    office = Office(lab)
    office.user("anna")
    bundle = lab.bundle(lab.certificate())
    laptop = lab.laptop()
    laptop.connect(bundle, *office.credentials(laptop, "Anna"))
    laptop.ping(VPC_HOST)
    until("the list names the user", lambda: [c["UserName"] for c in lab.clients()] == ["anna"], 10)

    stranger = lab.laptop()
    stranger.connect(bundle, *office.credentials(stranger, "anna", "wrong horse"),
                     "--auth-retry", "none", wait=False)
    stranger.wait_log("AUTH_FAILED,user name, password or code not accepted")
    until("it gives up", lambda: stranger.process.poll() is not None, 20)
    assert stranger.connects() == 0
    lab.log_line("login_refused")

    lab.call("ModifyIDaaSUser", RegionId="local", UserId=office.ids["anna"], Enabled="false")
    laptop.wait_log("AUTH_FAILED", timeout=10)
    until("she is gone", lambda: all(c["Status"] != "online" for c in lab.clients()), 10)


def test_a_user_without_a_certificate_enters_where_the_server_allows_it(lab):
    office = Office(lab, LoginCertificate="false", LoginPassword="true")
    office.user("anna")
    bundle = lab.bundle(lab.certificate())
    assert "<key>" not in bundle.read_text()
    laptop = lab.laptop()
    laptop.connect(bundle, *office.credentials(laptop, "anna"))
    laptop.ping(VPC_HOST)
    stranger = lab.laptop()
    stranger.connect(bundle, *office.credentials(stranger, "nobody"), "--auth-retry", "none",
                     wait=False)
    stranger.wait_log("AUTH_FAILED,user name, password or code not accepted")


def test_a_one_time_code_is_asked_for_by_static_and_dynamic_challenge_and_by_text(lab):
    office = Office(lab)
    for name in ("sara", "dora", "carl"):
        office.user(name, codes=True)
    bundle = lab.bundle(lab.certificate())
    ways = {"sara": ("--static-challenge", "One-time code", "1"), "dora": (),
            "carl": ("--setenv", "IV_SSO", "crtext")}
    for name, options in ways.items():
        laptop = lab.laptop()
        gui = Management(laptop, name, PASSWORD, lambda name=name: office.code(name))
        laptop.connect(bundle, *gui.options(*options), wait=False)
        gui.serve(60, lambda: laptop.connects() >= 1)
        laptop.ping(VPC_HOST)
        assert ("CRV1" in gui.heard) == (name == "dora"), gui.heard
        assert ("CR_TEXT" in gui.heard) == (name == "carl"), gui.heard
        assert gui.asked == (2 if name == "dora" else 1), gui.heard
        laptop.stop()


def test_a_token_saves_asking_at_renegotiations_and_at_a_reconnect(lab):
    office = Office(lab)
    office.user("anna", codes=True)
    laptop = lab.laptop()
    gui = Management(laptop, "anna", PASSWORD, lambda: office.code("anna"))
    laptop.connect(lab.bundle(lab.certificate()), *gui.options("--reneg-sec", "8"), wait=False)
    gui.serve(60, lambda: laptop.connects() >= 1)
    asked = gui.asked
    gui.serve(60, lambda: laptop.log().count("TLS: soft reset") >= 3)
    time.sleep(2)
    laptop.ping(VPC_HOST)
    laptop.process.send_signal(signal.SIGUSR1)
    gui.serve(60, lambda: laptop.connects() >= 2)
    laptop.ping(VPC_HOST)
    assert gui.asked == asked, gui.heard
    assert "AUTH_FAILED" not in laptop.log().split("Initialization Sequence Completed", 1)[1]


def test_a_code_lets_one_of_two_connections_in(lab):
    office = Office(lab)
    office.user("anna", codes=True)
    bundle = lab.bundle(lab.certificate())
    laptops = [lab.laptop() for _ in range(2)]
    code = office.fresh_code("anna")
    answer = f"SCRV1:{base64_of(PASSWORD)}:{base64_of(code)}"

    def attempt(laptop):
        laptop.connect(bundle, *office.credentials(laptop, "anna", answer), "--auth-retry", "none",
                       wait=False)
        until("it is decided", lambda: laptop.connects() or "AUTH_FAILED" in laptop.log(), 60)
        return laptop.connects()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, laptops)) == [0, 1]


def test_after_five_wrong_passwords_the_right_one_has_to_wait(lab):
    office = Office(lab)
    office.user("anna")
    office.user("berta")
    bundle = lab.bundle(lab.certificate())
    laptop = lab.laptop()
    for _ in range(5):
        laptop.connect(bundle, *office.credentials(laptop, "anna", "wrong horse"),
                       "--auth-retry", "none", wait=False)
        laptop.wait_log("AUTH_FAILED,user name, password or code not accepted")
        laptop.stop()
    laptop.connect(bundle, *office.credentials(laptop, "anna"), wait=False)
    laptop.wait_log("too many wrong attempts")
    assert laptop.connects() == 0
    other = lab.laptop()
    other.connect(bundle, *office.credentials(other, "berta"))
    # The client was told when to come back, and does so by itself.
    laptop.wait_connected(timeout=90)


def test_a_recovery_code_lets_in_once_and_a_restart_of_control_forgives_no_guesses(lab):
    office = Office(lab)
    office.user("anna", codes=True)
    codes = lab.call("CreateIDaaSUserRecoveryCodes", RegionId="local",
                     UserId=office.ids["anna"])["RecoveryCodes"]
    bundle = lab.bundle(lab.certificate())
    laptop = lab.laptop()

    def attempt(code):
        answer = f"SCRV1:{base64_of(PASSWORD)}:{base64_of(code)}"
        laptop.connect(bundle, *office.credentials(laptop, "anna", answer), "--auth-retry", "none",
                       wait=False)
        until("it is decided", lambda: laptop.connects() or "AUTH_FAILED" in laptop.log(), 60)
        came_in = laptop.connects() == 1
        said = laptop.log()
        laptop.stop()
        return came_in, said

    assert attempt(codes[0])[0]
    for code in [codes[0]] + ["000000"] * 4:
        assert not attempt(code)[0]
    assert "too many wrong attempts" in attempt(codes[1])[1]
    lab.kill("control")
    until("control is back", lambda: lab.cli("call", "DescribeAccounts", root=True,
                                             check=False).returncode == 0, 30)
    came_in, said = attempt(codes[1])
    assert not came_in and "too many wrong attempts" in said
