"""The real exports of two cities, when they are there: they are not part of the project."""

import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from contextlib import closing

sys.path.insert(0, os.path.dirname(__file__))
from stack import MAPPINGS, program  # noqa: E402

SHARED = os.environ.get("FIELDPOST_SHARED_DATA")
DEAD = re.compile(r"\b(OOS|OUT OF SERVICE|REMOVED|DOES NOT EXIST|STEM FROZEN)\b", re.IGNORECASE)
ASSET = 8


def share_linked(dataset):
    methods = dataset["linked_by_method"]
    return 1 - methods.get("none", 0) / sum(methods.values())


@unittest.skipUnless(SHARED, "no shared data")
class RealCity(unittest.TestCase):
    """Limits: what was linked on the day they were set (sources/README.md, "How well it links"), less 0.2 points."""

    def imported(self, name):
        """Imports twice: the second import must change nothing. Gives the first one's data sets by name."""
        self.store = pathlib.Path(tempfile.mkdtemp(prefix=f"fieldpost-{name}-"))
        self.addCleanup(shutil.rmtree, self.store)
        command = [program("fieldpost-hub"), "import", "--store", self.store, "--city", MAPPINGS / name, "--data",
                   pathlib.Path(SHARED) / name, "--json"]
        reports = []
        for _ in range(2):
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stderr)
            reports.append(json.loads(done.stdout))
        for dataset in reports[0]["datasets"]:
            self.assertEqual(dataset["rows_read"], dataset["accepted"] + dataset["quarantined"] + dataset["repeated"]
                             + dataset["filtered"], dataset)
        self.assertEqual([d["feed_changes"] for d in reports[1]["datasets"] if d["feed_changes"]], [])
        return {dataset["dataset"]: dataset for dataset in reports[0]["datasets"]}

    def test_cambridge_links_as_well_as_ever_and_shows_no_dead_hydrant_as_working(self):
        datasets = self.imported("cambridge-ma")
        self.assertGreater(datasets["properties"]["accepted"], 27_400)
        for name, count in {"hydrants": 1944, "street-lights": 6117, "special-permits": 499, "centerlines": 2643}.items():
            self.assertEqual(datasets[name]["accepted"], count, name)
        for name, share in {"rodents": 0.819, "special-permits": 0.900, "solar": 0.978}.items():
            self.assertGreater(share_linked(datasets[name]), share, name)
        hydrants = json.loads((pathlib.Path(SHARED) / "cambridge-ma/INFRA_Hydrants_2025-02-04.geojson").read_text())
        dead = {feature["properties"]["GlobalID"] for feature in hydrants["features"]
                if DEAD.search(f"{feature['properties'].get('COMMENTS')} {feature['properties'].get('Notes')}")}
        self.assertEqual(len(dead), 20)
        with closing(sqlite3.connect(f"file:{self.store}/hub.db?mode=ro", uri=True)) as hub:
            bodies = hub.execute("SELECT r.key, l.body FROM record r JOIN source s USING (source) JOIN layer l ON "
                                 "l.kind = r.kind AND l.record = r.record AND l.property = r.property "
                                 "WHERE s.id = 'water' AND r.kind = ?", (ASSET,)).fetchall()
        out_of_service = {key for key, body in bodies if b"out_of_service" in body}
        self.assertEqual(dead - out_of_service, set())
        self.assertLess(len(out_of_service), 40)

    def test_syracuse_is_imported_with_all_its_traps_and_links_as_well_as_ever(self):
        datasets = self.imported("syracuse-ny")
        self.assertGreater(datasets["properties"]["accepted"], 41_400)
        self.assertEqual(datasets["properties"]["quarantined_by_reason"]["duplicate_key"], 33)
        self.assertGreater(datasets["potholes"]["notes"]["repaired position"], 7000)
        self.assertEqual(datasets["permits"]["accepted"], 21_554)  # 29 without a date among them
        self.assertEqual(datasets["permits"]["quarantined_by_reason"]["duplicate_key"], 2)
        for name, share in {"rentals": 0.9928, "vacant": 0.9905, "potholes": 0.9671, "permits": 0.9013}.items():
            self.assertGreater(share_linked(datasets[name]), share, name)
        self.assertGreater(datasets["owners"]["linked_by_method"]["parcel"], 41_000)


if __name__ == "__main__":
    unittest.main()
