"""The certificate of a run as data: what it derives, how it travels, what its digest binds."""

import json
from dataclasses import replace
from math import inf

import pytest

import theoryprune as tp
from tests.types.test_trace import ROW

SECOND = replace(ROW, iteration=2, kept_before=3, removed=1, kept_after=2, flow=0.5, exponent=-3, prune_sum=0.45)
CERTIFICATE = tp.FlowCertificate(
    rows=(ROW, SECOND),
    final_flow=0.625,
    final_exponent=-7,
    method="synflow",
    rule=tp.FlowRule(),
    dtype="float64",
    gamma=1e-13,
    schedule="exponential(2)",
    scope="global",
    protect=(),
    guard=None,
    exact_cuts=("a", "b"),
    chain=True,
    shortest_path=2,
    longest_path=2,
    surrogates=(),
    dropped=(),
    effective=2,
    weights_sha256="0" * 64,
    mask_sha256="1" * 64,
    versions={"torch": "2.8"},
).sealed()


def test_the_two_claims_are_apart():
    assert CERTIFICATE.certified
    assert CERTIFICATE.connected
    cut = replace(CERTIFICATE, rows=(ROW, replace(SECOND, prune_sum=0.7)))
    assert (cut.certified, cut.connected) == (False, True)
    assert (replace(CERTIFICATE, final_flow=0.0).certified, replace(CERTIFICATE, final_flow=0.0).connected) == (1, 0)


def test_a_ratio_of_one_is_no_ratio_below_one():
    full = replace(CERTIFICATE, rows=(replace(SECOND, prune_sum=0.5 * (1 - 1e-14)),))
    assert not full.certified
    assert CERTIFICATE.theta_max == pytest.approx(1 - 2e-13 - 1e-12, rel=1e-15)


def test_without_a_margin_nothing_is_certified():
    unbounded = replace(CERTIFICATE, gamma=inf, rows=(replace(ROW, prune_sum=0.0),))
    assert not unbounded.certified


def test_biases_and_underflow_certify_nothing():
    assert not replace(CERTIFICATE, rule=tp.FlowRule("unit")).certified
    assert not replace(CERTIFICATE, rows=(replace(ROW, flushed=1),)).certified
    assert replace(CERTIFICATE, rule=tp.FlowRule("drop", 2)).certified


def test_with_biases_the_last_row_knows_the_connection():
    unit = replace(CERTIFICATE, rule=tp.FlowRule("unit"))
    assert unit.connected
    assert not replace(unit, rows=(ROW, replace(SECOND, connected=False))).connected


def test_what_is_left_of_the_flow_by_the_theorem():
    assert CERTIFICATE.largest_ratio == 0.9
    assert CERTIFICATE.survival_bound == pytest.approx((1 - 1 / 3) * 0.1)
    assert replace(CERTIFICATE, rows=(replace(ROW, prune_sum=1.0),)).survival_bound == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"chain": False}, "shortcuts go around some layers"),
        ({"scope": "layer"}, "the scope is 'layer'"),
        ({"guard": "layer"}, "a guard may have changed the order"),
        ({"rows": (replace(ROW, prune_sum=0.75),)}, "the run is not certified"),
    ],
)
def test_why_maximal_critical_compression_is_not_guaranteed(change, reason):
    assert CERTIFICATE.maximal_critical_compression
    other = replace(CERTIFICATE, **change)
    assert not other.maximal_critical_compression
    assert reason in other.without_maximal[0]
    assert reason in str(other)


def test_a_path_without_weights_cannot_be_cut():
    assert replace(CERTIFICATE, shortest_path=0).trivially_connected
    assert not CERTIFICATE.trivially_connected


def test_it_travels_as_json():
    again = tp.FlowCertificate.from_dict(json.loads(json.dumps(CERTIFICATE.to_dict(), allow_nan=False)))
    assert again == CERTIFICATE
    assert again.is_sealed


@pytest.mark.parametrize("name", [n for n in CERTIFICATE.to_dict() if n not in ("schema", "digest")])
def test_the_digest_binds_every_field(name):
    value = getattr(CERTIFICATE, name)
    changes = {bool: lambda v: not v, str: lambda v: v + "x", tuple: lambda v: (*v[1:], *v[:1]) if v else ("x",)}
    changes |= {float: lambda v: v * (1 + 2**-52), int: lambda v: v + 1, dict: lambda v: {**v, "x": "y"}}
    changes |= {type(None): lambda v: "layer", tp.FlowRule: lambda v: tp.FlowRule("unit")}
    other = replace(CERTIFICATE, **{name: changes[type(value)](value)})
    assert not other.is_sealed
    assert other.sealed().is_sealed


def test_data_of_another_schema_or_kind_are_refused():
    with pytest.raises(tp.CertificateError, match="has schema 2, this version reads 1"):
        tp.FlowCertificate.from_dict({**CERTIFICATE.to_dict(), "schema": 2})
    for broken in ({}, {"schema": 1}, {**CERTIFICATE.to_dict(), "gamma": "x"}, {**CERTIFICATE.to_dict(), "more": 1}):
        with pytest.raises(tp.CertificateError, match="no certificate of a run"):
            tp.FlowCertificate.from_dict(broken)


@pytest.mark.parametrize(
    "change",
    [
        {"schedule": 3},
        {"dtype": [1]},
        {"versions": [1]},
        {"versions": {"torch": 2}},
        {"guard": 1},
        {"protect": "ab"},
        {"exact_cuts": [1]},
        {"chain": 1},
        {"shortest_path": 1.5},
        {"effective": True},
        {"final_exponent": None},
        {"rule": [1]},
        {"rule": {"bias": "drop", "power": "1"}},
        {"rule": {"bias": [], "power": 1}},
        {"rows": 3},
        {"rows": [3]},
        {"rows": [{**ROW.to_dict(), "kept_per_layer": [1]}]},
        {"digest": None},
    ],
    ids=str,
)
def test_a_field_of_another_kind_is_refused(change):
    with pytest.raises(tp.CertificateError, match="no certificate of a run"):
        tp.FlowCertificate.from_dict({**CERTIFICATE.to_dict(), **change})


def test_its_representation_is_short():
    assert repr(CERTIFICATE) == (
        "FlowCertificate(synflow, exponential(2), 2 iterations, certified, connected at the end)"
    )
