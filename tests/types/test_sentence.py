"""The certificate in words."""

from dataclasses import replace

import pytest

import theoryprune as tp
from tests.types.test_certificate import CERTIFICATE, ROW


def test_a_certified_run():
    assert str(CERTIFICATE) == (
        "Certified during the procedure: in all 2 iterations the scores removed add up to at most 0.9 of the flow (the "
        "limit with room for rounding is 1 - 1e-12), so by the survival theorem, R_after >= R - removed, an "
        "input-output path was left each time. Connected at the end: the final flow is 10^-2.31, not 0. Maximal "
        "critical compression holds for this run: a chain of 2 layers, scores conserved layer by layer, and every "
        "iteration below the flow, so no layer is emptied at any compression up to 3 = 6 / 2. Layers without a "
        "weight: 'b'."
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"rows": ()}, "Nothing was removed"),
        ({"rows": ()}, "Maximal critical compression is not guaranteed: no iteration was run"),
        ({"exact_cuts": ("a",)}, "a chain of 1 layer, scores"),
        ({"exact_cuts": ("a",)}, "up to 6 = 6 / 1"),
        ({"rows": (ROW,)}, "in its one iteration the scores"),
        ({"rows": (replace(ROW, prune_sum=1.5),)}, "in 1 of 1 iteration, first in iteration 1, the scores removed"),
        ({"rows": (replace(ROW, flow=0.0, prune_sum=0.0),)}, "before iteration 1 no flow was left"),
        ({"rows": (replace(ROW, flushed=3),)}, "3 positive entries were lost to underflow"),
        ({"rule": tp.FlowRule("unit")}, "biases feed the flow (bias='unit')"),
        ({"rule": tp.FlowRule("unit")}, "without biases the final flow is not 0"),
        ({"final_flow": 0.0, "final_exponent": 0}, "Not connected at the end"),
        ({"shortest_path": 0}, "trivially so"),
        ({"surrogates": ("gelu",)}, "'gelu' as the identity, so it is a surrogate"),
        ({"dropped": ("softmax",)}, "defined on the logits: 'softmax' left out"),
        ({"dtype": "float32"}, "Arithmetic in float32"),
        ({"surrogates": tuple("abcdefgh")}, "'f' and 2 more"),
    ],
)
def test_what_else_it_says(change, text):
    assert text in str(replace(CERTIFICATE, **change))
