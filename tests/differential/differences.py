"""Where Kanmon answers otherwise than stock openvpn 2.6, and why: the one table of it.

Everything that is not in this table is answered alike. test_differential.py holds both servers to
it, in both directions: a difference that is not here is as wrong as a row that is none any more.
`differences.py --write` writes docs/differences.md from it.
"""
import sys
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/differences.md"
UDP, TCP, BOTH = ("udp",), ("tcp",), ("udp", "tcp")
EVERY = ("none", "tls-auth", "tls-crypt", "tls-crypt-v2")


@dataclass
class Difference:
    transports: tuple
    stock: str
    kanmon: str
    reason: str
    sequences: tuple
    wrappings: tuple = EVERY


HELLOS_WITH_IDS = ("a hello with packet id 0x1", "a hello with packet id 0x5",
                   "a hello with packet id 0xffffffff", "a wrapped hello with packet id 5")
NO_KEY_EXCHANGE = ("key-method 1", "key-method 3", "key-method 2 that ends within its secrets",
                   "a control message before the keys")
NO_TLS = ("an alert in place of a ClientHello", "application data in place of a ClientHello",
          "a ClientHello of SSL 2", "a TLS record longer than any", "a ClientHello of TLS 1.0",
          "a record that does not authenticate", "a client without a certificate")
NO_TLS_AT_ALL = ("noise in place of a ClientHello", "HTTP in place of a ClientHello")

DIFFERENCES = (
    # --- hellos
    Difference(UDP, "reply reset", "silence",
               "Stricter: a hello is whole and has packet id 0, or it is none.",
               (*HELLOS_WITH_IDS, "a hello whose list of acknowledgements is longer than it",
                "a hello cut to 9 octets", "a hello cut to 10 octets", "a hello cut to 13 octets")),
    Difference(TCP, "reply reset", "close",
               "Stricter: a hello is whole and has packet id 0; a connection that begins with "
               "anything else ends at once, so that trying tells a stranger nothing.",
               (*HELLOS_WITH_IDS, "a hello cut to 10 octets", "a hello cut to 13 octets")),
    Difference(UDP, "silence", "reply reset",
               "Looser: nothing is remembered of a hello, so its replay id is compared with none; "
               "it counts from the first packet of the session on.",
               ("a hello with replay id 0",), ("tls-crypt-v2",)),
    Difference(TCP, "close", "reply reset",
               "Looser: the connection's first packet begins the session and is judged by it "
               "only then. The reset that it gets is of no use to its sender.",
               ("a hello with replay id 0", "a hello that acknowledges something")),
    Difference(TCP, "reply reset, close", "reply reset",
               "Looser: what stands behind a hello is given to TLS when more has come, and ends "
               "the session then.",
               ("a hello with octets behind it",)),
    Difference(TCP, "silence", "close",
               "Stricter: a connection begins with a hello. One that begins with data is a "
               "stranger's; a client's data on another connection than its own moves nobody.",
               ("an old data packet of nobody", "a data packet of an unknown peer id",
                "a data packet of no peer id", "a data packet cut to 1 octets",
                "a data packet cut to 3 octets", "a data packet cut to 4 octets",
                "a data packet cut to 8 octets", "data from another connection")),
    # --- the beginning of a session
    Difference(UDP, "silence", "reply reset",
               "Looser: clients up to 2.5 acknowledge the reset once and by itself. When that was "
               "lost they would be dead for a minute; the same reset again, to an address that "
               "was sent one lately, makes them repeat it. No session begins without the cookie.",
               ("a ClientHello without the cookie",)),
    Difference(TCP, "reply ack", "reply control",
               "Looser: TLS goes on before the client has acknowledged our reset, which a "
               "connection delivers anyhow.",
               ("a ClientHello without the cookie", "the cookie for packet 1, which was never sent",
                "the cookie for packet 2, which was never sent")),
    Difference(TCP, "reply ack", "reply reset",
               "Looser: a client that starts over on its connection is greeted as one on a new "
               "connection would be; the session before it goes on until this one has proved "
               "itself.",
               ("a hello of another session from the same place",
                "a hello of another session in a session")),
    Difference(UDP, "reply ack", "reply reset",
               "Stricter: a hello of a new session is answered with a cookie and remembered only "
               "when that comes back, also where a session is being made.",
               ("a hello of another session in a session",)),
    Difference(BOTH, "reply ack", "silence",
               "Stricter: a hello has packet id 0, also in a session; others are not acknowledged.",
               ("a hello with an id in a session",)),
    # --- in a session
    Difference(TCP, "close", "silence",
               "Looser: a packet that is refused costs that packet, on a connection as by "
               "datagrams. Only a broken frame, or no progress for 20 or 60 s, ends a connection.",
               ("another cookie by itself", "another cookie with a ClientHello",
                "a cookie of zeros with a ClientHello",
                "the cookie under another session of the client", "the cookie under key 1",
                "the cookie with a soft reset", "the cookie with nine acknowledgements",
                "the cookie with a list of 255 that ends early",
                "a packet for another session of the server",
                "a packet of another session of the client",
                "a packet under a key that is not negotiated",
                "a soft reset before there are keys", "nine acknowledgements",
                "an acknowledgement that ends early", "a server's hello in a session",
                "the same data packet twice", "data with packet id 0", "data whose tag is wrong",
                "a soft reset of key 3", "the very same octets of a hello twice",
                "a session's packet with a replay id that was used",
                "a session's packet with an earlier time",
                "a session's packet without wrapping",
                "a session's packet under another key")),
    Difference(UDP, "silence", "reply ack",
               "Looser: control packets of up to 2,048 octets are taken.",
               ("a control packet of 1,800 octets",)),
    Difference(TCP, "close", "reply ack",
               "Looser: control packets of up to 2,048 octets are taken.",
               ("a control packet of 1,800 octets",)),
    # --- TLS and the key exchange
    Difference(UDP, "silence", "reply control",
               "More helpful: the alert that TLS has for it is sent, so that the client's log "
               "names the reason, and repeats are acknowledged for five seconds.",
               NO_TLS),
    Difference(TCP, "close", "reply control",
               "More helpful: the alert that TLS has for it is sent, and the connection closes "
               "when it has arrived, at the latest after five seconds.",
               NO_TLS),
    Difference(UDP, "silence", "reply ack",
               "What ends a handshake is acknowledged, so that nobody repeats it; the operator's "
               "log names the reason.",
               (*NO_TLS_AT_ALL, *NO_KEY_EXCHANGE)),
    Difference(TCP, "close", "reply ack",
               "What ends a handshake is acknowledged and the connection closes within five "
               "seconds; the operator's log names the reason.",
               (*NO_TLS_AT_ALL, *NO_KEY_EXCHANGE)),
    Difference(UDP, "silence", "reply ack",
               "What ends a handshake is acknowledged, so that nobody repeats it: a string of "
               "options has at most 512 octets.",
               ("key-method 2 with options of 518 octets",)),
    Difference(TCP, "close", "reply ack",
               "What ends a handshake is acknowledged and the connection closes within five "
               "seconds: a string of options has at most 512 octets.",
               ("key-method 2 with options of 518 octets",)),
    Difference(BOTH, "reply control", "reply ack",
               "Stricter: a string of options ends with its NUL, or the key exchange is malformed.",
               ("key-method 2 with options of no end",)),
    # --- connected
    Difference(TCP, "reply data", "silence",
               "Stricter: data carries the peer id of its client, on a connection too.",
               ("data of another peer id",)),
    Difference(TCP, "close", "silence",
               "After a goodbye in the tunnel the connection closes within five seconds instead "
               "of at once; the session is over at once.",
               ("a question in the tunnel after a goodbye there",)),
    Difference(BOTH, "reply soft reset", "silence",
               "Stricter: a soft reset has packet id 0.",
               ("a soft reset with packet id 5",)),
    Difference(UDP, "reply soft reset", "silence",
               "Stricter: a soft reset is of the next key, or nothing is renewed.",
               ("a soft reset of key 3",)),
    Difference(UDP, "reply soft reset", "reply ack",
               "Stricter: a soft reset of the present key renews nothing; its id is acknowledged "
               "as that of the hello, which it repeats.",
               ("a soft reset of key 0",)),
    Difference(TCP, "close", "reply ack",
               "A soft reset of the present key renews nothing; its id is acknowledged as that of "
               "the hello, which it repeats.",
               ("a soft reset of key 0",)),
)


# What no sequence of packets shows.
BESIDES = (
    "Kanmon sends clients neither EXIT nor the exit message of the data channel (OCC); it takes "
    "both from them. Whoever may come back is told RESTART, whoever was idle for too long HALT, "
    "whoever must not come back AUTH_FAILED, each with its reason: openvpn3 does not hear EXIT, and "
    "neither of the two carries a reason or says whether to come back "
    "([0010](decisions/0010-changes-while-connected.md)).",
    "A handshake has no budget of processor time, and no watchdog ends one. What it may cost is "
    "bounded by what a client may send and by its time; handshakes run on threads of their own "
    "(`tls_workers`) at a lower priority than packets. A TLS library that never returned would "
    "keep such a thread: established clients go on, but where it is the only one nobody new "
    "enters until the data process is restarted.",
)


def find(name, transport, wrapping):
    """The row of this sequence, if it is answered differently."""
    rows = [row for row in DIFFERENCES
            if name in row.sequences and transport in row.transports and wrapping in row.wrappings]
    assert len(rows) <= 1, f"{name} by {transport} stands in {len(rows)} rows"
    return rows[0] if rows else None


def page(sequences):
    """docs/differences.md."""
    told = sum(len(one.transports) * len(one.wrappings) for one in sequences)
    lines = [
        "# Where Kanmon answers otherwise than openvpn 2.6", "",
        "Written by `tests/differential/differences.py --write`; its test keeps the two in step.", "",
        f"{len(sequences)} sequences of packets are told to a stock openvpn 2.6 server and to "
        "Kanmon in one laboratory, over",
        "UDP and TCP and under each wrapping where that matters "
        f"({told} pairs of observations). What either does",
        "with the last packet of a sequence has a class: a reply (named by its opcode), silence, or "
        "the end of the",
        "connection. The classes are the same but for these:", "",
        "| by | openvpn 2.6 | Kanmon | why | after |", "| --- | --- | --- | --- | --- |"]
    for row in DIFFERENCES:
        by = " and ".join(one.upper() for one in row.transports)
        if row.wrappings != EVERY:
            by += f" ({', '.join(row.wrappings)})"
        lines.append(f"| {by} | {row.stock} | {row.kanmon} | {row.reason} | "
                     f"{'; '.join(row.sequences)} |")
    lines += ["", "## Beside these packets", ""]
    lines += [f"- {text}" for text in BESIDES]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from sequences import SEQUENCES
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(SEQUENCES))
