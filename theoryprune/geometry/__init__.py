"""Convex geometry in NumPy and SciPy, float64: it knows nothing of networks."""

from theoryprune.geometry.verdict import Verdict as Verdict
from theoryprune.geometry.design import leverages as leverages, is_design as is_design
from theoryprune.geometry.lowner import lowner as lowner
from theoryprune.geometry.ellipsoid import Lowner as Lowner
from theoryprune.geometry.lowner_checks import is_lowner as is_lowner
from theoryprune.geometry.enclosure import encloses as encloses
from theoryprune.geometry.caratheodory import caratheodory as caratheodory
from theoryprune.geometry.caratheodory_blocks import caratheodory_blocks as caratheodory_blocks
from theoryprune.geometry.caratheodory_checks import is_convex_reduction as is_convex_reduction
from theoryprune.geometry.design_support import reduce_design as reduce_design, ReducedDesign as ReducedDesign
from theoryprune.geometry.design_support_checks import is_design_reduction as is_design_reduction
from theoryprune.geometry.linf import linf_coreset as linf_coreset, LinfCoreset as LinfCoreset
from theoryprune.geometry.lowner_caratheodory import lowner_caratheodory as lowner_caratheodory
from theoryprune.geometry.linf_factor import linf_factor as linf_factor, one_sided_factor as one_sided_factor
from theoryprune.geometry.linf_checks import is_linf_coreset as is_linf_coreset
from theoryprune.geometry.lewis import lewis_weights as lewis_weights, LewisWeights as LewisWeights
from theoryprune.geometry.lewis_checks import is_lewis as is_lewis
from theoryprune.geometry.peeling import peeling as peeling, Peeling as Peeling
from theoryprune.geometry.sensitivities import sensitivities as sensitivities, Sensitivities as Sensitivities
from theoryprune.geometry.sensitivity_checks import is_sensitivity_bound as is_sensitivity_bound
from theoryprune.geometry.sampling import sample_coreset as sample_coreset, Sample as Sample
from theoryprune.geometry.distinct_draws import (
    expected_distinct as expected_distinct,
    draws_for_distinct as draws_for_distinct,
)
from theoryprune.geometry.relative_sampling import (
    relative_sampling_error as relative_sampling_error,
    relative_sample_size as relative_sample_size,
)
from theoryprune.geometry.additive_sampling import (
    additive_sampling_error as additive_sampling_error,
    additive_sample_size as additive_sample_size,
)
from theoryprune.geometry.kappa import kappa as kappa, Kappa as Kappa
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
from theoryprune.geometry.gram_checks import is_gram as is_gram, is_best_fit as is_best_fit
from theoryprune.geometry.best_fit import best_fit as best_fit, BestFit as BestFit
from theoryprune.geometry.pivoted_cholesky import (
    pivoted_cholesky as pivoted_cholesky,
    pivoted_cholesky_targets as pivoted_cholesky_targets,
    Pivots as Pivots,
)
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
    "lowner_caratheodory",
    "LinfCoreset",
    "linf_factor",
    "one_sided_factor",
    "is_linf_coreset",
    "lewis_weights",
    "LewisWeights",
    "is_lewis",
    "peeling",
    "Peeling",
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
