"""Operators that change nothing in evaluation mode: they leave no record."""

from __future__ import annotations

from theoryprune.layers.call import Call, Refusal, Value


def convert_identity(call: Call) -> Value:
    """Read ``aten.clone``, ``contiguous``, ``detach``, ``alias`` and their like."""
    return call.value("self")


def convert_dropout(call: Call) -> Value:
    """Read ``aten.dropout`` and its variants, which vanish in evaluation mode."""
    if call.args["train"]:
        raise Refusal(
            "it drops entries at random in evaluation mode too",
            "use nn.Dropout, or pass training=self.training",
        )
    return call.value("input")
