"""What each kind of layer does to the units of a group, told from the readings of small networks."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import sequential_graph, with_twins
from tests.small import Written
from theoryprune.coresets import reduce
from theoryprune.coresets.hidden_groups import hidden_groups


def first_group(*between, shape=(4, 6, 6)):
    graph = sequential_graph(nn.Conv2d(4, 6, 3), *between, nn.Conv2d(6, 2, 1), shape=shape)
    return hidden_groups(graph)[0]


@pytest.mark.parametrize(
    ("activation", "law"),
    [
        (nn.ReLU(), "homogeneous"),
        (nn.LeakyReLU(0.3), "homogeneous"),
        (nn.LeakyReLU(-0.3), "none"),
        (nn.ReLU6(), "copies"),
        (nn.Hardtanh(0.5, 1), "none"),
        (nn.Tanh(), "copies"),
        (nn.GELU(), "none"),
        (nn.SiLU(), "none"),
        (nn.Sigmoid(), "none"),
        (nn.Identity(), "homogeneous"),
    ],
)
def test_the_law_of_an_activation(activation, law):
    hidden = first_group(activation)
    assert hidden.law == law
    assert bool(hidden.reason) == (law != "homogeneous")


def test_batch_norm_before_the_activation_is_in_the_rows_and_after_it_in_the_columns():
    before = first_group(nn.BatchNorm2d(6), nn.ReLU()).consumers[0].units
    assert before.plain
    assert (before.parts[0].terms[0][1] != 1).all()
    after = first_group(nn.ReLU(), nn.BatchNorm2d(6)).consumers[0].units
    assert (after.parts[0].terms[0][1] == 1).all()
    assert not after.plain


def test_pools_stay_between():
    units = first_group(nn.ReLU(), nn.MaxPool2d(2), nn.AvgPool2d(2)).consumers[0].units
    assert [layer.kind for layer in units.between] == ["max_pool", "avg_pool"]


def test_a_shift_before_padded_borders_leaves_no_law():
    hidden = first_group(nn.ReLU(), nn.BatchNorm2d(6), nn.AvgPool2d(3, padding=1))
    assert hidden.law == "none"
    assert "borders" in hidden.reason
    assert first_group(nn.ReLU(), nn.BatchNorm2d(6), nn.AvgPool2d(2)).law == "homogeneous"


def test_scaled_activations_under_another_activation():
    assert first_group(nn.ReLU(), nn.LeakyReLU(0.1)).law == "homogeneous"
    assert "its own" in first_group(nn.ReLU(), nn.BatchNorm2d(6), nn.ReLU()).reason


def test_sums_and_concatenations():
    graph = tp.extract(
        Written(
            lambda m, x: m.last(torch.cat([y := m.first(x), y.relu()], 1)), first=nn.Linear(4, 3), last=nn.Linear(6, 2)
        ),
        (4,),
    )
    assert "two forms" in hidden_groups(graph)[0].reason
    graph = tp.extract(
        Written(lambda m, x: m.c((m.a(x) - m.b(x)).relu()), a=nn.Linear(4, 3), b=nn.Linear(4, 3), c=nn.Linear(3, 2)),
        (4,),
    )
    (hidden,) = hidden_groups(graph)
    assert [(name, coef.tolist()) for name, coef in hidden.consumers[0].units.parts[0].terms] == [
        ("a", [1, 1, 1]),
        ("b", [-1, -1, -1]),
    ]


def norm(*scales, shift=0.0):
    """A batch norm with these scales."""
    made = nn.BatchNorm2d(6)
    made.weight.data = torch.tensor(scales * (6 // len(scales)))
    made.bias.data.fill_(shift)
    return made


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("order", ["before", "behind"])
def test_max_pools_commute_with_positive_scales_only(negative, order):
    pool, made = nn.MaxPool2d(2), norm(-1.0 if negative else 0.5, 2.0)
    between = (nn.ReLU(), made, pool) if order == "before" else (pool, made, nn.ReLU())
    hidden = first_group(*between)
    assert hidden.law == ("none" if negative else "homogeneous")
    assert (f"a negative scale {order} the max pool" in hidden.reason) == negative


def test_a_negative_scale_in_the_rows_does_no_harm_before_a_max_pool():
    assert first_group(norm(-1.0, 2.0), nn.MaxPool2d(2), nn.ReLU()).law == "homogeneous"


def test_a_shift_behind_padded_borders_does_not_move_into_the_rows():
    behind = first_group(nn.AvgPool2d(3, padding=1), norm(1.0, shift=1.0), nn.ReLU())
    assert behind.law == "none"
    assert "behind the borders" in behind.reason
    assert first_group(norm(1.0, shift=1.0), nn.AvgPool2d(3, padding=1), nn.ReLU()).law == "homogeneous"
    assert first_group(nn.AvgPool2d(2), norm(1.0, shift=1.0), nn.ReLU()).law == "homogeneous"
    assert first_group(nn.ZeroPad2d(1), norm(1.0, shift=1.0), nn.ReLU()).law == "none"


@pytest.mark.parametrize("between", [(nn.MaxPool2d(2), norm(-1.0, 2.0)), (nn.ReLU(), norm(-1.0, 2.0), nn.MaxPool2d(2))])
def test_certificates_hold_where_max_pools_meet_negative_scales(between):
    graph = with_twins(sequential_graph(nn.Conv2d(4, 6, 3), *between, nn.Conv2d(6, 2, 1), shape=(4, 6, 6)), factor=0.5)
    result = reduce(graph, 0.5, effort="fast")
    row = result.layers[0]
    assert row.certificate.best is None
    assert "max pool" in row.certificate.note


@pytest.mark.parametrize("added", [False, True])
def test_what_is_unknown_stays_unknown_behind_sums_and_activations(added):
    def two_forms(m, x):
        y = m.first(x)
        both = torch.cat([y, -2 * y], 1)
        return m.last(torch.relu(both + m.other(x) if added else both))

    parts = {"first": nn.Conv2d(2, 3, 1), "other": nn.Conv2d(2, 6, 1), "last": nn.Conv2d(6, 2, 1)}
    if not added:
        del parts["other"]
    hidden = hidden_groups(tp.extract(Written(two_forms, **parts), (2, 5, 5)))[0]
    assert hidden.law == "none"
    assert "in two forms" in hidden.reason
