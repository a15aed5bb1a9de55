"""Claims about networks that can be checked again: what was proved, by which theorem, and whether it holds."""

from __future__ import annotations

from theoryprune.bounds.verify import verify

__all__ = ["verify"]
