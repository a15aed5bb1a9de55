from benchmarks.coresets.spread import mean_spread, spread


def test_the_median_with_its_range():
    assert spread([3.0, 1.0, 2.0]) == "2 (1-3)"
    assert spread([0.12345]) == "0.123"


def test_the_mean_with_the_deviation_of_a_sample():
    assert mean_spread([0.9, 1.0, 1.1]) == "1.000 ± 0.100"
    assert mean_spread([0.5], digits=2) == "0.50"
