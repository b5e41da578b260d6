"""A crew that never stops: notes, visits, corrections, edits of the city's records, its own status, attachments."""

import collections
import hashlib
import http.client
import random
import threading
import uuid
from dataclasses import dataclass

from fault_stack import Client
from history import REFUSED, UNSURE

# How often it does what; a turn for all of these is some hundred requests.
TURN = {"note": 70, "visit": 8, "correction": 6, "edit": 8, "status": 5, "attachment": 3}
EDITED = {"place_name": 6, "vacancy": 19}  # fields of a property (sync/records/records.proto) that no source of this city has
STATUSES = ("sos", "responding", "on_scene", "available")


@dataclass
class Asked:
    """A request. Asked again, it is the same to the letter."""
    identity: str        # of the operation; of an attachment its SHA-256
    path: str
    body: object         # for JSON, or the bytes of an attachment
    says: tuple = ()     # what the operation has to say at the hub: effects.said()
    attachments: tuple = ()  # that it names


def finish_id(visit):
    """A visit has one end, and its id follows from the visit's: daemon/device/record/recorder.cpp."""
    return str(uuid.UUID(hashlib.sha256(f"finish {visit}".encode()).hexdigest()[:32]))


class Recorder(threading.Thread):
    """Asks again when it heard nothing, or only says that it did not. `places`: properties; crews edit the first ones."""

    def __init__(self, device, history, seed, places):
        super().__init__(name=f"recorder of {device.name}")
        self.device = device
        self.history = history
        self.random = random.Random(f"{seed} {device.name}")
        self.client = Client(device.port, timeout=10)
        self.places = places
        self.contested = places[:3]
        self.seen = {}                                    # property: its version when the crew last looked
        self.recent = collections.deque(maxlen=20)        # observations that are saved
        self.visits = collections.deque(maxlen=20)        # visits that are saved, and not finished
        self.kept = collections.deque(maxlen=20)          # attachments that are saved
        self.done = threading.Event()

    def run(self):
        again = None
        while not self.done.is_set():
            asked = again or self.next()
            heard = self.post(asked)
            again = None
            if heard is None:
                again = asked if self.random.random() < 0.6 else None
                self.done.wait(0.02)
            elif self.random.random() < 0.02:
                again = asked  # an impatient finger
            self.done.wait(self.random.expovariate(200))
        self.client.close()

    def stop(self):
        self.done.set()
        self.join()

    # --- what it does ---------------------------------------------------------------------------------------------

    def next(self):
        return getattr(self, self.random.choices(list(TURN), TURN.values())[0])()

    def new_id(self):
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def observation(self, path="/api/v1/observations", says=("observation",), more=None, attachments=()):
        identity = self.new_id()
        note = f"under fault {identity[:8]} " + "x" * self.random.randrange(200)
        body = {"id": identity, "kind": "note", "note": note, **(more or {})}
        return Asked(identity, path, body, (*says, note), attachments)

    def note(self):
        return self.observation()

    def visit(self):
        """Begins one, or observes something in one, or ends it."""
        choice = self.random.random()
        if not self.visits or choice < 0.4:
            identity = self.new_id()
            purpose = f"purpose {identity[:8]}"
            return Asked(identity, "/api/v1/visits",
                         {"id": identity, "property": self.random.choice(self.places), "purpose": purpose},
                         ("visit", purpose))
        if choice < 0.6:
            return self.observation(f"/api/v1/visits/{self.random.choice(self.visits)}/observations")
        visit = self.visits.popleft()
        note = f"end {visit[:8]}"
        return Asked(finish_id(visit), f"/api/v1/visits/{visit}/finish", {"result": "passed", "note": note},
                     ("finish", visit, "passed", note))

    def correction(self):
        """Of what is saved, perhaps for the second or third time."""
        if not self.recent:
            return self.note()
        of = self.random.choice(self.recent)
        return self.observation(f"/api/v1/observations/{of}/corrections", ("correction", of), {"reason": "misread"})

    def edit(self):
        """By what the crew saw when it last looked, which another crew may have changed since."""
        place = self.random.choice(self.contested)
        if place not in self.seen or self.random.random() < 0.3:
            self.look(place)
        identity = self.new_id()
        name = self.random.choice(list(EDITED))
        value = f"{self.device.name} {identity[:8]}"
        body = {"id": identity, "fields": {name: value}}
        if place in self.seen:
            body["version"] = self.seen[place]
        return Asked(identity, f"/api/v1/records/{place}/edits", body, ("edit", place, EDITED[name], value))

    def look(self, place):
        try:
            view = self.client.get("/api/v1/properties/" + place)
        except (OSError, http.client.HTTPException, AssertionError):  # it is dead just now, or has no city yet
            return
        self.seen[place] = next(record["version"] for section in view["sections"] for record in section["records"]
                                if record["id"] == place)

    def status(self):
        identity = self.new_id()
        status = self.random.choice(STATUSES)
        note = f"status {identity[:8]}"
        return Asked(identity, "/api/v1/statuses", {"id": identity, "status": status, "note": note},
                     ("status", status, note))

    def attachment(self):
        """Keeps one, small picture or photo, or names one that is kept in an observation: one may be in several."""
        if not self.kept or self.random.random() < 0.5:
            content = self.random.randbytes(self.random.randrange(1, 20_000))
            small = self.random.random() < 0.3
            return Asked(hashlib.sha256(content).hexdigest(), "/api/v1/attachments" + "?thumbnail=true" * small, content)
        sha256 = self.random.choice(self.kept)
        photo = {"sha256": sha256, "media_type": "image/jpeg", "name": "door.jpg"}
        return self.observation(more={"attachments": [photo]}, attachments=(sha256,))

    # --- and what it is told --------------------------------------------------------------------------------------

    def post(self, asked):
        """None: no answer. A retry of what was acknowledged changes nothing."""
        try:
            status, answer = self.client.post(asked.path, asked.body)
        except ConnectionRefusedError:
            return None  # nothing was sent
        except (OSError, http.client.HTTPException) as error:
            self.history.not_acknowledged(self.device.name, asked, UNSURE, type(error).__name__)
            return None
        if status == 201 and isinstance(asked.body, bytes):
            self.history.kept(self.device.name, asked, answer)
            self.kept.append(asked.identity)
        elif status in (200, 201) and answer["saved"]:
            self.history.acknowledged(self.device.name, asked, answer["operation"])
            if asked.says[0] == "visit" and status == 201:
                self.visits.append(asked.identity)
            if asked.says[0] == "observation":
                self.recent.append(asked.identity)
        else:
            self.history.not_acknowledged(self.device.name, asked, REFUSED, f"{status} {answer['title']}")
        return status
