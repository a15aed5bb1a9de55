"""An optimiser for the smaller network that remembers what the one for the larger network knew."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from theoryprune.graph.optimizers import same_class, surviving_state
from theoryprune.graph.to_module import module_origin
from theoryprune.types import Origin

_PARAMETRIZED = re.compile(r"parametrizations\.(\w+)\.original$")


def remap_optimizer(optimizer: Optimizer, before: nn.Module, after: nn.Module) -> Optimizer:
    """Return an optimiser on a smaller module, with the state of every entry that survived.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        On parameters of `before`; not changed.
    before : nn.Module
        The module that was extracted, `mask_module`'s included.
    after : nn.Module
        From ``to_module(compact(...))`` of that module's graph.

    Returns
    -------
    torch.optim.Optimizer
        Of the same class, with the same parameter groups and options (``initial_lr`` of a schedule included). Momenta
        and all other state of a parameter's shape are those of the surviving entries, counters are copied. Parameters
        that vanished are dropped; a bias that `before` lacks (compaction or a folded batch norm made it) joins the
        group of its weight, without state.

    Raises
    ------
    TypeError
        If an argument is not of this kind.
    ValueError
        If `after` does not say where its parameters come from, these do not fit `before`, the optimiser holds
        parameters that are not of `before` or none that survived, or keeps state that has no entry for each weight
        (a factored second moment, a flat history): the message names it.

    Notes
    -----
    *Law.* For an optimiser that treats entries one by one, and gradients that agree on the survivors, the next step
    equals that of the old optimiser restricted to the survivors, bit for bit. That holds also where compaction or a
    coreset changed the values: state belongs to the place.

    A learning rate schedule goes on after ``schedule.optimizer = remapped``. Hooks are not carried over. Cost: a copy
    of the state.

    Examples
    --------
    >>> import theoryprune as tp
    >>> dense = tp.to_module(tp.extract(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)), (2,)))
    >>> optimizer = torch.optim.SGD(dense.parameters(), lr=0.1, momentum=0.9)
    >>> mask = tp.Mask({"0.weight": torch.tensor([[True], [False], [True]]).expand(3, 2)})
    >>> small = tp.to_module(tp.compact(tp.apply_mask(tp.extract(dense, (2,)), mask)))
    >>> len(tp.remap_optimizer(optimizer, dense, small).param_groups[0]["params"])
    4
    """
    origin = _origin(optimizer, before, after)
    old = {_plain(name): parameter for name, parameter in before.named_parameters()}
    new = dict(after.named_parameters())
    known = {id(parameter): name for name, parameter in old.items()}
    groups = [[_name(p, known) for p in group["params"]] for group in optimizer.param_groups]
    added = {name for name in new if name not in old and _weight_of(name, new) in old}  # biases of folded batch norms
    origin = {name: where for name, where in origin.items() if name not in added}
    for name, where in origin.items():
        if name in new and (name not in old or _squeezed(old[name].shape) != _squeezed(where.shape)):
            raise ValueError(
                f"'{name}' of after comes from a tensor of shape {where.shape}, before has "
                f"{tuple(old[name].shape) if name in old else 'none of this name'}; before must be the module that was "
                "extracted"
            )
    if not any(name in new for names in groups for name in names):
        raise ValueError("none of the optimizer's parameters is in after; there is nothing left to optimize")
    made = {name: _weight_of(name, new) for name in new if name not in origin}
    kept = [_with_made([name for name in names if name in new], made) for names in groups]
    remapped = same_class(optimizer, [[(name, new[name]) for name in names] for names in kept])
    for name in (name for names in kept for name in names if name in origin):
        if old[name] in optimizer.state:
            remapped.state[new[name]] = surviving_state(name, optimizer.state[old[name]], old[name], origin[name])
    return remapped


def _origin(optimizer: Optimizer, before: nn.Module, after: nn.Module) -> dict[str, Origin]:
    for key, value, kind in (("optimizer", optimizer, Optimizer), ("before", before, nn.Module)):
        if not isinstance(value, kind):
            raise TypeError(f"{key} must be a torch {kind.__name__}, got {type(value).__name__}")
    found = module_origin(after) if isinstance(after, nn.Module) else None
    if found is None:
        raise ValueError(
            f"after, a {type(after).__name__}, does not say where its parameters come from; give what "
            "to_module(compact(...)) returned, not wrapped or extracted again"
        )
    return found


def _plain(name: str) -> str:
    """The `state_dict` name of a weight that a mask parametrises."""
    return _PARAMETRIZED.sub(r"\1", name)


def _squeezed(shape: torch.Size | tuple[int, ...]) -> list[int]:
    return [size for size in shape if size != 1]


def _name(parameter: Tensor, known: Mapping[int, str]) -> str:
    if id(parameter) not in known:
        raise ValueError(
            f"the optimizer holds a parameter of shape {tuple(parameter.shape)} that is none of before; give the "
            "module whose parameters() it was made of"
        )
    return known[id(parameter)]


def _weight_of(name: str, new: Mapping[str, Tensor]) -> str | None:
    """The weight beside which compaction put a bias."""
    stem = name.removesuffix("bias")
    return next((weight for weight in (f"{stem}weight", stem.removesuffix("_")) if weight in new), None)


def _with_made(names: list[str], made: Mapping[str, str | None]) -> list[str]:
    return [item for name in names for item in (name, *(bias for bias, weight in made.items() if weight == name))]
