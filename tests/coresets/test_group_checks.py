"""Certificates of groups that were changed are told by the checker, with what is wrong."""

from dataclasses import replace

import pytest
from torch import nn

from tests.coresets.nets import model_graph, sequential_graph
from tests.coresets.reductions import convolutions, with_first
from tests.coresets.residual_nets import residual_net
from theoryprune.bounds import BlockError, certify_conv_layer, certify_layer, telescope
from theoryprune.coresets import Budget, apply_coreset, is_reduction, reduce
from theoryprune.coresets.certify_group import compared_layers
from theoryprune.coresets.group_certificate import summed
from theoryprune.coresets.hidden_groups import hidden_groups


@pytest.fixture(scope="module")
def dense():
    return reduce(model_graph("digits_mlp"), 0.5, effort="fast")


@pytest.fixture(scope="module")
def mixed():
    return reduce(convolutions(), Budget(params=0.5), effort="fast")


def with_part(result, **changes):
    part = replace(result.layers[0].certificate.parts[0], **changes)
    return with_first(result, parts=(part, *result.layers[0].certificate.parts[1:]))


@pytest.mark.parametrize(
    ("field", "factor"),
    [
        ("best", 1 - 1e-6),
        ("best", 1 + 1e-6),
        ("full", 1 + 1e-6),
        ("full", 1 - 1e-6),
        ("observed", 1.01),
        ("full_observed", 1.01),
    ],
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
    bare = {"parts": (), "observed": None, "best": None, "full": None, "full_observed": None}
    dense = replace(dense, end_to_end=None)
    assert is_reduction(with_first(dense, **bare, note="not asked for")).value == 1
    assert not is_reduction(with_first(dense, **bare))
    assert not is_reduction(with_first(dense, **(bare | {"full": 1.0}), note="not asked for"))


def test_rows_of_a_stream_are_none_of_a_group_with_certificates(dense):
    """The bound of the output would take them in place of the certificates: zeros, here."""
    name, *_ = dense.coresets
    networks = [dense.before]
    for group, coreset in dense.coresets.items():
        networks.append(apply_coreset(networks[-1], {group: coreset}))
    terms = dense.end_to_end.terms
    made_up = BlockError(name, terms[0].block.starts, terms[0].block.ends, 0.0)
    rows = [(made_up,), *((term.block,) for term in terms[1:])]
    end = telescope(networks, rows, radius=1.0, effort="fast")
    assert end.error < 0.9 * dense.end_to_end.error
    found = is_reduction(replace(with_first(dense, stream=(made_up,)), end_to_end=end))
    assert "rows of a stream are stated beside layer certificates" in found.reason


def test_whole_groups_state_nothing_but_that(dense):
    whole = reduce(dense.before, {"fc2": 6}, effort="fast")
    assert is_reduction(whole)
    row = BlockError("fc1", ("<input>",), ("fc2",), 0.0)
    for changes in ({"full": 1e-3}, {"full_observed": 1.0}, {"constant": 1.0}, {"stream": (row,)}):
        assert "a whole group has no error" in is_reduction(with_first(whole, **changes)).reason


def test_a_search_that_does_not_know_the_activation_has_seen_nothing():
    result = reduce(sequential_graph(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 2), shape=(3,)), 0.5, effort="fast")
    part = result.layers[0].certificate.parts[0]
    assert is_reduction(result)
    for changes in ({"observed": part.observed}, {"full_observed": part.full_observed}, {"observed": 0.0}):
        assert "has seen nothing" in is_reduction(with_first(result, **changes)).reason


def test_streams_have_rows_and_no_constant():
    result = reduce(residual_net(0), {"stem.0": 3}, streams=True, effort="fast")
    assert is_reduction(result)
    assert "without a certificate" in is_reduction(with_first(result, constant=1.0)).reason


@pytest.mark.parametrize(
    ("kind", "options"),
    [("dense", {"nonnegative": True}), ("dense", {"tau": 1000.0}), ("mixed", {"nonnegative": True})],
)
def test_certificates_for_other_inputs(kind, options):
    """They hold, and the numbers of the group are theirs; but a group's are for every input, 1 beside the biases."""
    dense = sequential_graph(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), shape=(4,))
    graph = dense if kind == "dense" else convolutions()
    result = reduce(graph, {"0": 3}, effort="fast", end_to_end=False)
    coreset, hidden = result.coresets["0"], hidden_groups(graph)[0]
    certify = certify_layer if kind == "dense" else certify_conv_layer
    given = compared_layers(graph, apply_coreset(graph, {"0": coreset}), hidden, coreset)
    proof = summed([certify(**each, **options, effort="fast") for each in given], seen=True)
    assert is_reduction(result)
    assert "for other inputs" in is_reduction(with_first(result, **vars(proof))).reason
