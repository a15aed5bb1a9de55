import pytest

import theoryprune as tp
from tests.coresets.nets import model_graph
from theoryprune.coresets.progress import group_bar


def test_a_bar_only_where_it_is_wanted(capsys, monkeypatch):
    for progress in (False, None):
        tp.coresets.reduce(model_graph("digits_mlp"), 0.5, certify=False, progress=progress)
        assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich draws on terminals only
    tp.coresets.reduce(model_graph("digits_mlp"), 0.5, certify=False, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "fc2" in err
    assert "/2" in err


def test_counts_groups_and_passes_errors_on(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")

    def work():
        with group_bar("waiting", True) as at_work:
            at_work("first", 3)
            at_work("second", 3)
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        work()
    err = capsys.readouterr().err
    assert "second" in err
    assert "1/3" in err
