"""Convex geometry in NumPy and SciPy, float64: it knows nothing of networks."""

from theoryprune.geometry.caratheodory import caratheodory as caratheodory
from theoryprune.geometry.caratheodory_blocks import caratheodory_blocks as caratheodory_blocks
from theoryprune.geometry.caratheodory_checks import (
    is_convex_reduction as is_convex_reduction,
    is_design_reduction as is_design_reduction,
)
from theoryprune.geometry.design_support import ReducedDesign as ReducedDesign, reduce_design as reduce_design

__all__ = [
    "caratheodory",
    "caratheodory_blocks",
    "is_convex_reduction",
    "reduce_design",
    "ReducedDesign",
    "is_design_reduction",
]
