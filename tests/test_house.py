"""The house: which room of purenet imports which, read from the source of every module.

A room is a module of purenet or a package in it.  Arrows point one way: a room imports rooms that
stand above it in ``ROOMS`` and nothing else.  Imports inside functions and those for the type
checker alone count like all others.
"""

from __future__ import annotations

import ast
import functools
import pathlib
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent

ROOMS = (
    "_version",
    "doubles",
    "elementary",
    "matrix",
    "activations",
    "losses",
    "regularisation",
    "buffers",
    "arrays",
    "given",
    "names",
    "checks",
    "outputs",
    "claims",
    "fixed",
    "optimizers",
    "schedules",
    "schedule_texts",
    "randomness",
    "initializers",
    "layers",
    "parameters",
    "functions",
    "answers",
    "metrics",
    "sample_weights",
    "processes",
    "splits",
    "drawing",
    "history",
    "tables",
    "construction",
    "samples",
    "training",
    "writing",
    "files",
    "network",
    "gradients",
    "selection",
    "models",
    "estimators",
    "datasets",
    "walkthroughs",
    "seeing",
    "__init__",
    "commands",
    "_pyinstaller",
    "__main__",
)

ARITHMETIC = ("elementary", "matrix", "activations", "losses", "regularisation")

# What a network trains without.
CORE = ROOMS[: ROOMS.index("gradients") + 1]
NOT_FOR_THE_CORE = ("drawing", "datasets", "walkthroughs", "seeing", "commands")

# The core may draw, but only when it is asked to: room and function.
DRAW = {
    ("network", "summary"),
    ("network", "to_svg"),
    ("history", "_repr_svg_"),
    ("training", "_bar"),
}

# Where a backend is chosen, and what says what a frozen program carries for it.
KNOW_BOTH = (
    "purenet.commands.backends",
    "purenet._pyinstaller.hook-purenet.commands.backends",
    "purenet._pyinstaller.hook-purenet_fast",
)

MOST_LINES = 600


class Arrow(NamedTuple):
    """An import: who imports whom, in which line, and where in the module it stands."""

    source: str
    target: str
    line: int
    function: str | None
    typing: bool

    def __str__(self) -> str:
        place = f"{self.source} line {self.line} imports {self.target}"
        if self.typing:
            return f"{place} (for the type checker)"
        return place if self.function is None else f"{place} (in {self.function})"


# --- Reading --------------------------------------------------------------------------------------


def read(folder: pathlib.Path) -> dict[str, str]:
    """Return the source of every module below a package's folder, by its name in full."""
    sources = {}
    for path in sorted(folder.rglob("*.py")):
        if not (path.parent / "__init__.py").exists():
            continue  # hooks for PyInstaller, which are no modules of the package
        parts = path.relative_to(folder.parent).with_suffix("").parts
        sources[".".join(parts)] = path.read_text(encoding="utf-8")
    return sources


def room_of(module: str) -> str:
    """Return the room of a module: layers for purenet.layers.dense, __init__ for purenet itself."""
    return module.split(".")[1]


class Reader(ast.NodeVisitor):
    """Finds the imports and the private names of other modules in one module's source."""

    def __init__(self, module: str, modules: Collection[str]) -> None:
        self.module = module
        self.modules = modules
        self.arrows: list[Arrow] = []
        self.private: list[str] = []
        self.functions: list[str] = []
        self.typing = False
        self.names: set[str] = set()  # that stand for modules
        self.packages = {name.split(".")[0] for name in modules}

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.functions.append(node.name)
        self.generic_visit(node)
        self.functions.pop()

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            self.typing = True
            for statement in node.body:
                self.visit(statement)
            self.typing = False
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.name.split(".")[0] in self.packages:
                self.arrow(alias.name, node.lineno)
                self.names.add(alias.asname or alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        origin = node.module or ""
        if node.level:
            package = self.module.split(".")[: -node.level]
            origin = ".".join([*package, origin] if origin else package)
        if origin.split(".")[0] not in self.packages:
            return
        for alias in node.names:
            inside = f"{origin}.{alias.name}"
            if self.known(inside):
                self.arrow(inside, node.lineno)
                self.names.add(alias.asname or alias.name)
            else:
                self.arrow(origin, node.lineno)
                if is_private(alias.name):
                    self.private.append(
                        f"{self.module} line {node.lineno} takes the private name {inside}"
                    )

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if is_private(node.attr) and ast.unparse(node.value) in self.names:
            self.private.append(
                f"{self.module} line {node.lineno} takes the private name "
                f"{ast.unparse(node.value)}.{node.attr}"
            )
        self.generic_visit(node)

    def known(self, name: str) -> bool:
        return name in self.modules or f"{name}.__init__" in self.modules

    def arrow(self, name: str, line: int) -> None:
        target = name if name in self.modules else f"{name}.__init__"
        function = self.functions[-1] if self.functions else None
        arrow = Arrow(self.module, target, line, function, self.typing)
        if arrow not in self.arrows:  # two names of one module
            self.arrows.append(arrow)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@functools.cache
def read_module(
    module: str, text: str, modules: frozenset[str]
) -> tuple[list[Arrow], list[str], list[int]]:
    """Return a module's imports, its uses of private names, its lines that name purenet_fast."""
    tree = ast.parse(text)
    reader = Reader(module, modules)
    reader.visit(tree)
    return reader.arrows, reader.private, list(lines_naming_the_other_package(tree))


def lines_naming_the_other_package(tree: ast.Module) -> Iterator[int]:
    """Yield the lines where purenet_fast is imported or named, docstrings and comments aside."""
    docstrings = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            docstrings.add(body[0].value)
    for node in ast.walk(tree):
        named = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = "" if node in docstrings else node.value
        elif isinstance(node, ast.Import):
            named = " ".join(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            named = node.module or ""
        elif isinstance(node, ast.Name):
            named = node.id
        if "purenet_fast" in named:
            yield node.lineno


# --- Rules ----------------------------------------------------------------------------------------


def complaints(sources: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the house."""
    arrows: list[Arrow] = []
    for module, text in sources.items():
        found, private, naming = read_module(module, text, frozenset(sources))
        arrows += found
        yield from private
        if module not in KNOW_BOTH:
            for line in naming:
                yield f"{module} line {line} names purenet_fast"
        lines = text.count("\n")
        if lines > MOST_LINES:
            yield f"{module} has {lines} lines, expected at most {MOST_LINES}"
    yield from circles(arrows)
    rooms = {room_of(module) for module in sources}
    for room in sorted(rooms - set(ROOMS)):
        yield f"{room} is no room of the plan"
    for arrow in arrows:
        source, target = room_of(arrow.source), room_of(arrow.target)
        if source == target or not {source, target} <= set(ROOMS):
            continue
        if ROOMS.index(target) > ROOMS.index(source):
            yield f"{arrow}: {target} stands below {source}"
        if source in ARITHMETIC and target not in ARITHMETIC:
            yield f"{arrow}: arithmetic imports arithmetic only"
        if source in CORE and target in NOT_FOR_THE_CORE and source != "drawing":
            drawing = target == "drawing" and (source, arrow.function) in DRAW
            if not drawing:
                yield f"{arrow}: a network trains without {target}"
        if target == "commands" and source != "__main__":
            yield f"{arrow}: nobody imports the commands"


def circles(arrows: list[Arrow]) -> Iterator[str]:
    """Yield each group of modules that import each other, with the arrows among them."""
    reached: dict[str, set[str]] = {}
    for arrow in arrows:
        if arrow.source != arrow.target:
            reached.setdefault(arrow.source, set()).add(arrow.target)
    grown = True
    while grown:
        grown = False
        for targets in reached.values():
            further = set().union(*(reached.get(target, set()) for target in targets)) - targets
            if further:
                targets |= further
                grown = True
    left = sorted(module for module, targets in reached.items() if module in targets)
    while left:
        group = [module for module in left if module in reached[left[0]]]
        group = [module for module in group if left[0] in reached[module]]
        among = [arrow for arrow in arrows if arrow.source in group and arrow.target in group]
        yield "a circle: " + "; ".join(map(str, among))
        left = [module for module in left if module not in group]


# --- Tests ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return read(ROOT / "purenet")


def test_the_house_stands_as_planned(sources: dict[str, str]) -> None:
    assert list(complaints(sources)) == []


def test_the_plan_has_no_room_that_is_not_built(sources: dict[str, str]) -> None:
    assert set(ROOMS) == {room_of(module) for module in sources}


def test_no_private_names_of_other_modules_in_the_compiled_package() -> None:
    sources = read(ROOT / "purenet_fast")
    compiled = {f"purenet_fast.{path.stem}" for path in (ROOT / "purenet_fast").glob("*.pyx")}
    modules = frozenset({*sources, *compiled, *read(ROOT / "purenet")})
    for module, text in sources.items():
        assert read_module(module, text, modules)[1] == []


PLANTED = [
    (
        "matrix",
        "from . import network",
        "matrix line {line} imports purenet.network: network stands",
    ),
    ("matrix", "from .checks import counted", "arithmetic imports arithmetic only"),
    ("losses", "def f():\n    import purenet.checks", "(in f): arithmetic imports arithmetic only"),
    ("checks", "from .layers.dense import Dense", "layers stands below checks"),
    ("checks", "from .layers.dense import Dense", "a circle: "),
    ("matrix", "def f():\n    from .network import Network", "a circle: "),
    (
        "network",
        "def f():\n    from .seeing import notation",
        "(in f): seeing stands below network",
    ),
    ("network", "from .drawing import svg", "a network trains without drawing"),
    ("network", "def fit2():\n    from .drawing import svg", "a network trains without drawing"),
    ("gradients", "from .commands import cli", "nobody imports the commands"),
    ("__init__", "from .commands.cli import main", "nobody imports the commands"),
    ("network", "from .checks import _anything", "takes the private name purenet.checks._anything"),
    ("network", "from . import losses\nlosses._any()", "takes the private name losses._any"),
    ("network", "import purenet.losses\npurenet.losses._any()", "name purenet.losses._any"),
    ("network", "import purenet_fast", "names purenet_fast"),
    ("network", "name = 'purenet_fast.Dense'", "names purenet_fast"),
    ("metrics", "pass\n" * 600, "expected at most 600"),
    ("seeing.notation", "from ..commands import cli", "nobody imports the commands"),
]


@pytest.mark.parametrize(("module", "planted", "words"), PLANTED)
def test_what_is_planted_is_found(
    module: str, planted: str, words: str, sources: dict[str, str]
) -> None:
    name = f"purenet.{module}"
    line = sources[name].count("\n") + 1
    changed = {**sources, name: f"{sources[name]}{planted}\n"}
    found = set(complaints(changed)) - set(complaints(sources))
    assert any(words.format(line=line) in text for text in found)


def test_an_import_for_the_type_checker_counts(sources: dict[str, str]) -> None:
    planted = "if TYPE_CHECKING:\n    from .network import Network\n"
    changed = {**sources, "purenet.checks": sources["purenet.checks"] + planted}
    found = set(complaints(changed)) - set(complaints(sources))
    words = "imports purenet.network (for the type checker): network stands below checks"
    assert any(words in text for text in found)


def test_a_room_outside_the_plan_is_found(sources: dict[str, str]) -> None:
    changed = {**sources, "purenet.extra": "from . import matrix\n"}
    found = set(complaints(changed)) - set(complaints(sources))
    assert found == {"extra is no room of the plan"}
