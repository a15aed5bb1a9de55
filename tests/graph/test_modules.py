import copy
import os
import socket
import warnings

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import parametrize

import benchmarks.models as models
import theoryprune as tp


def small_model(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return models.MODELS["digits_convnet"]()


def random_keep(model: nn.Module, density: float = 0.3, seed: int = 0) -> tp.Mask:
    draw = torch.Generator().manual_seed(seed)
    weights = tp.extract(model, model.example_shape).weights
    return tp.Mask({name: torch.rand(w.shape, generator=draw) < density for name, w in weights.items()})


def train(model: nn.Module, optimiser: torch.optim.Optimizer, steps: int = 3) -> None:
    draw = torch.Generator().manual_seed(1)
    x, y = torch.randn(16, 1, 8, 8, generator=draw), torch.randint(10, (16,), generator=draw)
    for _ in range(steps):
        optimiser.zero_grad()
        functional.cross_entropy(model(x), y).backward()
        optimiser.step()


def removed_weights(model: nn.Module, mask: tp.Mask) -> torch.Tensor:
    state = tp.unmask_module(model).state_dict()
    return torch.cat([state[name][~keep] for name, keep in mask.keep.items()])


OPTIMISERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-2),
    "adam": lambda p: torch.optim.Adam(p, lr=1e-2, weight_decay=1e-2),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-2, weight_decay=1e-1),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_trap_090_pruned_weights_stay_exactly_zero_in_training(name):
    model = small_model()
    mask = random_keep(model)
    masked = tp.mask_module(model, mask)
    before = tp.unmask_module(masked).state_dict()
    train(masked, OPTIMISERS[name](masked.parameters()))
    assert not removed_weights(masked, mask).any()
    after = tp.unmask_module(masked).state_dict()
    assert all(not torch.equal(after[name], before[name]) for name in mask.keep)


def test_trap_090_pruned_weights_stay_zero_when_an_old_optimiser_brings_its_momentum():
    model = small_model()
    mask = random_keep(model)
    masked = tp.mask_module(model, mask)
    optimiser = torch.optim.SGD(masked.parameters(), lr=0.1, momentum=0.9)
    for parameter in masked.parameters():
        optimiser.state[parameter]["momentum_buffer"] = torch.ones_like(parameter)
    train(masked, optimiser)
    assert not removed_weights(masked, mask).any()


def test_the_model_is_not_changed_and_the_copy_computes_the_masked_graph():
    model = small_model().eval()
    state = copy.deepcopy(model.state_dict())
    mask = random_keep(model)
    masked = tp.mask_module(model, mask)
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    assert not any(parametrize.is_parametrized(module) for module in model.modules())
    x = torch.randn(2, 1, 8, 8)
    sparse = tp.apply_mask(tp.extract(model, model.example_shape), mask)
    assert torch.equal(masked(x), tp.forward(sparse, x))


def test_trap_088_masking_and_unmasking_is_a_round_trip():
    model = small_model().eval()
    mask = random_keep(model)
    masked = tp.mask_module(model, mask)
    plain = tp.unmask_module(masked)
    assert list(plain.state_dict()) == list(model.state_dict())
    x = torch.randn(2, 1, 8, 8)
    assert torch.equal(plain(x), masked(x))
    fresh = small_model(seed=1).eval()
    fresh.load_state_dict(plain.state_dict())
    assert torch.equal(fresh(x), masked(x))
    assert [p.requires_grad for p in plain.parameters()] == [p.requires_grad for p in model.parameters()]


def test_unmasking_a_copy_leaves_the_masked_model_whole():
    masked = tp.mask_module(small_model(), random_keep(small_model())).eval()
    x = torch.randn(2, 1, 8, 8)
    before = masked(x)
    tp.unmask_module(masked)
    tp.unmask_module(copy.deepcopy(masked))
    assert torch.equal(masked(x), before)


def test_trap_022_masks_compose_to_what_both_keep():
    model = small_model()
    first, second = random_keep(model, 0.5, 1), random_keep(model, 0.5, 2)
    masked = tp.mask_module(tp.mask_module(model, first), second)
    found = tp.module_mask(masked)
    assert found.sha256 == (first & second).sha256
    assert found.total == first.total


def test_trained_masked_models_come_back_through_extract():
    model = small_model()
    mask = random_keep(model)
    masked = tp.mask_module(model, mask)
    train(masked, torch.optim.SGD(masked.parameters(), lr=0.1))
    graph = tp.extract(tp.unmask_module(masked), model.example_shape)
    assert all(not graph.weights[name][~keep].any() for name, keep in mask.keep.items())
    with pytest.raises(tp.UnsupportedLayerError, match="unmask_module"):
        tp.extract(masked, model.example_shape)


def test_trap_084_deepcopy_keeps_the_mask():
    masked = tp.mask_module(small_model(), random_keep(small_model())).eval()
    copied = copy.deepcopy(masked)
    x = torch.randn(2, 1, 8, 8)
    assert torch.equal(copied(x), masked(x))
    assert tp.module_mask(copied).sha256 == tp.module_mask(masked).sha256


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")  # torch.compile warns of its own internals when first used
@pytest.mark.filterwarnings("ignore:.*:FutureWarning")
@pytest.mark.parametrize("backend", ["aot_eager", pytest.param("inductor", marks=pytest.mark.slow)])
def test_trap_092_compiles_as_one_graph(backend):
    masked = tp.mask_module(small_model(), random_keep(small_model())).eval()
    x = torch.randn(2, 1, 8, 8)
    torch.testing.assert_close(
        torch.compile(masked, fullgraph=True, backend=backend)(x), masked(x), rtol=1e-5, atol=1e-6
    )


def test_trap_093_exports():
    masked = tp.mask_module(small_model(), random_keep(small_model())).eval()
    x = torch.randn(2, 1, 8, 8)
    exported = torch.export.export(masked, (x,), strict=False).module()
    torch.testing.assert_close(exported(x), masked(x), rtol=1e-5, atol=1e-6)


def test_trap_087_masks_travel_with_the_state_dict(tmp_path):
    model = small_model()
    masked = tp.mask_module(model, random_keep(model)).eval()
    save_file(masked.state_dict(), tmp_path / "masked.safetensors")
    other = tp.mask_module(small_model(seed=1), random_keep(model, seed=9)).eval()
    other.load_state_dict(load_file(tmp_path / "masked.safetensors"))
    x = torch.randn(2, 1, 8, 8)
    assert torch.equal(other(x), masked(x))
    assert tp.module_mask(other).sha256 == tp.module_mask(masked).sha256


def test_other_parametrisations_are_named():
    model = nn.Sequential(nn.Linear(3, 3))
    masked = tp.mask_module(model, tp.Mask({"0.weight": torch.eye(3).bool()}))
    parametrize.register_parametrization(masked[0], "weight", nn.Identity())
    with pytest.raises(tp.UnsupportedLayerError, match=r"'0.weight' carries another parametrisation"):
        tp.unmask_module(masked)


def test_a_mask_of_another_model_is_refused():
    model = nn.Sequential(nn.Linear(2, 3))
    for name, shape, message in (
        ("1.weight", (3, 2), "which the model lacks"),
        ("0.weight", (2, 3), r"'0.weight' has shape \(2, 3\), the model's weight \(3, 2\)"),
        ("0.in_features", (3, 2), "which is no tensor of the model"),
    ):
        with pytest.raises(ValueError, match=message):
            tp.mask_module(model, tp.Mask({name: torch.ones(shape, dtype=torch.bool)}))
    with pytest.raises(ValueError, match="carries no mask"):
        tp.module_mask(model)


def _worker(rank: int, port: int, folder: str) -> None:
    warnings.simplefilter("ignore")
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    dist.init_process_group("gloo", rank=rank, world_size=2)
    torch.set_num_threads(1)
    model = small_model(seed=rank)
    masked = tp.mask_module(model, random_keep(model, seed=rank))
    parallel = DistributedDataParallel(masked)
    optimiser = torch.optim.SGD(parallel.parameters(), lr=0.1, momentum=0.9)
    torch.manual_seed(rank)
    for _ in range(2):
        optimiser.zero_grad()
        functional.cross_entropy(parallel(torch.randn(8, 1, 8, 8)), torch.randint(10, (8,))).backward()
        optimiser.step()
    mask = tp.module_mask(masked)
    weights = torch.cat([p.detach().reshape(-1) for p in masked.parameters()])
    torch.save(
        {"mask": mask.sha256, "removed": removed_weights(masked, mask), "weights": weights}, f"{folder}/{rank}.pt"
    )
    dist.destroy_process_group()


def test_trap_094_two_processes_with_different_seeds_train_one_mask(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mp.spawn(_worker, args=(port, str(tmp_path)), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    expected = random_keep(small_model(seed=0), seed=0)
    assert first["mask"] == second["mask"] == expected.sha256
    assert torch.equal(first["weights"], second["weights"])
    assert not first["removed"].any()
    assert not second["removed"].any()
