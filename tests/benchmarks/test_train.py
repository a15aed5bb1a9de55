import torch

from benchmarks.digits import Images, digits
from benchmarks.models import digits_mlp
from benchmarks.train import accuracy, train


def trained(seed: int) -> tuple[torch.nn.Module, Images]:
    training, test = digits()
    torch.manual_seed(0)
    model = digits_mlp()
    train(model, training, seed=seed, epochs=3)
    return model, test


def test_three_epochs_learn_most_digits():
    model, test = trained(0)
    assert accuracy(model, test) > 0.8


def test_one_seed_gives_one_result():
    first, second, other = (trained(seed)[0].state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_accuracy_counts_right_answers_and_leaves_the_model_in_evaluation_mode():
    images = Images(torch.eye(3).reshape(3, 1, 1, 3), torch.tensor([0, 1, 0]))
    model = torch.nn.Flatten()
    assert accuracy(model, images) == torch.tensor(2 / 3).item()
    assert not model.training
