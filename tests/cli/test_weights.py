import pickle
import warnings

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import theoryprune as tp
from theoryprune.cli.weights import load_weights, read_checkpoint
from theoryprune.errors import FileFormatError


def net(width=4):
    return nn.Sequential(nn.Conv2d(2, width, 1), nn.BatchNorm2d(width), nn.Flatten(), nn.Linear(width, 3))


def assert_same(model, other):
    assert all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: {"state_dict": s, "epoch": 3},
        lambda s: {"model_state_dict": s},
        lambda s: {"model": s},
    ],
)
def test_checkpoints_of_torch(tmp_path, wrap):
    source, model = net(), net()
    torch.save(wrap(source.state_dict()), tmp_path / "net.pt")
    load_weights(model, tmp_path / "net.pt")
    assert_same(model, source)


def test_safetensors(tmp_path):
    source, model = net(), net()
    save_file(source.state_dict(), tmp_path / "net.safetensors")
    load_weights(model, tmp_path / "net.safetensors")
    assert_same(model, source)


def test_a_graph_file_is_a_checkpoint(tmp_path):
    source, model = net(), net()
    tp.save_graph(tp.extract(source, (2, 1, 1)), tmp_path / "graph.safetensors")
    load_weights(model, tmp_path / "graph.safetensors")
    assert_same(model, source)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="weights: there is no file"):
        load_weights(net(), tmp_path / "none.pt")


def test_another_model_is_refused_and_nothing_is_loaded(tmp_path):
    other = nn.Sequential(nn.Conv2d(2, 5, 1), nn.BatchNorm2d(5), nn.Flatten(), nn.Identity(), nn.Linear(5, 3))
    torch.save(other.state_dict(), tmp_path / "net.pt")
    model = net()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(FileFormatError) as caught:
        load_weights(model, tmp_path / "net.pt")
    text = str(caught.value)
    assert "checkpoint of another model than this Sequential" in text
    assert "missing: 3.weight, 3.bias" in text
    assert "unexpected: 4.weight, 4.bias" in text
    assert "0.weight (5x2x1x1 float32 in the file, 4x2x1x1 float32 in the model)" in text
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_a_long_list_of_names_is_cut(tmp_path):
    torch.save({f"x{i}": torch.zeros(1) for i in range(9)}, tmp_path / "net.pt")
    with pytest.raises(FileFormatError, match="unexpected: x0, x1, x2, x3, x4 and 4 more"):
        load_weights(nn.Linear(2, 2), tmp_path / "net.pt")


def test_a_dtype_is_widened_but_never_narrowed(tmp_path):
    torch.save(nn.Linear(2, 2).half().state_dict(), tmp_path / "half.pt")
    torch.save(nn.Linear(2, 2).double().state_dict(), tmp_path / "double.pt")
    load_weights(nn.Linear(2, 2), tmp_path / "half.pt")
    with pytest.raises(FileFormatError, match=r"holds torch.float64 .* with model.to\(torch.float64\)"):
        load_weights(nn.Linear(2, 2), tmp_path / "double.pt")


class Evil:
    def __reduce__(self):
        return (print, ("executed",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is cut off, damaged or no checkpoint of torch.save \(EOFError\); save it again"),
        (b"no checkpoint", "cannot be read without executing code"),
        (pickle.dumps({"w": Evil()}), "cannot be read without executing code"),
        (pickle.dumps([1, 2]), "cannot be read without executing code|holds no state_dict"),
    ],
)
def test_trap_086_unreadable_checkpoints_execute_nothing(tmp_path, capfd, content, message):
    (tmp_path / "net.pt").write_bytes(content)
    with pytest.raises(FileFormatError, match=message):
        read_checkpoint(tmp_path / "net.pt")
    assert "executed" not in capfd.readouterr().out


def test_a_whole_model_is_refused(tmp_path):
    torch.save(nn.Linear(2, 2), tmp_path / "net.pt")
    with pytest.raises(FileFormatError, match=r"save model.state_dict\(\)"):
        read_checkpoint(tmp_path / "net.pt")


def test_other_content_is_refused(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "net.pt")
    with pytest.raises(FileFormatError, match="holds no state_dict"):
        read_checkpoint(tmp_path / "net.pt")


def test_a_cut_off_file_is_refused(tmp_path):
    for name, save, message in (("a.pt", torch.save, "is cut off"), ("a.safetensors", save_file, "is damaged")):
        save(net().state_dict(), tmp_path / name)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-40])
        with pytest.raises(FileFormatError, match=message):
            read_checkpoint(tmp_path / name)


def test_torch_says_nothing_of_a_pickle_that_is_refused(tmp_path):
    (tmp_path / "net.pt").write_bytes(pickle.dumps({"w": Evil()}, protocol=4))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(FileFormatError, match="cannot be read without executing code"):
            read_checkpoint(tmp_path / "net.pt")
    assert caught == []


def test_the_checkpoint_of_a_parallel_model_is_explained(tmp_path):
    torch.save(nn.DataParallel(net()).state_dict(), tmp_path / "net.pt")
    remedy = r"all its names begin with 'module.': save model.module.state_dict\(\)"
    with pytest.raises(FileFormatError, match=remedy):
        load_weights(net(), tmp_path / "net.pt")


def test_a_wider_dtype_is_told_only_where_the_rest_fits(tmp_path):
    torch.save(net(5).double().state_dict(), tmp_path / "net.pt")
    with pytest.raises(FileFormatError, match="checkpoint of another model"):
        load_weights(net(), tmp_path / "net.pt")
