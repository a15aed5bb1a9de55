"""The bound schur of a pair of convolutions: one T for every frequency of the common torus, found and proved."""

from __future__ import annotations

import numpy as np

from theoryprune.bounds.conv_lmi import is_conv_sector_bound
from theoryprune.bounds.conv_pair import ConvPair
from theoryprune.bounds.conv_sector import best_conv_sector, sector_squares
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.proof import first_proved
from theoryprune.bounds.rounding import Floats, norm_up, up
from theoryprune.bounds.symbols import Symbols, frequency_count, half_torus, symbol_error, symbols, twiddles

_GAPS = {"default": 1e-3, "high": 1e-5}
_STEPS = {"default": 200, "high": 1000}
_LARGEST_PROOF = {"fast": 0.0, "default": 2e11, "high": 1e13}  # operations for one proof at all frequencies
_LARGEST_STEP = {"default": 5e8, "high": 1e10}  # operations for one Newton step
_LARGEST_SYMBOLS = 2**26  # complex numbers


def conv_schur(pair: ConvPair, tried: list[Floats], effort: Effort) -> tuple[float, Floats | None]:
    """Return a proved gain and the multipliers T that prove it; infinity and None where that is too dear or fails.

    Parameters
    ----------
    pair : ConvPair
    tried : list of ndarray, shape (k,)
        Diagonals D, each of which suggests ``T = 2 ||A D^-1||^2 D^2``.
    effort : {"default", "high"}

    Notes
    -----
    The better of these, improved by `best_conv_sector` where a step of it is affordable. The symbols differ from the
    true ones by E_A and E_B, which adds ``||E_A D^-1|| ||D B|| + ||A D^-1|| ||D E_B||``, as S commutes with D.
    """
    if pair.torus is None or pair.left is None:
        return float("inf"), None
    (_, p, k), d = pair.left.matrices.shape, pair.right.matrices.shape[2]
    count, side = frequency_count(pair.torus), k + (d if pair.slopes.any() else 0)
    if 8.0 * count * side**2 * (p + d + k) > _LARGEST_PROOF[effort] or count * k * (p + d) > _LARGEST_SYMBOLS:
        return float("inf"), None
    left, right = common_symbols(pair)

    def square_of(sector: Floats) -> float:
        return float(sector_squares(left, right, pair.slopes, sector).max())

    def holds(sector: Floats, square: float) -> bool:
        return is_conv_sector_bound(left, right, pair.slopes, sector, square)

    starts = [2.001 * float(np.linalg.norm(left / d, 2, axis=(1, 2)).max()) ** 2 * d**2 for d in tried]
    found = min(starts, key=square_of)
    if 24.0 * min(count, 96) * (k + min(k, d)) ** 3 <= _LARGEST_STEP[effort]:
        found = best_conv_sector(left, right, pair.slopes, found, _GAPS[effort], _STEPS[effort]).multipliers
    first, second = pair.left.matrices / tried[0], tried[0][:, None] * pair.right.matrices
    sizes = [2 * norm_up(np.abs(part).sum(axis=0)) for part in (first, second)]
    slack = up(symbol_error(first) * sizes[1] + sizes[0] * symbol_error(second), terms=8)
    gain, sector = first_proved([found, *starts], square_of, holds)
    return (gain, None) if sector is None else (up(gain + slack, terms=2), sector)


def common_symbols(pair: ConvPair) -> tuple[Symbols, Symbols]:
    """Return the symbols of T_A and T_B on the common torus, one of each opposite pair of frequencies.

    Raises
    ------
    ValueError
        If there is no common torus, or the hidden map is flattened.
    """
    if pair.torus is None or pair.left is None:
        raise ValueError("symbols need both maps as convolutions on one torus")
    frequencies = half_torus(pair.torus)
    first, second = (
        symbols(taps.matrices, *twiddles(frequencies, taps.places, pair.torus)) for taps in (pair.left, pair.right)
    )
    return first, second
