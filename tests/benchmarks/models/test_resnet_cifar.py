"""He et al. 2016, section 4.2: exact counts, names as in common trained files, order of the weights."""

import pytest
import torch

from benchmarks.models import resnet_cifar
from benchmarks.models.resnet_cifar import cifar_resnet, resnet20, resnet20_a, resnet1202
from tests.benchmarks.models.counting import Counts, counts, layers_of, on_meta

# depth, option: layers, parameters with 10 and 100 classes, weights and MACs with 10
TABLE = {
    (20, "A"): (20, 269_722, 275_572, 268_336, 40_551_040),
    (20, "B"): (22, 272_474, 278_324, 270_896, 40_813_184),
    (32, "A"): (32, 464_154, 470_004, 461_872, 68_862_592),
    (32, "B"): (34, 466_906, 472_756, 464_432, 69_124_736),
    (44, "A"): (44, 658_586, 664_436, 655_408, 97_174_144),
    (44, "B"): (46, 661_338, 667_188, 657_968, 97_436_288),
    (56, "A"): (56, 853_018, 858_868, 848_944, 125_485_696),
    (56, "B"): (58, 855_770, 861_620, 851_504, 125_747_840),
    (110, "A"): (110, 1_727_962, 1_733_812, 1_719_856, 252_887_680),
    (110, "B"): (112, 1_730_714, 1_736_564, 1_722_416, 253_149_824),
}


def factory(depth, option):
    return getattr(resnet_cifar, f"resnet{depth}{'_a' if option == 'A' else ''}")


@pytest.mark.parametrize(("depth", "option"), TABLE)
def test_ten_classes(depth, option):
    layers, parameters, _, weights, macs = TABLE[depth, option]
    model = on_meta(factory(depth, option))
    assert counts(model) == Counts(layers, parameters, weights, macs)
    assert model.example_shape == (3, 32, 32)


@pytest.mark.parametrize(("depth", "option"), TABLE)
def test_a_hundred_classes(depth, option):
    layers, _, parameters, weights, macs = TABLE[depth, option]
    more = 90 * 64
    model = on_meta(factory(depth, option), classes=100)
    assert counts(model) == Counts(layers, parameters, weights + more, macs + more)


def test_resnet1202_has_the_published_19_4_million():
    model = on_meta(resnet1202)
    weights = [layer.weight.numel() for layer in layers_of(model).values()]
    assert (len(weights), sum(weights)) == (1204, 19_334_192)
    assert sum(p.numel() for p in model.parameters()) == 19_424_026


def test_width_two_is_the_resnet32_of_grasp():
    shapes = [m.weight.shape[0] for m in layers_of(on_meta(cifar_resnet, depth=32, option="B", width=2)).values()]
    assert sorted(set(shapes)) == [10, 32, 64, 128]


def expected_keys():
    """The keys of the common CIFAR ResNet-20 of option A, without the batch counters."""

    def norm(name):
        return [f"{name}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]

    keys = ["conv1.weight", *norm("bn1")]
    for stage in (1, 2, 3):
        for block in (0, 1, 2):
            for i in (1, 2):
                prefix = f"layer{stage}.{block}"
                keys += [f"{prefix}.conv{i}.weight", *norm(f"{prefix}.bn{i}")]
    return [*keys, "linear.weight", "linear.bias"]


def test_the_keys_of_trained_files():
    keys = [key for key in on_meta(resnet20_a).state_dict() if not key.endswith("num_batches_tracked")]
    assert keys == expected_keys()


def test_a_trained_file_loads_strictly():
    shapes = {key: value.shape for key, value in on_meta(resnet20_a).state_dict().items()}
    state = {key: torch.randn(shapes[key]) for key in expected_keys()}
    model = resnet20_a()
    model.load_state_dict(state, strict=True)
    assert all(torch.equal(model.state_dict()[key], value) for key, value in state.items())


def test_the_order_and_shapes_of_the_weights_of_option_b():
    shapes = [tuple(layer.weight.shape) for layer in layers_of(on_meta(resnet20)).values()]
    expected = [(16, 3, 3, 3)] + 6 * [(16, 16, 3, 3)]
    expected += [(32, 16, 3, 3), (32, 32, 3, 3), (32, 16, 1, 1)] + 4 * [(32, 32, 3, 3)]
    expected += [(64, 32, 3, 3), (64, 64, 3, 3), (64, 32, 1, 1)] + 4 * [(64, 64, 3, 3)]
    assert shapes == [*expected, (10, 64)]


def test_the_keys_of_option_b_are_those_of_a_and_the_shortcuts():
    extra = on_meta(resnet20).state_dict().keys() - on_meta(resnet20_a).state_dict().keys()
    parts = ["0.weight", *(f"1.{x}" for x in ("weight", "bias", "running_mean", "running_var"))]
    parts += ["1.num_batches_tracked"]
    assert extra == {f"layer{stage}.0.shortcut.{part}" for stage in (2, 3) for part in parts}


@pytest.mark.parametrize("depth", [2, 18, 21])
def test_a_depth_that_is_not_6n_plus_2_is_an_error(depth):
    with pytest.raises(ValueError, match=f"depth must be 6 n \\+ 2 with n >= 1, got {depth}"):
        cifar_resnet(depth, "B")
