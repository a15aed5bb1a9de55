"""From a weight graph back to a plain `nn.Module`."""

from __future__ import annotations

from torch import fx, nn

from theoryprune.graph.builder import Builder
from theoryprune.graph.emit import emit
from theoryprune.graph.evaluate import require_values
from theoryprune.types import INPUT, Origin, WeightGraph

_ORIGIN = "theoryprune_origin"


def to_module(graph: WeightGraph) -> nn.Module:
    """Build a plain, trainable module that computes the graph.

    Parameters
    ----------
    graph : WeightGraph
        Masked, compacted or as extracted.

    Returns
    -------
    nn.Module
        A `torch.fx.GraphModule` of ordinary `nn.Linear`, `nn.Conv2d`, `nn.BatchNorm2d`, ... under the module paths and
        `state_dict` names of the original model, on its device and in its dtype, in training mode, parameters frozen
        where they were. It can be copied, compiled, exported, saved and extracted again. After `compact` it carries
        the graph's origin, for `remap_optimizer`.

    Notes
    -----
    In evaluation mode the module equals `forward(graph, x)`. Dropout is gone: extraction leaves no record of it.

    Examples
    --------
    >>> import theoryprune as tp
    >>> net = tp.to_module(tp.extract(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)), (2,)))
    >>> list(net.state_dict())
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """
    require_values(graph, "to_module")
    calls = fx.Graph()
    builder = Builder(nn.Module(), calls, graph)
    values = {INPUT: calls.placeholder("input")}
    for layer in graph.layers:
        values[layer.name] = emit(layer, builder, *(values[name] for name in layer.inputs))
    calls.output(values[graph.output])
    module = fx.GraphModule(builder.root, calls, class_name="Network")
    if graph.origin is not None:  # in two places, for a copy keeps the one and a pickle the other
        module.meta[_ORIGIN] = dict(graph.origin)
        setattr(module, _ORIGIN, dict(graph.origin))
    return module


def module_origin(module: nn.Module) -> dict[str, Origin] | None:
    """Return where the entries of a module's parameters were, by name; None if `to_module` did not say."""
    found: dict[str, Origin] | None = getattr(module, "meta", {}).get(_ORIGIN, getattr(module, _ORIGIN, None))
    return found
