"""The device's API is what its OpenAPI document says: every operation, asked of the real device."""

import http.client
import json
import os
import pathlib
import sys
import unittest
import urllib.parse
import uuid

sys.path.insert(0, os.path.dirname(__file__))
from openapi import OpenApi  # noqa: E402
from stack import ROOT, Stack, program  # noqa: E402

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
        connection.request(method, target, None if body is None else json.dumps(body),
                           {} if body is None else {"Content-Type": "application/json"})
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

        visit = held.post("/visits", {"property": place["id"], "purpose": "yearly"})
        seen = {"id": str(uuid.uuid4()), "kind": "measurement", "note": "in the cellar", "severity": "minor",
                "values": {"co_ppm": 12.5, "alarm": False, "make": "Acme"}}
        held.post(f"/visits/{visit['id']}/observations", seen)
        held.post(f"/visits/{visit['id']}/observations", seen, 200)
        held.post(f"/visits/{visit['id']}/observations", {**seen, "note": "in the attic"}, 409)
        held.post("/observations", seen, 409)
        held.post("/visits", {"id": seen["id"], "property": place["id"], "purpose": "yearly"}, 409)
        held.post("/visits", {"id": visit["id"], "property": place["id"], "purpose": "yearly"}, 200)
        held.post("/visits", {"id": visit["id"], "property": places[1]["id"], "purpose": "yearly"}, 409)
        held.post("/observations", {"kind": "note", "note": "no place"})
        held.post("/observations", {"kind": "note", "note": "here", "property": place["id"], "severity": ""})
        end = held.post(f"/visits/{visit['id']}/finish", {"result": "passed", "note": "fine"})
        again = held.post(f"/visits/{visit['id']}/finish", {"result": "passed", "note": "fine"}, 200)
        self.assertEqual(again["operation"], end["operation"])
        for other in ({"result": "failed", "note": "gas leak"}, {"result": "passed", "note": "finer"}):
            refused = held.post(f"/visits/{visit['id']}/finish", other, 409)["detail"]
            self.assertIn('"passed"', refused, "it says what stands")
            self.assertIn('"fine"', refused)
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

        operations = {operation["operationId"] for methods in held.api.document["paths"].values()
                      for operation in methods.values()}
        answered = {name for name, status in held.seen if status < 300}
        self.assertEqual(operations - answered, {"events"}, "an operation was not tried")

    def test_a_wrong_request_gets_a_problem_as_described(self):
        held = self.held
        nobody = "0000000000000"
        for path, status in (("/search", 400), ("/search?q=x&limit=0", 400), ("/search?q=x&lat=1", 400),
                             ("/properties/" + nobody, 404), ("/properties/nonsense", 404), ("/map", 400),
                             ("/map?bbox=1,2,3", 400), ("/near?lat=91&lon=0", 400), ("/near", 409),
                             ("/near?property=" + nobody, 404), ("/observations?state=lost", 400),
                             ("/visits?limit=0", 400)):
            with self.subTest(path=path):
                held.get(path, status, as_documented=False)
        for path, body, status in (("/visits", {}, 400), ("/observations", {"note": "x"}, 400),
                                   ("/observations", {"kind": "note", "note": "x", "id": "7"}, 400),
                                   ("/observations", {"kind": "note", "note": "x", "colour": "red"}, 400),
                                   (f"/visits/{uuid.uuid4()}/observations", {"kind": "note", "note": "x"}, 404),
                                   (f"/visits/{uuid.uuid4()}/finish", {"result": "passed"}, 404)):
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
        self.run_fieldpost("sync")

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
