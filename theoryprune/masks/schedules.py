"""Schedules: how many weights are kept after each step on the way to a density."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from theoryprune.measures import kept_count


class Schedule(Protocol):
    """What `prune` asks of a schedule."""

    @property
    def steps(self) -> int | None:
        """Number of steps; None for as many as it takes."""

    @property
    def theta(self) -> float | None:
        """The part of the flow that one step may remove; None for any."""

    def kept(self, step: int, density: float, total: int) -> int:
        """Return how many of `total` weights are kept after `step` (from 1) on the way to `density`."""


@dataclass(frozen=True)
class Exponential:
    """The density falls by the same factor at each step: ``density ** (step / steps)``."""

    name: ClassVar[str] = "exponential"
    theta: ClassVar[None] = None
    steps: int = 100

    def kept(self, step: int, density: float, total: int) -> int:
        """Return how many of `total` weights are kept after `step` (from 1) on the way to `density`."""
        return kept_count(density ** (step / self.steps), total)

    def __str__(self) -> str:
        return f"{self.name}({self.steps})"


@dataclass(frozen=True)
class Linear:
    """The density falls by the same amount at each step: ``1 - (1 - density) step / steps``."""

    name: ClassVar[str] = "linear"
    theta: ClassVar[None] = None
    steps: int

    def kept(self, step: int, density: float, total: int) -> int:
        """Return how many of `total` weights are kept after `step` (from 1) on the way to `density`."""
        return kept_count(density if step == self.steps else 1 - (1 - density) * step / self.steps, total)

    def __str__(self) -> str:
        return f"{self.name}({self.steps})"


@dataclass(frozen=True)
class OneShot:
    """Everything at once."""

    name: ClassVar[str] = "one_shot"
    theta: ClassVar[None] = None
    steps: ClassVar[int] = 1

    def kept(self, step: int, density: float, total: int) -> int:
        """Return how many of `total` weights `density` keeps."""
        return kept_count(density, total)

    def __str__(self) -> str:
        return f"{self.name}()"


@dataclass(frozen=True)
class Adaptive:
    """As much at each step as the flow allows."""

    name: ClassVar[str] = "adaptive"
    steps: ClassVar[None] = None
    theta: float = 0.99

    def kept(self, step: int, density: float, total: int) -> int:
        """Return how many of `total` weights `density` keeps: every step may go that far."""
        return kept_count(density, total)

    def __str__(self) -> str:
        return f"{self.name}({self.theta!r})"


@dataclass(frozen=True)
class Guarded:
    """Another schedule, held back where a step would remove too much of the flow."""

    name: ClassVar[str] = "guarded"
    steps: ClassVar[None] = None
    inner: Schedule
    theta: float = 0.99

    def kept(self, step: int, density: float, total: int) -> int:
        """Return how many of `total` weights the inner schedule keeps after `step`."""
        return self.inner.kept(min(step, self.inner.steps or step), density, total)

    def __str__(self) -> str:
        return f"{self.name}({self.inner}, {self.theta!r})"


def exponential(n: int = 100) -> Exponential:
    """Return the schedule of `n` steps that each remove the same fraction of what is left.

    Notes
    -----
    After step i of n, ``density ** (i / n)`` of the weights are kept (Tanaka et al. 2020, algorithm 1). With 100 steps
    SynFlow keeps its largest steps below the flow down to a density of 0.001 on common networks, but nothing
    guarantees that.

    Examples
    --------
    >>> str(exponential()), [exponential(2).kept(i, 0.01, 1000) for i in (1, 2)]
    ('exponential(100)', [100, 10])
    """
    return Exponential(_positive(n))


def linear(n: int) -> Linear:
    """Return the schedule of `n` steps that each remove the same number of weights.

    Notes
    -----
    Its last steps remove most of what is left, so it collapses layers that `exponential` keeps.

    Examples
    --------
    >>> [linear(2).kept(i, 0.01, 1000) for i in (1, 2)]
    [505, 10]
    """
    return Linear(_positive(n))


def one_shot() -> OneShot:
    """Return the schedule of a single step.

    Examples
    --------
    >>> one_shot().kept(1, 0.01, 1000)
    10
    """
    return OneShot()


def adaptive(theta: float = 0.99) -> Adaptive:
    """Return the schedule whose steps are as large as the survival theorem allows.

    Parameters
    ----------
    theta : float
        In (0, 1): each step removes the longest prefix of the order of scores with a sum of at most `theta` times the
        flow.

    Notes
    -----
    A step that removes scores adding up to less than the flow leaves a path (`prune`), so no step can cut the last
    one, whatever the density; in a chain no layer is emptied down to one weight per layer (Tanaka et al. 2020,
    arXiv 2006.05467, theorem 3 there). Where not one score fits, a single weight goes if its score is below the flow by
    more than rounding. Every weight without flow goes at once. Only for scores with a flow.

    With 0.99 about 24 steps reach a density of 0.01 on VGG-16 and 36 on ResNet-20, instead of the 100 of
    `exponential`; a smaller `theta` takes more, below 0.1 more than 200. The masks are others: two fixed schedules of
    different length differ as much.

    Examples
    --------
    >>> str(adaptive()), adaptive().steps
    ('adaptive(0.99)', None)
    """
    return Adaptive(_fraction(theta))


def guarded(schedule: Schedule, theta: float = 0.99) -> Guarded:
    """Return a schedule with its steps cut back to what the survival theorem allows.

    Parameters
    ----------
    schedule : Schedule
        With a number of steps, such as ``exponential(100)``.
    theta : float
        In (0, 1): no step removes scores that add up to more than `theta` times the flow.

    Notes
    -----
    What a step had to leave is caught up with in the next ones, and after the last in as many as it takes. Where
    `schedule` never exceeds the limit, the masks are its own.

    Examples
    --------
    >>> str(guarded(exponential(10)))
    'guarded(exponential(10), 0.99)'
    """
    if getattr(schedule, "steps", None) is None or not hasattr(schedule, "kept"):
        raise TypeError(f"schedule must be one with a number of steps, such as exponential(100), got {schedule!r}")
    return Guarded(schedule, _fraction(theta))


def _fraction(theta: float) -> float:
    if isinstance(theta, bool) or not isinstance(theta, int | float):
        raise TypeError(f"theta must be a number, got {theta!r}")
    if not 0 < theta < 1:
        raise ValueError(
            f"theta must be in (0, 1), got {theta}; at 1 or more a step may remove all the flow, at 0 nothing"
        )
    return float(theta)


def _positive(n: int) -> int:
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"n must be an int, got {n!r}")
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    return n


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "exponential": exponential,
    "linear": linear,
    "one_shot": one_shot,
    "adaptive": adaptive,
    "guarded": guarded,
}
"""Every schedule by name."""
