"""The nouns: frozen records that the package's functions take and return."""

from __future__ import annotations

from theoryprune.types.read_only import ReadOnly
from theoryprune.types.origin import Origin
from theoryprune.types.graph import INPUT, WeightGraph
from theoryprune.types.groups import ChannelGroup, GroupAxis
from theoryprune.types.scores import FlowRule, Scores
from theoryprune.types.mask import Mask
from theoryprune.types.trace import TraceRow
from theoryprune.types.certificate import FlowCertificate, theta_max
from theoryprune.types.pruning import Pruning

__all__ = [
    "INPUT", "ChannelGroup", "FlowCertificate", "FlowRule", "GroupAxis", "Mask", "Origin", "Pruning", "ReadOnly",
    "Scores", "TraceRow", "WeightGraph", "theta_max",
]  # fmt: skip
