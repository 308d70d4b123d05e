"""Many real clients at once: the maximum, who waits for a slot, what a flood does to newcomers."""
import time
from concurrent.futures import ThreadPoolExecutor

from connecting import connect_times, summary
from lab import BIN, Lab, RELAY


def test_fifty_clients_ping_and_the_next_is_refused_until_a_slot_is_free():
    lab = Lab(connections=50, pool="192.168.0.0/22", HoldSeconds=5)
    try:
        bundle = lab.bundle(lab.certificate())
        laptops = [lab.laptop().connect(bundle, wait=False) for _ in range(50)]
        for laptop in laptops:
            laptop.wait_connected(timeout=90)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda laptop: laptop.ping(count=2), laptops))
        assert len({laptop.address() for laptop in laptops}) == 50
        late = lab.laptop().connect(lab.bundle(lab.certificate("late")), wait=False)
        late.wait_log(r"AUTH_FAILED,TEMP.*maximum of concurrent connections")
        assert late.connects() == 0
        laptops[0].stop()  # its slot is held for five seconds, then free
        late.wait_connected(timeout=60)
        late.ping()
    finally:
        lab.close()


def test_at_ten_percent_loss_each_way_forty_of_forty_connect_within_a_minute():
    lab = Lab(connections=200, pool="192.168.0.0/20", HoldSeconds=5)
    try:
        lab.relay("--seed", "11", "--up", "loss=0.1", "--down", "loss=0.1")
        profile = lab.bundle(lab.certificate(), remote=f"{RELAY} 1194")
        times = connect_times(lab.network, lab.laptop().name, profile, 40, at_once=20)
        assert None not in times, summary(times)
    finally:
        lab.close()


def test_a_flood_of_resets_from_one_address_does_not_keep_a_client_out(lab):
    bundle = lab.bundle(lab.certificate())
    attacker = lab.network.namespace("evil")
    lab.network.plug(attacker, "10.99.200.1")
    flood = lab.network.start(attacker, str(BIN / "reset_flood"), "--to", "10.99.0.1:1194",
                              "--rate", "20000", "--seconds", "40",
                              log=lab.network.folder / "flood.log")
    time.sleep(1)
    times = []
    for _ in range(5):
        laptop = lab.laptop()
        began = time.monotonic()
        laptop.connect(bundle, timeout=20)
        times.append(time.monotonic() - began)
    assert flood.poll() is None, "the flood ended before the clients were in"
    # openvpn itself takes about a second from its start to its first packet and to its TUN device.
    assert max(times) <= 3.0, times
