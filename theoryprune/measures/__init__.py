"""Amounts, parameters, multiply-accumulates, bytes: converted and counted here, nowhere else.

All counts are Python integers, so they are exact at any size.
"""

from theoryprune.measures.amounts import (
    check_density as check_density,
    check_fraction as check_fraction,
    density_from_compression as density_from_compression,
    density_from_sparsity as density_from_sparsity,
    kept_count as kept_count,
)
from theoryprune.measures.macs import (
    CONVENTION as CONVENTION,
    layer_macs as layer_macs,
    macs as macs,
    uses as uses,
)
from theoryprune.measures.size import (
    Size as Size,
    layer_parameters as layer_parameters,
    mask_bytes as mask_bytes,
    nonzero_mask as nonzero_mask,
    size as size,
    stored_bytes as stored_bytes,
)
from theoryprune.measures.by_width import WidthCost as WidthCost
from theoryprune.measures.width_cost import QUANTITIES as QUANTITIES, width_cost as width_cost
