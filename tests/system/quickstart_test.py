"""tools/quickstart as a person meets it: what it says, what it leaves running, what a second run costs."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from stack import BUILD, ROOT, Client, free_port, wait_for  # noqa: E402

READY = "Ctrl-C stops everything."


def children(pid):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            # The name of a process may hold blanks and brackets; what follows its last bracket may not.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if entry.name.isdigit() and int(fields[1]) == pid:
            found.append(int(entry.name))
    return found


def alive(pids):
    left = []
    for pid in pids:
        try:
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            left.append(pid)
    return left


def free_port_base():
    while True:
        base = free_port()
        if base < 65000 and all(is_free(base + n) for n in (1, 2)):
            return base


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@unittest.skipUnless(BUILD == ROOT / "build" / "release", "quickstart runs the release build")
class Quickstart(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="fieldpost-quickstart-"))
        cls.state = cls.folder / "state"
        first = cls.start(cls.folder / "first.log")
        cls.first_output = (cls.folder / "first.log").read_text()
        cls.stop(first)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def command(cls, *options, properties="1000"):
        return [str(ROOT / "tools" / "quickstart"), "--no-build", "--properties", properties,
                "--state", str(cls.state), *options]

    @classmethod
    def start(cls, log):
        """A quickstart that has said that it runs, with `port` and the pids of its programs in `programs`."""
        port = free_port_base()
        with open(log, "wb") as out:
            process = subprocess.Popen(cls.command("--port-base", str(port)), stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=out, start_new_session=True,
                                       # A shell's background job ignores it, and all that it starts.
                                       preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

        def ready():
            if process.poll() is not None:
                raise AssertionError(f"quickstart ended with {process.returncode}:\n{log.read_text()}")
            return READY in log.read_text()

        wait_for("quickstart says that everything runs", ready, 180)
        process.port = port
        process.programs = children(process.pid)
        return process

    @staticmethod
    def stop(process):
        """Ctrl-C at a terminal reaches the whole foreground process group."""
        os.killpg(process.pid, signal.SIGINT)
        return process.wait(60)

    def refused(self, *options, **more):
        done = subprocess.run(self.command(*options, **more), capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        return done.stderr

    def test_it_says_what_runs_where_and_three_things_to_try(self):
        for words in ("vehicle car-1", "hub", "broker", "logs", "1. open http://", "2. ", "3. curl -s"):
            self.assertIn(words, self.first_output)

    def test_the_address_that_it_names_has_one_house_number(self):
        typed = re.search(r"and type: (.*)", self.first_output).group(1)
        self.assertRegex(typed, r"^[0-9]+ [a-z]")
        self.assertIn(f" search {typed}\n", self.first_output)

    def test_a_range_of_house_numbers_is_passed_over(self):
        hits = (("property", "2-176 N Main St", "0000000000001"), ("asset", "7 Main St", "0000000000001"),
                ("property", "Main St", None), ("property", "12 Main St", "0000000000002"))
        answer = json.dumps({"results": [dict(zip(("kind", "title", "property"), hit)) for hit in hits]})
        script = (ROOT / "tools" / "quickstart").read_text()
        function = script[script.index("first_house() {"):].split("\n}\n", 1)[0] + "\n}\n"
        for text in (answer, json.dumps(json.loads(answer), indent=2)):
            done = subprocess.run(["bash", "-c", function + "first_house"], input=text, capture_output=True, text=True,
                                  timeout=10)
            self.assertEqual(done.stdout, "0000000000002 12 Main St\n", done.stderr)

    def test_ctrl_c_stops_the_vehicle_first_and_leaves_nothing_behind(self):
        log = self.folder / "stopped.log"
        process = self.start(log)
        self.assertEqual(len(alive(process.programs)), 3)
        self.assertEqual(self.stop(process), 0)
        self.assertEqual(alive(process.programs), [])
        self.assertIn("stopping car-1 hub broker: stopped", log.read_text())

    def test_a_killed_quickstart_leaves_nothing_behind(self):
        process = self.start(self.folder / "killed.log")
        process.kill()
        process.wait()
        wait_for("its programs end by themselves", lambda: not alive(process.programs), 30)

    def test_a_program_that_dies_is_named_and_ends_the_rest(self):
        log = self.folder / "died.log"
        process = self.start(log)
        hub = next(pid for pid in process.programs
                   if b"fieldpost-hub" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())
        os.kill(hub, signal.SIGKILL)
        self.assertEqual(process.wait(60), 1)
        self.assertIn("hub has stopped by itself", log.read_text())
        self.assertEqual(alive(process.programs), [])

    def test_a_second_run_imports_nothing_again_and_still_knows_the_city(self):
        log = self.folder / "second.log"
        process = self.start(log)
        try:
            self.assertNotIn("importing", log.read_text())
            api = Client(process.port)
            self.assertEqual(api.get("/api/v1/status")["data"]["state"], "ready")
            api.close()
        finally:
            self.stop(process)

    def test_an_import_that_did_not_end_well_is_done_again_though_the_files_are_as_they_were(self):
        source = self.state / "city" / "assets" / "hydrants.geojson"
        away = source.with_suffix(".away")
        source.rename(away)
        try:
            broken = self.folder / "broken.log"
            self.stop(self.start(broken))
        finally:
            away.rename(source)
        self.assertIn("the import is not complete", broken.read_text())
        log = self.folder / "mended.log"
        self.stop(self.start(log))
        self.assertIn("importing", log.read_text())
        self.assertNotIn("not complete", log.read_text())

    def test_real_cities_in_folders_of_one_name_are_kept_apart(self):
        kept = self.folder / "kept"
        for city in ("salem", "lynn"):
            export = self.folder / city / "export"
            export.mkdir(parents=True)
            (export / "city.toml").write_text("[profiles.inspector]\n")
            done = subprocess.run([str(ROOT / "tools" / "quickstart"), "--no-build", "--import", str(export), "--state",
                                   str(kept), "--port-base", str(free_port_base()), "--profile", "nobody"],
                                  capture_output=True, text=True, timeout=60)
            self.assertIn("no profile 'nobody'", done.stderr)
        self.assertEqual(len(list(kept.glob("import-export-*"))), 2)

    def test_a_taken_port_is_named_in_one_sentence(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.assertIn(f"port {port} is taken", self.refused("--port-base", str(port)))

    def test_two_in_one_folder_are_refused(self):
        process = self.start(self.folder / "one.log")
        try:
            self.assertIn("another quickstart runs", self.refused("--port-base", str(free_port_base())))
        finally:
            self.stop(process)

    def test_another_size_does_not_delete_the_city_that_is_there(self):
        words = self.refused("--port-base", str(free_port_base()), properties="2000")
        self.assertIn("holds a city of 1000 properties", words)
        self.assertIn("--fresh", words)

    def test_a_folder_without_a_city_is_refused(self):
        done = subprocess.run([str(ROOT / "tools" / "quickstart"), "--import", str(self.folder)],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 1), done.stderr)
        self.assertIn("city.toml", done.stderr)


if __name__ == "__main__":
    unittest.main()
