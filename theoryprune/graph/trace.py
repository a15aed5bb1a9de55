"""From an exported program to a flat list of calls: nested blocks inlined, aliases checked, dead calls dropped."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch._ops import HigherOrderOperator, OpOverload
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import GraphModule, Node

from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import Shape, Stored

_RETURNS_ITS_INPUT = {"dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "getitem"}
"""Dropout in evaluation mode, unlike what its schema says; and an item of a list of views."""


@dataclass(frozen=True)
class Source:
    """The network's input."""

    shape: Shape


@dataclass(frozen=True)
class Number:
    """A number computed while tracing: a size, or a scalar taken out of the data."""

    text: str


@dataclass(frozen=True, eq=False)
class Step:
    """One ATen call (or a call that is none, `op` then being its printed name)."""

    index: int
    node: str
    op: str
    inplace: bool
    view: bool
    args: Mapping[str, object]
    shape: Shape | None
    module: str

    def operands(self) -> Iterator[object]:
        """Yield the arguments, looking into lists."""
        for arg in self.args.values():
            yield from arg if isinstance(arg, list | tuple) else (arg,)


@dataclass(frozen=True, eq=False)
class Trace:
    """The calls of a program in order, its outputs, and the container they come in ("" for a bare tensor)."""

    steps: tuple[Step, ...]
    outputs: tuple[object, ...]
    container: str


def flatten_program(program: ExportedProgram, shape: Shape) -> Trace:
    """List the calls of `program`, with blocks under ``no_grad`` inlined."""
    env: dict[Node, object] = {}
    batch: object = None
    placeholders = [node for node in program.graph.nodes if node.op == "placeholder"]
    for node, spec in zip(placeholders, program.graph_signature.input_specs, strict=True):
        if spec.kind == InputKind.USER_INPUT:
            if isinstance(node.meta.get("val"), Tensor):
                env[node], batch = Source(shape), node.meta["val"].shape[0]
        elif spec.target is not None:
            env[node] = Stored(spec.target, _stored_tensor(program, spec.target))
    steps: list[Step] = []
    outputs = _inline(program.graph_module, env, batch, steps)
    structure = program.call_spec.out_spec
    bare = structure is None or structure.is_leaf()
    return Trace(tuple(steps), outputs, "" if bare else getattr(structure.type, "__name__", "container"))


def _stored_tensor(program: ExportedProgram, target: str) -> Tensor:
    tensor = program.state_dict.get(target, program.constants.get(target))
    if not isinstance(tensor, Tensor):
        raise UnsupportedLayerError(f"'{target}' is an object that is no tensor; a weight graph holds tensors only")
    return tensor


def _inline(module: GraphModule, env: dict[Node, object], batch: object, steps: list[Step]) -> tuple[object, ...]:
    """Append the calls of one (sub-)graph to `steps`; return what it outputs."""
    for node in module.graph.nodes:
        if node.op == "get_attr":
            env[node] = getattr(module, str(node.target))
        elif node.op == "call_function":
            env[node] = _call(node, env, batch, steps)
    outputs = _resolve(module.graph.output_node().args[0], env)
    return tuple(outputs) if isinstance(outputs, list | tuple) else (outputs,)


def _call(node: Node, env: dict[Node, object], batch: object, steps: list[Step]) -> object:
    args: list[Any] = [_resolve(arg, env) for arg in node.args]
    kwargs = {key: _resolve(arg, env) for key, arg in node.kwargs.items()}
    if node.target is operator.getitem and isinstance(args[0], tuple):
        return args[0][args[1]]
    if isinstance(node.target, HigherOrderOperator) and "set_grad_enabled" in str(node.target):
        block = args[1]
        inner = dict(zip((n for n in block.graph.nodes if n.op == "placeholder"), args[2:], strict=True))
        return _inline(block, inner, batch, steps)
    value = node.meta.get("val")
    target = node.target
    if isinstance(target, OpOverload):
        packet, _, overload = str(target).removeprefix("aten.").rpartition(".")
        base, schema = packet.removesuffix("_"), target._schema
        op, named = f"{base}.{overload}", _bind(target, args, kwargs)
        inplace, aliases = schema.is_mutable, any(r.alias_info is not None for r in schema.returns)
    else:
        op = base = getattr(target, "__name__", str(target))
        inplace, aliases, named = False, False, {str(i): arg for i, arg in enumerate(args)}
    if not isinstance(value, Tensor | list | tuple) and base != "item":
        return Number(node.name)
    if base in ("to", "type_as") and _same_format(node.args[0], value):
        return args[0]
    step = Step(
        index=len(steps),
        node=node.name,
        op=op,
        inplace=inplace,
        view=(aliases or base in _RETURNS_ITS_INPUT) and not inplace,
        args=named,
        shape=_per_example_shape(value, batch),
        module=_module_of(node),
    )
    steps.append(step)
    return step


def _same_format(source: object, value: object) -> bool:
    """Whether a conversion leaves dtype and device as they are, and so returns its input."""
    before = source.meta.get("val") if isinstance(source, Node) else None
    if not isinstance(before, Tensor) or not isinstance(value, Tensor):
        return False
    return (before.dtype, before.device) == (value.dtype, value.device)


def _bind(target: OpOverload, args: list[object], kwargs: dict[str, object]) -> dict[str, object]:
    """Give every argument its name in the schema, defaults included."""
    bound: dict[str, object] = {}
    for i, spec in enumerate(target._schema.arguments):
        if i < len(args):
            bound[spec.name] = args[i]
        elif spec.name in kwargs:
            bound[spec.name] = kwargs[spec.name]
        else:
            bound[spec.name] = spec.default_value
    return bound


def _resolve(arg: object, env: Mapping[Node, object]) -> object:
    if isinstance(arg, Node):
        return env.get(arg)
    if isinstance(arg, list | tuple):
        return [_resolve(item, env) for item in arg]
    return arg


def _module_of(node: Node) -> str:
    """Path and class of the innermost module that made the call."""
    stack = [entry for entry in (node.meta.get("nn_module_stack") or {}).values() if "metadata_hook" not in entry[0]]
    if not stack:
        return "forward"
    path, kind = stack[-1]
    kind = kind if isinstance(kind, str) else kind.__name__
    return f"{path or 'the model itself'} ({kind.rsplit('.', 1)[-1]})"


def _per_example_shape(value: object, batch: object) -> Shape | None:
    """Return the shape without the batch axis of a traced tensor, or None where the batch axis is mixed with others."""
    if not isinstance(value, Tensor) or not value.ndim or str(value.shape[0]) != str(batch):
        return None
    rest = tuple(value.shape[1:])
    return rest if all(isinstance(size, int) for size in rest) else None


def live_steps(trace: Trace) -> list[Step]:
    """Return the steps that the output needs, in order."""
    needed: set[int] = set()
    stack = [output for output in trace.outputs if isinstance(output, Step)]
    while stack:
        step = stack.pop()
        if step.index not in needed:
            needed.add(step.index)
            stack.extend(operand for operand in step.operands() if isinstance(operand, Step))
    return [step for step in trace.steps if step.index in needed]
