import io

import pytest
from rich.console import Console

from benchmarks.digits import digits
from benchmarks.quickstart import DENSITIES, METHODS, Run, by_setting, picture, prune_and_train, table


def made_up(method: str, density: float, seed: int, hits: float, collapsed: bool = False) -> Run:
    compacted = None if collapsed else 10
    return Run(method, seed, density, int(1000 * density), 1000, density, 20, compacted, 1, collapsed, hits, 0.1)


RECORDS = [
    run
    for seed in range(3)
    for run in (
        made_up("magnitude", 1.0, seed, 0.99),
        *(
            made_up(method, density, seed, 0.9 + seed / 100, collapsed=method == "random" and density == 0.01)
            for density in DENSITIES
            for method in METHODS
        ),
    )
]


def test_runs_that_differ_by_seed_alone_are_grouped():
    groups = by_setting(RECORDS)
    assert len(groups) == 1 + len(DENSITIES) * len(METHODS)
    assert all(len(group) == 3 for group in groups.values())
    assert ("dense", 1.0) in groups


def test_the_table_shows_mean_and_range_and_says_what_collapsed():
    console = Console(width=80, file=io.StringIO())
    console.print(table(RECORDS))
    text = console.file.getvalue()
    assert "n = 3 seeds" in text
    assert "…" not in text
    assert "91.0 (90.0–92.0)" in text
    assert "3 cut off" in text


def test_the_picture_is_written(tmp_path):
    picture(RECORDS, tmp_path / "accuracy.png")
    assert (tmp_path / "accuracy.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("method", METHODS)
def test_a_run_keeps_the_exact_count_and_trains(method):
    run = prune_and_train(method, 0.1, 0, *digits())
    assert run.kept == 7_671
    assert run.total == 76_704
    assert run.effective <= 0.1001
    assert run.macs_compacted is not None
    assert run.macs_compacted >= run.macs
    assert run.accuracy > 0.7
