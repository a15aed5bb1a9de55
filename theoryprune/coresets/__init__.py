"""Some neurons or filters in place of all: which ones, and the outgoing weights with which they stand for the rest.

Every construction takes plain arrays (incoming weights, outgoing weights, how many units to keep) and returns a
`LayerCoreset`. What error it makes is for the room `bounds` to say.
"""

from __future__ import annotations

from theoryprune.coresets.record import (
    Fit as Fit,
    LayerCoreset as LayerCoreset,
    Merging as Merging,
    Sampling as Sampling,
)
from theoryprune.coresets.facility import FacilityOrder as FacilityOrder, facility_location as facility_location
from theoryprune.coresets.fold import fold as fold
from theoryprune.coresets.merge import merge as merge
from theoryprune.coresets.merge_checks import is_facility_order as is_facility_order, is_fold as is_fold
from theoryprune.coresets.input_law import output_rms as output_rms
from theoryprune.coresets.intercept import intercept_of as intercept_of
from theoryprune.coresets.kernel_fit import kernel_fit as kernel_fit
from theoryprune.coresets.kernel_checks import is_kernel_fit as is_kernel_fit
from theoryprune.coresets.norm import (
    norm as norm,
    norm_merge as norm_merge,
    norm_v as norm_v,
    norm_v_merge as norm_v_merge,
)
from theoryprune.coresets.random import random as random, random_merge as random_merge
from theoryprune.coresets.uniform import uniform as uniform
from theoryprune.coresets.mussay import mussay as mussay
from theoryprune.coresets.lowner_peel import lowner_peel as lowner_peel, peel_top as peel_top
from theoryprune.coresets.lewis import lewis as lewis
from theoryprune.coresets.additive import additive as additive
from theoryprune.coresets.sample_checks import is_selection as is_selection
from theoryprune.coresets.sample_bound import (
    SampleBound as SampleBound,
    sample_bound as sample_bound,
    sample_size as sample_size,
)
from theoryprune.coresets.conic_gap import conic_gap as conic_gap, conic_gap_bound as conic_gap_bound
from theoryprune.coresets.isolation import (
    Isolation as Isolation,
    is_isolation as is_isolation,
    isolated_units as isolated_units,
)
from theoryprune.coresets.relative import (
    RelativeGuarantee as RelativeGuarantee,
    relative_guarantee as relative_guarantee,
)
from theoryprune.coresets.budget import Budget as Budget
from theoryprune.coresets.curve import ErrorCurve as ErrorCurve
from theoryprune.coresets.allocation import (
    Allocation as Allocation,
    Path as Path,
    PathRow as PathRow,
    Reason as Reason,
    Removal as Removal,
)
from theoryprune.coresets.allocate import ALLOCATORS as ALLOCATORS, allocate as allocate
from theoryprune.coresets.allocation_checks import is_allocation as is_allocation
from theoryprune.coresets.least_error import least_error as least_error
from theoryprune.coresets.hidden_layer import HiddenLayer as HiddenLayer, hidden_layer as hidden_layer
from theoryprune.coresets.group_coreset import GroupCoreset as GroupCoreset
from theoryprune.coresets.choose import group_coreset as group_coreset
from theoryprune.coresets.apply import apply_coreset as apply_coreset
from theoryprune.coresets.group_certificate import GroupCertificate as GroupCertificate
from theoryprune.coresets.reduced_group import ReducedGroup as ReducedGroup
from theoryprune.coresets.plan import Plan as Plan
from theoryprune.coresets.reduction import Reduction as Reduction
from theoryprune.coresets.reduce import reduce as reduce
from theoryprune.coresets.reduction_checks import is_reduction as is_reduction
from theoryprune.coresets.verify import verify_reduction as verify_reduction
from theoryprune.coresets.registry import CONSTRUCTIONS as CONSTRUCTIONS, SEEDED as SEEDED

__all__ = [
    "LayerCoreset",
    "Merging",
    "Sampling",
    "Fit",
    "CONSTRUCTIONS",
    "SEEDED",
    "merge",
    "fold",
    "is_fold",
    "facility_location",
    "FacilityOrder",
    "is_facility_order",
    "kernel_fit",
    "is_kernel_fit",
    "output_rms",
    "intercept_of",
    "norm",
    "norm_merge",
    "norm_v",
    "norm_v_merge",
    "random",
    "random_merge",
    "uniform",
    "mussay",
    "lowner_peel",
    "peel_top",
    "lewis",
    "additive",
    "is_selection",
    "sample_bound",
    "sample_size",
    "SampleBound",
    "conic_gap",
    "conic_gap_bound",
    "isolated_units",
    "Isolation",
    "is_isolation",
    "relative_guarantee",
    "RelativeGuarantee",
    "reduce",
    "is_reduction",
    "verify_reduction",
    "Reduction",
    "Plan",
    "ReducedGroup",
    "GroupCertificate",
    "apply_coreset",
    "GroupCoreset",
    "group_coreset",
    "hidden_layer",
    "HiddenLayer",
    "Budget",
    "ErrorCurve",
    "allocate",
    "ALLOCATORS",
    "is_allocation",
    "least_error",
    "Allocation",
    "Path",
    "PathRow",
    "Reason",
    "Removal",
]
