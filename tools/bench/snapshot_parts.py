"""The snapshot at the size of a large city: building it, its bytes on the wire and on the disk, refreshing and mounting it."""

import json
import os
import pathlib
import re
import shutil
import sqlite3
import time

from box_parts import pss_mb
from stack import Stack, program
from sync_parts import connecting

PROPERTIES = int(os.environ.get("FIELDPOST_BENCH_SNAPSHOT", "1000000"))
# A store of that size that was imported before: its folder, and the folder of the city's files.
STORE = os.environ.get("FIELDPOST_BENCH_SNAPSHOT_STORE")
DATA = os.environ.get("FIELDPOST_BENCH_SNAPSHOT_DATA")

# What is in the file for its own sake; everything else is there to find it.
CONTENT = {"layer", "meta", "feed", "source", "tally", "sqlite_schema", "sqlite_stat1", "sqlite_stat4", "sqlite_sequence"}


def city_of(stack):
    if not STORE:
        data = stack.make_city(PROPERTIES, seed=11)
        stack.import_city(data)
        return data
    shutil.copytree(STORE, stack.store, dirs_exist_ok=True, ignore=shutil.ignore_patterns("artifacts"))
    return pathlib.Path(DATA)


def bytes_of_files(data, pattern):
    return sum(file.stat().st_size for file in data.glob(pattern) if "truth" not in file.parts)


def index_bytes(city):
    """By table: SQLite's own count of the pages that each takes."""
    with sqlite3.connect(f"file:{city}?mode=ro", uri=True) as database:
        properties = database.execute("SELECT records FROM tally WHERE kind = 1").fetchone()[0]
        tables = dict(database.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
    return properties, {name: size for name, size in tables.items() if name not in CONTENT}


def report_indexes(report, city):
    properties, tables = index_bytes(city)
    kinds = {"street and number": ("address", "street"), "numbers of parcels, permits, cases": ("term",), "R*Tree": ("spot",),
             "names": ("name",), "relations": ("record", "place", "other_place")}
    shares = [f"{kind} {sum(size for name, size in tables.items() if name.startswith(begins)) / properties:.1f}"
              for kind, begins in kinds.items()]
    report.entry("index_bytes_per_property", sum(tables.values()) / properties, "B",
                 f"all but the rows themselves, by dbstat, {properties} properties: " + ", ".join(shares))


def report_build(report, stack, data):
    began = time.monotonic()
    built = stack.snapshot()
    size = "1m" if PROPERTIES == 1_000_000 else f"{PROPERTIES // 1000}k"
    report.entry(f"snapshot_build_{size}_s", time.monotonic() - began, "s",
                 f"fieldpost-hub snapshot, profile {stack.profile}, {PROPERTIES} properties: from the store to packed and signed")
    wire = float(re.search(r"([0-9.]+) MB on the wire", built.stdout + built.stderr).group(1)) * 1e6
    raw = bytes_of_files(data, "*/*.csv")
    everything = raw + bytes_of_files(data, "*/*.geojson")
    report.entry("snapshot_wire_share", 100 * wire / raw, "%",
                 f"{wire / 1e6:.0f} MB of public and internal layers with all indexes, as blocks go over MQTT, of {raw / 1e6:.0f} MB "
                 f"of CSV; of CSV and GeoJSON ({everything / 1e6:.0f} MB) {100 * wire / everything:.1f} %")
    return wire


def report_refresh(report, stack, city, wire):
    copy = stack.folder / "refreshed.db"
    shutil.copy(city, copy)
    done = json.loads(stack.run(program("fieldpost-bench-refresh"), stack.store, copy, "--profile", stack.profile).stdout)
    copy.unlink()
    report.entry("snapshot_refresh_share", 100 * done["wire_bytes"] / wire, "%",
                 f"signed segments of {done['records']} records ({done['rows']} rows), 1 % of all from everywhere in the city, "
                 f"of the snapshot's bytes on the wire; applied in {done['apply_s']:.1f} s")


def first_answer_ms(stack):
    stack.device.stop()
    stack.api.close()
    began = time.monotonic()
    stack.device.start()
    while time.monotonic() - began < 60:
        try:
            if stack.api.request("GET", "/api/v1/search?q=1+main")[0] == 200:
                return (time.monotonic() - began) * 1000
        except OSError:
            pass
        time.sleep(0.001)
    raise AssertionError("no answer after a minute")


def snapshot(report):
    print(f"snapshot, {PROPERTIES} properties")
    stack = Stack("bench-snapshot")
    try:
        data = city_of(stack)
        stack.register()
        wire = report_build(report, stack, data)
        stack.write_device_config()
        stack.start_broker()
        stack.start_hub()
        with connecting(stack):
            stack.start_device()
        stack.wait_ready(900)
        city = max((stack.state / "city").glob("city-*.db"), key=lambda path: path.stat().st_mtime)
        report_indexes(report, city)
        report_refresh(report, stack, city, wire)
        report.entry("cold_start_ms_1m", sorted(first_answer_ms(stack) for _ in range(5))[2], "ms",
                     f"from exec to the first answered search over HTTP, {PROPERTIES} properties mounted, median of 5, page cache "
                     "warm")
        for number in range(500):
            stack.api.get(f"/api/v1/search?q={number * 7 % 4000 + 1}+main")
        report.entry("pss_mb_1m", pss_mb(stack.device.child.pid), "MB",
                     f"PSS of fieldpostd with {PROPERTIES} properties mounted, after 500 look-ups; it maps no database pages")
    finally:
        stack.close()
