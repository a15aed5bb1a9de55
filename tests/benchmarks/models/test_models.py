"""Laws that hold for every factory of the registry."""

import inspect

import pytest
import torch

from benchmarks import models
from benchmarks.models import MODELS
from tests.benchmarks.models.counting import batch, layers_of, on_meta

MOST = [name for name in MODELS if name != "resnet1202"]  # a thousand layers, tested beside its siblings
SMALL = ["resnet20", "resnet20_a", "lenet_300_100", "lenet5_caffe", "digits_mlp", "digits_convnet"]
SMALL += ["mobile_tiny", "dense_tiny", "grouped_tiny"]
WIDE = [name for name in MOST if not name.startswith(("lenet", "digits_mlp"))]
CLASSES = {"_64": 200, "_224": 1000}


def default_classes(name):
    return next((classes for ending, classes in CLASSES.items() if name.endswith(ending)), 10)


def flat(model):
    return torch.cat([value.flatten() for value in model.state_dict().values()])


def test_the_registry_lists_every_factory_under_its_own_name():
    assert list(MODELS) == [factory.__name__ for factory in MODELS.values()]
    assert models.__all__ == ["MODELS", *MODELS]
    assert all(getattr(models, name) is factory for name, factory in MODELS.items())


@pytest.mark.parametrize("name", MODELS)
def test_every_factory_takes_keywords_only_and_says_what_it_counts(name):
    kinds = {p.kind for p in inspect.signature(MODELS[name]).parameters.values()}
    assert kinds <= {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}
    assert "MACs" in inspect.getdoc(MODELS[name])


@pytest.mark.parametrize("name", MOST)
def test_the_example_shape_fits(name):
    model = on_meta(MODELS[name])
    assert isinstance(model.example_shape, tuple)
    assert model(batch(model, 2)).shape == (2, default_classes(name))


@pytest.mark.parametrize("name", MOST)
def test_classes_is_an_option(name):
    model = on_meta(MODELS[name], classes=7)
    assert model(batch(model, 2)).shape == (2, 7)


@pytest.mark.parametrize("name", WIDE)
def test_a_wide_variant_really_is_wide(name):
    narrow, wide = (layers_of(on_meta(MODELS[name], width=width)) for width in (1, 2))
    assert narrow.keys() == wide.keys()
    hidden = list(narrow)[1:-1]
    depthwise = [key for key in hidden if narrow[key].weight.shape[1] == 1]
    assert all(wide[key].weight.numel() == 4 * narrow[key].weight.numel() for key in set(hidden) - set(depthwise))
    assert all(wide[key].weight.numel() == 2 * narrow[key].weight.numel() for key in depthwise)


@pytest.mark.parametrize("name", MOST)
def test_batch_norm_has_torchs_defaults(name):
    norms = [m for m in on_meta(MODELS[name]).modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert all((norm.eps, norm.momentum, norm.affine) == (1e-5, 0.1, True) for norm in norms)


@pytest.mark.parametrize("name", SMALL)
def test_the_global_seed_fixes_the_model(name):
    def build(seed):
        torch.manual_seed(seed)
        return flat(MODELS[name]())

    assert torch.equal(build(3), build(3))
    assert not torch.equal(build(3), build(4))


@pytest.mark.parametrize("name", SMALL)
def test_export_with_a_symbolic_batch(name):
    torch.manual_seed(0)
    model = MODELS[name]().eval()
    example, other = torch.randn(2, *model.example_shape), torch.randn(5, *model.example_shape)
    dynamic = ({0: torch.export.Dim("batch")},)
    exported = torch.export.export(model, (example,), dynamic_shapes=dynamic, strict=False)
    assert torch.equal(exported.module()(other), model(other))


@pytest.mark.parametrize("name", SMALL)
def test_every_weight_gets_a_finite_gradient(name):
    torch.manual_seed(0)
    model = MODELS[name]()
    model(torch.randn(4, *model.example_shape)).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    assert all(p.grad.any() for key, p in model.named_parameters() if key.endswith("weight"))
