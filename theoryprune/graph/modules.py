"""Masks on `nn.Module`: a parametrisation that keeps weights sparse under any optimiser, and its removal."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.transform import require_mask
from theoryprune.types import Mask


class Masked(nn.Module):
    """The parametrisation ``weight -> weight where kept, 0 elsewhere``.

    Parameters
    ----------
    keep : bool Tensor of the weight's shape
        Held as a persistent buffer, so it travels with `state_dict`, `copy.deepcopy` and `.to(device)`.
    """

    keep: Tensor

    def __init__(self, keep: Tensor) -> None:
        super().__init__()
        self.register_buffer("keep", keep)

    def forward(self, weight: Tensor) -> Tensor:
        """Return the weight with zeros where the mask says so; no gradient reaches those."""
        return torch.where(self.keep, weight, weight.new_zeros(()))

    def right_inverse(self, weight: Tensor) -> Tensor:
        """Return what to store so that `forward` gives the masked `weight`: the masked weight itself."""
        return self.forward(weight)


def mask_module(model: nn.Module, mask: Mask) -> nn.Module:
    """Return a copy of `model` whose weights stay masked, whatever the optimiser does.

    Parameters
    ----------
    model : nn.Module
        Not changed; hooks, buffers, flags and gradients' settings are copied.
    mask : Mask
        Over weights of the model, by `state_dict` name.

    Returns
    -------
    nn.Module
        The copy with a `Masked` parametrisation on every named weight. `module.weight` is the masked weight; the
        optimiser sees `module.parametrizations.weight.original`. Masking a masked model keeps what both masks keep.

    Raises
    ------
    ValueError
        If the mask names a weight that the model lacks, or of another shape.

    Notes
    -----
    For data-parallel training, mask first and wrap then: the masks are buffers, which DistributedDataParallel
    broadcasts from rank 0. Cost: one bool per weight, one `torch.where` per weight and forward pass.
    """
    require_mask(mask)
    _require_module(model)
    masked = _own_copy(model)
    for path, keep in mask.keep.items():
        owner, name, weight = _weight(masked, path)
        if weight.shape != keep.shape:
            raise ValueError(
                f"mask: '{path}' has shape {tuple(keep.shape)}, the model's weight {tuple(weight.shape)}; "
                "is it a mask of another network?"
            )
        earlier = _masks(owner).get(name)
        if earlier is not None:
            earlier.keep &= keep.to(weight.device)
        else:
            parametrize.register_parametrization(owner, name, Masked(keep.to(weight.device, copy=True)))
    return masked


def unmask_module(model: nn.Module) -> nn.Module:
    """Return a copy of `model` with plain weights: zeros where the masks were, and no parametrisation of ours.

    Parameters
    ----------
    model : nn.Module
        Usually from `mask_module`, trained or not; not changed.

    Returns
    -------
    nn.Module
        The copy; its `state_dict` has the keys of the model that was masked.

    Raises
    ------
    UnsupportedLayerError
        If a weight carries another parametrisation beside the mask.
    """
    _require_module(model)
    plain = _own_copy(model)
    for path, owner in list(plain.named_modules()):
        for name in _masks(owner):
            if len(owner.parametrizations[name]) > 1:
                raise UnsupportedLayerError(
                    f"'{path}.{name}' carries another parametrisation beside its mask; remove that one first with "
                    "torch.nn.utils.parametrize.remove_parametrizations"
                )
            parametrize.remove_parametrizations(owner, name, leave_parametrized=True)
            _move_first(owner, name)
    return plain


def module_mask(model: nn.Module) -> Mask:
    """Return the mask that a module from `mask_module` carries, by the names of the plain `state_dict`."""
    found = {
        f"{path}.{name}" if path else name: masked.keep.clone()
        for path, owner in model.named_modules()
        for name, masked in _masks(owner).items()
    }
    if not found:
        raise ValueError("model carries no mask; make one with mask_module(model, mask)")
    return Mask(found)


def _require_module(model: nn.Module) -> None:
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {type(model).__name__}; apply_mask masks a graph")


def _own_copy(model: nn.Module) -> nn.Module:
    """Copy a model, parametrised modules included, so that the copy's parametrisations can be changed on their own.

    Torch keeps a parametrised tensor as a property of a class made for the module, and a deep copy shares that class:
    removing the property from the copy would take it from the original too.
    """
    copied = copy.deepcopy(model)
    for module in copied.modules():
        if parametrize.is_parametrized(module):
            shared = type(module)
            own = {key: value for key, value in vars(shared).items() if key not in ("__dict__", "__weakref__")}
            module.__class__ = type(shared.__name__, shared.__bases__, own)
    return copied


def _move_first(owner: nn.Module, name: str) -> None:
    """Put a parameter before the others of its module, where torch's layers have their weight."""
    parameters = dict(owner._parameters)
    owner._parameters.clear()
    owner._parameters.update({name: parameters.pop(name), **parameters})


def _masks(owner: nn.Module) -> Mapping[str, Masked]:
    """Return the `Masked` parametrisations of one module by weight name."""
    return dict(_each_mask(owner))


def _each_mask(owner: nn.Module) -> Iterator[tuple[str, Masked]]:
    if parametrize.is_parametrized(owner):
        for name, chain in owner.parametrizations.items():  # type: ignore[operator, union-attr]
            for step in chain:
                if isinstance(step, Masked):
                    yield name, step


def _weight(model: nn.Module, path: str) -> tuple[nn.Module, str, Tensor]:
    """Return (owner, attribute name, tensor) of a weight given by its plain `state_dict` name."""
    parent, _, name = path.rpartition(".")
    try:
        owner = model.get_submodule(parent)
        weight = getattr(owner, name)
    except AttributeError:
        raise ValueError(f"mask names '{path}', which the model lacks; is it a mask of another network?") from None
    if not isinstance(weight, Tensor):
        raise ValueError(f"mask names '{path}', which is no tensor of the model but a {type(weight).__name__}")
    return owner, name, weight
