"""The checker of reductions accepts what reduce makes, and nothing that was changed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import model_graph
from theoryprune.coresets import CONSTRUCTIONS, Budget, is_reduction, kernel_fit, reduce


def convolutions(groups=1):
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(2, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 6, 3, groups=groups), nn.ReLU(), nn.Flatten(), nn.Linear(24, 3),
    )  # fmt: skip
    return tp.extract(net, (2, 8, 8))


@pytest.fixture(scope="module")
def dense():
    return reduce(model_graph("digits_mlp"), 0.5, effort="fast")


@pytest.fixture(scope="module")
def mixed():
    return reduce(convolutions(), Budget(params=0.5), effort="fast")


@pytest.mark.parametrize("method", CONSTRUCTIONS)
def test_every_construction(method):
    found = is_reduction(reduce(model_graph("digits_mlp"), 0.5, CONSTRUCTIONS[method], effort="fast"))
    assert found, found.reason
    assert found.value == 2


@pytest.mark.parametrize("budget", [Budget(params=0.5), Budget(macs=0.6), Budget(channels=0.5), Budget(error=0.4), 0.5])
@pytest.mark.parametrize("groups", [1, 2])
def test_convolutions(budget, groups):
    result = reduce(
        convolutions(groups),
        budget,
        kernel_fit,
        effort="fast",
        **({"weights": "relative"} if isinstance(budget, Budget) else {}),
    )
    found = is_reduction(result)
    assert found, found.reason
    assert found.value == sum(len(row.certificate.parts) for row in result.layers) > 0


@pytest.mark.parametrize("name", ["resnet20", "mobile_tiny"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_networks_with_streams_and_depthwise_layers(name, dtype):
    result = reduce(model_graph(name, dtype), Budget(channels=0.7), streams=True, certify=False)
    found = is_reduction(result)
    assert found, found.reason
    assert found.value == 0


def test_networks_with_dead_channels():
    graph = model_graph("digits_mlp")
    weights = {name: weight.clone() for name, weight in graph.weights.items()}
    weights["fc1.weight"][:4] = 0
    found = is_reduction(reduce(graph.with_weights(weights), Budget(params=0.9), certify=False))
    assert found, found.reason


def test_nothing_was_reduced(dense):
    assert is_reduction(reduce(dense.before, 1.0))


def with_first(result, **changes):
    """Change fields of the first row's certificate."""
    first, *rest = result.layers
    row = replace(first, certificate=replace(first.certificate, **changes))
    return replace(result, plan=replace(result.plan, layers=(row, *rest)))


def with_part(result, **changes):
    part = replace(result.layers[0].certificate.parts[0], **changes)
    return with_first(result, parts=(part, *result.layers[0].certificate.parts[1:]))


def with_coreset(result, name, **changes):
    return replace(result, coresets={**result.coresets, name: replace(result.coresets[name], **changes)})


@pytest.mark.parametrize(
    ("field", "factor"),
    [("best", 1 - 1e-6), ("best", 1 + 1e-6), ("full", 1 + 1e-6), ("full", 1 - 1e-6), ("observed", 1.01)],
)
@pytest.mark.parametrize("kind", ["dense", "mixed"])
def test_bounds_of_groups(request, kind, field, factor):
    result = request.getfixturevalue(kind)
    value = getattr(result.layers[0].certificate, field)
    found = is_reduction(with_first(result, **{field: value * factor}))
    assert not found
    assert f"{field} is stated as" in found.reason


@pytest.mark.parametrize("kind", ["dense", "mixed"])
def test_bounds_of_layers(request, kind):
    result = request.getfixturevalue(kind)
    gains = result.layers[0].certificate.parts[0].gains
    for name in ("triangle", "product"):
        lowered = with_part(result, gains=replace(gains, **{name: min(getattr(gains, name), gains.best) * (1 - 1e-6)}))
        assert not is_reduction(lowered)
    assert not is_reduction(with_part(result, digest="0" * 64))
    assert not is_reduction(with_part(result, observed=float("nan")))


@pytest.mark.parametrize("kind", ["dense", "mixed"])
@pytest.mark.parametrize("effort", ["fast", "default", "high"])
def test_the_bound_of_the_output(request, kind, effort):
    result = request.getfixturevalue(kind)
    if effort != "fast":
        result = reduce(result.before, result.widths, effort=effort, radius=3.0)
    end = result.end_to_end
    assert is_reduction(result)
    assert is_reduction(replace(result, end_to_end=None))
    assert "below the sum" in is_reduction(replace(result, end_to_end=replace(end, error=end.error * 0.9))).reason
    assert not is_reduction(replace(result, end_to_end=replace(end, observed=end.error)))
    assert "names no ball" in is_reduction(replace(result, end_to_end=replace(end, radius=None))).reason
    fewer = replace(end, terms=end.terms[1:], error=end.error)
    assert "are not the certificates of the groups" in is_reduction(replace(result, end_to_end=fewer)).reason


def test_what_convolutions_add(mixed):
    constant = mixed.layers[0].certificate.constant
    assert constant > 0
    assert "constant is stated as" in is_reduction(with_first(mixed, constant=constant / 2)).reason


def test_certificates_of_others(dense, mixed):
    parts = dense.layers[0].certificate.parts
    assert "of another kind of layer" in is_reduction(with_first(mixed, parts=parts)).reason
    assert "2 layer certificates for 1 readings" in is_reduction(with_first(dense, parts=parts * 2)).reason
    assert "0 layer certificates for 1 readings" in is_reduction(with_first(dense, parts=())).reason


def test_taking_a_certificate_out_claims_nothing(dense):
    bare = {"parts": (), "observed": None, "best": None, "full": None}
    dense = replace(dense, end_to_end=None)
    assert is_reduction(with_first(dense, **bare, note="not asked for")).value == 1
    assert not is_reduction(with_first(dense, **bare))
    assert not is_reduction(with_first(dense, **(bare | {"full": 1.0}), note="not asked for"))


def test_whole_groups_state_no_error(dense):
    result = reduce(dense.before, {"fc2": 4}, effort="fast")
    assert is_reduction(result)
    assert "a whole group has no error" in is_reduction(with_first(result, best=1.0)).reason


def test_units_weights_and_graphs(dense):
    part = dense.coresets["fc1"].readings[0]
    heavier = with_coreset(dense, "fc1", readings=(replace(part, outgoing=part.outgoing * 1.01),))
    assert not is_reduction(heavier)
    assert "is not what the coresets make" in is_reduction(replace(dense, graph=dense.before)).reason
    weight = dense.graph.weights["linear.weight"].clone()
    weight[0, 0] += 1e-9
    assert not is_reduction(replace(dense, graph=dense.graph.with_weights({"linear.weight": weight})))
    assert not is_reduction(replace(dense, before=model_graph("digits_mlp", seed=1)))
    assert not is_reduction(replace(dense, coresets={"fc1": dense.coresets["fc1"]}))
    assert not is_reduction(replace(dense, coresets={**dense.coresets, "other": dense.coresets["fc1"]}))


@pytest.mark.parametrize("kept", [[0, 0, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 5, 6, 99], [1, 0, 2, 3, 4, 5, 6, 7]])
def test_units_that_are_none(dense, kept):
    part = replace(dense.coresets["fc1"].readings[0], kept=np.array(kept))
    found = is_reduction(with_coreset(dense, "fc1", kept=np.array(kept), readings=(part,)))
    assert "the units kept are no ascending numbers of units" in found.reason


def test_outgoing_weights_of_another_layer(dense):
    part = dense.coresets["fc1"].readings[0]
    found = is_reduction(with_coreset(dense, "fc1", readings=(replace(part, outgoing=part.outgoing[:-1]),)))
    assert "the coreset does not fit the group" in found.reason


def changed_plan(result, **changes):
    return replace(result, plan=replace(result.plan, **changes))


def test_counts_and_budgets(mixed):
    plan = mixed.plan
    divided = plan.allocation
    first, *rest = plan.layers
    cases = {
        "are stated, the compacted network has": changed_plan(mixed, spent=plan.spent - 1),
        "of 1 params are stated": changed_plan(mixed, total=1),
        "channels are stated, it keeps": changed_plan(mixed, layers=(replace(first, after=first.after - 1), *rest)),
        "are not those of the removable groups": changed_plan(mixed, layers=tuple(rest)),
        "is exceeded": changed_plan(mixed, allocation=replace(divided, budget=Budget(params=0.1))),
        "counts something else": changed_plan(mixed, allocation=replace(divided, total=1)),
        "is not that of its curve": changed_plan(mixed, allocation=replace(divided, error=divided.error / 2)),
        "does not lie on its curve": changed_plan(mixed, allocation=replace(divided, spent=divided.spent - 1)),
        "widths are not those of the allocation": changed_plan(
            mixed, allocation=replace(divided, widths={**divided.widths, first.group: first.after - 1})
        ),
    }  # fmt: skip
    for message, tampered in cases.items():
        assert message in is_reduction(tampered).reason
