"""What a person reads: summaries, pictures, citations."""

from theoryprune.reports.cite import cite as cite
from theoryprune.reports.plot import plot_layers as plot_layers
from theoryprune.reports.rows import LayerRow as LayerRow
from theoryprune.reports.summary import Summary as Summary, summarize as summarize
