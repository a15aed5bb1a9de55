"""Convex geometry in NumPy and SciPy, float64: it knows nothing of networks."""

from theoryprune.geometry.verdict import Verdict as Verdict
from theoryprune.geometry.design import is_design as is_design, leverages as leverages
from theoryprune.geometry.ellipsoid import Lowner as Lowner
from theoryprune.geometry.lowner import lowner as lowner
from theoryprune.geometry.lowner_checks import encloses as encloses, is_lowner as is_lowner
from theoryprune.geometry.caratheodory import caratheodory as caratheodory
from theoryprune.geometry.caratheodory_blocks import caratheodory_blocks as caratheodory_blocks
from theoryprune.geometry.caratheodory_checks import (
    is_convex_reduction as is_convex_reduction,
    is_design_reduction as is_design_reduction,
)
from theoryprune.geometry.design_support import ReducedDesign as ReducedDesign, reduce_design as reduce_design

__all__ = [
    "Verdict",
    "leverages",
    "is_design",
    "lowner",
    "Lowner",
    "is_lowner",
    "encloses",
    "caratheodory",
    "caratheodory_blocks",
    "is_convex_reduction",
    "reduce_design",
    "ReducedDesign",
    "is_design_reduction",
]
