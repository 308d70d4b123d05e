#!/usr/bin/python3
"""A backup taken while mutations go on, restored elsewhere: what was answered before it began is
there, secrets open, and every refusal leaves the files as they are."""
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import books
from control import BIN, Control
from signed_calls import SignedCalls
from storm import Storm

PASSPHRASE = "a long passphrase"


class Gateway:
    def __init__(self, folder):
        folder.mkdir()
        self.control = Control(folder)
        self.passphrase = Path(str(folder) + ".passphrase")
        self.passphrase.write_text(PASSPHRASE + "\n")

    def kanmon(self, command, file, *words):
        done = subprocess.run(
            (BIN / "kanmon", command, file, "--state", self.control.folder, "--passphrase-file",
             self.passphrase, *words), capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def files(self):
        return {path.name: path.read_bytes() for path in self.control.state.iterdir()
                if path.name != "control.lock"}


def refused(gateway, words, *command):
    before = gateway.files()
    status, said = gateway.kanmon("restore", *command)
    assert status == 1 and words in said, f"{command}: {status} {said}"
    assert gateway.files() == before, f"{command} changed something"
    assert not Path(str(gateway.control.state) + ".restoring").exists()


def back_up_in_the_storm(gateway, file):
    """The account's key, its scene and what had been answered when the backup began."""
    gateway.control.start()
    key, scene = gateway.control.make_scene()
    storm = Storm(gateway.control.port, key, scene, "backup")
    storm.start()
    time.sleep(1)
    answered = [mutation for worker in storm.workers for mutation in list(worker.done)]
    status, said = gateway.kanmon("backup", file)
    assert status == 0, said
    time.sleep(0.2)
    storm.end()
    assert storm.answered() > len(answered) > 20, "nothing went on beside the backup"
    assert not storm.refused(), storm.refused()
    assert file.stat().st_mode & 0o777 == 0o600
    return key, scene, answered


def check_restored(gateway, key, scene, answered, folder):
    copy = books.copy_of(gateway.control.state, folder)
    books.check_sound(copy)
    books.check_nothing_half_done(copy)
    tokens = {row[0] for row in copy.execute("SELECT token FROM tokens")}
    copy.close()
    missing = {mutation.parameters["ClientToken"] for mutation in answered} - tokens
    assert not missing, f"answered before the backup and not in it: {missing}"
    gateway.control.start()
    calls = SignedCalls(gateway.control.port, key)
    region = {"RegionId": "local"}
    made = calls.done("CreateSslVpnClientCert", **region, SslVpnServerId=scene["server"])
    shown = calls.done("DescribeSslVpnClientCert", **region,
                       SslVpnClientCertId=made["SslVpnClientCertId"])
    assert "PRIVATE KEY" in shown["ClientKey"], "the restored authority signs nothing"
    held = calls.done("DescribeSslVpnClientCerts", **region, SslVpnServerId=scene["server"])
    for row in held["SslVpnClientCertKeys"]["SslVpnClientCertKey"]:
        one = calls.done("DescribeSslVpnClientCert", **region,
                         SslVpnClientCertId=row["SslVpnClientCertId"])
        assert "PRIVATE KEY" in one["ClientKey"]
    gateway.control.calls().done("DescribeAccounts")  # by the restored key of the installation


def main():
    folder = Path(tempfile.mkdtemp(prefix="kanmon-backup-"))
    first, second = Gateway(folder / "first"), Gateway(folder / "second")
    file = folder / "gateway.backup"
    try:
        known = back_up_in_the_storm(first, file)
        for name, content in first.files().items():
            assert name == "kanmon.db" or not content or content not in file.read_bytes()
        refused(first, "the gateway runs; stop it first", file, "--replace")
        second.control.start()
        second.control.kill()
        refused(second, "is there already; --replace", file)
        second.passphrase.write_text("another passphrase\n")
        refused(second, "the passphrase is not the one", file, "--replace")
        second.passphrase.write_text(PASSPHRASE + "\n")
        damaged = folder / "damaged"
        damaged.write_bytes(file.read_bytes()[:-1])
        refused(second, "damaged", damaged, "--replace")
        refused(second, "cannot read", folder / "nowhere", "--replace")
        former = second.files()
        status, said = second.kanmon("restore", file, "--replace")
        assert status == 0, said
        replaced = Path(str(second.control.state) + ".replaced")
        assert {path.name: path.read_bytes() for path in replaced.iterdir()
                if path.name != "control.lock"} == former
        assert second.files()["master.key"] == first.files()["master.key"]
        for path in second.control.state.iterdir():
            assert path.stat().st_mode & 0o077 == 0, path
        check_restored(second, *known, folder)
        second.control.kill()
        refused(second, "from an earlier restore", file, "--replace")
    finally:
        for gateway in (first, second):
            if gateway.control.process and gateway.control.process.poll() is None:
                gateway.control.kill()
    print(f"{len(known[2])} mutations answered before the backup, all restored")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
