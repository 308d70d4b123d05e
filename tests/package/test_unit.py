"""The systemd unit, as far as systemd itself can tell without running: in order, and confined."""
import os
import re
import subprocess
from pathlib import Path

UNIT = Path(__file__).parents[2] / "packaging/kanmond.service"
EXPOSURE_MAX = 4.0  # of 10; root, the host's network and CAP_SYS_ADMIN for other namespaces cost 3


def analyze(tmp_path, *words):
    """ExecStart names a program that only an installation has; any other stands for it."""
    unit = tmp_path / "kanmond.service"
    unit.write_text(UNIT.read_text().replace("/usr/sbin/kanmond", "/bin/true"))
    return subprocess.run(["systemd-analyze", *words, str(unit)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"})


def test_systemd_finds_nothing_wrong_with_it(tmp_path):
    verified = analyze(tmp_path, "verify", "--man=no")
    assert verified.returncode == 0, verified.stderr
    assert "kanmond.service" not in verified.stderr, verified.stderr


def test_is_confined(tmp_path):
    judged = analyze(tmp_path, "security", "--offline=true", f"--threshold={int(EXPOSURE_MAX * 10)}", "--no-pager")
    exposure = float(re.search(r"exposure level for kanmond.service: ([\d.]+)", judged.stdout)[1])
    assert judged.returncode == 0 and exposure <= EXPOSURE_MAX, judged.stdout


def test_a_unit_without_its_confinement_would_be_found(tmp_path):
    """The threshold would mean nothing if anything passed it."""
    loose = re.sub(r"^(Protect|Restrict|Capability|SystemCall|NoNew|Memory|Lock|Private).*$", "", UNIT.read_text(),
                   flags=re.M)
    (tmp_path / "loose").mkdir()
    unit = tmp_path / "loose/kanmond.service"
    unit.write_text(loose.replace("/usr/sbin/kanmond", "/bin/true"))
    judged = subprocess.run(["systemd-analyze", "security", "--offline=true",
                             f"--threshold={int(EXPOSURE_MAX * 10)}", "--no-pager", str(unit)],
                            capture_output=True, text=True, timeout=120, env={**os.environ, "SYSTEMD_PAGER": ""})
    assert judged.returncode != 0


def test_waits_for_readiness_and_longer_than_an_end_takes():
    unit = dict(line.split("=", 1) for line in UNIT.read_text().splitlines() if "=" in line and line[0] != "#")
    assert unit["Type"] == "notify" and unit["NotifyAccess"] == "main"
    assert unit["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert int(unit["TimeoutStopSec"].rstrip("s")) >= 2 + 5 + 2 + 30, "supervisor_main.cpp: patience at the end"
    assert unit["WatchdogSec"] == "60s"


def test_gives_control_the_time_that_kanmond_gives_it_and_outlives_a_program_without_memory():
    unit = dict(line.split("=", 1) for line in UNIT.read_text().splitlines() if "=" in line and line[0] != "#")
    header = (UNIT.parents[1] / "src/apps/child_process.h").read_text()
    first_word = int(re.search(r"usual_first_word_max\D*(\d+)min", header)[1])
    assert int(re.fullmatch(r"(\d+)min", unit["TimeoutStartSec"])[1]) > first_word
    assert unit["OOMPolicy"] == "continue"


def test_leaves_the_owners_of_the_state_alone_and_does_not_try_again_what_cannot_start():
    """StateDirectory= gives everything below it to the unit's user whenever the directory's owner differs."""
    unit = UNIT.read_text()
    assert not re.search(r"^(State|Configuration|Cache|Logs)Directory=", unit, re.M)
    assert "\nReadWritePaths=/var/lib/kanmon\n" in unit and "\nRestartPreventExitStatus=2\n" in unit
    assert re.search(r"^SystemCallFilter=@system-service seccomp landlock_\S+ landlock_\S+ bpf$", unit,
                     re.M), "the data process confines itself, the broker steers devices"
