"""Every module has its test file at the mirrored place, and everything public says what it is."""

import ast
from pathlib import PurePosixPath

import pytest

from tests.architecture.source import ROOT, parse, python_files

FILES = python_files("theoryprune")
MIRRORED = [path for path in FILES if PurePosixPath(path).name not in {"__init__.py", "__main__.py"}]


def mirror(path):
    """``theoryprune/graph/flow.py`` is tested in ``tests/graph/test_flow.py``."""
    source = PurePosixPath(path)
    return PurePosixPath("tests", *source.parts[1:-1], f"test_{source.name}").as_posix()


def has_tests(tree):
    return any(isinstance(node, ast.FunctionDef) and node.name.startswith("test") for node in ast.walk(tree))


def undocumented(tree):
    """The public functions and classes of a module, and the module itself, that have no docstring."""
    listed = [ast.literal_eval(node.value) for node in tree.body if _assigns_all(node)]
    public = {name for names in listed for name in names}
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    named = [node for node in tree.body if isinstance(node, kinds) and not _is_overload(node)]
    open_ones = [node for node in named if node.name in public or not node.name.startswith("_")]
    missing = [node.name for node in open_ones if not ast.get_docstring(node)]
    return missing if ast.get_docstring(tree) else ["the module itself", *missing]


def _assigns_all(node):
    return isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]


def _is_overload(node):
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)


@pytest.mark.parametrize("path", MIRRORED)
def test_every_module_has_its_test_file(path):
    test = ROOT / mirror(path)
    assert test.exists(), f"{path} needs {mirror(path)}"
    assert has_tests(ast.parse(test.read_text(encoding="utf-8"))), f"{mirror(path)} holds no test"


@pytest.mark.parametrize("path", FILES)
def test_everything_public_has_a_docstring(path):
    assert undocumented(parse(path)) == []


def test_the_mirror_of_a_module():
    assert mirror("theoryprune/errors.py") == "tests/test_errors.py"
    assert mirror("theoryprune/graph/flow.py") == "tests/graph/test_flow.py"


def test_a_missing_docstring_is_found():
    source = '"""Text."""\n__all__ = ["_a"]\ndef f(): ...\nclass C: ...\ndef _a(): ...\ndef _b(): ...'
    assert undocumented(ast.parse(source)) == ["f", "C", "_a"]
    assert undocumented(ast.parse("x = 1")) == ["the module itself"]
    assert undocumented(ast.parse('"""Text."""\n@typing.overload\ndef f(x: int): ...')) == []


def test_a_file_without_tests_is_found():
    assert not has_tests(ast.parse("import pytest"))
    assert has_tests(ast.parse("class TestX:\n    def test_y(self): ..."))
