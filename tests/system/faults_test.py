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
from contextlib import closing, contextmanager

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "faults"))
from fault_run import FaultRun, Settings, NO_CLOCKS  # noqa: E402
from fault_stack import FAKETIME, POWERCUT, Client, SmallDisk, Stack, wait_for  # noqa: E402
from history import check  # noqa: E402
from link import Link, behind, emergency, measure  # noqa: E402

CYCLES = int(os.environ.get("FIELDPOST_FAULT_CYCLES", "60"))
MINUTES = float(os.environ.get("FIELDPOST_FAULT_MINUTES", "0"))
SEED = int(os.environ.get("FIELDPOST_FAULT_SEED", str(random.SystemRandom().randrange(1, 2**31))))

# Seconds, over 256 kbit/s that lose 5 %. A segment that is lost three times in a row costs seven retransmission timeouts of
# some second each; the rest is for a machine that is busy besides. Behind an upload that nobody holds back it would wait
# for all of that, two minutes.
EMERGENCY_WITHIN = 30

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
        run, verdict = self.check(Settings(seed=SEED, cycles=CYCLES, minutes=MINUTES, devices=2))
        self.assertTrue(verdict.sound(), f"seed {SEED}, folder {run.stack.folder}:\n" + "\n".join(verdict.wrong[:20]))
        for what in ("rows", "edits", "conflicts", "corrections", "attachments"):
            self.assertGreater(getattr(verdict, what), 0, f"the run shows nothing of {what}")

    def test_a_disk_that_does_not_sync_the_journal_is_caught(self):
        run, verdict = self.check(Settings(seed=3, cycles=10, lie="journal.db", disks=False, clocks=False))
        self.assertGreater(run.did["power cuts"], 0)
        self.assertGreater(verdict.lost, 0, "the checker must find what such a disk loses")
        self.assertEqual(verdict.duplicates, 0)


OPERATION = ("device, epoch, lane, seq, in_place, id, effect, visit, property, recorded_at, received_at, outcome, version,"
             " reason, body")
INBOX = ("record, kind, field, opened_at, state, shown, shown_version, shown_role, shown_name, shown_operation, shown_at_us,"
         " shown_saw_version, other, other_role, other_name, other_operation, other_at_us, other_saw_version")


def newest(what):
    return f"operation = (SELECT max(operation) FROM operation WHERE {what})"


def altered(column, old, new):
    """SQL that puts other letters into a message."""
    return f"{column} = CAST(replace(CAST({column} AS TEXT), '{old}', '{new}') AS BLOB)"


class Checker(unittest.TestCase):
    """A checker that never finds anything shows nothing: each of these is one wrong thing in the end of a sound run."""

    TAMPERED = (
        # Operations, whatever they say: :id is an observation.
        ("hub", "DELETE FROM operation WHERE id = :id", "and not at the hub"),
        ("hub", f"INSERT INTO operation (hash, {OPERATION}) SELECT x'00', {OPERATION} FROM operation WHERE id = :id",
         "2 times at the hub"),
        ("hub", "UPDATE operation SET operation = -operation WHERE id = :id", "out of order"),
        ("hub", "UPDATE operation SET seq = seq + 1000000 WHERE id = :id", "at the hub as"),
        ("hub", "UPDATE operation SET id = 'nobody' WHERE id = :id", "at the hub, and nobody recorded it"),
        ("hub", f"UPDATE operation SET {altered('body', 'under', 'after')} WHERE id = :id", "recorded as"),
        ("hub", "UPDATE device_lane SET applied = applied + 1 WHERE lane = 2", "lane 2: applied through"),
        ("car", "UPDATE operation SET state = 0 WHERE id = :id", "shows it as pending"),
        ("car", "DELETE FROM operation WHERE id = :id", "not in car-1's journal"),
        # Of the urgent lane: :urgent is the last that was acknowledged.
        ("hub", "DELETE FROM operation WHERE id = :urgent", "and not at the hub"),
        ("hub", "UPDATE operation SET operation = -operation WHERE id = :urgent", "out of order"),
        ("hub", "UPDATE device_lane SET applied = applied + 1 WHERE lane = 1", "lane 1: applied through"),
        ("hub", "DELETE FROM device_report", "another status than the last"),
        ("hub", "UPDATE device_report SET body = (SELECT body FROM operation o WHERE o.device = device_report.device AND "
                "effect = 17 ORDER BY operation LIMIT 1)", "another status than the last"),
        ("car", "DELETE FROM operation WHERE id = :urgent", "not in car-1's journal"),
        # Observations, corrections, visits.
        ("hub", "UPDATE record SET deleted = 1 WHERE record = (SELECT max(record) FROM record WHERE kind = 16)",
         "records of kind 16 at the hub from"),
        ("hub", f"UPDATE layer SET {altered('body', 'under', 'after')} WHERE kind = 16", "does not stand as it was recorded"),
        # That it is corrected stands last in the record.
        ("hub", "UPDATE layer SET body = substr(body, 1, length(body) - 39) WHERE kind = 16 AND "
                "record = (SELECT record FROM record WHERE key = :corrected)", "is corrected by ''"),
        ("hub", f"UPDATE layer SET {altered('body', 'purpose', 'on foot')} WHERE kind = 15", "stands as ('visit', 'on foot"),
        ("hub", f"UPDATE layer SET {altered('body', 'passed', 'failed')} WHERE kind = 15", "stands as ('finish'"),
        ("hub", "UPDATE record SET deleted = 1 WHERE record = (SELECT max(record) FROM record WHERE kind = 15)",
         "records of kind 15 at the hub from"),
        # Edits and the inbox.
        ("hub", "UPDATE operation SET outcome = 0 WHERE " + newest("effect = 14 AND outcome = 1"),
         "which its author had not seen"),
        ("hub", "UPDATE operation SET outcome = 1 WHERE " + newest("effect = 14 AND outcome = 0"),
         "which its author had seen"),
        ("hub", "DELETE FROM conflict WHERE conflict = (SELECT max(conflict) FROM conflict)", "0 times in the inbox"),
        ("hub", f"INSERT INTO conflict ({INBOX}) SELECT {INBOX} FROM conflict WHERE conflict = (SELECT max(conflict) FROM "
                "conflict)", "2 times in the inbox"),
        ("hub", "UPDATE conflict SET other = shown", "or otherwise than it was made"),
        ("hub", "UPDATE conflict SET state = 2 - state", "or otherwise than it was made"),
        ("hub", "UPDATE conflict SET other_operation = 'nobody'", "which nobody made"),
        ("hub", "UPDATE field_change SET operation = 'nobody'", "the hub counts another as such"),
        ("hub", f"UPDATE layer SET {altered('body', 'car-', 'cat-')} WHERE kind = 1", "and the record shows"),
        ("car", "UPDATE operation SET state = 2 WHERE effect = 14 AND state = 1", "shows it as conflict"),
        # Attachments, beside their files.
        ("hub", "DELETE FROM delivery", "was not delivered by"),
        ("hub", "UPDATE layer SET body = CAST(replace(CAST(body AS TEXT), CAST(:photo AS TEXT), hex(zeroblob(16))) AS BLOB) "
                "WHERE kind = 16", "no observation names attachment"),
        # The city on board.
        ("hub", "DELETE FROM layer WHERE (kind, record) = (SELECT 16, max(record) FROM layer WHERE kind = 16)",
         "holds, which the hub does not offer"),
        ("city", "UPDATE layer SET version = version + 1 WHERE row = (SELECT max(row) FROM layer)", "differs in 1 rows"),
        ("city", "DELETE FROM layer WHERE row = (SELECT max(row) FROM layer)", "lacks 1 rows"),
    )

    @classmethod
    def setUpClass(cls):
        cls.run_ = FaultRun(Settings(seed=5, cycles=4, least=1000, devices=2, disks=False, keep=True))
        cls.addClassCleanup(shutil.rmtree, cls.run_.stack.folder, ignore_errors=True)
        cls.verdict = cls.run_.run()

    @contextmanager
    def copy(self):
        """The hub's and the first device's folder, to be spoilt."""
        device = self.run_.stack.devices[0]
        with tempfile.TemporaryDirectory() as copy:
            store, state = pathlib.Path(copy, "hub"), pathlib.Path(copy, "car")
            shutil.copytree(self.run_.stack.store, store)
            shutil.copytree(device.state, state, ignore=shutil.ignore_patterns("*.sock"))
            yield store, state

    def found(self, store, state):
        return check(self.run_.history, store, [(self.run_.stack.devices[0].name, state)], self.run_.stack.profile).wrong

    def test_it_finds_each_single_thing_that_is_wrong(self):
        self.assertTrue(self.verdict.sound(), self.verdict.wrong)
        history = self.run_.history
        work = history.order[self.run_.stack.devices[0].name, 2]
        asked = [history.asked[identity] for identity in work]
        names = {"id": [one.identity for one in asked if one.says[0] == "observation"][5],
                 "urgent": history.order[self.run_.stack.devices[0].name, 1][-1],
                 "corrected": next(one.says[1] for one in asked if one.says[0] == "correction"),
                 "photo": next(bytes.fromhex(one.attachments[0]) for one in asked if one.attachments)}
        for where, change, finding in self.TAMPERED:
            with self.subTest(change), self.copy() as (store, state):
                path = {"hub": store / "hub.db", "car": state / "journal.db",
                        "city": max((state / "city").glob("city-*.db"))}[where]
                with closing(sqlite3.connect(path)) as database, database:
                    self.assertGreater(database.execute(change, names).rowcount, 0)
                wrong = self.found(store, state)
                self.assertTrue(any(finding in sentence for sentence in wrong), wrong)

    def test_it_finds_an_attachment_that_is_gone_or_damaged_at_the_hub(self):
        self.assertTrue(self.verdict.sound(), self.verdict.wrong)
        for spoil, finding in ((lambda path: path.unlink(), "is not at the hub"),
                               (lambda path: path.write_bytes(path.read_bytes()[:-1]), "is damaged at the hub")):
            with self.subTest(finding), self.copy() as (store, state):
                _, sha256 = min(self.run_.history.attachments)
                spoil(store / "blobs" / sha256[:2] / sha256)
                wrong = self.found(store, state)
                self.assertTrue(any(sha256 in sentence and finding in sentence for sentence in wrong), wrong)


@unittest.skipIf(Link.why_not(), Link.why_not())
class SlowLink(unittest.TestCase):
    def test_a_shaped_link_is_as_far_and_as_slow_as_asked(self):
        with Link(rate_kbit=256, round_trip_ms=300) as link:
            round_trip_ms, goodput_kbit, control = measure(link, seconds=6)
        self.assertEqual(control, "cubic")
        self.assertTrue(300 <= round_trip_ms < 400, round_trip_ms)
        self.assertTrue(150 < goodput_kbit <= 256, goodput_kbit)

    def test_an_emergency_passes_an_upload_over_a_link_that_loses_packets(self):
        stack = Stack("lossy")
        self.addCleanup(stack.close)
        stack.prepare(1000)
        stack.start()
        stack.broker.kill()
        status, photo = stack.api.post("/api/v1/attachments", random.randbytes(4_000_000))  # two minutes of such a link
        self.assertEqual(status, 201, photo)
        self.assertEqual(stack.device.stop(), 0)
        arriving = stack.store / "blobs" / "partial" / stack.device_id / photo["sha256"]
        with Link(rate_kbit=256, round_trip_ms=300, loss_percent=5) as link:
            _, goodput_kbit, control = measure(link, seconds=4)
            with behind(stack, link):
                stack.device.start()
                wait_for("the upload is under way", lambda: arriving.exists() and arriving.stat().st_size > 0, 60)
                api = Client(stack.socket)
                self.addCleanup(api.close)
                arrived = arriving.stat().st_size
                waited = [emergency(api) for _ in range(5)]
                arrived = arriving.stat().st_size - arrived
        print(f"emergencies took {', '.join(f'{one:.1f}' for one in waited)} s, {link.said['up']}", flush=True)
        self.assertEqual(control, "cubic")
        self.assertTrue(20 < goodput_kbit <= 256, goodput_kbit)
        self.assertGreater(link.said["up"]["lost"], 0)
        self.assertGreater(arrived, 0, "the upload went on meanwhile")
        self.assertLess(max(waited), EMERGENCY_WITHIN)


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
