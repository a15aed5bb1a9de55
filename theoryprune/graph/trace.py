"""From an exported program to a flat list of calls: nested blocks inlined, aliases checked, dead calls dropped."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch._ops import HigherOrderOperator, OpOverload
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import GraphModule, Node

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.export import per_example_shape
from theoryprune.layers import Shape, Stored

_RETURNS_ITS_INPUT = {
    "dropout",
    "feature_dropout",
    "alpha_dropout",
}  # in evaluation mode, unlike what the schema says


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
    """The calls of a program in order, its outputs, and what it writes to."""

    steps: tuple[Step, ...]
    outputs: tuple[object, ...]
    mutated: tuple[str, ...]


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
    written = [s.node for s in steps if s.inplace and isinstance(_written(s), Stored) and not _is_constant(program, s)]
    return Trace(tuple(steps), outputs, tuple(written))


def _stored_tensor(program: ExportedProgram, target: str) -> Tensor:
    tensor = program.state_dict.get(target, program.constants.get(target))
    if not isinstance(tensor, Tensor):
        raise UnsupportedLayerError(f"'{target}' is an object that is no tensor; a weight graph holds tensors only")
    return tensor


def _is_constant(program: ExportedProgram, step: Step) -> bool:
    """Whether a step 'writes' only to a constant that tracing made (``detach_`` of a tensor literal)."""
    written = _written(step)
    return step.op == "detach.default" or (isinstance(written, Stored) and written.name not in program.state_dict)


def _inline(module: GraphModule, env: dict[Node, object], batch: object, steps: list[Step]) -> tuple[object, ...]:
    """Append the calls of one (sub-)graph to `steps`; return what it outputs."""
    for node in module.graph.nodes:
        if node.op == "get_attr":
            env[node] = getattr(module, str(node.target))
        elif node.op == "call_function":
            env[node] = _call(node, env, batch, steps)
        elif node.op == "output":
            outputs = _resolve(node.args[0], env)
            return tuple(outputs) if isinstance(outputs, list | tuple) else (outputs,)
    raise AssertionError("a traced graph has an output")


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
    aten = isinstance(node.target, OpOverload)
    if not isinstance(value, Tensor | list | tuple) and not str(node.target).startswith("aten.item"):
        return Number(node.name)
    named = _bind(node.target, args, kwargs) if isinstance(node.target, OpOverload) else dict(enumerate_args(args))
    schema = node.target._schema if isinstance(node.target, OpOverload) else None
    packet, _, overload = str(node.target).removeprefix("aten.").rpartition(".") if aten else (str(node.target), "", "")
    base = packet.removesuffix("_")
    inplace = bool(schema and schema.is_mutable)
    view = base in _RETURNS_ITS_INPUT or bool(schema and any(r.alias_info is not None for r in schema.returns))
    step = Step(
        index=len(steps),
        node=node.name,
        op=f"{base}.{overload}" if aten else packet,
        inplace=inplace,
        view=view and not inplace,
        args=named,
        shape=per_example_shape(value, batch),
        module=_module_of(node),
    )
    steps.append(step)
    return step


def enumerate_args(args: list[object]) -> Iterator[tuple[str, object]]:
    """Name the positional arguments of a call without a schema."""
    return ((str(i), arg) for i, arg in enumerate(args))


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


def _written(step: Step) -> object:
    """What an in-place call writes to: its first argument."""
    return next(iter(step.args.values()))


def stale_reads(trace: Trace) -> dict[Step, Step]:
    """Find in-place calls after which an alias of what they wrote is still read.

    Returns
    -------
    dict
        The in-place step -> a step that had the same storage before, and is read after.

    Notes
    -----
    The exported graph refers to the state *before* the write there (a view taken earlier, or the base of a view), so
    evaluating the records in order would compute another function.
    """
    storage: dict[object, object] = {}
    last_read: dict[object, int] = defaultdict(lambda: -1)
    for step in trace.steps:
        for operand in step.operands():
            last_read[operand if isinstance(operand, Step | Source) else None] = step.index
        parent = next((o for o in step.operands() if isinstance(o, Step | Source)), None)
        shares = (step.view or step.inplace) and parent is not None
        storage[step] = storage.get(parent, parent) if shares else step
    for output in trace.outputs:
        last_read[output] = len(trace.steps)
    found: dict[Step, Step] = {}
    for write in (step for step in trace.steps if step.inplace):
        for other in trace.steps[: write.index]:
            if storage[other] == storage[write] and last_read[other] > write.index:
                found[write] = other
    return found


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
