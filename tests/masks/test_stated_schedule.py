"""A schedule, a scope or a score that is stated and was not the one of the run."""

from functools import cache
from itertools import pairwise

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.masks.test_verify import forged, honest
from tests.networks import random_graph
from theoryprune.masks.stated_schedule import check_schedule, plan_of
from theoryprune.masks.verify import verify_pruning


@cache
def limited(schedule=None, density=0.03, scope="global", guard=None, dtype=torch.float64):
    """A run whose steps the flow limits."""
    torch.manual_seed(0)
    net = nn.Sequential(*[nn.Linear(a, b) for a, b in pairwise((12, 24, 24, 24, 6))])
    graph = tp.extract(net.to(dtype), (12,))
    how = {"scope": scope, "guard": guard, "on_collapse": "report", "progress": False}
    return graph, tp.prune(graph, tp.synflow, density, schedule or tp.adaptive(0.5), **how)


HONEST = [
    {},
    {"schedule": tp.adaptive(0.99)},
    {"schedule": tp.adaptive(0.9999999)},
    {"schedule": tp.adaptive(0.123456789)},
    {"schedule": tp.adaptive(0.02), "density": 0.5},
    {"schedule": tp.guarded(tp.exponential(6), 0.5)},
    {"schedule": tp.guarded(tp.linear(3), 0.9)},
    {"schedule": tp.guarded(tp.one_shot(), 0.7)},
    {"density": 4 / 1584},
    {"density": 1 / 1584},
    {"density": 1},
    {"schedule": tp.exponential(3), "density": 1},
    {"guard": "layer"},
    {"scope": "layer"},
    {"scope": "layer", "guard": "layer", "schedule": tp.guarded(tp.exponential(4), 0.9)},
    {"scope": "layer", "density": 0.001},
    {"dtype": torch.float32},
    {"dtype": torch.float32, "density": 0.004, "schedule": tp.adaptive(0.9)},
]


@pytest.mark.parametrize("options", HONEST, ids=str)
def test_honest_runs_hold(options):
    graph, pruning = limited(**options)
    verify_pruning(pruning, graph, rows="all")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scope", ["global", "layer"])
def test_honest_runs_of_other_networks_hold(seed, scope):
    graph = random_graph(seed)
    for schedule in (tp.adaptive(0.9), tp.guarded(tp.exponential(5), 0.4)):
        pruning = tp.prune(graph, tp.synflow, 0.05, schedule, scope=scope, on_collapse="report", progress=False)
        verify_pruning(pruning, graph, rows="all")


@pytest.mark.parametrize(
    "stated",
    [
        "adaptive(0.505)", "adaptive(0.99999)", "adaptive(0.495)", "adaptive(1)", "guarded(exponential(36), 0.5)",
        "guarded(one_shot(), 0.6)", "exponential(3)",
    ],
)  # fmt: skip
def test_another_schedule(stated):
    graph, pruning = limited()
    with pytest.raises(tp.CertificateError, match="void"):
        verify_pruning(forged(pruning, schedule=stated), graph, rows="all")


def test_a_guarded_run_stated_as_another():
    graph, pruning = limited(schedule=tp.guarded(tp.exponential(20), 0.5))
    for stated in ("adaptive(0.5)", "guarded(exponential(15), 0.5)", "guarded(exponential(20), 0.3)"):
        with pytest.raises(tp.CertificateError, match="void"):
            verify_pruning(forged(pruning, schedule=stated), graph, rows="all")


@pytest.mark.parametrize(("made", "stated"), [("global", "layer"), ("layer", "global")])
@pytest.mark.parametrize("schedule", [tp.adaptive(0.5), tp.guarded(tp.exponential(6), 0.5)], ids=str)
def test_another_scope(made, stated, schedule):
    graph, pruning = limited(schedule=schedule, scope=made, density=0.1)
    with pytest.raises(tp.CertificateError, match="void"):
        verify_pruning(forged(pruning, scope=stated), graph, rows="all")


@pytest.mark.parametrize("change", [{"method": "synflow_l2"}, {"method": "magnitude"}, {"rule": tp.FlowRule("unit")}])
def test_another_score(change):
    graph, pruning = limited()
    with pytest.raises(tp.CertificateError, match=r"the run: '(method|rule)' is stated as"):
        verify_pruning(forged(pruning, **change), graph, rows="all")


@pytest.mark.parametrize(
    "stated",
    [
        "nonsense", "", "linear()", "exponential()", "exponential(0)", "exponential(-1)", "exponential(007)",
        "exponential(2) ", "one_shot(1)", "adaptive(abc)", "adaptive()", "adaptive(0)", "adaptive(1.5)",
        "adaptive(0.50)", "adaptive(nan)", "guarded(adaptive(0.5), 0.9)", "guarded(exponential(2))",
        "guarded(guarded(exponential(2), 0.5), 0.5)", "guarded(nonsense, 0.5)", "exponential(1e3)",
    ],
)  # fmt: skip
def test_what_is_no_schedule(stated):
    graph, pruning = limited()
    with pytest.raises(tp.CertificateError, match="known are exponential"):
        verify_pruning(forged(pruning, schedule=stated), graph, rows="all")


@pytest.mark.parametrize(
    "plan",
    [tp.exponential(), tp.linear(3), tp.one_shot(), tp.adaptive(1e-7), tp.guarded(tp.one_shot(), 0.123456)],
    ids=str,
)
def test_what_is_written_is_read(plan):
    assert plan_of(forged(honest()[1], schedule=str(plan)).certificate) == plan


def test_counts_alone_tell_fixed_schedules():
    false = forged(honest()[1], schedule="linear(6)")
    with pytest.raises(tp.CertificateError, match="'kept_per_layer'"):
        check_schedule(false.certificate)
