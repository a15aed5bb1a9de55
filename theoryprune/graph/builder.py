"""A module under construction: what `emit` adds the layers of a graph to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor, fx, nn

from theoryprune.layers import Layer
from theoryprune.types import WeightGraph


@dataclass(frozen=True, eq=False)
class Builder:
    """Where a network is put together: its modules, its tensors and its calls.

    Parameters
    ----------
    root : nn.Module
        Receives modules and tensors under their dotted paths.
    calls : torch.fx.Graph
        Receives the calls.
    graph : WeightGraph
        What is being emitted.
    """

    root: nn.Module
    calls: fx.Graph
    graph: WeightGraph

    def place(self, path: str, item: nn.Module | nn.Parameter | Tensor, persistent: bool = True) -> None:
        """Put a module, parameter or buffer at a dotted path, making plain modules on the way."""
        *parents, name = path.split(".")
        owner = self.root
        for parent in parents:
            if not hasattr(owner, parent):
                owner.add_module(parent, nn.Module())
            owner = cast(nn.Module, getattr(owner, parent))
        if isinstance(item, nn.Module):
            owner.add_module(name, item)
        elif isinstance(item, nn.Parameter):
            owner.register_parameter(name, item)
        else:
            owner.register_buffer(name, item, persistent)

    def parameter(self, tensor: Tensor, name: str) -> nn.Parameter:
        """Return a fresh parameter with a tensor's values, trained unless the model had frozen it."""
        return nn.Parameter(tensor.clone(), requires_grad=name not in self.graph.frozen)

    def call(self, function: Callable[..., Any], *args: Any, **options: Any) -> fx.Node:
        """Call a function, on nodes and numbers."""
        return self.calls.call_function(function, args, options)

    def stored(self, path: str, item: nn.Parameter | Tensor, persistent: bool = True) -> fx.Node:
        """Place a parameter or buffer and read it."""
        self.place(path, item, persistent)
        return self.calls.get_attr(path)

    def call_module(self, layer: Layer, module: nn.Module, x: fx.Node) -> fx.Node:
        """Place a module under the layer's name and call it."""
        self.place(layer.name, module)
        return self.calls.call_module(layer.name, (x,))
