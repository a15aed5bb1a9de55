"""What is stated of a run, without any evaluation."""

import pytest

import theoryprune as tp
from tests.masks.test_verify import forged, honest
from theoryprune.masks.stated import check_stated


def test_an_honest_run_passes_and_gives_the_tolerance():
    graph, pruning = honest()
    assert check_stated(pruning, pruning.certificate, graph) == 1e-9


@pytest.mark.parametrize(
    ("field", "value"), [("effective", 1), ("chain", True), ("exact_cuts", ()), ("gamma", 0.0), ("protect", ("x",))]
)
def test_facts_about_the_network_need_no_evaluation(field, value):
    graph, pruning = honest()
    false = forged(pruning, **{field: value})
    with pytest.raises(tp.CertificateError, match=f"the run: '{field}' is stated as"):
        check_stated(false, false.certificate, graph)
