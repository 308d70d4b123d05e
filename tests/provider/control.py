"""kanmon-control in a folder of its own; ended by its process id."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 10


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def listens(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


class Control:
    def __init__(self, *options):
        self.options = options

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kanmon-provider-"))
        self.port = free_port()
        self.log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen(
            (f"{os.environ['KANMON_BIN']}/kanmon-control", "--state", self.folder / "control",
             "--bridge", self.folder / "bridge", "--api", "", "--http-loopback", str(self.port),
             "--public-address", "203.0.113.1", "--data-uid", "0", "--allow-root",
             *self.options),
            stdout=self.log, stderr=self.log)
        end = time.monotonic() + START_SECONDS
        while not (self.key_file().exists() and listens(self.port)):
            if self.process.poll() is not None or time.monotonic() > end:
                said = (self.folder / "log").read_text()
                self.__exit__()
                raise RuntimeError(f"kanmon-control did not start:\n{said}")
            time.sleep(0.05)
        self.key = json.loads(self.key_file().read_text())
        return self

    def key_file(self):
        return self.folder / "control/root-access-key.json"

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
