"""Operators that change nothing in evaluation mode: they leave no record."""

from __future__ import annotations

from theoryprune.layers.call import Call, Refusal, Stored, Value


def convert_identity(call: Call) -> Value | Stored:
    """Read ``aten.clone``, ``contiguous``, ``detach``, ``alias`` and their like."""
    key = "self" if "self" in call.args else "input"
    arg = call.args[key]
    if isinstance(arg, Value | Stored):
        return arg
    raise Refusal("it has no tensor to pass on", "drop it")


def convert_dropout(call: Call) -> Value:
    """Read ``aten.dropout`` and its variants, which vanish in evaluation mode."""
    if call.args["train"]:
        raise Refusal(
            "it drops entries at random in evaluation mode too",
            "use nn.Dropout, or pass training=self.training",
        )
    return call.value("input")
