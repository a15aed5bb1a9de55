"""Layers with weights come back as the modules they were, or as the bare tensors that they were."""

import torch
from torch import nn
from torch.nn import functional

import theoryprune as tp


def test_weights_outside_a_module_of_their_own_keep_their_names():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.kernel, self.matrix = nn.Parameter(torch.randn(2, 1, 3, 3)), nn.Parameter(torch.randn(3, 2))
            self.scale = nn.Parameter(torch.tensor(2.0))
            self.register_buffer("offset", torch.randn(2, 1, 1))

        def forward(self, x):
            x = functional.conv2d(x, self.kernel, stride=2) * self.scale + self.offset
            return functional.linear(x.mean((2, 3)), self.matrix)

    model = Functional()
    module = tp.to_module(tp.extract(model, (1, 7, 7)))
    x = torch.randn(2, 1, 7, 7)
    assert torch.equal(module(x), model(x))
    assert set(dict(module.named_parameters())) == {"kernel", "matrix", "scale"}
    assert set(dict(module.named_buffers())) == {"offset"}


def test_frozen_parameters_stay_frozen():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    net[0].requires_grad_(False)
    module = tp.to_module(tp.extract(net, (2,)))
    assert {name for name, p in module.named_parameters() if not p.requires_grad} == {"0.weight", "0.bias"}


def test_cumulative_batch_statistics_still_move():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3, momentum=None))
    module = tp.to_module(tp.extract(net, (2,))).train()
    module(torch.randn(16, 2))
    assert module.get_submodule("1").running_mean.abs().sum() > 0


def test_modules_have_the_settings_and_tensors_of_their_records():
    torch.manual_seed(0)
    conv, norm = nn.Conv2d(4, 6, (3, 2), stride=2, padding=1, groups=2, bias=False), nn.BatchNorm2d(6, eps=0.1)
    module = tp.to_module(tp.extract(nn.Sequential(conv, norm), (4, 9, 9)))
    for name, before in (("0", conv), ("1", norm)):
        after = module.get_submodule(name)
        assert repr(after) == repr(before)
        assert list(after.state_dict()) == list(before.state_dict())
        assert all(torch.equal(after.state_dict()[key], value) for key, value in before.state_dict().items())
