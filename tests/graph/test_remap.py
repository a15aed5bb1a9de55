import copy
import inspect
import io
import re
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR

import theoryprune as tp
from benchmarks.models import MODELS
from tests.small import Written, normal, with_statistics
from tests.widths import random_choice, without
from theoryprune.graph.to_module import module_origin
from theoryprune.measures import width_cost


def mlp():
    return nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 7), nn.ReLU(), nn.Linear(7, 3))


def flat():
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(54, 4)
    )


NETS = {
    "mlp": (mlp, (5,)),
    "flatten": (flat, (2, 8, 8)),
    **{name: (MODELS[name], MODELS[name]().example_shape) for name in ("resnet20", "dense_tiny", "grouped_tiny")},
    "depthwise": (MODELS["mobile_tiny"], MODELS["mobile_tiny"]().example_shape),
}
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-3, dampening=0.1),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=1e-2, betas=(0.8, 0.95), weight_decay=1e-3),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-2, amsgrad=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=1e-2, momentum=0.5, centered=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=1e-2, initial_accumulator_value=0.1),
    "adadelta": lambda p: torch.optim.Adadelta(p),
    "adamax": lambda p: torch.optim.Adamax(p),
    "nadam": lambda p: torch.optim.NAdam(p),
    "radam": lambda p: torch.optim.RAdam(p),
    "asgd": lambda p: torch.optim.ASGD(p, lr=1e-2),
    "rprop": lambda p: torch.optim.Rprop(p),
}


QUICK = ("momentum", "adamw")


def push(optimizer, steps=3, seed=0):
    """Steps with random gradients."""
    for step in range(steps):
        for i, parameter in enumerate(p for group in optimizer.param_groups for p in group["params"]):
            parameter.grad = normal(*parameter.shape, seed=1000 * step + i + seed, dtype=parameter.dtype)
        optimizer.step()


def reduced(net, shape, seed=1):
    """Random channels of the net set to zero in the net itself; and the small module without them."""
    graph = tp.extract(net, shape)
    sparse = without(graph, random_choice(graph, width_cost(graph, "params"), seed)[1])
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(sparse.state_dict()[name])
    for name, buffer in net.named_buffers():
        if name in sparse.state_dict():
            buffer.copy_(sparse.state_dict()[name])
    return tp.to_module(tp.compact(sparse))


def trained(name, optimizer_name, groups=lambda net: net.parameters()):
    torch.manual_seed(0)
    factory, shape = NETS[name]
    net = with_statistics(factory().double())
    optimizer = OPTIMIZERS[optimizer_name](groups(net))
    push(optimizer)
    return net, optimizer, reduced(net, shape), shape


def survivors_agree(net, small, tolerance=0.0):
    origin, large = module_origin(small), dict(net.named_parameters())
    for name, parameter in small.named_parameters():
        expected = origin[name].take(large[name].detach())
        assert torch.allclose(parameter, expected, rtol=tolerance, atol=tolerance), name


@pytest.mark.parametrize(
    ("name", "optimizer_name"),
    [(name, kind) for name in NETS for kind in (OPTIMIZERS if name in ("mlp", "flatten") else QUICK)],
)
def test_the_next_steps_are_those_of_the_survivors_bit_for_bit(name, optimizer_name):
    net, optimizer, small, _ = trained(name, optimizer_name)
    assert sum(p.numel() for p in small.parameters()) < sum(p.numel() for p in net.parameters())
    remapped = tp.remap_optimizer(optimizer, net, small)
    survivors_agree(net, small)
    origin, large = module_origin(small), dict(net.named_parameters())
    for step in range(3):
        for i, (name_, parameter) in enumerate(large.items()):
            parameter.grad = normal(*parameter.shape, seed=50 * step + i)
            if name_ in origin:
                small.get_parameter(name_).grad = origin[name_].take(parameter.grad)
        optimizer.step()
        remapped.step()
        survivors_agree(net, small)


@pytest.mark.parametrize("name", NETS)
def test_a_real_step_too_up_to_rounding(name):
    """Gradients of a loss, batch norms in training mode: the masked large network and the small one go alike."""
    net, optimizer, small, shape = trained(name, "adam")
    remapped = tp.remap_optimizer(optimizer, net, small)
    x = normal(16, *shape, seed=7)
    for module, one in ((net.train(), optimizer), (small.train(), remapped)):
        one.zero_grad()
        module(x).square().mean().backward()
        one.step()
    survivors_agree(net, small, 1e-8)  # Adam divides by small numbers


@pytest.mark.parametrize("name", NETS)
def test_every_parameter_is_live(name):
    net, optimizer, small, _ = trained(name, "momentum")
    remapped = tp.remap_optimizer(optimizer, net, small)
    held = [p for group in remapped.param_groups for p in group["params"]]
    assert {id(p) for p in held} == {id(p) for p in small.parameters()}
    assert len(held) == len(list(small.parameters()))
    before = [p.detach().clone() for p in held]
    push(remapped, 1)
    assert all(not torch.equal(old, new) for old, new in zip(before, held, strict=True))
    assert all("momentum_buffer" in remapped.state[p] for p in held)


def test_groups_options_and_schedules_are_kept():
    def groups(net):
        biases = [p for p in net.parameters() if p.ndim == 1]
        return [
            {"params": [p for p in net.parameters() if p.ndim > 1]},
            {"params": biases, "weight_decay": 0, "lr": 1.0},
        ]

    net, optimizer, small, _ = trained("mlp", "adam", groups)
    schedule = CosineAnnealingLR(optimizer, 10)
    for _ in range(3):
        push(optimizer, 1)
        schedule.step()
    remapped = tp.remap_optimizer(optimizer, net, small)
    for old, new in zip(optimizer.param_groups, remapped.param_groups, strict=True):
        assert {k: v for k, v in new.items() if k != "params"} == {k: v for k, v in old.items() if k != "params"}
    assert [p.ndim for p in remapped.param_groups[1]["params"]] == [1, 1, 1]
    assert remapped.defaults == optimizer.defaults
    goes_on = copy.copy(schedule)
    goes_on.optimizer = remapped
    for one, its_optimizer in ((schedule, optimizer), (goes_on, remapped)):
        push(its_optimizer, 1)
        one.step()
    assert goes_on.get_last_lr() == schedule.get_last_lr()
    assert [group["lr"] for group in remapped.param_groups] == [group["lr"] for group in optimizer.param_groups]


def test_a_learning_rate_that_is_a_tensor_is_not_shared():
    net = mlp()
    optimizer = torch.optim.Adam(net.parameters(), lr=torch.tensor(0.1))
    remapped = tp.remap_optimizer(optimizer, net, reduced(net, (5,)))
    remapped.param_groups[0]["lr"].mul_(2)
    assert optimizer.param_groups[0]["lr"] == torch.tensor(0.1)


def test_frozen_and_left_out_parameters_stay_so():
    net = mlp().double()
    net[0].weight.requires_grad_(False)
    optimizer = torch.optim.SGD([p for name, p in net.named_parameters() if name != "2.bias"], lr=0.1, momentum=0.9)
    push(optimizer)
    small = reduced(net, (5,))
    remapped = tp.remap_optimizer(optimizer, net, small)
    names = {id(p): name for name, p in small.named_parameters()}
    assert [names[id(p)] for p in remapped.param_groups[0]["params"]] == [
        "0.weight", "0.bias", "2.weight", "4.weight", "4.bias",
    ]  # fmt: skip
    assert not small.get_parameter("0.weight").requires_grad


def test_names_given_to_torch_are_those_of_the_new_module():
    net = mlp()
    optimizer = torch.optim.SGD(net.named_parameters(), lr=0.1)
    remapped = tp.remap_optimizer(optimizer, net, reduced(net, (5,)))
    assert remapped.param_groups[0]["param_names"] == [name for name, _ in net.named_parameters()]


def test_a_group_that_vanished_stays_as_an_empty_one():
    net = Written(lambda m, x: m.a(x) + m.b(x), a=nn.Linear(2, 3), b=nn.Linear(2, 3))
    optimizer = torch.optim.SGD([{"params": net.a.parameters()}, {"params": net.b.parameters(), "lr": 0.5}], lr=0.1)
    with torch.no_grad():
        net.b.weight.zero_()
    remapped = tp.remap_optimizer(optimizer, net, tp.to_module(tp.compact(tp.extract(net, (2,)))))
    assert [(len(group["params"]), group["lr"]) for group in remapped.param_groups] == [(2, 0.1), (0, 0.5)]


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adagrad])
def test_a_bias_that_compaction_made_joins_its_weight_without_state(kind):
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2, bias=False))
    optimizer = kind(net.parameters(), lr=0.1, **({"momentum": 0.9} if kind is torch.optim.SGD else {}))
    push(optimizer)
    with torch.no_grad():
        net[0].weight[0], net[0].bias[0] = 0, 1
    small = tp.to_module(tp.compact(tp.extract(net, (2,))))
    remapped = tp.remap_optimizer(optimizer, net, small)
    made = small.get_parameter("2.bias")
    assert any(p is made for p in remapped.param_groups[0]["params"])
    assert not any(value.any() for value in remapped.state.get(made, {}).values())
    push(remapped, 1)


def test_a_bias_made_before_compaction_joins_its_weight_too():
    """A folded batch norm gives its convolution a bias that the model never had."""
    net = flat()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    push(optimizer)
    graph = tp.extract(net, (2, 8, 8))
    conv, norm, *rest = graph.layers
    folded = replace(conv, bias=norm.bias, names={**conv.names, "bias": "0.bias"})
    first = replace(rest[0], inputs=(conv.name,))
    small = tp.to_module(tp.compact(replace(graph, layers=(folded, first, *rest[1:]))))
    remapped = tp.remap_optimizer(optimizer, net, small)
    assert any(p is small.get_parameter("0.bias") for p in remapped.param_groups[0]["params"])
    assert small.get_parameter("0.bias") not in remapped.state
    assert small.get_parameter("0.weight") in remapped.state


def test_survivors_with_other_values_keep_their_momentum():
    net = mlp()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    push(optimizer)
    graph = tp.extract(net, (5,))
    sparse = without(graph, {"0": [0, 2, 3]})
    refitted = sparse.with_weights({"2.weight": sparse.weights["2.weight"] * 2})
    small = tp.to_module(tp.compact(refitted))
    remapped = tp.remap_optimizer(optimizer, net, small)
    expected = optimizer.state[net[2].weight]["momentum_buffer"][:, [0, 2, 3]]
    assert torch.equal(remapped.state[small.get_parameter("2.weight")]["momentum_buffer"], expected)


def test_a_masked_module_is_known_by_its_plain_names():
    net = mlp().double()
    mask = tp.Mask({"0.weight": (torch.arange(8) > 2)[:, None].expand(8, 5)})
    masked = tp.mask_module(net, mask)
    optimizer = torch.optim.Adam(masked.parameters())
    push(optimizer)
    small = tp.to_module(tp.compact(tp.extract(tp.unmask_module(masked), (5,))))
    remapped = tp.remap_optimizer(optimizer, masked, small)
    old = optimizer.state[masked[0].parametrizations.weight.original]["exp_avg"]
    assert torch.equal(remapped.state[small.get_parameter("0.weight")]["exp_avg"], old[3:])


@pytest.mark.parametrize("way", ["copy", "file", "graph file"])
def test_the_origin_survives(way, tmp_path):
    net = mlp()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    push(optimizer)
    small = reduced(net, (5,))
    if way == "copy":
        other = copy.deepcopy(small)
    elif way == "file":
        file = io.BytesIO()
        torch.save(small, file)
        file.seek(0)
        other = torch.load(file, weights_only=False)
    else:
        graph = tp.compact(without(tp.extract(net, (5,)), {"0": [0, 3]}))
        tp.save_graph(graph, tmp_path / "graph")
        assert tp.load_graph(tmp_path / "graph").origin == graph.origin
        other = tp.to_module(tp.load_graph(tmp_path / "graph"))
    held = tp.remap_optimizer(optimizer, net, other).param_groups[0]["params"]
    assert {id(p) for p in held} == {id(p) for p in other.parameters()}


def test_nothing_given_is_changed():
    net, optimizer, small, _ = trained("mlp", "adam")
    state, values = copy.deepcopy(optimizer.state_dict()), copy.deepcopy(small.state_dict())
    remapped = tp.remap_optimizer(optimizer, net, small)
    push(remapped)
    now = optimizer.state_dict()
    assert now["param_groups"] == state["param_groups"]
    for key, one in state["state"].items():
        assert all(torch.equal(now["state"][key][name], value) for name, value in one.items())
    assert small.state_dict().keys() == values.keys()


class Factored(torch.optim.SGD):
    def step(self, closure=None):
        super().step(closure)
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["row_var"] = torch.zeros(p.shape[0] + 1)


class Listed(torch.optim.SGD):
    def step(self, closure=None):
        super().step(closure)
        self.state[self.param_groups[0]["params"][0]]["history"] = [1]


class Awkward(torch.optim.SGD):
    def __init__(self, params, lr, colour):
        super().__init__(params, lr)
        del colour


def attempts():
    torch.manual_seed(0)
    net = mlp()
    small = reduced(net, (5,))
    sgd = torch.optim.SGD(net.parameters(), lr=0.1)
    other = mlp()
    wider = nn.Sequential(nn.Linear(5, 9), nn.ReLU(), nn.Linear(9, 7), nn.ReLU(), nn.Linear(7, 3))
    factored, listed = Factored(net.parameters(), lr=0.1), Listed(net.parameters(), lr=0.1)
    push(factored, 1)
    push(listed, 1)
    lone = torch.optim.SGD([net[0].bias], lr=0.1)
    headless = tp.to_module(tp.compact(tp.extract(nn.Sequential(nn.Linear(5, 8, bias=False)), (5,))))
    return {
        "another optimizer": (torch.optim.SGD(other.parameters(), lr=0.1), net, small, ValueError, "none of before"),
        "another network": (torch.optim.SGD(wider.parameters(), lr=0.1), wider, small, ValueError,
                            "'0.weight' of after comes from a tensor of shape (8, 5), before has (9, 5)"),
        "no origin": (sgd, net, tp.to_module(tp.extract(net, (5,))), ValueError,
                      "does not say where its parameters come from; give what to_module(compact(...)) returned"),
        "wrapped": (sgd, net, nn.Sequential(small), ValueError, "not wrapped or extracted again"),
        "no module": (sgd, net, None, ValueError, "after, a NoneType, does not say"),
        "no optimizer": (net, net, small, TypeError, "optimizer must be a torch Optimizer, got Sequential"),
        "no before": (sgd, None, small, TypeError, "before must be a torch Module, got NoneType"),
        "factored": (factored, net, small, ValueError, "the state 'row_var' of '0.weight' is a tensor of shape (9,)"),
        "a list": (listed, net, small, ValueError, "the state 'history' of '0.weight' is a list"),
        "not from its defaults": (Awkward(net.parameters(), 0.1, "red"), net, small, ValueError,
                                  "a Awkward cannot be made from its defaults"),
        "nothing left": (lone, net, headless, ValueError, "none of the optimizer's parameters is in after"),
    }  # fmt: skip


@pytest.mark.parametrize("case", attempts())
def test_what_is_refused(case):
    optimizer, before, after, error, match = attempts()[case]
    with pytest.raises(error, match=re.escape(match)):
        tp.remap_optimizer(optimizer, before, after)


def test_lbfgs_has_a_flat_history():
    net = mlp()
    optimizer = torch.optim.LBFGS(net.parameters())

    def closure():
        optimizer.zero_grad()
        loss = net(normal(4, 5, dtype=torch.float32)).square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    with pytest.raises(ValueError, match=r"the state '\w+' of '0.weight' is a"):
        tp.remap_optimizer(optimizer, net, reduced(net, (5,)))


def test_every_optimizer_of_torch_that_goes_entry_by_entry_is_tried_here():
    """The others: flat or factored histories, sparse gradients only, orthogonalised matrices."""
    kinds = {k for k in vars(torch.optim).values() if inspect.isclass(k) and issubclass(k, torch.optim.Optimizer)}
    tried = {type(make([torch.zeros(1)])) for make in OPTIMIZERS.values()}
    assert {k.__name__ for k in kinds - tried} <= {"Optimizer", "LBFGS", "Adafactor", "SparseAdam", "Muon"}
