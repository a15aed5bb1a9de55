"""The amounts of a trace against one another."""

from dataclasses import replace
from math import inf, nan

import pytest

import theoryprune as tp
from tests.masks.test_verify import honest, row_forged
from theoryprune.masks.stated_amounts import check_amounts, check_succession


def test_an_honest_trace_fits_itself():
    for seed in range(5):
        _, pruning = honest(seed)
        check_amounts(pruning.certificate, 1e-9)
        check_succession(pruning, pruning.certificate, 1e-9)


@pytest.mark.parametrize("value", [None, nan, inf, -1.0, 1, "0.5"])
@pytest.mark.parametrize("field", ["flow", "prune_sum", "conservation_residual"])
def test_amounts_are_numbers(field, value):
    false = honest()[1]
    rows = (replace(false.trace[0], **{field: value}), *false.trace[1:])
    with pytest.raises(tp.CertificateError, match=f"^row 1: '{field}' is stated as"):
        check_amounts(replace(false.certificate, rows=rows), 1e-9)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"flow": 1.5}, "flow"),
        ({"exponent": None}, "flow"),
        ({"flushed": -1}, "flushed"),
        ({"layer_totals": None}, "layer_totals"),
        ({"largest_removed": None}, "largest_removed"),
        ({"largest_removed": 0.9}, "largest_removed"),
        ({"smallest_kept": 0.0}, "smallest_kept"),
        ({"prune_sum": 100.0}, "prune_sum"),
        ({"conservation_residual": 1e-3}, "conservation_residual"),
    ],
)
def test_fields_that_do_not_fit(change, field):
    false = row_forged(honest()[1], 0, **change) if change.get("exponent", 0) == 0 else None
    rows = (replace(honest()[1].trace[0], **change), *honest()[1].trace[1:])
    certificate = false.certificate if false else replace(honest()[1].certificate, rows=rows)
    with pytest.raises(tp.CertificateError, match=f"^row 1: '{field}' is stated as"):
        check_amounts(certificate, 1e-9)


def test_theorem_3_from_row_to_row():
    _, pruning = honest()
    row = pruning.trace[2]
    false = row_forged(pruning, 2, exponent=row.exponent + 6)
    with pytest.raises(tp.CertificateError, match=r"^row 3: 'flow_lower_bound_next'"):
        check_succession(false, false.certificate, 1e-9)


def test_where_the_path_was_lost():
    _, pruning = honest()
    with pytest.raises(tp.CertificateError, match="'collapsed_at' is stated as 2"):
        check_succession(replace(pruning, collapsed_at=2), pruning.certificate, 1e-9)
    false = row_forged(pruning, 1, connected=False)
    with pytest.raises(tp.CertificateError, match=r"^row 2: 'connected'"):
        check_succession(false, false.certificate, 1e-9)
