"""The report: figures by name, written after each part, so that parts can be measured one by one."""

import json
import os
import pathlib
import platform
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("FIELDPOST_BUILD", str(ROOT / "build" / "release"))
sys.path[:0] = [str(ROOT / "tests" / "system"), str(ROOT / "tests" / "faults")]

OUT = ROOT / "build" / "bench" / "report.json"
# For trying a part out: this share of the observations, seeds and seconds. Its figures are not to be kept.
SHARE = float(os.environ.get("FIELDPOST_BENCH_SHARE", "1"))


def share_of(count):
    return max(1, round(count * SHARE))


class Report:
    folder = OUT.parent  # for what is no single figure

    def __init__(self, keep):
        OUT.parent.mkdir(parents=True, exist_ok=True)
        self.figures = json.loads(OUT.read_text()) if keep and OUT.exists() else {}

    def entry(self, name, value, unit, note, peer=None):
        figure = {"value": round(value, 3), "unit": unit, "peer": None if peer is None else round(peer, 3),
                  "ratio": None if not peer else round(value / peer, 3), "note": note,
                  "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} when measured; "
                             "ARM boxes are several times slower"}
        if SHARE != 1:
            figure["note"] += f" TRIED OUT with {SHARE:g} of the usual amount."
        self.figures[name] = figure
        print(f"  {name:34} {figure['value']:>12} {unit:12} " + (f"peer {peer:.1f}" if peer else ""), flush=True)

    def write(self):
        draft = OUT.with_suffix(".draft")
        draft.write_text(json.dumps(self.figures, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
        draft.replace(OUT)


def quantile(samples, q):
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, max(0, -(-int(q * 1000) * len(ordered) // 1000) - 1))]
