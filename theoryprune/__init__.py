"""Prune neural networks with theory instead of data.

A network is a weight graph, and every theory is a pure function on it: `extract` reads a PyTorch module, a score and
`prune` decide what to keep, `apply_mask` and `compact` make the smaller graph, `to_module` gives a module back.
`import theoryprune as tp` is the usual spelling.
"""

__version__ = "0.1.0"

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
from theoryprune import geometry as geometry
from theoryprune.types import (
    ChannelGroup as ChannelGroup,
    FlowCertificate as FlowCertificate,
    FlowRule as FlowRule,
    GroupAxis as GroupAxis,
    Mask as Mask,
    Pruning as Pruning,
    Scores as Scores,
    TraceRow as TraceRow,
    WeightGraph as WeightGraph,
)
from theoryprune.graph.extract import extract as extract
from theoryprune.graph.evaluate import forward as forward
from theoryprune.graph.channels import channel_groups as channel_groups
from theoryprune.graph.transform import apply_mask as apply_mask
from theoryprune.graph.compact import compact as compact
from theoryprune.graph.remove import remove_channels as remove_channels
from theoryprune.graph.to_module import to_module as to_module
from theoryprune.graph.modules import (
    mask_module as mask_module,
    module_mask as module_mask,
    unmask_module as unmask_module,
)
from theoryprune.graph.files import (
    load_graph as load_graph,
    load_mask as load_mask,
    save_graph as save_graph,
    save_mask as save_mask,
)
from theoryprune.graph.remap import remap_optimizer as remap_optimizer
from theoryprune import measures as measures
from theoryprune.bounds import verify as verify
from theoryprune.scores import (
    SCORES as SCORES,
    DATA_SCORES as DATA_SCORES,
    synflow as synflow,
    synflow_l2 as synflow_l2,
    magnitude as magnitude,
    random as random,
    erk as erk,
    uniform as uniform,
    smart_ratio as smart_ratio,
    snip as snip,
    grasp as grasp,
    grasp_magnitude as grasp_magnitude,
)
from theoryprune.masks import (
    SCHEDULES as SCHEDULES,
    MaskComparison as MaskComparison,
    Schedule as Schedule,
    adaptive as adaptive,
    guarded as guarded,
    Verification as Verification,
    keep_top as keep_top,
    exponential as exponential,
    linear as linear,
    one_shot as one_shot,
    prune as prune,
    effective_mask as effective_mask,
    is_connected as is_connected,
    disconnected_outputs as disconnected_outputs,
    compare_masks as compare_masks,
    max_compression as max_compression,
    critical_compression as critical_compression,
    shuffle as shuffle,
    reinitialise as reinitialise,
    invert as invert,
)
from theoryprune import coresets as coresets
from theoryprune.coresets import (
    Budget as Budget,
    Reduction as Reduction,
    apply_coreset as apply_coreset,
    kernel_fit as kernel_fit,
    merge as merge,
    reduce as reduce,
)
from theoryprune.reports import (
    Summary as Summary,
    summarize as summarize,
    plot_layers as plot_layers,
    plot_curve as plot_curve,
    cite as cite,
)

__all__ = [
    "BudgetError",
    "CertificateError",
    "ConvergenceError",
    "DataError",
    "FileFormatError",
    "LayerCollapseError",
    "TheoryPruneError",
    "UnsupportedLayerError",
    "geometry",
    "ChannelGroup",
    "FlowCertificate",
    "FlowRule",
    "GroupAxis",
    "Mask",
    "Pruning",
    "Scores",
    "TraceRow",
    "WeightGraph",
    "extract",
    "forward",
    "channel_groups",
    "apply_mask",
    "compact",
    "remove_channels",
    "to_module",
    "mask_module",
    "module_mask",
    "unmask_module",
    "load_graph",
    "load_mask",
    "save_graph",
    "save_mask",
    "remap_optimizer",
    "measures",
    "verify",
    "SCORES",
    "DATA_SCORES",
    "synflow",
    "synflow_l2",
    "magnitude",
    "random",
    "erk",
    "uniform",
    "smart_ratio",
    "snip",
    "grasp",
    "grasp_magnitude",
    "SCHEDULES",
    "MaskComparison",
    "Schedule",
    "adaptive",
    "guarded",
    "Verification",
    "keep_top",
    "exponential",
    "linear",
    "one_shot",
    "prune",
    "effective_mask",
    "is_connected",
    "disconnected_outputs",
    "compare_masks",
    "max_compression",
    "critical_compression",
    "shuffle",
    "reinitialise",
    "invert",
    "coresets",
    "Budget",
    "reduce",
    "Reduction",
    "merge",
    "kernel_fit",
    "apply_coreset",
    "Summary",
    "summarize",
    "plot_layers",
    "plot_curve",
    "cite",
]
