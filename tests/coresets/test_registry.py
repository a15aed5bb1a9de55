"""Laws of all constructions, whatever they do."""

import inspect

import numpy as np
import pytest

import theoryprune.coresets as room
from tests.coresets.layer_kinds import KINDS, layer, same
from theoryprune.coresets import CONSTRUCTIONS, SEEDED


def build(name, rows, columns, budget, slope=0.0, seed=5):
    options = {"seed": seed} if name in SEEDED else {}
    return CONSTRUCTIONS[name](rows, columns, budget, slope=slope, **options)


@pytest.mark.parametrize("name", CONSTRUCTIONS)
def test_names_and_signatures(name):
    construct = CONSTRUCTIONS[name]
    assert getattr(room, name) is construct
    parameters = inspect.signature(construct).parameters
    assert list(parameters)[:3] == ["incoming", "outgoing", "budget"]
    assert ("seed" in parameters) == (name in SEEDED)
    assert build(name, *layer("gauss"), 5).method == name


@pytest.mark.parametrize("name", CONSTRUCTIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [1, 10])
@pytest.mark.parametrize("slope", [0.0, 0.2, 0.5, 1.0])
def test_shapes_identity_and_determinism(name, kind, p, slope):
    rows, columns = layer(kind, n=16, d=5, p=p)
    for m in (1, 7, 15):
        result = build(name, rows, columns, m, slope)
        assert 1 <= len(result.kept) <= m
        assert result.kept.dtype == np.int64
        assert (np.diff(result.kept) > 0).all()
        assert result.kept[0] >= 0
        assert result.kept[-1] < 16
        assert result.outgoing.shape == (p, len(result.kept))
        assert result.outgoing.dtype == np.float64
        assert np.isfinite(result.outgoing).all()
        assert result.units == 16
        assert same(result, build(name, rows.copy(), columns.copy(), m, slope))
    for m in (16, 17, 10**6):
        whole = build(name, rows, columns, m, slope)
        assert whole.kept.tolist() == list(range(16))
        assert np.array_equal(whole.outgoing, columns)
        assert whole.deterministic


@pytest.mark.parametrize("name", CONSTRUCTIONS)
def test_inputs_are_never_written_to(name):
    rows, columns = layer("gauss")
    rows.flags.writeable = columns.flags.writeable = False
    for m in (5, 24):
        assert not np.shares_memory(build(name, rows, columns, m).outgoing, columns)


@pytest.mark.parametrize("name", CONSTRUCTIONS)
def test_integers_and_single_precision(name):
    rows, columns = np.arange(1, 13).reshape(6, 2) % 5 + 1, np.arange(6).reshape(1, 6) - 2
    one = build(name, rows, columns, 3)
    assert same(one, build(name, rows.astype(np.float32), columns.astype(np.float32), 3))


@pytest.mark.parametrize("name", CONSTRUCTIONS)
def test_one_unit_and_dead_layers(name):
    assert build(name, [[2.0]], [[3.0]], 1).outgoing.tolist() == [[3.0]]
    for rows, columns in ((np.zeros((3, 2)), np.ones((1, 3))), (np.eye(3), np.zeros((1, 3)))):
        assert len(build(name, rows, columns, 2).kept) == 2


@pytest.mark.parametrize("name", CONSTRUCTIONS)
def test_bad_input_is_named(name):
    rows, columns = layer("gauss")
    with pytest.raises(ValueError, match="budget must be at least 1"):
        build(name, rows, columns, 0)
    with pytest.raises(TypeError, match="budget must be an integer"):
        build(name, rows, columns, 2.5)
    with pytest.raises(ValueError, match="slope must lie in"):
        build(name, rows, columns, 2, slope=2)
    with pytest.raises(ValueError, match="outgoing must have one column"):
        build(name, rows, columns[:, 1:], 2)
    rows[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"incoming must be finite.*\(3, 1\)"):
        build(name, rows, columns, 2)
