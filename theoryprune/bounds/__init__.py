"""Claims about networks that can be checked again: what was proved, by which theorem, and whether it holds."""

from __future__ import annotations

from theoryprune.bounds.verify import verify
from theoryprune.bounds.gain_bounds import GainBounds as GainBounds
from theoryprune.bounds.ball import box_radius as box_radius
from theoryprune.bounds.claim import Claim as Claim
from theoryprune.bounds.layer_certificate import LayerCertificate as LayerCertificate
from theoryprune.bounds.layer_certs import certify_layer as certify_layer
from theoryprune.bounds.layer_checks import is_layer_certificate as is_layer_certificate
from theoryprune.bounds.pool_gain import pool_gain as pool_gain
from theoryprune.bounds.layer_gain import layer_gain as layer_gain
from theoryprune.bounds.lipschitz import lipschitz as lipschitz, output_gains as output_gains
from theoryprune.bounds.prefix_norms import prefix_norms as prefix_norms
from theoryprune.bounds.measured_norms import measured_norms as measured_norms
from theoryprune.bounds.block_error import BlockError as BlockError, block_error as block_error
from theoryprune.bounds.network_witness import (
    NetworkWitness as NetworkWitness,
    search_difference as search_difference,
)
from theoryprune.bounds.network_error import BlockTerm as BlockTerm, EndToEnd as EndToEnd
from theoryprune.bounds.end_to_end import end_to_end as end_to_end, telescope as telescope
from theoryprune.bounds.end_to_end_checks import is_end_to_end as is_end_to_end, is_telescope as is_telescope
from theoryprune.bounds.stream_block import stream_block as stream_block
from theoryprune.bounds.stream_error import stream_error as stream_error
from theoryprune.bounds.unchanged import margins as margins, unchanged_predictions as unchanged_predictions
from theoryprune.bounds.window import Window as Window
from theoryprune.bounds.conv_norm import conv_norm as conv_norm
from theoryprune.bounds.conv_certificate import ConvCertificate as ConvCertificate
from theoryprune.bounds.conv_certs import certify_conv_layer as certify_conv_layer
from theoryprune.bounds.conv_checks import is_conv_certificate as is_conv_certificate

__all__ = [
    "verify",
    "GainBounds",
    "box_radius",
    "Claim",
    "LayerCertificate",
    "certify_layer",
    "is_layer_certificate",
    "pool_gain",
    "layer_gain",
    "lipschitz",
    "output_gains",
    "prefix_norms",
    "measured_norms",
    "BlockError",
    "block_error",
    "NetworkWitness",
    "search_difference",
    "BlockTerm",
    "EndToEnd",
    "end_to_end",
    "telescope",
    "is_end_to_end",
    "is_telescope",
    "stream_block",
    "stream_error",
    "margins",
    "unchanged_predictions",
    "Window",
    "conv_norm",
    "ConvCertificate",
    "certify_conv_layer",
    "is_conv_certificate",
]
