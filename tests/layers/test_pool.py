import pytest

from tests.small import normal
from theoryprune.layers import Call, Refusal, SpatialMean, Value
from theoryprune.layers.pool import convert_max_pool, convert_mean

X = Value("x", (3, 4, 5))


def mean(dims, **more):
    return convert_mean(Call("mean", "mean.dim", {"self": X, "dim": dims, "keepdim": False, **more}, ()))


def test_axes_are_counted_per_example():
    assert mean([2, 3]).axes == mean([-1, -2]).axes == (1, 2)
    assert mean([3]).axes == (2,)


@pytest.mark.parametrize("dims", [[], [0], [1], [0, 2, 3], [-3]])
def test_means_over_batch_or_channels_are_refused(dims):
    with pytest.raises(Refusal, match="batch or the channels"):
        mean(dims)


def test_a_mean_into_another_dtype_is_refused():
    with pytest.raises(Refusal, match="number format"):
        mean([2], dtype="float64")


def test_the_mean_is_the_sum_over_its_size():
    x = normal(2, 3, 4, 5)
    layer = SpatialMean(name="m", inputs=("x",), axes=(1, 2), keepdim=True)
    assert layer.forward(x).sub(x.sum((2, 3), keepdim=True) / 20).abs().max() < 1e-15


def test_an_input_without_batch_axis_is_refused():
    args = {"self": Value("x", (4, 5)), "kernel_size": [2]}
    with pytest.raises(Refusal, match="batch axis"):
        convert_max_pool(Call("pool", "max_pool2d.default", args, (2, 2)))
