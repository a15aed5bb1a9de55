import re

import pytest
from torch import nn

from tests.coresets.nets import model_graph, sequential_graph
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.widths import prunable_groups, uniform_widths, whole_reasons
from theoryprune.errors import BudgetError


def reasons(model, **options):
    graph = model_graph(model)
    return whole_reasons(graph, hidden_groups(graph), **{"streams": False, "protect": ()} | options)


def test_why_groups_stay_whole():
    assert set(reasons("grouped_tiny")) == {"stem", "block2.conv3"}
    assert reasons("grouped_tiny", streams=True) == {}
    assert reasons("digits_mlp", protect="fc2") == {"fc1": "protected ('fc2')", "fc2": "protected ('fc2')"}
    assert set(reasons("digits_mlp", protect=["linear.weight"])) == {"fc2"}
    with pytest.raises(ValueError, match="matches no"):
        reasons("digits_mlp", protect="nothing")


def test_nothing_to_reduce_names_why_for_each_group():
    graph = model_graph("digits_mlp")
    groups = hidden_groups(graph)
    with pytest.raises(BudgetError, match=r"'fc1': protected \('fc1'\); 'fc2': protected \('fc2'\)"):
        prunable_groups(groups, whole_reasons(graph, groups, streams=False, protect="fc*"))
    flat = sequential_graph(nn.Linear(2, 3), shape=(2,))
    with pytest.raises(BudgetError, match="no hidden layer"):
        prunable_groups(hidden_groups(flat), {})


def test_fractions_are_rounded_to_what_is_allowed():
    groups = hidden_groups(model_graph("grouped_tiny"))
    free = prunable_groups(groups, {})
    assert uniform_widths(free, 0.3, 1)["stem"] == 5
    assert uniform_widths(free, 0.3, 1)["block1.conv1"] == 4
    assert uniform_widths(free, 0.3, 8)["block1.conv1"] == 8
    assert uniform_widths(free, {"stem": 3}, 1) == {"stem": 3}
    assert uniform_widths(free, 0.3, 1, min_keep=10)["stem"] == 10
    assert uniform_widths(free, 0.3, 1, min_keep=99)["block1.conv1"] == 16


@pytest.mark.parametrize(
    ("budget", "multiple_of", "error"),
    [
        (0, 1, "must be in"), (1.5, 1, "must be in"), ("half", 1, "a number in"), (True, 1, "a number in"),
        (0.5, 0, "at least 1"), (0.5, 1.5, "integer"), ({"x": 1}, 1, "no group"),
        ({"block1.conv1": 3}, 1, "multiple of 4"),
        ({"stem": 17}, 1, "of 'stem' must be from 1 to 16, got 17"), ({"stem": True}, 1, "must be an int"),
        ({"stem": 3.0}, 1, "of 'stem' must be an int, a number of channels, got 3.0"),
        (50, 1, "budget must be in (0, 1], got 50; did you mean 0.5?"),
    ],
)  # fmt: skip
def test_bad_budgets(budget, multiple_of, error):
    free = prunable_groups(hidden_groups(model_graph("grouped_tiny")), {})
    with pytest.raises((TypeError, ValueError), match=re.escape(error)):
        uniform_widths(free, budget, multiple_of)
