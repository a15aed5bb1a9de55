"""VGG-BN at 32x32: exact counts with 10 and 100 classes, with and without biases; order of the weights."""

import pytest

from benchmarks.models.vgg_cifar import vgg11_bn, vgg13_bn, vgg16_bn, vgg19_bn
from tests.benchmarks.models.counting import Counts, counts, layers_of, on_meta

TABLE = [
    (vgg11_bn, 10, Counts(9, 9_231_114, 9_222_848, 152_769_536)),
    (vgg11_bn, 100, Counts(9, 9_277_284, 9_268_928, 152_815_616)),
    (vgg13_bn, 10, Counts(11, 9_416_010, 9_407_168, 228_267_008)),
    (vgg13_bn, 100, Counts(11, 9_462_180, 9_453_248, 228_313_088)),
    (vgg16_bn, 10, Counts(14, 14_728_266, 14_715_584, 313_201_664)),
    (vgg16_bn, 100, Counts(14, 14_774_436, 14_761_664, 313_247_744)),
    (vgg19_bn, 10, Counts(17, 20_040_522, 20_024_000, 398_136_320)),
    (vgg19_bn, 100, Counts(17, 20_086_692, 20_070_080, 398_182_400)),
]
WITHOUT_BIASES = [(vgg11_bn, 9_228_362), (vgg16_bn, 14_724_042), (vgg19_bn, 20_035_018)]


@pytest.mark.parametrize(("factory", "classes", "expected"), TABLE)
def test_counts(factory, classes, expected):
    model = on_meta(factory, classes=classes)
    assert counts(model) == expected
    assert model.example_shape == (3, 32, 32)


@pytest.mark.parametrize(("factory", "parameters"), WITHOUT_BIASES)
def test_without_biases_of_the_convolutions(factory, parameters):
    with_biases = counts(on_meta(factory))
    assert counts(on_meta(factory, conv_bias=False)) == with_biases._replace(parameters=parameters)


def test_the_order_and_shapes_of_the_weights():
    layers = layers_of(on_meta(vgg11_bn))
    assert [tuple(layer.weight.shape) for layer in layers.values()] == [
        (64, 3, 3, 3),
        (128, 64, 3, 3),
        (256, 128, 3, 3),
        (256, 256, 3, 3),
        (512, 256, 3, 3),
        (512, 512, 3, 3),
        (512, 512, 3, 3),
        (512, 512, 3, 3),
        (10, 512),
    ]
    assert list(layers)[:3] == ["features.0", "features.4", "features.8"]
    assert list(layers)[-1] == "classifier"
