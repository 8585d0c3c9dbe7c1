"""The made-up region, for every test of maps."""

from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def demo(module_at) -> ModuleType:  # type: ignore[no-untyped-def]
    """tests/maps/demo.py."""
    return module_at("tests/maps/demo.py")
