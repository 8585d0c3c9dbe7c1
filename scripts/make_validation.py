"""Fill docs/validation.md, tables and drawing: the plume against ISCST3, laws and Prairie Grass.

Run from anywhere:  .venv/bin/python scripts/make_validation.py

Reads the references beside the project, or in the folder that GEOCLUSTER_SHARED names. Takes two
minutes, and longer where the plume has yet to be compiled.
"""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from geocluster.plume.field import PlumeOptions, concentration
from geocluster.plume.sigma import sigma_y, sigma_z

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import laws  # noqa: E402
import textbooks  # noqa: E402
from crosschecks import CASES, compared  # noqa: E402
from reference import (  # noqa: E402
    CLASSES,
    ISCST3,
    PRAIRIE_GRASS,
    VARIANTS,
    differences,
    points,
    read_areas,
    read_points,
    read_stack_each,
    read_truth,
    read_year,
    single_hour,
)

PAGE, DRAWING = ROOT / "docs/validation.md", ROOT / "docs/validation/prairie_grass.svg"
CLASS = "golder_class_z0_0.6cm"
NO_LID_M = 10_000.0
EXPONENTS = (0.07, 0.07, 0.10, 0.15, 0.35, 0.55)  # of the rural wind profile, A to F
COLOURS = {50: "#4e2a84", 100: "#1f6fb4", 200: "#168a5b", 400: "#d98200", 800: "#c22f2f"}

STATISTICS = ("FB", "NMSE", "FAC2", "MG", "VG")


@dataclass(frozen=True)
class Agreement:
    """Relative differences of one case, where the reference is above 1e-3 of its maximum."""

    case: str
    what: str
    differences: np.ndarray
    target: float

    def row(self) -> list[str]:
        """The case as cells of a table."""
        worst, median = self.differences.max(), np.median(self.differences)
        met = "yes" if worst <= self.target else "no"
        cells = [f"{self.differences.size:,}", short(worst), short(median), f"{self.target:g}", met]
        return [self.case, self.what, *cells]


def small(value: float) -> str:
    """As `short`, but that rounding, which differs by machine, is not shown."""
    return short(value) if abs(value) >= 1e-12 else "under 1e-12"


def short(value: float) -> str:
    """Two digits and a power of ten: 2.5e-5."""
    mantissa, power = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(power)}" if value else "0"


def table_text(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def sigma_cases(folder: Path) -> Iterator[Agreement]:
    """The curves, every row."""
    for option, rows in pd.read_csv(folder / "sigma.csv").groupby("option"):
        k = rows["stability"].map(lambda letter: CLASSES.index(letter) + 1).to_numpy()
        for name, curve in (("sigma_y", sigma_y), ("sigma_z", sigma_z)):
            found = curve(rows["x_m"].to_numpy(), k, option == "urban")
            truth = rows[f"{name}_m"].to_numpy()
            yield Agreement("sigma, all rows", f"{option}, {name}", abs(found / truth - 1), 1e-3)


def screening_cases(folder: Path) -> Iterator[Agreement]:
    """Each stack in each hour by itself: a pollutant a stack, the maximum is that of its hour."""
    table = pd.read_csv(folder / "screening_centreline.csv.gz")
    stacks, names = read_stack_each(folder)
    for option in ("rural", "urban"):
        for variant, (words, changes) in VARIANTS.items():
            options = PlumeOptions(urban=option == "urban", **changes)
            rows = table[(table["option"] == option) & (table["variant"] == variant)]
            found = []
            for (stability, speed, lid), hour in rows.groupby(
                ["stability", "u10_ms", "mixing_height_m"]
            ):
                truth = hour.pivot(index="x_m", columns="stack", values="conc_ugm3_per_gs")
                at, weather = points(truth.index, 0.0), single_hour(speed, stability, lid)
                field = concentration(stacks, at, weather, pollutants=names, options=options)
                for name, column in truth.items():
                    if column.max() > 0:
                        result = field["mean"].sel(pollutant=str(name).lower()).values
                        found.append(differences(result, column.to_numpy()))
            yield Agreement(f"axis, one hour, {option}", words, np.concatenate(found), 1e-3)


def year_cases(folder: Path) -> Iterator[Agreement]:
    """The year's mean and highest hour."""
    year, words = read_year(folder), {"mean": "mean", "max_1h": "highest hour"}
    plain, short_lived = PlumeOptions(), PlumeOptions(half_life_s=4 * 3600)
    cases = [
        ("annual", f"rural_{variant}", f"year, 10 stacks, {VARIANTS[variant][0]}", options, 1e-3)
        for variant in ("default", "nostd_nobid")
        for options in [PlumeOptions(**VARIANTS[variant][1])]
    ]
    cases += [
        ("volume_rural", "volume_rural", "year, 5 volumes", plain, 1e-3),
        ("area_rural", "area_rural", "year, 3 rectangles, polygon, circle", plain, 2e-2),
        ("decay_halflife4h", "decay_halflife4h", "year, half-life 4 h", short_lived, 1e-2),
    ]
    for where, case, label, options, target in cases:
        areas = where == "area_rural"
        sources = read_areas(folder) if areas else read_points(folder / where / "sources.csv")
        at = read_points(folder / where / "receptors.csv")
        field = concentration(sources, at, year, statistics=tuple(words), options=options)
        for name, truth in read_truth(case, folder).items():
            found = differences(field[name].values[0], truth)
            yield Agreement(label, words[name], found, target)


def crosscheck_rows() -> list[list[str]]:
    """The cases that ISCST3's results do not have, against plain Python."""
    rows = []
    for case in CASES:
        for what, error in compared(case):
            cells = [f"{error.size:,}", small(error.max()), small(np.median(error))]
            rows.append([case.name, what, *cells])
    return rows


def law_rows() -> list[list[str]]:
    """Each law, and by how much the worst of its figures misses it."""
    return [[what, cases, str(n), small(miss)] for what, cases, n, miss in laws.laws()]


def break_rows() -> list[list[str]]:
    """The largest jump at each kind of breakpoint, and how far the plume is from the tables."""
    kinds: dict[str, list[tuple[str, float, float]]] = {}
    for each in laws.breaks():
        package, plain = each.jumps()
        kinds.setdefault(each.what, []).append((each.where, package, plain))
    rows = []
    for what, found in kinds.items():
        where, jump, _ = max(found, key=lambda one: abs(one[1]))
        differs = max(abs(package - plain) for _, package, plain in found)
        rows.append(
            [what, str(len(found)), f"{jump:+.1e}".replace("e-0", "e-"), where, small(differs)]
        )
    return rows


def textbook_rows() -> list[list[str]]:
    """Worked examples: what is printed, and what the plume gives."""
    rows = []
    for each in textbooks.EXAMPLES:
        found = textbooks.plume(each)
        miss = f"{100 * (found / each.printed - 1):+.1f} %"
        rows.append(
            [each.where, each.what, f"{each.printed:.3g}", f"{found:.3g}", miss, each.grade]
        )
    return rows


def read_prairie_grass(folder: Path) -> pd.DataFrame:
    """The arcs' highest concentrations of the runs with weather, and the plume's on the axis.

    ``measured``; ``plume`` with the wind at 2 m as it is; ``plume_no_lid``, the same without the
    mixing heights that are known; ``plume_10_m`` with the wind taken to 10 m, since a plume without
    rise goes by 1 / u. [mg/m3]
    """
    table = pd.read_csv(folder / "arc_maxima.csv").dropna(subset=["u2_ms", CLASS])
    parts = []
    for _, run in table.groupby("run"):
        one = run.iloc[0]
        source = points(
            0.0,
            0.0,
            source_type="volume",
            release_height_m=[one["source_h_m"]],
            initial_sigma_y_m=0.0,
            initial_sigma_z_m=0.0,
            emission_tracer_g_s=one["q_gs"],
        )
        at = points(run["arc_m"], 0.0, height_m=run["receptor_h_m"].to_numpy())
        lid = one["zi_m"] if one["zi_m"] > 0 else NO_LID_M
        hour = single_hour(one["u2_ms"], one[CLASS], lid)
        bare = single_hour(one["u2_ms"], one[CLASS], NO_LID_M)
        plume, plume_no_lid = (
            concentration(source, at, weather, pollutants="tracer")["mean"].values[0] / 1000
            for weather in (hour, bare)
        )
        raised = 5.0 ** EXPONENTS[CLASSES.index(one[CLASS])]
        added = {"plume": plume, "plume_no_lid": plume_no_lid, "plume_10_m": plume / raised}
        parts.append(run.assign(**added))
    return pd.concat(parts).rename(columns={"cmax_mg_m3": "measured", CLASS: "stability"})


def statistics(measured: np.ndarray, modelled: np.ndarray) -> dict[str, float]:
    """FB, NMSE, FAC2, MG and VG; FB above 0 and MG above 1 where the model is too low."""
    m, p = np.asarray(measured, float), np.asarray(modelled, float)
    ratio = np.log(m / p)
    return {
        "FB": 2 * (m.mean() - p.mean()) / (m.mean() + p.mean()),
        "NMSE": ((m - p) ** 2).mean() / (m.mean() * p.mean()),
        "FAC2": float(((p >= 0.5 * m) & (p <= 2 * m)).mean()),
        "MG": math.exp(ratio.mean()),
        "VG": math.exp((ratio**2).mean()),
    }


def statistics_row(label: str, rows: pd.DataFrame, column: str = "plume") -> list[str]:
    """One line of the table of statistics."""
    found = statistics(rows["measured"].to_numpy(), rows[column].to_numpy())
    return [label, str(len(rows)), *(f"{value:.2f}" for value in found.values())]


def prairie_grass_rows(pairs: pd.DataFrame) -> list[list[str]]:
    """All maxima, by arc, by class, and with other weather."""
    rows = [statistics_row("all", pairs)]
    rows += [statistics_row(f"arc at {arc:.0f} m", part) for arc, part in pairs.groupby("arc_m")]
    rows += [statistics_row(f"class {k}", part) for k, part in pairs.groupby("stability")]
    rows.append(statistics_row("all, no mixing height in any run", pairs, "plume_no_lid"))
    return [*rows, statistics_row("all, wind taken to 10 m", pairs, "plume_10_m")]


def arc_rows(pairs: pd.DataFrame) -> list[list[str]]:
    """MG by class (rows) and arc."""
    ratio = np.log(pairs["measured"] / pairs["plume"])
    means = np.exp(ratio.groupby([pairs["stability"], pairs["arc_m"]]).mean()).unstack()
    return [[str(k), *(f"{value:.2f}" for value in row)] for k, row in means.iterrows()]


def other_program_row(folder: Path) -> list[str]:
    """What another program with ISC3's plume found on the same maxima."""
    table = pd.read_csv(folder / "published_stats.csv", dtype=str)
    rows = table[table["model"].str.startswith("ISC textbook")].drop_duplicates("metric")
    values = rows.set_index("metric")["value"].astype(float)
    return ["another program", "265", *(f"{values[name]:.2f}" for name in STATISTICS)]


def published_rows(folder: Path) -> list[list[str]]:
    """What others found with other models at five other sites."""
    table = pd.read_csv(folder / "published_stats.csv", dtype=str)
    rows = table[table["dataset"].str.contains("overall")]
    return [[r.model, r.metric.replace("_", " "), r.value] for r in rows.itertuples()]


def scatter(pairs: pd.DataFrame, size: int = 460) -> str:
    """A drawing of the plume against the measurement, both axes logarithmic."""
    low, high, edge = -2, 4, 56

    def along(value: float) -> float:
        return edge + (math.log10(value) - low) / (high - low) * (size - edge - 16)

    def at(x: float, y: float) -> tuple[float, float]:
        return round(along(x), 1), round(size - along(y), 1)

    parts = [f'<rect width="{size}" height="{size}" fill="#fff"/>']
    for power in range(low, high + 1):
        for a, b in (((power, low), (power, high)), ((low, power), (high, power))):
            (x1, y1), (x2, y2) = at(10 ** a[0], 10 ** a[1]), at(10 ** b[0], 10 ** b[1])
            parts.append(f'<path d="M{x1} {y1}L{x2} {y2}" stroke="#ddd"/>')
        x, y = at(10**power, 10**power)
        below = f'<text x="{x}" y="{size - edge + 16}" text-anchor="middle">'
        parts.append(f"{below}{10**power:g}</text>")
        parts.append(f'<text x="{edge - 6}" y="{y + 4}" text-anchor="end">{10**power:g}</text>')
    for factor, dash in ((1, "none"), (2, "5 4"), (0.5, "5 4")):
        start, end = 10**low * max(1, 1 / factor), 10**high / max(1, factor)
        (x1, y1), (x2, y2) = at(start, start * factor), at(end, end * factor)
        parts.append(f'<path d="M{x1} {y1}L{x2} {y2}" stroke="#444" stroke-dasharray="{dash}"/>')
    for row in pairs.itertuples():
        x, y = at(row.measured, row.plume)
        parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{COLOURS[row.arc_m]}" opacity=".75"/>')
    for n, (arc, colour) in enumerate(COLOURS.items()):
        y = 30 + 16 * n
        parts.append(f'<circle cx="{edge + 14}" cy="{y}" r="4" fill="{colour}"/>')
        parts.append(f'<text x="{edge + 24}" y="{y + 4}">{arc} m</text>')
    middle = (size + edge) / 2
    parts.append(f'<text x="{middle}" y="{size - 14}" text-anchor="middle">measured, mg/m3</text>')
    turn = f'transform="translate(14 {size - middle}) rotate(-90)"'
    parts.append(f'<text {turn} text-anchor="middle">plume, mg/m3</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size}" '
    style = f'height="{size}" font-family="sans-serif" font-size="12" fill="#222">'
    title = "<title>Prairie Grass: the plume against the arcs' highest concentrations</title>"
    return "\n".join([head + style, title, *parts, "</svg>", ""])


def filled(page: str, tables: dict[str, str]) -> str:
    """The page with each table between its mark, ``<!-- name -->``, and the next end."""
    for name, text in tables.items():
        before, _, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not end:
            raise ValueError(f"the page has no place for the table {name!r}")
        page = f"{before}<!-- {name} -->\n{text}\n{end}{after}"
    return page


def main() -> None:
    """Calculate everything; write the page's tables and its drawing."""
    cases = [*sigma_cases(ISCST3), *screening_cases(ISCST3), *year_cases(ISCST3)]
    pairs = read_prairie_grass(PRAIRIE_GRASS)
    rows = [*prairie_grass_rows(pairs), other_program_row(PRAIRIE_GRASS)]
    head = ["case", "what", "rows", "worst", "median", "wanted", "met"]
    tables = {
        "iscst3": table_text(head, [case.row() for case in cases]),
        "crosschecks": table_text(["case", "what", "places", "worst", "median"], crosscheck_rows()),
        "laws": table_text(["law", "cases", "figures", "worst miss"], law_rows()),
        "breaks": table_text(
            ["breakpoint", "cases", "largest jump", "where", "plume less tables"], break_rows()
        ),
        "textbooks": table_text(
            ["where", "what", "printed, ug/m3", "plume", "difference", "grade"], textbook_rows()
        ),
        "prairie_grass": table_text(["maxima", "number", *STATISTICS], rows),
        "arcs": table_text(["class", *(f"{arc} m" for arc in COLOURS)], arc_rows(pairs)),
        "published": table_text(["model", "statistic", "value"], published_rows(PRAIRIE_GRASS)),
    }
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    DRAWING.parent.mkdir(exist_ok=True)
    DRAWING.write_text(scatter(pairs), encoding="utf-8")


if __name__ == "__main__":
    main()
