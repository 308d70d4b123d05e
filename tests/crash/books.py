"""Compares a copy of the store with what was answered. The original is not opened: who opens it
puts right what a crash left behind, and that is the control process's work."""
import re
import shutil
import sqlite3
from collections import Counter

from storm import KINDS

TABLES = {"certificate": "client_certificates", "customer_gateway": "customer_gateways",
          "vpc": "vpcs", "connection": "vpn_connections"}
CREATED = {row[0] for row in KINDS.values()}


def copy_of(state, folder):
    copy = folder / "copy.db"
    for ending in ("", "-wal", "-shm"):
        copy.with_name(copy.name + ending).unlink(missing_ok=True)
    for ending in ("", "-wal"):  # the third is an index of the second and made again
        source = state / ("kanmon.db" + ending)
        if source.exists():
            shutil.copy(source, copy.with_name(copy.name + ending))
    return sqlite3.connect(copy)


def check_sound(books):
    assert books.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert books.execute("PRAGMA foreign_key_check").fetchall() == []


def check_nothing_half_done(books):
    for question in (
            "SELECT id FROM vpn_connections c WHERE (SELECT count(*) FROM ipsec_tunnels "
            "WHERE connection = c.id) <> 1 OR (SELECT count(*) FROM resource_tags "
            "WHERE resource = c.id) <> 1",
            "SELECT connection FROM ipsec_tunnels WHERE connection NOT IN "
            "(SELECT id FROM vpn_connections)",
            "SELECT resource FROM resource_tags WHERE resource NOT IN "
            "(SELECT id FROM vpn_connections)",
            "SELECT id FROM client_certificates WHERE server NOT IN (SELECT id FROM ssl_servers)",
            "SELECT subject FROM audit WHERE action = 'DeleteSslVpnClientCert' AND subject IN "
            "(SELECT id FROM client_certificates)",
            "SELECT token FROM tokens t WHERE NOT EXISTS (SELECT 1 FROM audit a WHERE "
            "a.action = t.action AND a.subject = t.subject AND a.parameters = t.parameters)"):
        assert books.execute(question).fetchall() == [], question
    deleted, revoked = (books.execute(question).fetchone()[0] for question in (
        "SELECT count(*) FROM audit WHERE action = 'DeleteSslVpnClientCert'",
        "SELECT count(*) FROM revoked_certificates"))
    assert deleted == revoked, f"{deleted} certificates deleted, {revoked} revoked"


def named(parameters):
    found = re.search(r"^(?:Vpc)?Name=(w\d+-\d+)$", parameters, re.MULTILINE)
    return found.group(1) if found else ""


def check_audit(books, storm):
    rows = books.execute("SELECT number, request_id, action, subject, parameters FROM audit "
                         "ORDER BY number").fetchall()
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1)), "the audit log has a gap"
    own = {action for row in KINDS.values() for action in row[:3]}
    token_names = re.compile(r"w\d+-\d+")
    seen = Counter((action, subject, named(parameters) if not action.startswith("Delete") else "")
                   for _, _, action, subject, parameters in rows
                   if action in own and (token_names.search(parameters)
                                         or action.startswith("Delete")))
    requests = {row[1] for row in rows}
    unknown = Counter()
    for worker in storm.workers:
        for mutation in worker.done:
            assert seen[mutation.audit_key()] == 1, f"{mutation.audit_key()}: {seen}"
            del seen[mutation.audit_key()]
        missing = set(worker.first_answers) - requests
        assert not missing, f"answered and not in the audit log: {missing}"
        if worker.pending:
            action, subject, name = worker.pending.audit_key()
            unknown[(action, subject if worker.pending.verb != "create" else None, name)] += 1
    for (action, subject, name), count in seen.items():
        key = (action, None if action in CREATED else subject, name)
        assert count == 1 and unknown[key] == 1, f"nobody asked for {action} {subject} {name}"


def check_resources(present, kind, storm):
    """`present`: id -> name of all there are. Those of the scene have names of another kind."""
    present = {key: name for key, name in present.items() if re.fullmatch(r"w\d+-\d+", name)}
    for worker in storm.workers:
        pending = worker.pending if worker.pending and worker.pending.kind == kind else None
        for key, name in worker.held[kind].items():
            shown = present.pop(key, None)
            fits = shown == name or (pending and pending.subject == key and
                                     (shown == pending.name or pending.verb == "delete"))
            assert fits, f"{kind} {key}: answered as {name}, found as {shown}"
        if pending and pending.verb == "create":
            made = [key for key, name in present.items() if name == pending.name]
            assert len(made) <= 1, f"{pending.name} was made twice"
            for key in made:
                del present[key]
    assert not present, f"{kind}: nobody made {present}, or it was deleted"


def check(state, folder, storm):
    books = copy_of(state, folder)
    try:
        check_sound(books)
        check_nothing_half_done(books)
        check_audit(books, storm)
        for kind, table in TABLES.items():
            check_resources(dict(books.execute(f"SELECT id, name FROM {table}")), kind, storm)
    finally:
        books.close()
