#!/usr/bin/python3
"""Proves that the rows with the batched peer give OpenVPN the better of its figures."""
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
from batched import Figures, compared  # noqa: E402

figures = Figures()
for swarm, stock, ours in ((8.0, 7.0, 0.5), (9.0, 6.0, 0.6), (7.0, 100.0, 0.7)):
    figures.add("cpu", "openvpn", "swarm", swarm)
    figures.add("cpu", "openvpn", "stock", stock)
    figures.add("cpu", "kanmon", "swarm", ours)
    figures.add("speed", "openvpn", "swarm", swarm, more_is_better=True)
    figures.add("speed", "openvpn", "stock", stock, more_is_better=True)
    figures.add("speed", "kanmon", "swarm", ours, more_is_better=True)
assert figures.best("cpu", "openvpn") == (7.0, "stock"), "the lower median of two peers"
assert figures.best("speed", "openvpn") == (8.0, "swarm"), "the higher median of two peers"
figures.add("retransmits", "openvpn", "swarm", 30)
figures.add("retransmits", "kanmon", "swarm", 0)
figures.add("half", "openvpn", "swarm", 1)
assert list(compared(figures)) == [("cpu", 7.0, 0.6, "11.667", "stock"),
                                   ("speed", 8.0, 0.6, "0.075", "swarm"),
                                   ("retransmits", 30, 0, "", "swarm")]
