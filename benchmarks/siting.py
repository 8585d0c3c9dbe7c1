"""The whole siting of a region, then its three parts beside their peers, in one go.

Run from anywhere: ``python benchmarks/siting.py [--alone]``. First the region of Tashkent in cells
of 250 m, step by step as a run tells them: siting is all from the burden to the finalists. Then,
unless ``--alone``, benchmarks/burden.py, suitability.py (beside atlite) and ranking.py (beside
pymcdm and scikit-criteria).
"""

from __future__ import annotations

import argparse
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REGION = HERE.parent / "data" / "regions" / "tashkent"
FIRST, LAST = "price every place: the burden", "run the first sites forward"
PEERS = ("burden", "suitability", "ranking")


def study_of(cell_m: int, folder: Path) -> Path:
    """A copy of the region's study with cells of another size."""
    study = folder / "tashkent"
    shutil.copytree(REGION, study)
    file = study / "study.toml"
    text, changed = re.subn(r"(?m)^cell_m = .*$", f"cell_m = {cell_m}", file.read_text())
    if changed != 1:
        raise SystemExit("study.toml of Tashkent has no line 'cell_m = ...': mend this script")
    file.write_text(text)
    return study


def siting_of(cell_m: int) -> None:
    """Time each step of the region's run."""
    from geocluster.run import compute
    from geocluster.study import read_study

    taken: dict[str, float] = {}

    def tell(step: str, seconds: float | None = None) -> None:
        if seconds is not None:
            taken[step] = seconds

    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        study = read_study(study_of(cell_m, Path(folder)))
        taken["read and check the study"] = time.perf_counter() - started
        results = compute(study, tell)
    steps = list(taken)
    siting = steps[steps.index(FIRST) : steps.index(LAST) + 1]
    print(f"Tashkent region, cells of {cell_m} m: {results.burden.size:,} cells, ", end="")
    print(f"{len(results.sites)} candidates, {len(results.weights)} criteria with weight")
    for step, seconds in taken.items():
        print(f"  {seconds:6.1f} s  {'siting  ' if step in siting else '        '}{step}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    total = sum(taken[step] for step in siting)
    print(f"siting {total:.1f} s, the run without its files {sum(taken.values()):.1f} s, ", end="")
    print(f"peak {peak:.0f} MiB", flush=True)


def main() -> None:
    """All of it, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alone", action="store_true", help="the region only")
    parser.add_argument("--cell-m", type=int, default=250)
    asked = parser.parse_args()
    siting_of(asked.cell_m)
    for name in () if asked.alone else PEERS:
        print(f"\n== benchmarks/{name}.py", flush=True)
        subprocess.run([sys.executable, HERE / f"{name}.py"], check=True)


if __name__ == "__main__":
    main()
