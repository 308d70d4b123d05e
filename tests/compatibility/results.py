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
        self.head = {"client": program.name, "library": program.library, "not_known": not_known}
        self.stamp = {"commit": product_commit(),
                      "date": datetime.now(timezone.utc).strftime("%Y-%m-%d")}

    def _rows(self):
        kept = json.loads(self.path.read_text()) if self.path.exists() else {}
        return {kind: {key_of(kind, row): row for row in kept.get(kind, [])} for kind in KEYS}

    def passed(self, kind, key):
        return self._rows()[kind].get(tuple(key), {}).get("result") == "passed"

    def add(self, kind, key, **what):
        """Writes the file each time: what was measured stays, whatever happens next. Read anew
        before, as another run may be trying other things with the same client."""
        rows = self._rows()
        rows[kind][tuple(key)] = {**dict(zip(KEYS[kind], key)), **what, **self.stamp}
        lists = ",\n".join(
            f' "{name}": [\n' + ",\n".join(
                "  " + json.dumps(part[key], ensure_ascii=False) for key in sorted(part)) + "\n ]"
            for name, part in rows.items())
        head = ",\n".join(f' "{name}": {json.dumps(value)}' for name, value in self.head.items())
        self.path.parent.mkdir(parents=True, exist_ok=True)
        written = self.path.with_suffix(".new")
        written.write_text(f"{{\n{head},\n{lists}\n}}\n")
        written.replace(self.path)


def all_files(folder=FOLDER):
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
