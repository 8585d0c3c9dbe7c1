"""Runs made by hand, for every test of comparisons."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """tests/comparing/made_up.py."""
    if "geocluster_made_up_runs" not in sys.modules:
        path = Path(__file__).with_name("made_up.py")
        spec = importlib.util.spec_from_file_location("geocluster_made_up_runs", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["geocluster_made_up_runs"] = module
        spec.loader.exec_module(module)
    return sys.modules["geocluster_made_up_runs"]
