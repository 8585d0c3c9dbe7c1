"""Lists of towns, ours and GeoNames'."""

import pytest

from geocluster.errors import TableError
from geocluster.load.towns import read_towns


def write(folder, text):
    path = folder / "towns.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_our_own_form(tmp_path):
    header = "name,longitude,latitude,people,inside,origin,note"
    text = f"{header}\nA,69,41,10,False,census,x\nB,70,41,5,,,\n"
    towns = read_towns(write(tmp_path, text))
    assert towns.inside.tolist() == [False, True]
    assert towns.origin.tolist() == ["census", "reported"]
    assert towns.people.tolist() == [10.0, 5.0]
    assert "note" in towns


@pytest.mark.shared
@pytest.mark.parametrize(("code", "rows", "people"), [("mt", 70, 498_424), ("ad", 20, 85_903)])
def test_geonames_form(shared, code, rows, people):
    towns = read_towns(shared / "data" / "population" / f"geonames_{code}.csv")
    assert (len(towns), towns.people.sum()) == (rows, people)
    assert set(towns.origin) == {"GeoNames (CC BY 4.0)"}
    assert towns.inside.all()


def test_every_fault_is_told_at_once(tmp_path):
    path = write(tmp_path, "name,lon,lat,population\nA,200,41,10\nB,70,41,-5\n")
    with pytest.raises(TableError) as caught:
        read_towns(path)
    assert len(caught.value.faults) == 2


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(TableError, match="column 'people' is missing"):
        read_towns(write(tmp_path, "name,lon,lat\nA,69,41\n"))


def test_a_place_that_stands_twice_would_count_twice(tmp_path):
    path = write(tmp_path, "name,lon,lat,people\nA,69,41,10\nA,69,41,10\n")
    with pytest.raises(TableError, match="row 2 repeat"):
        read_towns(path)
