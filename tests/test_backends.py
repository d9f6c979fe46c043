"""Which code really runs, and that the two packages cannot be told apart from outside."""

import ast
import copy
import doctest
import importlib
import importlib.machinery
import inspect
import os
import pathlib
import pickle
import pkgutil
import random
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent

COMPILED = [
    "activate",
    "add",
    "add_bias",
    "column_sums",
    "cos",
    "dot",
    "exp",
    "leaky_relu",
    "leaky_relu_derivative",
    "log",
    "log1p",
    "multiply",
    "relu",
    "relu_derivative",
    "scale",
    "sigmoid",
    "sigmoid_cross_entropy",
    "sigmoid_derivative",
    "softmax",
    "softmax_cross_entropy",
    "softmax_derivative",
    "squared_error",
    "squared_error_derivative",
    "subtract",
    "tanh",
    "tanh_derivative",
    "transpose",
]

# What belongs to no backend and exists once.
# Layers, of which each package has its own.
LAYERS = ["AveragePool2D", "Conv2D", "Dense", "Dropout", "Flatten", "MaxPool2D", "Recurrent"]

SHARED = [
    "ConvolutionGradient",
    "DeltaAlone",
    "DropoutOutput",
    "AdaGrad",
    "Adam",
    "AdamW",
    "CosineDecay",
    "ExponentialDecay",
    "InverseTimeDecay",
    "Momentum",
    "Nesterov",
    "RMSProp",
    "ReduceOnPlateau",
    "StepDecay",
    "WarmUp",
    "accuracy",
    "confusion_table",
    "f1",
    "mean_absolute_error",
    "precision",
    "r2",
    "recall",
    "CrossValidation",
    "Split",
    "cross_validate",
    "train_test_split",
    "Evaluation",
    "Explanation",
    "GradientCheck",
    "GradientDescent",
    "Recording",
    "RecordingError",
    "explain",
    "record",
    "He",
    "History",
    "Inputs",
    "Layer",
    "LayerGradient",
    "RecurrentGradient",
    "RecurrentOutput",
    "ThroughTime",
    "LayerOutput",
    "ModelScores",
    "Normal",
    "NumPyRandom",
    "Optimizer",
    "Preparation",
    "Table",
    "Targets",
    "TrainingDiverged",
    "Uniform",
    "Xavier",
    "Zeros",
    "check_gradients",
    "datasets",
    "one_hot",
    "read_csv",
]

X = [[0.5, -1.0], [1.0, 2.0], [-0.25, 0.75], [0.0, 1.5]]
Y = [[1.0], [0.0], [1.0], [0.0]]


def network(module):
    """Return a small trained network."""
    layers = [module.Dense(2, 3, "tanh"), module.Dense(3, 1, "sigmoid")]
    net = module.Network(layers, seed=1)
    net.fit(X, Y, epochs=2)
    return net


# Which code really runs.


def test_the_names_of_the_backends(both):
    pure, fast = both
    assert pure.BACKEND == "pure"
    assert fast.BACKEND == "fast"
    assert pure.Dense.backend == "pure"
    assert fast.Dense.backend == "fast"
    assert pure is not fast


def test_the_modules_are_shared_libraries(fast):
    suffixes = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    for name in fast.modules.MODULES:
        module = getattr(fast, name)
        assert module.__file__.endswith(suffixes)
        assert isinstance(module.__loader__, importlib.machinery.ExtensionFileLoader)
        with open(module.__file__, "rb") as file:
            magic = file.read(4)
        assert magic in (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe") or magic[:2] == b"MZ"


def test_every_compiled_module_is_listed(fast):
    folder = pathlib.Path(fast.__file__).parent
    assert sorted(path.stem for path in folder.glob("*.pyx")) == list(fast.modules.MODULES)


@pytest.mark.parametrize("name", COMPILED)
def test_functions_are_compiled_in_one_and_python_in_the_other(both, name):
    pure, fast = (getattr(module, name) for module in both)
    assert inspect.isfunction(pure)
    assert pure.__module__.startswith("purenet.")
    assert not inspect.isfunction(fast)
    assert fast.__module__.startswith("purenet_fast.")
    assert "cython" in type(fast).__name__ or inspect.isbuiltin(fast)


@pytest.mark.parametrize("name", SHARED)
def test_what_is_no_arithmetic_exists_once(both, name):
    assert getattr(both[0], name) is getattr(both[1], name)


def test_every_public_name_is_known_here(both):
    rest = {"BACKEND", "Classifier", "Network", "Regressor", "linear", "linear_derivative", "load"}
    rest |= {"TableModel", "train_table"}
    assert sorted({*COMPILED, *SHARED, *LAYERS, *rest}) == sorted(both[0].__all__)


def python_code_run_by(function):
    """Return the names of purenet's Python functions that a call runs, as module.function."""
    ran = set()

    def note(frame, event, _):
        if event == "call":
            module = frame.f_globals.get("__name__", "")
            if module.startswith("purenet"):
                ran.add(f"{module}.{frame.f_code.co_name}")

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return ran


ARITHMETIC = ("elementary", "matrix", "activations", "losses")


@pytest.mark.parametrize(
    "call",
    [
        lambda net: net.fit(X, Y, epochs=2, batch_size=3),
        lambda net: net.fit(X, Y, epochs=2, on_epoch=lambda epoch, history: None),
        lambda net: net.predict(X),
        lambda net: net.evaluate(X, Y),
        lambda net: net.feedforward(X),
        lambda net: net.backprop(X, Y),
    ],
    ids=["fit", "fit, watched", "predict", "evaluate", "feedforward", "backprop"],
)
def test_the_arithmetic_runs_where_it_should(both, call):
    pure, fast = (network(module) for module in both)
    modules = {name.rpartition(".")[0] for name in python_code_run_by(lambda: call(pure))}
    assert {"purenet.matrix", "purenet.activations", "purenet.elementary"} <= modules
    ran = python_code_run_by(lambda: call(fast))
    assert ran  # the checks at the border are Python in both
    in_python = {name for name in ran if name.split(".")[1] in ARITHMETIC}
    assert in_python <= {"purenet.losses.loss_count"}  # one division of a total, outside of C


def test_fit_goes_through_the_compiled_module(fast, monkeypatch):
    net = network(fast)
    before = net.digest()

    def train(*_):
        raise AssertionError("the compiled train was called")

    monkeypatch.setattr(fast.training, "train", train)
    with pytest.raises(AssertionError, match="the compiled train was called"):
        net.fit(X, Y, epochs=1)
    assert net.digest() == before


# The packages themselves.


def run(code, folder):
    """Run Python code in a fresh interpreter that sees the packages of this folder alone."""
    setup = f"import sys; sys.path.insert(0, {str(folder)!r})\n"
    command = [sys.executable, "-I", "-S", "-c", setup + code]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def packages_without_modules(folder):
    for name in ("purenet", "purenet_fast"):
        source = pathlib.Path(importlib.import_module(name).__file__).parent
        hidden = shutil.ignore_patterns("*.so", "*.pyd", "*.dylib", "__pycache__")
        shutil.copytree(source, folder / name, ignore=hidden)


def packages_with_modules(fast, folder):
    packages_without_modules(folder)
    for name in fast.modules.MODULES:
        shutil.copy(getattr(fast, name).__file__, folder / "purenet_fast")


def test_without_its_modules_the_fast_package_says_how_to_build_it(fast, tmp_path):
    packages_without_modules(tmp_path)
    done = run("import purenet_fast", tmp_path)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: purenet_fast is not built")
    assert "pip install ." in last
    assert "compiler" in last
    # and purenet works there
    done = run("import purenet; print(purenet.BACKEND, purenet.exp(0.0))", tmp_path)
    assert done.stdout == "pure 1.0\n", done.stderr


def test_a_failed_import_leaves_nothing_behind(fast, tmp_path):
    packages_without_modules(tmp_path)
    code = """
for attempt in range(2):
    try:
        import purenet_fast
    except ImportError as error:
        print("refused")
print("purenet_fast" in sys.modules)
"""
    done = run(code, tmp_path)
    assert done.stdout == "refused\nrefused\nFalse\n", done.stderr


def test_half_a_build_is_refused(fast, tmp_path):
    packages_with_modules(fast, tmp_path)
    done = run("import purenet_fast; print(purenet_fast.BACKEND)", tmp_path)
    assert done.stdout == "fast\n", done.stderr
    (tmp_path / "purenet_fast" / pathlib.Path(fast.engine.__file__).name).unlink()
    done = run("import purenet_fast", tmp_path)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: purenet_fast was built only in part, without engine. To ")
    assert "run `pip install .`" in last


def test_modules_that_do_not_fit_each_other_are_refused(fast, tmp_path):
    packages_with_modules(fast, tmp_path)
    # Nothing of what the others were built to use is offered here.
    (tmp_path / "purenet_fast" / pathlib.Path(fast.vectors.__file__).name).unlink()
    (tmp_path / "purenet_fast" / "vectors.py").write_text("SOURCES = 0\n")
    done = run("import purenet_fast", tmp_path)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: purenet_fast ")
    assert "run `pip install .`" in last


@pytest.mark.parametrize(
    "name", ["engine.pyx", "buffers.pxd", "kernels/product.h", "kernels/width_1.c"]
)
def test_an_extension_built_from_other_sources_is_refused(fast, tmp_path, name):
    packages_with_modules(fast, tmp_path)
    source = tmp_path / "purenet_fast" / name
    source.write_text("# not what was compiled\n")
    done = run("import purenet_fast", tmp_path)
    assert "ImportError: purenet_fast was built from other sources" in done.stderr
    assert done.returncode == 1
    # Where no sources lie beside it, as after an installation, there is nothing to compare.
    for path in (tmp_path / "purenet_fast").iterdir():
        if path.suffix in (".pyx", ".pxd"):
            path.unlink()
    shutil.rmtree(tmp_path / "purenet_fast" / "kernels")
    done = run("import purenet_fast; print(purenet_fast.BACKEND)", tmp_path)
    assert done.stdout == "fast\n", done.stderr


# The modules of arithmetic, by themselves.

TWINS = [
    (module, name)
    for module in ("activations", "elementary", "losses", "matrix")
    for name, value in sorted(vars(importlib.import_module(f"purenet.{module}")).items())
    if inspect.isfunction(value)
    and value.__module__ == f"purenet.{module}"
    and not name.startswith("_")
]


@pytest.mark.parametrize(("module", "name"), TWINS)
def test_a_module_has_the_twins_of_purenets(both, module, name):
    pure, fast = (
        getattr(importlib.import_module(f"{package.__name__}.{module}"), name) for package in both
    )
    assert inspect.signature(pure) == inspect.signature(fast)
    assert inspect.getdoc(pure) == inspect.getdoc(fast)


A = [[1.0, -2.5], [0.5, 3.0]]
ARGUMENTS = {
    "a": A,
    "b": [[0.25, 1.5], [-1.0, 2.0]],
    "biases": [0.5, -0.5],
    "factor": 3.0,
    "x": 0.75,
    "z": A,
    "d_a": [[1.0, 2.0], [3.0, -4.0]],
    "y": [[0.0, 1.0], [1.0, 0.0]],
    "loss": "categorical_cross_entropy",
    "activation": "softmax",
    "samples": 3,
    "outputs": 2,
    "weights": [0.5, 3.0],
    "gradient": [[0.25, 1.5], [-1.0, 2.0]],
}
OF_ONE_NUMBER = {"z": 0.75, "a": 0.25, "y": 1.0}
OF_ONE_ROW = {"z": [0.5, -1.0], "a": [0.25, 0.75], "y": [0.0, 1.0]}
ODD = [
    None,
    3,
    2.5,
    "x",
    [],
    [[]],
    [1],
    [[1, 2], [3, 4]],
    [[1.0], [2.0, 3.0]],
    [[1.0, "x"]],
    [[None]],
]
ODD += [((1.0, 2.0), (3.0, 4.0)), [[float("nan"), float("inf")]], [[1.0, 2.0, 3.0]]]


def outcome(function, arguments):
    try:
        return repr(function(**copy.deepcopy(arguments)))
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize(("module", "name"), TWINS)
def test_twins_return_and_raise_the_same(both, module, name):
    pure, fast = (
        getattr(importlib.import_module(f"{package.__name__}.{module}"), name) for package in both
    )
    if name in COMPILED and not hasattr(both[1].functions, name):
        pure = getattr(
            both[0].functions, name
        )  # of one number: public, with words for what is none
    names = list(inspect.signature(pure).parameters)
    for defaults in (ARGUMENTS, {**ARGUMENTS, **OF_ONE_NUMBER}, {**ARGUMENTS, **OF_ONE_ROW}):
        usual = {argument: defaults[argument] for argument in names}
        assert outcome(pure, usual) == outcome(fast, usual)
        for argument in names:
            for value in ODD:
                odd = {**usual, argument: value}
                assert outcome(pure, odd) == outcome(fast, odd)


def imported_names(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


def test_purenet_imports_the_standard_library_alone():
    folder = pathlib.Path(importlib.import_module("purenet").__file__).parent
    found = set()
    for path in folder.rglob("*.py"):
        if path.parent.name != "hooks":  # which are PyInstaller's, and no modules of purenet
            found |= {name.partition(".")[0] for name in imported_names(path)}
    assert found - {"purenet"} <= set(sys.stdlib_module_names)
    assert "math" in found


def test_importing_purenet_does_not_import_purenet_fast():
    folder = pathlib.Path(importlib.import_module("purenet").__file__).parent.parent
    code = """
import pkgutil, importlib, purenet
for module in pkgutil.walk_packages(purenet.__path__, "purenet."):
    if not module.name.endswith("__main__") and "_pyinstaller" not in module.name:
        importlib.import_module(module.name)
net = purenet.Network([purenet.Dense(2, 1)], seed=1)
net.fit([[0.0, 1.0]], [1.0], epochs=1)
print(sorted(name for name in sys.modules if name.startswith("purenet_fast")))
print(sorted({name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names))
"""
    done = run(code, folder)
    lines = done.stdout.splitlines()
    assert lines[0] == "[]", done.stderr
    others = set(ast.literal_eval(lines[1])) - {"__main__", "purenet"}
    assert not {name for name in others if not name.startswith(("_", "sitecustomize"))}


def test_docstring_examples():
    import purenet

    attempted = 0
    failed = []
    for found in pkgutil.walk_packages(purenet.__path__, "purenet."):
        if not found.name.endswith("__main__") and "_pyinstaller" not in found.name:
            result = doctest.testmod(importlib.import_module(found.name))
            attempted += result.attempted
            if result.failed:
                failed.append(found.name)
    assert not failed
    assert attempted > 30


# The same from outside.


def kind_and_name(name):
    """Sort constants before classes before functions."""
    return not name.isupper(), not name[0].isupper(), name


def test_the_same_public_names(both):
    pure, fast = both
    assert pure.__all__ == fast.__all__
    assert len(set(pure.__all__)) == len(pure.__all__)
    assert pure.__all__ == sorted(pure.__all__, key=kind_and_name)
    assert pure.__version__ == fast.__version__
    for name in pure.__all__:
        assert hasattr(pure, name)
        assert hasattr(fast, name)


def kind_of(value):
    if inspect.isclass(value):
        return "class"
    if inspect.ismodule(value):
        return "module"
    return "function" if callable(value) else type(value).__name__


NAMES = importlib.import_module("purenet").__all__


@pytest.mark.parametrize("name", NAMES)
def test_the_same_kind_signature_and_documentation(both, name):
    pure, fast = (getattr(module, name) for module in both)
    assert kind_of(pure) == kind_of(fast)
    if callable(pure):
        if pure is not fast:  # and builtin classes have no signature
            assert inspect.signature(pure) == inspect.signature(fast)
        assert inspect.getdoc(pure) == inspect.getdoc(fast)
        assert inspect.getdoc(pure)
        assert pure.__name__ == fast.__name__


@pytest.mark.parametrize("name", [name for name in NAMES if name != "BACKEND"])
def test_public_functions_and_classes_are_documented_and_typed(name):
    import purenet

    value = getattr(purenet, name)
    if inspect.isfunction(value):
        signature = inspect.signature(value)
        assert signature.return_annotation is not inspect.Signature.empty
        for parameter in signature.parameters.values():
            assert parameter.annotation is not inspect.Parameter.empty


METHODS = [
    (class_name, method)
    for class_name in ("Dense", "Network")
    for method in sorted(dir(getattr(importlib.import_module("purenet"), class_name)))
    if not method.startswith("_") or method in ("__init__", "__repr__")
]


@pytest.mark.parametrize(("class_name", "name"), METHODS)
def test_the_same_methods(both, class_name, name):
    pure, fast = (inspect.getattr_static(getattr(module, class_name), name) for module in both)
    if isinstance(pure, property):
        assert isinstance(fast, property)
        assert pure.__doc__ == fast.__doc__
        assert pure.__doc__
        return
    pure, fast = (getattr(getattr(module, class_name), name) for module in both)
    if not callable(pure):
        assert type(pure) is type(fast)
        return
    if name == "layer_class":
        assert (pure, fast) == (both[0].Dense, both[1].Dense)
        return
    # By whatever name the first one goes: self, or net where a function is the method.
    one, other = (inspect.signature(method) for method in (pure, fast))
    assert [*one.parameters.values()][1:] == [*other.parameters.values()][1:]
    assert one.return_annotation == other.return_annotation
    assert pure.__doc__ == fast.__doc__
    if not name.startswith("_"):
        assert pure.__doc__


def test_no_more_public_methods_in_one_than_in_the_other(both):
    for class_name in ("Dense", "Network"):
        pure, fast = (
            {name for name in dir(getattr(module, class_name)) if not name.startswith("_")}
            for module in both
        )
        assert pure == fast


def test_objects_print_the_same(both):
    pure, fast = (network(module) for module in both)
    assert repr(pure) == repr(fast)
    assert repr(pure.history) == repr(fast.history)
    for one, other in zip(pure.layers, fast.layers, strict=True):
        assert repr(one) == repr(other)
        assert repr(one.weights) == repr(other.weights)
        assert str(one.biases) == str(other.biases)
    assert repr(pure.backprop(X, Y)) == repr(fast.backprop(X, Y))
    assert repr(pure.feedforward(X)) == repr(fast.feedforward(X))
    assert repr(pure.evaluate(X, Y)) == repr(fast.evaluate(X, Y))
    assert vars(pure).keys() == vars(fast).keys()


def test_layers_of_the_other_backend_are_refused(both):
    pure, fast = both
    with pytest.raises(
        TypeError, match=r"layer 1 is a purenet_fast\.Dense, expected purenet\.Dense"
    ):
        pure.Network([pure.Dense(2, 3), fast.Dense(3, 1)])
    with pytest.raises(
        TypeError, match=r"layer 0 is a purenet\.Dense, expected purenet_fast\.Dense"
    ):
        fast.Network([pure.Dense(2, 3), fast.Dense(3, 1)])


# Bad calls: what is raised, what the message names, and the same in both.

NAN, INF = float("nan"), float("inf")
HUGE = 10**400
MANY_DIGITS = 10**5000  # Python does not turn it into text


def bad_calls():
    """Yield (exception, words of the message, function of the module and a network)."""
    # layers
    dense = [
        (ValueError, ["inputs: found 0", "expected 1"], (0, 1), {}),
        (ValueError, ["outputs: found -3", "expected 1"], (1, -3), {}),
        (ValueError, ["inputs: found 1099511627776", "expected 1"], (2**40, 1), {}),
        (TypeError, ["inputs", "2.0", "whole number"], (2.0, 1), {}),
        (TypeError, ["outputs", "'3'", "whole number"], (1, "3"), {}),
        (TypeError, ["inputs", "True", "whole number"], (True, 1), {}),
        (TypeError, ["outputs", "None", "whole number"], (1, None), {}),
        (ValueError, ["activation", "'swish'", "sigmoid, tanh, relu"], (1, 1, "swish"), {}),
        (ValueError, ["activation", "'Sigmoid'", "sigmoid, tanh"], (1, 1, "Sigmoid"), {}),
        (TypeError, ["activation", "5", "sigmoid, tanh"], (1, 1, 5), {}),
        (TypeError, ["activation", "None"], (1, 1, None), {}),
        (TypeError, ["bias", "1", "True or False"], (1, 1), {"bias": 1}),
        (TypeError, ["bias", "'no'", "True or False"], (1, 1), {"bias": "no"}),
        (ValueError, ["initializer", "'big'", "xavier"], (1, 1), {"initializer": "big"}),
        (TypeError, ["initializer", "5"], (1, 1), {"initializer": 5}),
        (ValueError, ["weights", "1 row", "2"], (2, 1), {"initializer": [[1.0]]}),
        (ValueError, ["row 1", "2 numbers", "1"], (2, 1), {"initializer": [[1.0], [1.0, 2.0]]}),
        (TypeError, ["row 1, column 0", "'x'"], (2, 1), {"initializer": [[1.0], ["x"]]}),
        (TypeError, ["row 0", "1.0"], (2, 1), {"initializer": [1.0, 2.0]}),
        (ValueError, ["weights"], (2, 1), {"initializer": []}),
        (TypeError, ["weights"], (2, 1), {"initializer": {0: [1.0], 1: [2.0]}}),
        (ValueError, ["row 0, column 0", "fits a float"], (1, 1), {"initializer": [[HUGE]]}),
        (ValueError, ["bias_initializer", "'big'"], (1, 1), {"bias_initializer": "big"}),
        (TypeError, ["bias_initializer", "5"], (1, 1), {"bias_initializer": 5}),
        (TypeError, ["bias_initializer", "None"], (1, 1), {"bias_initializer": None}),
        (ValueError, ["biases", "1 number", "2"], (1, 2), {"bias_initializer": [1.0]}),
        (TypeError, ["biases", "column 1", "'x'"], (1, 2), {"bias_initializer": [1.0, "x"]}),
        (ValueError, ["bias_initializer"], (1, 1), {"bias": False, "bias_initializer": "big"}),
        (ValueError, ["bias_initializer"], (1, 1), {"bias": False, "bias_initializer": [1.0]}),
        (TypeError, ["units"], (1, 1), {"units": 3}),
    ]
    for error, words, positional, named in dense:
        yield (
            error,
            words,
            lambda module, net, p=positional, n=named: module.Dense(*p, **n),
        )
    yield TypeError, ["Xavier", "Xavier()"], lambda m, net: m.Dense(1, 1, initializer=m.Xavier)
    yield ValueError, ["Uniform", "high", "low"], lambda m, net: m.Uniform(1.0, 0.0)
    yield TypeError, ["Uniform", "low", "'a'"], lambda m, net: m.Uniform("a")
    yield ValueError, ["Uniform", "high", "nan"], lambda m, net: m.Uniform(0.0, NAN)
    yield ValueError, ["Normal", "scale", "-1"], lambda m, net: m.Normal(-1.0)
    yield TypeError, ["Normal", "scale"], lambda m, net: m.Normal(None)
    yield ValueError, ["Normal", "scale", "inf"], lambda m, net: m.Normal(INF)

    # networks
    networks = [
        (ValueError, ["layers", "at least one"], lambda m: [], {}),
        (TypeError, ["layers", "None"], lambda m: None, {}),
        (TypeError, ["layers", "Dense(2, 1, 'sigmoid')"], lambda m: m.Dense(2, 1), {}),
        (TypeError, ["layers", "layer 1", "5"], lambda m: [m.Dense(2, 1), 5], {}),
        (ValueError, ["layer 1 has 4 inputs", "3", "layer 0"], lambda m: two(m, 3, 4), {}),
        (ValueError, ["loss", "'mape'", "sum_of_squares"], lambda m: two(m), {"loss": "mape"}),
        (TypeError, ["loss", "None"], lambda m: two(m), {"loss": None}),
        (
            ValueError,
            ["categorical_cross_entropy", "'softmax'", "'sigmoid'"],
            lambda m: two(m),
            {"loss": "categorical_cross_entropy"},
        ),
        (
            ValueError,
            ["binary_cross_entropy", "'sigmoid'", "'tanh'"],
            lambda m: [m.Dense(2, 1, "tanh")],
            {"loss": "binary_cross_entropy"},
        ),
        (ValueError, ["seed", "-1", "0 or more"], lambda m: two(m), {"seed": -1}),
        (TypeError, ["seed", "1.5", "whole number"], lambda m: two(m), {"seed": 1.5}),
        (TypeError, ["seed", "'1'"], lambda m: two(m), {"seed": "1"}),
        (TypeError, ["seed", "True"], lambda m: two(m), {"seed": True}),
    ]
    for error, words, layers, named in networks:
        yield error, words, lambda m, net, la=layers, n=named: m.Network(la(m), **n)
    yield ValueError, ["layer 0", "part of a network"], lambda m, net: m.Network(net.layers)
    yield (
        ValueError,
        ["layer 1", "part of a network"],
        lambda m, net: m.Network([m.Dense(2, 2)] * 2),
    )
    yield (
        ValueError,
        ["weights", "1 row", "2"],
        lambda m, net: m.Network([m.Dense(2, 1, initializer=lambda i, o, r: [[0.0]])]),
    )
    yield (
        TypeError,
        ["weights"],
        lambda m, net: m.Network([m.Dense(2, 1, initializer=lambda i, o, r: None)]),
    )

    # inputs, in every method that takes some
    inputs = [
        (ValueError, ["inputs: row 1 has 1 number", "expected 2"], [[1.0, 2.0], [1.0]]),
        (ValueError, ["inputs: row 0 has 3 numbers", "expected 2"], [[1.0, 2.0, 3.0]]),
        (ValueError, ["inputs: row 0 has 0 numbers", "expected 2"], [[]]),
        (ValueError, ["inputs", "no rows"], []),
        (TypeError, ["inputs: row 0, column 1", "'2'", "number"], [[1.0, "2"]]),
        (TypeError, ["inputs: row 1, column 0", "None"], [[1.0, 2.0], [None, 1.0]]),
        (TypeError, ["inputs: row 0, column 0", "[1.0]"], [[[1.0], 2.0]]),
        (TypeError, ["inputs: row 0, column 0", "1j"], [[1j, 2.0]]),
        (TypeError, ["inputs: row 0, column 0", "b'1'"], [[b"1", 2.0]]),
        (ValueError, ["inputs: row 1, column 1", "nan", "finite"], [[1.0, 2.0], [1.0, NAN]]),
        (ValueError, ["inputs: row 0, column 0", "inf", "finite"], [[INF, 2.0]]),
        (ValueError, ["inputs: row 0, column 0", "-inf", "finite"], [[-INF, 2.0]]),
        (ValueError, ["inputs: row 0, column 1", "fits a float"], [[1.0, HUGE]]),
        (ValueError, ["inputs: row 0, column 1"], [[1.0, MANY_DIGITS]]),
        (TypeError, ["inputs: row 0", "1.0", "2 numbers"], [1.0, 2.0]),
        (TypeError, ["inputs", "5"], 5),
        (TypeError, ["inputs", "None"], None),
        (TypeError, ["inputs", "'ab'"], "ab"),
        (TypeError, ["inputs: row 0", "'ab'"], ["ab"]),
        (TypeError, ["inputs: row 0"], [{0: 1.0, 1: 2.0}]),
        (TypeError, ["inputs"], {(1.0, 2.0)}),
        (TypeError, ["inputs"], iter(X)),
        (TypeError, ["inputs: row 0"], [iter(X[0])]),
    ]
    for error, words, bad in inputs:
        for method in ("predict", "predict_classes", "feedforward"):
            yield error, words, lambda m, net, i=bad, n=method: getattr(net, n)(i)
        answers = [[1.0]] * (len(bad) if isinstance(bad, list) and bad else 1)
        for method in ("evaluate", "backprop"):
            yield error, words, lambda m, net, i=bad, a=answers, n=method: getattr(net, n)(i, a)
        yield error, words, lambda m, net, i=bad, a=answers: net.fit(i, a, epochs=1)
        yield (
            error,
            ["validation_data", *words],
            lambda m, net, i=bad, a=answers: net.fit(X, Y, epochs=1, validation_data=(i, a)),
        )

    # targets
    targets = [
        (ValueError, ["targets", "3 rows", "4 samples"], Y[:3]),
        (ValueError, ["targets", "0 rows", "4 samples"], []),
        (ValueError, ["targets: row 1 has 2 numbers", "expected 1"], [[1.0], [1.0, 0.0], *Y[2:]]),
        (TypeError, ["targets: row 3, column 0", "'1'"], [*Y[:3], ["1"]]),
        (ValueError, ["targets: row 3, column 0", "nan"], [*Y[:3], [NAN]]),
        (TypeError, ["targets: row 2", "None"], [0, 1, None, 1]),
        (TypeError, ["targets: row 2"], [0, 1, "1", 1]),
        (ValueError, ["targets: row 0", "inf"], [INF, 1, 1, 1]),
        (TypeError, ["targets: row 1"], [[1.0], 1.0, [1.0], [0.0]]),
        (TypeError, ["targets", "None"], None),
        (TypeError, ["targets", "'abcd'"], "abcd"),
        (TypeError, ["targets", "5"], 5),
        (TypeError, ["targets"], dict.fromkeys(range(4))),
    ]
    for error, words, bad in targets:
        for method in ("evaluate", "backprop"):
            yield error, words, lambda m, net, t=bad, n=method: getattr(net, n)(X, t)
        yield error, words, lambda m, net, t=bad: net.fit(X, t, epochs=1)
        yield error, words, lambda m, net, t=bad: m.check_gradients(net, X, t)

    def classes(module, loss="categorical_cross_entropy"):
        last = "softmax" if loss == "categorical_cross_entropy" else "sigmoid"
        return module.Network([module.Dense(2, 3, last)], loss, seed=1)

    labels = [
        (["targets: row 2", "3", "0 to 2"], [0, 1, 3, 2]),
        (["targets: row 0", "-1", "0 to 2"], [-1, 1, 0, 2]),
        (["targets: row 1", "0.5", "0 to 2"], [0, 0.5, 0, 2]),
        (["targets: row 3", "adds up to 2.0"], [[1, 0, 0]] * 3 + [[1, 0, 1]]),
        (["targets: row 0", "adds up to 0.0"], [[0, 0, 0]] + [[1, 0, 0]] * 3),
        (["targets: row 0, column 1", "-1", "0 to 1"], [[1, -1, 1]] + [[1, 0, 0]] * 3),
    ]
    for words, bad in labels:
        yield ValueError, words, lambda m, net, t=bad: classes(m).fit(X, t, epochs=1)
        yield ValueError, words, lambda m, net, t=bad: classes(m).evaluate(X, t)
        yield ValueError, words, lambda m, net, t=bad: classes(m).backprop(X, t)
    yield (
        ValueError,
        ["targets: row 1, column 2", "1.5", "0 to 1", "binary_cross_entropy"],
        lambda m, net: classes(m, "binary_cross_entropy").fit(
            X, [[0, 0, 0], [0, 0, 1.5], [0, 0, 0], [0, 0, 0]], epochs=1
        ),
    )

    # the arguments of fit
    arguments = [
        (ValueError, ["epochs", "0", "1 or more"], {"epochs": 0}),
        (ValueError, ["epochs", "-1"], {"epochs": -1}),
        (TypeError, ["epochs", "1.0", "whole number"], {"epochs": 1.0}),
        (TypeError, ["epochs", "'3'"], {"epochs": "3"}),
        (TypeError, ["epochs", "True"], {"epochs": True}),
        (TypeError, ["epochs", "None"], {"epochs": None}),
        (TypeError, ["epochs"], {}),
        (ValueError, ["learning_rate", "-0.1", "0 or more"], {"learning_rate": -0.1}),
        (ValueError, ["learning_rate", "nan", "finite"], {"learning_rate": NAN}),
        (ValueError, ["learning_rate", "inf", "finite"], {"learning_rate": INF}),
        (TypeError, ["learning_rate", "'0.1'"], {"learning_rate": "0.1"}),
        (TypeError, ["learning_rate"], {"learning_rate": [0.1]}),
        (ValueError, ["learning_rate", "fits a float"], {"learning_rate": HUGE}),
        (ValueError, ["learning_rate(2)", "-1"], {"learning_rate": lambda epoch: -1}),
        (TypeError, ["learning_rate(2)", "None"], {"learning_rate": lambda epoch: None}),
        (ValueError, ["batch_size", "0", "1 or more"], {"batch_size": 0}),
        (TypeError, ["batch_size", "2.0"], {"batch_size": 2.0}),
        (TypeError, ["batch_size", "'all'"], {"batch_size": "all"}),
        (TypeError, ["shuffle", "1", "True or False"], {"shuffle": 1}),
        (TypeError, ["shuffle", "None"], {"shuffle": None}),
        (TypeError, ["progress", "'yes'", "True or False"], {"progress": "yes"}),
        (ValueError, ["patience", "0", "1 or more"], {"patience": 0}),
        (TypeError, ["patience", "2.5"], {"patience": 2.5}),
        (TypeError, ["on_epoch", "5", "a function"], {"on_epoch": 5}),
        (ValueError, ["threads", "0", "1 or more"], {"threads": 0}),
        (TypeError, ["threads", "'2'"], {"threads": "2"}),
        (TypeError, ["validation_data", "5", "pair"], {"validation_data": 5}),
        (ValueError, ["validation_data", "3 items", "pair"], {"validation_data": (X, Y, Y)}),
        (ValueError, ["validation_data", "4 items", "pair"], {"validation_data": X}),
        (ValueError, ["validation_data", "3 rows"], {"validation_data": (X, Y[:3])}),
        (TypeError, ["validation_data", "row 0"], {"validation_data": (X[0], Y)}),
        (TypeError, ["momentum"], {"momentum": 0.9}),
    ]
    for error, words, named in arguments:
        named = named if "epochs" in words[0] else {"epochs": 1, **named}
        yield error, words, lambda m, net, n=named: net.fit(X, Y, **n)
    yield TypeError, ["positional"], lambda m, net: net.fit(X, Y, 1)
    for method in ("predict", "predict_classes"):
        yield ValueError, ["threads", "0"], lambda m, net, n=method: getattr(net, n)(X, threads=0)
    yield TypeError, ["threads", "1.5"], lambda m, net: net.evaluate(X, Y, threads=1.5)
    yield ValueError, ["threads", "-1"], lambda m, net: net.evaluate(X, Y, threads=-1)

    # update
    def changed(net, number, **fields):
        gradients = net.backprop(X, Y)
        gradients[number] = gradients[number]._replace(**fields)
        return gradients

    yield ValueError, ["learning_rate", "-1"], lambda m, net: net.update(net.backprop(X, Y), -1.0)
    yield TypeError, ["learning_rate", "'1'"], lambda m, net: net.update(net.backprop(X, Y), "1")
    yield ValueError, ["learning_rate", "nan"], lambda m, net: net.update(net.backprop(X, Y), NAN)
    yield TypeError, ["gradients", "None"], lambda m, net: net.update(None, 0.1)
    yield (
        ValueError,
        ["gradients", "1", "2"],
        lambda m, net: net.update(net.backprop(X, Y)[:1], 0.1),
    )
    yield ValueError, ["gradients", "0", "2"], lambda m, net: net.update([], 0.1)
    yield TypeError, ["gradients[0]", "5"], lambda m, net: net.update([5, 5], 0.1)
    wrong = [
        (ValueError, ["gradients[1].weights", "1 row", "3"], 1, {"weights": [[1.0]]}),
        (ValueError, ["gradients[0].weights", "row 1"], 0, {"weights": [[1.0] * 3, [1.0]]}),
        (TypeError, ["gradients[1].weights", "'x'"], 1, {"weights": [["x"], [1.0], [1.0]]}),
        (TypeError, ["gradients[1].weights"], 1, {"weights": None}),
        (ValueError, ["gradients[0].biases", "1 number"], 0, {"biases": [1.0]}),
        (TypeError, ["gradients[0].biases", "None"], 0, {"biases": None}),
        (TypeError, ["gradients[1].biases", "'x'"], 1, {"biases": ["x"]}),
    ]
    for error, words, number, fields in wrong:
        yield (
            error,
            words,
            lambda m, net, k=number, f=fields: net.update(changed(net, k, **f), 0.1),
        )

    # setting parameters
    settings = [
        (ValueError, ["weights", "1 row", "2"], "weights", [[1.0, 2.0, 3.0]]),
        (ValueError, ["weights", "row 1", "2 numbers"], "weights", [[1.0] * 3, [1.0] * 2]),
        (TypeError, ["weights", "row 0, column 2", "'x'"], "weights", [[1.0, 1.0, "x"], [1.0] * 3]),
        (TypeError, ["weights", "5"], "weights", 5),
        (TypeError, ["weights", "None"], "weights", None),
        (ValueError, ["biases", "2 numbers", "3"], "biases", [1.0, 2.0]),
        (TypeError, ["biases", "column 1", "None"], "biases", [1.0, None, 2.0]),
        (TypeError, ["biases", "None"], "biases", None),
        (ValueError, ["activation", "'swish'"], "activation", "swish"),
        (TypeError, ["activation", "3"], "activation", 3),
        (AttributeError, ["inputs", "cannot be changed"], "inputs", 5),
        (AttributeError, ["outputs", "cannot be changed"], "outputs", 5),
        (AttributeError, ["bias", "cannot be changed"], "bias", False),
    ]
    for error, words, name, value in settings:
        yield error, words, lambda m, net, n=name, v=value: setattr(net.layers[0], n, v)
    yield ValueError, ["loss", "'mape'"], lambda m, net: with_loss(net, "mape").fit(X, Y, epochs=1)
    yield ValueError, ["loss", "'mape'"], lambda m, net: with_loss(net, "mape").evaluate(X, Y)
    yield ValueError, ["loss", "'mape'"], lambda m, net: with_loss(net, "mape").backprop(X, Y)
    yield (
        ValueError,
        ["binary_cross_entropy", "'sigmoid'", "'tanh'"],
        lambda m, net: with_last(m.Network([m.Dense(2, 1)], "binary_cross_entropy"), "tanh"),
    )
    attributes = [
        (
            ValueError,
            ["categorical_cross_entropy", "'softmax'"],
            "loss",
            "categorical_cross_entropy",
        ),
        (TypeError, ["loss", "None"], "loss", None),
        (ValueError, ["seed", "-1", "0 or more"], "seed", -1),
        (TypeError, ["seed", "1.5", "whole number"], "seed", 1.5),
        (TypeError, ["seed", "None", "whole number"], "seed", None),
        (TypeError, ["seed", "True", "whole number"], "seed", True),
        (ValueError, ["epochs_trained", "-1", "0 or more"], "epochs_trained", -1),
        (TypeError, ["epochs_trained", "1.0", "whole number"], "epochs_trained", 1.0),
        (TypeError, ["epochs_trained", "'3'", "whole number"], "epochs_trained", "3"),
        (ValueError, ["layers", "none", "at least one"], "layers", []),
        (TypeError, ["layers", "5", "a list of layers such as Dense"], "layers", 5),
        (TypeError, ["layers", "layer 0", "'x'"], "layers", ["x"]),
        (TypeError, ["history", "None", "History"], "history", None),
        (TypeError, ["history", "[0.5]", "History"], "history", [0.5]),
    ]
    for error, words, name, value in attributes:
        yield error, words, lambda m, net, n=name, v=value: setattr(net, n, v)
    exchanges = [
        (["layer 1", "part of a network"], lambda m, net: [net.layers[0], *other(m).layers[1:]]),
        (["layer 1", "part of a network"], lambda m, net: [net.layers[0]] * 2),
        (["layer 1 has 4 inputs", "expected 3"], lambda m, net: [net.layers[0], m.Dense(4, 1)]),
        (["layer 1 has 2 inputs", "expected 1"], lambda m, net: net.layers[::-1]),
    ]
    for words, layers in exchanges:
        yield (
            ValueError,
            words,
            lambda m, net, layers=layers: setattr(net, "layers", layers(m, net)),
        )

    # lists as weights
    def assign(net, place, value):
        net.layers[0].weights[place] = value

    def assign_one(net, place, value):
        net.layers[0].weights[0][place] = value

    reads = [
        (IndexError, ["out of range"], lambda net: net.layers[0].weights[2]),
        (IndexError, ["out of range"], lambda net: net.layers[0].weights[-3]),
        (IndexError, ["out of range"], lambda net: net.layers[0].weights[0][3]),
        (IndexError, ["out of range"], lambda net: net.layers[0].biases[-4]),
        (IndexError, ["index"], lambda net: net.layers[0].weights[2**100]),
        (TypeError, ["indices", "str"], lambda net: net.layers[0].weights["0"]),
        (TypeError, ["indices", "float"], lambda net: net.layers[0].weights[0][1.0]),
        (TypeError, ["indices", "tuple"], lambda net: net.layers[0].weights[0, 1]),
        (IndexError, ["assignment", "out of range"], lambda net: assign(net, 2, [1.0] * 3)),
        (IndexError, ["assignment", "out of range"], lambda net: assign_one(net, 3, 1.0)),
        (TypeError, ["indices", "str"], lambda net: assign_one(net, "0", 1.0)),
        (ValueError, [], lambda net: net.layers[0].weights.index([9.0, 9.0, 9.0])),
    ]
    for error, words, function in reads:
        yield error, words, lambda m, net, f=function: f(net)

    # the rest
    yield TypeError, ["labels"], lambda m, net: m.one_hot(5, 3)
    yield TypeError, ["labels: row 1", "'b'"], lambda m, net: m.one_hot([0, "b"], 3)
    yield ValueError, ["labels: row 1", "3", "0 to 2"], lambda m, net: m.one_hot([0, 3], 3)
    yield ValueError, ["labels: row 0", "-1", "0 to 2"], lambda m, net: m.one_hot([-1], 3)
    yield ValueError, ["labels: row 0", "0.5"], lambda m, net: m.one_hot([0.5], 3)
    yield ValueError, ["labels: row 0", "nan"], lambda m, net: m.one_hot([NAN], 3)
    yield ValueError, ["classes", "0"], lambda m, net: m.one_hot([0], 0)
    yield TypeError, ["classes", "2.0"], lambda m, net: m.one_hot([0], 2.0)
    yield ValueError, ["seed", "-1"], lambda m, net: m.NumPyRandom(-1)
    yield ValueError, ["seed", "4294967296", "4294967295"], lambda m, net: m.NumPyRandom(2**32)
    yield TypeError, ["seed", "None"], lambda m, net: m.NumPyRandom(None)
    yield TypeError, ["seed", "1.0"], lambda m, net: m.NumPyRandom(1.0)
    yield ValueError, ["size 1", "-2"], lambda m, net: m.NumPyRandom(1).rand(3, -2)
    yield TypeError, ["size 0", "2.0"], lambda m, net: m.NumPyRandom(1).randn(2.0)
    yield OSError, ["no such folder"], lambda m, net: m.load("no such folder/model.json")
    yield TypeError, [], lambda m, net: m.load(None)


def two(module, outputs=3, inputs=3):
    return [module.Dense(2, outputs), module.Dense(inputs, 1)]


def other(module):
    return module.Network(two(module), seed=2)


def with_loss(net, loss):
    net.loss = loss
    return net


def with_last(net, activation):
    net.layers[-1].activation = activation
    return net


BAD_CALLS = list(bad_calls())
IDS = [f"{number} {' '.join(words)}"[:50] for number, (_, words, _) in enumerate(BAD_CALLS)]


@pytest.mark.parametrize(("error", "words", "call"), BAD_CALLS, ids=IDS)
def test_a_bad_call_is_refused_and_changes_nothing(backend, error, words, call):
    net = network(backend)
    before = pickle.dumps((net.layers, net.epochs_trained, net.seed))
    history = net.history
    history_before = copy.deepcopy(history)
    digest = net.digest()
    state = random.getstate()
    with pytest.raises(error) as refused:
        call(backend, net)
    for word in words:
        assert word in str(refused.value)
    assert "\n" not in str(refused.value)
    assert random.getstate() == state
    assert net.digest() == digest
    assert net.history is history
    assert net.history == history_before
    assert pickle.dumps((net.layers, net.epochs_trained, net.seed)) == before


@pytest.mark.parametrize("call", [call for _, _, call in BAD_CALLS], ids=IDS)
def test_a_bad_call_raises_the_same_in_both_backends(both, call):
    results = []
    for module in both:
        net = network(module)
        with pytest.raises(Exception) as refused:
            call(module, net)
        # One difference is meant: which package a layer should have come from.
        message = str(refused.value).replace("purenet_fast.Dense", "purenet.Dense")
        results.append((refused.type, message))
    assert results[0] == results[1]


def test_there_are_enough_bad_calls():
    assert len(BAD_CALLS) > 350


def test_the_extension_is_demanded_unless_pure_only_is_asked_for(tmp_path):
    packages_without_modules(tmp_path)
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    (tmp_path / "tests" / "test_one.py").write_text(
        "def test_one(backend):\n    assert backend.exp(0.0) == 1.0\n\n"
        "def test_two(both):\n    assert False\n"
    )
    # Only this folder's packages: an installed purenet_fast would have a core.
    code = (
        "import sys, pytest; sys.path[:] = [p for p in sys.path if p not in sys.argv[2:]];"
        "sys.path.insert(0, sys.argv[1]); import pathlib, importlib.abc\n"
        "class Hide(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'purenet_fast.engine':\n"
        "            raise ImportError('hidden')\n"
        "sys.meta_path.insert(0, Hide())\n"
        "own = ['-p', 'no:cacheprovider', '-p', 'no:xdist', '-v']\n"
        "raise SystemExit(pytest.main([*own, *sys.argv[2:], 'tests']))"
    )
    environment = {**os.environ, "PYTEST_ADDOPTS": ""}

    def pytest_run(*options):
        return subprocess.run(
            [sys.executable, "-c", code, str(tmp_path), *options],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    refused = pytest_run()
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "purenet_fast is not built" in refused.stderr + refused.stdout
    assert "--pure-only" in refused.stderr + refused.stdout
    asked = pytest_run("--pure-only")
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert "pure ONLY" in asked.stdout
    assert "1 passed, 1 deselected" in asked.stdout
