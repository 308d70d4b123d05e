"""The same packets to a stock openvpn 2.6 server and to Kanmon: the same class of answer, or a row of
differences.py that says why not."""
import differences
from compare import LONG_WINDOW, observe, observe_all
from sequences import SEQUENCES
from servers import Pair


def surprise(key, wrapping, stock, kanmon):
    """Nothing when this is as it should be."""
    name, transport = key
    row = differences.find(name, transport, wrapping)
    expected = (row.stock, row.kanmon) if row else (stock, stock)
    if (stock, kanmon) == expected and not stock.startswith(("stuck", "failed")):
        return None
    known = f"; the table says {expected[0]} and {expected[1]}" if row else ""
    return f"{name}, by {transport}: openvpn {stock}, Kanmon {kanmon}{known}"


def compare_under(wrapping):
    pair = Pair(wrapping)
    try:
        by_name = {sequence.name: sequence for sequence in SEQUENCES}
        seen = observe_all(pair, wrapping)
        surprises = {key: said for key, pairs in seen.items()
                     if (said := surprise(key, wrapping, *pairs))}
        for key in list(surprises)[:30]:  # once more: slowness is no difference
            again = [observe(pair, server, by_name[key[0]], key[1], LONG_WINDOW)
                     for server in pair.servers]
            surprises[key] = surprise(key, wrapping, *again)
        surprises = [said for said in surprises.values() if said]
        if surprises:
            print(pair.logs())
        print(f"{len(seen)} sequences under {wrapping}")
        assert not surprises, "\n".join(surprises)
    finally:
        pair.close()


def test_without_wrapping_both_answer_alike_but_for_the_table():
    compare_under("none")


def test_under_tls_auth_both_answer_alike_but_for_the_table():
    compare_under("tls-auth")


def test_under_tls_crypt_both_answer_alike_but_for_the_table():
    compare_under("tls-crypt")


def test_under_tls_crypt_v2_both_answer_alike_but_for_the_table():
    compare_under("tls-crypt-v2")


def test_the_page_of_differences_is_the_table():
    told = {(sequence.name, transport, wrapping) for sequence in SEQUENCES
            for transport in sequence.transports for wrapping in sequence.wrappings}
    assert len({name for name, _, _ in told}) >= 40
    for row in differences.DIFFERENCES:
        for name in row.sequences:
            for transport in row.transports:
                assert any((name, transport, wrapping) in told for wrapping in row.wrappings), (
                    f"the table knows '{name}' by {transport}, nobody tells it")
    for name, transport, wrapping in told:
        differences.find(name, transport, wrapping)
    assert differences.PAGE.read_text() == differences.page(SEQUENCES), (
        "write docs/differences.md anew: tests/differential/differences.py --write")
