import pytest

from benchmarks.models.resnet_small import small_resnet
from tests.benchmarks.models.counting import batch, layers_of, on_meta


def build(**options):
    arguments = {"stages": [(1, 4), (2, 6), (1, 8)], "option": "B", "example_shape": (1, 9, 9), "classes": 5}
    return on_meta(small_resnet, **arguments | options)


def test_stages_halve_the_image_from_the_second_on():
    model = build()
    x, sides = batch(model, 2), []
    for name, layer in model.named_children():
        x = layer(x)
        if name.startswith("layer"):
            sides.append(tuple(x.shape[1:]))
    assert sides == [(4, 9, 9), (6, 5, 5), (8, 3, 3)]
    assert x.shape == (2, 5)


def test_the_shortcut_comes_after_the_convolutions_of_its_block():
    names = ["conv1", "layer1.0.conv1", "layer1.0.conv2"]
    names += ["layer2.0.conv1", "layer2.0.conv2", "layer2.0.shortcut.0", "layer2.1.conv1", "layer2.1.conv2"]
    names += ["layer3.0.conv1", "layer3.0.conv2", "layer3.0.shortcut.0", "linear"]
    assert list(layers_of(build())) == names
    assert list(layers_of(build(option="A"))) == [name for name in names if "shortcut" not in name]


def test_an_unknown_option_is_an_error():
    with pytest.raises(ValueError, match="option must be one of A, B, got 'C'"):
        build(option="C")
