"""The networks of the pruning literature, as small files: factories callable without arguments.

Each factory draws its weights from torch's global generator (call ``torch.manual_seed`` first), takes
options as keywords (``classes=``, most of them ``width=``, and those of `initialise`), and returns a
module with the attribute ``example_shape``. Counts in the docstrings hold for the default options: a
layer is a convolution or linear map, a MAC one multiply-add of these at batch 1.
"""

from collections.abc import Callable

from torch import nn

from benchmarks.models.vgg_cifar import vgg11_bn, vgg13_bn, vgg16_bn, vgg19_bn
from benchmarks.models.vgg_tiny import vgg11_bn_64, vgg16_bn_64, vgg19_bn_64
from benchmarks.models.vgg_imagenet import (
    vgg11_224,
    vgg16_224,
    vgg19_224,
    vgg11_bn_224,
    vgg16_bn_224,
    vgg19_bn_224,
)
from benchmarks.models.resnet_cifar import (
    resnet20,
    resnet32,
    resnet44,
    resnet56,
    resnet110,
    resnet1202,
    resnet20_a,
    resnet32_a,
    resnet44_a,
    resnet56_a,
    resnet110_a,
)
from benchmarks.models.resnet18 import resnet18_32, resnet18_64
from benchmarks.models.resnet_imagenet import resnet18_224, resnet34_224, resnet50_224
from benchmarks.models.lenet import lenet_300_100, lenet5_caffe
from benchmarks.models.digits import digits_mlp, digits_convnet
from benchmarks.models.mobile import mobile_tiny
from benchmarks.models.dense import dense_tiny
from benchmarks.models.grouped import grouped_tiny

MODELS: dict[str, Callable[[], nn.Module]] = {
    "vgg11_bn": vgg11_bn,
    "vgg13_bn": vgg13_bn,
    "vgg16_bn": vgg16_bn,
    "vgg19_bn": vgg19_bn,
    "vgg11_bn_64": vgg11_bn_64,
    "vgg16_bn_64": vgg16_bn_64,
    "vgg19_bn_64": vgg19_bn_64,
    "vgg11_224": vgg11_224,
    "vgg16_224": vgg16_224,
    "vgg19_224": vgg19_224,
    "vgg11_bn_224": vgg11_bn_224,
    "vgg16_bn_224": vgg16_bn_224,
    "vgg19_bn_224": vgg19_bn_224,
    "resnet20": resnet20,
    "resnet32": resnet32,
    "resnet44": resnet44,
    "resnet56": resnet56,
    "resnet110": resnet110,
    "resnet1202": resnet1202,
    "resnet20_a": resnet20_a,
    "resnet32_a": resnet32_a,
    "resnet44_a": resnet44_a,
    "resnet56_a": resnet56_a,
    "resnet110_a": resnet110_a,
    "resnet18_32": resnet18_32,
    "resnet18_64": resnet18_64,
    "resnet18_224": resnet18_224,
    "resnet34_224": resnet34_224,
    "resnet50_224": resnet50_224,
    "lenet_300_100": lenet_300_100,
    "lenet5_caffe": lenet5_caffe,
    "digits_mlp": digits_mlp,
    "digits_convnet": digits_convnet,
    "mobile_tiny": mobile_tiny,
    "dense_tiny": dense_tiny,
    "grouped_tiny": grouped_tiny,
}
"""All factories by name."""

__all__ = [
    "MODELS",
    "vgg11_bn",
    "vgg13_bn",
    "vgg16_bn",
    "vgg19_bn",
    "vgg11_bn_64",
    "vgg16_bn_64",
    "vgg19_bn_64",
    "vgg11_224",
    "vgg16_224",
    "vgg19_224",
    "vgg11_bn_224",
    "vgg16_bn_224",
    "vgg19_bn_224",
    "resnet20",
    "resnet32",
    "resnet44",
    "resnet56",
    "resnet110",
    "resnet1202",
    "resnet20_a",
    "resnet32_a",
    "resnet44_a",
    "resnet56_a",
    "resnet110_a",
    "resnet18_32",
    "resnet18_64",
    "resnet18_224",
    "resnet34_224",
    "resnet50_224",
    "lenet_300_100",
    "lenet5_caffe",
    "digits_mlp",
    "digits_convnet",
    "mobile_tiny",
    "dense_tiny",
    "grouped_tiny",
]
