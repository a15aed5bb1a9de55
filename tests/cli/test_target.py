import sys

import pytest
import torch
from torch import nn

from tests.cli.command import usable_models
from theoryprune.cli import target
from theoryprune.cli.target import example_shape, importable, load_model, read_graph


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    usable_models(tmp_path, monkeypatch)
    return tmp_path


def weight(model):
    return next(iter(model.parameters()))


def test_a_function_a_class_and_a_model_will_do():
    assert isinstance(load_model("nets.py:net", 0), nn.Sequential)
    assert type(load_model("nets.py:Shaped", 0)).__name__ == "Shaped"
    assert type(load_model("nets.py:instance", 0)).__name__ == "Shaped"


def test_a_module_on_the_path_will_do():
    assert load_model("benchmarks.models:lenet_300_100", 0).example_shape == (1, 28, 28)
    with importable("."):
        assert isinstance(load_model("nets:net", 0), nn.Sequential)
    sys.modules.pop("nets")


@pytest.mark.parametrize("spec", ["nets.py:net", "nets.py:instance"])
def test_the_seed_fixes_the_weights(spec):
    first, again, other = (weight(load_model(spec, seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_folder_of_a_file_is_importable_while_it_is_read(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "part_of_it.py").write_text("WIDTH = 7")
    (folder / "sub" / "whole.py").write_text(
        "import part_of_it, torch\nnet = lambda: torch.nn.Linear(part_of_it.WIDTH, 2)"
    )
    before = list(sys.path)
    assert load_model("sub/whole.py:net", 0).in_features == 7
    assert sys.path == before


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("nets.py", ValueError, r"model must be 'package.module:factory' or 'path/to/file.py:factory', got 'nets.py'"),
        ("nets.py:", ValueError, "model must be"),
        (":net", ValueError, "model must be"),
        ("none.py:net", FileNotFoundError, "there is no file 'none.py'"),
        ("no_such_package.models:net", ValueError, "there is no module 'no_such_package'"),
        ("benchmarks.no_such:net", ValueError, "there is no module 'benchmarks.no_such'"),
        ("nets.py:other", ValueError, "'nets.py' has no 'other'; it has .*net, .*conv"),
        ("nets.py:number", ValueError, "'nets.py:number' is a int, neither a model nor"),
        ("nets.py:wrong", ValueError, r"'nets.py:wrong\(\)' gave a int, not a torch.nn.Module"),
        (
            "nets.py:needs",
            ValueError,
            r"'nets.py:needs' needs the argument 'argument'; .* def small\(\): return needs\(...\)",
        ),
        ("nets.py:nn.Linear", ValueError, "needs the arguments 'in_features', 'out_features'; name a function"),
        ("nets.py:raises", RuntimeError, "raised ValueError"),
    ],
)
def test_what_gives_no_model_is_named(spec, error, message):
    with pytest.raises(error, match=message):
        load_model(spec, 0)


def test_a_missing_import_of_the_users_module_is_the_users(folder):
    (folder / "broken_nets.py").write_text("import no_such_package")
    with importable("."), pytest.raises(RuntimeError, match="importing 'broken_nets' failed"):
        load_model("broken_nets:net", 0)


@pytest.mark.parametrize("text", ["raise ValueError", "import no_such_package", "def"])
def test_a_file_that_cannot_be_read_is_the_users(folder, text):
    (folder / "bad_nets.py").write_text(text)
    with pytest.raises(RuntimeError, match=r"importing 'bad_nets.py' raised") as caught:
        load_model("bad_nets.py:net", 0)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("text", ["3,32,32", "3x32x32", "(3, 32, 32)", "3, 32, 32"])
def test_shapes(text):
    assert example_shape(nn.ReLU(), text) == (3, 32, 32)
    assert example_shape(nn.ReLU(), "6") == (6,)


@pytest.mark.parametrize("text", ["", "a,b", "3,0,2", "-1", "3.5", "3,,2"])
def test_no_shapes(text):
    with pytest.raises(ValueError, match="shape must be positive integers separated by commas"):
        example_shape(nn.ReLU(), text)


def test_the_shape_is_asked_for_by_both_names():
    assert example_shape(load_model("nets.py:shaped", 0), None) == (6,)
    assert example_shape(load_model("nets.py:shaped", 0), "5") == (5,)
    with pytest.raises(ValueError, match="--shape 3,32,32, or set the attribute example_shape"):
        example_shape(nn.ReLU(), None)


@pytest.mark.parametrize("stated", [7, "3,16,16", (3, 16.0), (True, 2), torch.zeros(2)])
def test_an_attribute_that_is_no_shape_is_refused(stated):
    model = nn.ReLU()
    model.example_shape = stated
    with pytest.raises(ValueError, match=r"example_shape of ReLU must be a tuple of int such as \(3, 32, 32\), got "):
        example_shape(model, None)


def test_a_list_will_do_as_the_attribute():
    model = nn.ReLU()
    model.example_shape = [3, 16, 16]
    assert example_shape(model, None) == (3, 16, 16)


def test_a_graph_with_the_weights_of_a_file(folder):
    torch.save({"weight": torch.ones(3, 4), "bias": torch.zeros(3)}, folder / "w.pt")
    graph = read_graph("nets.py:Shaped", 0, None, folder / "w.pt")
    assert torch.equal(graph.weights["weight"], torch.ones(3, 4))


@pytest.mark.parametrize(
    ("message", "error"),
    [("model must be a plain nn.Module, got a ScriptModule", ValueError), ("unsupported operand", TypeError)],
)
def test_only_a_type_error_about_the_arguments_is_a_mistake_in_the_call(monkeypatch, message, error):
    def fail(model, example):
        raise TypeError(message)

    monkeypatch.setattr(target, "extract", fail)
    with pytest.raises(error, match=message):
        read_graph("nets.py:Shaped", 0, None, None)
