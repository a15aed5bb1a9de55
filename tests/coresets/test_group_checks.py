"""Certificates of groups that were changed are told by the checker, with what is wrong."""

from dataclasses import replace

import pytest

from tests.coresets.nets import model_graph
from tests.coresets.reductions import convolutions, with_first
from theoryprune.coresets import Budget, is_reduction, reduce


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
