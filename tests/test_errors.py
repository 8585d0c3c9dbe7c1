"""The tree of errors: one root, every fault told, messages a reader can act on."""

import pytest

from geocluster import errors


def test_one_root_that_is_a_value_error():
    kinds = (
        errors.InputError,
        errors.SettingsError,
        errors.TableError,
        errors.CRSError,
        errors.StatisticError,
    )
    assert all(issubclass(kind, errors.GeoclusterError) for kind in kinds)
    assert issubclass(errors.GeoclusterError, ValueError)
    assert issubclass(errors.MendedWarning, errors.GeoclusterWarning)
    assert issubclass(errors.GeoclusterWarning, UserWarning)


@pytest.mark.parametrize("kind", [errors.SettingsError, errors.TableError, errors.CRSError])
def test_faults_of_input_are_input_errors(kind):
    assert issubclass(kind, errors.InputError)


def test_one_fault_is_one_line():
    error = errors.TableError("homes.csv", "column 'people' is missing: add it")
    assert str(error) == "homes.csv: column 'people' is missing: add it"
    assert error.faults == ["column 'people' is missing: add it"]
    assert error.where == "homes.csv"


def test_several_faults_are_counted_and_listed():
    error = errors.InputError("a.csv", iter(["first", "second"]))
    assert str(error) == "a.csv: 2 faults\n  - first\n  - second"
    assert error.faults == ["first", "second"]


def test_a_question_without_answer_is_no_fault_of_input():
    assert not issubclass(errors.StatisticError, errors.InputError)
