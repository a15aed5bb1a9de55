"""The test images of CIFAR-10 (Krizhevsky 2009) in the official layout, ``cifar-10-batches-py/test_batch``."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch

import theoryprune as tp
from benchmarks.data_folder import require_data
from benchmarks.digits import Images

TEST = "cifar-10-batches-py/test_batch"
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the red, green and blue channels, by which the trained ResNet-20 had its inputs normalised (ImageNet's)."""

_ALLOWED = {"_reconstruct", "ndarray", "dtype", "encode"}


class _Arrays(pickle.Unpickler):
    """Reads numbers, strings, lists, dicts and NumPy arrays, and nothing else that a pickle could hold."""

    def find_class(self, module: str, name: str) -> Any:
        if name not in _ALLOWED or module.split(".")[0] not in {"numpy", "_codecs"}:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a batch of images")
        # The official files name a module that NumPy 2 has moved.
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def cifar10_test(data: Path | None = None) -> Images:
    """Return the 10,000 test images in [0, 1], (n, 3, 32, 32), and their labels.

    Raises
    ------
    DataError
        If the file is not there, or is none of CIFAR-10.
    """
    path = require_data(TEST, "the test batch of CIFAR-10", data)
    try:
        with path.open("rb") as file:
            batch = _Arrays(file, encoding="bytes").load()
        rows, labels = np.asarray(batch[b"data"]), np.asarray(batch[b"labels"])
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError) as error:
        raise tp.DataError(f"{path} is no batch of CIFAR-10: {error!r}") from error
    if rows.ndim != 2 or rows.shape[1] != 3072 or rows.dtype != np.uint8 or labels.shape != rows.shape[:1]:
        raise tp.DataError(f"{path} must hold bytes of shape (n, 3072) and n labels, got {rows.shape}, {labels.shape}")
    images = torch.from_numpy(rows.reshape(-1, 3, 32, 32).copy()).float() / 255
    return Images(images, torch.from_numpy(labels).long())


def normalised(images: Images) -> Images:
    """Subtract the mean of each channel, and divide by its deviation."""
    mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, DEVIATION))
    return Images((images.x - mean) / deviation, images.y)


def spread_out(images: Images, count: int) -> Images:
    """Return so many images, evenly spaced: the test images may lie sorted by class. All of them for 0."""
    if not 0 < count < len(images):
        return images
    chosen = torch.arange(count) * len(images) // count
    return Images(images.x[chosen], images.y[chosen])
