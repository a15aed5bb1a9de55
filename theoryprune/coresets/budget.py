"""What a reduced network may cost, or how wrong it may be."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from fractions import Fraction
from numbers import Real

from theoryprune.measures import check_fraction


@dataclass(frozen=True, kw_only=True)
class Budget:
    """One limit for a whole network: a fraction of its size, or an error.

    Parameters
    ----------
    params, macs, channels : float, optional
        The fraction kept, in (0, 1], of the dense network's parameters, of its multiply-accumulates, or of the
        channels of its removable groups; counted without the pruned channels.
    error : float, optional
        The largest sum of weighted layer errors; the network becomes as small as that allows.

    Raises
    ------
    TypeError
        If the value is no number.
    ValueError
        Unless exactly one is given, the fraction lies in (0, 1], the error is finite and not negative.

    Examples
    --------
    >>> Budget(params=0.5).limit(101)
    50
    >>> Budget(macs=50)
    Traceback (most recent call last):
    ValueError: macs must be in (0, 1], got 50; did you mean 0.5?
    """

    params: float | None = None
    macs: float | None = None
    channels: float | None = None
    error: float | None = None

    def __post_init__(self) -> None:
        """Check that there is one limit, and what it is."""
        given = [spec.name for spec in fields(self) if getattr(self, spec.name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"Budget takes exactly one of params, macs, channels and error, got {' and '.join(given) or 'none'}"
            )
        if given[0] == "error":
            _check_error(self.error)
        else:
            check_fraction(given[0], getattr(self, given[0]))

    def __repr__(self) -> str:
        """Show what is limited."""
        return f"Budget({self.quantity}={self.amount:g})"

    @property
    def quantity(self) -> str:
        """What is limited: ``"params"``, ``"macs"``, ``"channels"`` or ``"error"``."""
        return next(spec.name for spec in fields(self) if getattr(self, spec.name) is not None)

    @property
    def amount(self) -> float:
        """The fraction kept, or the error."""
        return float(getattr(self, self.quantity))

    def limit(self, total: int) -> int:
        """Return the largest count within the budget, of a dense network with `total`; exact in the decimal digits.

        Raises
        ------
        ValueError
            If the budget is an error.
        """
        if self.quantity == "error":
            raise ValueError("an error budget has no limit on a count; compare the error with its amount")
        return math.floor(Fraction(repr(self.amount)) * total)


def _check_error(error: object) -> None:
    if isinstance(error, bool) or not isinstance(error, Real):
        raise TypeError(f"error must be a number, got {error!r} of type {type(error).__name__}")
    if not 0 <= float(error) < math.inf:
        raise ValueError(f"error must be finite and at least 0, got {error}")
