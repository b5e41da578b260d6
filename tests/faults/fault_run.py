#!/usr/bin/env python3
"""Device(s), broker and hub as real processes under real faults, and a checker over the whole history.

    tests/faults/fault_run.py [--cycles 60 | --minutes 10] [--seed N] [--devices 1]

Prints the seed; the same seed gives the same schedule of faults. What it runs: tests/faults/README.md.
Exit code 0: sound; 1: something is wrong, and the folder of the run is kept.
"""

import argparse
import http.client
import itertools
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

sys.path.insert(0, os.path.dirname(__file__))
from crew import Recorder  # noqa: E402
from fault_stack import FAKETIME, POWERCUT, FaultStack, SmallDisk, wait_for  # noqa: E402
from history import ACKNOWLEDGED, REFUSED, UNSURE, History, check  # noqa: E402

CONVERGED_WITHIN = 120  # seconds after the last fault, on a machine that is busy with other things
NO_CLOCKS = "clocks are not moved: libfaketime is not installed (package faketime)"
CLOCKS = ("+0", "+1h", "-1h", "+400d", "-20y", "-56y", "+10y")


@dataclass
class Settings:
    seed: int
    cycles: int = 60
    minutes: float = 0       # when not 0, instead of cycles
    least: int = 0           # operations that are acknowledged: on a slow machine cycles go on until then
    devices: int = 1
    power_cuts: bool = True
    disks: bool = True
    clocks: bool = True
    lie: str = ""            # a disk that says it synced files of this name, and did not
    keep: bool = False


@dataclass
class Deed:
    """One thing that is done to a process, so many seconds into its cycle."""
    at: float
    what: str                # off, on, fill, free, clock
    target: str
    how: dict = field(default_factory=dict)


class Schedule:
    """Cycles of deeds from a seed, without end. A process may be struck while it starts or recovers."""

    def __init__(self, settings, targets, clocked):
        self.random = random.Random(settings.seed)
        self.settings = settings
        self.targets = targets
        self.clocked = clocked

    def power(self, target):
        """How a process runs next: whether its end is a power cut, and what its disk lets through before."""
        cuts = self.settings.power_cuts and target != "broker" and self.random.random() < 0.6
        tears = self.random.random() < 0.7
        seed = self.random.randrange(1, 2**31)
        if self.settings.lie and target.startswith("car-"):
            return {"power_cut": True, "lie": self.settings.lie}
        return {"power_cut": cuts, "tear": seed if cuts and tears else None}

    def cycle(self):
        deeds = []
        chances = {"broker": 0.35, "hub": 0.45}
        struck = [t for t in self.targets if self.random.random() < chances.get(t, 0.55)]
        for target in struck or [self.random.choice(self.targets)]:
            off = self.random.uniform(0, 1.2)
            deeds.append(Deed(off, "off", target))
            deeds.append(Deed(off + min(self.random.expovariate(3), 1.5), "on", target, self.power(target)))
        if self.random.random() < 0.2:
            target = self.random.choice([t for t in self.targets if t != "broker"])
            fill = self.random.uniform(0, 0.6)
            deeds.append(Deed(fill, "fill", target))
            deeds.append(Deed(fill + self.random.uniform(0.5, 4), "free", target))
        if self.random.random() < 0.25:
            deeds.append(Deed(self.random.uniform(0, 1.2), "clock", self.clocked,
                              {"offset": self.random.choice(CLOCKS)}))
        return sorted(deeds, key=lambda deed: deed.at)


class FaultRun:
    def __init__(self, settings):
        self.settings = settings
        self.did = Counter()
        self.notes = []          # what this machine does not allow, and what ended by itself
        self.cycles = 0
        self.converged_s = None
        self.waits = ""
        self.verdict = None
        self.small_disks = settings.disks and SmallDisk.why_not() is None
        if settings.disks and not self.small_disks:
            self.notes.append(SmallDisk.why_not())
        if settings.clocks and FAKETIME is None:
            self.notes.append(NO_CLOCKS)
        if settings.power_cuts and not POWERCUT.exists():
            raise SystemExit(f"{POWERCUT} is not there: build it first")
        self.stack = FaultStack(settings.devices, self.small_disks)
        self.history = History(self.stack.folder / "history.jsonl")

    # --- faults ---------------------------------------------------------------------------------------------------

    def do(self, deed):
        node = self.stack.nodes[deed.target]
        if deed.what == "off":
            self.did["kills"] += 1
            self.did["power cuts"] += node.power_off()
        elif deed.what == "on":
            node.how = deed.how
            node.power_on(**deed.how)
        elif deed.what == "fill" and node.disk:
            self.did["disks filled"] += 1
            node.disk.fill()
        elif deed.what == "free" and node.disk:
            node.disk.free()
        elif deed.what == "clock" and node.clock:
            self.did["clock moves"] += 1
            node.set_clock(deed.how["offset"])
        else:
            return
        self.history.note(deed.what, target=deed.target, **deed.how)

    def watch(self):
        """What ended by itself is started again, as its service manager would."""
        for node in self.stack.nodes.values():
            if node.wanted and node.reap():
                self.history.note("ended", target=node.name, code=node.ends[-1])
                node.power_on(**node.how)

    def until(self, moment):
        while (left := moment - time.monotonic()) > 0:
            self.watch()
            time.sleep(min(left, 0.1))

    def rage(self):
        nodes = self.stack.nodes
        clocked = random.Random(self.settings.seed).choice([name for name in nodes if name != "broker"])
        if self.settings.clocks and FAKETIME is not None:
            nodes[clocked].set_clock("+0")
        schedule = Schedule(self.settings, list(nodes), clocked)
        for name, node in nodes.items():
            node.how = schedule.power(name)
        for node in nodes.values():
            node.power_on(**node.how)
        wait_for("the devices have the city", lambda: all(map(self.ready, self.stack.devices)), 120)
        places = self.places()
        recorders = [Recorder(device, self.history, self.settings.seed, places) for device in self.stack.devices]
        for recorder in recorders:
            recorder.start()
        end = time.monotonic() + 60 * self.settings.minutes
        try:
            for self.cycles in itertools.count(1):
                begun = time.monotonic()
                for deed in schedule.cycle():
                    self.until(begun + deed.at)
                    self.do(deed)
                over = time.monotonic() > end if self.settings.minutes else self.cycles >= self.settings.cycles
                if over and self.history.count(ACKNOWLEDGED) >= self.settings.least:
                    break
        finally:
            for recorder in recorders:
                recorder.stop()

    def places(self):
        """Some properties that all devices hold, the same for each seed."""
        drawn = self.stack.devices[0].api.get("/api/v1/map?bbox=-180,-90,180,90")["features"]
        found = sorted(feature["properties"]["id"] for feature in drawn if feature["properties"]["layer"] == "property")
        return random.Random(self.settings.seed).sample(found, 50)

    # --- after the faults -----------------------------------------------------------------------------------------

    @staticmethod
    def ask(client, path):
        try:
            return client.get(path)
        except (OSError, http.client.HTTPException):
            return None

    def ready(self, device):
        said = self.ask(device.api, "/api/v1/status")
        return said and said["data"]["state"] == "ready" and said["link"]["hub"] == "present"

    def unfinished(self):
        """What is still to be done, for who reads the history; None when everything is where it belongs."""
        hub = self.ask(self.stack.hub_api, "/api/v1/status")
        if not hub:
            return "the hub answers"
        heads = {feed["id"]: feed["head"] for feed in hub["feeds"]}
        for device in self.stack.devices:
            said = self.ask(device.api, "/api/v1/status")
            if not said:
                return f"{device.name} answers"
            if any(lane["waiting"] for lane in said["journal"]["lanes"]):
                return f"{device.name} has sent all"
            for feed in said["data"]["feeds"]:
                if feed["cursor"] != heads.get(feed["id"], 0):
                    return (f"{device.name} has {feed['id']} through {heads.get(feed['id'], 0)}: it has it through "
                            f"{feed['cursor']} and knows of {feed['head']}")
            if not self.ready(device):
                return f"{device.name} is in contact"
            if said["attachments"]["waiting"]:
                return f"{device.name} has sent all attachments"
            for kind in ("observations", "visits"):
                pending = self.ask(device.api, f"/api/v1/{kind}?state=pending")
                if not pending or pending[kind]:
                    return f"{device.name} shows each of the {kind} as accepted"
        return None

    def converged(self):
        self.watch()
        waits = self.unfinished()
        if waits != self.waits:
            self.waits = waits
            self.history.note("waits", until=waits)
        return waits is None

    def calm(self):
        """Faults stop; all that was acknowledged must come home within a bound."""
        for name, node in self.stack.nodes.items():
            if node.disk:
                node.disk.free()
            if node.clock:
                node.set_clock("+0")
            node.power_on(**node.how)
        begun = time.monotonic()
        self.history.note("calm")
        try:
            wait_for("everything converges", self.converged, CONVERGED_WITHIN)
        except AssertionError as error:
            raise AssertionError(f"{error}; it waits until {self.waits}; seed {self.settings.seed}, "
                                 f"folder {self.stack.folder}") from None
        self.converged_s = time.monotonic() - begun
        for device in self.stack.devices:
            for kind in ("observations", "visits"):
                listed = device.api.get(f"/api/v1/{kind}?limit=5000")[kind]
                wrong = [item["id"] for item in listed if item["state"] != "accepted"]
                if wrong:
                    self.history.broken.append(f"{device.name} shows {len(wrong)} {kind} as not accepted, such as {wrong[0]}")
        for node in (*self.stack.devices, self.stack.hub):
            node.wanted = False
            if (code := node.stop()) != 0:
                self.history.broken.append(f"{node.name} ended with {code} when it was asked to stop")
        self.stack.broker.kill()

    def run(self):
        """The checker's verdict; the folder is kept when it is bad."""
        begun = time.monotonic()
        sound = False
        try:
            self.stack.prepare()
            self.rage()
            self.calm()
            self.verdict = check(self.history, self.stack.store,
                                 [(device.name, device.state) for device in self.stack.devices], self.stack.profile)
            for node in self.stack.nodes.values():
                for signal_name in node.crashed():
                    self.verdict.say(f"{node.name} was ended by {signal_name}, which nobody sent")
                if node.ends:
                    self.notes.append(f"{node.name} ended by itself {len(node.ends)} times, codes "
                                      f"{sorted(set(node.ends))}")
            if not self.history.order:
                self.verdict.say("nothing was acknowledged: the run shows nothing")
            sound = self.verdict.sound()
            return self.verdict
        finally:
            self.seconds = time.monotonic() - begun
            self.history.file.close()
            self.stack.close(keep=self.settings.keep or not (sound or self.settings.lie))

    def summary(self):
        verdict = self.verdict
        return (f"seed {self.settings.seed}: {self.cycles} cycles, {self.did['kills']} kills, "
                f"{self.did['power cuts']} power cuts, {self.did['disks filled']} disks filled, "
                f"{self.did['clock moves']} clock moves, acknowledged {self.history.count(ACKNOWLEDGED)}, "
                f"without an answer {self.history.count(UNSURE)}, refused {self.history.count(REFUSED)} "
                f"(of these saved {verdict.of_unsure}), duplicates {verdict.duplicates}, lost {verdict.lost}, "
                f"edits {verdict.edits} ({verdict.conflicts} in conflict), corrections {verdict.corrections}, "
                f"attachments {verdict.attachments}, "
                f"city rows {verdict.rows}, converged in {self.converged_s:.1f} s, {self.seconds:.0f} seconds")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 2**31))
    parser.add_argument("--cycles", type=int, default=60)
    parser.add_argument("--minutes", type=float, default=0, help="so long, instead of so many cycles")
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--no-power-cuts", dest="power_cuts", action="store_false")
    parser.add_argument("--no-disks", dest="disks", action="store_false")
    parser.add_argument("--no-clocks", dest="clocks", action="store_false")
    parser.add_argument("--lie", default="", help="the devices' disks do not sync files whose names begin so")
    parser.add_argument("--keep", action="store_true", help="keep the folder of the run in any case")
    settings = Settings(**vars(parser.parse_args()))
    print(f"seed {settings.seed}", flush=True)
    run = FaultRun(settings)
    print(f"folder {run.stack.folder}", flush=True)
    verdict = run.run()
    for line in run.notes + verdict.wrong[:40]:
        print(line)
    print(run.summary())
    sys.exit(0 if verdict.sound() else 1)


if __name__ == "__main__":
    main()
