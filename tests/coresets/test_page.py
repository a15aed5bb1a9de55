"""The examples on the page of the room run, and what it names is there."""

import re

import theoryprune as tp
from tests.architecture.source import ROOT
from theoryprune import coresets, reports

PAGE = (ROOT / "docs" / "coresets.md").read_text(encoding="utf-8")


def test_the_examples_run(capsys):
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(blocks) == 4
    names: dict = {}
    for block in blocks:
        exec(block, names)
    told = capsys.readouterr().out
    assert "gain of the error in [" in told
    assert "largest difference of the outputs in [" in told
    assert coresets.is_reduction(names["result"])
    assert sum(p.numel() for p in names["small"].parameters()) == names["result"].spent <= 17_226 // 2


def test_every_construction_is_in_the_table():
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == set(coresets.CONSTRUCTIONS)


def test_every_name_on_it_is_public():
    assert all(hasattr(tp, name) for name in re.findall(r"\btp\.(\w+)", PAGE))
    assert all(name in coresets.__all__ for name in re.findall(r"theoryprune\.coresets\.(\w+)", PAGE))
    assert "`plot_curve(" in PAGE
    assert reports.plot_curve.__name__ == "plot_curve"


def test_every_allocator_is_on_it():
    assert all(f"`{name}`" in PAGE or f'"{name}"' in PAGE for name in coresets.ALLOCATORS)
