"""The fold on candidates: how many of each kind there are, and what was left out why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geocluster.panels.words import figure, table_of

if TYPE_CHECKING:
    from geocluster.maps.panels import Panel
    from geocluster.results import Results


def candidates_panel(results: Results) -> Panel:
    """Where the candidates come from: kinds, counts, and what does not compete."""
    from geocluster.maps.panels import Panel

    groups = results.sites.groupby("kind", sort=False)["area_ha"]
    table = table_of(
        {
            "kind": [kind for kind, _ in groups],
            "candidates": [str(len(area)) for _, area in groups],
            "area, smallest to largest [ha]": [
                f"{figure(area.min())} to {figure(area.max())}" for _, area in groups
            ],
        }
    )
    return Panel(
        "Where the candidates come from", candidates_in_words(results.candidates or {}), table
    )


def candidates_in_words(found: dict[str, Any]) -> list[str]:
    """What became of the suitable land, and of brownfields and proposed sites.

    Examples
    --------
    >>> found = {"suitable_ha": 70.0, "parcels": 1, "parcels_ha": 50.0, "unused_ha": 20.0}
    >>> candidates_in_words(found)[0]
    'Of 70 ha of suitable land in whole cells, 1 parcels with 50 ha hold the park; 20 ha are ...
    """
    if "suitable_ha" not in found:
        return []
    limits = found.get("limits", {})
    under = found.get("under_cuts_ha", 0.0)
    land = (
        f"Of {figure(found['suitable_ha'])} ha of suitable land in whole cells, "
        f"{found['parcels']} parcels with {figure(found['parcels_ha'])} ha hold the park; "
        f"{figure(found['unused_ha'])} ha are too small or cut off"
    )
    land += f", and {figure(under)} ha lie under roads, railways and water." if under else "."
    shape = [
        f"{found[f'parcels_{key}']} parcels with {figure(found[f'parcels_{key}_ha'])} ha are too "
        f"{word}"
        for key, word in (
            ("too_long", f"long (above {limits.get('max_stretch', 0):g} times their width)"),
            ("too_narrow", f"narrow (no circle of {limits.get('min_width_m', 0):,.0f} m fits in)"),
        )
        if found.get(f"parcels_{key}")
    ]
    told = [land, f"{'; '.join(shape)}." if shape else "", _covered(found), _not_cut(found)]
    if found.get("broken_plots"):
        told.append(
            f"{found['broken_plots']:,.0f} plots are partly unsuitable and stay unused, with "
            f"{figure(found['broken_plots_ha'])} ha of suitable land in them."
        )
    return [text for text in [*told, *_brownfields(found)] if text]


def _covered(found: dict[str, Any]) -> str:
    left, clipped = found.get("parcels_covered", 0), found.get("parcels_clipped", 0)
    if not left + clipped:
        return ""
    return (
        f"Proposed sites and brownfields come first on their own ground: {left} parcels beneath "
        f"them are left out, {clipped} are clipped."
    )


def _not_cut(found: dict[str, Any]) -> str:
    drawn = found.get("not_located") or {}
    if not drawn:
        return ""
    lines = ", ".join(f"{count} of {kind}" for kind, count in drawn.items())
    return (
        f"Parcels follow the cells: {lines} are drawn by hand, and to cut along them would be "
        "false precision."
    )


def _brownfields(found: dict[str, Any]) -> list[str]:
    drawn = found.get("brownfields_drawn", 0)
    if not drawn:
        return []
    told = (
        f"{drawn} brownfields are known: {found.get('brownfields', 0)} candidates were cut from "
        f"them, {found.get('brownfields_too_small', 0)} are smaller than the park"
    )
    shape = found.get("brownfields_too_long", 0) + found.get("brownfields_too_narrow", 0)
    told += f", {shape} candidates too long or too narrow" if shape else ""
    lost = found.get("brownfields_lost", [])
    if not lost:
        return [told + "."]
    names = [
        f"{one['name'] or 'one without a name'} of {figure(one['area_ha'])} ha ({one['taken_by']})"
        for one in lost[:5]
    ]
    more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
    return [
        f"{told}. {len(lost)} large enough are not once rules are kept and lines cut: "
        f"{'; '.join(names)}{more}."
    ]
