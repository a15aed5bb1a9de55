"""Convex geometry in NumPy and SciPy, float64: it knows nothing of networks."""

from theoryprune.geometry.verdict import Verdict as Verdict
from theoryprune.geometry.design import is_design as is_design, leverages as leverages
from theoryprune.geometry.ellipsoid import Lowner as Lowner
from theoryprune.geometry.lowner import lowner as lowner
from theoryprune.geometry.lowner_checks import is_lowner as is_lowner
from theoryprune.geometry.enclosure import encloses as encloses
from theoryprune.geometry.caratheodory import caratheodory as caratheodory
from theoryprune.geometry.caratheodory_blocks import caratheodory_blocks as caratheodory_blocks
from theoryprune.geometry.caratheodory_checks import (
    is_convex_reduction as is_convex_reduction,
    is_design_reduction as is_design_reduction,
)
from theoryprune.geometry.design_support import ReducedDesign as ReducedDesign, reduce_design as reduce_design
from theoryprune.geometry.linf import LinfCoreset as LinfCoreset, linf_coreset as linf_coreset
from theoryprune.geometry.lowner_caratheodory import lowner_caratheodory as lowner_caratheodory
from theoryprune.geometry.linf_factor import linf_factor as linf_factor, one_sided_factor as one_sided_factor
from theoryprune.geometry.linf_checks import is_linf_coreset as is_linf_coreset
from theoryprune.geometry.peeling import Peeling as Peeling, peeling as peeling
from theoryprune.geometry.lewis import LewisWeights as LewisWeights, lewis_weights as lewis_weights
from theoryprune.geometry.lewis_checks import is_lewis as is_lewis
from theoryprune.geometry.sensitivities import Sensitivities as Sensitivities, sensitivities as sensitivities
from theoryprune.geometry.sensitivity_checks import is_sensitivity_bound as is_sensitivity_bound
from theoryprune.geometry.sampling import Sample as Sample, sample_coreset as sample_coreset
from theoryprune.geometry.distinct_draws import (
    draws_for_distinct as draws_for_distinct,
    expected_distinct as expected_distinct,
)
from theoryprune.geometry.relative_sampling import (
    relative_sample_size as relative_sample_size,
    relative_sampling_error as relative_sampling_error,
)
from theoryprune.geometry.additive_sampling import (
    additive_sample_size as additive_sample_size,
    additive_sampling_error as additive_sampling_error,
)
from theoryprune.geometry.kappa import Kappa as Kappa, kappa as kappa
from theoryprune.geometry.kappa_checks import is_kappa as is_kappa
from theoryprune.geometry.one_sided import (
    one_sided_bounds as one_sided_bounds,
    reflection_factor as reflection_factor,
    relative_factor as relative_factor,
)
from theoryprune.geometry.gram import arc_cosine_gram as arc_cosine_gram, arc_cosine_means as arc_cosine_means
from theoryprune.geometry.gaussian_gram import (
    gaussian_gram as gaussian_gram,
    gaussian_means as gaussian_means,
    second_moment_gram as second_moment_gram,
)
from theoryprune.geometry.moments import rectified_moments as rectified_moments
from theoryprune.geometry.best_fit import BestFit as BestFit, best_fit as best_fit
from theoryprune.geometry.pivoted_cholesky import (
    Pivots as Pivots,
    pivoted_cholesky as pivoted_cholesky,
    pivoted_cholesky_targets as pivoted_cholesky_targets,
)
from theoryprune.geometry.gram_checks import is_best_fit as is_best_fit, is_gram as is_gram
from theoryprune.geometry.pivot_checks import is_pivot_order as is_pivot_order

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
    "linf_coreset",
    "LinfCoreset",
    "lowner_caratheodory",
    "linf_factor",
    "one_sided_factor",
    "is_linf_coreset",
    "peeling",
    "Peeling",
    "lewis_weights",
    "LewisWeights",
    "is_lewis",
    "sensitivities",
    "Sensitivities",
    "is_sensitivity_bound",
    "sample_coreset",
    "Sample",
    "expected_distinct",
    "draws_for_distinct",
    "relative_sampling_error",
    "relative_sample_size",
    "additive_sampling_error",
    "additive_sample_size",
    "kappa",
    "Kappa",
    "is_kappa",
    "one_sided_bounds",
    "reflection_factor",
    "relative_factor",
    "arc_cosine_gram",
    "arc_cosine_means",
    "gaussian_gram",
    "gaussian_means",
    "second_moment_gram",
    "rectified_moments",
    "is_gram",
    "best_fit",
    "BestFit",
    "is_best_fit",
    "pivoted_cholesky",
    "pivoted_cholesky_targets",
    "Pivots",
    "is_pivot_order",
]
