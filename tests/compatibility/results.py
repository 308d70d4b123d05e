"""The result file of one client: what was tried, when, with which state of the product.

  {"client": "OpenVPN 2.6.14", "library": "OpenSSL 3.0.22",
   "not_known": {"wrapping": [], "authentication": []},          values that the client has not got
   "combinations": [{transport, wrapping, topology, authentication,  the key
                     "result": "passed" | "failed",
                     "cipher", "seconds"  (passed: until it was connected) | "reason"  (failed),
                     "commit", "date"}],
   "scenarios": [{name, transport, wrapping, "result", "figures" | "reason", "commit", "date"}]}

A later result of the same key takes the place of the earlier one.
"""
import json
import subprocess
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/compatibility"
KEYS = {"combinations": ("transport", "wrapping", "topology", "authentication"),
        "scenarios": ("name", "transport", "wrapping")}


def product_commit():
    """The last commit that changed the programs; `+` when the working tree differs from it."""
    def git(*words):
        return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True,
                              check=True).stdout.strip()
    commit = git("log", "-1", "--format=%h", "--abbrev=10", "--", "src")
    return commit + ("+" if git("status", "--porcelain", "--", "src") else "")


def key_of(kind, row):
    return tuple(row[name] for name in KEYS[kind])


class ResultFile:
    def __init__(self, path, program, not_known):
        self.path = path
        kept = json.loads(path.read_text()) if path.exists() else {}
        self.rows = {kind: {key_of(kind, row): row for row in kept.get(kind, [])} for kind in KEYS}
        self.head = {"client": program.name, "library": program.library, "not_known": not_known}
        self.stamp = {"commit": product_commit(),
                      "date": datetime.now(timezone.utc).strftime("%Y-%m-%d")}

    def has(self, kind, key):
        return tuple(key) in self.rows[kind]

    def add(self, kind, key, **what):
        """Writes the file each time: what was measured stays, whatever happens next."""
        row = {**dict(zip(KEYS[kind], key)), **what, **self.stamp}
        self.rows[kind][tuple(key)] = row
        lists = ",\n".join(
            f' "{kind}": [\n' + ",\n".join(
                "  " + json.dumps(rows[key], ensure_ascii=False) for key in sorted(rows)) + "\n ]"
            for kind, rows in self.rows.items())
        head = ",\n".join(f' "{name}": {json.dumps(value)}' for name, value in self.head.items())
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(f"{{\n{head},\n{lists}\n}}\n")


def all_files(folder=FOLDER):
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
