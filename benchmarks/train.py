"""One plain training loop, the same for every network that is compared."""

import torch
from torch import nn
from torch.nn import functional

from benchmarks.digits import Images


def train(
    model: nn.Module,
    images: Images,
    *,
    seed: int,
    epochs: int = 8,
    batch: int = 64,
    lr: float = 0.05,
    weight_decay: float = 5e-4,
) -> None:
    """Train in place: SGD, momentum 0.9, cosine learning rate, cross-entropy; `seed` draws the order of the batches."""
    order = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=weight_decay)
    steps = epochs * (len(images) // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    model.train()
    for _ in range(epochs):
        for chosen in torch.randperm(len(images), generator=order).split(batch):
            if len(chosen) < batch:
                continue
            optimiser.zero_grad()
            functional.cross_entropy(model(images.x[chosen]), images.y[chosen]).backward()
            optimiser.step()
            schedule.step()


@torch.inference_mode()
def accuracy(model: nn.Module, images: Images) -> float:
    """Return the fraction of images whose largest logit is their label's, in evaluation mode."""
    model.eval()
    return (model(images.x).argmax(1) == images.y).float().mean().item()
