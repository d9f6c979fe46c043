"""Whatever is given for an argument, what is refused is refused in purenet's own words.

Every public function, class and method is called with odd values for each of its arguments, one at
a time, in both packages.  It may take the value; if it raises, the error must have been raised by a
``raise`` of purenet's, which says what is wrong, and not by Python on the way, and must be the same
in both packages.

Not called are the loops, which rely on what has been checked before (``Layer.feedforward``,
``Network.forward``, ``Optimizer.step`` ...), and what purenet makes to be read (``History`` ...).
"""

import array
import collections
import contextlib
import dis
import functools
import io
import math
import re
import warnings

import pytest

import purenet

X = [[0.5, -1.0], [1.0, 2.0], [-0.25, 0.75], [0.0, 1.5]]
Y = [[1.0], [0.0], [1.0], [0.0]]


class Odd:
    def __repr__(self):
        return "<odd>"


class Endless:
    """It can be gone through, and has no length."""

    def __iter__(self):
        return iter([1.0])

    def __repr__(self):
        return "<endless>"


def returns_nothing(*arguments, **named):
    return None


def in_itself():
    inner = []
    inner.append(inner)
    return inner


def odd_values():
    """Return new ones: some can be used once only."""
    return {
        "None": None,
        "text": "abc",
        "empty text": "",
        "two lines": "a\nb",
        "zero byte": "a\0b",
        "half a character": "\udcff",
        "3": 3,
        "0": 0,
        "-1": -1,
        "1.5": 1.5,
        "True": True,
        "nan": math.nan,
        "inf": math.inf,
        "complex": 1j,
        "huge": 10**400,
        "huge below 0": -(10**400),
        "thousands of digits": 10**5000,
        "()": (),
        "[]": [],
        "[[]]": [[]],
        "{}": {},
        "dict": {"a": 1},
        "[{}]": [{}],
        "set": {1.0, 2.0},
        "bytes": b"ab",
        "bytearray": bytearray(b"ab"),
        "memoryview": memoryview(b"ab"),
        "array": array.array("d", [1.0, 2.0]),
        "deque": collections.deque([1.0, 2.0]),
        "range": range(3),
        "pair": (1, 2),
        "generator": (x for x in [1.0, 2.0]),
        "endless": Endless(),
        "object": Odd(),
        "class": Odd,
        "module": math,
        "function": returns_nothing,
        "[None]": [None],
        "[text]": ["a"],
        "[nan]": [math.nan],
        "[object]": [Odd()],
        "[huge]": [10**400],
        "[generator]": [(x for x in [1.0, 2.0])],
        "[[None]]": [[None]],
        "[[object]]": [[Odd(), Odd()]],
        "[[complex]]": [[1j, 2j]],
        "[[huge]]": [[10**400]],
        "[[[text]]]": [[["x"]]],
        "ragged": [[1.0], [1.0, 2.0]],
        "mixed": [1.0, [2.0]],
        "a list in itself": in_itself(),
    }


def network(module):
    layers = [module.Dense(2, 3, "tanh"), module.Dense(3, 1, "sigmoid")]
    net = module.Network(layers, seed=1)
    net.fit(X, Y, epochs=1)
    return net


CASES = {}  # by name: what makes a function, its arguments and its named arguments


def case(name, make, *arguments, **named):
    CASES[name] = make, arguments, named


def public(*names, arguments=(0.5,), **named):
    """Enter public functions and classes by their names."""
    for name in names:
        case(name, lambda m, name=name: getattr(m, name), *arguments, **named)


def method(name, *arguments, **named):
    """Enter a method of a network, which is a new one for each call."""
    case(
        f"Network.{name}",
        lambda m: lambda *a, **n: getattr(network(m), name)(*a, **n),
        *arguments,
        **named,
    )


public("exp", "log", "log1p", "tanh", "cos", "sigmoid", "sigmoid_derivative", "tanh_derivative")
public("relu", "relu_derivative", "leaky_relu", "leaky_relu_derivative")
public("linear", "linear_derivative")
public("squared_error", "squared_error_derivative", "sigmoid_cross_entropy", arguments=(0.5, 1.0))
public("softmax", "softmax_derivative", arguments=([1.0, 2.0],))
public("softmax_cross_entropy", arguments=([1.0, 2.0], [0.0, 1.0]))
public("activate", arguments=("tanh", X))
public("add", "subtract", "multiply", arguments=(X, X))
public("dot", arguments=(X, [[1.0], [2.0]]))
public("transpose", "column_sums", arguments=(X,))
public("add_bias", arguments=(X, [1.0, 2.0]))
public("scale", arguments=(X, 2.0))
public("one_hot", arguments=([0, 1], 2))
for of_answers in ("accuracy", "confusion_table", "r2", "mean_absolute_error"):
    public(of_answers, arguments=([0.9, 0.2], [1, 0]))
public("precision", "recall", "f1", arguments=([0.9, 0.2], [1, 0]), average=None)

WEIGHTED = {"bias": True, "initializer": "he", "bias_initializer": "zeros", "l1": 0.0, "l2": 0.0}
public("Dense", arguments=(2, 3, "tanh"), **WEIGHTED)
public("Conv2D", arguments=((1, 6, 6), 2, 3, "relu"), stride=1, padding=0, **WEIGHTED)
public(
    "Recurrent",
    arguments=((3, 2), 2, "tanh"),
    sequences=False,
    recurrent_initializer="he",
    **WEIGHTED,
)
public("MaxPool2D", "AveragePool2D", arguments=(2,), stride=1, inputs=(1, 4, 4))
public("Flatten", arguments=(), inputs=3)
public("Dropout", inputs=3)
case(
    "an open Dense",
    lambda m: (
        lambda first, bias: m.Network(
            [m.Dense(2, 2), m.Dense(None, 3, initializer=first, bias_initializer=bias)], seed=1
        )
    ),
    "xavier",
    "zeros",
)
case(
    "Network",
    lambda m: lambda *a, **n: m.Network([m.Dense(2, 1)], *a, **n),
    "sum_of_squares",
    seed=1,
)
case("Network: layers", lambda m: lambda layers=None: m.Network(layers or [m.Dense(2, 1)]), [])
case("Network: layer", lambda m: lambda layer: m.Network([m.Dense(2, 1), layer]), None)

FIT = {
    "epochs": 1,
    "learning_rate": 0.1,
    "batch_size": 2,
    "shuffle": True,
    "patience": 1,
    "on_epoch": None,
    "progress": False,
    "threads": 1,
    "optimizer": "adam",
    "clip_norm": 1.0,
    "clip_value": 1.0,
    "class_weight": None,
    "sample_weight": None,
    "restore_best": False,
}
method("fit", X, Y, **FIT, validation_data=(X, Y))
case(
    "Network.fit: validation_split",
    lambda m: lambda share: network(m).fit(X, Y, epochs=1, validation_split=share),
    0.25,
)
case(
    "Network.fit: validation_data",
    lambda m: lambda *pair: network(m).fit(X, Y, epochs=1, validation_data=pair),
    X,
    Y,
)
case(
    "Network.fit: a rate's function",
    lambda m: lambda rate: network(m).fit(X, Y, epochs=1, learning_rate=lambda epoch: rate),
    0.1,
)
method("predict", X, threads=1, out=None)
method("predict_classes", X, threads=1)
method("evaluate", X, Y, threads=1)
method("feedforward", X)
method("backprop", X, Y)
method("to_svg", width=720, title=None)
method("save", "model.json", optimizer=True)
case(
    "Network.update",
    lambda m: lambda *a, **n: network(m).update(*a, **n),
    network(purenet).backprop(X, Y),
    0.1,
    optimizer=None,
)
public("load", arguments=("no-such-file.json",))
for attribute, value in {"loss": "mse", "seed": 1, "epochs_trained": 1}.items():
    case(f"Network.{attribute}", lambda m, n=attribute: lambda v: setattr(network(m), n, v), value)
for attribute in ("layers", "history"):
    case(f"Network.{attribute}", lambda m, n=attribute: lambda v: setattr(network(m), n, v), None)
for attribute, value in {
    "weights": [[1.0] * 3] * 2,
    "biases": [1.0] * 3,
    "activation": "relu",
    "l1": 0.0,
    "l2": 0.5,
    "outputs": 3,
}.items():
    case(
        f"Dense.{attribute}",
        lambda m, n=attribute: lambda v: setattr(network(m).layers[0], n, v),
        value,
    )
case(
    "Dense.update",
    lambda m: lambda *a: network(m).layers[0].update(*a),
    network(purenet).backprop(X, Y)[0],
    0.1,
)
case("Dense.from_settings", lambda m: m.Dense.from_settings, purenet.Dense(2, 1).settings())
case("check_gradients", lambda m: lambda *a: m.check_gradients(network(m), *a), X, Y, 1e-5)
public("check_gradients", arguments=(None, X, Y))
case("passed", lambda m: m.check_gradients(network(m), X, Y).passed, 1e-6)

public("Momentum", "Nesterov", arguments=(), momentum=0.5)
public("AdaGrad", arguments=(), epsilon=0.5)
public("RMSProp", arguments=(), decay=0.5, epsilon=0.5)
public("Adam", arguments=(), beta1=0.5, beta2=0.5, epsilon=0.5)
public("AdamW", arguments=(), weight_decay=0.5, beta1=0.5, beta2=0.5, epsilon=0.5)
public("StepDecay", arguments=(0.5, 10, 0.5))
public("ExponentialDecay", "InverseTimeDecay", arguments=(0.5, 0.5))
public("CosineDecay", arguments=(0.5, 4, 0.1))
public("WarmUp", arguments=(3, 0.5))
public("ReduceOnPlateau", arguments=(0.5, 0.1, 1, 0.0, 0.1))
for schedule in (
    purenet.StepDecay(0.5, 10),
    purenet.ExponentialDecay(0.5, 0.5),
    purenet.CosineDecay(0.5, 4),
    purenet.InverseTimeDecay(0.5, 0.5),
):
    case(repr(schedule), lambda m, schedule=schedule: schedule, 3)
case("a warm-up", lambda m: m.WarmUp(3, m.StepDecay(0.5, 10)), 3, [1.0])
case("a plateau", lambda m: m.ReduceOnPlateau(0.5, 0.1), 3, [1.0, 2.0])
public("Uniform", arguments=(0.0, 1.0))
public("Normal", arguments=(1.0,))
public("NumPyRandom", arguments=(1,))
case("NumPyRandom.rand", lambda m: m.NumPyRandom(1).rand, 2, 3)
case("NumPyRandom.randn", lambda m: m.NumPyRandom(1).randn, 2, 3)

public("train_test_split", arguments=(X, Y), test=0.25, seed=0, stratify=None)
case(
    "cross_validate",
    lambda m: lambda *a, **n: m.cross_validate(lambda: m.Network([m.Dense(2, 1)], seed=1), *a, **n),
    X,
    Y,
    folds=2,
    seed=0,
    stratify=None,
    jobs=1,
    epochs=1,
)
public("cross_validate", arguments=(None, X, Y), epochs=1)
STEP = {"learning_rate": 0.1, "steps": 1, "sample": 0, "layer": 1, "unit": 0, "limit": 10_000}
STEP |= {"optimizer": None, "clip_norm": None, "clip_value": None, "open_functions": False}
case("record", lambda m: lambda *a, **n: m.record(network(m), *a, **n), X, Y, **STEP)
case(
    "explain",
    lambda m: lambda *a, **n: m.explain(network(m), *a, **n),
    X,
    Y,
    **STEP,
    grain="number",
    format="text",
)
public("record", "explain", arguments=(None, X, Y))
case("Recording.from_json", lambda m: m.Recording.from_json, "{}")
for reader in ("read_idx", "read_idx_images", "read_idx_labels"):
    case(reader, lambda m, reader=reader: getattr(m.datasets, reader), "no-such-file")

# Tables, models of tables, estimators.

RECORDS = [{"a": i % 5 + 0.5, "b": "xyz"[i % 3], "y": "pq"[i % 2]} for i in range(12)]
CELLS = [[1.0, "x"], [2.0, "y"]] * 5
LABELS = ["p", "q"] * 5


def table(module):
    return module.Table(["a", "b"], CELLS, "y", LABELS)


def of_table(name, *arguments, **named):
    """Enter a method of a preparation."""
    case(
        f"Preparation.{name}",
        lambda m: getattr(m.Preparation.from_table(table(m)), name),
        *arguments,
        **named,
    )


@functools.cache
def model(module):
    return module.train_table(RECORDS, "y", **SMALL)


def of_model(name, *arguments, **named):
    """Enter a method of a model."""
    case(f"TableModel.{name}", lambda m: getattr(model(m), name), *arguments, **named)


SMALL = {"layers": (2,), "epochs": 1, "test": 0.0}
public("Table", arguments=(["a", "b"], CELLS), target="y", labels=LABELS)
case("Table.column", lambda m: table(m).column, "a")
case("Table.part", lambda m: table(m).part, [0, 1])
case("Table.place", lambda m: table(m).place, 0)
FROM_TABLE = {"target": None, "columns": None, "ignore": (), "kinds": {}, "missing": "fill"}
FROM_TABLE |= {"scale": "auto", "decimal": None, "dates": None, "rows": None, "classes": None}
case(
    "Preparation.from_table",
    lambda m: lambda *a, **n: m.Preparation.from_table(table(m), *a, **n),
    "auto",
    **FROM_TABLE,
)
case("Preparation.from_table: table", lambda m: m.Preparation.from_table, table(purenet))
of_table("inputs", CELLS, rows=None, strict=True)
of_table("targets", LABELS, rows=None)
of_table("answer", [0.5])
of_table("probability", [0.5])
of_table("check_network", 3, 1)
of_table("rows_with_target", table(purenet))
of_table("targets_in_words", table(purenet))
case(
    "Preparation.from_json",
    lambda m: m.Preparation.from_json,
    purenet.Preparation.from_table(table(purenet)).to_json(),
)
public("read_csv", arguments=("no-such-file.csv", "y"))
case("train_table: data", lambda m: lambda data: m.train_table(data, "y", **SMALL), RECORDS)
TRAIN = {"columns": None, "ignore": (), "kinds": None, "task": "auto", "missing": "fill"}
TRAIN |= {"scale": "auto", "decimal": None, "dates": None, "layers": (2,), "activation": "relu"}
TRAIN |= {"dropout": 0.0, "l1": 0.0, "l2": 0.0, "epochs": 1, "optimizer": "sgd"}
TRAIN |= {"learning_rate": 0.1, "schedule": "", "clip_norm": 1.0, "batch_size": 4, "seed": 1}
TRAIN |= {"test": 0.0, "threads": 1, "progress": False}
case(
    "train_table",
    lambda m: lambda *a, **n: m.train_table(RECORDS, *a, **n),
    "y",
    **TRAIN,
)
MEASURED = {"validation": 0.25, "patience": 1, "jobs": 1}
case(
    "train_table: measured",
    lambda m: lambda **n: m.train_table(RECORDS, "y", **SMALL, **n),
    **MEASURED,
)
case(
    "train_table: folds",
    lambda m: lambda folds: m.train_table(RECORDS, "y", layers=(), epochs=1, folds=folds),
    2,
)
case(
    "train_table: image",
    lambda m: (
        lambda image: m.train_table(RECORDS, "y", layers="flatten", epochs=1, image=image, test=0.0)
    ),
    None,
)
case(
    "train_table: steps",
    lambda m: (
        lambda steps: m.train_table(RECORDS, "y", layers="flatten", epochs=1, steps=steps, test=0.0)
    ),
    None,
)
of_model("predict", RECORDS, threads=1)
of_model("probabilities", RECORDS, threads=1)
of_model("evaluate", RECORDS, threads=1)
of_model("save", "model.json")
of_model("to_svg", width=720, title=None)
of_model(
    "continue_with",
    RECORDS,
    epochs=1,
    learning_rate=0.1,
    batch_size=4,
    test=0.0,
    seed=1,
    threads=1,
    progress=False,
)
public("TableModel", arguments=(None, None))
case("TableModel.load", lambda m: m.TableModel.load, "no-such-file")
for estimator in ("Classifier", "Regressor"):
    kind = getattr(purenet, estimator)
    case(
        estimator,
        lambda m, e=estimator: lambda **n: getattr(m, e)(**n).fit(X, [1, 2, 1, 2]).predict(X),
        **{**kind().get_params(), "epochs": 1},
    )
    case(
        f"{estimator}.fit",
        lambda m, e=estimator: lambda *a: getattr(m, e)(epochs=1).fit(*a),
        X,
        [1, 2, 1, 2],
        None,
    )
    case(
        f"{estimator}.predict",
        lambda m, e=estimator: getattr(m, e)(epochs=1).fit(X, [1, 2, 1, 2]).predict,
        X,
    )
    case(
        f"{estimator}.score",
        lambda m, e=estimator: getattr(m, e)(epochs=1).fit(X, [1, 2, 1, 2]).score,
        X,
        [1, 2, 1, 2],
        None,
    )

# What may take long, rightly.
LONG = {
    ("Network.fit", "epochs"): {"huge", "thousands of digits"},
    ("cross_validate", "epochs"): {"huge", "thousands of digits"},
    ("train_table", "epochs"): {"huge", "thousands of digits"},
    ("train_table: measured", "jobs"): {"3", "huge", "thousands of digits"},
    ("TableModel.continue_with", "epochs"): {"huge", "thousands of digits"},
}


def is_ours(error):
    """Return whether a ``raise`` of purenet's raised it, or the system refused a file."""
    if isinstance(error, OSError):
        return True
    traceback = error.__traceback__
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    if not re.search(r"[/\\]purenet(_fast)?[/\\]", code.co_filename):
        return False
    instructions = {found.offset: found.opname for found in dis.get_instructions(code)}
    return instructions.get(traceback.tb_lasti) in ("RAISE_VARARGS", "RERAISE")


def outcome(function, arguments, named):
    """Return what a call raises, without what is another text for every object."""
    silent = io.StringIO()
    try:
        with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
            function(*arguments, **named)
    except Exception as error:
        text = re.sub(r" at 0x[0-9a-f]+", "", f"{type(error).__name__}: {error}")
        return text.replace("purenet_fast", "purenet"), is_ours(error)
    return "taken", True


@pytest.mark.parametrize("name", CASES)
def test_no_error_of_pythons_own(both, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make, arguments, named = CASES[name]
    seen = []
    raw = []
    for module in both:
        function = make(module)
        outcomes = {}
        for place in [*range(len(arguments)), *named]:
            for kind, value in odd_values().items():
                if kind in LONG.get((name, place), ()):
                    continue
                given, others = list(arguments), dict(named)
                (others if isinstance(place, str) else given)[place] = value
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    text, ours = outcome(function, given, others)
                outcomes[place, kind] = text
                if not ours:
                    raw.append((module.__name__, place, kind, text))
        seen.append(outcomes)
    assert raw == []
    assert seen[0] == seen[1]


def test_what_is_right_is_taken(tmp_path, monkeypatch):
    """The usual arguments are right, so that it is the odd one that is refused."""
    monkeypatch.chdir(tmp_path)
    for name, (make, arguments, named) in CASES.items():
        text, _ = outcome(make(purenet), arguments, named)
        known = (
            "no-such-file",
            "is None",
            "found None",
            "NoneType",
            "no purenet recording",
            "cannot be",
        )
        assert text == "taken" or any(words in text for words in known), (name, text)
