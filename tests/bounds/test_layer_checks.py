"""The checker takes what is true and nothing that was tampered with."""

from dataclasses import fields, replace

import numpy as np
import pytest

from tests.bounds.layers import KINDS, fold, weights
from theoryprune.bounds import certify_layer, is_layer_certificate
from theoryprune.bounds.ball import ball_error


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("biased", [False, True])
def test_true_certificates_are_accepted(kind, slope, biased):
    V, W = weights(kind)
    kept = np.arange(7)
    options = {"bias": np.linspace(-1, 1, 12), "kept_rows": W[kept] * 1.001} if biased else {}
    given = certify_layer(V, W, kept, fold(V, W, kept), slope, radius=2.0, nonnegative=biased, **options)
    verdict = is_layer_certificate(given, V, W, kept, fold(V, W, kept), slope, **options)
    assert verdict, verdict.reason


def test_tampered_ones_are_not():
    V, W = weights("gauss")
    kept = np.arange(6)
    U = fold(V, W, kept)
    true = certify_layer(V, W, kept, U, 0.1, radius=2.0)
    layer = (V, W, kept, U, 0.1)
    assert is_layer_certificate(true, *layer)
    gains = true.gains
    for name in ("triangle", "product", "centre", "schur"):
        for value in (getattr(gains, name) * (1 - 1e-6), np.nan):
            assert not is_layer_certificate(replace(true, gains=replace(gains, **{name: value})), *layer)
    low = gains.sector.copy()
    low[0] = 0.9 * (gains.sector[0] * 0 + 1e-3)
    for change in (
        {"gains": replace(gains, sector=low)},
        {"gains": replace(gains, sector=gains.sector[::-1].copy())},
        {"gains": replace(gains, sector=None)},
        {"gains": replace(gains, balance=gains.balance[::-1].copy())},
        {"gains": replace(gains, balance=-gains.balance)},
        {"full": replace(true.full, schur=true.full.schur * (1 - 1e-6))},
        {"observed": true.observed * (1 + 1e-6)},
        {"observed": np.nan},
        {"observed": true.best * 1.1},
        {"witness": np.roll(true.witness, 1)},
        {"error": true.error * (1 - 1e-6)},
        {"error": None},
        {"error_observed": true.error_observed * (1 + 1e-6)},
        {"error_witness": true.error_witness * 1.1},
        {"radius": true.radius * 1.1},
        {"digest": true.digest[::-1]},
        {"multipliers": -true.multipliers},
        {"multipliers": true.multipliers * (1 + 1e-3)},
        {"nonnegative": True},
    ):
        assert not is_layer_certificate(replace(true, **change), *layer), change
    assert not is_layer_certificate(true, V, W, kept, U[:, ::-1], 0.1)
    assert not is_layer_certificate(true, V, W * (1 + 1e-9), kept, U, 0.1)
    assert not is_layer_certificate(true, V, W, kept, U, 0.2)


def certified(tau=4.0, scale=1.0, **options):
    V, W = weights("gauss")
    V, W = V, scale * W
    kept, bias = np.arange(6), scale * np.linspace(-1, 1, 12)
    arguments = (V, W, kept, fold(V, W, kept), 0.1)
    given = certify_layer(*arguments, bias=bias, radius=4.0, tau=tau, nonnegative=True, **options)
    return given, lambda certificate: is_layer_certificate(certificate, *arguments, bias=bias)


@pytest.mark.parametrize("form", ["gains", "separate", "constant", "full"])
@pytest.mark.parametrize("scale", [1.0, 1e-100])
def test_every_field_of_every_form_is_checked(form, scale):
    true, check = certified(scale=scale)
    assert check(true)
    bounds = getattr(true, form)
    lower = dict.fromkeys(("triangle", "product", "centre", "schur"), 0.0)
    lower_here = lambda **change: replace(bounds, **lower, **change)  # noqa: E731
    k, columns, shares = len(bounds.columns), bounds.columns, bounds.shares
    tampered = {
        **{name: [replace(bounds, **{name: getattr(bounds, name) * (1 - 1e-6)})] for name in lower},
        "balance": [replace(bounds, balance=bounds.balance ** np.linspace(0, 3, k) * np.linspace(1, 9, k))],
        "centre_balance": [replace(bounds, centre_balance=bounds.centre_balance * np.linspace(1, 99, k))],
        "sector": [replace(bounds, sector=given) for given in (None, bounds.sector * 0.1, bounds.sector * 1e9)],
        "exponent": [lower_here(exponent=bounds.exponent + by) for by in (-5000, -900, -200, 200, 900, 5000)],
        "columns": [
            lower_here(columns=columns[::-1].copy()),
            lower_here(columns=np.roll(columns, 1)),
            lower_here(columns=np.zeros_like(columns)),
            lower_here(
                columns=columns[:0], shares=shares[:0], balance=np.ones(0), centre_balance=np.ones(0), sector=None
            ),
        ],
        "shares": [lower_here(shares=shares + by) for by in (-1200, -500, 0, 500, 1200)],
    }
    assert set(tampered) == {field.name for field in fields(bounds)}
    for name, changes in tampered.items():
        for changed in changes:
            verdict = check(replace(true, **{form: changed}))
            assert not verdict, (form, name)
            assert verdict.reason


def test_every_field_of_the_record_is_checked():
    true, check = certified()
    assert true.tau == 4
    less = ball_error(true.gains, true.separate, true.constant, 4.0, 3.0)
    single = true.gains.best * 4.0
    half = replace(true.gains, product=true.gains.best / 2)
    assert less < true.error
    tampered = {
        "gains": [{"gains": half}],
        "separate": [{"separate": None}, {"separate": half}],
        "constant": [{"constant": None}, {"constant": replace(true.constant, product=0.0)}],
        "full": [{"full": half}],
        "witness": [{"witness": w} for w in (true.witness * 0, -true.witness, true.witness[:-1], true.witness[None])],
        "observed": [{"observed": true.observed * (1 + 1e-6)}, {"observed": np.nan}, {"observed": -1.0}],
        "full_witness": [
            {"full_witness": w} for w in (true.full_witness * 0, -true.full_witness, true.full_witness[:-1])
        ],
        "full_observed": [{"full_observed": true.full_observed * (1 + 1e-6)}, {"full_observed": true.full.best}],
        "radius": [{"radius": r} for r in (None, 4.1, np.nan, -4.0, np.inf)],
        "error": [{"error": e, "error_observed": 0.0} for e in (None, 0.0, less, np.nan, true.error * (1 - 1e-6))],
        "error_witness": [{"error_witness": w} for w in (None, 1.1 * true.error_witness, -true.error_witness)],
        "error_observed": [{"error_observed": e} for e in (None, true.error_observed * (1 + 1e-6), true.error, np.nan)],
        "assignment": [{"assignment": a} for a in (true.assignment * 0, true.assignment[:-1], true.assignment + 6)],
        "multipliers": [{"multipliers": a * true.multipliers} for a in (0.0, 1.1, -1.0, np.nan)],
        "nonnegative": [{"nonnegative": False}],
        "tau": [{"tau": t, "error": less, "error_observed": 0.0} for t in (3.0, 2.0, 8.0, -4.0, 0.0, np.nan, np.inf)]
        + [{"tau": None, "error": single, "error_observed": 0.0}],
        "digest": [{"digest": "0" * 64}],
        "arithmetic": [{"arithmetic": "float32, network at work"}],
    }
    assert set(tampered) == {field.name for field in fields(true)} - {"effort", "seconds"}  # which claim nothing
    for name, changes in tampered.items():
        for change in changes:
            verdict = check(replace(true, **change))
            assert not verdict, (name, change)
            assert verdict.reason


def test_the_bias_scale_of_1_is_not_taken_for_none():
    true, check = certified(tau=1.0)
    single = true.gains.best * 4.0
    assert single < true.error
    assert not check(replace(true, tau=None, error=single, error_observed=0.0))


def test_a_kept_unit_of_any_size_hides_nothing():
    V, W = weights("gauss")
    kept = np.arange(6)
    V[:, 0] *= 1e20
    given = certify_layer(V, W, kept, V[:, kept], assignment=np.r_[kept, np.full(6, -1)], multipliers=np.arange(12) < 6)
    assert is_layer_certificate(given, V, W, kept, V[:, kept])
    gains = replace(given.gains, schur=given.gains.schur * 0.9)
    assert not is_layer_certificate(replace(given, gains=gains, observed=0.0), V, W, kept, V[:, kept])
