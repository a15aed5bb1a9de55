"""The record says the interval, and when it says nothing."""

import numpy as np

from tests.bounds.layers import weights
from theoryprune.bounds import certify_layer


def test_the_sentence_and_the_flag():
    V, W = weights("gauss")
    small = certify_layer(V, W, np.arange(11), V[:, :11])
    assert "gain of the error in [" in str(small)
    assert not small.vacuous
    assert 0 < small.tightness <= 1
    wrong = certify_layer(V, W, [0], -5 * V[:, :1], effort="fast")
    assert wrong.vacuous
    assert "vacuous" in str(wrong)
    same = certify_layer(V, W, np.arange(12), V)
    assert same.best == 0
    assert same.tightness == 1
    assert not same.vacuous
