"""What consumers multiply units by, as certificates take it; units concatenated with themselves count together."""

from __future__ import annotations

import math

import numpy as np

from theoryprune.coresets.hidden import Consumer
from theoryprune.coresets.matrices import outgoing_of
from theoryprune.geometry.arguments import Floats
from theoryprune.layers import Conv, Flatten
from theoryprune.types import WeightGraph


def columns_of(graph: WeightGraph, consumer: Consumer) -> Floats:
    """Return what a linear consumer of vectors multiplies the units by, shape (p, n): the sum of all that read one."""
    units, copies = consumer.columns.shape
    return np.asarray(outgoing_of(graph, consumer).reshape(-1, copies, units).sum(axis=1))


def kernels_of(graph: WeightGraph, consumer: Consumer) -> Floats:
    """Return what a consumer of feature maps multiplies the units by, shape (p, n, *k).

    Notes
    -----
    Kernels of convolutions, with zeros for units of other groups; for linear layers behind a flattening the map that
    each output reads.
    """
    layer, units = graph.by_name[consumer.layer], len(consumer.columns)
    columns = outgoing_of(graph, consumer)
    if isinstance(layer, Conv):
        together = columns.reshape(-1, math.prod(layer.kernel), consumer.columns.shape[1], units).sum(axis=2)
        own = np.moveaxis(together, 2, 1)
        wide = np.zeros((layer.groups, len(own), *own.shape[1:]))
        block = np.maximum(consumer.columns[:, 0], 0) // layer.weight.shape[1]
        wide[block, :, np.arange(units)] = np.moveaxis(own, 1, 0)
        return wide.reshape(-1, units, *layer.kernel)
    before = [step for step in consumer.units.between if isinstance(step, Flatten) and step.features > 1]
    shape = graph.shapes[before[0].inputs[0]][1:] if before else ()
    if not shape:
        steps = consumer.units.between
        shape = (1,) * (len(graph.shapes[steps[0].inputs[0]]) - 1) if steps else (1,)
    copies = consumer.columns.shape[1] // math.prod(shape)
    together = columns.reshape(-1, copies, math.prod(shape), units).sum(axis=1)
    return np.asarray(np.moveaxis(together, 2, 1).reshape(-1, units, *shape))
