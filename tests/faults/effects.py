"""What operations are worth at the hub: records, the inbox, each vehicle's last word, attachments. Part of the checker
(history.py). It reads the hub's database with a reader of protobuf of its own, and none of the hub's code."""

import collections
import contextlib
import hashlib
import sqlite3
from contextlib import closing

# Numbers of journal.proto and records.proto.
URGENT = 1
ACCEPTED, CONFLICT = 0, 1
VISIT_STARTED, VISIT_FINISHED, OBSERVATION_MADE, OBSERVATION_CORRECTED, RECORD_EDITED = 10, 11, 12, 13, 14
POSITION_REPORTED, STATUS, HEALTH_REPORTED = 16, 17, 19
PROPERTY, VISIT, OBSERVATION = 1, 15, 16  # records.Kind
ATTACHMENTS, CORRECTS, CORRECTED_BY = 13, 14, 16  # fields of an observation
OPEN, SUPERSEDED = 0, 2  # conflict.state
BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"


def rows(path, query, *values):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query, values).fetchall()


def record_id(text):
    number = 0
    for letter in text:
        number = number * 32 + BASE32.index(letter)
    return number


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def members(data):
    """A protobuf message: what stands at each field number, in order; bytes, or a number."""
    out, at = collections.defaultdict(list), 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(key & 7)
            if size is None:
                size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        out[key >> 3].append(value)
    return out


def text(message, number):
    return message[number][0].decode() if message[number] else ""


class Edit:
    """Of one field, which is all that the crews of a run edit at a time."""

    def __init__(self, edited):
        self.record = int.from_bytes(edited[1][0], "little")
        edit, = map(members, edited[3])
        self.field = edit[1][0]
        self.seen_version = edit[2][0] if edit[2] else 0
        self.seen_operation = text(edit, 3)
        self.value = edit[4][0] if edit[4] else b""

    @property
    def place(self):
        return self.record, self.field

    def text(self):
        return text(members(self.value), self.field)


def said(effect, body):
    """What an operation says, in the words of crew.Asked.says."""
    operation = members(body)
    what = members(operation[effect][0])
    if effect == VISIT_STARTED:
        return "visit", text(what, 1)
    if effect == VISIT_FINISHED:
        return "finish", text(operation, 2), text(what, 1), text(what, 2)
    if effect == OBSERVATION_MADE:
        return "observation", text(what, 2)
    if effect == OBSERVATION_CORRECTED:
        return "correction", text(what, 1), text(members(what[3][0]), 2)
    if effect == RECORD_EDITED:
        edit = Edit(what)
        return "edit", edit.record, edit.field, edit.text()
    return "status", text(what, 1), text(what, 2)


def published(hub, kind):
    """The records of a crew's kind, by their ids, as the feeds carry them."""
    return {text(record, 1): record for record in
            (members(body) for body, in rows(hub, "SELECT body FROM layer WHERE kind = ?", kind))}


def check_said(verdict, history, operations):
    """Each operation arrived as it was recorded."""
    for identity, effect, body in operations:
        asked = history.asked.get(identity)
        if not asked:
            continue
        wanted = asked.says
        if wanted[0] == "edit":
            wanted = (wanted[0], record_id(wanted[1]), *wanted[2:])
        if said(effect, body) != wanted:
            verdict.say(f"{identity}: recorded as {wanted}, at the hub as {said(effect, body)}")


def check_observations(verdict, hub):
    """Each stands as it was made; a correction stands at the end of those before it, and each names the next."""
    stands = published(hub, OBSERVATION)
    chains = collections.defaultdict(list)
    for identity, effect, body in rows(hub, "SELECT id, effect, body FROM operation WHERE effect IN (?, ?) "
                                            "ORDER BY operation", OBSERVATION_MADE, OBSERVATION_CORRECTED):
        if identity not in stands:
            verdict.say(f"observation {identity} is no record")
            continue
        _, *of, note = said(effect, body)
        if text(stands[identity], 4) != note:
            verdict.say(f"observation {identity} does not stand as it was recorded")
        if [text(stands[identity], CORRECTS)] != (of or [""]):
            verdict.say(f"observation {identity} corrects {text(stands[identity], CORRECTS)}, not {of}")
        chains[of[0] if of else identity].append(identity)
    for chain in chains.values():
        verdict.corrections += len(chain) - 1
        for one, after in zip(chain, chain[1:] + [""]):
            if one in stands and text(stands[one], CORRECTED_BY) != after:
                verdict.say(f"observation {one} is corrected by '{text(stands[one], CORRECTED_BY)}', not by '{after}'")


def check_visits(verdict, hub):
    stands = published(hub, VISIT)
    for visit, effect, body in rows(hub, "SELECT visit, effect, body FROM operation WHERE effect IN (?, ?)",
                                    VISIT_STARTED, VISIT_FINISHED):
        if visit not in stands:
            verdict.say(f"visit {visit} is no record")
            continue
        told = said(effect, body)
        shown = ("visit", text(stands[visit], 2)) if effect == VISIT_STARTED else \
            ("finish", visit, text(stands[visit], 6), text(stands[visit], 7))
        if shown != told:
            verdict.say(f"visit {visit} stands as {shown}, and was recorded as {told}")


def check_statuses(verdict, hub):
    """What each crew said last is what the hub shows of it, in the order of recording whatever the clocks showed."""
    last = dict(rows(hub, "SELECT device, body FROM operation WHERE effect = ? ORDER BY operation", STATUS))
    shown = dict(rows(hub, "SELECT device, body FROM device_report WHERE effect = ? AND lane = ?", STATUS, URGENT))
    for device in last.keys() | shown.keys():
        if last.get(device) != shown.get(device):
            verdict.say(f"{device}: the hub shows another status than the last that was reported")


def check_edits(verdict, hub):
    """An edit takes effect when its author saw what stood then; else both values are in the inbox, once."""
    inbox = collections.defaultdict(list)
    for other, *conflict in rows(hub, "SELECT other_operation, record, field, state, shown_operation, shown, other "
                                      "FROM conflict"):
        inbox[other].append(tuple(conflict))
    edits = [(identity, version, outcome, Edit(members(members(body)[RECORD_EDITED][0]))) for identity, version, outcome, body in
             rows(hub, "SELECT id, version, outcome, body FROM operation WHERE effect = ? ORDER BY operation", RECORD_EDITED)]
    built_upon = {(edit.place, edit.seen_operation) for *_, edit in edits}
    stands = {}  # place: (version, operation, value); without one a source's, which all have seen
    for identity, version, outcome, edit in edits:
        verdict.edits += 1
        now_version, now, value = stands.get(edit.place, (0, "", b""))
        has_seen = now in ("", edit.seen_operation) or edit.seen_version >= now_version or edit.value == value
        if outcome == ACCEPTED and not has_seen:
            verdict.say(f"edit {identity} went over {now}, which its author had not seen")
        if outcome == CONFLICT and has_seen:
            verdict.say(f"edit {identity} is in conflict with {now or 'a source'}, which its author had seen")
        found = inbox.pop(identity, [])
        if outcome == CONFLICT:
            verdict.conflicts += 1
            state = SUPERSEDED if (edit.place, identity) in built_upon else OPEN
            if found != [(*edit.place, state, now, value, edit.value)]:
                verdict.say(f"edit {identity} is {len(found)} times in the inbox, or otherwise than it was made: {found}")
        elif found:
            verdict.say(f"edit {identity} took effect and is in the inbox all the same")
        if outcome == ACCEPTED and edit.value != value:
            stands[edit.place] = (version, identity, edit.value)
    for other in inbox:
        verdict.say(f"the inbox has a conflict with '{other}', which nobody made")
    check_standing(verdict, hub, stands)


def check_standing(verdict, hub, stands):
    shown = collections.defaultdict(set)
    for record, body in rows(hub, "SELECT record, body FROM layer WHERE kind = ?", PROPERTY):
        for number, values in members(body).items():
            shown[record, number].update(value for value in values if isinstance(value, bytes))
    changes = {(record, field): (version, operation) for record, field, version, operation
               in rows(hub, "SELECT record, field, version, operation FROM field_change WHERE field <> 0")}
    for place, (version, identity, value) in stands.items():
        if shown[place] != set(members(value)[place[1]]):
            verdict.say(f"edit {identity} was the last of its field, and the record shows {shown[place]}")
        if changes.pop(place, None) != (version, identity):
            verdict.say(f"edit {identity} was the last of its field, and the hub counts another as such")
    for place in changes:
        verdict.say(f"field {place} changed, and nobody edited it")


def check_attachments(verdict, history, store):
    """Each that a crew was told to be kept is at the hub, whole by its hash, and counted as its device's."""
    delivered = {(device, sha256.hex()) for device, sha256
                 in rows(store / "hub.db", "SELECT device, sha256 FROM delivery")}
    for device, sha256 in history.attachments:
        verdict.attachments += 1
        content = None
        with contextlib.suppress(FileNotFoundError):
            content = (store / "blobs" / sha256[:2] / sha256).read_bytes()
        if content is None:
            verdict.say(f"attachment {sha256} of {device} is not at the hub")
        elif hashlib.sha256(content).hexdigest() != sha256:
            verdict.say(f"attachment {sha256} of {device} is damaged at the hub")
        if (device, sha256) not in delivered:
            verdict.say(f"attachment {sha256} was not delivered by {device}")
    named = {kept[1][0].hex() for observation in published(store / "hub.db", OBSERVATION).values()
             for kept in map(members, observation[ATTACHMENTS])}
    wanted = {sha256 for identity in history.place for sha256 in history.asked[identity].attachments}
    if missing := wanted - named:
        verdict.say(f"no observation names attachment {min(missing)} any more")


def check_effects(verdict, history, store):
    hub = store / "hub.db"
    check_said(verdict, history, rows(hub, "SELECT id, effect, body FROM operation"))
    check_observations(verdict, hub)
    check_visits(verdict, hub)
    check_statuses(verdict, hub)
    check_edits(verdict, hub)
    check_attachments(verdict, history, store)
