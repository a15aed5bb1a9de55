"""Running the command inside the test process, on small models in files of their own."""

import json
from dataclasses import dataclass

import pytest

from theoryprune.cli import main

MODELS = '''
"""Small models."""
import torch
from torch import nn


def net():
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3))


def shaped():
    model = net()
    model.example_shape = (6,)
    return model


def conv():
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))
    model.example_shape = (2, 6, 6)
    return model


class Shaped(nn.Linear):
    example_shape = (4,)

    def __init__(self):
        super().__init__(4, 3)


class Half(Shaped):
    def __init__(self):
        super().__init__()
        self.half().train()


class Strange(Shaped):
    def forward(self, x):
        return torch.fft.fft(x).abs()


instance = Shaped()
number = 3


def wrong():
    return 3


def needs(argument):
    return net()


def raises():
    raise ValueError("the user's own mistake")
'''


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out, parse_constant=lambda constant: 1 / 0)


def run(capfd, *args):
    """Run the command and return what a shell would see."""
    try:
        code = main([str(arg) for arg in args])
    except SystemExit as stop:
        code = stop.code
    return Result(code, *capfd.readouterr())


def usable_models(tmp_path, monkeypatch):
    """Put the models into a file in an empty current folder, and return its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    (tmp_path / "nets.py").write_text(MODELS)
    return "nets.py"


def run_folder(place, *args):
    """Let the command write a run folder beside the models, once for the tests that get copies of it."""
    with pytest.MonkeyPatch.context() as patch:
        usable_models(place, patch)
        assert main([*args, "--out", "run"]) == 0
    return place / "run"
