"""What the parts of the benchmark can be told."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """How much is measured, and where the data lie.

    Parameters
    ----------
    data : Path
        The folder with the standard layouts; by default that of the environment variable THEORYPRUNE_DATA.
    weights : Path
        The safetensors file of the trained ResNet-20; by default resnet20_cifar10.safetensors in the folder of data.
    models : tuple of str
        Of `benchmarks.models.MODELS`, for the part peers; all by default.
    cases : int
        Random layers of the part soundness.
    seeds : int
        Networks that the part digits trains for each weight decay; draws of the constructions that draw.
    images : int
        Test images of the part resnet20, evenly spaced; 0 for all.
    rounds : int
        Interleaved rounds where time is measured.
    threads : int
        For everything.
    """

    data: Path | None = None
    weights: Path | None = None
    models: tuple[str, ...] = ()
    cases: int = 1000
    seeds: int = 5
    images: int = 2000
    rounds: int = 5
    threads: int = 1
