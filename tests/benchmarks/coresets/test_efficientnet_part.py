"""The tables of EfficientNet, on a tiny network of the same kind."""

import pytest
import torch

import theoryprune as tp
from benchmarks.coresets import efficientnet as part
from benchmarks.coresets.options import Options
from benchmarks.digits import Images
from benchmarks.models import mobile_tiny


def test_tables_at_toy_size(monkeypatch):
    monkeypatch.setattr(part, "CONSTRUCTIONS", {"norm": None, "merge": None})
    monkeypatch.setattr(part, "VARIANTS", (("merge", {"bias_correction": True}),))
    torch.manual_seed(0)
    graph = tp.extract(mobile_tiny(), (3, 16, 16))
    interior, streams, why = part.reports(graph, Images(torch.rand(4, 3, 16, 16), torch.arange(4)), (0.5,))
    assert [row["method"] for row in interior.rows] == ["unpruned", "norm", "merge", "merge, bias_correction=True"]
    assert [row["method"] for row in streams.rows] == ["unpruned", "merge"]
    assert any("depthwise" in row["reason"] for row in why.rows)


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(tp.DataError, match="the folder of ImageNet photos is not there"):
        part.measure(Options(data=tmp_path))
