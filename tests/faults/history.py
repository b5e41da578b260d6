"""What was recorded and what became of it, and the checker that holds hub and devices to it."""

import collections
import json
import sqlite3
import threading
import time
from contextlib import closing

WORK = 2             # protocol.Lane
OBSERVATION = 16     # records.Kind
HUB_ACCEPTED = 0     # protocol.Outcome
ACCEPTED = 1         # state of an operation on the device
LEVELS = ("", "public", "internal", "confidential", "restricted")  # records.Classification
ROW = 1048576        # row = place * ROW + slot, sync/snapshot/schema.sql
# Whoever the recorder heard nothing from, or "not saved", may have it or not: once at most.
ACKNOWLEDGED, UNSURE, REFUSED = "acknowledged", "unsure", "refused"


class History:
    """Every observation by its id, in the order in which each device acknowledged them. Any thread may add."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.file = open(path, "a", buffering=1)
        self.begun = time.monotonic()
        self.outcome = {}                                  # id -> last known
        self.place = {}                                    # id -> (device, epoch, seq) of the acknowledgement
        self.order = collections.defaultdict(list)         # device -> ids as acknowledged
        self.broken = []                                   # what was wrong already while recording
        self.refusals = collections.Counter()              # how often the device said what

    def note(self, what, **more):
        """A line for who reads the run afterwards."""
        with self.lock:
            self.write(what, more)

    def write(self, what, more):
        self.file.write(json.dumps({"s": round(time.monotonic() - self.begun, 3), "what": what, **more}) + "\n")

    def acknowledged(self, device, identity, operation):
        with self.lock:
            place = (device, operation["epoch"], operation["seq"])
            known = self.place.get(identity)
            if known is None:
                self.place[identity] = place
                self.order[device].append(identity)
                self.outcome[identity] = ACKNOWLEDGED
            elif known != place and known[1] == place[1]:
                self.broken.append(f"{identity}: acknowledged as {known}, and again as {place}")
            self.write(ACKNOWLEDGED, {"device": device, "id": identity, "epoch": operation["epoch"],
                                      "seq": operation["seq"]})

    def not_acknowledged(self, device, identity, outcome, why=""):
        with self.lock:
            self.outcome.setdefault(identity, outcome)
            if outcome == REFUSED:
                self.refusals[why] += 1
                if why.startswith("4"):
                    self.broken.append(f"{identity}: refused with {why}, and nothing is wrong with it")
            self.write(outcome, {"device": device, "id": identity, "why": why})

    def count(self, outcome):
        return sum(1 for each in self.outcome.values() if each == outcome)


class Verdict:
    """What the checker found; sound when nothing is wrong."""

    def __init__(self):
        self.lost = 0
        self.duplicates = 0
        self.wrong = []
        self.of_unsure = 0   # of those without a clear answer, how many had been saved after all
        self.rows = 0        # of the city, compared on each device

    def sound(self):
        return not (self.lost or self.duplicates or self.wrong)

    def say(self, sentence):
        self.wrong.append(sentence)


def rows(path, query, *values):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query, values).fetchall()


def check_files(verdict, paths):
    for path in paths:
        found = rows(path, "PRAGMA integrity_check")[0][0]
        if found != "ok":
            verdict.say(f"{path}: {found}")


def check_hub(verdict, history, hub):
    """The hub has every acknowledged observation once, in its place and in order, and nothing that nobody recorded."""
    operations = rows(hub, "SELECT id, device, epoch, seq, outcome, reason FROM operation WHERE lane = ? "
                           "ORDER BY operation", WORK)
    times = collections.Counter(identity for identity, *_ in operations)
    for identity, count in times.items():
        if count > 1:
            verdict.duplicates += 1
            verdict.say(f"{identity}: {count} times at the hub")
        if identity not in history.outcome:
            verdict.say(f"{identity}: at the hub, and nobody recorded it")
    at = {}
    for number, (identity, device, epoch, seq, outcome, reason) in enumerate(operations):
        at[identity] = (number, (device, str(epoch), seq))
        if outcome != HUB_ACCEPTED:
            verdict.say(f"{identity}: not accepted: {outcome} {reason}")
    for device, identities in history.order.items():
        before = -1
        for identity in identities:
            if identity not in at:
                verdict.lost += 1
                verdict.say(f"{identity}: acknowledged by {history.place[identity]} and not at the hub")
                continue
            number, place = at[identity]
            if place != history.place[identity]:
                verdict.say(f"{identity}: acknowledged as {history.place[identity]}, at the hub as {place}")
            if number < before:
                verdict.say(f"{identity}: out of order at the hub")
            before = number
    verdict.of_unsure = sum(1 for identity in at if history.outcome.get(identity) in (UNSURE, REFUSED))
    for device, epoch, applied, count in rows(
            hub, "SELECT l.device, l.epoch, l.applied, count(p.seq) FROM device_lane l LEFT JOIN ("
                 "  SELECT device, epoch, lane, seq FROM operation WHERE in_place"
                 "  UNION SELECT device, epoch, lane, seq FROM operation_again) p USING (device, epoch, lane) "
                 "WHERE l.lane = ? GROUP BY 1, 2", WORK):
        if applied != count:
            verdict.say(f"{device} epoch {epoch}: applied through {applied}, and {count} operations are there")
    records = collections.Counter(key for key, in rows(
        hub, "SELECT key FROM record WHERE kind = ? AND deleted = 0", OBSERVATION))
    if records != times:
        verdict.say(f"{sum(records.values())} records at the hub from {sum(times.values())} observations")


def check_device(verdict, history, device, journal):
    """The device shows each of its observations, and each as accepted."""
    states = dict(rows(journal, "SELECT id, state FROM operation"))
    for identity in history.order[device]:
        if states.get(identity) != ACCEPTED:
            verdict.say(f"{identity}: in {device}'s journal with state {states.get(identity)}")
    for identity, state in states.items():
        if state != ACCEPTED:
            verdict.say(f"{identity}: {device} shows state {state}")
        if identity not in history.outcome:
            verdict.say(f"{identity}: in {device}'s journal, and nobody recorded it")


def feeds_of_profile(hub, profile):
    """Number and text of the feeds that the profile's clearance reaches, each level with those below it."""
    (areas, clearance), = rows(hub, "SELECT areas, clearance FROM profile WHERE profile = ?", profile)
    reaches = {compartment: LEVELS.index(level) for level, compartment in
               (each.split("/") for each in clearance.split())}
    return {feed: f"{area}/{LEVELS[level]}/{compartment}" for feed, area, level, compartment
            in rows(hub, "SELECT feed, area, classification, compartment FROM feed")
            if area in areas.split() and level <= reaches.get(compartment, 0)}


def check_city(verdict, hub, device, city, profile):
    """Row by row: what the device holds is what the hub's feeds carry for its profile, and no more."""
    wanted = {}
    feeds = feeds_of_profile(hub, profile)
    columns = "l.kind, l.record, l.version, s.id, l.as_of, l.link_method, l.link_confidence, l.body"
    for prop, feed, *row in rows(hub, f"SELECT l.property, l.feed, {columns} FROM layer l JOIN source s USING (source)"):
        if feed in feeds:
            wanted[feeds[feed], row[1]] = (prop, *row)
    held = {}
    for prop, feed, *row in rows(
            city, f"SELECT coalesce(p.property, 0), f.id, {columns} FROM layer l JOIN feed f USING (feed) "
                  f"JOIN source s USING (source) JOIN place p ON p.place = l.row / {ROW}"):
        if (feed, row[1]) in held:
            verdict.say(f"{device}: record {row[1]} twice in {feed}")
        held[feed, row[1]] = (prop, *row)
    verdict.rows += len(held)
    missing, extra = wanted.keys() - held.keys(), held.keys() - wanted.keys()
    differ = [key for key in wanted.keys() & held.keys() if wanted[key] != held[key]]
    for what, keys in (("lacks", missing), ("holds, which the hub does not offer,", extra), ("differs in", differ)):
        if keys:
            first = sorted(keys)[0]
            verdict.say(f"{device} {what} {len(keys)} rows, such as {first}: hub {wanted.get(first)}, "
                        f"device {held.get(first)}")


def check(history, store, devices, profile):
    """Over the whole history, when nothing runs any more. `devices` are (name, state folder)."""
    verdict = Verdict()
    verdict.wrong += history.broken
    hub = store / "hub.db"
    cities = {name: max((state / "city").glob("city-*.db"), key=lambda path: int(path.stem[5:]))
              for name, state in devices}
    check_files(verdict, [hub, *(state / "journal.db" for _, state in devices), *cities.values()])
    check_hub(verdict, history, hub)
    for name, state in devices:
        check_device(verdict, history, name, state / "journal.db")
        check_city(verdict, hub, name, cities[name], profile)
    return verdict
