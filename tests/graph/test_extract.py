"""Extraction: bit for bit, pure, and with a refusal that names everything at once."""

import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import prune

import theoryprune as tp
from benchmarks.models import MODELS
from tests.small import Written, normal, same, with_statistics, witness

HUGE = {"vgg11_224", "vgg16_224", "vgg19_224", "vgg11_bn_224", "vgg16_bn_224", "vgg19_bn_224", "resnet1202"}
LARGE = HUGE | {"vgg16_bn", "vgg19_bn", "vgg19_bn_64", "resnet50_224", "resnet110", "resnet110_a"}
LARGE |= {"vgg13_bn", "vgg16_bn_64", "resnet34_224"}  # and what only repeats the blocks of a smaller one
LARGE |= {f"resnet{depth}{shortcut}" for depth in (32, 44, 56) for shortcut in ("", "_a")}


def equal(graph, model, shape, n):
    """The extraction law; where the model overflows, NaN stands where NaN stands."""
    x = normal(n, *shape, seed=n, dtype=graph.dtype)
    with torch.no_grad():
        expected = model.eval()(x.clone())
    return torch.equal(tp.forward(graph, x).nan_to_num(7.0), expected.nan_to_num(7.0))


def check(model, shape, batches=(1, 3)):
    """The law and purity at once: extract, compare, and hold the model against what it was."""
    before = witness(model)
    graph = tp.extract(model, shape)
    assert same(before, witness(model))
    assert all(equal(graph, model, shape, n) for n in batches)
    return graph


def refused(model, shape, *names, error=tp.UnsupportedLayerError):
    """Extraction fails with a message that holds all `names`, and leaves the model as it was."""
    before = witness(model)
    with pytest.raises(error) as caught:
        tp.extract(model, shape)
    assert same(before, witness(model))
    missing = [name for name in names if name not in str(caught.value)]
    assert not missing, f"{missing} missing in: {caught.value}"
    return str(caught.value)


def conv(channels, out, kernel=3, **options):
    return nn.Conv2d(channels, out, kernel, padding=kernel // 2, **options)


# The benchmark models.


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in MODELS]
)
def test_the_law_on_the_benchmark_models(name):
    torch.manual_seed(0)
    model = with_statistics(MODELS[name]())
    shape = model.example_shape
    for dtype in (torch.float32,) if name in HUGE else (torch.float32, torch.float64):
        graph = tp.extract(model.to(dtype).train(), shape)
        assert equal(graph, model, shape, 1 if shape[-1] > 64 else 3)
        weights = [key for key in model.state_dict() if key in graph.weights]
        assert list(graph.order) == weights
        assert graph.num_weights == sum(model.state_dict()[key].numel() for key in weights)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize(
    "name", ["digits_convnet", "digits_mlp", "lenet5_caffe", "mobile_tiny", "dense_tiny", "grouped_tiny"]
)
def test_trap_083_the_law_in_half_precision(name, dtype):
    model = with_statistics(MODELS[name]()).to(dtype)
    assert check(model, model.example_shape).dtype == dtype


@pytest.mark.parametrize("name", ["digits_convnet", "resnet20_a", "mobile_tiny"])
def test_the_law_with_channels_last_weights(name):
    model = with_statistics(MODELS[name]()).to(memory_format=torch.channels_last)
    graph = check(model, model.example_shape)
    x = normal(3, *model.example_shape, dtype=torch.float32).to(memory_format=torch.channels_last)
    with torch.no_grad():
        assert torch.equal(tp.forward(graph, x), model.eval()(x))
    assert all(graph.weights[k].stride() == v.stride() for k, v in model.state_dict().items() if k in graph.weights)


def test_the_meta_device_gives_shapes_and_counts():
    with torch.device("meta"):
        model = MODELS["vgg16_bn_224"]()
    graph = tp.extract(model, model.example_shape)
    assert graph.device.type == "meta"
    assert graph.num_weights == 138_344_128
    assert graph.shapes[graph.output] == (1000,)


# The thirteen small architectures.


def residual(m, x):
    y = F.relu(m.bn1(m.conv1(x)))
    y = F.relu(y + m.bn2(m.conv2(y)))
    z = F.relu(m.conv3(y) + m.short(y))
    return m.fc(z.mean((2, 3)))


def no_grad_block(m, x):
    with torch.no_grad():
        y = F.relu(m.a(x))
        with torch.enable_grad():
            y = m.b(y)
        z = m.c(F.relu(y))
    return m.d(z) + F.relu(y)


def flattened(m, x):
    return m.fc(torch.flatten(F.relu(m.c(x)), 1))


SMALL = {
    "01 residual": Written(
        residual,
        conv1=conv(3, 8),
        bn1=nn.BatchNorm2d(8),
        conv2=conv(8, 8),
        bn2=nn.BatchNorm2d(8),
        conv3=conv(8, 16, stride=2),
        short=nn.Conv2d(8, 16, 1, stride=2),
        fc=nn.Linear(16, 5),
    ),
    "02 cat of two branches": Written(
        lambda m, x: m.c(torch.cat([m.a(x), F.relu(m.b(x))], 1)), a=conv(3, 4), b=conv(3, 5), c=conv(9, 2)
    ),
    "03 cat of one tensor twice": Written(lambda m, x: m.c(torch.cat([y := m.a(x), y], 1)), a=conv(3, 4), c=conv(8, 2)),
    "04 groups": nn.Sequential(conv(3, 8), nn.ReLU(), conv(8, 8, groups=4), nn.ReLU(), conv(8, 2)),
    "05 depthwise, pointwise": nn.Sequential(conv(3, 8), conv(8, 8, groups=8), nn.ReLU6(), conv(8, 5, 1)),
    "06 flatten, linear": Written(flattened, c=conv(3, 4), fc=nn.Linear(4 * 36, 5)),
    "07 frozen": nn.Sequential(conv(3, 4).requires_grad_(False), nn.ReLU(), conv(4, 2)),
    "08 no_grad block": Written(no_grad_block, a=conv(3, 4), b=conv(4, 4), c=conv(4, 4), d=conv(4, 4)),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", SMALL)
def test_the_small_architectures_bit_for_bit(name, dtype):
    check(with_statistics(SMALL[name]).to(dtype), (3, 6, 6))


def test_trap_067_frozen_and_no_grad_layers_are_prunable_like_any_other():
    frozen = tp.extract(SMALL["07 frozen"], (3, 6, 6))
    assert list(frozen.weights) == ["0.weight", "2.weight"]
    assert {"0.weight", "0.bias"} <= frozen.frozen
    assert frozen.frozen.isdisjoint({"2.weight", "2.bias"})
    assert list(tp.extract(SMALL["08 no_grad block"], (3, 6, 6)).weights) == [f"{k}.weight" for k in "abcd"]


def test_trap_070_a_module_called_twice_is_refused():
    model = Written(lambda m, x: m.out(m.fc(F.relu(m.fc(x)))), fc=nn.Linear(4, 4), out=nn.Linear(4, 2))
    refused(model, (4,), "fc (Linear)", "fc.weight, fc.bias", "used 2 times", "module of its own")


def test_trap_070_tied_weights_are_refused():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
    model[2].weight = model[0].weight
    refused(model, (4,), "0.weight and 2.weight", "copy of its own")


def test_weights_that_share_memory_only_are_refused():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
    model[2].weight.data = model[0].weight.data
    refused(model, (4,), "0.weight and 2.weight")


def test_a_shared_activation_module_is_welcome():
    act = nn.ReLU()
    check(nn.Sequential(nn.Linear(4, 4), act, nn.Linear(4, 4), act), (4,))


def test_trap_065_attention_is_refused_by_module():
    model = Written(lambda m, x: m.attention(x, x, x)[0], attention=nn.MultiheadAttention(4, 2, batch_first=True))
    refused(model, (5, 4), "attention (MultiheadAttention)", "bmm", "attention)", "Remedy")


def test_fused_attention_is_refused():
    def attend(m, x):
        q, k, v = m.qkv(x).chunk(3, -1)
        return F.scaled_dot_product_attention(q, k, v)

    model = Written(attend, qkv=nn.Linear(4, 12))
    text = refused(model, (5, 4), "qkv (Linear)", "chunk", "scaled_dot_product_attention", "kernel size 1")
    assert "getitem" not in text


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_trap_066_recurrent_layers_are_refused_by_module(kind):
    model = Written(lambda m, x: m.memory(x)[0], memory=kind(4, 3, batch_first=True))
    refused(model, (5, 4), f"memory ({kind.__name__})", "recurrent layers are not supported")
    assert model(torch.zeros(2, 5, 4)).shape == (2, 5, 3)


def test_trap_068_a_branch_on_the_data_is_refused_with_its_line(capfd):
    def branch(m, x):
        if x.sum() > 0:  # the line to name
            return m.fc(x)
        return m.fc(2 * x)

    refused(Written(branch, fc=nn.Linear(4, 2)), (4,), "depends on the data", "if x.sum() > 0", "test_extract.py")
    assert capfd.readouterr() == ("", "")


def test_a_scalar_taken_out_of_the_data_is_refused():
    refused(Written(lambda m, x: m.fc(x) * x.mean().item(), fc=nn.Linear(4, 2)), (4,), "item: it takes a scalar out")


# In-place operators and aliases.


def stale_view(m, x):
    y = m.fc(x)
    v = y.view(y.size(0), -1)
    y += 1
    return m.out(v)


def stale_base(m, x):
    y = m.fc(x)
    v = y.view(y.size(0), -1)
    v += 1
    return m.out(y)


def stale_dropout(m, x):
    y = m.fc(x)
    v = F.dropout(y, training=m.training)
    v += 1
    return m.out(y)


def stale_slice(m, x):
    y = m.fc(x)
    y[:, 0] = 0
    return m.out(y)


def stale_input(m, x):
    v = x.view(x.size(0), -1)
    v.relu_()
    return m.out(m.fc(x))


def stale_under_no_grad(m, x):
    y = m.fc(x)
    with torch.no_grad():
        v = y.view(y.size(0), -1)
        v.mul_(2)
    return m.out(y)


@pytest.mark.parametrize(
    "function", [stale_view, stale_base, stale_dropout, stale_slice, stale_input, stale_under_no_grad]
)
def test_an_alias_read_after_an_inplace_write_is_refused(function):
    refused(Written(function, fc=nn.Linear(4, 4), out=nn.Linear(4, 2)), (4,), "in place", "use the out-of-place")


def test_items_of_a_list_of_views_are_aliases_too():
    def halves(m, x):
        with torch.no_grad():
            y = m.fc(x)
            y.chunk(2, 1)[0].mul_(3)
        return m.out(y)

    refused(Written(halves, fc=nn.Linear(4, 4), out=nn.Linear(4, 2)), (4,), error=Exception)


def relu_chain(m, x):
    return m.out(F.relu_(F.relu_(m.fc(x)).add_(1)))


def inplace_residual(m, x):
    y = m.fc(x)
    y += x
    return m.out(F.relu(y, inplace=True))


def write_then_view(m, x):
    y = m.fc(x)
    y += 1
    return m.out(y.view(y.size(0), -1))


def view_read_before_the_write(m, x):
    y = m.fc(x)
    z = m.out(y.view(y.size(0), -1))
    y.mul_(2)
    return z + m.out2(y)


def write_to_the_input(m, x):
    return m.out(m.fc(x.relu_()) + x)


@pytest.mark.parametrize(
    "function", [relu_chain, inplace_residual, write_then_view, view_read_before_the_write, write_to_the_input]
)
def test_harmless_inplace_operators_are_welcome(function):
    graph = check(Written(function, fc=nn.Linear(4, 4), out=nn.Linear(4, 4), out2=nn.Linear(4, 4)), (4,))
    x = normal(2, 4, dtype=torch.float32)
    tp.forward(graph, x)
    assert torch.equal(x, normal(2, 4, dtype=torch.float32))


@pytest.mark.parametrize("persistent", [True, False])
@pytest.mark.parametrize("through_view", [True, False])
def test_writes_to_buffers_are_refused(persistent, through_view):
    def count(m, x):
        y = m.fc(x) * m.calls
        (m.calls.view(-1) if through_view else m.calls).add_(1)
        return y

    model = Written(count, fc=nn.Linear(4, 4))
    model.register_buffer("calls", torch.ones(4), persistent=persistent)
    refused(model, (4,), "add_: it writes to 'calls'")


def test_state_kept_in_an_attribute_is_refused_and_removed():
    def remember(m, x):
        m.last = m.fc(x)
        return m.last * 2

    model = Written(remember, fc=nn.Linear(4, 4))
    refused(model, (4,), "last: it is assigned in forward")
    assert not hasattr(model, "last")


def test_counters_and_lists_of_the_model_are_put_back():
    def record(m, x):
        m.calls += 1
        m.seen.append(m.calls)
        return m.fc(x)

    model = Written(record, fc=nn.Linear(4, 4))
    model.calls, model.seen = 0, []
    tp.extract(model, (4,))
    assert (model.calls, model.seen) == (0, [])


# Other refusals.


def masked(m, x):
    return F.linear(x, m.fc.weight * m.mask)


@pytest.mark.parametrize(
    ("function", "parts", "shape", "names"),
    [
        (lambda m, x: m.norm(x), {"norm": nn.LayerNorm(4)}, (4,), ["norm (LayerNorm)", "batch norm"]),
        (lambda m, x: m.norm(x), {"norm": nn.GroupNorm(2, 4)}, (4, 3, 3), ["norm (GroupNorm)", "batch norm"]),
        (lambda m, x: m.norm(x), {"norm": nn.InstanceNorm2d(4)}, (4, 3, 3), ["norm (InstanceNorm2d)"]),
        (
            lambda m, x: m.norm(x),
            {"norm": nn.BatchNorm2d(4, track_running_stats=False)},
            (4, 3, 3),
            ["norm (BatchNorm2d)", "track_running_stats=True"],
        ),
        (lambda m, x: m.t(x), {"t": nn.ConvTranspose2d(3, 4, 2)}, (3, 5, 5), ["t (ConvTranspose2d)", "transposed"]),
        (lambda m, x: F.pad(m.fc(x), (1, 1), value=1), {"fc": nn.Linear(4, 2)}, (4,), ["pad", "value 1", "zeros"]),
        (lambda m, x: F.pad(m.fc(x), (-1, 0)), {"fc": nn.Linear(4, 2)}, (4,), ["pad", "slicing"]),
        (lambda m, x: m.fc(x.softmax(1)), {"fc": nn.Linear(4, 2)}, (4,), ["softmax", "last layer"]),
        (lambda m, x: m.fc(x).softmax(0), {"fc": nn.Linear(4, 2)}, (4,), ["softmax", "axis 1"]),
        (lambda m, x: m.fc(x) * x, {"fc": nn.Linear(4, 4)}, (4,), ["mul", "two activations"]),
        (lambda m, x: m.fc(x) / x, {"fc": nn.Linear(4, 4)}, (4,), ["div", "two activations"]),
        (lambda m, x: m.fc(x) * x.size(0), {"fc": nn.Linear(4, 4)}, (4,), ["mul", "forward computes"]),
        (lambda m, x: 1 - m.fc(x), {"fc": nn.Linear(4, 4)}, (4,), ["rsub", "-x + constant"]),
        (lambda m, x: torch.add(m.b, m.fc(x), alpha=2), {"fc": nn.Linear(4, 4), "b": torch.ones(4)}, (4,), ["alpha *"]),
        (lambda m, x: m.b - m.fc(x), {"fc": nn.Linear(4, 4), "b": torch.ones(4)}, (4,), ["sub", "subtracts from"]),
        (lambda m, x: m.c(x) * m.p, {"c": conv(3, 2), "p": torch.ones(5, 5)}, (3, 5, 5), ["mul", "per channel"]),
        (lambda m, x: m.c(x) + m.c(x).mean((2, 3), keepdim=True), {"c": conv(3, 2)}, (3, 5, 5), ["broadcasts"]),
        (lambda m, x: m.fc(x).squeeze(), {"fc": nn.Linear(4, 1)}, (4,), ["squeeze", "one example"]),
        (lambda m, x: m.fc(x).squeeze(0), {"fc": nn.Linear(4, 1)}, (4,), ["squeeze", "one example"]),
        (lambda m, x: m.fc(x).t(), {"fc": nn.Linear(4, 4)}, (4,), ["t:", "axes"]),
        (lambda m, x: m.fc(x)[:-1], {"fc": nn.Linear(4, 4)}, (4,), ["batch"]),
        (lambda m, x: m.fc(x)[:, 0], {"fc": nn.Linear(4, 4)}, (4,), ["select", "slice instead"]),
        (lambda m, x: m.fc(x).mean(1), {"fc": nn.Linear(4, 4)}, (4,), ["mean", "spatial axes only"]),
        (lambda m, x: m.fc(x).mean(), {"fc": nn.Linear(4, 4)}, (4,), ["mean", "batch included"]),
        (lambda m, x: torch.cat([m.fc(x), x], 0), {"fc": nn.Linear(4, 4)}, (4,), ["cat", "batch axis"]),
        (lambda m, x: torch.cat([m.c(x), m.c(x)], 2), {"c": conv(3, 2)}, (3, 5, 5), ["cat", "axis 1"]),
        (lambda m, x: torch.cat([m.fc(x), torch.zeros(x.size(0), 1)], 1), {"fc": nn.Linear(4, 4)}, (4,), ["pad"]),
        (lambda m, x: m.fc(x).double(), {"fc": nn.Linear(4, 4)}, (4,), ["to", "number format"]),
        (lambda m, x: F.dropout(m.fc(x)), {"fc": nn.Linear(4, 4)}, (4,), ["dropout", "self.training"]),
        (lambda m, x: m.c(x).view(x.size(0), 25, 2), {"c": conv(3, 2)}, (3, 5, 5), ["view", "no flattening"]),
        (lambda m, x: m.fc(x), {"fc": nn.Linear(4, 2)}, (3, 4), ["linear", "kernel size 1"]),
        (lambda m, x: x @ m.w, {"w": torch.ones(4, 2)}, (4,), ["matmul", "nn.Linear"]),
        (masked, {"fc": nn.Linear(4, 2), "mask": torch.ones(2, 4)}, (4,), ["its weight is co"]),
        (lambda m, x: F.hardswish(m.fc(x)), {"fc": nn.Linear(4, 2)}, (4,), ["operator 'hardswish'"]),
        (lambda m, x: {"y": m.fc(x)}, {"fc": nn.Linear(4, 2)}, (4,), ["it returns a dict of 1", "wrap the model"]),
        (lambda m, x: (m.fc(x),), {"fc": nn.Linear(4, 2)}, (4,), ["it returns a tuple of 1", "wrap the model"]),
        (lambda m, x: (m.fc(x), x.size(0)), {"fc": nn.Linear(4, 2)}, (4,), ["it returns a tuple of 2"]),
        (lambda m, x: [m.fc(x), x], {"fc": nn.Linear(4, 2)}, (4,), ["it returns a list of 2"]),
        (lambda m, x: x, {}, (4,), ["nothing to prune"]),
        (lambda m, x: m.fc.weight, {"fc": nn.Linear(4, 2)}, (4,), ["nothing to prune"]),
    ],
)  # fmt: skip
def test_what_has_no_record_is_refused_by_name(function, parts, shape, names):
    refused(Written(function, **parts), shape, *names, "Remedy: ")


@pytest.mark.parametrize("mode", ["circular", "reflect", "replicate"])
def test_trap_080_other_padding_modes_are_refused(mode):
    model = nn.Sequential(conv(3, 4, padding_mode=mode))
    refused(model, (3, 5, 5), "0 (Conv2d)", f"pads with mode '{mode}'", "pad with zeros")


def test_trap_073_all_offenders_are_named_at_once():
    def three(m, x):
        y = F.pad(m.norm(m.c(x)), (1, 1, 1, 1), mode="circular")
        y = F.softmax(F.hardswish(m.late(y)), 1)
        return m.fc(y.mean((2, 3)))

    model = Written(three, c=conv(3, 4), norm=nn.LayerNorm(5), late=conv(4, 4), fc=nn.Linear(4, 2))
    text = refused(model, (3, 5, 5), "norm (LayerNorm)", "mode 'circular'", "hardswish", "softmax elsewhere")
    assert text.index("norm (LayerNorm)") < text.index("hardswish")
    assert text.count("\n") == text.count("Remedy: ") == 4


def test_offenders_of_every_stage_are_named_at_once():
    def several(m, x):
        m.last = m.a(x)
        y = m.norm(m.b(m.last))
        return (y if x.size(0) != 7 else 2 * y), x

    model = Written(several, a=nn.Linear(4, 4), b=nn.Linear(4, 4), norm=nn.LayerNorm(4))
    model.b.weight = model.a.weight
    refused(
        model, (4,), "a.weight and b.weight", "last: it is assigned", "norm (LayerNorm)", "batch size", "a tuple of 2"
    )


def test_equal_reasons_in_one_module_share_a_line():
    model = nn.Sequential(nn.Linear(4, 4), Written(lambda m, x: F.elu(F.elu(x))))
    assert "1 (Written): elu, elu_1: operator 'elu'" in refused(model, (4,))


@pytest.mark.parametrize(
    "condition",
    [lambda n: n == 1, lambda n: n > 1, lambda n: n == 7, lambda n: n > 4, lambda n: n % 2 == 0, lambda n: n < 1000],
)
def test_branches_on_the_batch_size_are_refused_with_their_line(condition):
    model = Written(lambda m, x: m.fc(x) if condition(x.size(0)) else 2 * m.fc(x), fc=nn.Linear(4, 2))
    refused(model, (4,), "it branches on the batch size", "test_extract.py, line", "x.flatten(1)")


@pytest.mark.parametrize("n", [1, 2, 3, 4, None])
def test_a_fixed_batch_size_is_refused(n):
    model = Written(lambda m, x: m.fc(m.c(x).view(n or len(x), -1)), c=conv(3, 4), fc=nn.Linear(144, 2))
    refused(model, (3, 6, 6), "x.flatten(1)", error=(tp.UnsupportedLayerError, ValueError))


# Masked and parametrised weights.


def test_parametrised_weights_are_refused():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.utils.parametrizations.orthogonal(nn.Linear(4, 4)))
    refused(model, (4,), "2 (ParametrizedLinear)", "its weight is computed in forward", "unmask_module")


def test_pruning_hooks_are_refused_and_stay():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
    prune.random_unstructured(model[2], "weight", 0.5)
    refused(model, (4,), "2 (Linear)", "torch.nn.utils.prune.remove")
    prune.remove(model[2], "weight")
    check(model, (4,))


def recast(m, x):
    y = m.fc(x.to(m.fc.weight.device)).to(x.dtype)
    return y.type_as(x) + x.float()


def test_conversions_that_convert_nothing_leave_no_record():
    assert [layer.kind for layer in check(Written(recast, fc=nn.Linear(4, 4)), (4,)).layers] == ["linear", "add"]


@pytest.mark.parametrize("kind", [nn.Dropout, nn.Dropout2d, nn.AlphaDropout, nn.FeatureAlphaDropout])
def test_dropout_leaves_no_record(kind):
    assert len(check(nn.Sequential(nn.Conv2d(3, 2, 3), kind()).train(), (3, 5, 5)).layers) == 1


# Names, order, purity.


def test_weight_layers_keep_their_module_path_whatever_the_operators_are_called():
    model = Written(lambda m, x: F.relu(m.relu(F.relu(m.add(x + 1)))), relu=nn.Linear(4, 4), add=nn.Linear(4, 4))
    graph = check(model, (4,))
    assert graph.by_name["relu"].names["weight"] == "relu.weight"
    assert graph.by_name["add"].names["weight"] == "add.weight"
    assert len(graph.by_name) == len(graph.layers) == 5


def test_a_module_called_input_is_no_input():
    graph = check(Written(lambda m, x: m.input(x).relu(), input=nn.Linear(4, 2)), (4,))
    assert [layer.name for layer in graph.layers] == ["input", "relu"]


def test_a_single_layer_and_a_bare_parameter_have_names():
    assert list(check(nn.Linear(4, 2), (4,)).weights) == ["weight"]
    graph = check(Written(lambda m, x: F.linear(x, m.w, m.b), w=normal(2, 4), b=normal(2)), (4,))
    assert list(graph.state_dict()) == ["w", "b"]


def test_the_order_is_that_of_the_state_dict_not_of_execution():
    model = Written(
        lambda m, x: m.a(F.relu(m.c(F.relu(m.b(x))))), a=nn.Linear(4, 2), b=nn.Linear(4, 4), c=nn.Linear(4, 4)
    )
    graph = check(model, (4,))
    assert list(graph.order) == ["a.weight", "b.weight", "c.weight"]
    assert graph.layers[0].name == "b"


def test_buffers_used_as_weights_have_their_place_in_the_order():
    first = Written(lambda m, x: F.linear(x, m.weight))
    first.register_buffer("weight", normal(4, 4, dtype=torch.float32))
    graph = check(nn.Sequential(first, nn.Linear(4, 2)), (4,))
    assert list(graph.order) == ["0.weight", "1.weight"]
    assert graph.buffers == {"0.weight"}


def test_trap_074_graph_and_model_share_no_memory():
    model = with_statistics(SMALL["01 residual"]).float()
    graph = tp.extract(model, (3, 6, 6))
    x = normal(2, 3, 6, 6, dtype=torch.float32)
    before, own = tp.forward(graph, x), {name: t.clone() for name, t in graph.state_dict().items()}
    saved = {name: t.clone() for name, t in model.state_dict().items()}
    for tensor in model.state_dict().values():
        tensor.zero_()
    assert torch.equal(tp.forward(graph, x), before)
    assert all(torch.equal(t, own[name]) for name, t in graph.state_dict().items())
    model.load_state_dict(saved)
    for tensor in graph.state_dict().values():
        tensor.zero_()
    assert same(saved, dict(model.state_dict()))


def test_graph_tensors_need_no_gradient_but_forward_is_differentiable():
    graph = tp.extract(nn.Sequential(nn.Linear(4, 2), nn.ReLU()), (4,))
    assert not any(t.requires_grad for t in graph.state_dict().values())
    x = normal(2, 4, dtype=torch.float32).requires_grad_()
    tp.forward(graph, x).sum().backward()
    assert x.grad is not None


def test_gradients_hooks_and_mixed_train_flags_survive():
    model = with_statistics(SMALL["01 residual"]).float().train()
    model.bn1.eval()  # a frozen batch norm inside a network in training
    model.fc.register_forward_hook(lambda *_: None)
    model(normal(2, 3, 6, 6, dtype=torch.float32)).sum().backward()
    check(model, (3, 6, 6), batches=())
    assert model.training
    assert not model.bn1.training
    assert model.conv1.weight.grad is not None


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_the_gradient_mode_of_the_caller_does_not_matter(context):
    model = nn.Sequential(nn.Linear(4, 2), nn.ReLU())
    with context():
        check(model, (4,))


def test_a_constant_of_another_dtype_does_not_decide_the_graphs():
    model = Written(lambda m, x: m.fc((x - m.mean) * torch.tensor([1.0, 2, 3, 4])), fc=nn.Linear(4, 2).double())
    model.mean = torch.tensor([0.1], dtype=torch.float64)
    graph = check(model.double(), (4,))
    assert graph.dtype == torch.float64


def test_one_entry_constants_promote_as_the_model_does():
    model = Written(lambda m, x: m.fc(x) * m.factor, fc=nn.Linear(4, 2))
    model.half().factor = torch.tensor([0.1])  # one-dimensional: half times float is float
    graph = check(model, (4,))
    assert tp.forward(graph, torch.ones(1, 4, dtype=torch.half)).dtype == torch.float32


# Arguments.


@pytest.mark.parametrize(
    ("example", "error", "words"),
    [
        ([4], TypeError, "got [4]; write it as a tuple: (4,)"),
        ([4.0], TypeError, "got [4.0]"),
        ((4.0,), TypeError, "tuple of int"),
        ((True,), TypeError, "tuple of int"),
        (4, TypeError, "got 4"),
        ("4", TypeError, "got '4'"),
        (None, TypeError, "got None"),
        ((), ValueError, "got ()"),
        ((0,), ValueError, "positive"),
        (torch.zeros(4), ValueError, "batch axis"),
        (torch.zeros(2, 4, dtype=torch.float64), ValueError, "must be torch.float32 on cpu like the model"),
        (torch.zeros(2, 4, device="meta"), ValueError, "on meta"),
        ((5,), ValueError, "fails on a batch of shape (n, 5)"),
        ((4, 4, 4, 4, 4), tp.UnsupportedLayerError, "linear"),
    ],
)
def test_a_bad_example_is_told_with_its_rule(example, error, words, capfd):
    with pytest.raises(error) as caught:
        tp.extract(nn.Sequential(nn.Linear(4, 2)), example)
    assert words in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_batch_of_any_size_is_an_example():
    model = nn.Sequential(nn.Linear(4, 2))
    for n in (1, 2, 5):
        assert tp.extract(model, torch.zeros(n, 4)).input_shape == (4,)
    assert tp.extract(model, torch.Size([4])).input_shape == (4,)


def test_trap_142_anything_but_a_plain_module_is_a_type_error():
    for wrong in (lambda x: x, nn.Linear, None):
        with pytest.raises(TypeError, match=r"model must be a torch\.nn\.Module"):
            tp.extract(wrong, (4,))
    with pytest.raises(TypeError, match=r"given to torch\.compile"):
        tp.extract(torch.compile(nn.Sequential(nn.Linear(4, 2)), backend="eager"), (4,))


def test_scripted_modules_are_a_type_error():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.script.* is deprecated")
        scripted = torch.jit.script(nn.Sequential(nn.Linear(4, 2)))
    with pytest.raises(TypeError, match="got a ScriptModule"):
        tp.extract(scripted, (4,))


def test_tensors_of_several_dtypes_or_devices_are_refused():
    mixed = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4).double())
    refused(mixed, (4,), "'0.weight' has torch.float32", "'1.weight' has torch.float64", "model.to", error=ValueError)
    spread = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4, device="meta"))
    refused(spread, (4,), "one device", "'1.weight' has meta", error=ValueError)


def test_complex_models_are_refused():
    refused(nn.Linear(4, 4, dtype=torch.cfloat), (4,), "real floating dtype, got torch.complex64", error=ValueError)


def test_embeddings_are_refused():
    model = Written(lambda m, x: m.table(x.long()).mean(1), table=nn.Embedding(5, 3))
    refused(model, (7,), "table (Embedding)", "embedded features")


class TwoInputs(nn.Module):
    def forward(self, x, y):
        return x + y


class Keyword(nn.Module):
    def forward(self, x, *, scale):
        return x * scale


class Optional(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x, mask=None, *, scale=2):
        return self.fc(x) * scale


class Star(Optional):
    def forward(self, *tensors):
        return self.fc(*tensors)


def test_trap_072_forward_must_take_one_tensor():
    for model in (TwoInputs(), Keyword()):
        refused(model, (4,), "does not take exactly one input", "Wrap the model".lower())
    for model in (Optional(), Star()):
        check(model, (4,))


def test_autocast_blocks_are_refused():
    def block(m, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return m.fc(x)

    refused(Written(block, fc=nn.Linear(4, 2)), (4,), "runs under torch.autocast")


def test_a_residual_network_is_read_as_a_user_would_expect():
    graph = tp.extract(with_statistics(SMALL["01 residual"]).float(), (3, 6, 6))
    assert [layer.name for layer in graph.layers] == [
        *("conv1", "bn1", "relu", "conv2", "bn2", "add", "relu_1"),
        *("conv3", "short", "add_1", "relu_2", "mean", "fc"),
    ]
    assert graph.shapes["conv3"] == (16, 3, 3)
