"""The strict reader of AERMOD input, as a fixture."""

from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def reader(module_at) -> ModuleType:  # type: ignore[no-untyped-def]
    """The module that reads a file or fails."""
    return module_at("tests/handover/reader.py")
