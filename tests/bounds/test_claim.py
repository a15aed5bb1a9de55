"""What every certificate states, whatever its layers are."""

from dataclasses import fields, replace

import numpy as np
import pytest

from tests.bounds.convs import kernels, merged, pixels
from tests.bounds.layers import weights
from theoryprune.bounds import Claim, ConvCertificate, LayerCertificate, certify_conv_layer, certify_layer

V, W = weights("gauss")
CONV_V, CONV_W = kernels("gauss", n=6)
KEPT = np.arange(4)
CONVS = {"size": (4, 4), "producer": pixels(2, padding=1), "consumer": pixels(2, padding=1)}
CLAIMS = [
    certify_layer(V, W, KEPT, V[:, KEPT], radius=2.0),
    certify_conv_layer(CONV_V, CONV_W, KEPT, merged(CONV_V, CONV_W, KEPT), radius=2.0, effort="fast", **CONVS),
]


@pytest.mark.parametrize("claim", CLAIMS, ids=["dense", "convolutions"])
def test_the_interval_and_what_it_says(claim):
    assert isinstance(claim, Claim)
    assert 0 < claim.observed <= claim.best == claim.gains.best
    assert claim.tightness == claim.observed / claim.best
    assert not claim.vacuous
    alone = replace(claim, full=claim.gains)
    assert alone.vacuous
    assert str(alone).endswith("vacuous)")
    assert f"[{claim.observed:.4g}, {claim.best:.4g}]" in str(claim)
    assert claim.arithmetic == "real, weights as given"


def test_each_kind_adds_what_is_its_own():
    shared = {spec.name for spec in fields(Claim)}
    assert {spec.name for spec in fields(LayerCertificate)} - shared == {"separate", "constant", "tau"}
    assert {spec.name for spec in fields(ConvCertificate)} - shared == {"of_biases", "constant", "torus"}


def test_nothing_lost_is_as_tight_as_can_be():
    same = certify_layer(V, W, np.arange(12), V, effort="fast")
    assert (same.best, same.tightness, same.vacuous) == (0.0, 1.0, False)
