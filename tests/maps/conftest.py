"""The made-up region, for every test of maps."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def demo() -> ModuleType:
    """tests/maps/demo.py."""
    if "geocluster_demo" not in sys.modules:
        path = Path(__file__).with_name("demo.py")
        spec = importlib.util.spec_from_file_location("geocluster_demo", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["geocluster_demo"] = module
        spec.loader.exec_module(module)
    return sys.modules["geocluster_demo"]
