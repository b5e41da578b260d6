"""From the city's files to a look-up in the vehicle, and back: with the real programs."""

import json
import os
import re
import socket
import sqlite3
import sys
import unittest
import urllib.parse
import uuid
from contextlib import closing

sys.path.insert(0, os.path.dirname(__file__))
from stack import Client, Stack, wait_for  # noqa: E402


def rows(path, query):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


# What the invented city holds of these, as written and as search terms have it: letters and digits only.
SECRETS = {"account": rb"(?=(81-?\d{9}-?\d))", "telephone": rb"(?=(309-?555-?01\d\d))"}


def secrets_in(paths):
    """The digits of every account and telephone number in the files, by what they are."""
    found = {what: set() for what in SECRETS}
    for path in paths:
        content = path.read_bytes()
        for what, pattern in SECRETS.items():
            found[what].update(re.sub(rb"\D", b"", text) for text in re.findall(pattern, content))
    return found


class WithCity(unittest.TestCase):
    """One city, hub and device for the tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(cls.__name__.lower())
        try:
            cls.data = cls.stack.prepare(1000)
            cls.stack.start()
        except BaseException:
            print(cls.stack.logs())
            cls.stack.close()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def first_property(self, text=None):
        """A property with an address, as search finds it."""
        path = "/api/v1/map?bbox=-180,-90,180,90"
        feature = next(f for f in self.stack.api.get(path)["features"] if f["properties"]["layer"] == "property")
        return feature["properties"]


class LookUp(WithCity):
    def test_a_typed_address_finds_its_property(self):
        wanted = self.first_property()
        found = self.stack.api.get("/api/v1/search?q=" + urllib.parse.quote(wanted["title"].lower()))
        self.assertEqual(found["results"][0]["property"], wanted["id"])
        self.assertTrue(found["results"][0]["why"])

    def test_the_view_joins_what_the_silos_know(self):
        kinds = set()
        for feature in self.stack.api.get("/api/v1/map?bbox=-180,-90,180,90")["features"]:
            if feature["properties"]["layer"] != "property":
                continue
            view = self.stack.api.get("/api/v1/properties/" + feature["properties"]["id"])
            kinds.update(section["kind"] for section in view["sections"])
            for section in view["sections"]:
                for record in section["records"]:
                    self.assertTrue(record["source"]["title"])
                    self.assertIn("link", record)
                    for field in record["fields"]:
                        self.assertIn(field["classification"], ("public", "internal", "confidential", "restricted"))
            if len(kinds) >= 8:
                break
        self.assertGreaterEqual(kinds, {"property", "permit", "party", "service_request"})

    def test_the_nearest_hydrants_come_in_order_of_distance(self):
        property_id = self.first_property()["id"]
        near = self.stack.api.get(f"/api/v1/near?kind=hydrant&property={property_id}&limit=5")
        self.assertEqual(len(near["results"]), 5)
        distances = [hydrant["distance_m"] for hydrant in near["results"]]
        self.assertEqual(distances, sorted(distances))
        self.assertEqual({hydrant["class"] for hydrant in near["results"]}, {"hydrant"})

    def test_a_wrong_request_is_told_what_to_do(self):
        for path in ("/api/v1/search", "/api/v1/search?q=a&limit=1000", "/api/v1/map?bbox=1,2,3",
                     "/api/v1/properties/nonsense", "/api/v1/near?kind=hydrant&lat=100&lon=0"):
            status, body = self.stack.api.request("GET", path)
            self.assertIn(status, (400, 404), path)
            self.assertTrue(body["detail"], path)

    def test_a_source_that_delivers_and_changes_nothing_is_known_to_have_delivered(self):
        city = max((self.stack.state / "city").glob("city-*.db"))
        told = "SELECT id, delivered_at FROM source WHERE delivered_at > 0"
        before = dict(rows(city, told))
        self.assertIn("assets", before)
        self.assertNotIn("erp", before, "the profile clears nothing of it")
        with socket.create_connection(("127.0.0.1", self.stack.device_port), timeout=20) as stream:
            stream.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.stack.import_city(self.data)

            def all_moved_on():
                self.stack.api.post("/api/v1/sync", {})
                return all(at > before[source] for source, at in rows(city, told))

            wait_for("the deliveries of the second import", all_moved_on)
            self.assertEqual(set(dict(rows(city, told))), set(before))
            text = b""
            while b'"feed":null' not in text:  # who shows a place reads it anew
                piece = stream.recv(65536)
                self.assertTrue(piece, "the stream ended")
                text += piece

    def test_nothing_the_profile_does_not_clear_is_on_the_device(self):
        planted = secrets_in(self.stack.store.glob("hub.db*"))
        for what, numbers in planted.items():
            self.assertGreater(len(numbers), 50, f"the hub holds no {what} numbers: there is nothing to look for")
        for path in self.stack.state.rglob("*"):
            if path.is_file():
                for what, numbers in secrets_in([path]).items():
                    self.assertEqual(numbers & planted[what], set(), f"{what} numbers in {path.name}")

    def test_metrics_are_openmetrics(self):
        status, text = self.stack.api.request("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertIn("fieldpost_city_properties 1", text)
        self.assertTrue(text.rstrip().endswith("# EOF"))

    def test_the_unix_socket_serves_the_same(self):
        local = Client(self.stack.socket)
        self.assertEqual(local.get("/api/v1/status")["device"], self.stack.device_id)
        local.close()


class Recording(WithCity):
    def test_a_visit_comes_home(self):
        api = self.stack.api
        place = self.first_property()
        status, visit = api.post("/api/v1/visits", {"property": place["id"], "purpose": "annual"})
        self.assertEqual(status, 201, visit)
        self.assertTrue(visit["saved"])
        status, seen = api.post(f"/api/v1/visits/{visit['id']}/observations",
                                {"kind": "hazard", "note": "blocked exit", "severity": "major", "values": {"doors": 2}})
        self.assertEqual(status, 201, seen)
        self.assertEqual(seen["position"]["fix"], "none")
        self.assertNotIn("lat", seen["position"])
        self.assertIn(seen["time"]["quality"], ("none", "build_floor", "rtc", "ntp", "gnss"))
        view = api.get("/api/v1/properties/" + place["id"])
        own = [r for s in view["sections"] if s["kind"] == "observation" for r in s["records"]]
        self.assertEqual(len(own), 1, "a crew sees its own work at once")
        status, end = api.post(f"/api/v1/visits/{visit['id']}/finish", {"result": "failed", "note": "reinspect"})
        self.assertEqual(status, 201, end)

        def accepted():
            listed = api.get("/api/v1/observations")["observations"] + api.get("/api/v1/visits")["visits"]
            return listed and all(item["state"] == "accepted" for item in listed)

        wait_for("the hub accepts them", accepted)
        at_hub = self.stack.hub_api.get("/api/v1/operations?limit=1000")["operations"]
        mine = [o for o in at_hub if o["visit"] == visit["id"]]
        self.assertEqual(len(mine), 3)

        def in_feed():
            view = api.get("/api/v1/properties/" + place["id"])
            records = [r for s in view["sections"] if s["kind"] in ("visit", "observation") for r in s["records"]]
            return len(records) == 2 and all(r["version"] >= 1 and r["state"] == "accepted" for r in records)

        wait_for("the records come back by the feed", in_feed)
        wait_for("the data is as of what came by the feed",
                 lambda: self.stack.status()["data"]["as_of"][:19] >= visit["recorded_at"][:19])

    def test_the_same_request_twice_records_once(self):
        body = {"id": str(uuid.uuid4()), "kind": "note", "note": "once"}
        first = self.stack.api.post("/api/v1/observations", body)
        again = self.stack.api.post("/api/v1/observations", body)
        self.assertEqual((first[0], again[0]), (201, 200))
        self.assertEqual(first[1]["operation"], again[1]["operation"])

    def test_what_is_not_complete_is_refused_and_nothing_is_written(self):
        before = rows(self.stack.state / "journal.db", "SELECT count(*) FROM operation")
        for path, body in (("/api/v1/observations", {"note": "no kind"}),
                           ("/api/v1/observations", {"kind": "note"}),
                           ("/api/v1/observations", {"kind": "note", "note": "x", "severity": "awful"}),
                           ("/api/v1/observations", {"kind": "note", "note": "x", "colour": "red"}),
                           ("/api/v1/observations", {"kind": "note", "note": "x" * 20000}),
                           ("/api/v1/visits", {"purpose": "nowhere"}),
                           (f"/api/v1/visits/{uuid.uuid4()}/observations", {"kind": "note", "note": "x"})):
            status, answer = self.stack.api.post(path, body)
            self.assertIn(status, (400, 404), body)
            self.assertTrue(answer["detail"])
        self.assertEqual(rows(self.stack.state / "journal.db", "SELECT count(*) FROM operation"), before)

    def test_events_tell_what_was_saved(self):
        with socket.create_connection(("127.0.0.1", self.stack.device_port), timeout=20) as stream:
            stream.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            text = b""
            while b"event: status" not in text:
                text += stream.recv(65536)
            status, saved = self.stack.api.post("/api/v1/observations", {"kind": "note", "note": "told"})
            self.assertEqual(status, 201)
            while saved["id"].encode() not in text:
                piece = stream.recv(65536)
                self.assertTrue(piece, "the stream ended")
                text += piece
            self.assertIn(b"event: operation", text)


class Changes(unittest.TestCase):
    def test_a_device_that_was_away_catches_up_from_its_cursor(self):
        stack = Stack("changes")
        self.addCleanup(stack.close)
        data = stack.prepare(1000)
        stack.start()
        before = {feed["id"]: feed["cursor"] for feed in stack.status()["data"]["feeds"]}
        generation = stack.status()["data"]["generation"]
        stack.device.kill()

        report, _ = stack.import_city(data)
        self.assertEqual(sum(d["feed_changes"] for d in report["datasets"]), 0, "the same files change nothing")

        hydrants = json.loads((data / "assets" / "hydrants.geojson").read_text())
        changed = hydrants["features"][3]["properties"]

        def write_hydrants(flow):
            changed["FLOW_GPM"] = flow
            (data / "assets" / "hydrants.geojson").write_text(
                '{"type":"FeatureCollection","features":[\n'
                + ",\n".join(json.dumps(f) for f in hydrants["features"]) + "\n]}\n")

        write_hydrants(1234)
        report, _ = stack.import_city(data)
        self.assertEqual(sum(d["feed_changes"] for d in report["datasets"]), 1, "one changed row is one feed change")

        stack.start_device()
        stack.wait_ready()
        after = {feed["id"]: feed["cursor"] for feed in stack.status()["data"]["feeds"]}
        self.assertEqual({feed for feed in after if after[feed] != before[feed]}, {"city/public/general"})
        self.assertEqual(stack.status()["data"]["generation"], generation, "no new snapshot was needed")

        # And live, while connected.
        changed["OUT_SINCE"] = "2025-12-27"
        write_hydrants(1235)
        stack.import_city(data)
        wait_for("the change arrives live", lambda: {f["id"]: f["cursor"] for f in stack.status()["data"]["feeds"]}
                 ["city/public/general"] > after["city/public/general"], 30)
        lon, lat = hydrants["features"][3]["geometry"]["coordinates"]
        nearest = stack.api.get(f"/api/v1/near?kind=hydrant&lat={lat}&lon={lon}&limit=1")["results"][0]
        self.assertEqual((nearest["flow_gpm"], nearest["status"]), (1235, "out_of_service"))
        box = f"{lon - 1e-5},{lat - 1e-5},{lon + 1e-5},{lat + 1e-5}"
        drawn = [f["properties"] for f in stack.api.get(f"/api/v1/map?bbox={box}")["features"]]
        self.assertEqual([f["status"] for f in drawn if f["id"] == nearest["id"]], ["out_of_service"])


class Snapshots(unittest.TestCase):
    def test_a_fetch_goes_on_where_a_kill_stopped_it(self):
        stack = Stack("fetch")
        self.addCleanup(stack.close)
        stack.prepare(20_000)
        stack.start_broker()
        stack.start_hub()
        resumed = 0
        for _ in range(50):  # kill it somewhere in the middle, if it can be caught there
            stack.start_device()
            state = wait_for("a fetch is under way or done", lambda: (lambda s: s if s["data"]["state"] != "none"
                             and (s["data"]["fetch"] is None or s["data"]["fetch"]["chunks_done"] > 0)
                             else None)(stack.status()))
            if state["data"]["fetch"] is None:
                break
            stack.device.kill()
            resumed += 1
            stack.api.close()
            if resumed == 2:
                stack.start_device()
                break
        ready = stack.wait_ready()
        self.assertGreater(ready["data"]["properties"], 19_000)
        self.assertGreater(resumed, 0, "the fetch was too fast to be killed in the middle")
        log = (stack.folder / "device.log").read_text()
        fetched = [line for line in log.splitlines() if "blocks to fetch" in line]
        counts = [int(line.split(": ")[-1].split(" of ")[0]) for line in fetched]
        self.assertLess(counts[-1], counts[0], f"blocks that were there are not fetched again: {fetched}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
