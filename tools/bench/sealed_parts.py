"""The same city with sealed compartments: bytes on the wire, building it, and look-up with the keys held."""

import os
import pathlib
import shutil
import tempfile

from lookup_parts import EACH, NO_INDEX, in_process, suffix
from snapshot_parts import bytes_of_files
from stack import BUILD, MAPPINGS, Stack, program

SIZE = int(os.environ.get("FIELDPOST_BENCH_SEALED", "100000"))
PROFILE = "sealed"
LAYERS = ("confidential/general", "restricted/fire", "restricted/health")  # each with those below it


def mapping(folder):
    """The sample city's, with the names of parties as secret as their telephones, and a profile that clears all of it."""
    city = folder / "mapping"
    shutil.copytree(MAPPINGS / "sample", city)
    assessing = city / "assessing.toml"
    datasets = assessing.read_text().split("[[dataset]]")
    for at, dataset in enumerate(datasets):
        if 'kind = "party"' in dataset:
            datasets[at] = dataset.replace("[dataset.link]", '[dataset.labels]\nname = "confidential/general"\n\n[dataset.link]')
    assessing.write_text("[[dataset]]".join(datasets))
    clearance = ", ".join(f'"{layer}"' for layer in LAYERS)
    with (city / "city.toml").open("a") as file:
        file.write(f'\n[profiles.{PROFILE}]\ntitle = "Sealed"\nareas = ["city"]\nclearance = [{clearance}]\n')
    return city


def build(stack, folder, name, *how):
    city = folder / f"{name}.db"
    return city, in_process(stack.store, city, "--profile", PROFILE, *how, name="fieldpost-bench-seal")


def report_build(report, built, plain, raw, at):
    report.entry(f"snapshot_build_{at}_sealed_s", built["build_s"], "s",
                 f"from the store to packed and signed, {built['rows']} rows, {', '.join(LAYERS)} sealed. Peer: the same layers in "
                 "the open", plain["build_s"])
    report.entry("snapshot_wire_share_sealed", 100 * built["wire_bytes"] / raw, "%",
                 f"{built['wire_bytes'] / 1e6:.1f} MB of all cleared layers with all indexes, as blocks go over MQTT, of "
                 f"{raw / 1e6:.1f} MB of CSV, city of {at}. Peer: the same layers in the open", 100 * plain["wire_bytes"] / raw)


def report_lookup(report, found, plain, at):
    sorts, plain_sorts = found["sorts"], plain["sorts"]
    what = f"{at} properties, keys of all sealed layers held, warm, in process. Peer: the same layers in the open"
    for figure, sort in (("name", "name_typo"), ("name_exact", "name"), ("typeahead", "typeahead"), ("number", "number")):
        for q in ("p50", "p99"):
            report.entry(f"lookup_{figure}_{q}_us_{at}_sealed", sorts[sort][f"{q}_us"], "µs", f"queries of the sort {sort}; {what}",
                         plain_sorts[sort][f"{q}_us"])
    for figure in ("typo", "mixed"):
        for q in ("p50", "p99"):
            report.entry(f"lookup_{figure}_{q}_us_{at}_sealed", found[figure][f"{q}_us"], "µs", what, plain[figure][f"{q}_us"])
    for figure in ("view", "nearest"):
        report.entry(f"{figure}_p99_us_{at}_sealed", found[f"{figure}_p99_us"], "µs", what, plain[f"{figure}_p99_us"])
    report.entry("recall_top5_name_sealed", sorts["name_typo"]["in_five"], "%", f"party names with one error; {what}",
                 plain_sorts["name_typo"]["in_five"])
    report.entry(f"open_and_first_answer_ms_{at}_sealed", found["open_and_first_answer_ms"], "ms", what,
                 plain["open_and_first_answer_ms"])


def report_feed(report, city, asked, folder, at):
    copy = folder / "fed.db"
    shutil.copy(city, copy)
    fed = in_process("lookup-feed", copy, asked)
    report.entry(f"lookup_p999_ms_under_feed_{at}_sealed", fed["p999_ms"], "ms",
                 f"{fed['queries_per_s']:.0f} queries/s on one core while {fed['changes_per_s']:.0f} changes/s were sealed and committed. "
                 "Peer: how late the machine woke a thread that only sleeps, p99.9", fed["control_p999_ms"])


def index_bytes_of(city):
    tables = in_process("city-bytes", city)
    return sum(size for name, size in tables.items() if name not in NO_INDEX)


def sealed(report, size=None):
    size = size or SIZE
    at = suffix(size)
    print(f"sealed compartments, {size} properties")
    stack = Stack("bench-sealed")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fieldpost-sealed-", dir=BUILD))
    try:
        data = stack.make_city(size, seed=11)
        stack.import_city(data, city=mapping(folder))
        plain_city, plain_built = build(stack, folder, "plain", "--open")
        city, built = build(stack, folder, "sealed")
        report_build(report, built, plain_built, bytes_of_files(data, "*/*.csv"), at)
        report.entry("index_bytes_per_property_sealed", index_bytes_of(city) / size, "bytes",
                     f"{size} properties, by dbstat. Peer: the same layers in the open", index_bytes_of(plain_city) / size)
        asked = folder / "asked"
        asked.mkdir()
        stack.run(program("fieldpost-bench"), "lookup-files", city, asked, "--each", EACH)
        report_lookup(report, in_process("lookup", city, asked, "--each", EACH),
                      in_process("lookup", plain_city, asked, "--each", EACH), at)
        report_feed(report, city, asked, folder, at)
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)
