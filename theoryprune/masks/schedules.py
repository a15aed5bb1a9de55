"""Schedules: how many weights are kept after each step on the way to a density."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from theoryprune.measures import kept_count


class Schedule(Protocol):
    """What `prune` asks of a schedule."""

    @property
    def steps(self) -> int:
        """Number of steps."""

    def kept(self, step: int, density: float, total: int) -> int:
        """Return how many of `total` weights are kept after `step` (from 1) on the way to `density`."""


@dataclass(frozen=True)
class Exponential:
    """The density falls by the same factor at each step: ``density ** (step / steps)``."""

    name: ClassVar[str] = "exponential"
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
    steps: ClassVar[int] = 1

    def kept(self, step: int, density: float, total: int) -> int:
        """Return how many of `total` weights `density` keeps."""
        return kept_count(density, total)

    def __str__(self) -> str:
        return f"{self.name}()"


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
}
"""Every schedule by name."""
