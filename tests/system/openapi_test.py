"""The checker of openapi.py itself, and the device's document. Needs no running program."""

import copy
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from openapi import Mismatch, OpenApi  # noqa: E402

DOCUMENT = pathlib.Path(__file__).parents[2] / "daemon" / "device" / "api" / "openapi.json"

HIT = {"id": "0000000000001", "kind": "property", "title": "12 Main St", "subtitle": "", "match": "address", "why": "", "sure": True,
       "score": 1, "property": None, "position": {"lat": 42.3, "lon": -71.1}}
SEARCH = {"query": "12 main", "took_us": 12, "place": None, "results": [HIT], "suggestions": []}
SAVED = {"id": "6f1a1c1e-8d3b-4f5e-9c55-0f5a0b1c2d3e", "saved": True, "state": "pending",
         "operation": {"epoch": "1", "lane": "work", "seq": 1}, "recorded_at": "2026-03-01T12:00:00.000001Z",
         "position": {"fix": "none"},
         "time": {"utc": "2026-03-01T12:00:00Z", "quality": "none", "boot_id": "b", "boottime_s": 0.5}}


def changed(value, path, new):
    value = copy.deepcopy(value)
    target = value
    for step in path[:-1]:
        target = target[step]
    if new is KeyError:
        del target[path[-1]]
    else:
        target[path[-1]] = new
    return value


class OpenApiTest(unittest.TestCase):
    def setUp(self):
        self.api = OpenApi.load(DOCUMENT)

    def search(self, value):
        return self.api.check("GET", "/api/v1/search?q=12+main", 200, "application/json", json.dumps(value).encode())

    def saved(self, value):
        return self.api.check("POST", "/api/v1/visits", 201, "application/json", json.dumps(value))

    def test_an_answer_as_described_is_returned(self):
        self.assertEqual(self.search(SEARCH), SEARCH)
        self.assertEqual(self.saved(SAVED), SAVED)

    def test_an_answer_that_differs_is_refused_with_the_place(self):
        for path, new, place in [
                (["took_us"], KeyError, "'took_us' is missing"),
                (["took_us"], 1.5, ".took_us: 1.5 is not of type integer"),
                (["took_us"], True, ".took_us: True is not of type integer"),
                (["took_us"], -1, ".took_us: -1 is below 0"),
                (["extra"], 1, "'extra' is not in the document"),
                (["results"], [HIT] * 51, "has 51 items, may have 50"),
                (["results", 0, "id"], "0000000000o01", "results[0].id"),
                (["results", 0, "score"], 1.01, "results[0].score: 1.01 is above 1"),
                (["results", 0, "match"], "guess", "results[0].match"),
                (["results", 0, "title"], "", "results[0].title"),
                (["results", 0, "position"], {"lat": 1}, "results[0].position"),
                (["results", 0, "property"], "x", "results[0].property")]:
            with self.subTest(path=path, new=new):
                with self.assertRaises(Mismatch) as caught:
                    self.search(changed(SEARCH, path, new))
                self.assertIn(place, str(caught.exception))

    def test_a_position_has_both_coordinates_or_none(self):
        self.saved(changed(SAVED, ["position"], {"fix": "3d", "lat": 1, "lon": 2}))
        for position in [{"fix": "3d", "lat": 1}, {"lat": 1, "lon": 2}, {"fix": "good"}]:
            with self.assertRaises(Mismatch):
                self.saved(changed(SAVED, ["position"], position))

    def test_saved_is_true_and_a_time_is_a_time(self):
        for path, new in [(["saved"], False), (["saved"], 1), (["recorded_at"], "2026-02-30T12:00:00Z"),
                          (["recorded_at"], "2026-03-01 12:00:00")]:
            with self.subTest(path=path, new=new), self.assertRaises(Mismatch):
                self.saved(changed(SAVED, path, new))

    def test_only_described_paths_methods_statuses_and_types_pass(self):
        body = json.dumps(SEARCH)
        for method, target, status, media in [
                ("GET", "/api/v1/searches", 200, "application/json"), ("PUT", "/api/v1/search", 200, "application/json"),
                ("GET", "/api/v1/search", 418, "application/json"), ("GET", "/api/v1/search", 200, "text/html"),
                ("GET", "/other/search", 200, "application/json"), ("GET", "/api/v1/properties/", 200, "application/json")]:
            with self.subTest(target=target, status=status), self.assertRaises(Mismatch):
                self.api.check(method, target, status, media, body)

    def test_a_problem_needs_a_sentence(self):
        problem = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no property has that id"}
        target = "/api/v1/properties/0000000000001"
        self.api.check("GET", target, 404, "application/problem+json", json.dumps(problem))
        problem["detail"] = ""
        with self.assertRaises(Mismatch):
            self.api.check("GET", target, 404, "application/problem+json", json.dumps(problem))

    def test_a_request_is_held_to_the_document_too(self):
        self.api.check_request("GET", "/api/v1/search?q=x&limit=5", None)
        self.api.check_request("POST", "/api/v1/observations", {"kind": "note", "note": "x", "values": {"a": 1, "b": True}})
        for method, target, body in [("GET", "/api/v1/search", None), ("GET", "/api/v1/search?q=x&sort=1", None),
                                     ("POST", "/api/v1/observations", {"note": "x"}),
                                     ("POST", "/api/v1/observations", {"kind": "note", "colour": "red"}),
                                     ("POST", "/api/v1/observations", {"kind": "note", "values": {"a": []}})]:
            with self.subTest(target=target, body=body), self.assertRaises(Mismatch):
                self.api.check_request(method, target, body)

    def test_a_document_that_uses_more_than_is_checked_is_refused(self):
        document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
        document["components"]["schemas"]["Hit"]["patternProperties"] = {}
        with self.assertRaises(ValueError):
            OpenApi(document)

    def test_every_reference_and_id_of_the_document_holds(self):
        names = [operation["operationId"] for operations in self.api.document["paths"].values()
                 for operation in operations.values()]
        self.assertEqual(len(names), len(set(names)))
        used = set(json.dumps(self.api.document).split('"'))
        for name in self.api.document["components"]["schemas"]:
            self.assertIn(f"#/components/schemas/{name}", used)


if __name__ == "__main__":
    unittest.main()
