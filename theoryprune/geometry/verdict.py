"""What a checker says: yes, no, or that rounding leaves it open."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """The answer of a checker; true only if the claim was found to hold.

    Parameters
    ----------
    holds : bool
        Whether the claim holds up to the stated tolerance.
    inconclusive : bool
        Whether rounding could have decided it; then `holds` is False.
    value : float
        The quantity that was held against the claim, as recomputed; NaN where it never came to that.
    reason : str
        One sentence.
    """

    holds: bool
    inconclusive: bool
    value: float
    reason: str

    def __bool__(self) -> bool:
        """Whether the claim holds; an open question counts as no."""
        return self.holds


def confirmed(reason: str, value: float) -> Verdict:
    """The claim holds."""
    return Verdict(True, False, value, reason)


def refuted(reason: str, value: float = float("nan")) -> Verdict:
    """The claim does not hold."""
    return Verdict(False, False, value, reason)


def undecided(reason: str, value: float = float("nan")) -> Verdict:
    """Rounding leaves it open."""
    return Verdict(False, True, value, reason)
