from benchmarks.coresets import known_answers
from benchmarks.coresets.known_answers import known_report


def test_known_gains_are_certified():
    report = known_report(draws=2)
    assert report.failures == ()
    assert [row["n"] for row in report.rows] == [2, 2, 2]


def test_a_missed_one_is_a_failure(monkeypatch):
    monkeypatch.setattr(known_answers, "linear", lambda rng: -1e-12)
    assert len(known_report(draws=1).failures) == 1
