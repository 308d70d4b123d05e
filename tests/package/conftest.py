"""The package to test, the one before it, and a machine to install them on."""
import os
import re
import subprocess

import pytest

from host import Host

BUILD = os.environ.get("KANMON_BUILD", "build/dev")


def sh(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **more)
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    if os.environ.get("KANMON_PACKAGE"):
        return os.environ["KANMON_PACKAGE"]
    folder = tmp_path_factory.mktemp("package")
    sh("cpack", "-G", "DEB", "-D", "CPACK_PACKAGE_VERSION=0.1.0+2", "-D", "CPACK_STRIP_FILES=ON", "-B", str(folder),
       cwd=BUILD, umask=0o022)
    return str(next(folder.glob("*.deb")))


@pytest.fixture(scope="module")
def previous(package, tmp_path_factory):
    """Of an earlier version, with a unit that differs."""
    if os.environ.get("KANMON_PREVIOUS_PACKAGE"):
        return os.environ["KANMON_PREVIOUS_PACKAGE"]
    folder = tmp_path_factory.mktemp("previous")
    sh("dpkg-deb", "--raw-extract", package, str(folder / "content"))
    control = folder / "content/DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", "Version: 0.1.0+1", control.read_text(), flags=re.M))
    sh("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(folder / "content"), str(folder / "old.deb"))
    return str(folder / "old.deb")


@pytest.fixture
def host(tmp_path):
    one = Host(tmp_path)
    yield one
    one.run("sh", "-c", "test ! -s /run/kanmon/kanmond.pid || kill -9 $(cat /run/kanmon/kanmond.pid)", check=False)
    one.end()
