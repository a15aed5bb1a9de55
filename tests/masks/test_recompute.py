"""One row computed again."""

import pytest

import theoryprune as tp
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


def test_an_adaptive_step_takes_no_more_than_its_part():
    graph, pruning = honest(3)
    ratio = pruning.trace[2].ratio
    cases = [(form, part) for form in ("adaptive({})", "guarded(exponential(9), {})") for part in (1.01, 0.99)]
    for form, part in cases:
        holds, false = part > 1, forged(pruning, schedule=form.format(ratio * part))
        if holds:
            check_row(false, false.certificate, graph, 3, 1e-9)
        else:
            with pytest.raises(tp.CertificateError, match=r"^row 3: 'prune_sum'.*allows less of the flow"):
                check_row(false, false.certificate, graph, 3, 1e-9)
