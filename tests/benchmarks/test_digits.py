import torch

from benchmarks.digits import digits


def test_the_split_is_stratified_complete_and_always_the_same():
    training, test = digits()
    assert (len(training), len(test)) == (1_078, 719)
    assert training.x.shape[1:] == (1, 8, 8)
    counts = torch.bincount(training.y), torch.bincount(test.y)
    shares = [count / count.sum() for count in counts]
    assert (shares[0] - shares[1]).abs().max() < 0.01
    assert torch.equal(digits()[1].y, test.y)


def test_pixels_are_scaled_to_the_unit_interval():
    training, _ = digits()
    assert training.x.min() == 0
    assert training.x.max() == 1
