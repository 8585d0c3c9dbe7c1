"""The strict reader of AERMOD input, as a fixture."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reader():  # type: ignore[no-untyped-def]
    """The module that reads a file or fails."""
    path = Path(__file__).with_name("reader.py")
    spec = importlib.util.spec_from_file_location("aermod_reader", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
