import numpy as np
import pytest

from benchmarks.coresets.layers import KINDS, random_layer, weights


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_layer_again(kind):
    one, two = (random_layer(kind, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one.incoming, two.incoming)
    assert np.array_equal(one.outgoing, two.outgoing)
    assert np.isfinite(one.incoming).all()


def test_the_kinds_are_what_they_say():
    rng = np.random.default_rng(0)
    _, orth = weights("orth", 6, 9, 1, rng)
    assert orth @ orth.T == pytest.approx(np.eye(6))
    _, low = weights("lowrank", 12, 9, 1, rng)
    assert np.linalg.matrix_rank(low) == 3
    _, opposite = weights("opposite", 6, 4, 1, rng)
    assert np.array_equal(opposite[3:], -opposite[:3])
    assert {weights(kind, 5, 7, 2, rng)[0].shape for kind in KINDS} == {(2, 5)}
