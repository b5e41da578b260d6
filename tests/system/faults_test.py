"""The real programs under real faults: kills, power cuts, full disks, clocks that jump. The harness: tests/faults."""

import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from contextlib import closing

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "faults"))
from fault_run import FaultRun, Settings, NO_CLOCKS  # noqa: E402
from fault_stack import FAKETIME, POWERCUT, SmallDisk  # noqa: E402
from history import check  # noqa: E402
from link import Link, measure  # noqa: E402

CYCLES = int(os.environ.get("FIELDPOST_FAULT_CYCLES", "60"))
MINUTES = float(os.environ.get("FIELDPOST_FAULT_MINUTES", "0"))
SEED = int(os.environ.get("FIELDPOST_FAULT_SEED", str(random.SystemRandom().randrange(1, 2**31))))

DIE = "\nimport os; os.kill(os.getpid(), 9)"
OPEN_DATABASE = """
import sqlite3
database = sqlite3.connect('t.db', isolation_level=None)
database.execute('PRAGMA journal_mode=WAL')
database.execute('PRAGMA synchronous=FULL')
database.execute('CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b)')
"""


class PowerCut(unittest.TestCase):
    """The disk's model itself: that it can lose bytes, and keeps what it must."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fieldpost-powercut-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def program(self, code, **settings):
        """Runs Python in the modelled folder; what it printed."""
        env = dict(os.environ, LD_PRELOAD=str(POWERCUT), FIELDPOST_POWERCUT_DIR=str(self.folder), **settings)
        done = subprocess.run([sys.executable, "-c", code], cwd=self.folder, env=env, capture_output=True, text=True,
                              timeout=60)
        self.assertIn(done.returncode, (0, -9), done.stderr)
        return done.stdout.strip()

    def files(self):
        self.program("pass")  # names that were not synced go when the disk is used again
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}

    def test_bytes_that_were_not_synced_are_lost_and_synced_ones_are_kept(self):
        (self.folder / "old").write_bytes(b"before")
        seen = self.program("""
import os
kept = os.open('old', os.O_RDWR)
os.pwrite(kept, b'BEFORE', 0); os.fsync(kept)
os.pwrite(kept, b'lost!!', 0); os.lseek(kept, 0, 2); os.write(kept, b' and longer')
print(os.pread(kept, 100, 0), os.stat('old').st_size)""" + DIE.replace("\n", "\nimport sys; sys.stdout.flush()\n"))
        self.assertEqual(seen, "b'lost!! and longer' 17", "the process itself sees what it wrote")
        self.assertEqual(self.files(), {"old": b"BEFORE"})

    def test_a_file_that_is_cut_and_written_anew_is_the_old_one_until_it_is_synced(self):
        (self.folder / "old").write_bytes(b"x" * 5000)
        self.program("open('old', 'w').write('new')" + DIE)
        self.assertEqual(self.files(), {"old": b"x" * 5000})
        self.program("import os; f = open('old', 'w'); f.write('new'); f.flush(); os.fsync(f.fileno())" + DIE)
        self.assertEqual(self.files(), {"old": b"new"})

    def test_names_are_kept_when_their_folder_was_synced(self):
        write = """
import os
def sync(path):
    fd = os.open(path, os.O_RDONLY); os.fsync(fd); os.close(fd)
for name in ('a', 'b'):
    open(name, 'w').write(name); sync(name)
"""
        self.program(write + DIE)
        self.assertEqual(self.files(), {}, "content without a name is nothing")
        self.program(write + "sync('.'); os.rename('a', 'b'); os.unlink('b'); open('c', 'w').write('c')" + DIE)
        self.assertEqual(self.files(), {"a": b"a", "b": b"b"})
        self.program(write + "os.rename('a', 'b'); sync('.')" + DIE)
        self.assertEqual(self.files(), {"b": b"a"})

    def test_a_process_that_ends_by_itself_loses_nothing(self):
        self.program("open('a', 'w').write('a')")
        self.assertEqual(self.files(), {"a": b"a"})

    def test_sqlite_keeps_each_commit_of_a_log_that_is_synced_and_none_is_half_there(self):
        for seed in range(1, 5):
            told = int(self.program(OPEN_DATABASE + f"""
import random
chance = random.Random({seed})
for _ in range(chance.randrange(100, 900)):
    database.execute('BEGIN')
    database.execute('INSERT INTO t(b) VALUES(randomblob(300))')
    database.execute('UPDATE t SET b = randomblob(900) WHERE a % 17 = ?', (chance.randrange(17),))
    database.execute('COMMIT')
print(database.execute('SELECT count(*) FROM t').fetchone()[0], flush=True)
database.execute('PRAGMA synchronous=NORMAL')
for _ in range(chance.randrange(50)):
    database.execute('INSERT INTO t(b) VALUES(NULL)')
""" + DIE, FIELDPOST_POWERCUT_TEAR=str(seed)))
            found, sound = self.program(OPEN_DATABASE + "print(database.execute('SELECT count(*) FROM t WHERE b NOTNULL')"
                                        ".fetchone()[0], database.execute('PRAGMA integrity_check').fetchone()[0])"
                                        ).split()
            self.assertEqual((int(found), sound), (told, "ok"), f"seed {seed}")

    def test_a_disk_that_lies_loses_what_it_said_it_had(self):
        self.program(OPEN_DATABASE + "database.execute('INSERT INTO t(b) VALUES(1)')")
        self.program(OPEN_DATABASE + "database.execute('INSERT INTO t(b) VALUES(2)')" + DIE,
                     FIELDPOST_POWERCUT_LIE="t.db")
        self.assertEqual(self.program(OPEN_DATABASE + "print(database.execute('SELECT count(*) FROM t').fetchone())"),
                         "(1,)")


class Faults(unittest.TestCase):
    def check(self, settings):
        run = FaultRun(settings)
        verdict = run.run()
        for note in run.notes:
            print(note)
        print(run.summary(), flush=True)
        return run, verdict

    def test_nothing_acknowledged_is_lost_and_nothing_comes_twice(self):
        run, verdict = self.check(Settings(seed=SEED, cycles=CYCLES, minutes=MINUTES))
        self.assertTrue(verdict.sound(), f"seed {SEED}, folder {run.stack.folder}:\n" + "\n".join(verdict.wrong[:20]))
        self.assertGreater(verdict.rows, 0)

    def test_a_disk_that_does_not_sync_the_journal_is_caught(self):
        run, verdict = self.check(Settings(seed=3, cycles=10, lie="journal.db", disks=False, clocks=False))
        self.assertGreater(run.did["power cuts"], 0)
        self.assertGreater(verdict.lost, 0, "the checker must find what such a disk loses")
        self.assertEqual(verdict.duplicates, 0)


OPERATION = ("device, epoch, lane, seq, in_place, id, effect, visit, property, recorded_at, received_at, outcome, version,"
             " reason, body")


class Checker(unittest.TestCase):
    """A checker that never finds anything shows nothing: each of these is one wrong row in the end of a sound run."""

    TAMPERED = (
        ("hub", "DELETE FROM operation WHERE id = :id", "and not at the hub"),
        ("hub", f"INSERT INTO operation (hash, {OPERATION}) SELECT x'00', {OPERATION} FROM operation WHERE id = :id",
         "2 times at the hub"),
        ("hub", "UPDATE operation SET operation = -operation WHERE id = :id", "out of order"),
        ("hub", "UPDATE operation SET seq = seq + 1000000 WHERE id = :id", "at the hub as"),
        ("hub", "UPDATE device_lane SET applied = applied + 1 WHERE lane = 2", "applied through"),
        ("hub", "UPDATE record SET deleted = 1 WHERE record = (SELECT max(record) FROM record WHERE kind = 16)",
         "records at the hub from"),
        ("hub", "DELETE FROM layer WHERE (kind, record) = (SELECT 16, max(record) FROM layer WHERE kind = 16)",
         "holds, which the hub does not offer"),
        ("car", "UPDATE operation SET state = 0 WHERE id = :id", "with state 0"),
        ("car", "DELETE FROM operation WHERE id = :id", "with state None"),
        ("city", "UPDATE layer SET version = version + 1 WHERE row = (SELECT max(row) FROM layer)", "differs in 1 rows"),
        ("city", "DELETE FROM layer WHERE row = (SELECT max(row) FROM layer)", "lacks 1 rows"),
    )

    def test_it_finds_each_single_thing_that_is_wrong(self):
        run = FaultRun(Settings(seed=5, cycles=2, disks=False, keep=True))
        self.addCleanup(shutil.rmtree, run.stack.folder, ignore_errors=True)
        self.assertTrue(run.run().sound(), run.verdict.wrong)
        device = run.stack.devices[0]
        identity = run.history.order[device.name][5]
        for where, change, finding in self.TAMPERED:
            with self.subTest(change), tempfile.TemporaryDirectory() as copy:
                store, state = pathlib.Path(copy, "hub"), pathlib.Path(copy, "car")
                shutil.copytree(run.stack.store, store)
                shutil.copytree(device.state, state, ignore=shutil.ignore_patterns("*.sock"))
                path = {"hub": store / "hub.db", "car": state / "journal.db",
                        "city": max((state / "city").glob("city-*.db"))}[where]
                with closing(sqlite3.connect(path)) as database, database:
                    self.assertGreater(database.execute(change, {"id": identity}).rowcount, 0)
                wrong = check(run.history, store, [(device.name, state)], run.stack.profile).wrong
                self.assertTrue(any(finding in sentence for sentence in wrong), wrong)


@unittest.skipIf(Link.why_not(), Link.why_not())
class SlowLink(unittest.TestCase):
    def test_a_shaped_link_is_as_far_and_as_slow_as_asked(self):
        with Link(rate_kbit=256, round_trip_ms=300) as link:
            round_trip_ms, goodput_kbit, control = measure(link, seconds=6)
        self.assertEqual(control, "cubic")
        self.assertTrue(300 <= round_trip_ms < 400, round_trip_ms)
        self.assertTrue(150 < goodput_kbit <= 256, goodput_kbit)


class LeftOut(unittest.TestCase):
    """What this machine does not allow is counted as skipped."""

    if SmallDisk.why_not():
        def test_disks_are_filled(self):
            self.skipTest(SmallDisk.why_not())

    if FAKETIME is None:
        def test_clocks_are_moved(self):
            self.skipTest(NO_CLOCKS)


if __name__ == "__main__":
    unittest.main(verbosity=2)
