"""What extraction says of operators that no layer record covers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from torch import nn

from theoryprune.errors import UnsupportedLayerError


@dataclass(frozen=True)
class Offence:
    """One reason why a model is no weight graph.

    Parameters
    ----------
    where : str
        Path and class of the module, ``"forward"``, or the tensors concerned.
    nodes : tuple of str
        The calls concerned, by their names in the exported graph.
    reason, remedy : str
        What is wrong, and what the model's owner can do about it.
    """

    where: str
    nodes: tuple[str, ...]
    reason: str
    remedy: str


def refusal(model: nn.Module, offences: Iterable[Offence]) -> UnsupportedLayerError:
    """Return the one error that tells all offences, grouped by module, in the order of the network.

    Whatever happens inside a recurrent or an attention module of torch is told once, with that module's own reason.
    """
    grouped: dict[str, dict[str, list[str]]] = {}
    blocks = _blocks(model)
    for offence in offences:
        offence = _told_by_block(offence, blocks)
        text = f"{offence.reason}. Remedy: {offence.remedy}"
        grouped.setdefault(offence.where, {}).setdefault(text, []).extend(offence.nodes)
    lines = [
        f"\n  - {where}: " + (f"{', '.join(dict.fromkeys(nodes))}: " if nodes else "") + text
        for where, texts in grouped.items()
        for text, nodes in texts.items()
    ]
    return UnsupportedLayerError(f"{type(model).__name__} cannot be turned into a weight graph:{''.join(lines)}")


def _blocks(model: nn.Module) -> list[tuple[str, Offence]]:
    """List the modules of torch that are refused as a whole: their paths, and what there is to say of them."""
    return [
        (path, Offence(f"{path or 'the model itself'} ({type(module).__name__})", (), *reason))
        for path, module in model.named_modules()
        for kinds, reason in ((_RECURRENT_MODULES, _RECURRENT), (nn.MultiheadAttention, _ATTENTION))
        if isinstance(module, kinds)
    ]


def _told_by_block(offence: Offence, blocks: Iterable[tuple[str, Offence]]) -> Offence:
    for path, block in blocks:
        if offence.where == block.where or (path and offence.where.startswith(f"{path}.")):
            return replace(block, nodes=offence.nodes)
    return offence


_RECURRENT_MODULES = (nn.RNNBase, nn.RNNCellBase)
_DATA_DIVISOR = (
    "it divides by a statistic of the data",
    "replace it by batch norm (which is fixed in evaluation mode), or extract a sub-network without it",
)
_RECURRENT = (
    "recurrent layers are not supported",
    "extract the feed-forward parts of the model on their own",
)
_ATTENTION = (
    "it multiplies activations with one another (attention)",
    "extract the feed-forward parts of the model on their own",
)
_SEVERAL = ("it returns several tensors", "slice the channels instead: x[:, a:b]")
_AXES = ("it moves or adds axes", "keep (batch, channels, space) order throughout")
_TRANSPOSED = ("transposed convolution has no record yet", "extract the part of the model before it")
_DTYPE = ("it converts the number format", "keep one floating dtype throughout; convert before or after the model")

_REASONS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("layer_norm", "group_norm", "instance_norm", "rms_norm"), _DATA_DIVISOR),
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _RECURRENT),
    **dict.fromkeys(("bmm", "baddbmm", "scaled_dot_product_attention", "einsum"), _ATTENTION),
    **dict.fromkeys(("chunk", "split", "split_with_sizes", "unbind", "tensor_split"), _SEVERAL),
    **dict.fromkeys(("permute", "transpose", "t", "numpy_T", "unsqueeze", "unflatten", "movedim"), _AXES),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _TRANSPOSED),
    **dict.fromkeys(("to", "_to_copy", "type_as"), _DTYPE),
    "wrap_with_autocast": ("it runs under torch.autocast", "leave autocast out: one floating dtype throughout"),
    "matmul": (
        "it is a product of two tensors",
        "for a weight, use nn.Linear or torch.nn.functional.linear; products of activations are not supported",
    ),
    "item": ("it takes a scalar out of the data", "use a constant, or keep the tensor"),
    "embedding": ("it looks up a table by integers", "extract the model from the embedded features on"),
    "mean": ("it averages over all axes, the batch included", "average over spatial axes only: x.mean((2, 3))"),
    "sum": ("it sums over axes", "use a mean over space times a constant"),
    "rsub": ("it subtracts from a constant", "write -x + constant"),
    "select": ("it drops an axis by choosing one index", "slice instead: x[:, a:b]"),
    "squeeze": ("it may drop the batch axis when there is one example", "name the axes, or use flatten(1)"),
}


def reason_for(op: str) -> tuple[str, str]:
    """Return (reason, remedy) for the operator `op`, given as ``"name.overload"``."""
    name = op.partition(".")[0]
    return _REASONS.get(
        name,
        (
            f"operator '{name}' has no layer record",
            "replace it by a supported layer, or extract a sub-network without it",
        ),
    )
