"""What all tests share: the real data beside the project, and a browser."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def missing(what: str) -> None:
    """Skip with the reason; on CI, where everything must be there, fail instead."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"on CI every test must run: {what}")
    pytest.skip(what)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and references that lies beside the project."""
    folder = Path(os.environ.get("GEOCLUSTER_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        missing("no folder 'shared' beside the project")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium that Playwright can drive."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("chromium is not installed (Debian: apt-get install chromium)")
    return str(path)
