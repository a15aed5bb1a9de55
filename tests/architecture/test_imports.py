"""The order of the rooms is the theory's: who may import whom, and what ``import theoryprune`` costs."""

import ast
import importlib
import subprocess
import sys
import tomllib

import pytest

from tests.architecture.source import ROOT, imports, module_name, parse, python_files

CORE = {"errors", "layers", "types", "graph", "measures", "bounds"}
SIBLINGS = {"scores", "masks", "coresets", "convex"}

# Room -> the rooms it may import, besides itself. A new room needs a line here: that is the moment to say
# where it stands in the theory.
MAY_IMPORT = {
    "errors": set(),
    "geometry": {"errors"},
    "layers": {"errors"},
    "types": {"errors", "layers"},
    "graph": {"errors", "layers", "types"},
    "measures": {"errors", "layers", "types", "graph"},
    "bounds": {"errors", "layers", "types", "graph", "measures", "geometry"},
    "scores": CORE,
    "masks": CORE,
    "coresets": CORE | {"geometry"},
    "convex": CORE | {"geometry"},
    "reports": CORE | SIBLINGS,
    "cli": CORE | SIBLINGS | {"reports"},
    "__main__": {"cli"},
    "__init__": CORE | SIBLINGS | {"geometry", "reports"},
}

# External packages with a room of their own: no other room may import them, not even inside a function.
ONLY_IN = {"cvxpy": {"convex"}, "torchvision": set()}

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIRED = {requirement.split(">")[0] for requirement in PROJECT["dependencies"]}

PACKAGE_FILES = python_files("theoryprune")
OUTSIDE_FILES = python_files("benchmarks") + python_files("paper_repro")


def room_of(path):
    """``theoryprune/graph/flow.py`` is in the room ``graph``; a file outside any folder is its own room."""
    return path.split("/")[1].removesuffix(".py")


def violations(path, tree):
    """What the imports of a file of the package break, one sentence each."""
    room = room_of(path)
    if room not in MAY_IMPORT:
        return [f"{path}: the room {room!r} has no place in the order yet"]
    found = [(item, _broken_rule(room, item)) for item in imports(path, tree)]
    return [f"{path}:{item.line}: {rule}" for item, rule in found if rule]


def _broken_rule(room, item):
    first, *rest = item.target.split(".")
    if first == "theoryprune":
        other = rest[0] if rest else ""
        if other in MAY_IMPORT:
            return "" if other == room or other in MAY_IMPORT[room] else f"{room} may not import {other}"
        # The front door imports every room, so a room that came in by it would import itself.
        return "" if other == "__version__" else f"import from the room that defines it: {item.target}"
    if first in sys.stdlib_module_names:
        return ""
    if room not in ONLY_IN.get(first, {room}):
        return f"{room} may not import {first}"
    if room == "geometry" and first not in {"numpy", "scipy"}:
        return f"geometry is NumPy and SciPy only, not {first}"
    if item.eager and first not in REQUIRED:
        return f"{first} is optional: import it inside the function that needs it"
    return ""


def outside_violations(path, tree):
    """What a file outside the package breaks: it may use what the package, or one of its rooms, offers."""
    hidden = [item for item in imports(path, tree) if _is_hidden(item.target)]
    return [f"{path}:{item.line}: {item.target} is not public" for item in hidden]


def _is_hidden(target):
    first, *rest = target.split(".")
    if first != "theoryprune" or rest == ["__version__"]:
        return False
    # A function may have the name of its module: from its room, one gets the function.
    module = ROOT.joinpath(first, *rest).with_suffix(".py")
    module_of_a_room = len(rest) == 2 and module.exists() and rest[1] not in _offered(rest[0])
    return module_of_a_room or len(rest) > 2 or any(part.startswith("_") for part in rest)


def _offered(room):
    """The names in ``__all__`` of a room."""
    path = f"theoryprune/{room}/__init__.py"
    bodies = parse(path).body if (ROOT / path).exists() else []
    lists = [
        node.value for node in bodies if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    return {name for node in lists for name in ast.literal_eval(node)}


@pytest.mark.parametrize("path", PACKAGE_FILES)
def test_rooms_import_only_what_stands_before_them(path):
    assert violations(path, parse(path)) == []


@pytest.mark.parametrize("path", OUTSIDE_FILES)
def test_outside_code_uses_public_names_only(path):
    assert outside_violations(path, parse(path)) == []


def test_the_order_has_no_cycle():
    done = set()
    while ready := {room for room in MAY_IMPORT if room not in done and MAY_IMPORT[room] <= done}:
        done |= ready
    assert done == set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("theoryprune/layers/conv.py", "from theoryprune.types import WeightGraph"),
        ("theoryprune/layers/conv.py", "from ..types import WeightGraph"),
        ("theoryprune/layers/conv.py", "from .. import graph"),
        ("theoryprune/layers/__init__.py", "from ..graph import flow"),
        ("theoryprune/layers/conv.py", "import theoryprune.graph.flow"),
        ("theoryprune/layers/conv.py", "def f():\n    from theoryprune import graph"),
        ("theoryprune/layers/conv.py", "if TYPE_CHECKING:\n    from ..graph import flow"),
        ("theoryprune/scores/synflow.py", "from theoryprune.masks import keep_top"),
        ("theoryprune/scores/synflow.py", "from theoryprune import synflow"),
        ("theoryprune/scores/synflow.py", "import theoryprune as tp"),
        ("theoryprune/scores/synflow.py", "from theoryprune.geometry import lowner"),
        ("theoryprune/coresets/merge.py", "import theoryprune.convex"),
        ("theoryprune/geometry/lowner.py", "from theoryprune.layers import conv"),
        ("theoryprune/geometry/lowner.py", "import torch"),
        ("theoryprune/geometry/lowner.py", "def f():\n    import cvxpy"),
        ("theoryprune/bounds/certify.py", "def f():\n    import cvxpy as cp"),
        ("theoryprune/measures.py", "from torchvision.models import resnet18"),
        ("theoryprune/reports/plots.py", "import matplotlib.pyplot as plt"),
        ("theoryprune/reports/plots.py", "if not TYPE_CHECKING:\n    import pandas"),
        ("theoryprune/surprise.py", "import math"),
    ],
)
def test_a_planted_breach_is_found(path, source):
    assert len(violations(path, ast.parse(source))) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("theoryprune/layers/conv.py", "import math\nimport torch"),
        ("theoryprune/layers/conv.py", "from .base import Layer\nfrom ..errors import DataError"),
        ("theoryprune/convex/net_trim.py", "def f():\n    import cvxpy as cp"),
        ("theoryprune/coresets/merge.py", "from theoryprune.geometry import lowner"),
        ("theoryprune/coresets/merge.py", "from theoryprune.bounds.layer_certs import certify"),
        ("theoryprune/reports/plots.py", "def f():\n    import matplotlib.pyplot as plt"),
        ("theoryprune/reports/plots.py", "if TYPE_CHECKING:\n    from matplotlib.figure import Figure"),
        ("theoryprune/cli.py", "from theoryprune import __version__"),
        ("theoryprune/__init__.py", "from .graph.flow import flow as flow\nfrom . import geometry"),
    ],
)
def test_what_the_design_allows_passes(path, source):
    assert violations(path, ast.parse(source)) == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("import theoryprune as tp\nfrom theoryprune import synflow, __version__", 0),
        ("from theoryprune.geometry import lowner\nfrom theoryprune.errors import DataError", 0),
        ("from theoryprune import _private", 1),
        ("from theoryprune.errors import _private", 1),
        ("from theoryprune.graph.flow import gain", 1),
        ("from theoryprune.geometry.lowner import lowner", 1),
        ("from theoryprune.geometry import lowner_away", 1),
    ],
)
def test_the_rule_for_outside_code(source, count):
    assert len(outside_violations("benchmarks/run.py", ast.parse(source))) == count


@pytest.mark.parametrize("path", [path for path in PACKAGE_FILES if not path.endswith("__main__.py")])
def test_every_module_can_be_imported(path):
    importlib.import_module(module_name(path))


def test_importing_the_package_loads_nothing_heavy_or_optional():
    # In a process of its own: other tests load these packages for good reasons.
    heavy = ["cvxpy", "matplotlib", "sklearn", "pandas", "pyarrow", "torchvision"]
    code = f"import sys, theoryprune; print(*(name for name in {heavy} if name in sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
