"""Every behaviour test is written once and runs on both backends.

The whole suite runs in several worker processes if pytest-xdist is installed, file by file: what a
file's tests share is made once.  Files named on the command line run in pytest's own process, where
-s shows what they print.  -n sets the number of workers, -n 0 does without.
"""

import importlib
import os
import signal

import pytest

MODULES = {"pure": "purenet", "fast": "purenet_fast"}

MOST_WORKERS = 8  # each of them collects all tests

# What takes longest begins first, so that no worker is alone with it at the end.
LONGEST_FIRST = (
    "test_packaging.py",
    "test_contraction.py",
    "test_page.py",
    "test_page_sizes.py",
    "test_page_changing.py",
    "test_kernels.py",
    "test_recording.py",
    "test_cli.py",
    "test_readme.py",
    "test_training_control.py",
    "test_stepping.py",
    "test_page_class.py",
    "test_page_asking.py",
    "test_serving.py",
    "test_recorded_layers.py",
    "test_odd_arguments.py",
    "test_identity.py",
    "test_border.py",
    "test_explain.py",
    "test_walkthroughs.py",
)


def pytest_addoption(parser):
    parser.addoption(
        "--pure-only",
        action="store_true",
        help="test purenet alone; without this a missing purenet_fast is an error",
    )


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads these options
def pytest_cmdline_main(config):
    if not config.pluginmanager.hasplugin("xdist") or "PYTEST_XDIST_WORKER" in os.environ:
        return
    option = config.option
    here = option.usepdb or option.trace or option.capture == "no" or option.collectonly
    if option.numprocesses is None and not here and all(map(os.path.isdir, config.args)):
        cores = config.hook.pytest_xdist_auto_num_workers(config=config)
        if cores > 1:
            option.numprocesses = min(cores, MOST_WORKERS)
    if option.numprocesses and option.dist == "no":
        option.dist = "loadfile"
        option.loadscopereorder = False  # the order is that of pytest_collection_modifyitems


def pytest_configure(config):
    # A shell that starts pytest in the background of a script has Ctrl-C ignored, by all processes
    # that pytest starts, too; tests send it and would wait for ever.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
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

    return f"backends: pure and fast ({purenet_fast.engine.__file__})"


def pytest_generate_tests(metafunc):
    if "backend" in metafunc.fixturenames:
        names = ["pure"] if metafunc.config.getoption("--pure-only") else ["pure", "fast"]
        metafunc.parametrize("backend", names, indirect=True)
    if "vectors" in metafunc.fixturenames:
        metafunc.parametrize("vectors", ["portable", *vector_widths()], indirect=True)


def usual_vectors():
    """Return what was asked for when the tests began; nothing leaves the choice to the package."""
    return os.environ.get("PURENET_VECTOR", "")


def vector_widths():
    """Return the vector widths that this processor has, beside plain loops."""
    try:
        from purenet_fast.vectors import choose_vectors
    except ImportError:  # --pure-only
        return []
    widths = []
    for name in ("vector", "sse2", "neon", "avx2", "avx512"):
        try:
            choose_vectors(name)
        except ValueError:
            continue
        widths.append(name)
    choose_vectors(usual_vectors())
    return widths


def place_in_order(item):
    """Return where the tests of this item's file belong among those of all files."""
    name = item.path.name
    return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)


def pytest_collection_modifyitems(config, items):
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=place_in_order)
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
def compiled(fast):
    """The compiled package, with threads for the smallest networks.

    What a test changes in it is put back.
    """
    compiled = fast
    least = compiled.threads.share_from(0.0)
    limit = compiled.threads.limit_pieces(0)
    compiled.threads.limit_pieces(limit)
    yield compiled
    compiled.vectors.choose_vectors(usual_vectors())
    compiled.threads.share_from(least)
    compiled.threads.limit_pieces(limit)


@pytest.fixture
def vectors(request):
    """The compiled package restricted to one vector width, for each that this processor has."""
    fast = importlib.import_module("purenet_fast")
    chosen = fast.vectors.choose_vectors(request.param)
    assert chosen == request.param
    yield chosen
    fast.vectors.choose_vectors(usual_vectors())


@pytest.fixture(scope="session")
def shared_browser():
    import webdriver

    with webdriver.Browser() as browser:
        yield browser


@pytest.fixture
def browser(shared_browser):
    """A browser, wide and light; at the end of the test its console has to be empty."""
    shared_browser.resize(1440, 900)
    shared_browser.emulate(prefers_color_scheme="light", prefers_reduced_motion="no-preference")
    shared_browser.console()
    yield shared_browser
    assert shared_browser.console() == []


@pytest.fixture
def show(browser, tmp_path):
    """Open the page of a recording, given by name or as data.

    It shows all digits and all matrices, unless it is asked for as it comes to its readers.
    """
    import pages

    from purenet.seeing.paper.page import render

    def open_page(what, grain=None, *, as_it_comes=False):
        found = pages.recorded(what) if isinstance(what, str) else what
        path = tmp_path / "page.html"
        path.write_text(render(found, "the worked text", grain), encoding="utf-8")
        browser.open(path.as_uri())
        pages.run(browser, pages.SWITCH, ["digits", "open"], not as_it_comes)
        return pages.Expected(getattr(found, "data", found))

    return open_page
