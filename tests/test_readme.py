"""The README: its Python runs as printed, and its commands are the ones that CI calls."""

import os
import re
import subprocess
import sys


def blocks(root, language):
    text = (root / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_the_python_of_the_readme_runs(root, tmp_path):
    (code,) = blocks(root, "python")
    (tmp_path / "data").symlink_to(root / "data")
    (tmp_path / "maps").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "maps" / "tashkent.html").read_text(encoding="utf-8")
    assert "Tashkent" in page
    assert not re.search(r"https?://", page)


def test_each_command_stands_alone_on_one_line(root):
    commands = blocks(root, "sh")
    assert len(commands) == 2
    assert all(command.count("\n") == 1 for command in commands)
    assert "geocluster run data/regions/tashkent" in commands[0]
    assert commands[1].rstrip().endswith("pytest -n auto")


def test_help_is_quick_to_load_and_heavy_packages_are_not(root):
    code = (
        "import sys, geocluster.cli;"
        "heavy = {'geopandas', 'xarray', 'numba', 'folium', 'rasterio', 'scipy', 'pandas'};"
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env={**os.environ})
    assert done.returncode == 0


def test_public_names_load_and_the_stub_names_them_all(root):
    import geocluster

    stub = (root / "src" / "geocluster" / "__init__.pyi").read_text(encoding="utf-8")
    for name in geocluster.__all__:
        assert getattr(geocluster, name) is not None
        assert f" as {name}\n" in stub
