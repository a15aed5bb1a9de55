"""The first multipliers that a proof accepts, a little above what was computed for them."""

import numpy as np
import pytest

from theoryprune.bounds.proof import first_proved

SQUARES = {1.0: 9.0, 2.0: 4.0, 3.0: float("inf")}
SECTORS = [np.array([t]) for t in SQUARES]


def proved(holds):
    return first_proved(SECTORS, lambda sector: SQUARES[float(sector[0])], holds)


def test_the_best_is_taken_first_and_only_a_little_above():
    gain, sector = proved(lambda sector, square: square < np.inf)
    assert sector is SECTORS[1]
    assert 2 < gain <= 2 * (1 + 1e-10)
    gain, sector = proved(lambda sector, square: square > 4 * (1 + 5e-8))
    assert sector is SECTORS[1]
    assert gain == pytest.approx(2 * (1 + 0.5e-7), rel=1e-12)


def test_what_is_not_proved_is_passed_over():
    gain, sector = proved(lambda sector, square: sector[0] == 1)
    assert sector is SECTORS[0]
    assert 3 < gain < 3 * (1 + 1e-9)
    assert proved(lambda sector, square: False) == (float("inf"), None)
    assert first_proved([], float, lambda sector, square: True) == (float("inf"), None)
