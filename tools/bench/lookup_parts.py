"""Look-up at city size: our search, view and nearest; HTTP; under a feed; memory and start; and peers beside them.

Sizes are properties; a generated city has some five related records for each. The rows and queries are written once
into a folder (lookup_files.hpp), and ours and every peer read the same."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from figures import quantile
from peers import NoPeer, PEERS, node
from stack import BUILD, Stack, program

SIZE = int(os.environ.get("FIELDPOST_BENCH_LOOKUP", "100000"))
MILLION = 1_000_000
EACH = int(os.environ.get("FIELDPOST_BENCH_QUERIES", "2000"))
# Peers need up to a second a query: fewer are enough for their quantiles, and all see the same ones.
PEERS_EACH = min(EACH, 300)
# The tables that hold the records themselves and what is said of the file; everything else of it is index.
NO_INDEX = {"layer", "meta", "feed", "source", "tally", "sqlite_schema", "sqlite_sequence",
            "sqlite_stat1", "sqlite_autoindex_feed_1", "sqlite_autoindex_source_1"}


def suffix(size):
    return "1m" if size == MILLION else f"{size // 1000}k"


def memory_mb(pid):
    """The process's share of memory, and of that what is clean pages of files: they can be dropped at any time."""
    kb = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split(":")
        kb[name] = int(value.split()[0])
    return kb["Pss"] / 1024, kb["Pss_File"] / 1024


def in_process(*arguments, name="fieldpost-bench", limit=3600):
    done = subprocess.run([program(name), *map(str, arguments)], capture_output=True, text=True, timeout=limit)
    if done.returncode != 0:
        raise NoPeer(done.stderr.strip() or f"{name} {arguments[0]} ended with {done.returncode}")
    return json.loads(done.stdout)


def ours(report, city, asked, size):
    at = suffix(size)
    found = in_process("lookup", city, asked, "--each", EACH)
    sorts = found["sorts"]
    warm = f"{size} properties, warm, in process, each query timed by itself"

    def sort(figure, name, quantiles):
        for q in quantiles:
            report.entry(f"lookup_{figure}_{q}_us_{at}", sorts[name][f"{q}_us"], "µs",
                         f"{sorts[name]['asked']} queries of the sort {name}; {warm}")

    sort("typeahead", "typeahead", ("p50", "p99"))
    sort("number", "number", ("p50", "p99"))
    for q in ("p50", "p99"):
        report.entry(f"lookup_typo_{q}_us_{at}", found["typo"][f"{q}_us"], "µs", f"addresses with one or two errors; {warm}")
        report.entry(f"lookup_mixed_{q}_us_{at}", found["mixed"][f"{q}_us"], "µs", f"{found['mixed']['asked']} queries of all sorts; {warm}")
    if "name_typo" in sorts:
        sort("name", "name_typo", ("p50", "p99"))
    for errors in ("1", "2"):
        figures = sorts[f"typo{errors}"]
        note = (f"percent of {figures['clear']} generated queries with {errors} error(s) in words, city of {size}; "
                f"{figures['asked'] - figures['clear']} more had another existing address as near and are left out")
        report.entry(f"recall_first_{errors}typo", figures["first"], "%", note)
        report.entry(f"recall_top5_{errors}typo", figures["in_five"], "%", note)
    report.entry("recall_first_exact", sorts["exact"]["first"], "%", "no error, in every order, case and abbreviation")
    report.entry("recall_top5_digit", sorts["digit"]["in_five"], "%", "one digit of the house number wrong; judged by the first five, suggestions among them")
    if "name_typo" in sorts:
        report.entry("recall_top5_name", sorts["name_typo"]["in_five"], "%", "party names with one error, in either order, with and without initials")
    report.entry("false_confident_share", found["false_confident_share"], "%",
                 "of addresses that do not exist (number or street), the share with a first hit of score 0.75 or more")
    for figure in ("view", "nearest"):
        for q in ("p50", "p99"):
            report.entry(f"{figure}_{q}_us_{at}", found[f"{figure}_{q}_us"], "µs",
                         "360° view rows of random properties, warm, in process" if figure == "view" else
                         "the nearest working hydrants, ten of the sixteen nearest, warm, in process")
    return found


def under_feed(report, city, asked, size, folder):
    """On a copy: the feed changes it."""
    copy = folder / "fed.db"
    shutil.copy(city, copy)
    fed = in_process("lookup-feed", copy, asked)
    copy.unlink()
    report.entry(f"lookup_qps_under_feed_{suffix(size)}", fed["queries_per_s"], "queries/s",
                 f"one after the other on one core, all sorts mixed, while {fed['changes_per_s']:.0f} changes/s were "
                 f"committed by the feed, 50 at once; p99 {fed['p99_us']:.0f} µs; CPU time {fed['cpu_us']:.0f} µs each")
    report.entry(f"lookup_p999_ms_under_feed_{suffix(size)}", fed["p999_ms"], "ms",
                 "of the same queries. Peer: how late the machine woke a thread that only sleeps, p99.9",
                 fed["control_p999_ms"])


def index_bytes(report, city, size):
    tables = in_process("city-bytes", city)
    index = {name: size_ for name, size_ in tables.items() if name not in NO_INDEX}
    report.entry("index_bytes_per_property", sum(index.values()) / size, "bytes",
                 f"{size} properties, by dbstat: " + ", ".join(f"{name} {bytes_ / size:.1f}" for name, bytes_ in
                                                             sorted(index.items(), key=lambda item: -item[1])[:8]))


def over_http(report, stack, asked, size):
    found = in_process("lookup-http", stack.device_port, asked, "--each", EACH)
    report.entry(f"lookup_http_p99_us_{suffix(size)}", found["p99_us"], "µs",
                 f"{found['asked']} queries of all sorts on one keep-alive connection to fieldpostd, the client's own "
                 f"time included; p50 {found['p50_us']:.0f} µs")


def memory_and_start(report, stack, size):
    pss, files = memory_mb(stack.device.child.pid)
    report.entry(f"pss_mb_{suffix(size)}", pss - files, "MB",
                 f"fieldpostd after the look-ups, proportional share of memory without pages of files; those are {files:.1f} MB more")
    times = []
    for _ in range(5):
        stack.device.stop()
        stack.api.close()
        began = time.monotonic()
        stack.device.start()
        while True:
            try:
                if stack.api.request("GET", "/api/v1/search?q=1+main")[0] == 200:
                    break
            except OSError:
                pass
            time.sleep(0.001)
        times.append((time.monotonic() - began) * 1000)
    report.entry(f"cold_start_ms_{suffix(size)}", quantile(times, 0.5), "ms",
                 "from exec to the first answered search over HTTP, median of 5, page cache warm")


@contextlib.contextmanager
def postgres(folder):
    """A server of its own on a Unix socket: not root, as it refuses to run so. Its connection string."""
    binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        raise NoPeer("PostgreSQL is not installed: tools/install bench")
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    place = pathlib.Path(tempfile.mkdtemp(prefix="fieldpost-pg-"))
    data = place / "data"
    if user:
        shutil.chown(place, "postgres", "postgres")
    subprocess.run([*user, binaries[-1] / "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C"],
                   check=True, capture_output=True, cwd=place)
    # All in memory, as the other peers have it; nothing has to survive.
    with open(data / "postgresql.conf", "a", encoding="utf-8") as config:
        config.write(f"listen_addresses = ''\nunix_socket_directories = '{place}'\nshared_buffers = 2GB\nwork_mem = 64MB\n"
                     "maintenance_work_mem = 1GB\nfsync = off\nfull_page_writes = off\nautovacuum = off\nmax_wal_size = 8GB\n"
                     "random_page_cost = 1.1\n")
    server = subprocess.Popen([*user, binaries[-1] / "postgres", "-D", data], cwd=place,
                              stdout=subprocess.DEVNULL, stderr=open(folder / "postgres.log", "wb"))
    try:
        ready = [binaries[-1] / "pg_isready", "-h", place, "-q"]
        for _ in range(600):
            if subprocess.run(ready).returncode == 0:
                break
            time.sleep(0.05)
        yield f"host={place} dbname=postgres user=bench", server.pid
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(place, ignore_errors=True)


def memory_of_all(pid):
    """Of a process and its children, MB."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    mb = memory_mb(pid)[0]
    for child in children:
        with contextlib.suppress(OSError):  # it served our connection, and has just ended
            mb += memory_mb(child)[0]
    return mb


def pg_trgm(asked, folder):
    with postgres(folder) as (server, pid):
        found = in_process("postgres", asked, server, "--each", PEERS_EACH, name="fieldpost-bench-peers")
        found["pss_mb"] = memory_of_all(pid)
        return found


def fts5(kind):
    def measure(asked, folder):
        return in_process(f"fts5-{kind}", asked, folder / f"{kind}.db", "--each", PEERS_EACH, name="fieldpost-bench-peers")
    return measure


def minisearch(asked, folder):
    if not (PEERS / "node_modules" / "minisearch").exists():
        subprocess.run(["npm", "ci", "--silent"], cwd=PEERS, check=True)
    return json.loads(node("--max-old-space-size=12000", "--expose-gc", PEERS / "minisearch.mjs", asked, "--each", PEERS_EACH))


SEARCHES = {
    "pg_trgm": (pg_trgm, "PostgreSQL with pg_trgm over its Unix socket, prepared statements"),
    "fts5_prefix": (fts5("prefix"), "SQLite FTS5 with prefix indexes, in process"),
    "fts5_trigram": (fts5("trigram"), "SQLite FTS5 with the trigram tokenizer, in process"),
    "minisearch": (minisearch, "MiniSearch in its own node process, timed inside it"),
}


def peer_entries(report, name, what, found, our, size):
    def entry(figure, value, unit, own=None):
        report.entry(f"peer_{name}_{figure}", value, unit, f"{what}; the same {size} properties and queries, "
                     f"{PEERS_EACH} of every sort. Peer of this entry: ours", own)

    for q in ("p50", "p99"):
        entry(f"{q}_us", found["mixed"][f"{q}_us"], "µs", our["mixed"][f"{q}_us"])
        entry(f"typo_{q}_us", found["typo"][f"{q}_us"], "µs", our["typo"][f"{q}_us"])
        entry(f"typeahead_{q}_us", found["sorts"]["typeahead"][f"{q}_us"], "µs", our["sorts"]["typeahead"][f"{q}_us"])
        if f"nearest_{q}_us" in found:
            entry(f"nearest_{q}_us", found[f"nearest_{q}_us"], "µs", our[f"nearest_{q}_us"])
    for sort, word in (("exact", "exact"), ("typo1", "1typo"), ("typo2", "2typo"), ("digit", "digit"), ("name_typo", "name")):
        for figure, place in (("recall_first", "first"), ("recall_top5", "in_five")):
            if sort in found["sorts"]:
                entry(f"{figure}_{word}", found["sorts"][sort][place], "%", our["sorts"][sort][place])
    entry("pss_mb", found["pss_mb"], "MB")
    entry("index_bytes_per_property", found["index_bytes"] / size, "bytes")
    entry("build_s", found["build_s"], "s")


def table(results, size):
    """One table of all searches, for people: in the report's folder and on the screen."""
    rows = [("", "type-ahead p50/p99 µs", "typo p50/p99 µs", "mixed p50/p99 µs", "recall 1 typo first/five", "2 typos first/five",
             "names five", "memory MB", "index B/property", "build s")]
    for name, found in results.items():
        sorts = found["sorts"]

        def pair(part):
            return f"{part['p50_us']:.0f} / {part['p99_us']:.0f}"

        def recall(sort):
            return f"{sorts[sort]['first']:.1f} / {sorts[sort]['in_five']:.1f}"

        rows.append((name, pair(sorts["typeahead"]), pair(found["typo"]), pair(found["mixed"]), recall("typo1"), recall("typo2"),
                     f"{sorts['name_typo']['in_five']:.1f}" if "name_typo" in sorts else "",
                     f"{found['pss_mb']:.0f}", f"{found['index_bytes'] / size:.0f}",
                     f"{found['build_s']:.1f}"))
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|---" * len(rows[0]) + "|")
    return "\n".join(lines)


def lookup(report, size=None):
    size = size or SIZE
    print(f"look-up, {size} properties")
    stack = Stack("bench-lookup")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fieldpost-lookup-", dir=BUILD))
    try:
        data = stack.make_city(size)
        stack.import_city(data)
        stack.register()
        began = time.monotonic()
        stack.snapshot()
        build_s = time.monotonic() - began
        report.entry(f"snapshot_build_{suffix(size)}_s", build_s, "s", f"fieldpost-hub snapshot of {size} properties, packed and signed")
        stack.write_device_config()
        stack.start()
        stack.hub.stop()  # nothing comes in while it is measured
        city = max((stack.state / "city").glob("city-*.db"), key=lambda path: path.stat().st_mtime)
        asked = folder / "asked"
        asked.mkdir()
        stack.run(program("fieldpost-bench"), "lookup-files", city, asked, "--each", EACH)
        over_http(report, stack, asked, size)
        memory_and_start(report, stack, size)
        pss, files = memory_mb(stack.device.child.pid)
        stack.device.stop()
        found = ours(report, city, asked, size)
        index_bytes(report, city, size)
        under_feed(report, city, asked, size, folder)
        tables = in_process("city-bytes", city)
        found |= {"pss_mb": pss, "build_s": build_s, "index_bytes": sum(tables.values()) - sum(tables.get(name, 0) for name in NO_INDEX)}
        results = {"Fieldpost": found}
        for name, (measure, what) in SEARCHES.items():
            try:
                results[name] = measure(asked, folder)
                peer_entries(report, name, what, results[name], found, size)
            except (NoPeer, OSError, subprocess.SubprocessError) as error:
                print(f"  no {name}: {error}", flush=True)
            report.write()
        text = table(results, size)
        (report.folder / f"lookup_{suffix(size)}.md").write_text(text + "\n")
        print(text)
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)


def million(report):
    lookup(report, MILLION)
