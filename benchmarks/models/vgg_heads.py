"""The classifier of the original VGG: three linear layers with ReLU and dropout."""

from torch import nn


def three_layers(inputs: int, hidden: int, classes: int, dropout: float) -> nn.Sequential:
    """Build linear layers ``inputs - hidden - hidden - classes``, ReLU and dropout after the hidden ones."""
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, classes),
    )
