"""scikit-learn's digits: 1,797 real 8x8 images of handwritten digits that come inside its wheel."""

from dataclasses import dataclass

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor

TRAIN = 1_078


@dataclass(frozen=True, eq=False)
class Images:
    """Images of shape (n, channels, height, width), float32 in [0, 1], and their labels of shape (n,)."""

    x: Tensor
    y: Tensor

    def __len__(self) -> int:
        return len(self.y)


def digits() -> tuple[Images, Images]:
    """Return 1,078 training and 719 test digits: a stratified split, always the same."""
    data = load_digits()
    x = torch.from_numpy(data.images).float().unsqueeze(1) / 16  # the pixels are 0 .. 16
    y = torch.from_numpy(data.target).long()
    train, test = train_test_split(range(len(y)), train_size=TRAIN, stratify=data.target, random_state=0)
    return Images(x[train], y[train]), Images(x[test], y[test])
