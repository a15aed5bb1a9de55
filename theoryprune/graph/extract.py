"""From `nn.Module` to `WeightGraph`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.export import export
from theoryprune.graph.refusals import reason_for
from theoryprune.graph.trace import Number, Source, Step, Trace, flatten_program, live_steps, stale_reads
from theoryprune.layers import (
    CONVERSIONS,
    Call,
    Constant,
    Layer,
    Refusal,
    Shape,
    Softmax,
    Stored,
    Value,
    WeightLayer,
)
from theoryprune.types import INPUT, WeightGraph


def extract(model: nn.Module, example: Tensor | tuple[int, ...]) -> WeightGraph:
    """Read a network off a PyTorch module.

    Parameters
    ----------
    model : nn.Module
        In any mode (it is read as in evaluation mode, and left untouched), of one floating dtype, on one device;
        ``meta`` will do for shapes and counts.
    example : Tensor of shape (batch, ...), or tuple of int
        A batch, or the shape of one example *without* the batch axis. Only the shape is used.

    Returns
    -------
    WeightGraph
        Layer records with clones of the model's tensors. Weight-bearing layers keep their module path.

    Raises
    ------
    UnsupportedLayerError
        If anything in the model has no layer record: all offending operations at once, with the remedies.
    TypeError, ValueError
        If `model` or `example` is no such thing, the example does not fit the model, or the tensors are spread over
        several devices or dtypes.

    Notes
    -----
    The law: ``forward(extract(model, example), x)`` equals ``model.eval()(x)`` bit for bit. Cost: one
    `torch.export` on fake tensors (no data, no arithmetic) and one copy of the tensors.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> graph = extract(net, (4,))
    >>> [layer.kind for layer in graph.layers], list(graph.weights)
    (['linear', 'relu', 'linear'], ['0.weight', '2.weight'])
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {type(model).__name__}")
    device, dtype = _common_device_and_dtype(model, example)
    shape = _example_shape(example, device, dtype)
    _refuse_shared_or_computed_weights(model)
    trace = flatten_program(export(model, shape, device, dtype), shape)
    layers, output = _convert(model, trace)
    order = [name for name, _ in model.named_parameters()]
    parameters = frozenset(order)
    order += [name for name, _ in model.named_buffers() if name not in order]
    weights = {layer.weight_name for layer in layers if isinstance(layer, WeightLayer)}
    used = [name for layer in layers for name in layer.names.values()]
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    graph = WeightGraph(
        layers=tuple(_own_tensors(layer) for layer in layers),
        input_shape=shape,
        output=output,
        order=tuple(name for name in order if name in weights),
        frozen=frozenset(name for name in used if name not in trained),
        buffers=frozenset(name for layer in layers for name in layer.names.values()) - parameters,
    )
    graph.shapes  # noqa: B018  (computed now, so that a record that misjudges its shape fails here and not later)
    return graph


def _common_device_and_dtype(model: nn.Module, example: Tensor | tuple[int, ...]) -> tuple[torch.device, torch.dtype]:
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    floating = {name: t for name, t in tensors.items() if t.is_floating_point() or t.is_complex()}
    for what, values in (
        ("devices", {name: t.device for name, t in tensors.items()}),
        ("dtypes", {name: t.dtype for name, t in floating.items()}),
    ):
        if len(set(values.values())) > 1:
            first, *_ = values
            other = next(name for name in values if values[name] != values[first])
            raise ValueError(
                f"model must have all its tensors of one {what[:-1]}: '{first}' has {values[first]}, '{other}' has "
                f"{values[other]}; bring them together with model.to(...)"
            )
    fallback = example if isinstance(example, Tensor) else torch.empty(0)
    device = next((t.device for t in tensors.values()), fallback.device)
    dtype = next((t.dtype for t in floating.values()), fallback.dtype)
    if not dtype.is_floating_point:
        raise ValueError(f"model must be of a real floating dtype, got {dtype}")
    return device, dtype


def _example_shape(example: Tensor | tuple[int, ...], device: torch.device, dtype: torch.dtype) -> Shape:
    if isinstance(example, Tensor):
        if example.ndim < 2:
            raise ValueError(
                f"example must be a batch with its batch axis, got shape {tuple(example.shape)}; give the shape of one "
                "example as a tuple instead"
            )
        if example.device != device or example.dtype != dtype:
            raise ValueError(
                f"example must be {dtype} on {device} like the model, got {example.dtype} on {example.device}; convert "
                "it, or give the shape of one example as a tuple"
            )
        return tuple(example.shape[1:])
    if not isinstance(example, tuple) or not all(isinstance(n, int) and not isinstance(n, bool) for n in example):
        raise TypeError(f"example must be a batch (Tensor) or the shape of one example (tuple of int), got {example!r}")
    if not example or min(example) < 1:
        raise ValueError(f"example must be a shape of positive sizes without the batch axis, got {example}")
    return tuple(example)


def _refuse_shared_or_computed_weights(model: nn.Module) -> None:
    problems = [
        f"{path or 'the model itself'} ({type(module).__name__}): its {', '.join(module.parametrizations)} is "
        "parametrised. Remedy: unmask_module (masks), or torch.nn.utils.parametrize.remove_parametrizations"
        for path, module in model.named_modules()
        if parametrize.is_parametrized(module)
    ]
    named = [(id(p), name) for name, p in model.named_parameters(remove_duplicate=False)]
    for _, names in groupby(sorted(named), key=lambda pair: pair[0]):
        tied = [name for _, name in names]
        if len(tied) > 1:
            problems.append(f"{' and '.join(tied)} are one tensor. Remedy: untie them, each with a copy of its own")
    if problems:
        raise UnsupportedLayerError(_message(model, problems))


@dataclass(frozen=True)
class _Offence:
    module: str
    text: str


def _convert(model: nn.Module, trace: Trace) -> tuple[list[Layer], str]:
    """Turn the live calls of a trace into records; raise one error that names every call which has none."""
    offences: list[_Offence] = []
    converted: dict[Step, Value | Stored | None] = {}
    layers: list[Layer] = []
    taken: set[str] = set()
    for write, stale in stale_reads(trace).items():
        text = f"{write.node} writes in place to memory that {stale.node} shares and that is read again later"
        offences.append(_Offence(write.module, f"{text}. Remedy: use the out-of-place operator"))
    for node in trace.mutated:
        offences.append(_Offence("forward", f"{node} writes to a buffer. Remedy: leave buffers alone in forward"))
    for step in live_steps(trace):
        try:
            result = _convert_step(step, converted, taken)
        except Refusal as refusal:
            offences.append(_Offence(step.module, f"{step.node}: {refusal.reason}. Remedy: {refusal.remedy}"))
            result = None
        if isinstance(result, Layer):
            layers.append(result)
            assert step.shape is not None  # noqa: S101  (_convert_step refuses it)
            converted[step] = Value(result.name, step.shape)
        else:
            converted[step] = result
    output = _output(trace, converted, offences, layers)
    offences += _repeated_tensors(layers)
    if offences:
        lines = [f"{o.module}: {o.text}" for o in sorted(dict.fromkeys(offences), key=lambda o: o.module)]
        raise UnsupportedLayerError(_message(model, lines))
    return layers, output


def _convert_step(
    step: Step, converted: dict[Step, Value | Stored | None], taken: set[str]
) -> Layer | Value | Stored | None:
    """Return the record of one call, or what it passes on; None if it depends on a call that was refused."""

    def known(arg: object) -> object:
        if isinstance(arg, list | tuple):
            return [known(item) for item in arg]
        if isinstance(arg, Source):
            return Value(INPUT, arg.shape)
        return converted[arg] if isinstance(arg, Step) else arg

    if step.op not in CONVERSIONS:
        raise Refusal(*reason_for(step.op))
    args = {key: known(arg) for key, arg in step.args.items()}
    if any(isinstance(operand, Step) and converted[operand] is None for operand in step.operands()):
        return None
    on_input = any(
        isinstance(operand, Value) for arg in args.values() for operand in (arg if isinstance(arg, list) else [arg])
    )
    if on_input and step.shape is None:
        raise Refusal(
            "it mixes the batch axis with others",
            "keep the examples apart: the batch axis comes first and alone",
        )
    name = _unique(_record_name(step, args), taken)
    result = CONVERSIONS[step.op](Call(name, step.op, args, step.shape or ()))
    if isinstance(result, Layer):
        taken.add(result.name)
    return result


def _record_name(step: Step, args: dict[str, object]) -> str:
    """The path of the module that owns the weight (or the weight's own name), else the node's name."""
    for key, suffix in (("weight", ".weight"), ("running_mean", ".running_mean")):
        stored = args.get(key)
        if isinstance(stored, Stored):
            return stored.name.removesuffix(suffix)
    return step.node


def _unique(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    return next(f"{name}_{i}" for i in range(1, len(taken) + 2) if f"{name}_{i}" not in taken)


def _output(
    trace: Trace, converted: dict[Step, Value | Stored | None], offences: list[_Offence], layers: list[Layer]
) -> str:
    """Return the name of the output record; add the offences of outputs and of softmax elsewhere than last."""
    outputs = [output for output in trace.outputs if not isinstance(output, Number)]
    if len(outputs) != 1:
        offences.append(
            _Offence("forward", f"it returns {len(outputs)} outputs. Remedy: wrap the model to return one tensor")
        )
        return ""
    (output,) = outputs
    result = converted.get(output) if isinstance(output, Step) else None
    if isinstance(output, Step) and result is None and not offences:
        offences.append(_Offence("forward", "its output is not computed from the input. Remedy: return a tensor"))
    if not isinstance(result, Value) or result.name == INPUT:
        if not offences:
            offences.append(_Offence("forward", "it returns its input or a constant: there is nothing to prune"))
        return ""
    for layer in layers:
        if isinstance(layer, Softmax) and layer.name != result.name:
            text = (
                f"{layer.name}: softmax elsewhere than as the last layer. Remedy: extract the part before or after it"
            )
            offences.append(_Offence("forward", text))
    return result.name


def _repeated_tensors(layers: Iterable[Layer]) -> list[_Offence]:
    """Name the tensors that two records own, constants apart: modules called twice."""
    uses = Counter(name for layer in layers if not isinstance(layer, Constant) for name in layer.names.values())
    return [
        _Offence(
            name.rpartition(".")[0] or name,
            f"{name} is used {count} times. Remedy: give each call its own module",
        )
        for name, count in uses.items()
        if count > 1
    ]


def _own_tensors(layer: Layer) -> Layer:
    """Return the record with clones of its tensors, detached from the model."""
    return layer.with_tensors({key: tensor.detach().clone() for key, tensor in layer.tensors()})


def _message(model: nn.Module, lines: list[str]) -> str:
    found = "\n".join(f"  - {line}" for line in lines)
    return f"{type(model).__name__} cannot be turned into a weight graph:\n{found}"
