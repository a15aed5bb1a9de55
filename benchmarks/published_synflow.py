"""Synaptic flow as it is published, written plainly: the baseline of the speed benchmark.

Our own words for the procedure of Tanaka et al. (NeurIPS 2020, arXiv 2006.05467, algorithm 1) with the costs of its
released form: float32; each iteration makes the whole state absolute, scores it and gives the signs back; the
threshold is the k-th value of all scores concatenated, removed weights included, and a score at it goes too. Only
the batch of data that the released code loads for its shape is left out.
"""

import time

import torch
from torch import Tensor, nn
from torch.func import functional_call

from benchmarks.models.network import Network


def published_synflow(model: Network, density: float, steps: int) -> tuple[dict[str, Tensor], float]:
    """Prune ``model`` by iterated synaptic flow, with an exponential schedule.

    Parameters
    ----------
    model : Network
        With ``example_shape``; put into evaluation mode, its weights unchanged in the end.
    density : float
        Fraction of the weights of convolutions and linear layers to keep.
    steps : int
        Iterations.

    Returns
    -------
    dict of str to Tensor
        Masks of zeros and ones by ``state_dict`` name.
    float
        Seconds for all iterations.
    """
    model.eval()
    layers = {f"{name}.weight": layer for name, layer in model.named_modules() if _prunable(layer)}
    masks = {name: torch.ones_like(layer.weight) for name, layer in layers.items()}
    start = time.perf_counter()
    for step in range(1, steps + 1):
        signs = _make_absolute(model)
        scores = _score(model, masks)
        _give_back(model, signs)
        _threshold(scores, masks, density ** (step / steps))
    return masks, time.perf_counter() - start


def _prunable(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Conv2d | nn.Linear)


@torch.no_grad()
def _make_absolute(model: Network) -> dict[str, Tensor]:
    """Replace every tensor of the state by its absolute value; return the signs."""
    signs = {}
    for name, tensor in model.state_dict().items():
        signs[name] = torch.sign(tensor)
        tensor.abs_()
    return signs


@torch.no_grad()
def _give_back(model: Network, signs: dict[str, Tensor]) -> None:
    for name, tensor in model.state_dict().items():
        tensor.mul_(signs[name])


def _score(model: Network, masks: dict[str, Tensor]) -> dict[str, Tensor]:
    """Score every weight by |gradient * weight| for the sum of the outputs on an image of ones."""
    parameters = dict(model.named_parameters())
    masked = {name: parameters[name] * mask for name, mask in masks.items()}
    output = functional_call(model, masked, (torch.ones(1, *model.example_shape),))
    output.sum().backward()
    scores = {name: (parameters[name].grad * parameters[name]).detach().abs_() for name in masks}
    for parameter in parameters.values():
        parameter.grad = None
    return scores


@torch.no_grad()
def _threshold(scores: dict[str, Tensor], masks: dict[str, Tensor], density: float) -> None:
    """Write masks of the scores above the k-th smallest."""
    every = torch.cat([score.flatten() for score in scores.values()])
    k = int((1.0 - density) * every.numel())
    if k < 1:
        return
    threshold = torch.kthvalue(every, k).values
    one, zero = torch.tensor(1.0), torch.tensor(0.0)
    for name, mask in masks.items():
        mask.copy_(torch.where(scores[name] <= threshold, zero, one))
