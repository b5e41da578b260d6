"""What was recorded and what became of it, and the checker that holds hub and devices to it."""

import collections
import json
import threading
import time

from effects import (ACCEPTED, CONFLICT, OBSERVATION, OBSERVATION_CORRECTED, OBSERVATION_MADE,
                     HEALTH_REPORTED, POSITION_REPORTED, RECORD_EDITED, VISIT, VISIT_STARTED, check_effects, rows)

LANES = {"urgent": 1, "work": 2, "telemetry": 3}  # protocol.Lane
STATES = ("pending", "accepted", "conflict", "quarantined")  # of an operation on the device: 1 more than the hub's outcome
LEVELS = ("", "public", "internal", "confidential", "restricted")  # records.Classification
ROW = 1048576        # row = place * ROW + slot, sync/snapshot/schema.sql
# Whoever the recorder heard nothing from, or "not saved", may have it or not: once at most.
ACKNOWLEDGED, UNSURE, REFUSED = "acknowledged", "unsure", "refused"


class History:
    """Every operation by its id, in the order in which each lane of each device acknowledged them, and every attachment.
    Any thread may add."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.file = open(path, "a", buffering=1)
        self.begun = time.monotonic()
        self.asked = {}                                    # id -> crew.Asked
        self.outcome = {}                                  # id -> last known
        self.place = {}                                    # id -> (device, epoch, lane, seq) of the acknowledgement
        self.order = collections.defaultdict(list)         # (device, lane) -> ids as acknowledged
        self.attachments = set()                           # (device, SHA-256) as acknowledged
        self.broken = []                                   # what was wrong already while recording
        self.refusals = collections.Counter()              # how often the device said what

    def note(self, what, **more):
        """A line for who reads the run afterwards."""
        with self.lock:
            self.write(what, more)

    def write(self, what, more):
        self.file.write(json.dumps({"s": round(time.monotonic() - self.begun, 3), "what": what, **more}) + "\n")

    def acknowledged(self, device, asked, operation):
        with self.lock:
            identity, lane = asked.identity, LANES[operation["lane"]]
            place = (device, operation["epoch"], lane, operation["seq"])
            known = self.place.get(identity)
            if known is None:
                self.asked[identity] = asked
                self.place[identity] = place
                self.order[device, lane].append(identity)
                self.outcome[identity] = ACKNOWLEDGED
            elif known != place and known[1] == place[1]:
                self.broken.append(f"{identity}: acknowledged as {known}, and again as {place}")
            self.write(ACKNOWLEDGED, {"device": device, "what": asked.says[0], "id": identity, **operation})

    def kept(self, device, asked, answer):
        with self.lock:
            self.attachments.add((device, asked.identity))
            if answer != {"sha256": asked.identity, "bytes": len(asked.body)}:
                self.broken.append(f"{asked.identity}: kept as {answer}")
            self.write("kept", {"device": device, **answer})

    def not_acknowledged(self, device, asked, outcome, why=""):
        with self.lock:
            if asked.says:  # of an attachment nothing is known then
                self.asked[asked.identity] = asked
                self.outcome.setdefault(asked.identity, outcome)
            if outcome == REFUSED:
                self.refusals[why] += 1
                if why.startswith("4"):
                    self.broken.append(f"{asked.identity}: {asked.path} refused with {why}, and nothing is wrong with it")
            self.write(outcome, {"device": device, "path": asked.path, "id": asked.identity, "why": why})

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
        self.edits = self.conflicts = self.corrections = self.attachments = 0  # that were compared

    def sound(self):
        return not (self.lost or self.duplicates or self.wrong)

    def say(self, sentence):
        self.wrong.append(sentence)


def check_files(verdict, paths):
    for path in paths:
        found = rows(path, "PRAGMA integrity_check")[0][0]
        if found != "ok":
            verdict.say(f"{path}: {found}")


def check_hub(verdict, history, hub):
    """The hub has every acknowledged operation once, in its place and in order, and nothing that nobody recorded. What
    became of each, by id."""
    operations = rows(hub, "SELECT id, device, epoch, lane, seq, effect, outcome, reason, visit FROM operation "
                           "ORDER BY operation")
    times = collections.Counter(identity for identity, *_ in operations)
    for identity, count in times.items():
        if count > 1:
            verdict.duplicates += 1
            verdict.say(f"{identity}: {count} times at the hub")
    asked_for = {identity for identity, *_, effect, _, _, _ in operations if effect not in (POSITION_REPORTED, HEALTH_REPORTED)}
    for identity in asked_for - history.outcome.keys():
        verdict.say(f"{identity}: at the hub, and nobody recorded it")
    at, outcomes = {}, {}
    for number, (identity, device, epoch, lane, seq, effect, outcome, reason, _) in enumerate(operations):
        at[identity] = (number, (device, str(epoch), lane, seq))
        outcomes[identity] = outcome
        if outcome != ACCEPTED and (effect, outcome) != (RECORD_EDITED, CONFLICT):
            verdict.say(f"{identity}: not accepted: {outcome} {reason}")
    for identities in history.order.values():
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
    for device, epoch, lane, applied, count in rows(
            hub, "SELECT l.device, l.epoch, l.lane, l.applied, count(p.seq) FROM device_lane l LEFT JOIN ("
                 "  SELECT device, epoch, lane, seq FROM operation WHERE in_place"
                 "  UNION SELECT device, epoch, lane, seq FROM operation_again) p USING (device, epoch, lane) "
                 "GROUP BY 1, 2, 3"):
        if applied != count:
            verdict.say(f"{device} epoch {epoch} lane {lane}: applied through {applied}, and {count} operations are there")
    for kind, made in ((OBSERVATION, [identity for identity, *_, effect, _, _, _ in operations
                                      if effect in (OBSERVATION_MADE, OBSERVATION_CORRECTED)]),
                       (VISIT, [visit for *_, effect, _, _, visit in operations if effect == VISIT_STARTED])):
        records = sorted(key for key, in rows(hub, "SELECT key FROM record WHERE kind = ? AND deleted = 0", kind))
        if records != sorted(made):
            verdict.say(f"{len(records)} records of kind {kind} at the hub from {len(made)} operations that make one")
    return outcomes


def check_device(verdict, history, device, journal, outcomes):
    """The device has each of its operations, and tells of each what became of it at the hub."""
    states = dict(rows(journal, "SELECT id, state FROM operation WHERE effect NOT IN (?, ?)", POSITION_REPORTED,
                       HEALTH_REPORTED))
    for (recorder, _), identities in history.order.items():
        for identity in identities if recorder == device else ():
            if identity not in states:
                verdict.say(f"{identity}: acknowledged, and not in {device}'s journal")
    for identity, state in states.items():
        if state == 0 or state - 1 != outcomes.get(identity):
            verdict.say(f"{identity}: {device} shows it as {STATES[state]}, at the hub it has outcome {outcomes.get(identity)}")
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
    outcomes = check_hub(verdict, history, hub)
    check_effects(verdict, history, store)
    for name, state in devices:
        check_device(verdict, history, name, state / "journal.db", outcomes)
        check_city(verdict, hub, name, cities[name], profile)
    return verdict
