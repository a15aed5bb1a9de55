"""The draw that all sampled constructions share, as the coreset of a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from theoryprune.coresets.arguments import Layer
from theoryprune.coresets.record import LayerCoreset, Sampling, identity
from theoryprune.geometry import sample_coreset
from theoryprune.geometry.arguments import Floats, Seed, as_generator

Mode = Literal["iid", "distinct", "fixed_pps"]
NOTHING_DRAWN = "exact: every unit with a positive score is kept with weight 1"


@dataclass(frozen=True, eq=False)
class Theorem:
    """What holds of a draw: its name, the error, and the probability that it fails."""

    name: str = "none"
    error: float | None = None
    delta: float | None = None


def drawn(layer: Layer, scores: Floats, mode: Mode, seed: Seed, method: str, theorem: Theorem) -> LayerCoreset:
    """Draw units by their scores; the theorem is about a draw, so a full budget replaces it.

    A unit with score 0 must have no effect. If none has any, the first units stay as they are.
    """
    generator = as_generator(seed)
    if mode not in get_args(Mode):
        raise ValueError(f"mode must be one of {', '.join(map(repr, get_args(Mode)))}, got {mode!r}")
    if layer.budget == layer.units:
        return identity(layer, method)
    if not scores.any():
        kept, ones = np.arange(layer.budget), np.ones(layer.budget)
        nothing = Sampling(mode, 0, ones.astype(np.int64), ones, NOTHING_DRAWN, 0.0, 0.0)
        return LayerCoreset(method, kept, layer.outgoing[:, kept].copy(), layer.units, False, sampling=nothing)
    sample = sample_coreset(scores / scores.max(), layer.budget, mode, seed=generator)
    with np.errstate(over="ignore"):
        weights = layer.outgoing[:, sample.indices] * sample.weights
    if not np.isfinite(weights).all():
        raise ValueError("outgoing is too large for the weights of a sample within float64; divide it by a power of 2")
    if not sample.draws:
        theorem = Theorem(NOTHING_DRAWN, 0.0, 0.0)
    record = Sampling(mode, sample.draws, sample.counts, sample.weights, theorem.name, theorem.error, theorem.delta)
    return LayerCoreset(method, sample.indices, weights, layer.units, False, sampling=record)
