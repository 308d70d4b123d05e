"""What a client can be combined of, and which combinations are tried.

Four properties, 288 combinations. Every transport is tried with every wrapping; beyond that, every
value of a property with every value of each other one (all pairs), which takes some forty runs.
"""
from itertools import combinations as choose
from itertools import product
from typing import NamedTuple

TRANSPORTS = ("udp", "tcp", "udp6", "tcp6")
WRAPPINGS = ("none", "tls-auth", "tls-crypt", "tls-crypt-v2")
TOPOLOGIES = ("net30", "subnet", "p2p")
CERTIFICATE = "certificate"
PASSWORD_TOO = "certificate and password"
PASSWORD_ALONE = "password"
CODE_STATIC = "code, static challenge"
CODE_DYNAMIC = "code, dynamic challenge"
CODE_TEXT = "code, CR_TEXT"
AUTHENTICATIONS = (CERTIFICATE, PASSWORD_TOO, PASSWORD_ALONE, CODE_STATIC, CODE_DYNAMIC, CODE_TEXT)


class Combination(NamedTuple):
    transport: str
    wrapping: str
    topology: str
    authentication: str


DIMENSIONS = dict(zip(Combination._fields, (TRANSPORTS, WRAPPINGS, TOPOLOGIES, AUTHENTICATIONS)))


def pairs(combination):
    """The pairs of values that a combination shows together."""
    return set(choose(zip(Combination._fields, combination), 2))


def chosen(known):
    """The combinations to try; `known`: property -> the values that the client knows.
    The same for the same `known`."""
    candidates = [Combination(*values)
                  for values in product(*(known[name] for name in Combination._fields))]
    plan = [Combination(transport, wrapping, known["topology"][0], known["authentication"][0])
            for transport, wrapping in product(known["transport"], known["wrapping"])]
    open_pairs = set().union(*map(pairs, candidates)).difference(*map(pairs, plan))
    while open_pairs:
        best = max(candidates, key=lambda candidate: len(pairs(candidate) & open_pairs))
        plan.append(best)
        open_pairs -= pairs(best)
    return plan
