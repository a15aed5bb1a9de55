"""A flow network that gets smaller as its channels die."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from theoryprune.errors import LayerCollapseError
from theoryprune.graph.compact import compact
from theoryprune.types import WeightGraph


class LivingNetwork:
    """The weights of a flow network that still matter, addressed by their flat indices in the full one.

    Parameters
    ----------
    network : WeightGraph
        Of non-negative weights in tensors of its own, which this object writes to. To `shrink` it must be free of
        offsets (biases, shifts): then all that dies carries 0.

    Attributes
    ----------
    network : WeightGraph
        Computes the flow of what is left. Its weights are leaves that require gradients.

    Notes
    -----
    A channel through which no flow runs contributes zeros, so `shrink` is exact: it removes terms that are zero from
    sums. In floating point the other terms are then added in another order, which changes last bits.
    """

    def __init__(self, network: WeightGraph) -> None:
        self._sizes = {name: weight.numel() for name, weight in network.weights.items()}
        # Once shrunk: where each weight of the full network is now (one past the end if nowhere), and the way back.
        self._place: dict[str, Tensor] = {}
        self._flat: dict[str, Tensor] = {}
        self._dtype, self._device = network.dtype, network.device
        self._use(network)

    def _use(self, network: WeightGraph) -> None:
        self.network = network
        self.weights = {name: weight.requires_grad_() for name, weight in network.weights.items()}

    def remove(self, removed: Mapping[str, Tensor]) -> None:
        """Set weights to zero, by flat index."""
        for name, index in removed.items():
            if name in self.weights:
                flat = self.weights[name].detach().view(-1)
                if name in self._place:
                    index = self._place[name].index_select(0, index)
                    index = index[index < flat.numel()].long()
                flat.index_fill_(0, index, 0)

    def scores(self, name: str, index: Tensor | None, gradient: Tensor | None) -> Tensor:
        """Return weight times gradient at flat indices (None: at all), 0 where the weight is in no living channel."""
        if gradient is None:
            size = self._sizes[name] if index is None else len(index)
            return torch.zeros(size, dtype=self._dtype, device=self._device)
        weight, slope = self.weights[name].detach().view(-1), gradient.reshape(-1)
        if name not in self._place:
            if index is None:
                return slope.mul_(weight)
            return slope.index_select(0, index).mul_(weight.index_select(0, index))
        product = torch.cat([slope.mul_(weight), slope.new_zeros(1)])
        place = self._place[name]
        return product.index_select(0, place if index is None else place.index_select(0, index))

    def shrink(self) -> None:
        """Drop the channels that carry no flow; leave everything as it is if none carries any.

        Notes
        -----
        `compact` looks at weights only to see which are zero, so compacting the graph of their places says where every
        weight goes. Cost: a few passes over what was left by the last call.
        """
        with torch.no_grad():
            try:
                small = compact(self.network.with_weights({name: self._labels(name) for name in self.weights}))
            except LayerCollapseError:
                return
            moved = {name: self._move(name, labels) for name, labels in small.weights.items()}
        self._use(small.with_weights(moved))

    def _labels(self, name: str) -> Tensor:
        """Return each living weight's place in the current weight, plus 1, in its shape (0: removed)."""
        weight = self.weights[name].detach()
        places = torch.arange(1, weight.numel() + 1, dtype=torch.float64, device=weight.device)
        return torch.where(weight > 0, places.view(weight.shape), 0.0)

    def _move(self, name: str, labels: Tensor) -> Tensor:
        """Return the small weight for labels of its shape, and note where each weight of the full network is now."""
        old = self.weights[name].detach().view(-1)
        source = (labels.reshape(-1) - 1).long()
        alive = source >= 0
        source.clamp_(min=0)
        flat = source if name not in self._flat else self._flat[name][source]
        if name not in self._place:
            self._place[name] = torch.empty(self._sizes[name], dtype=torch.int32, device=old.device)
        end = labels.numel()
        self._place[name].fill_(end)
        self._place[name][flat[alive]] = torch.arange(end, dtype=torch.int32, device=old.device)[alive]
        self._flat[name] = flat
        return torch.where(alive, old[source], 0).view(labels.shape)
