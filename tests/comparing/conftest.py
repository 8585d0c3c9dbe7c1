"""Runs made by hand, for every test of comparisons."""

from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def made(module_at) -> ModuleType:  # type: ignore[no-untyped-def]
    """tests/comparing/made_up.py."""
    return module_at("tests/comparing/made_up.py")
