"""What goes to paper: the browser that prints, the wind on the map, the date, shares in cards."""

import stat
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from geocluster.errors import InputError
from geocluster.maps import printed
from geocluster.maps.features import source_layers
from geocluster.maps.page import draw_map
from geocluster.maps.wind import dated_by, wind_on_map


def weather(**attrs: str) -> xr.Dataset:
    hours = {"wind_speed_m_s": [0.0, 2.5, 2.5, 9.0], "wind_from_deg": [0.0, 355.0, 5.0, 90.0]}
    return xr.Dataset(
        {name: ("hour", np.array(values)) for name, values in hours.items()}, attrs=attrs
    )


def fake_browser(folder: Path, lines: str) -> str:
    made = folder / "chromium"
    made.write_text(f"#!/bin/sh\n{lines}\n")
    made.chmod(made.stat().st_mode | stat.S_IXUSR)
    return str(made)


def test_without_a_browser_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match=r"no browser is installed.*open index.html"):
        printed.find_browser()


def test_a_run_without_a_browser_stops_before_its_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from geocluster.run import run_study

    monkeypatch.setattr(printed.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="no browser"):
        run_study(tmp_path / "not there", pdf="A4")


def test_unknown_paper_is_refused(tmp_path: Path) -> None:
    from geocluster.run import run_study

    with pytest.raises(InputError, match="A4, A3"):
        run_study(tmp_path / "not there", pdf="A5")
    with pytest.raises(InputError, match="A4, A3"):
        printed.print_page(tmp_path / "a.html", tmp_path / "a.pdf", paper="A0")


def test_a_browser_that_hangs_is_ended_with_its_children(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    left = tmp_path / "left"
    path = fake_browser(tmp_path, f"(sleep 3; touch {left}) &\nsleep 60")
    monkeypatch.setattr(printed, "find_browser", lambda: path)
    started = time.monotonic()
    with pytest.raises(InputError, match=r"within 0\.5 s"):
        printed.print_page(tmp_path / "a.html", tmp_path / "a.pdf", longest_s=0.5)
    assert time.monotonic() - started < 10
    time.sleep(3.2)
    assert not left.exists()
    assert not (tmp_path / "a.pdf").exists()


def test_what_a_failing_browser_said_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = fake_browser(tmp_path, "echo no space left >&2; exit 1")
    monkeypatch.setattr(printed, "find_browser", lambda: path)
    with pytest.raises(InputError, match="no space left"):
        printed.print_page(tmp_path / "a.html", tmp_path / "a.pdf")


def test_a_pdf_has_no_clock_and_keeps_its_length() -> None:
    before = b"%PDF-1.4\n<</CreationDate (D:20261122020000+00'00')\n/Producer (x)>>"
    after = printed.without_clock(before)
    assert len(after) == len(before)
    assert b"2026" not in after
    assert b"/Producer (x)" in after


def test_the_wind_is_named_and_drawn() -> None:
    found = wind_on_map(weather(), "city <b>")
    assert found is not None
    assert found["note"].endswith("Weather: city <b>.")  # the page's script writes it as text
    assert "N, 2 to 3 m/s: 50.0%" in found["svg"]
    assert wind_on_map(None) is None
    assert wind_on_map(xr.Dataset()) is None


def test_the_date_is_the_weathers_not_todays() -> None:
    moments = np.array(
        ["2024-01-01T00", "2024-06-01T00", "2024-12-31T23", "2024-02-01T00"], "M8[ns]"
    )
    hourly = weather(origin="NOAA ISD").assign_coords(time=("hour", moments))
    assert dated_by(hourly) == "Weather: NOAA ISD, 2024-01-01 to 2024-12-31"
    assert dated_by(weather(origin="a rose")) == "Weather: a rose"
    assert dated_by(weather()) == ""


def test_the_page_carries_wind_date_and_print(demo) -> None:  # type: ignore[no-untyped-def]
    page = draw_map(demo.region(), weather=weather(origin="</script><b>"), weather_name="city").html
    assert "Wind rose" in page
    assert "</script><b>" not in page
    assert "geoclusterPrint" in page


def test_shares_are_of_all_sources_and_add_up(demo) -> None:  # type: ignore[no-untyped-def]
    layer = source_layers(demo.sources(), demo.region())[0].data
    names = [field[0] for field in layer["fields"]]
    at = names.index("SO₂, share of all sources' emission")
    assert layer["fields"][at][1:] == ["%", "bar"]
    shares = [feature[4 + at] for feature in layer["features"]]
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert shares[0] == pytest.approx(100 * 3800 / 4272, rel=0.01)
