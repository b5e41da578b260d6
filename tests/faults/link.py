#!/usr/bin/env python3
"""A slow, far and lossy link between a device and its broker, on one machine.

    with Link(rate_kbit=64, round_trip_ms=600, loss_percent=2) as link:
        ...                     # broker and hub as always, the broker listening on link.broker_address
        subprocess.Popen(link.command(["fieldpostd", "--config", ...]))   # broker = link.broker_address

The device runs in a network namespace whose only way out is a TUN pair; a process carries the packets between the two
ends. Each direction is a bottleneck with a queue (a packet that finds it full is dropped), and behind it the loss and
half of the round trip. Both ends use cubic: this kernel's default would be BBR. It needs root, /dev/net/tun and
iproute2, and no kernel module: netem is often missing. A Unix socket of the device is reached as always.

    tests/faults/link.py --rate 64 --round-trip 600 --loss 2 --seconds 20     measures the link itself
"""

import argparse
import collections
import contextlib
import fcntl
import itertools
import json
import os
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import uuid

from fault_stack import wait_for

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
MTU = 1500


class Direction:
    """Packets on their way from one end to the other."""

    def __init__(self, source, target, rate_kbit, delay_s, loss, queue_packets, chance):
        self.source, self.target = source, target
        self.bytes_per_s = rate_kbit * 1000 / 8
        self.delay_s, self.loss, self.queue_packets, self.chance = delay_s, loss, queue_packets, chance
        self.free_at = 0.0
        self.queued = collections.deque()     # when each leaves the bottleneck
        self.flying = collections.deque()     # (when it arrives, packet)
        self.packets = self.bytes = self.lost = self.dropped = 0

    def take(self, now):
        while True:
            try:
                packet = os.read(self.source, MTU + 100)
            except BlockingIOError:
                return
            while self.queued and self.queued[0] <= now:
                self.queued.popleft()
            if len(self.queued) >= self.queue_packets:
                self.dropped += 1
                continue
            self.free_at = max(self.free_at, now) + len(packet) / self.bytes_per_s
            self.queued.append(self.free_at)
            if self.chance.random() < self.loss:  # it has had its share of the link all the same
                self.lost += 1
                continue
            self.flying.append((self.free_at + self.delay_s, packet))

    def deliver(self, now):
        while self.flying and self.flying[0][0] <= now:
            packet = self.flying.popleft()[1]
            with contextlib.suppress(OSError):  # the far end is going away
                os.write(self.target, packet)
            self.packets += 1
            self.bytes += len(packet)

    def said(self):
        return {"packets": self.packets, "bytes": self.bytes, "lost": self.lost, "dropped": self.dropped}


def shape(near, far, rate_kbit, round_trip_ms, loss_percent, queue_packets, seed):
    """The carrier: until SIGTERM; then it says what passed."""
    chance = random.Random(seed)
    terms = (rate_kbit, round_trip_ms / 2000, loss_percent / 100, queue_packets, chance)
    up, down = Direction(far, near, *terms), Direction(near, far, *terms)
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    os.set_blocking(near, False)
    os.set_blocking(far, False)
    print("carrying", flush=True)
    while not stopped:
        now = time.monotonic()
        due = min((way.flying[0][0] for way in (up, down) if way.flying), default=now + 0.5)
        select.select([near, far], [], [], max(0, due - now))
        now = time.monotonic()
        for way in (up, down):
            way.take(now)
            way.deliver(now)
    print(json.dumps({"up": up.said(), "down": down.said()}), flush=True)


class Link:
    numbers = itertools.count()  # of this process: several links have names and addresses of their own

    def __init__(self, rate_kbit=64, round_trip_ms=600, loss_percent=0, queue_packets=100, seed=1):
        self.terms = [rate_kbit, round_trip_ms, loss_percent, queue_packets, seed]
        number = (os.getpid() + next(self.numbers)) % 60000
        self.name = f"fp{number}"
        self.broker_address = f"10.213.{number // 250}.{number % 250 + 1}"
        self.device_address = f"10.214.{number // 250}.{number % 250 + 1}"
        self.said = None      # after the end: packets, bytes, lost and dropped, each way
        self.undo = contextlib.ExitStack()

    @staticmethod
    def why_not():
        """A sentence when this machine cannot have one."""
        if os.geteuid() != 0:
            return "links are not shaped: network namespaces need root"
        if not shutil.which("ip"):
            return "links are not shaped: there is no ip (package iproute2)"
        return None if os.path.exists("/dev/net/tun") else "links are not shaped: there is no /dev/net/tun"

    def command(self, arguments):
        """The same command on the device's side of the link."""
        return ["ip", "netns", "exec", self.name, *arguments]

    @staticmethod
    def ip(*arguments):
        done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")

    def tun(self, name):
        fd = os.open("/dev/net/tun", os.O_RDWR)
        self.undo.callback(os.close, fd)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        return fd

    def __enter__(self):
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self.undo.close)
            near_name, far_name = f"{self.name}n", f"{self.name}f"
            self.ip("netns", "add", self.name)
            self.undo.callback(self.ip, "netns", "del", self.name)
            near, far = self.tun(near_name), self.tun(far_name)
            self.ip("link", "set", far_name, "netns", self.name)
            for where, name, own, other in (([], near_name, self.broker_address, self.device_address),
                                            (["-n", self.name], far_name, self.device_address, self.broker_address)):
                self.ip(*where, "addr", "add", f"{own}/32", "dev", name)
                self.ip(*where, "link", "set", name, "mtu", str(MTU), "up")
                self.ip(*where, "route", "add", f"{other}/32", "dev", name, "src", own, "congctl", "cubic")
            self.ip("-n", self.name, "link", "set", "lo", "up")
            carrier = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--carry", str(near), str(far),
                                        *map(str, self.terms)], pass_fds=(near, far), stdout=subprocess.PIPE, text=True)
            self.undo.callback(self.stop, carrier)
            if carrier.stdout.readline() != "carrying\n":
                raise OSError("the link's carrier did not start")
            on_failure.pop_all()
        return self

    def stop(self, carrier):
        carrier.terminate()
        said = carrier.communicate()[0]
        self.said = json.loads(said) if said else None

    def __exit__(self, *_):
        self.undo.close()


def measure(link, seconds):
    """(median round trip in ms of a small message, goodput of one upload in kbit/s) over plain TCP."""
    sender = ("import socket, sys, time\n"
              "s = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
              "s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)\n"
              "trips = []\n"
              "for _ in range(5):\n"
              "    begun = time.monotonic(); s.sendall(b'?'); s.recv(1); trips.append(time.monotonic() - begun)\n"
              "print(sorted(trips)[2] * 1000, flush=True)\n"
              "end = time.monotonic() + float(sys.argv[3])\n"
              "while time.monotonic() < end: s.sendall(bytes(2048))\n")
    with socket.create_server((link.broker_address, 0)) as server:
        child = subprocess.Popen(link.command([sys.executable, "-c", sender, link.broker_address,
                                               str(server.getsockname()[1]), str(seconds)]),
                                 stdout=subprocess.PIPE, text=True)
        near = server.accept()[0]
        control = near.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0").decode()
        for _ in range(5):
            near.sendall(near.recv(1))
        begun, got, at = time.monotonic(), 0, 0.0
        while time.monotonic() - begun < seconds:
            got += len(near.recv(65536))
            at = time.monotonic() - begun
        near.close()
        child.kill()
        return float(child.communicate()[0]), got * 8 / 1000 / at, control


@contextlib.contextmanager
def behind(stack, link):
    """The stack's device on the far side of the link; its broker listens there too."""
    stack.broker.kill()
    config = stack.folder / "mosquitto.conf"
    plain, device = config.read_text(), stack.device_config.read_text()
    config.write_text(plain + f"listener {stack.broker_port} {link.broker_address}\nallow_anonymous true\n")
    stack.device_config.write_text(device.replace("[hub]\n", f'[hub]\nbroker = "{link.broker_address}"\n'))
    command, stack.device.command = stack.device.command, link.command(stack.device.command)
    stack.start_broker()
    stack.hub_api.close()
    wait_for("the hub is connected", lambda: stack.hub_api.get("/api/v1/status")["broker"] == "connected", 60)
    try:
        yield
    finally:
        stack.device.kill()
        stack.device.command = command
        config.write_text(plain)
        stack.device_config.write_text(device)


def emergency(api):
    """Seconds from the append of an SOS until the device holds the hub's ack of it."""
    name = str(uuid.uuid4())
    began = time.monotonic()
    status, said = api.post("/api/v1/statuses", {"id": name, "status": "sos"})
    if status != 201:
        raise AssertionError(f"no emergency was recorded: {status} {said}")
    while api.get(f"/api/v1/statuses/{name}")["state"] == "pending":
        if time.monotonic() > began + 120:
            raise AssertionError("an emergency was not acknowledged within 120 s")
        time.sleep(0.01)
    return time.monotonic() - began


def main():
    if sys.argv[1:2] == ["--carry"]:
        near, far, rate, trip, loss, queue, seed = sys.argv[2:]
        return shape(int(near), int(far), float(rate), float(trip), float(loss), int(queue), seed)
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rate", type=float, default=64, help="kbit/s, each way")
    parser.add_argument("--round-trip", type=float, default=600, help="ms")
    parser.add_argument("--loss", type=float, default=0, help="percent of packets, each way")
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    if Link.why_not():
        sys.exit(Link.why_not())
    with Link(given.rate, given.round_trip, given.loss) as link:
        trip, goodput, control = measure(link, given.seconds)
    print(f"round trip {trip:.0f} ms, goodput {goodput:.1f} kbit/s = {100 * goodput / given.rate:.0f} % of the link, "
          f"{control}; {link.said}")


if __name__ == "__main__":
    main()
