"""Small modules written in one line, a witness that a module was left as it was, and runs compared up to ties."""

import torch
from torch import nn


class Written(nn.Module):
    """A module whose ``forward`` is a function of (module, x); tensors among the parts become parameters."""

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, nn.Parameter(part) if isinstance(part, torch.Tensor) else part)

    def forward(self, x):
        return self.function(self, x)


def witness(model):
    """Everything of `model` (and of the process) that a reader must not change, in comparable form."""
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return {
        "values": {name: (t.detach().clone() if not t.is_meta else t.shape) for name, t in tensors.items()},
        "identity": {name: (id(t), t._version, t.requires_grad) for name, t in tensors.items()},
        "grads": {n: None if p.grad is None else (id(p.grad), p.grad.clone()) for n, p in model.named_parameters()},
        "attributes": {name: {key: id(v) for key, v in vars(m).items()} for name, m in model.named_modules()},
        "flags": {name: m.training for name, m in model.named_modules()},
        "hooks": {name: len(m._forward_hooks) + len(m._forward_pre_hooks) for name, m in model.named_modules()},
        "random": torch.get_rng_state(),
        "grad mode": torch.is_grad_enabled(),
        "default dtype": torch.get_default_dtype(),
    }


def same(first, second):
    """Whether two witnesses tell the same, tensors bit for bit."""
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return first == second


def normal(*shape, seed=0, dtype=torch.float64):
    """Normal deviates that depend on the arguments alone."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def with_statistics(model, seed=0):
    """Give every batch norm running statistics (and scales) that are not the initial ones."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.running_mean is not None:
            module.running_mean.normal_(generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
    return model


def first_tie(pruning):
    """The first iteration whose threshold falls between scores that are equal up to rounding."""
    for row in pruning.trace:
        ends = (row.largest_removed, row.smallest_kept)
        if None not in ends and ends[1] <= ends[0] * (1 + 1e-12):
            return row.iteration
    return len(pruning.trace) + 1


def same_until_a_tie(first, second):
    """Compare the masks up to the first tie of the reals; return whether that was all of them."""
    last = min(first_tie(first), first_tie(second)) - 1
    masks = [run.mask_after(last) for run in (first, second)]
    assert all(torch.equal(masks[0].keep[name], masks[1].keep[name]) for name in masks[0].keep)
    return last == len(first.trace)
