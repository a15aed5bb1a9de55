"""One row computed again."""

import pytest

import theoryprune as tp
from tests.masks.test_stated_schedule import limited
from tests.masks.test_verify import forged, honest, row_forged
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
