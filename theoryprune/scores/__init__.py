"""Saliency of single weights: one file per method, and the registry of those that need no data."""

from __future__ import annotations

from collections.abc import Callable

from theoryprune.scores.erk import erk
from theoryprune.scores.magnitude import magnitude
from theoryprune.scores.random import random
from theoryprune.scores.synflow import synflow
from theoryprune.scores.uniform import uniform
from theoryprune.types import Scores

SCORES: dict[str, Callable[..., Scores]] = {
    "synflow": synflow,
    "magnitude": magnitude,
    "random": random,
    "erk": erk,
    "uniform": uniform,
}
"""Every score by name; all take the graph first, and those that draw at random take `seed` by keyword."""

__all__ = ["SCORES", "erk", "magnitude", "random", "synflow", "uniform"]
