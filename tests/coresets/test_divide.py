import pytest

from tests.coresets.nets import model_graph
from theoryprune.coresets import Budget
from theoryprune.coresets.divide import divide
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.widths import prunable_groups, whole_reasons
from theoryprune.errors import BudgetError


def divided(model, budget, **options):
    graph = model_graph(model)
    groups = hidden_groups(graph)
    return divide(
        graph, prunable_groups(groups, whole_reasons(graph, groups, streams=True, protect=())), budget, **options
    )


def test_defaults_of_what_errors_count():
    assert divided("digits_mlp", Budget(params=0.5)).weighting == "relative"
    assert divided("digits_mlp", Budget(error=1.0)).weighting == "telescoped"
    assert divided("digits_mlp", Budget(params=0.5), weights="equal").weights == {"fc1": 1.0, "fc2": 1.0}


@pytest.mark.parametrize("how", ["marginal", "global_eps", "absolute_eps", "uniform"])
def test_every_way_of_dividing(how):
    found = divided("grouped_tiny", Budget(macs=0.6), how=how).allocation
    assert found.how == how
    assert found.spent <= 0.6 * found.total


def test_least_widths_and_multiples():
    found = divided("resnet20", Budget(channels=0.8), min_keep=3, multiple_of=2).allocation
    assert min(found.widths.values()) >= 4
    assert all(width % 2 == 0 for width in found.widths.values())


def test_what_is_out_of_reach():
    with pytest.raises(BudgetError, match="out of reach"):
        divided("digits_mlp", Budget(params=0.01))
    with pytest.raises(ValueError, match="multiple_of"):
        divided("digits_mlp", Budget(params=0.5), multiple_of=0)
