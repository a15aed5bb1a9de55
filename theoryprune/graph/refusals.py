"""What extraction says of operators that no layer record covers."""

from __future__ import annotations

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

_REASONS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("layer_norm", "group_norm", "instance_norm", "rms_norm"), _DATA_DIVISOR),
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _RECURRENT),
    **dict.fromkeys(("bmm", "baddbmm", "scaled_dot_product_attention", "einsum"), _ATTENTION),
    "matmul": (
        "it is a product of two tensors",
        "for a weight, use nn.Linear or torch.nn.functional.linear; products of activations are not supported",
    ),
    "item": ("it takes a scalar out of the data", "use a constant, or keep the tensor"),
    "embedding": ("it looks up a table by integers", "extract the model from the embedded features on"),
    "permute": ("it permutes axes", "keep (batch, channels, space) order throughout"),
    "transpose": ("it swaps axes", "keep (batch, channels, space) order throughout"),
    "sum": ("it sums over axes", "use a mean over space times a constant"),
    "chunk": ("it returns several tensors", "slice the channels instead: x[:, a:b]"),
    "split": ("it returns several tensors", "slice the channels instead: x[:, a:b]"),
    "squeeze": ("it may drop the batch axis when there is one example", "name the axes, or use flatten(1)"),
    "conv_transpose2d": (
        "transposed convolution has no record yet",
        "extract the part of the model before it",
    ),
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
