"""The simulator: how many seeds it runs, and how many planted faults it finds."""

import re
import subprocess
import time

from figures import share_of
from stack import program

SEEDS = 300


def simulate(*arguments):
    return subprocess.run([program("fieldpost-sim"), *map(str, arguments)], capture_output=True, text=True)


def sim(report):
    seeds = share_of(SEEDS)
    print(f"simulation of {seeds} seeds")
    began = time.monotonic()
    done = simulate("--seed", 1, "--seeds", seeds, "--quiet")
    minutes = (time.monotonic() - began) / 60
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    report.entry("sim_seeds_per_min", seeds / minutes, "seeds/min",
                 f"fieldpost-sim --seeds {seeds}, one process, model store, the program's usual fleet, hours and "
                 f"trouble; all converged")
    faults = re.findall(r"^  ([\w-]+) \((\d+)\): ", simulate("--list").stdout.split("what goes wrong")[0], re.MULTILINE)
    caught = [name for name, most in faults if simulate("--fault", name, "--seeds", most, "--quiet").returncode == 0]
    missed = sorted({name for name, _ in faults} - set(caught))
    report.entry("sim_faults_caught", len(caught), "faults",
                 f"of {len(faults)} planted faults, each within the number of seeds that fieldpost-sim --list states"
                 + (f"; not found: {', '.join(missed)}" if missed else ""))
