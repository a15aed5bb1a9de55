"""Which weights are taken out by name, of pruning and of reduction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase


def protected_names(layers: Mapping[str, str], protect: Collection[str] | str) -> frozenset[str]:
    """Return the weights that `protect` names.

    Parameters
    ----------
    layers : mapping of str to str
        Layer names by weight name.
    protect : collection of str, or str
        Names or shell-style patterns of weights, layers, or the modules they lie in: ``"fc.weight"``, ``"fc"``,
        ``"layer1"`` (all of it), ``"*.shortcut.*"``.

    Raises
    ------
    TypeError
        If `protect` is no collection of strings.
    ValueError
        If a pattern matches nothing.

    Examples
    --------
    >>> sorted(protected_names({"conv.weight": "conv", "fc.weight": "fc"}, ["fc"]))
    ['fc.weight']
    """
    patterns = [protect] if isinstance(protect, str) else protect
    if not isinstance(patterns, Collection) or not all(isinstance(pattern, str) for pattern in patterns):
        raise TypeError(f"protect must be a name, or a collection of names or patterns as ['fc'], got {protect!r}")
    found: set[str] = set()
    for pattern in patterns:
        matched = {
            weight
            for weight, layer in layers.items()
            if any(fnmatchcase(name, pattern) for name in (weight, layer)) or layer.startswith(f"{pattern}.")
        }
        if not matched:
            raise ValueError(f"protect: '{pattern}' matches no prunable layer or weight; they are {list(layers)}")
        found |= matched
    return frozenset(found)
