"""Saliency of single weights: one file per method, and the registries of those that share a signature."""

from __future__ import annotations

from collections.abc import Callable

from theoryprune.scores.erk import erk
from theoryprune.scores.grasp import grasp, grasp_magnitude
from theoryprune.scores.magnitude import magnitude
from theoryprune.scores.random import random
from theoryprune.scores.smart_ratio import smart_ratio
from theoryprune.scores.snip import snip
from theoryprune.scores.synflow import synflow
from theoryprune.scores.synflow_l2 import synflow_l2
from theoryprune.scores.uniform import uniform
from theoryprune.types import Scores, WeightGraph

SCORES: dict[str, Callable[..., Scores]] = {
    "synflow": synflow,
    "synflow_l2": synflow_l2,
    "magnitude": magnitude,
    "random": random,
    "erk": erk,
    "uniform": uniform,
}
"""Every score without data by name; all take the graph first, and those that draw at random take `seed` by keyword."""

DATA_SCORES: dict[str, Callable[..., Callable[[WeightGraph], Scores]]] = {
    "snip": snip,
    "grasp": grasp,
    "grasp_magnitude": grasp_magnitude,
}
"""Every score with data by name; all take (inputs, targets, loss) and return a function of the graph."""

__all__ = [
    "DATA_SCORES", "SCORES", "erk", "grasp", "grasp_magnitude", "magnitude", "random", "smart_ratio", "snip",
    "synflow", "synflow_l2", "uniform",
]  # fmt: skip
