#!/usr/bin/python3
"""Makes docs/compatibility.md out of the result files in docs/compatibility, and of nothing else.

  tests/compatibility/page.py            writes the page
  tests/compatibility/page.py --check    exit status 1 when the page is not what the files say
"""
import argparse
import sys
from collections import Counter

from combinations import CERTIFICATE, DIMENSIONS, TOPOLOGIES, Combination
from results import KEYS, ROOT, all_files, key_of

PAGE = ROOT / "docs/compatibility.md"
NOT_KNOWN = "–"
FAILED = "**failed**"
INTRODUCTION = """\
# Compatibility

Made by `tests/compatibility/page.py` from the result files in [compatibility](compatibility), which
`tests/compatibility/run.py` writes: a real client program in a network namespace against a real
gateway, pings from the client into the VPC and from the VPC to the client. Do not edit it.

An empty cell has no result. `–`: the client does not know one of the values. **failed**: the reason
stands [below](#failures). The server listens on UDP and TCP, IPv4 and IPv6 at once; `udp6` and
`tcp6` are IPv6 outside the tunnel. Each result's own commit and date are in its file.
"""


def plain(text):
    """Text of a result file, which a client or a gateway may have said, as words of a page."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter
                   for letter in text if letter.isprintable())


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def version_order(file):
    """2.3, …, 2.7, then the clients of OpenVPN 3's library."""
    number = file["client"].rsplit(" ", 1)[1].split(".")
    return [int("".join(filter(str.isdigit, part)) or 0) for part in number]


def knows(file, values):
    """`values`: property -> value."""
    return all(value not in file["not_known"].get(name, []) for name, value in values.items())


def cell(file, kind, key, words):
    row = next((row for row in file[kind] if key_of(kind, row) == key), None)
    if row is None:
        values = {name: value for name, value in zip(KEYS[kind], key) if name in DIMENSIONS}
        return "" if knows(file, values) else NOT_KNOWN
    return words(row) if row["result"] == "passed" else FAILED


def clients(files):
    rows = []
    for file in files:
        results = file["combinations"] + file["scenarios"]
        passed = sum(row["result"] == "passed" for row in results)
        stamps = Counter((row["date"], row["commit"]) for row in results)
        lacks = [value for values in file["not_known"].values() for value in values]
        rows.append([plain(file["client"]), plain(file["library"]),
                     f"{passed} of {len(results)}", ", ".join(lacks),
                     ", ".join(f"{date} `{commit}` ({count})"
                               for (date, commit), count in sorted(stamps.items()))])
    return "## Clients\n\n" + table(
        ["client", "cryptography", "passed", "does not know", "date, commit (results)"], rows)


def order(name, value):
    return DIMENSIONS[name].index(value)


def combination_order(key):
    """First every transport with every wrapping, then the rest."""
    named = dict(zip(Combination._fields, key))
    plainest = named["topology"] == TOPOLOGIES[0] and named["authentication"] == CERTIFICATE
    return (not plainest, order("authentication", named["authentication"]),
            order("wrapping", named["wrapping"]), order("topology", named["topology"]),
            order("transport", named["transport"]))


def combinations(files):
    keys = {key_of("combinations", row) for file in files for row in file["combinations"]}
    rows = [[*key, *(cell(file, "combinations", key,
                          lambda row: f"{plain(row['cipher'])}, {row['seconds']} s")
                     for file in files)]
            for key in sorted(keys, key=combination_order)]
    return ("## Transport × wrapping × topology × authentication\n\n"
            "The data cipher that was used, and the seconds from the program's start until it was "
            "connected (with what its user is asked in between). Every transport with every "
            "wrapping; beyond that, every two values of two properties in one run at least. "
            "Combinations that stand in no row were tried with no client.\n\n"
            + table([*KEYS["combinations"], *(plain(file["client"]) for file in files)], rows))


def carried(row):
    f = row["figures"]
    complaints = f", {f['complaints']} complaints in its log" if f["complaints"] else ""
    return (f"{f['megabytes']} MB at {f['mbit_up']} / {f['mbit_down']} Mbit/s; "
            f"{f['renegotiations']} renegotiations, "
            f"{f['lost_connections']} lost, {f['reconnects']} reconnects{complaints}")


def changed(row):
    f = row["figures"]
    if f["kept"]:
        return f"kept; told after {f['seconds']} s"
    return f"back after {f['seconds']} s: “{plain(f['told'])}”"


SCENARIO_TEXTS = {
    "carry": (
        "Renegotiations under load",
        "Megabytes up, then as many down, again and again until the gateway renegotiated twice in "
        "between: 200 MB each time without wrapping, 20 MB or more with each wrapping. It asks "
        "every 10 s, but nobody who does not yet use the key before. So the profiles have "
        "`reneg-sec 0`, with which OpenVPN 2.x follows at once; OpenVPN 3 takes a minute, or ten "
        "seconds in the runs with a wrapping, whose profiles have `hand-window 10`. "
        "*Lost*: TCP connections through the tunnel that broke; *reconnects* of the client. "
        "The speeds are of a development build on a small machine that was busy with other "
        "things, where a starved client loses datagrams before it reads them; they are no measure "
        "of the gateway.",
        carried),
    "routes": (
        "500 pushed routes", "In the client's routing table.",
        lambda row: f"{row['figures']['routes']} routes"),
    "biggest packets": (
        "Inner packets of 1,500 octets",
        "IPv4 and IPv6, both directions, not to be fragmented inside. OpenVPN 3 itself turns what "
        "its system sends back with ICMP above its own mssfix; for it the bundles have `setenv opt mssfix "
        "1500 fixed`. 2.4 and 2.5 do not know the last word, warn and go on.",
        lambda row: f"{row['figures']['octets']} octets"),
    "changed networks": (
        "Changed local networks",
        "Clients with PUSH_UPDATE keep their connection and have the new route within 2 s; others "
        "are back with it within 10 s, and their log says why.",
        changed),
    "changed name servers": (
        "Changed DNS servers",
        "What the program gives to the scripts of its system, or to its device, counts. 2.7 takes "
        "an update, but then gives its system nothing, so it is told to come again.",
        changed),
}


def scenario(files, name):
    title, text, words = SCENARIO_TEXTS[name]
    keys = {key_of("scenarios", row) for file in files for row in file["scenarios"]
            if row["name"] == name}
    ordered = sorted(keys, key=lambda key: (order("wrapping", key[2]), order("transport", key[1])))
    rows = [[*key[1:], *(cell(file, "scenarios", key, words) for file in files)] for key in ordered]
    return f"## {title}\n\n{text}\n\n" + table(
        ["transport", "wrapping", *(plain(file["client"]) for file in files)], rows)


def failures(files):
    lines = [f"- {plain(file['client'])}, {', '.join(key_of(kind, row))}: {plain(row['reason'])} "
             f"({row['date']}, `{row['commit']}`)\n"
             for file in files for kind in KEYS for row in file[kind] if row["result"] == "failed"]
    return "## Failures\n\n" + ("".join(lines) or "None.\n")


def page(files):
    files = sorted(files, key=version_order)
    parts = [INTRODUCTION, clients(files), combinations(files),
             *(scenario(files, name) for name in SCENARIO_TEXTS), failures(files)]
    return "\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    made = page(all_files())
    if not check:
        PAGE.write_text(made)
    elif not PAGE.exists() or PAGE.read_text() != made:
        print(f"{PAGE} is not what the result files say; make it again with {sys.argv[0]}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
