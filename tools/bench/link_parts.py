"""Shaped links (tests/faults/link.py): how near to the link's own rate a vehicle comes, and what waits meanwhile.

Needs root, /dev/net/tun and iproute2. A link that cannot be made is said and left out.
"""

import json
import subprocess
import threading
import time

from figures import quantile, share_of
from link import Link, behind, emergency
from stack import Client, program, wait_for
from sync_parts import HubStore, applied_after, connecting, offline_vehicle

ROUND_TRIP_MS = 40           # of the two faster links
SLOW = {"rate_kbit": 64, "round_trip_ms": 600}
SETTLE_S, WINDOW_S, EVERY_S = 15, 150, 5


def why_not():
    why = Link.why_not()
    if why:
        print(f"  {why}")
    return why


def fast(report):
    """1 and 10 Mbit/s: the time of a catch-up by what its bytes alone would take."""
    if why_not():
        return
    for name, rate_kbit, usual in (("1m", 1000, 20_000), ("10m", 10_000, 100_000)):
        count = share_of(usual)
        print(f"catch-up of {count} observations over {rate_kbit} kbit/s")
        stack = offline_vehicle(f"bench-link-{name}", count)
        try:
            packed = json.loads(stack.run(program("fieldpost-bench"), "wire", stack.lines, "--count", count).stdout)
            ideal = count * packed["200"]["dictionary"] * 8 / (rate_kbit * 1000)
            with Link(rate_kbit=rate_kbit, round_trip_ms=ROUND_TRIP_MS) as link, behind(stack, link):
                seconds = applied_after(stack, count)
        finally:
            stack.close()
        report.entry(f"link_{name}_overhead", seconds / ideal, "times",
                     f"{count} observations, from the device's connection to the last one applied at the hub "
                     f"({seconds:.1f} s), by their "
                     f"{packed['200']['dictionary']:.0f} bytes each in signed batches of 200 ÷ {rate_kbit} kbit/s "
                     f"({ideal:.1f} s); TCP, IP and MQTT "
                     f"headers count as overhead; round trip {ROUND_TRIP_MS} ms, cubic, {carried(link)}")


def carried(link):
    up = link.said["up"] if link.said else {}
    return f"{up.get('lost', 0)} of {up.get('packets', 0)} packets up lost and {up.get('dropped', 0)} dropped at the bottleneck"


class Arrivals:
    """What comes up from the device, seen at the broker: (time, bytes of the message)."""

    def __init__(self, stack, address):
        self.seen = []
        self.child = subprocess.Popen(["mosquitto_sub", "-p", str(stack.broker_port), "-h", address, "-q", "1", "-t",
                                       "fieldpost/1/up/#", "-F", "%l"], stdout=subprocess.PIPE, text=True)
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.child.stdout:
            self.seen.append((time.monotonic(), int(line)))

    def between(self, begin, end):
        return sum(size for at, size in self.seen if begin <= at < end)

    def close(self):
        self.child.terminate()
        self.thread.join()
        self.child.wait()


def slow(report):
    """64 kbit/s, 600 ms: goodput of an upload and the time of an emergency during it, both in one run."""
    if why_not():
        return
    window = max(20, share_of(WINDOW_S))
    for loss in (0, 2, 5):
        print(f"64 kbit/s, 600 ms, {loss} % lost: {window} s")
        # More than the link can carry in that time.
        stack = offline_vehicle(f"bench-slow-{loss}", 20_000)
        try:
            with Link(**SLOW, loss_percent=loss) as link, behind(stack, link):
                arrivals = Arrivals(stack, "127.0.0.1")
                store = HubStore(stack)
                try:
                    with connecting(stack) as connected:
                        stack.device.start()
                    api = Client(stack.socket)
                    time.sleep(SETTLE_S)
                    begin, applied = time.monotonic(), store.applied()
                    times = []
                    while time.monotonic() < begin + window:
                        due = time.monotonic() + EVERY_S
                        times.append(emergency(api))
                        time.sleep(max(0, due - time.monotonic()))
                    end, applied = time.monotonic(), store.applied() - applied
                    goodput = arrivals.between(begin, end) * 8 / (end - begin) / (SLOW["rate_kbit"] * 1000)
                finally:
                    arrivals.close()
                    store.close()
        finally:
            stack.close()
        run = (f"one run of {end - begin:.0f} s on 64 kbit/s, 600 ms, {loss} % of packets lost each way behind the bottleneck, cubic; "
               f"{applied} operations applied, {len(times)} emergencies; {carried(link)}. ")
        report.entry(f"goodput_64k_loss{loss}", goodput, "share",
                     run + "Bytes of the messages that arrived from the device by what the link carries in that time; "
                     "MQTT, TCP and IP "
                     "headers are not goodput, a batch sent twice would be")
        report.entry(f"emergency_p95_s_loss{loss}", quantile(times, 0.95), "s",
                     run + f"From the request that records an SOS to the device's knowing the hub's ack; median "
                     f"{quantile(times, 0.5):.2f} s, "
                     f"longest {max(times):.2f} s; within 10 ms")
