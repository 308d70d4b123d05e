"""Tells every sequence to both servers and returns what each did."""
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

import sequences
from talk import NoAnswer, Talk

AT_ONCE = 24
WINDOW = 0.7  # seconds that a server has for its answer
LONG_WINDOW = 2.5  # when something was unexpected


def observe(pair, server, sequence, transport, window=WINDOW):
    talk = Talk(server, transport, pair.next_source(), window)
    try:
        sequence.tell(talk)
        return talk.observation()
    except NoAnswer as missing:
        return f"stuck: {missing}"
    except Exception:
        traceback.print_exc()
        return f"failed: {sys.exc_info()[0].__name__}"
    finally:
        talk.close()


def observe_all(pair, wrapping):
    """(name, transport) -> [what stock openvpn did, what Kanmon did]."""
    jobs = {(sequence.name, transport): [None, None]
            for sequence in sequences.SEQUENCES if wrapping in sequence.wrappings
            for transport in sequence.transports}
    by_name = {sequence.name: sequence for sequence in sequences.SEQUENCES}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = [(key, index, pool.submit(observe, pair, server, by_name[key[0]], key[1]))
                   for key in jobs for index, server in enumerate(pair.servers)]
        for key, index, future in running:
            jobs[key][index] = future.result()
    return jobs
