"""One row computed again."""

from dataclasses import replace

import pytest

import theoryprune as tp
from tests.masks.test_stated_schedule import limited
from tests.masks.test_verify import forged, honest, row_forged
from theoryprune.graph.cuts import exact_cuts
from theoryprune.masks import recompute
from theoryprune.masks.recompute import check_end, check_row


@pytest.mark.parametrize("iteration", [1, 4, 6])
def test_an_honest_row(iteration):
    graph, pruning = honest(3)
    found = check_row(pruning, pruning.certificate, graph, iteration, 1e-9)
    assert found.deviation < 1e-12
    assert found.residual < 1e-12
    assert found.min_cut == "channel graph"


@pytest.mark.parametrize("field", ["flow", "prune_sum", "largest_removed", "smallest_kept"])
def test_a_field_beyond_its_tolerance(field):
    graph, pruning = honest(3)
    row = pruning.trace[1]
    false = row_forged(pruning, 1, **{field: getattr(row, field) + 1e-7 * row.flow})
    with pytest.raises(tp.CertificateError, match=f"^row 2: '{field}' is stated as"):
        check_row(false, false.certificate, graph, 2, 1e-9)


def test_the_final_flow():
    graph, pruning = honest(3)
    assert check_end(pruning, pruning.certificate, graph, 1e-9).deviation < 1e-12
    false = forged(pruning, final_flow=pruning.final_flow * (1 - 1e-8))
    with pytest.raises(tp.CertificateError, match=r"^the run: 'final_flow'"):
        check_end(false, false.certificate, graph, 1e-9)


def test_the_end_of_an_adaptive_step():
    graph, pruning = limited()
    check_row(pruning, pruning.certificate, graph, 1, 1e-9)
    for theta, text in ((0.45, "'prune_sum'.*allows less of the flow"), (0.55, "'removed'.*goes on to remove more")):
        false = forged(pruning, schedule=f"adaptive({theta})")
        with pytest.raises(tp.CertificateError, match=f"^row 1: {text}"):
            check_row(false, false.certificate, graph, 1, 1e-9)


@pytest.mark.parametrize(("excess", "holds"), [(5e-10, True), (2e-9, False), (-2e-9, False)])
def test_a_minimum_cut_that_is_not_the_flow(excess, holds, monkeypatch):
    graph, pruning = honest(3)
    monkeypatch.setattr(recompute, "min_cut", lambda flow: (flow.total * (1 + excess), "channel graph"))
    if holds:
        check_row(pruning, pruning.certificate, graph, 2, 1e-9)
        return
    with pytest.raises(tp.CertificateError, match=r"^row 2: 'flow'.*the minimum cut is"):
        check_row(pruning, pruning.certificate, graph, 2, 1e-9)


@pytest.mark.parametrize(("excess", "holds"), [(5e-11, True), (2e-10, False), (-2e-10, False)])
def test_a_cut_through_which_another_flow_runs(excess, holds, monkeypatch):
    graph, pruning = honest(3)
    flow_of = recompute.plain_flow

    def leaking(*arguments):
        flow = flow_of(*arguments)
        last = exact_cuts(flow.network)[-1]
        return replace(flow, outputs={**flow.outputs, last: flow.outputs[last] * (1 + excess)})

    monkeypatch.setattr(recompute, "plain_flow", leaking)
    if holds:
        assert check_row(pruning, pruning.certificate, graph, 2, 1e-9).residual == pytest.approx(excess, rel=1e-3)
        return
    with pytest.raises(tp.CertificateError, match=r"^row 2: 'flow'.*a cut differs from it by"):
        check_row(pruning, pruning.certificate, graph, 2, 1e-9)


def test_biases_alone_connect_nothing():
    graph, pruning = honest(5, rule=tp.FlowRule("unit"))
    false = row_forged(pruning, 1, connected=not pruning.trace[1].connected)
    with pytest.raises(tp.CertificateError, match=r"^row 2: 'connected' is stated as False.*it is True"):
        check_row(false, false.certificate, graph, 2, 1e-9)
