"""How well a sampled layer does, and how many draws that takes, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from theoryprune.geometry import additive_sample_size, additive_sampling_error


@dataclass(frozen=True)
class SampleBound:
    """An error that a draw keeps, but for a probability.

    Parameters
    ----------
    error : float
        The largest norm of the error over the ball of inputs.
    draws : int
        Independent draws.
    delta_algorithm : float
        The probability, over the draw, that it is exceeded.
    delta_inputs : float
        0: it is about every input of the ball, at once.
    """

    error: float
    draws: int
    delta_algorithm: float
    delta_inputs: float = 0.0


def sample_bound(
    mass: float, radius: float, draws: int, delta: float, outputs: int, *, slope: float = 0.0
) -> SampleBound:
    """Return the error of `additive` with so many independent draws.

    Parameters
    ----------
    mass : float
        T, the sum of ``|v_j| |w_j|``. Where only residuals are sampled, of ``|v_j| |r_j|``.
    radius : float
        beta: for all inputs with ``|(x, 1)| <= beta``, if there is a bias.
    draws : int
        m.
    delta : float
        In (0, 1).
    outputs : int
        p. One output has the smaller constant.
    slope : float
        Of the leaky rectifier, in [0, 1].

    Returns
    -------
    SampleBound

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.

    Notes
    -----
    `theoryprune.geometry.additive_sampling_error`, where the proof is. For most layers it takes more draws than there
    are units: a reference, not a tool. After the draw a certificate of the result itself takes its place.

    Examples
    --------
    >>> round(sample_bound(3.0, 2.0, 10_000, 0.05, 1).error, 4)
    0.283
    """
    error = additive_sampling_error(draws, delta, mass, radius, vector=_several(outputs), slope=slope)
    return SampleBound(error, int(draws), delta)


def sample_size(
    mass: float, radius: float, error: float, delta: float, outputs: int, *, slope: float = 0.0
) -> SampleBound:
    """Return the least number of draws with which `sample_bound` is at most `error`.

    Parameters
    ----------
    mass, radius, delta, outputs, slope
        As there.
    error : float
        Positive, in the units of the output.

    Returns
    -------
    SampleBound
        With the error that these draws keep.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or it takes more than 2**52 draws.

    Examples
    --------
    >>> sample_size(3.0, 2.0, 0.5, 0.05, 1).draws
    3203
    """
    vector = _several(outputs)
    draws = additive_sample_size(error, delta, mass, radius, vector=vector, slope=slope)
    return sample_bound(mass, radius, draws, delta, outputs, slope=slope)


def _several(outputs: int) -> bool:
    if isinstance(outputs, bool) or not isinstance(outputs, int):
        raise TypeError(f"outputs must be an integer, the number of outputs, got {outputs!r}")
    if outputs < 1:
        raise ValueError(f"outputs must be at least 1, got {outputs}")
    return outputs > 1
