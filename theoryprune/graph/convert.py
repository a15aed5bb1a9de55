"""From the calls of a traced model to layer records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from theoryprune.graph.aliases import stale_reads, stored_writes
from theoryprune.graph.refusals import Offence, reason_for
from theoryprune.graph.trace import Source, Step, Trace, live_steps
from theoryprune.layers import (
    CONVERSIONS,
    Call,
    Computed,
    Constant,
    Layer,
    Refusal,
    Softmax,
    Stored,
    Value,
    convert_identity,
)
from theoryprune.types import INPUT

Result = Value | Stored | Computed | None
"""What a call becomes for those that read it; None where it was refused and its shape is unknown."""


def convert(trace: Trace) -> tuple[list[Layer], str, list[Offence]]:
    """Turn the live calls of a trace into records.

    Parameters
    ----------
    trace : Trace

    Returns
    -------
    layers : list of Layer
        Whose tensors are those of the model.
    output : str
        The name of the record that the network returns; empty if there is none.
    offences : list of Offence
        All that has no record: with any, the rest means nothing.
    """
    offences = list(_writes(trace))
    steps = live_steps(trace)
    converted: dict[Step, Result] = {}
    layers: list[Layer] = []
    modules: dict[str, str] = {}
    taken = {_owner(operand) for step in steps for operand in step.operands() if isinstance(operand, Stored)}
    for step in steps:
        # What is refused still has a name and a shape, so that everything after it is looked at too.
        converted[step] = None if step.shape is None else Value(step.node, step.shape)
        try:
            result = _convert_step(step, converted, taken)
        except Refusal as refused:
            offences.append(Offence(step.module, (step.node,), refused.reason, refused.remedy))
            continue
        if isinstance(result, Layer):
            layers.append(result)
            taken.add(result.name)
            modules[result.name] = step.module
            converted[step] = Value(result.name, step.shape or ())
        elif result is not None:
            converted[step] = result
    offences += _repeated_tensors(layers, modules)
    output, more = _output(trace, converted)
    for layer in layers:
        if isinstance(layer, Softmax) and layer.name != output:
            remedy = "extract the part of the model before or after it"
            more.append(Offence(modules[layer.name], (layer.name,), "softmax elsewhere than as the last layer", remedy))
    return layers, output, offences + more


def _writes(trace: Trace) -> Iterator[Offence]:
    """Name the calls that change what the model keeps, or what is read again under another name."""
    for step, stored in stored_writes(trace).items():
        reason = f"it writes to '{stored.name}', which the model keeps"
        yield Offence(step.module, (step.node,), reason, "leave it unchanged")
    for step, stale in stale_reads(trace).items():
        reason = f"it writes in place to memory that it shares with {stale}, which is read again later"
        yield Offence(step.module, (step.node,), reason, "use the out-of-place operator")


def _convert_step(step: Step, converted: dict[Step, Result], taken: set[str]) -> Layer | Result:
    """Return the record of one call, or what it passes on; None if it hangs on a call of unknown shape."""

    def known(arg: object) -> object:
        if isinstance(arg, list | tuple):
            return [known(item) for item in arg]
        if isinstance(arg, Source):
            return Value(INPUT, arg.shape)
        return converted[arg] if isinstance(arg, Step) else arg

    operands = [known(operand) for operand in step.operands()]
    if any(isinstance(operand, Step) and converted[operand] is None for operand in step.operands()):
        if step.op in CONVERSIONS or step.op == "getitem":
            return None
    elif not any(isinstance(operand, Value) for operand in operands):
        stored = next((operand for operand in operands if isinstance(operand, Stored)), None)
        return stored if stored is not None and CONVERSIONS.get(step.op) is convert_identity else Computed()
    if step.op not in CONVERSIONS:
        raise Refusal(*reason_for(step.op))
    if step.shape is None:
        raise Refusal(
            "it mixes the batch axis with others",
            "keep the examples apart: the batch axis comes first and alone",
        )
    args = {key: known(arg) for key, arg in step.args.items()}
    weight = next((args[key] for key in ("weight", "running_mean") if isinstance(args.get(key), Stored)), None)
    name = _owner(weight) if isinstance(weight, Stored) else _unique(step.node, taken)
    return CONVERSIONS[step.op](Call(name, step.op, args, step.shape))


def _owner(stored: Stored) -> str:
    """The path of the module that holds the tensor, or the tensor's own name at the root."""
    path, _, name = stored.name.rpartition(".")
    return path if name in ("weight", "running_mean") and path else stored.name


def _unique(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    return next(f"{name}_{i}" for i in range(1, len(taken) + 2) if f"{name}_{i}" not in taken)


def _output(trace: Trace, converted: dict[Step, Result]) -> tuple[str, list[Offence]]:
    """Return the name of the output record, and what is wrong with the output."""
    remedy = "wrap the model in a module that returns one tensor"
    if trace.container:
        reason = f"it returns a {trace.container} of {len(trace.outputs)}"
        return "", [Offence("forward", (), reason, remedy)]
    (output,) = trace.outputs
    if isinstance(output, Step):
        result = converted[output]
        if isinstance(result, Value) and result.name != INPUT:
            return result.name, []
        if result is None:  # it hangs on a call that is refused already
            return "", []
    reason = "it returns its input, or something that is not computed from it: there is nothing to prune"
    return "", [Offence("forward", (), reason, remedy)]


def _repeated_tensors(layers: Iterable[Layer], modules: dict[str, str]) -> Iterator[Offence]:
    """Name the tensors that two records own, constants apart: modules called twice."""
    owners: dict[str, list[Layer]] = defaultdict(list)
    for layer in layers:
        if not isinstance(layer, Constant):
            for name in layer.names.values():
                owners[name].append(layer)
    for name, users in owners.items():
        if len(users) > 1:
            reason = f"used {len(users)} times (a module called more than once)"
            yield Offence(modules[users[0].name], (name,), reason, "give each call a module of its own")
