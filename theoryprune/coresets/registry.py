"""Every construction by its name."""

from __future__ import annotations

from collections.abc import Callable

from theoryprune.coresets.additive import additive
from theoryprune.coresets.kernel_fit import kernel_fit
from theoryprune.coresets.lewis import lewis
from theoryprune.coresets.lowner_peel import lowner_peel, peel_top
from theoryprune.coresets.merge import merge
from theoryprune.coresets.mussay import mussay
from theoryprune.coresets.norm import norm, norm_merge, norm_v, norm_v_merge
from theoryprune.coresets.random import random, random_merge
from theoryprune.coresets.record import LayerCoreset
from theoryprune.coresets.uniform import uniform

CONSTRUCTIONS: dict[str, Callable[..., LayerCoreset]] = {
    "merge": merge,
    "kernel_fit": kernel_fit,
    "norm": norm,
    "norm_merge": norm_merge,
    "norm_v": norm_v,
    "norm_v_merge": norm_v_merge,
    "random": random,
    "random_merge": random_merge,
    "uniform": uniform,
    "mussay": mussay,
    "lowner_peel": lowner_peel,
    "peel_top": peel_top,
    "lewis": lewis,
    "additive": additive,
}
"""All take (incoming, outgoing, budget, *, slope) and return a `LayerCoreset`; those in `SEEDED` take `seed` too."""

SEEDED = frozenset({"random", "random_merge", "uniform", "mussay", "lowner_peel", "lewis", "additive"})
"""The names of those that draw."""
