"""Prune neural networks with theory instead of data, and say with a proof what pruning did.

A network is a weight graph, and every theory is a pure function on it: `extract` reads a PyTorch module, a score and
`prune` decide what to keep, `apply_mask` and `compact` make the smaller graph, `to_module` gives a module back.
"""

from theoryprune.errors import (
    BudgetError as BudgetError,
    CertificateError as CertificateError,
    ConvergenceError as ConvergenceError,
    DataError as DataError,
    FileFormatError as FileFormatError,
    LayerCollapseError as LayerCollapseError,
    TheoryPruneError as TheoryPruneError,
    UnsupportedLayerError as UnsupportedLayerError,
)
from theoryprune.types import (
    ChannelGroup as ChannelGroup,
    Mask as Mask,
    Pruning as Pruning,
    Scores as Scores,
    TraceRow as TraceRow,
    WeightGraph as WeightGraph,
)
from theoryprune.graph.extract import extract as extract
from theoryprune.graph.evaluate import forward as forward
from theoryprune.graph.channels import channel_groups as channel_groups

__version__ = "0.1.0"
