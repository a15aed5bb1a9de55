"""What a person reads: summaries, pictures, citations."""

from theoryprune.reports.cite import cite as cite
from theoryprune.reports.plot import plot_layers as plot_layers
from theoryprune.reports.claim import claim as claim
from theoryprune.reports.reduction import (
    Counts as Counts,
    budget_line as budget_line,
    counts as counts,
    counts_table as counts_table,
    curve_table as curve_table,
)
from theoryprune.reports.reduction_data import reduction_data as reduction_data
from theoryprune.reports.plot_curve import plot_curve as plot_curve
from theoryprune.reports.rows import LayerRow as LayerRow
from theoryprune.reports.summary import Summary as Summary, summarize as summarize
