"""A network as named layers, one after the other."""

from collections import OrderedDict
from typing import Unpack

from torch import nn

from benchmarks.models.initialisers import InitOptions, initialise


class Network(nn.Sequential):
    """Named layers applied one after the other, with the shape of one example.

    Attributes
    ----------
    example_shape : tuple of int
        Shape of one input, without the batch axis.
    """

    example_shape: tuple[int, ...]


def network(layers: dict[str, nn.Module], example_shape: tuple[int, ...], **initial: Unpack[InitOptions]) -> Network:
    """Chain ``layers`` in their order under their names, and draw the initial weights.

    Parameters
    ----------
    layers : dict of str to Module
        The layers; a name is the first part of the ``state_dict`` keys.
    example_shape : tuple of int
        Shape of one input, without the batch axis.
    **initial
        How to draw the weights: the keywords of `initialise`.

    Returns
    -------
    Network
    """
    model = Network(OrderedDict(layers))
    model.example_shape = example_shape
    initialise(model, **initial)
    return model
