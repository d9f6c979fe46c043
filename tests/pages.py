"""Recordings that the tests of the page show, and what the page has to say of them.

What it has to say is worked out from the JSON in another language than the page's.
"""

import math
import random
import re
import struct

import own

from purenet import Conv2D, Dense, Dropout, MaxPool2D, Network
from purenet.seeing.recording.record import record

LEAVES = ("given", "literal", "constant")
GRAINS = ("matrix", "number", "operation")
SAMPLES = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]


# The recordings that are shown.


def two_layer():
    net = Network([Dense(3, 4, bias=False), Dense(4, 1, bias=False)], "sum_of_squares", seed=1)
    return record(net, SAMPLES, [0, 1, 1, 0], 1.0)


def classes():
    net = Network(
        [Dense(3, 2, "tanh"), Dense(2, 3, "softmax")], "categorical_cross_entropy", seed=2
    )
    return record(net, SAMPLES[:2], [0, 2], 0.5, steps=2)


def rectified():
    layers = [Dense(2, 3, "relu"), Dense(3, 2, "leaky_relu"), Dense(2, 2, "sigmoid")]
    net = Network(layers, "binary_cross_entropy", seed=3)
    return record(net, [[0.5, -1.25], [2, 1]], [[1, 0], [0, 1]], 0.1)


def opened():
    net = Network([Dense(2, 1, "tanh"), Dense(1, 1, "sigmoid")], "binary_cross_entropy", seed=4)
    return record(net, [[0.5, -1.2345]], [1], 0.1, open_functions=True)


def one_unit():
    net = Network([Dense(4, 3, "relu"), Dense(3, 2, "sigmoid")], "mean_squared_error", seed=5)
    return record(net, [[1, 2, 3, 4], [4, 3, 2, 1]], [[0, 1], [1, 0]], 0.1, layer=0, unit=1)


def some_samples():
    """Two samples out of four, the later one first."""
    net = Network([Dense(3, 2, "tanh"), Dense(2, 2, "sigmoid")], "mean_squared_error", seed=8)
    return record(net, SAMPLES, [[0, 1], [1, 0], [1, 1], [0, 0]], 0.5, sample=[3, 1])


def owned():
    """A layer and an optimizer of the tests' own."""
    net = Network([Dense(3, 2, "tanh"), own.Scale(2), Dense(2, 1, "sigmoid")], seed=9)
    return record(net, SAMPLES[1:3], [0, 1], 0.5, steps=2, optimizer=own.Momentum(0.75))


def images():
    """A convolution, a pool and dropout: rows that are images, and an optimizer with memory."""
    layers = [
        Conv2D((1, 3, 4), 2, 2, "relu", padding=(1, 0), l2=0.01, bias_initializer="normal"),
        MaxPool2D(2),
        Dropout(0.5),
        Dense(None, 2, "softmax"),
    ]
    net = Network(layers, "categorical_cross_entropy", seed=10)
    draw = random.Random(10)
    inputs = [[draw.uniform(0, 1) for _ in range(12)] for _ in range(2)]
    return record(net, inputs, [0, 1], optimizer="adam", clip_norm=0.5)


def special():
    """Numbers that JSON does not know or that are easily lost."""
    weights = [[math.nan, -0.0], [5e-324, math.inf]]
    layers = [Dense(2, 2, "linear", initializer=weights), Dense(2, 1, "linear")]
    return record(Network(layers, seed=6), [[-0.0, 5e-324], [0, 1]], [0, 1], 0.1)


def large():
    """More than 10,000 operations, and matrices larger than a window."""
    net = Network([Dense(20, 16, "tanh"), Dense(16, 4, "sigmoid")], seed=7)
    draw = random.Random(7)
    inputs = [[draw.uniform(-1, 1) for _ in range(20)] for _ in range(6)]
    return record(net, inputs, [[i % 2, 1, 0, 0.5] for i in range(6)], 0.5)


def wide():
    """As many units as a diagram has no room for, as in a network for irises."""
    net = Network([Dense(4, 32, "relu"), Dense(32, 3, "softmax")], seed=11)
    return record(net, [[-1.0, -2.5, -0.25, 0.75]], [1], 0.1)


def deep():
    """Six layers and forty steps: more than a timeline has room for."""
    layers = [Dense(1, 1, "tanh", bias=unit % 2 == 0) for unit in range(6)]
    return record(Network(layers, seed=12), [[0.5]], [[0.25]], 0.1, steps=40)


MAKERS = {
    made.__name__: made
    for made in (
        two_layer,
        classes,
        rectified,
        opened,
        one_unit,
        some_samples,
        images,
        owned,
        special,
        large,
        wide,
        deep,
    )
}
_recordings = {}


def recorded(name):
    if name not in _recordings:
        _recordings[name] = MAKERS[name]()
    return _recordings[name]


# What the page has to say, worked out from the JSON in another language than the page's.


class Expected:
    def __init__(self, data):
        self.data = data
        self.ops = data["operations"]
        self.numbers = data["numbers"]
        self.count = len(self.ops["op"])
        self.at = {}  # (id, step) -> number
        self.maker = {}  # id -> number
        self.work = {}  # number -> its operations
        self._branches = {}
        for n, id in enumerate(self.numbers["id"]):
            self.at[id, self.numbers["step"][n]] = n
            if self.numbers["formula"][n] is not None:
                self.maker[id] = n
        for id, n in enumerate(self.ops["number"]):
            if self.ops["op"][id] not in LEAVES:
                self.work.setdefault(n, []).append(id)

    def name(self, n):
        matrix = self.data["matrices"][self.numbers["matrix"][n]]
        if "folded" in matrix:
            return matrix["symbol"] + self.numbers["name"][n][len(matrix["name"]) :]
        places = (self.numbers["row"][n], self.numbers["column"][n])
        return matrix["symbol"] + "".join(f"[{place}]" for place in places if place is not None)

    def label(self, id, step):
        if (id, step) in self.at:
            return self.name(self.at[id, step])
        return self.ops["name"].get(str(id), self.ops["value"][id])

    def value(self, id, step=None):
        return self.ops["value"][id]

    def formula(self, n, text_of):
        step = self.numbers["step"][n]

        def text(found):
            return text_of(int(found[1]), step)

        def inner(found):
            return f"({text(found)})" if text(found).startswith("-") else text(found)

        alone = re.sub(
            r"(?<=\()#(\d+)(?=\))|^#(\d+)$", self._alone(text_of, step), self.numbers["formula"][n]
        )
        return re.sub(r"#(\d+)", inner, alone)

    def _alone(self, text_of, step):
        return lambda found: text_of(int(found[1] or found[2]), step)

    def operands(self, id):
        """The numbers that one was computed from, as the trail counts them."""
        if id in self.maker:
            formula = self.numbers["formula"][self.maker[id]]
            return {int(found) for found in re.findall(r"#(\d+)", formula)}
        return {part for part in (self.ops["a"][id], self.ops["b"][id]) if part is not None}

    def ancestors(self, id):
        """All numbers and operations from which one was computed, by way of every operand."""
        return self._reached(id, self.operands)

    def descendants(self, id):
        """All numbers in whose formula one stands, in whose formula those stand ..."""
        return self._reached(id, self.uses)

    def uses(self, id):
        return {other for other in self.maker if id in self.operands(other)}

    def _reached(self, id, following):
        seen, todo = set(), [id]
        while todo:
            new = following(todo.pop()) - seen
            seen |= new
            todo.extend(new)
        return seen

    def census(self, ids, fits):
        """How many of these numbers stand in each matrix: "2 of W1, learning_rate"."""
        counted = {}
        for matrix in filter(fits, self.data["matrices"]):
            found = set(flat(matrix["ids"])) & ids
            key = (matrix["symbol"], None if matrix["given"] else matrix["step"])
            if found:
                size = len(flat(matrix["ids"]))
                counted.setdefault(key, (size, set()))[1].update(found)
        several = self.data["meta"]["steps"] > 1
        return ", ".join(
            (f"{len(found)} of " if size > 1 else "")
            + symbol
            + (f" (step {step})" if several and step is not None else "")
            for (symbol, step), (size, found) in counted.items()
        )

    def roots(self, id):
        """The given numbers that one goes back to."""
        seen, todo, roots = set(), [id], set()
        while todo:
            found = todo.pop()
            if found in seen:
                continue
            seen.add(found)
            if self.ops["op"][found] == "given":
                roots.add(found)
            todo.extend(self.operands(found))
        return roots

    def branches(self, id):
        """How many lines the trail of a number has when all of it is unfolded."""
        if id not in self._branches:
            self._branches[id] = 1 + sum(map(self.branches, self.operands(id)))
        return self._branches[id]

    def steps(self, grain):
        """The steps of a grain: (last operation, number or None, matrix)."""
        matrices = self.data["matrices"]
        if grain == "operation":
            return [
                (id, self.ops["number"][id], self.numbers["matrix"][self.ops["number"][id]])
                for id in range(self.count)
                if self.ops["op"][id] not in LEAVES
            ]
        if grain == "number":
            found = sorted(self.maker.items())
            return [(id, n, self.numbers["matrix"][n]) for id, n in found]
        return sorted(
            (max(flat(matrix["ids"])), None, m)
            for m, matrix in enumerate(matrices)
            if matrix["given"] is None
        )

    def indices(self, id):
        """The loop variables of an operation and their values, as they stand behind its place."""
        names = self.data["places"][self.ops["place"][id]][6]
        values = self.ops["indices"][id] or []
        return "".join(f" · {name} = {value}" for name, value in zip(names, values, strict=True))

    def chain(self, call):
        """A call, and the calls in which it was made, the outermost first."""
        return [] if call is None else [*self.chain(self.data["calls"]["caller"][call]), call]

    def lines(self, id, call):
        """The lines of a call on which the number of an operation was computed."""
        lines = set()
        for other in self.work[self.ops["number"][id]]:
            chain = self.chain(self.ops["call"][other])
            if call == chain[-1]:
                lines.add(self.place(other)[1])
            elif call in chain:
                lines.add(self.data["calls"]["line"][chain[chain.index(call) + 1]])
        return lines

    def beside(self, id):
        """The other functions in which a part of an operation's number was computed."""
        calls = self.ops["call"]
        parts = [calls[other] for other in self.work[self.ops["number"][id]]]
        found = dict.fromkeys(call for call in parts if call not in self.chain(calls[id]))
        sources, source_of = self.data["sources"], self.data["calls"]["source"]
        return [sources[source_of[call]]["function"].split("<locals>.")[-1] for call in found]

    def place(self, id):
        """File, line and sub-expression (None on Python 3.10) of an operation."""
        source, line, column, end_line, end_column, _, _ = self.data["places"][
            self.ops["place"][id]
        ]
        text = self.data["sources"][source]["lines"][
            line - self.data["sources"][source]["first_line"]
        ]
        marked = None
        if column is not None:
            marked = text[column : end_column if end_line == line else None]
        return self.data["sources"][source]["file"], line, text, marked


def flat(ids):
    return [id for part in ids for id in flat(part)] if isinstance(ids, list) else [ids]


def bits(value):
    return "nan" if value != value else struct.pack(">d", value).hex()


def find_matrix(expected, name):
    return next(m for m in expected.data["matrices"] if m["name"] == name)


def squeezed(text):
    return re.sub(r"\s", "", text)


# The browser.

# What the scripts of the tests use.
SHORT = """
const $ = id => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const cell = id => all("#cards td[data-id]").find(td => +td.dataset.id === id);
"""
# Switches that are to be on or off.
SWITCH = """
for (const id of arguments[0])
  if ($(id).getAttribute("aria-pressed") !== String(arguments[1])) $(id).click();
"""
READ = """
const text = id => $(id).textContent;
const current = document.querySelector("#code .current");
return {
  name: text("now-name"), sentence: text("sentence"), place: text("place"),
  line: current && +current.dataset.line, code: current && current.textContent,
  took: all("#code .took").map(row => +row.dataset.line),
  beside: all("#calls .also button").map(button => button.textContent),
  marked: all("#code mark").map(mark => mark.textContent),
  names: text("names"), numbers: text("numbers"), operation: text("operation"),
  result: text("result"), count: text("count"), live: text("live"),
};
"""
WALK = f"""
const read = () => {{ {READ} }};
document.querySelector(`[value=${{arguments[0]}}]`).click();
$("first").click();
const next = $("next"), seen = [];
while (!next.disabled) {{ next.click(); seen.push(read()); }}
return seen;
"""
# The page as text, attributes in one order, and where its panes are scrolled to.
SNAPSHOT = """
const write = node => node.nodeType === 3 ? node.data : `<${node.tagName} ${[...node.attributes]
  .map(a => `${a.name}=${a.value}`).sort().join(" ")} ${node.value ?? ""}>`
  + [...node.childNodes].map(write).join("") + "</>";
const panes = ["now", "cards", "code", "calls"];
return write($("app")) + panes.map(id => [$(id).scrollTop, $(id).scrollLeft]);
"""


def run(browser, script, *arguments):
    return browser.run(SHORT + script, *arguments)


def run_async(browser, script, *arguments):
    return browser.run_async(SHORT + script, *arguments)
