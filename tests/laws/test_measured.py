"""Laws whose misses docs/validation.md shows, and what happens at the breakpoints of the tables."""

import itertools

import pytest

import laws
from laws import Break


@pytest.mark.parametrize("urban", [False, True])
@pytest.mark.parametrize("kind", laws.SOURCES)
def test_all_that_is_emitted_crosses_a_plane_downwind(kind: str, urban: bool) -> None:
    """The integral of u c over a plane at 2 km is Q, with a lid and without."""
    for stability, lid in itertools.product(range(1, 7), (800.0, 9000.0)):
        assert abs(laws.flux_error(kind, stability, urban, lid)) < 2e-5, (stability, lid)


@pytest.mark.parametrize("kind", ["stack", "volume"])
def test_far_away_the_lid_has_mixed_all(kind: str) -> None:
    """The crosswind integral is Q / (u z_i); 1 % is asked for."""
    for stability, urban in itertools.product(range(1, 5), (False, True)):
        assert abs(laws.crosswind_error(kind, stability, urban)) < 2e-4, (stability, urban)


@pytest.mark.parametrize(
    "errors", [laws.mirror_errors, laws.turning_errors, laws.exchange_errors, laws.sum_errors]
)
def test_what_is_alike_is_alike_to_the_last_digits(errors) -> None:
    number, worst = laws.worst(errors())
    assert number >= 24
    assert worst < 1e-12


# The largest jump of the concentration that the tables themselves have.
OWN_JUMPS = {
    "rural sigma_z, next line": 5e-4,
    "F_b = 55": 1.2e-2,
    "crossover temperature": 0.22,
    "tip downwash, v = 1.5 u": 1e-6,
    "end of the gradual rise": 2e-4,
    "sigma_z / z_i = 0.45": 1e-6,
    "sigma_z / z_i = 1.6": 1e-5,
}


@pytest.mark.parametrize("each", laws.breaks(), ids=lambda each: f"{each.what}, {each.where}")
def test_no_jump_but_that_of_the_tables(each: Break) -> None:
    package, plain = each.jumps()
    assert package == pytest.approx(plain, abs=1e-10)
    assert abs(plain) <= OWN_JUMPS[each.what]
