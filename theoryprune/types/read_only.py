"""A mapping that nobody can write to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

V = TypeVar("V")


class ReadOnly(Mapping[str, V]):
    """A mapping that cannot be written to, but copied and pickled (which `types.MappingProxyType` cannot)."""

    def __init__(self, items: Mapping[str, V]) -> None:
        self._items = items

    def __getitem__(self, key: str) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)
