"""What `reduce` refuses before it starts, each argument by its name."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from numbers import Real

from theoryprune.bounds.effort import EFFORTS
from theoryprune.coresets.allocate import ALLOCATORS
from theoryprune.coresets.output_weights import WEIGHTINGS


def check_reduce_arguments(
    *,
    method: object,
    streams: object,
    min_keep: object,
    how: object,
    weights: object,
    certify: object,
    end_to_end: object,
    radius: object,
    effort: object,
    bias_correction: object = None,
    fold_bn: object = False,
) -> None:
    """Refuse arguments of `reduce` that are none, also those that this call would not use.

    Raises
    ------
    TypeError
        If the method is no callable, a switch no bool, `min_keep` no int or the radius no number.
    ValueError
        If something is out of range or no known name, or a bound of the output is asked for without certificates.
    """
    if not callable(method):
        hint = f"; import it: from theoryprune.coresets import {method}" if isinstance(method, str) else ""
        raise TypeError(f"method must be a construction, as theoryprune.coresets.kernel_fit, got {method!r}{hint}")
    _check_signature(method)
    if not isinstance(streams, bool):
        raise TypeError(f"streams must be True or False, got {streams!r}; protect=['name'] leaves single streams alone")
    for name, value in (("certify", certify), ("fold_bn", fold_bn)):
        if not isinstance(value, bool):
            raise TypeError(f"{name} must be True or False, got {value!r}")
    if not (end_to_end is None or isinstance(end_to_end, bool)):
        raise TypeError(f"end_to_end must be True, False or None, where depth decides, got {end_to_end!r}")
    if not (bias_correction is None or isinstance(bias_correction, bool)):
        raise TypeError(
            f"bias_correction must be True, False or None, which leaves it to the method, got {bias_correction!r}"
        )
    if isinstance(min_keep, bool) or not isinstance(min_keep, int):
        raise TypeError(f"min_keep must be an int, a number of channels, got {min_keep!r}")
    if min_keep < 0:
        raise ValueError(f"min_keep must not be negative, got {min_keep}")
    for name, value, known in (("how", how, ALLOCATORS), ("effort", effort, EFFORTS), ("weights", weights, WEIGHTINGS)):
        if value not in known and not (name == "weights" and value is None):
            raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")
    if isinstance(radius, bool) or not isinstance(radius, Real):
        raise TypeError(f"radius must be a number, the largest norm of the inputs, got {radius!r}")
    if not 0 <= float(radius) < math.inf:
        raise ValueError(f"radius must be at least 0 and finite, got {radius}")
    if end_to_end and not certify:
        raise ValueError("end_to_end=True needs the certificates of the layers; leave certify=True")


def _check_signature(method: Callable[..., object]) -> None:
    try:
        inspect.signature(method).bind_partial(None, None, 1, slope=0.0)
    except TypeError as error:
        name = getattr(method, "__name__", repr(method))
        raise TypeError(
            "method must take (incoming, outgoing, budget, *, slope), as theoryprune.coresets.merge does; "
            f"{name}: {error}"
        ) from None
