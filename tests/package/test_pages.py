"""What is made for the package from the tables: manual pages that render, completions that complete."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2]
BUILD = os.environ.get("KANMON_BUILD", "build/dev")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    subprocess.run([f"{BUILD}/bin/kanmon-pages", str(folder), "2026-11-29"], check=True)
    return folder


def test_manual_pages_render_without_a_warning(pages):
    for name, words in (("kanmon.1", ["kanmon gateway create", "--bandwidth", "EXIT STATUS", "--follow"]),
                        ("kanmond.8", ["--check-config", "SIGHUP", "WATCHDOG=1"]),
                        ("kanmond.toml.5", ["http_loopback_port", "127.0.0.1:8443", "0 to 64 threads"])):
        done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-P-c", str(pages / name)],
                              capture_output=True, text=True, check=True)
        assert done.stderr == "", name
        text = subprocess.run(["col", "-b"], input=done.stdout, capture_output=True, text=True).stdout \
            if shutil.which("col") else done.stdout
        for word in words:
            assert word in text.replace("\u2010", "-"), f"{name}: {word}"


def test_the_page_of_kanmon_swarm_renders_and_holds_every_option():
    done = subprocess.run(["groff", "-man", "-ww", "-Tascii", "-P-cbou", str(SOURCE / "packaging/kanmon-swarm.1")],
                          capture_output=True, text=True, check=True)
    assert done.stderr == ""
    for mode in ("connect", "load", "echo", "tunnel"):
        said = subprocess.run([f"{BUILD}/bin/kanmon-swarm", mode, "--help"], capture_output=True, text=True,
                              check=True).stdout
        options = set(re.findall(r"--[a-z][a-z-]+", said)) - {"--help"}
        assert options, said
        for option in options:
            assert option in done.stdout, f"{mode} {option}"


def bash(pages, *words):
    """What bash would offer for the last word."""
    script = (f"source {pages}/kanmon.bash; COMP_WORDS=({' '.join(map(quoted, words))}); "
              f"COMP_CWORD={len(words) - 1}; _kanmon; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=True, cwd=pages)
    assert done.stderr == ""
    return set(done.stdout.split())


def quoted(word):
    return "'" + word + "'"


def fish(pages, line):
    done = subprocess.run(["fish", "--no-config", "-c", f"source {pages}/kanmon.fish; complete -C '{line}'"],
                          capture_output=True, text=True, check=True, cwd=pages,
                          env={**os.environ, "HOME": str(pages)})
    assert done.stderr == ""
    return {line.split("\t")[0] for line in done.stdout.splitlines()}


ZSH = """
autoload -U compinit; compinit -D
_describe() {{ local words; words=(${{(P)@[-1]}}); print -l -- ${{words%%:*}} }}
_files() {{ print -l files }}
compdef() {{ }}
words=({words}); CURRENT={current}
source {pages}/_kanmon
"""


def zsh(pages, *words):
    script = ZSH.format(words=" ".join(map(quoted, words)), current=len(words), pages=pages)
    done = subprocess.run(["zsh", "-f", "-c", script], capture_output=True, text=True, check=True, cwd=pages)
    return set(done.stdout.split())


def test_bash_completes_groups_commands_options_and_files(pages):
    assert {"gateway", "server", "cert", "call", "logs"} <= bash(pages, "kanmon", "")
    assert bash(pages, "kanmon", "gat") == {"gateway"}
    assert {"create", "list", "show", "modify", "delete"} <= bash(pages, "kanmon", "gateway", "")
    assert {"--vpc", "--bandwidth", "--wait", "--json"} <= bash(pages, "kanmon", "gateway", "create", "--")
    assert bash(pages, "kanmon", "--endpoint", "https://h:1", "gateway", "cre") == {"create"}
    assert bash(pages, "kanmon", "gateway", "create", "--vpc", "") == set(), "a value is not ours to know"
    assert "kanmon.bash" in bash(pages, "kanmon", "--ca", "kan")
    assert "--output" in bash(pages, "kanmon", "cert", "bundle", "vsc-1", "--o")
    assert bash(pages, "kanmon", "logs", "vss-1", "--fo") == {"--follow"}


def test_fish_completes_the_same(pages):
    assert {"gateway", "server", "cert", "call", "logs"} <= fish(pages, "kanmon ")
    assert {"create", "list", "show"} <= fish(pages, "kanmon gateway ")
    assert {"--vpc", "--wait", "--json"} <= fish(pages, "kanmon gateway create --")
    assert fish(pages, "kanmon --endpoint https://h:1 gateway cre") == {"create"}
    assert fish(pages, "kanmon logs vss-1 --fo") == {"--follow"}
    assert "--vpc" not in fish(pages, "kanmon gateway list --w")


def test_zsh_completes_the_same(pages):
    assert {"gateway", "server", "cert", "call", "logs"} <= zsh(pages, "kanmon", "")
    assert {"create", "list", "show"} <= zsh(pages, "kanmon", "gateway", "")
    assert {"--vpc", "--wait", "--json"} <= zsh(pages, "kanmon", "gateway", "create", "--")
    assert "--follow" in zsh(pages, "kanmon", "logs", "vss-1", "--f")
    assert zsh(pages, "kanmon", "--ca", "") == {"files"}


def test_every_shell_takes_its_script(pages):
    for shell, script in (("bash", "kanmon.bash"), ("zsh", "_kanmon"), ("fish", "kanmon.fish")):
        subprocess.run([shell, "-n", str(pages / script)], check=True)
