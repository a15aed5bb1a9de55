"""The search counts what it tried, and a false certificate does not pass."""

from dataclasses import replace

import pytest

from benchmarks.coresets import soundness
from benchmarks.coresets.layers import KINDS
from benchmarks.coresets.options import Options
from benchmarks.coresets.soundness import dense_case, dense_cases, dense_report, judge
from benchmarks.models import digits_mlp


def test_a_small_search():
    report = dense_report(len(KINDS))
    assert [row["cases"] for row in report.rows] == [1] * len(KINDS)
    assert report.failures == ()
    assert "8 cases tried, 0 violations" in report.title


def test_a_case_is_drawn_again_by_its_number():
    one, two = (dense_case(5, "gauss", "merge") for _ in range(2))
    assert one.certificate.digest == two.certificate.digest
    assert judge(one)[0] == judge(two)[0]


def test_all_constructions_come_up():
    numbers = [(number, KINDS[number % 8]) for number in range(0, 112, 8)]
    assert len(numbers) == len(soundness.CONSTRUCTIONS)


@pytest.mark.parametrize("number", [0, 3, 5])
def test_a_false_gain_is_found(number):
    case = dense_case(number, "gauss", "norm")
    share, problems = judge(case)
    assert problems == []
    gains = case.certificate.gains
    low = replace(gains, triangle=gains.best * share * 0.99)
    false = replace(case, certificate=replace(case.certificate, gains=low, observed=0.0))
    assert any(problem.startswith("gain") for problem in judge(false)[1])


def test_a_false_error_on_a_ball_is_found():
    case = next(case for case in dense_cases(40) if case.certificate.error)
    false = replace(case.certificate, error=case.certificate.error * 1e-3)
    assert any("ball" in problem for problem in judge(replace(case, certificate=false))[1])


def test_a_violation_is_a_failure(monkeypatch):
    monkeypatch.setattr(soundness, "judge", lambda case: (1.5, ["gain 1, but 1.5"]))
    report = dense_report(2)
    assert len(report.failures) == 2
    assert "2 violations" in report.title


def test_the_networks_are_those_that_are_there(tmp_path, monkeypatch):
    monkeypatch.setattr(soundness, "trained", lambda images, weight_decay, seed: digits_mlp(hidden=(6, 5)))
    monkeypatch.setattr(soundness, "trained_efficientnet", missing)
    assert list(soundness._networks(Options(data=tmp_path))) == ["digits_mlp"]


def missing():
    raise ModuleNotFoundError


def test_all_searches_are_run(monkeypatch):
    monkeypatch.setattr(soundness, "_networks", lambda options: {})
    titles = [report.title for report in soundness.measure(Options(cases=2))]
    assert [title.split(":")[0] for title in titles] == [
        "Adversarial search over random dense layers",
        "Adversarial search over random convolutions",
        "Known gains",
        "Adversarial search over groups of trained networks",
    ]
