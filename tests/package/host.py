"""A machine to install on: the running system under an overlay that takes every change, with mount and
network namespaces of its own. Nothing of it outlives the test; the system itself is only read.
"""
import os
import socket
import subprocess
import time

# The system's own disks are the lower side; /run and /tmp begin empty, as no service runs in there.
SETUP = """
set -e
mount -t tmpfs -o mode=755 kanmon-package "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay kanmon-package -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
for at in dev proc sys; do mount --rbind "/$at" "$1/root/$at"; done
for at in run tmp; do mount -t tmpfs kanmon-package "$1/root/$at"; done
ip link set lo up
ip address add 203.0.113.7/32 dev lo
echo ready
exec sleep infinity
"""


class Host:
    def __init__(self, folder):
        self.folder = str(folder)
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--net", "--propagation", "private", "sh", "-c", SETUP, "sh", self.folder],
            stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "ready\n", "the namespaces were not made"
        self.run("rm", "-rf", "/etc/kanmon", "/var/lib/kanmon")

    def words(self, *command):
        return ["nsenter", "--target", str(self.holder.pid), "--mount", "--net", "chroot",
                f"{self.folder}/root", "/usr/bin/env", "-i", "HOME=/root", "LANG=C.UTF-8",
                "DEBIAN_FRONTEND=noninteractive",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", *command]

    def run(self, *command, check=True, **more):
        done = subprocess.run(self.words(*command), capture_output=True, text=True, timeout=300, **more)
        assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if check else done

    def path(self, inside):
        """The same file, as seen from here."""
        return f"/proc/{self.holder.pid}/root{self.folder}/root{inside}"

    def changed(self):
        """Paths that are there now and were not in the system, or differ from it; no directories."""
        upper = f"/proc/{self.holder.pid}/root{self.folder}/upper"
        return {os.path.join(folder, name)[len(upper):]
                for folder, _, names in os.walk(upper) for name in names
                if not is_whiteout(os.path.join(folder, name))}

    def listen_for_notices(self):
        notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if os.path.exists(self.path("/run/notify")):
            os.unlink(self.path("/run/notify"))
        notices.bind(self.path("/run/notify"))
        notices.settimeout(60)
        return notices

    def end(self):
        self.holder.kill()  # the namespaces, and with them every mount, go with the last process
        self.holder.wait()


def is_whiteout(path):
    status = os.lstat(path)
    return status.st_mode & 0o170000 == 0o020000 and status.st_rdev == 0


class Service:
    """What systemd would do with the installed unit, as far as it matters here."""

    def __init__(self, host):
        self.host = host
        with open(host.path("/lib/systemd/system/kanmond.service"), encoding="utf-8") as file:
            lines = dict(line.strip().split("=", 1) for line in file if "=" in line and line[0] != "#")
        assert lines["Type"] == "notify"
        self.notices = host.listen_for_notices()
        self.log = open(f"{host.folder}.log", "a+", encoding="utf-8")
        self.process = subprocess.Popen(
            host.words("env", "NOTIFY_SOCKET=/run/notify", *lines["ExecStart"].split()),
            stderr=self.log, stdin=subprocess.DEVNULL)
        try:
            self.said = self.notices.recv(4096).decode()
        except TimeoutError:
            self.said = ""
        assert self.said.startswith("READY=1"), self.words()

    def words(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        pid = int(open(self.host.path("/run/kanmon/kanmond.pid"), encoding="utf-8").read())
        os.kill(pid, 15)
        assert self.process.wait(60) == 0, self.words()

    def ended(self, seconds=60):
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        return self.process.poll() is not None
