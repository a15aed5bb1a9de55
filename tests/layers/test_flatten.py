import pytest

from theoryprune.layers import Call, Flatten, Refusal, Value
from theoryprune.layers.flatten import convert_reshape, merged_axes


@pytest.mark.parametrize(
    ("before", "after", "axes"),
    [
        ((4, 3, 2), (24,), (0, 2)),
        ((4, 3, 2), (12, 2), (0, 1)),
        ((4, 3, 2), (4, 6), (1, 2)),
        ((4, 1, 1), (4,), (0, 2)),
        ((4, 3), (4, 3), (0, 0)),
        ((4, 3, 2), (6, 4), None),
        ((4, 3), (2, 6), None),
        ((12,), (4, 3), None),
    ],
)
def test_only_neighbouring_axes_merge(before, after, axes):
    found = merged_axes(before, after)
    assert found == axes
    if found:
        merged = Flatten(name="f", inputs=("x",), start=found[0], end=found[1])
        assert merged.shape(before) == after


def reshape(op, before, after, **args):
    return convert_reshape(Call("node", op, {"self": Value("x", before), **args}, after))


def test_channels_become_blocks_of_features():
    assert reshape("view.default", (4, 3, 2), (24,)).features == 6
    assert reshape("view.default", (4, 3, 2), (4, 6)).features == 1


def test_a_reshape_to_the_same_shape_leaves_no_record():
    assert reshape("view.default", (4, 3), (4, 3)) == Value("x", (4, 3))


def test_other_reshapes_are_refused():
    with pytest.raises(Refusal, match="no flattening"):
        reshape("view.default", (4, 6), (8, 3))


@pytest.mark.parametrize("dim", [0, -3, (0,), (-1, 0)])
def test_squeezing_the_batch_axis_is_refused(dim):
    with pytest.raises(Refusal, match="one example"):
        reshape("squeeze.dims", (4, 1), (4, 1), dim=dim)
