"""How long stock clients take to connect over a path that loses packets."""
import time
from concurrent.futures import ThreadPoolExecutor

WINDOW = 60.0


def connect_times(network, namespace, profile, count, at_once, window=WINDOW):
    """Seconds that each of `count` openvpn clients took; None for those that did not make it in the
    window. They use no device, so that only the handshake and the push are measured."""

    def once(number):
        log = network.folder / f"connecting-{namespace}-{number}.log"
        log.write_text("")
        began = time.monotonic()
        client = network.start(namespace, "openvpn", "--config", str(profile), "--dev", "null",
                               "--ifconfig-noexec", "--route-noexec", "--verb", "3",
                               "--explicit-exit-notify", "0", log=log)
        try:
            while time.monotonic() - began < window:
                if b"Initialization Sequence Completed" in log.read_bytes():
                    return time.monotonic() - began
                time.sleep(0.05)
            return None
        finally:
            network.stop(client, 9)
            network.processes.remove(client)
            log.unlink()

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(once, range(count)))


def summary(times):
    made = sorted(t for t in times if t is not None)
    if not made:
        return "none connected"
    p99 = made[min(len(made) - 1, int(len(made) * 0.99))]
    return (f"{len(made)} of {len(times)}, median {made[len(made) // 2]:.2f} s, p99 {p99:.2f} s, "
            f"longest {made[-1]:.2f} s")
