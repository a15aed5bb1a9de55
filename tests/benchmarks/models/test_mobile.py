import torch

from benchmarks.models.mobile import InvertedResidual, mobile_tiny
from tests.benchmarks.models.counting import Counts, counts, layers_of, on_meta


def test_counts():
    assert counts(on_meta(mobile_tiny)) == Counts(12, 4_730, 4_208, 101_312)


def test_the_middle_convolutions_are_depthwise():
    depthwise = {n: m for n, m in layers_of(on_meta(mobile_tiny)).items() if n.endswith("depthwise")}
    assert len(depthwise) == 3
    assert all(m.groups == m.in_channels == m.out_channels > 1 for m in depthwise.values())


def test_only_an_unchanged_shape_is_added_to_the_input():
    x = torch.randn(2, 4, 6, 6)
    for stride, outputs, added in ((1, 4, True), (2, 4, False), (1, 5, False)):
        block = InvertedResidual(4, outputs, stride, 2).eval()
        torch.nn.init.zeros_(block.project.weight)
        assert torch.equal(block(x), x) if added else not block(x).any()
