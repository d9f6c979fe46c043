"""Every behaviour test is written once and runs on both backends."""

import importlib

import pytest

MODULES = {"pure": "purenet", "fast": "purenet_fast"}


def pytest_addoption(parser):
    parser.addoption(
        "--pure-only",
        action="store_true",
        help="test purenet alone; without this a missing purenet_fast is an error",
    )


def pytest_configure(config):
    if config.getoption("--pure-only"):
        return
    try:
        importlib.import_module("purenet_fast")
    except ImportError as error:
        raise pytest.UsageError(
            f"{error}\nTo test purenet alone, ask for it: pytest --pure-only"
        ) from error


def pytest_report_header(config):
    if config.getoption("--pure-only"):
        return "backends: pure ONLY (--pure-only); nothing compiled is tested"
    import purenet_fast

    return f"backends: pure and fast ({purenet_fast._core.__file__})"


def pytest_generate_tests(metafunc):
    if "backend" in metafunc.fixturenames:
        names = ["pure"] if metafunc.config.getoption("--pure-only") else ["pure", "fast"]
        metafunc.parametrize("backend", names, indirect=True)
    if "vectors" in metafunc.fixturenames:
        metafunc.parametrize("vectors", ["portable", *vector_widths()], indirect=True)


def vector_widths():
    """Return the vector widths that this processor has, beside plain loops."""
    try:
        from purenet_fast import _core
    except ImportError:  # --pure-only
        return []
    widths = []
    for name in ("vector", "sse2", "neon", "avx2", "avx512"):
        try:
            _core.choose_vectors(name)
        except ValueError:
            continue
        widths.append(name)
    _core.choose_vectors("")
    return widths


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--pure-only"):
        return
    left_out = [item for item in items if {"both", "fast", "vectors"} & set(item.fixturenames)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def backend(request):
    """The package under test: purenet, then purenet_fast."""
    return importlib.import_module(MODULES[request.param])


@pytest.fixture
def both():
    """The two packages, for tests that compare them."""
    return importlib.import_module("purenet"), importlib.import_module("purenet_fast")


@pytest.fixture
def fast():
    """The compiled package alone, for what only it has."""
    return importlib.import_module("purenet_fast")


@pytest.fixture
def vectors(request):
    """The compiled package restricted to one vector width, for each that this processor has."""
    fast = importlib.import_module("purenet_fast")
    chosen = fast._core.choose_vectors(request.param)
    assert chosen == request.param
    yield chosen
    fast._core.choose_vectors("")
