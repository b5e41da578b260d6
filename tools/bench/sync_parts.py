"""The hub and one vehicle: bytes on the wire, catch-up both ways, and the hub's apply loop by itself."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import threading
import time
import uuid

import peers
from figures import ROOT, share_of
from mqtt_meter import Meter
from stack import Stack, program, wait_for

CITY = 20_000  # properties of the city that observations are made in
BULK = 10_000
PRODUCT = "express-pouchdb is one Node process, not CouchDB: no claim over a product"


class Connected:
    at = None  # time.monotonic()


@contextlib.contextmanager
def connecting(stack, port=None):
    """Around the device's start: when it told the broker that it is present, which is the first it does there."""
    said = Connected()
    watcher = subprocess.Popen(["mosquitto_sub", "-p", str(port or stack.broker_port), "-R", "-q", "1", "-t",
                                f"fieldpost/1/presence/{stack.device_id}", "-t", "bench/ready"],
                               stdout=subprocess.PIPE, text=True)

    def ready():
        subprocess.run(["mosquitto_pub", "-p", str(port or stack.broker_port), "-t", "bench/ready", "-m", "ready"], check=True)
        return lines

    lines = []

    def read():
        for line in watcher.stdout:
            lines.append(line.strip())
            if line.strip() == "present" and said.at is None:
                said.at = time.monotonic()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        wait_for("the broker tells who is present", ready, 10)
        yield said
        wait_for("the device connects", lambda: said.at, 60)
    finally:
        watcher.terminate()
        reader.join()
        watcher.wait()


class HubStore:
    """Reads the hub's store beside the hub: costs it nothing."""

    def __init__(self, stack):
        self.database = sqlite3.connect(f"file:{stack.store}/hub.db?mode=ro", uri=True)

    def one(self, query):
        return self.database.execute(query).fetchone()[0]

    def applied(self):
        return self.one("SELECT coalesce(max(operation), 0) FROM operation")

    def properties(self):
        digits = "0123456789abcdefghjkmnpqrstvwxyz"
        rows = self.database.execute("SELECT record FROM record WHERE kind = 1 AND NOT deleted ORDER BY record LIMIT 20000")
        return ["".join(digits[row[0] >> shift & 31] for shift in range(60, -1, -5)) for row in rows]

    def close(self):
        self.database.close()


def offline_vehicle(name, count):
    """A stack whose device has the city and `count` unsent observations; broker and hub run, the device does not."""
    stack = Stack(name)
    try:
        stack.prepare(CITY)
        stack.start()
        stack.device.stop()
        stack.api.close()
        store = HubStore(stack)
        stack.lines = peers.observations(stack.folder / "observations.jsonl", count, store.properties())
        store.close()
        record(stack, count)
    except BaseException:
        stack.close()
        raise
    return stack


def record(stack, count):
    stack.run(program("fieldpost-bench"), "record", stack.lines, stack.state / "journal.db", stack.device_id, "--count", count)


def applied_after(stack, count, seconds=900):
    """Starts the device; seconds from its connection to the moment when the hub's store holds its observations."""
    store = HubStore(stack)
    try:
        before = store.applied()
        with connecting(stack) as connected:
            stack.device.start()
        deadline = time.monotonic() + seconds
        while store.applied() < before + count:
            if time.monotonic() > deadline:
                raise AssertionError(f"{store.applied() - before} of {count} observations are applied after {seconds} s")
            time.sleep(0.002)
        return time.monotonic() - connected.at
    finally:
        store.close()


def journal_bodies(stack, count):
    with contextlib.closing(sqlite3.connect(f"file:{stack.state}/journal.db?mode=ro", uri=True)) as database:
        return [row[0] for row in database.execute("SELECT body FROM operation ORDER BY seq DESC LIMIT ?", (count,))]


def apply_loop_rate(stack, count):
    """The hub's engine over a copy of its store as it was before: nothing but the loop."""
    done = stack.run(program("fieldpost-bench-hub"), stack.folder / "hub-before", stack.lines, "--count", count,
                     "--profile", stack.profile)
    return json.loads(done.stdout)["obs_per_s"]


def catchup(report):
    """Rates of 10,000 and 100,000 observations beside PouchDB and the raw broker, and the share of the apply loop."""
    for name, usual in (("10k", 10_000), ("100k", 100_000)):
        count = share_of(usual)
        print(f"catch-up of {count} observations")
        stack = offline_vehicle(f"bench-catchup-{name}", count)
        try:
            stack.hub.stop()
            stack.hub_api.close()
            shutil.copytree(stack.store, stack.folder / "hub-before")
            stack.start_hub()
            wait_for("the hub is connected", lambda: stack.hub_api.get("/api/v1/status")["broker"] == "connected", 30)
            rate = count / applied_after(stack, count)
            raw = peers.raw_broker_rate(stack.folder, journal_bodies(stack, count))
            stack.device.stop()
            stack.hub.stop()
            loop = apply_loop_rate(stack, count)
        finally:
            stack.close()
        pouch = peers.pouchdb(count)
        ours = (f"{count} observations recorded offline; from the device's connection to the last one committed and projected at "
                "the hub, in one transaction a round: the operation with its indexes, the record, its rows with theirs, their "
                "numbers in the feed, the lane's cursor and hash. Of aggregates the hub keeps each feed's head and checksum, "
                "which are in it; it counts nothing ahead, but when it is asked. Feeds being published meanwhile. ")
        report.entry(f"catchup_{name}_obs_per_s", rate, "obs/s",
                     ours + "Peer: PouchDB to express-pouchdb, batches of 1000, documents stored and nothing fsynced; "
                     "" + PRODUCT +
                     ("" if pouch else ". Not measured here"), pouch and pouch["docs_per_s"])
        report.entry(f"catchup_{name}_obs_per_s_vs_broker", rate, "obs/s",
                     ours + "Peer: the broker's raw QoS 1 rate, the same operations as messages of one each, nothing "
                     "stored", raw)
    report.entry("apply_loop_share", rate / loop, "share",
                 f"the rate of {count} observations end to end ({rate:.0f}/s) by that of the hub's engine over a copy "
                 f"of the same "
                 f"store, fed from memory in batches of 200, signatures checked and feeds sealed ({loop:.0f}/s)")


def overlap():
    """How many of the benchmark's questions and phrases stand word for word in the dictionary."""
    dictionary = (ROOT / "sync" / "protocol" / "dictionary_1.bin").read_bytes()
    questions, phrases = set(), set()
    for line in peers.node(peers.PEERS / "observations.mjs", "--seed", 7, "--count", 2000).splitlines():
        observation = json.loads(line)
        questions.update(observation["values"])
        first = observation["note"].split(". ")[0]
        phrases.update(part.split(", ")[0].rstrip(".") for part in first.split(": "))
    found = [text for text in questions | phrases if text.encode() in dictionary]
    return f"{len(found)} of the benchmark's {len(questions)} questions and {len(phrases)} phrases stand in it"


def wire(report):
    """Bytes of an observation on the device's connection, both directions, alone and in bulk."""
    count = share_of(BULK)
    print(f"bytes on the wire of {count} observations")
    stack = offline_vehicle("bench-wire", count)
    try:
        with Meter(stack.broker_port) as meter:
            text = stack.device_config.read_text().replace(f"port = {stack.broker_port}", f"port = {meter.port}")
            stack.device_config.write_text(text.replace('driver = "empty"',
                                                        'driver = "sim"\nscript = "40.4321234,-89.1234321"')
                                           + "[record]\npositions = false\n")  # bytes of observations alone
            applied_after(stack, count)
            wait_for("the device knows it", lambda: waiting(stack) == 0, 60)
            bulk = meter.bytes("up batch", "down ack") / count
            each = count / meter.packets["up batch"] * 2  # a batch and its PUBACK
            wait_for("its feed is quiet", lambda: stack.status()["data"]["state"] == "ready", 120)
            echo = meter.bytes("feed", "down segment") / count
            single = single_observations(stack, meter)
    finally:
        stack.close()
    pouch = peers.pouchdb(count)
    told = ("TCP payload both ways: batches with signature and MQTT framing, the hub's acks, PUBACKs. Not in it, since the "
            "peer's replication has none: hellos, and the same observations coming back to the device by their feed. ")
    squeezed = pouch and pouch["gzipped"]
    lines = "" if not pouch else f" As JSON lines: {pouch['json_bytes_per_doc']:.0f}."
    alone = "" if not pouch else f" PouchDB gzipped: {pouch['single']['gzip_bytes_per_doc']:.0f}." + lines
    trained = f"The dictionary was trained on other forms, wording and vehicles; {overlap()}. "
    bulk_note = (f"a checklist of 20 answers with position, {count} at once, {each:.0f} in a batch. " + told + trained +
                 f"That feed takes {echo:.0f} bytes more. ")
    report.entry("wire_bytes_per_obs_bulk", bulk, "bytes",
                 bulk_note + f"Peer: PouchDB to express-pouchdb, batches of 1000, both directions; {PRODUCT}." + lines,
                 pouch and pouch["wire"] and pouch["wire"]["bytes_per_doc"])
    report.entry("wire_bytes_per_obs_bulk_vs_gzip", bulk, "bytes",
                 bulk_note + "Peer: the same replication, less what gzip -6 would take off each request's body, which PouchDB "
                 f"does not do by itself; answers as the server gzips them; {PRODUCT}" +
                 (f", {squeezed['docs']} documents." if squeezed else ". Not measured here."),
                 squeezed and squeezed["gzip_bytes_per_doc"])
    report.entry("wire_bytes_per_obs_single", single, "bytes",
                 "one checklist at a time on an open connection, mean of 20, the first left out. " + told + trained +
                 f"Peer: PouchDB's live replication, the same; {PRODUCT}." + alone,
                 pouch and pouch["single"]["bytes_per_doc"])


def waiting(stack):
    status = Stack.answers(stack.api)
    return None if not status else sum(lane["waiting"] for lane in status["journal"]["lanes"])


def single_observations(stack, meter):
    wait_for("the device is in contact", lambda: stack.status()["link"]["hub"] == "present", 60)
    counted = []
    for line in stack.lines.read_text().splitlines()[:21]:
        observation = json.loads(line)
        stack.api.post("/api/v1/visits", {"id": observation["visit"], "property": observation["property"], "purpose": "routine"})
        wait_for("its feed is quiet", lambda: waiting(stack) == 0 and stack.status()["data"]["state"] == "ready", 60)
        time.sleep(0.3)  # acknowledgements of what came by feed
        meter.reset()
        status, said = stack.api.post(f"/api/v1/visits/{observation['visit']}/observations", {
            "id": str(uuid.uuid4()), **{name: observation[name] for name in ("property", "kind", "note", "severity", "values")}})
        if status != 201:
            raise AssertionError(f"not recorded: {status} {said}")
        wait_for("the hub has it", lambda: waiting(stack) == 0, 60)
        wait_for("both ends know it", lambda: meter.packets["up batch"] == 2 and meter.packets["down ack"] == 1, 10)
        counted.append(meter.bytes("up batch", "down ack"))
    return sum(counted[1:]) / len(counted[1:])


def feed(report):
    """A vehicle that missed some 100,000 changes."""
    stack = Stack("bench-feed")
    try:
        stack.prepare(1000)
        ready = stack.start()
        stack.device.stop()
        stack.api.close()
        before = {feed["id"]: feed["cursor"] for feed in ready["data"]["feeds"]}
        print("feed catch-up: importing what the vehicle misses")
        stack.import_city(stack.make_city(share_of(22_000), name="later"))
        heads = {feed["id"]: feed["head"] for feed in stack.hub_api.get("/api/v1/status")["feeds"]}
        with connecting(stack) as connected:
            stack.start_device()
        wait_for("the vehicle has every change", lambda: all(
            feed["cursor"] >= heads.get(feed["id"], 0) for feed in stack.status()["data"]["feeds"]), 900)
        seconds = time.monotonic() - connected.at
        changes = sum(heads.get(feed, 0) - cursor for feed, cursor in before.items())
        report.entry("feed_catchup_changes_per_s", changes / seconds, "changes/s",
                     f"{changes} changes that a vehicle missed, from its connection to the last one committed in its "
                     f"city file with "
                     "its search entries; asked for by range, a few ranges ahead, over MQTT on loopback")
    finally:
        stack.close()
