"""The peers of peers/README.md and the broker's raw rate, measured in the same run as our own figures."""

import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import figures  # noqa: F401: puts the next on the path
from stack import Process, free_port, wait_for

PEERS = pathlib.Path(__file__).resolve().parent / "peers"


class NoPeer(Exception):
    """A sentence why there is none."""


def node(*arguments, **options):
    if not shutil.which("node"):
        raise NoPeer("there is no node")
    done = subprocess.run(["node", *map(str, arguments)], stdout=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        raise NoPeer(f"{pathlib.Path(arguments[0]).name} ended with {done.returncode}")
    return done.stdout


@functools.cache
def pouchdb(count):
    """What pouch_catchup.mjs prints; None and a sentence on stderr when it cannot run here."""
    try:
        if not (PEERS / "node_modules").exists():
            subprocess.run(["npm", "ci", "--silent"], cwd=PEERS, check=True)
        return json.loads(node(PEERS / "pouch_catchup.mjs", "--count", count))
    except (NoPeer, OSError, subprocess.CalledProcessError) as error:
        print(f"  no PouchDB: {error}", file=sys.stderr)
        return None


def observations(path, count, properties=()):
    """JSON lines of typical observations, at the given record ids instead of invented ones when there are any."""
    with open(path, "w", encoding="utf-8") as file:
        for number, line in enumerate(node(PEERS / "observations.mjs", "--seed", 7, "--count", count).splitlines()):
            if properties:
                observation = json.loads(line)
                # The same visit stays at the same property.
                chosen = int(observation["visit"][:8], 16) % len(properties)
                observation["property"] = properties[chosen]
                line = json.dumps(observation, ensure_ascii=False, separators=(",", ":"))
            file.write(line + "\n")
    return path


def tcp_copy(file):
    done = subprocess.run([sys.executable, PEERS / "tcp_copy.py", file], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def raw_broker_rate(folder, bodies):
    """Messages a second through a broker of its own at QoS 1, one for each body, to a subscriber who keeps nothing."""
    port = free_port()
    config = folder / "raw-broker.conf"
    # Its usual bound of 1000 waiting messages would drop some.
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nmax_queued_messages 0\nsys_interval 1\n"
                      + ("user root\n" if os.geteuid() == 0 else ""))
    broker = Process("raw-broker", [shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin"), "-c", str(config)], folder)
    there = ["-p", str(port), "-q", "1"]
    # mosquitto_pub cuts its input at line ends: printable bytes, as many.
    lines = [body.hex()[: len(body)].encode() + b"\n" for body in bodies]
    broker.start()
    subscriber = subscribed = None
    try:
        wait_for("the broker listens", lambda: subprocess.run(["mosquitto_pub", *there, "-t", "up", "-n"],
                                                              stderr=subprocess.DEVNULL).returncode == 0, 10)
        subscriber = subprocess.Popen(["mosquitto_sub", *there, "-t", "raw", "-C", str(len(bodies))], stdout=subprocess.DEVNULL)
        subscribed = subprocess.Popen(["mosquitto_sub", *there, "-t", "$SYS/broker/subscriptions/count", "-F", "%p"],
                                      stdout=subprocess.PIPE, text=True)
        # Both of them, as the broker tells every second.
        while int(subscribed.stdout.readline() or 2) < 2:
            pass
        subscribed.kill()
        began = time.monotonic()
        # It numbers what it has read and not yet sent: some messages get lost once those are more than 65,535.
        for first in range(0, len(lines), 50_000):
            subprocess.run(["mosquitto_pub", *there, "-t", "raw", "-l"], input=b"".join(lines[first : first + 50_000]), check=True)
        subscriber.wait(300)
        return len(bodies) / (time.monotonic() - began)
    finally:
        for child in (subscriber, subscribed):
            if child:
                child.kill()
                child.wait()
        broker.kill()
        broker.log.close()
