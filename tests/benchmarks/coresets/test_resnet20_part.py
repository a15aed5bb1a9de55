"""The tables of ResNet-20, with random weights and images."""

import pytest
import torch

import theoryprune as tp
from benchmarks.coresets import resnet20 as part
from benchmarks.coresets.options import Options
from benchmarks.digits import Images
from benchmarks.models import resnet20_a


def test_tables_at_toy_size(monkeypatch):
    monkeypatch.setattr(part, "CONSTRUCTIONS", {"norm": None, "merge": None})
    monkeypatch.setattr(part, "VARIANTS", (("merge", {"bias_correction": True}),))
    torch.manual_seed(0)
    graph = tp.extract(resnet20_a(width=0.25), (3, 12, 12))
    interior, streams, why = part.reports(graph, Images(torch.rand(4, 3, 12, 12), torch.arange(4)), (0.5,))
    assert [row["method"] for row in interior.rows] == ["unpruned", "norm", "merge", "merge, bias_correction=True"]
    assert [row["method"] for row in streams.rows] == ["unpruned", "merge", "kernel_fit", "norm_v_merge"]
    assert streams.rows[1]["parameters"] < interior.rows[2]["parameters"] < interior.rows[0]["parameters"]
    assert interior.failures == ()
    assert why.rows


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(tp.DataError, match="put it at"):
        part.measure(Options(data=tmp_path))
