"""The project's source as data: its files, their syntax trees, what they import. Nothing here runs it."""

import ast
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TYPE_CHECKING = {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


@dataclass(frozen=True)
class Import:
    """One imported name: ``from .flow import gain`` in the room graph is ``theoryprune.graph.flow.gain``."""

    target: str  # the dotted name in full; the last part may be a module or something in it
    line: int
    eager: bool  # runs when the module itself is imported: neither in a function nor only for type checking


def python_files(folder: str) -> list[str]:
    """Paths relative to the project of all Python files below `folder`; none when the folder is not there."""
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.py"))


def module_name(path: str) -> str:
    """``theoryprune/graph/__init__.py`` is ``theoryprune.graph``."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def parse(path: str) -> ast.Module:
    """The syntax tree of a file of the project."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=path)


def imports(path: str, tree: ast.Module) -> list[Import]:
    """Every import in the file, relative ones resolved against `path`."""
    package = Path(path).parent.parts  # the file's own package, for a module and for an __init__.py alike
    return list(_walk(tree, package, eager=True))


def _walk(node, package, eager):
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, node.lineno, eager) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = package[: len(package) - node.level + 1] if node.level else ()
        stem = ".".join((*base, *filter(None, [node.module])))
        yield from (Import(f"{stem}.{alias.name}", node.lineno, eager) for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, package, eager and not _is_postponed(node))


def _is_postponed(node):
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    only_for_types = isinstance(node, ast.If) and ast.unparse(node.test) in TYPE_CHECKING
    return isinstance(node, functions) or only_for_types
