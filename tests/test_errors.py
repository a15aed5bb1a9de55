"""The errors carry what their messages are about, survive a process boundary, and have one common base."""

import copy
import pickle

import pytest

from theoryprune import errors

MADE = [
    errors.TheoryPruneError("text"),
    errors.UnsupportedLayerError("text"),
    errors.LayerCollapseError("text"),
    errors.LayerCollapseError("text", iteration=3, layers=("conv1", "fc")),
    errors.BudgetError("text"),
    errors.CertificateError("text"),
    errors.ConvergenceError("text", gap=1e-3),
    errors.FileFormatError("text"),
    errors.DataError("text"),
]


def test_every_public_error_is_tried_here():
    assert {type(error).__name__ for error in MADE} == set(errors.__all__)


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_descends_from_the_common_base(error):
    assert isinstance(error, errors.TheoryPruneError)
    assert str(error) == "text"


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("travel", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_survives_copy_and_pickle(error, travel):
    again = travel(error)
    assert type(again) is type(error)
    assert again.args == error.args
    assert vars(again) == vars(error)


def test_a_note_survives_pickling_of_an_error_with_a_required_attribute():
    error = errors.ConvergenceError("text", gap=0.5)
    error.add_note("while certifying layer fc")
    again = pickle.loads(pickle.dumps(error))
    assert again.__notes__ == ["while certifying layer fc"]
    assert again.gap == 0.5


def test_unsupported_layer_is_also_not_implemented():
    with pytest.raises(NotImplementedError, match="LSTM"):
        raise errors.UnsupportedLayerError("no rule for LSTM")


def test_bad_arguments_stay_plain_value_errors():
    assert not any(issubclass(type(error), (ValueError, TypeError)) for error in MADE)


def test_layer_collapse_names_iteration_and_layers():
    error = errors.LayerCollapseError("text", iteration=3, layers=("conv1", "fc"))
    assert error.iteration == 3
    assert error.layers == ("conv1", "fc")


def test_layer_collapse_without_a_schedule():
    error = errors.LayerCollapseError("text")
    assert error.iteration is None
    assert error.layers == ()


def test_convergence_error_demands_its_gap():
    with pytest.raises(TypeError, match="gap"):
        errors.ConvergenceError("text")
