"""kanmond as a program: it starts, restarts and ends the three, and leaves nothing.

The broker is the real one; control and data are stand-ins that note how they were started (but where
a test asks for the real ones). All of it runs in a namespace with this process's id in its name.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest

import broker_wire as wire

BIN = os.environ.get("KANMON_BIN", "build/dev/bin")
OUTER = f"kms{os.getpid()}"
CONTROL_UID, DATA_UID, GROUP = 64242, 64241, 64240

STAND_IN = """#!/usr/bin/python3
import os, signal, socket, sys, time
if "--bridge" in sys.argv and "control" in sys.argv[0]:
    bridge = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    path = sys.argv[sys.argv.index("--bridge") + 1]
    if os.path.exists(path):
        os.unlink(path)
    bridge.bind(path)
while True:
    time.sleep(60)
"""


def run(*words, check=True):
    return subprocess.run(words, check=check, capture_output=True, text=True).stdout


def open_files(pid):
    """What the process has open; what it closes while we look is left out."""
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            yield os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            pass


def wait_until(holds, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = holds()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("it did not come about")


def alive(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module", autouse=True)
def namespace():
    run("ip", "netns", "add", OUTER)
    run("ip", "-n", OUTER, "link", "set", "lo", "up")
    yield
    run("ip", "netns", "del", OUTER, check=False)


class Gateway:
    def __init__(self, folder, real=False):
        self.folder = folder
        self.programs = f"{folder}/bin"
        os.mkdir(self.programs)
        both = ("kanmon-control", "kanmon-data")
        for name in ("kanmond", "kanmon-broker", *(both if real else ())):
            shutil.copy(f"{BIN}/{name}", self.programs)
        for name in () if real else both:
            self.stand_in(name, STAND_IN)
        self.process = None
        self.settings = None  # a file; without one all stands on the command line

    def stand_in(self, name, text):
        """Puts a script where the program is; written beside it, since that one may just be starting."""
        draft = f"{self.programs}/{name}.draft"
        with open(draft, "w") as out:
            out.write(text)
        os.chmod(draft, 0o755)
        os.replace(draft, f"{self.programs}/{name}")

    def words(self, *options, state="state"):
        if self.settings:
            return ["ip", "netns", "exec", OUTER, f"{self.programs}/kanmond", "--config",
                    self.settings, *options]
        return ["ip", "netns", "exec", OUTER, f"{self.programs}/kanmond", "--run",
                f"{self.folder}/run", "--state", f"{self.folder}/{state}", "--public-address",
                "192.0.2.7", *options]

    def write_settings(self, text):
        self.settings = f"{self.folder}/kanmond.toml"
        with open(self.settings, "w") as out:
            out.write(text)
        os.chmod(self.settings, 0o644)

    def arguments(self, pid):
        """Of the child with this pid: the value behind each option."""
        words = open(f"/proc/{pid}/cmdline").read().split("\0")
        return dict(zip(words, words[1:]))

    def start(self, *options, environment=None):
        for name in ("broker", "control", "data"):  # those of one that was killed
            if self.pid(name):
                os.unlink(f"{self.folder}/run/{name}.pid")
        self.log = open(f"{self.folder}/log", "w+")
        leaked = os.open("/dev/zero", os.O_RDONLY)  # a careless parent
        os.set_inheritable(leaked, True)
        self.process = subprocess.Popen(self.words(*options), stderr=self.log, close_fds=False,
                                        env={**os.environ, **(environment or {})})
        os.close(leaked)
        return [wait_until(lambda: self.pid(name)) for name in ("broker", "control", "data")]

    def pid(self, name):
        try:
            return int(open(f"{self.folder}/run/{name}.pid").read())
        except FileNotFoundError:
            return 0

    def started(self, pid, name):
        """True when the child has become its program, as its user."""
        return name in open(f"/proc/{pid}/cmdline").read().replace("kanmond", "")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(15) == 0


@pytest.fixture(params=[False])
def gateway(request):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        one = Gateway(folder, request.param)
        yield one
        one.stop()


with_the_real_programs = pytest.mark.parametrize("gateway", [True], indirect=True)


class ServiceManager:
    """Stands in for systemd: takes what sd_notify says."""

    def __init__(self, path, watchdog_seconds):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.environment = {"NOTIFY_SOCKET": path,
                            "WATCHDOG_USEC": str(int(watchdog_seconds * 1_000_000))}

    def hear(self, seconds):
        """The next words; nothing when none come."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(4096).decode()
        except TimeoutError:
            return ""

    def hear_until(self, word, seconds=15):
        heard = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            heard.append(self.hear(0.2))
            if word in heard[-1]:
                return heard
        raise AssertionError(f"{word} was not said: {heard}")


def notify(path, words):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.sendto(words.encode(), path)


def test_runs_each_as_its_user_without_a_foreign_descriptor(gateway):
    pids = gateway.start("--http-loopback", "8080", "--shards", "3")
    for pid, name, uid in zip(pids, ("broker", "control", "data"), (0, CONTROL_UID, DATA_UID)):
        wait_until(lambda: gateway.started(pid, f"kanmon-{name}"))
        status = dict(line.split(":\t", 1) for line in open(f"/proc/{pid}/status").read().splitlines())
        assert status["Uid"].split() == [str(uid)] * 4, name
        assert status["Gid"].split() == [str(GROUP if uid else 0)] * 4 and not status["Groups"].split()
        assert uid == 0 or int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
        assert os.getpgid(pid) == pid
        assert "/dev/zero" not in open_files(pid)
    own = gateway.process.pid
    for fd in os.listdir(f"/proc/{own}/fdinfo"):
        flags = re.search(r"flags:\s+(\d+)", open(f"/proc/{own}/fdinfo/{fd}").read())
        assert os.readlink(f"/proc/{own}/fd/{fd}") != "/dev/zero"
        assert int(fd) < 3 or int(flags[1], 8) & os.O_CLOEXEC
    control = open(f"/proc/{pids[1]}/cmdline").read().split("\0")
    for pair in (("--data-uid", str(DATA_UID)), ("--http-loopback", "8080"),
                 ("--public-address", "192.0.2.7"), ("--api", "127.0.0.1:8443")):
        assert control[control.index(pair[0]) + 1] == pair[1]
    data = open(f"/proc/{pids[2]}/cmdline").read().split("\0")
    assert data[data.index("--shards") + 1] == "3" and "--uid" not in data
    modes = {path: (os.stat(f"{gateway.folder}/{path}").st_mode & 0o777,
                    os.stat(f"{gateway.folder}/{path}").st_uid)
             for path in ("run", "run/control", "state", "state/control", "state/broker")}
    assert modes == {"run": (0o750, 0), "run/control": (0o750, CONTROL_UID), "state": (0o750, 0),
                     "state/control": (0o700, CONTROL_UID), "state/broker": (0o700, 0)}


def test_restarts_what_dies_and_says_how_it_died(gateway):
    for name, pid in zip(("broker", "control", "data"), gateway.start()):
        os.kill(pid, signal.SIGKILL)
        again = wait_until(lambda: gateway.pid(name) not in (0, pid) and gateway.pid(name))
        assert alive(again)
    log = open(f"{gateway.folder}/log").read()
    assert log.count('end="signal 9 (Killed)"') == 3 and 'again_in_ms="50"' in log


def test_sigterm_ends_all_and_removes_every_trace(gateway):
    pids = gateway.start()
    code = ("import os,sys;sys.path.insert(0,sys.argv[1]);import broker_wire as w;"
            f"os.setgroups([]);os.setgid({GROUP});os.setuid({CONTROL_UID});"
            "print(w.Broker(sys.argv[2]).want(1,[w.server('vss-1','kt1','','192.168.0.1',"
            "'192.168.0.0/24')]))")
    asked = run("/usr/bin/python3", "-c", code, os.path.dirname(__file__),
                f"{gateway.folder}/run/broker.sock")
    assert asked == "\n" and "kt1" in run("ip", "-n", OUTER, "link")
    gateway.process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    assert gateway.process.poll() is None, "a hang-up is no reason to stop"
    gateway.stop()
    assert not any(alive(pid) for pid in pids)
    assert "kt1" not in run("ip", "-n", OUTER, "link")
    assert run("ip", "netns", "exec", OUTER, "nft", "list", "ruleset") == ""
    assert sorted(os.listdir(f"{gateway.folder}/run")) == ["control", "kanmond.lock"]
    assert os.listdir(f"{gateway.folder}/state/broker") == ["broker.lock"]


def test_its_own_sudden_death_orphans_nobody(gateway):
    pids = gateway.start()
    wait_until(lambda: gateway.started(pids[2], "kanmon-data"))
    gateway.process.kill()
    gateway.process.wait()
    wait_until(lambda: not any(alive(pid) for pid in pids), 5)
    assert all(gateway.start()), "and the next one starts"


def test_a_second_one_is_refused(gateway):
    gateway.start()
    second = subprocess.run(gateway.words(), capture_output=True, text=True)
    assert second.returncode == 2 and "another kanmond runs on" in second.stderr


def test_says_what_is_missing(gateway):
    as_nobody = subprocess.run([f"{gateway.programs}/kanmond"], capture_output=True, text=True,
                               preexec_fn=lambda: os.setuid(64299))
    assert as_nobody.returncode == 2 and "sudo kanmond" in as_nobody.stderr
    os.mkdir(f"{gateway.folder}/closed", 0o700)
    closed = subprocess.run(gateway.words(state="closed/state"), capture_output=True, text=True)
    assert closed.returncode == 2 and "cannot enter" in closed.stderr
    os.unlink(f"{gateway.programs}/kanmon-data")
    missing = subprocess.run(gateway.words(), capture_output=True, text=True)
    assert missing.returncode == 2 and "kanmon-data is not beside kanmond" in missing.stderr


SETTINGS = """
[directories]
state = "{folder}/state"
run = "{folder}/run"
[api]
listen = "127.0.0.1:9443"
[gateway]
public_addresses = ["192.0.2.7", "2001:db8::7"]
[data]
shards = 3
[users]
data = "{user}"
"""


def test_takes_its_settings_from_the_file_and_an_option_goes_before(gateway):
    gateway.write_settings(SETTINGS.format(folder=gateway.folder, user="nobody"))
    _, control, data = gateway.start("--api", "127.0.0.1:9444")
    wait_until(lambda: gateway.started(data, "kanmon-data"))
    wait_until(lambda: gateway.started(control, "kanmon-control"))
    said = gateway.arguments(control)
    assert said["--api"] == "127.0.0.1:9444"
    assert said["--public-address"] == "192.0.2.7,2001:db8::7" and said["--tun-queues"] == "3"
    assert gateway.arguments(data)["--shards"] == "3"
    assert os.stat(f"/proc/{data}").st_uid == int(said["--data-uid"]) == 65534, "nobody's number"


def test_settings_that_are_wrong_start_nothing_and_are_all_told(gateway):
    gateway.write_settings(SETTINGS.format(folder=gateway.folder, user="kanmon-nowhere"))
    checked = subprocess.run(gateway.words("--check-config"), capture_output=True, text=True)
    assert checked.returncode == 2 and "adduser --system kanmon-nowhere" in checked.stderr
    gateway.write_settings("[api]\nlissten = 1\n[data]\nshards = 99\n")
    for words in ([], ["--check-config"], ["--print-config"]):
        refused = subprocess.run(gateway.words(*words), capture_output=True, text=True)
        assert refused.returncode == 2 and refused.stdout == ""
        assert f"{gateway.settings}:2: there is no key api.lissten; the nearest is api.listen" in refused.stderr
        assert "data.shards is 99; it must be 0 to 64 threads" in refused.stderr
    gateway.write_settings("")
    os.chmod(gateway.settings, 0o666)
    refused = subprocess.run(gateway.words(), capture_output=True, text=True)
    assert refused.returncode == 2 and "may be written by others" in refused.stderr
    os.chmod(gateway.settings, 0o644)
    assert "in order" in run(*gateway.words("--check-config"))
    assert not os.path.exists(f"{gateway.folder}/run"), "nothing was made"
    settings = run(*gateway.words("--print-config", "--shards", "5"))
    gateway.write_settings(settings)
    assert run(*gateway.words("--print-config")) == settings and "\nshards = 5\n" in settings


def test_the_webhook_and_its_secret_reach_control_on_no_command_line(gateway):
    secret = f"{gateway.folder}/secret"
    with open(secret, "w") as out:
        out.write("0123456789abcdef-secret\n")
    os.chmod(secret, 0o644)
    gateway.write_settings(SETTINGS.format(folder=gateway.folder, user="64241") + f"""
[events]
syslog = true
webhook_url = "https://hooks.example.com/token-in-the-path"
webhook_secret_file = "{secret}"
webhook_private_networks = ["10.0.0.0/8"]
""")
    refused = subprocess.run(gateway.words("--check-config"), capture_output=True, text=True)
    assert refused.returncode == 2 and "may be read by anybody" in refused.stderr
    os.chmod(secret, 0o600)
    gateway.stand_in("kanmon-control", STAND_IN.replace("while True", f"open('{gateway.folder}/run/control/read','w').write(sys.stdin.read())\nwhile True"))
    _, control, _ = gateway.start()
    for _ in range(2):  # and again after it died
        read = f"{gateway.folder}/run/control/read"
        wait_until(lambda: os.path.exists(read) and os.path.getsize(read))
        assert open(read).read() == "https://hooks.example.com/token-in-the-path\n0123456789abcdef-secret"
        words = open(f"/proc/{control}/cmdline").read()
        assert "token-in-the-path" not in words and "-secret" not in words
        assert gateway.arguments(control)["--syslog"] == "/dev/log"
        os.unlink(read)
        os.kill(control, signal.SIGKILL)
        control = wait_until(lambda: gateway.pid("control") not in (0, control) and gateway.pid("control"))
    with open(secret, "w") as out:
        out.write("short")
    refused = subprocess.run(gateway.words("--check-config"), capture_output=True, text=True)
    assert "holds 5 octets; it must hold 16 to 1024" in refused.stderr


def test_a_hang_up_reaches_control_and_nobody_else(gateway):
    broker, control, data = gateway.start()
    stand_in = STAND_IN.replace("while True", "signal.signal(signal.SIGHUP, lambda *_: os._exit(7))\nwhile True")
    for name in ("control", "data"):
        gateway.stand_in(f"kanmon-{name}", stand_in)
    os.kill(control, signal.SIGKILL)
    again = wait_until(lambda: gateway.pid("control") not in (0, control) and gateway.pid("control"))
    wait_until(lambda: int(re.search(r"SigCgt:\s+(\w+)", open(f"/proc/{again}/status").read())[1], 16) & 1)
    gateway.process.send_signal(signal.SIGHUP)
    wait_until(lambda: gateway.pid("control") not in (0, again))
    assert 'end="exit code 7"' in open(f"{gateway.folder}/log").read()
    assert gateway.pid("broker") == broker and gateway.pid("data") == data


def test_tells_the_service_manager_that_it_is_ready_when_control_is_and_that_it_stops(gateway):
    stand_in = STAND_IN.replace("while True", """
def say(*_):
    out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    out.sendto(b"READY=1\\nSTATUS=serves", os.environ["NOTIFY_SOCKET"])
if "WATCHDOG_USEC" in os.environ: sys.exit(9)
signal.signal(signal.SIGHUP, say)
while True""")
    gateway.stand_in("kanmon-control", stand_in)
    manager = ServiceManager(f"{gateway.folder}/systemd", 0.4)
    _, control, data = gateway.start(environment=manager.environment)
    assert "READY" not in "".join(manager.hear_until("WATCHDOG=1")), "control has said nothing yet"
    notify(f"{gateway.folder}/run/notify.sock", "READY=1")
    assert "READY" not in manager.hear(0.3) + manager.hear(0.3), "this process is none of its own"
    mode = os.stat(f"{gateway.folder}/run/notify.sock")
    assert (mode.st_mode & 0o777, mode.st_uid, mode.st_gid) == (0o600, CONTROL_UID, 0)
    wait_until(lambda: int(re.search(r"SigCgt:\s+(\w+)", open(f"/proc/{control}/status").read())[1], 16) & 1)
    gateway.process.send_signal(signal.SIGHUP)
    assert manager.hear_until("READY=1")[-1] == "READY=1\nSTATUS=serves"
    os.kill(data, signal.SIGKILL)
    manager.hear_until("WATCHDOG=1")
    gateway.stop()
    last = "\n".join(manager.hear_until("STOPPING=1"))
    assert "READY" not in last, "once"


@with_the_real_programs
def test_is_ready_when_the_api_answers_and_data_is_configured(gateway):
    manager = ServiceManager(f"{gateway.folder}/systemd", 60)
    gateway.start(environment=manager.environment)
    assert manager.hear_until("READY=1", 30)[-1] == "READY=1\nSTATUS=Serves the API on 127.0.0.1:8443"
    code = "import socket;socket.create_connection(('127.0.0.1',8443),1);print('answers')"
    assert run("ip", "netns", "exec", OUTER, "/usr/bin/python3", "-c", code) == "answers\n"
    log = open(f"{gateway.folder}/log").read()
    assert log.index("snapshot in force") > 0
    crt = f"{gateway.folder}/state/control/api.crt"
    before = log.count("API certificate read")
    os.utime(crt)
    gateway.process.send_signal(signal.SIGHUP)
    wait_until(lambda: open(f"{gateway.folder}/log").read().count("API certificate read") > before)
