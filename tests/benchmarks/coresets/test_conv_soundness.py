"""Convolutions are attacked as matrices, and a false certificate does not pass."""

from dataclasses import replace

from benchmarks.coresets import conv_soundness
from benchmarks.coresets.conv_soundness import KINDS, conv_case, conv_report


def test_a_small_search():
    report = conv_report(len(KINDS))
    assert [row["cases"] for row in report.rows] == [1] * len(KINDS)
    assert report.failures == ()
    assert "6 cases tried, 0 violations" in report.title


def lowered(factor):
    true = conv_soundness.certify_conv_layer

    def certify(*arguments, **options):
        found = true(*arguments, **options)
        gains = replace(found.gains, triangle=found.observed * factor)
        return replace(found, gains=gains, observed=0.0, constant=0.0)

    return certify


def test_a_false_gain_is_found_and_rejected(monkeypatch):
    numbers = [number for number in range(0, 60, 6) if conv_case(number, "gauss")[0] > 0][:2]
    monkeypatch.setattr(conv_soundness, "certify_conv_layer", lowered(0.9))
    for number in numbers:
        _, problems, accepted = conv_case(number, "gauss")
        assert problems
        assert not accepted


def test_a_rejected_certificate_is_a_failure(monkeypatch):
    monkeypatch.setattr(conv_soundness, "conv_case", lambda number, kind: (0.5, [], False))
    report = conv_report(2)
    assert [row["rejected"] for row in report.rows] == [1, 1]
    assert report.failures[0] == "convolution 0 (gauss): the checker rejects the certificate"
