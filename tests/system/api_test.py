"""The device's API is what its OpenAPI document says: every operation, asked of the real device."""

import hashlib
import http.client
import json
import os
import pathlib
import sys
import tempfile
import unittest
import urllib.parse
import uuid

sys.path.insert(0, os.path.dirname(__file__))
from openapi import OpenApi  # noqa: E402
from stack import ROOT, Stack, program, wait_for  # noqa: E402

PREFIX = "/api/v1"


class Held:
    """Asks, and holds requests and answers to the document. Remembers which operations answered with what."""

    def __init__(self, port):
        self.api = OpenApi.load(ROOT / "daemon" / "device" / "api" / "openapi.json")
        self.port = port
        self.seen = set()

    def ask(self, method, path, status, body=None, as_documented=True):
        """`as_documented` is False for a request that is wrong on purpose."""
        target = PREFIX + path
        if as_documented:
            self.api.check_request(method, target, body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        raw = isinstance(body, bytes)
        connection.request(method, target, body if raw or body is None else json.dumps(body),
                           {} if body is None or raw else {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status != status:
            raise AssertionError(f"{method} {target}: {answer.status}, not {status}: {text[:500]}")
        self.seen.add((self.api._operation(method, urllib.parse.urlsplit(path).path)["operationId"], status))
        return self.api.check(method, target, answer.status, answer.headers["Content-Type"], text)

    def get(self, path, status=200, **options):
        return self.ask("GET", path, status, **options)

    def post(self, path, body, status=201, **options):
        return self.ask("POST", path, status, body, **options)


class WithDevice(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(cls.__name__.lower())
        try:
            cls.stack.prepare(1000)
            cls.stack.start()
            cls.held = Held(cls.stack.device_port)
        except BaseException:
            print(cls.stack.logs())
            cls.stack.close()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def places(self):
        return [feature["properties"] for feature in self.held.get("/map?bbox=-180,-90,180,90")["features"]
                if feature["properties"]["layer"] == "property"]


class Document(WithDevice):
    def test_every_operation_answers_as_described(self):
        held = self.held
        places = self.places()
        place = places[0]
        point = held.get("/properties/" + place["id"])["position"]

        street = place["title"].split(" ", 1)[1]
        # A number that is not on the street, and a street that is not in the city, bring suggestions.
        suggested = [text for asked in (f"98765 {street}", "12 " + street[:-2] + "xq")
                     for text in held.get("/search?q=" + urllib.parse.quote(asked))["suggestions"]]
        self.assertTrue(suggested)
        for text in (place["title"], place["title"].lower()[:-3], "zzqx 99999", "hydrant", "1", ""):
            held.get("/search?q=" + urllib.parse.quote(text))
        held.get(f"/search?q=main&limit=50&lat={point['lat']}&lon={point['lon']}")
        for other in places[:200]:
            held.get("/properties/" + other["id"])
        for kind in ("hydrant", "property", "asset", "no_such_class"):
            held.get(f"/near?kind={kind}&property={place['id']}&limit=100")
        held.get(f"/near?lat={point['lat']}&lon={point['lon']}")
        working = held.get(f"/near?working=true&limit=100&property={place['id']}")["results"]
        self.assertTrue(working)
        self.assertNotIn("out_of_service", [each["status"] for each in working])
        for asked in (f"property={place['id']}", f"lat={point['lat']}&lon={point['lon']}", "topic=fire&lat=0&lon=0"):
            held.get("/responsible?" + asked)

        visit = held.post("/visits", {"property": place["id"], "purpose": "yearly"})
        seen = {"id": str(uuid.uuid4()), "kind": "measurement", "note": "in the cellar", "severity": "minor",
                "values": {"co_ppm": 12.5, "alarm": False, "make": "Acme"}}
        held.post(f"/visits/{visit['id']}/observations", seen)
        self.assertEqual(held.get(f"/observations?visit={visit['id']}")["observations"][0]["values"],
                         {"co_ppm": "12.5", "alarm": "false", "make": "Acme"})
        held.post(f"/visits/{visit['id']}/observations", seen, 200)
        held.post(f"/visits/{visit['id']}/observations", {**seen, "note": "in the attic"}, 409)
        held.post("/observations", seen, 409)
        held.post("/visits", {"id": seen["id"], "property": place["id"], "purpose": "yearly"}, 409)
        held.post("/visits", {"id": visit["id"], "property": place["id"], "purpose": "yearly"}, 200)
        held.post("/visits", {"id": visit["id"], "property": places[1]["id"], "purpose": "yearly"}, 409)
        held.post("/observations", {"kind": "note", "note": "no place"})
        held.post("/observations", {"kind": "note", "note": "here", "property": place["id"], "severity": ""})
        correction = {"id": str(uuid.uuid4()), "reason": "misread", "kind": "measurement", "note": "in the attic",
                      "values": {"co_ppm": 1}}
        held.post(f"/observations/{seen['id']}/corrections", correction)
        held.post(f"/observations/{seen['id']}/corrections", correction, 200)
        held.post(f"/observations/{seen['id']}/corrections", {**correction, "note": "in the yard"}, 409)
        held.post(f"/observations/{seen['id']}/corrections", {"reason": "misheard", "kind": "note", "note": "in the shed"})
        for query in ("", "?property=" + place["id"], "?visit=" + visit["id"]):
            mine = [o for o in held.get("/observations" + query)["observations"] if o["id"] == seen["id"]][0]
            self.assertEqual(mine["note"], "in the cellar", "it stays as it was recorded")
            self.assertEqual([(c["why"], c["note"]) for c in mine["corrections"]],
                             [("misread", "in the attic"), ("misheard", "in the shed")])
        recorded = {fields["observation_id"]: fields for fields in self.fields_of(place["id"], "observation")}
        self.assertEqual(recorded[seen["id"]]["corrected_by"], correction["id"])
        self.assertEqual(recorded[correction["id"]]["corrects"], seen["id"])
        edit = {"id": str(uuid.uuid4()), "fields": {"place_name": "The corner house", "stories": 3, "vacancy": None},
                "note": "asked the owner", "version": 1}
        held.post(f"/records/{place['id']}/edits", edit)
        held.post(f"/records/{place['id']}/edits", edit, 200)
        held.post(f"/records/{place['id']}/edits", {**edit, "fields": {"stories": 4}}, 409)
        shown = {field["name"]: field for section in held.get("/properties/" + place["id"])["sections"]
                 for record in section["records"] if record["id"] == place["id"] for field in record["fields"]}
        self.assertEqual(shown["place_name"]["value"], "The corner house", "a crew sees its own edit at once")
        self.assertIsNone(held.get("/status")["crew"])
        self.report_emergency()
        status = held.post("/statuses", {"status": "on_scene", "note": "at the door"})
        crew = held.get("/status")["crew"]
        self.assertEqual((crew["id"], crew["status"], crew["note"]), (status["id"], "on_scene", "at the door"))
        end = held.post(f"/visits/{visit['id']}/finish", {"result": "passed", "note": "fine"})
        again = held.post(f"/visits/{visit['id']}/finish", {"result": "passed", "note": "fine"}, 200)
        self.assertEqual(again["operation"], end["operation"])
        for other in ({"result": "failed", "note": "gas leak"}, {"result": "passed", "note": "finer"}):
            refused = held.post(f"/visits/{visit['id']}/finish", other, 409)["detail"]
            self.assertIn('"passed"', refused, "it says what stands")
            self.assertIn('"fine"', refused)
        self.attach()
        self.assertGreaterEqual(len(held.get("/observations")["observations"]), 3)
        self.assertEqual(len(held.get(f"/observations?visit={visit['id']}&state=pending&limit=5")["observations"])
                         + len(held.get(f"/observations?visit={visit['id']}&state=accepted")["observations"]), 1)
        self.assertEqual(len(held.get(f"/visits?visit={visit['id']}")["visits"]), 2)
        held.get("/visits?property=" + place["id"])
        held.get("/properties/" + place["id"])

        held.get("/status")
        held.get("/metrics")
        held.get("/openapi.json")
        held.ask("POST", "/sync", 202)
        held.post("/link/pause", {"kind": "satellite", "paused": True}, 200)
        held.post("/link/pause", {"kind": "satellite", "paused": False}, 200)
        for wrong in ({"kind": "radio", "paused": True}, {"kind": "lte"}, {"kind": "lte", "paused": 1}):
            held.post("/link/pause", wrong, 400, as_documented=False)

        operations = {operation["operationId"] for methods in held.api.document["paths"].values()
                      for operation in methods.values()}
        answered = {name for name, status in held.seen if status < 300}
        self.assertEqual(operations - answered, {"events"}, "an operation was not tried")

    def fields_of(self, place, kind):
        """Values by name, of each record of the kind that the property shows."""
        return [{field["name"]: field["value"] for field in record["fields"]}
                for section in self.held.get("/properties/" + place)["sections"]
                for record in section["records"] if record["kind"] == kind]

    def report_emergency(self):
        held = self.held
        said = {"id": str(uuid.uuid4()), "status": "sos", "note": "at the door"}
        saved = held.post("/statuses", said)
        self.assertEqual((saved["operation"]["lane"], saved["state"]), ("urgent", "pending"))
        held.post("/statuses", said, 200)
        held.post("/statuses", {**said, "status": "available"}, 409)
        reported = wait_for("the hub has applied the emergency",
                            lambda: (lambda now: now if now["state"] != "pending" else None)(held.get("/statuses/" + said["id"])))
        self.assertEqual((reported["state"], reported["status"], reported["note"]), ("accepted", "sos", "at the door"))
        self.assertEqual(reported["operation"], saved["operation"])
        other = held.post("/observations", {"kind": "note", "note": "no status"})
        held.get("/statuses/" + other["id"], 404)
        held.get(f"/statuses/{uuid.uuid4()}", 404)

    def attach(self):
        held = self.held
        small, full = b"\xff\xd8\xff small", os.urandom(3_000_000)
        thumbnail = held.post("/attachments?thumbnail=true", small)["sha256"]
        kept = held.post("/attachments", full)
        self.assertEqual(kept, {"sha256": hashlib.sha256(full).hexdigest(), "bytes": len(full)})
        self.assertEqual(held.post("/attachments", full), kept, "the same content is the same attachment")
        self.assertEqual(held.get("/attachments/" + kept["sha256"]), full)
        self.assertEqual(held.get("/attachments/" + thumbnail), small)
        photo = {"sha256": kept["sha256"], "media_type": "image/jpeg", "name": "door.jpg", "thumbnail": thumbnail}
        seen = {"id": str(uuid.uuid4()), "kind": "condition", "attachments": [photo]}
        held.post("/observations", seen)
        held.post("/observations", seen, 200)
        held.post("/observations", {**seen, "attachments": [{**photo, "name": "gate.jpg"}]}, 409)
        mine = [o for o in held.get("/observations")["observations"] if o["id"] == seen["id"]]
        state = mine[0]["attachments"][0].pop("state")
        self.assertIn(state, ("waiting", "sent"))
        self.assertEqual(mine[0]["attachments"], [{**photo, "bytes": len(full)}])
        held.post("/observations", {"kind": "condition", "attachments": [photo], "property": self.places()[2]["id"]})
        recorded = self.fields_of(self.places()[2]["id"], "observation")
        self.assertEqual([fields["attachments"] for fields in recorded], [[{**photo, "bytes": len(full)}]])
        nowhere = {**photo, "sha256": "0" * 64}
        self.assertIn("not on this device", held.post("/observations", {"kind": "note", "attachments": [nowhere]}, 400)["detail"])
        held.get("/attachments/" + "0" * 64, 404)

    def test_a_place_opened_lately_stands_before_what_matches_as_well(self):
        held = self.held

        def found(text):
            return [(hit["score"], hit["id"]) for hit in held.get("/search?limit=10&q=" + urllib.parse.quote(text))["results"]]

        for text in sorted({place["title"].split(" ", 1)[1] for place in self.places()}):
            listed = found(text)  # a street without a number: its doors are equals
            if len(listed) > 1 and listed[1][0] == listed[0][0]:
                break
        else:
            self.fail("no two doors of one street are equals")
        first, second = listed[0][1], listed[1][1]
        held.get("/properties/" + second)
        self.assertEqual(found(text)[0][1], second)
        held.get(f"/properties/{first}?again=true")  # the page reads anew what it shows
        self.assertEqual(found(text)[0][1], second)
        held.get(f"/properties/{first}?again=false")
        self.assertEqual(found(text)[0][1], first)
        held.get(f"/properties/{first}?again=now", 400, as_documented=False)

    def test_every_place_has_a_quick_sheet_that_says_what_it_is_made_of(self):
        held = self.held
        sheets = [held.get("/properties/" + place["id"])["quick_sheet"] for place in self.places()[:300]]
        for sheet in sheets:
            self.assertEqual(sheet["basis"] == "composed", sheet["basis_text"].startswith("No pre-plan."))
            self.assertTrue(sheet["hydrants"])
            self.assertEqual([each["distance_m"] for each in sheet["hydrants"]],
                             sorted(each["distance_m"] for each in sheet["hydrants"]))
        self.assertIn("composed", {sheet["basis"] for sheet in sheets})
        self.assertTrue(any(sheet["warnings"] for sheet in sheets))
        self.assertTrue(any(hydrant["tested_on"] for sheet in sheets for hydrant in sheet["hydrants"]))

    def test_every_fact_has_a_source_an_age_and_a_mark(self):
        held = self.held

        def origins(value):
            if isinstance(value, dict):
                if "origin" in value:
                    yield value["origin"]
                for each in value.values():
                    yield from origins(each)
            elif isinstance(value, list):
                for each in value:
                    yield from origins(each)

        seen = [origin for place in self.places()[:50] for origin in origins(held.get("/properties/" + place["id"]))]
        self.assertTrue(seen)
        for origin in seen:
            self.assertTrue(origin["source"]["title"])
            # The city was imported just now: nothing of it can be late, whatever year its records are of.
            self.assertIn(origin["staleness"], ("current", "unknown"))
            self.assertEqual(origin["link"]["doubtful"],
                             origin["link"]["method"] != "none" and origin["link"]["confidence"] < 0.7)

    def test_who_answers_for_a_topic_is_found_by_place_and_nobody_far_away(self):
        held = self.held
        place = self.places()[0]
        fire = held.get(f"/responsible?topic=fire&property={place['id']}")["results"]
        self.assertEqual([each["agency"] for each in fire], ["Fire Department"])
        self.assertTrue(fire[0]["phone"])
        self.assertEqual(held.get(f"/responsible?topic=yachts&property={place['id']}")["results"], [])
        self.assertEqual(held.get("/responsible?lat=0&lon=0")["results"], [])

    def test_a_wrong_request_gets_a_problem_as_described(self):
        held = self.held
        nobody = "0000000000000"
        for path, status in (("/search", 400), ("/search?q=x&limit=0", 400), ("/search?q=x&lat=1", 400),
                             ("/properties/" + nobody, 404), ("/properties/nonsense", 404), ("/map", 400),
                             ("/map?bbox=1,2,3", 400), ("/near?lat=91&lon=0", 400), ("/near", 409),
                             ("/near?property=" + nobody, 404), ("/near?lat=1&lon=1&working=perhaps", 400),
                             ("/responsible", 409), ("/responsible?lat=91&lon=0", 400),
                             ("/responsible?property=" + nobody, 404), ("/observations?state=lost", 400),
                             ("/visits?limit=0", 400)):
            with self.subTest(path=path):
                held.get(path, status, as_documented=False)
        for path, body, status in (("/visits", {}, 400), ("/observations", {"note": "x"}, 400),
                                   ("/observations", {"kind": "note", "note": "x", "id": "7"}, 400),
                                   ("/observations", {"kind": "note", "note": "x", "colour": "red"}, 400),
                                   ("/observations", {"kind": "note", "attachments": [{"sha256": "7"}]}, 400),
                                   ("/observations", {"kind": "note", "attachments": "door.jpg"}, 400),
                                   ("/attachments?thumbnail=perhaps", b"x", 400), ("/attachments", b"", 400),
                                   (f"/visits/{uuid.uuid4()}/observations", {"kind": "note", "note": "x"}, 404),
                                   (f"/visits/{uuid.uuid4()}/finish", {"result": "passed"}, 404),
                                   (f"/records/{nobody}/edits", {"fields": {"stories": 3}}, 404),
                                   (f"/records/{self.places()[0]['id']}/edits", {"fields": {"storeys": 3}}, 400),
                                   (f"/records/{self.places()[0]['id']}/edits", {"fields": {"stories": "x"}}, 400),
                                   (f"/records/{self.places()[0]['id']}/edits", {"fields": {}}, 400),
                                   (f"/records/{self.places()[0]['id']}/edits", {"fields": {"stories": 3}, "version": -1}, 400),
                                   (f"/observations/{uuid.uuid4()}/corrections", {"kind": "note", "note": "x"}, 400),
                                   ("/statuses", {"status": "lost"}, 400)):
            with self.subTest(path=path, body=body):
                held.post(path, body, status, as_documented=False)

    def test_the_device_serves_the_document_of_this_tree(self):
        self.assertEqual(self.held.get("/openapi.json"), self.held.api.document)

    def test_each_event_is_as_described(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.device_port, timeout=30)
        self.addCleanup(connection.close)
        connection.request("GET", PREFIX + "/events")
        answer = connection.getresponse()
        self.assertEqual(answer.headers["Content-Type"], "text/event-stream")
        name, data = self.next_event(answer)
        self.assertEqual(name, "status")
        self.held.api.validate(data, self.held.api.schema("Status"), "event status")
        saved = self.held.post("/observations", {"kind": "note", "note": "told"})
        while name != "operation":
            name, data = self.next_event(answer)
        self.assertEqual(data["id"], saved["id"])
        self.assertEqual(data["kind"], "observation")
        self.assertIn(data["state"], ("pending", "accepted"))

    @staticmethod
    def next_event(answer):
        name, data = "", ""
        while True:
            line = answer.readline().decode().rstrip("\n")
            if not line and name:
                return name, json.loads(data)
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data += line.removeprefix("data: ")


class CommandLine(WithDevice):
    def run_fieldpost(self, *arguments, code=0):
        done = self.stack.run(program("fieldpost"), "--socket", self.stack.socket, *arguments, check=False)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}\n{done.stderr}")
        return done.stdout if code == 0 else done.stderr

    def test_the_commands_do_what_they_say(self):
        place = self.places()[0]
        self.assertIn(self.stack.device_id, self.run_fieldpost("status"))
        self.assertIn(place["id"], self.run_fieldpost("search", place["title"]))
        self.assertTrue(self.run_fieldpost("show", place["id"]).startswith(place["title"] + "\n"))
        self.assertIn("Year built", self.run_fieldpost("show", place["title"], "--kind", "property"))
        self.assertEqual(len(self.run_fieldpost("near", "hydrant", "--place", place["id"], "--limit", "3").splitlines()), 5)
        saved = json.loads(self.run_fieldpost("observe", "--address", place["title"], "--kind", "condition", "--note",
                                              "gutter hangs", "--value", "metres=3", "--json"))
        mine = [o for o in self.held.get("/observations?property=" + place["id"])["observations"] if o["id"] == saved["id"]]
        self.assertEqual(mine[0]["note"], "gutter hangs")
        again = ("observe", "--property", place["id"], "--kind", "condition", "--value", "metres=3", "--id", saved["id"])
        self.assertTrue(self.run_fieldpost(*again, "--note", "gutter hangs").startswith("saved  " + saved["id"]))
        self.assertIn("NOT SAVED", self.run_fieldpost(*again, "--note", "gutter fell", code=1))
        with tempfile.TemporaryDirectory() as folder:
            photo = pathlib.Path(folder) / "door.jpg"
            photo.write_bytes(os.urandom(2_500_000))
            seen = json.loads(self.run_fieldpost("observe", "--property", place["id"], "--kind", "condition", "--attach",
                                                 str(photo), "--json"))
            mine = [o for o in self.held.get("/observations")["observations"] if o["id"] == seen["id"]]
            self.assertEqual([(a["name"], a["bytes"], a["media_type"]) for a in mine[0]["attachments"]],
                             [("door.jpg", 2_500_000, "image/jpeg")])
            self.assertIn("NOT SAVED", self.run_fieldpost("observe", "--note", "x", "--attach", folder + "/none", code=2))
        self.run_fieldpost("sync")
        self.assertIn("only urgent", self.run_fieldpost("pause", "satellite"))
        self.run_fieldpost("resume", "satellite")

    def test_scripts_can_go_by_the_exit_code(self):
        self.run_fieldpost("search", "zzqx 99999", code=4)
        self.run_fieldpost("show", "0000000000000", code=4)
        self.run_fieldpost("search", code=2)
        self.run_fieldpost("near", "hydrant", code=1)  # no fix, and no place given
        self.assertIn("NOT SAVED", self.run_fieldpost("observe", "--note", "x", "--visit", str(uuid.uuid4()), code=4))
        nowhere = self.stack.run(program("fieldpost"), "status", "--socket", pathlib.Path("/no/such.sock"), check=False)
        self.assertEqual(nowhere.returncode, 3)


if __name__ == "__main__":
    unittest.main()
