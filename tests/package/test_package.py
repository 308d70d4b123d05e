"""The Debian package: installed, served from, upgraded with its data, removed, purged.

KANMON_PREVIOUS_PACKAGE names a package to upgrade from; without it the present one with an earlier
version is taken. KANMON_PACKAGE names one to test instead of making it from KANMON_BUILD.
"""
import os
import re
from pathlib import Path

from conftest import sh
from host import Service
from operator_calls import call, everything, install, make_a_server

SOURCE = Path(__file__).parents[2]


def test_holds_what_a_debian_package_holds(package):
    fields = dict(line.split(": ", 1) for line in sh("dpkg-deb", "--field", package).splitlines() if ": " in line)
    assert fields["Package"] == "kanmon"
    for library in ("libc6", "libmicrohttpd12", "libsqlite3-0", "libssl3", "libtomlplusplus3", "nftables", "adduser"):
        assert re.search(rf"\b{re.escape(library)}\b", fields["Depends"]), library
    listed = [line.split(None, 5) for line in sh("dpkg-deb", "--contents", package).splitlines()]
    assert listed and all(owner == "root/root" and mode[5] != "w" and mode[8] != "w"
                          for mode, owner, *_ in listed)
    files = {name.lstrip(".") for *_, name in listed if not name.endswith("/")}
    for name in ("/usr/sbin/kanmond", "/usr/sbin/kanmon-broker", "/usr/sbin/kanmon-control", "/usr/sbin/kanmon-data",
                 "/usr/bin/kanmon", "/usr/bin/kanmon-swarm", "/usr/share/man/man1/kanmon-swarm.1.gz",
                 "/lib/systemd/system/kanmond.service", "/etc/kanmon/kanmond.toml",
                 "/usr/share/man/man1/kanmon.1.gz", "/usr/share/man/man8/kanmond.8.gz",
                 "/usr/share/man/man5/kanmond.toml.5.gz", "/usr/share/bash-completion/completions/kanmon",
                 "/usr/share/zsh/vendor-completions/_kanmon", "/usr/share/fish/vendor_completions.d/kanmon.fish",
                 "/usr/share/doc/kanmon/copyright"):
        assert name in files, name
    assert sh("dpkg-deb", "--info", package, "conffiles") == "/etc/kanmon/kanmond.toml\n"


def test_installs_serves_upgrades_with_its_data_and_is_removed_without_a_trace(host, package, previous):
    before = host.changed()
    install(host, previous)
    assert "in order" in host.run("kanmond", "--check-config")
    assert "Many OpenVPN clients" in host.run("kanmon-swarm", "--help")
    service = Service(host)
    make_a_server(host)
    kept = everything(host)
    with open(host.path("/etc/kanmon/kanmond.toml"), "a", encoding="utf-8") as file:
        file.write("\n# an operator's own line\n")
    owners = host.run("stat", "-c", "%U %a", "/var/lib/kanmon/control", "/var/lib/kanmon/broker", "/run/kanmon")
    assert owners.split("\n")[:3] == ["kanmon-control 700", "root 700", "root 750"]
    service.stop()

    install(host, package)
    assert "operator's own line" in open(host.path("/etc/kanmon/kanmond.toml"), encoding="utf-8").read()
    service = Service(host)
    assert everything(host) == kept
    call(host, "cert", "create", "--server", kept[2]["SslVpnServers"]["SslVpnServer"][0]["SslVpnServerId"],
         key="/root/acme.json")

    host.run("dpkg", "--remove", "kanmon")
    assert service.ended(), "removal ends it"
    left = {path for path in host.changed() - before
            if not path.startswith(("/var/lib/dpkg/", "/var/log/", "/var/cache/", "/root/"))}
    own = {path for path in left if "kanmon" in path}
    assert {path for path in own if not path.startswith(("/var/lib/kanmon/", "/etc/systemd/", "/var/lib/systemd/"))} == {
        "/etc/kanmon/kanmond.toml"}
    assert all(path.startswith("/etc/") for path in left - own), left - own
    assert "kanmon" not in host.run("ip", "link") and host.run("nft", "list", "ruleset") == ""
    assert "/var/lib/kanmon/control/kanmon.db" in left

    install(host, package)
    service = Service(host)
    assert everything(host)[:3] == kept[:3], "what was removed comes back to its data"
    service.stop()
    host.run("dpkg", "--purge", "kanmon")
    assert {path for path in host.changed() - before if "kanmon" in path} == set()
    for book in ("passwd", "group"):
        assert "kanmon" not in open(host.path(f"/etc/{book}"), encoding="utf-8").read()
    assert not os.path.exists(host.path("/var/lib/kanmon")) and not os.path.exists(host.path("/etc/kanmon"))


def test_serves_the_scenario_of_the_sdk(host, package):
    install(host, package)
    scenarios = re.findall(r"^sdk_test\(\w+ (\w+\.js)\)$",
                           (SOURCE / "tests/sdk/CMakeLists.txt").read_text(), re.MULTILINE)
    assert scenarios
    for scenario in scenarios:
        host.run("node", str(SOURCE / "tests/sdk" / scenario), "/usr/sbin/kanmon-control")


def test_takes_settings_by_the_rules_of_the_page_and_nobody_elses(host, package):
    install(host, package)
    host.run("sh", "-c", "printf '[api]\\nlissten = 1\\n' > /etc/kanmon/kanmond.toml")
    refused = host.run("kanmond", "--check-config", check=False)
    assert refused.returncode == 2
    assert "/etc/kanmon/kanmond.toml:2: there is no key api.lissten; the nearest is api.listen" in refused.stderr
    host.run("chown", "kanmon-control", "/etc/kanmon/kanmond.toml")
    refused = host.run("kanmond", check=False)
    assert refused.returncode == 2 and "could change it" in refused.stderr
