"""The tour through one step, compared with the recording: its stops, numbers, names and keys."""

import re

import pytest
import webdriver
from pages import flat, recorded, run
from test_page import short

from purenet import Dense, Network, Recurrent
from purenet.seeing.recording.record import record

MISSING = webdriver.missing()
needs_browser = pytest.mark.skipif(MISSING is not None, reason=f"the page: {MISSING}")

FORGET = "localStorage.clear();"
# All stops: what is said, where the page stands, what is pointed at, and whether it is covered.
TOUR = """
localStorage.clear();
$("tour-open").click();
const seen = [];
for (;;) {
  const target = document.querySelector(".toured"), a = target.getBoundingClientRect();
  const b = $("tour").getBoundingClientRect();
  seen.push({title: $("tour-title").textContent, text: $("tour-text").textContent,
    count: $("tour-count").textContent, at: $("now-name").textContent, target: target.id,
    live: $("live").textContent, inside: b.bottom <= innerHeight + 1 && b.top >= 0,
    apart: a.bottom <= b.top || b.bottom <= a.top, shown: getComputedStyle(target).visibility,
    marked: document.querySelectorAll(`#diagram .${$("app").dataset.mark || "none"}`).length});
  if ($("tour-next").textContent === "Finish") return seen;
  $("tour-next").click();
}
"""


def one_layer():
    return record(Network([Dense(2, 1)], "mean_squared_error", seed=1), [[1, 2]], [1], 0.5)


def recurrent():
    layers = [Recurrent((3, 2), 2, "tanh"), Dense(None, 1, "sigmoid")]
    rows = [[0.5, 1, -1, 0.25, 2, 0]]
    return record(Network(layers, seed=3), rows, [1], 0.5)


def of_a_role(expected, role, layer=None, last=False):
    found = [
        m
        for m in expected.data["matrices"]
        if m["role"] == role
        and m["step"] == 0
        and (role in ("weights", "inputs", "targets") or m["given"] is None)
        and layer in (None, m["layer"])
    ]
    found.sort(key=lambda m: max(flat(m["ids"])))
    return found[-1 if last else 0] if found else None


def told(expected, id):
    text = expected.value(id)
    rounded = short(text)
    return f"{expected.label(id, 0)} {'=' if rounded == text else '≈'} {rounded}"


def cell(matrix, n, expected):
    """The number of a matrix at the place of number n."""
    row, column = expected.numbers["row"][n], expected.numbers["column"][n]
    for id in flat(matrix["ids"]):
        other = expected.at[id, 0]
        if (expected.numbers["row"][other], expected.numbers["column"][other]) == (row, column):
            return id
    return None


def slope_words(expected, slope, of):
    value = float(expected.value(slope))
    if value != value:
        return ""
    word = "rise" if value > 0 else "fall" if value < 0 else "stay as it is"
    return f"Were {expected.label(of, 0)} a little larger, the loss would {word}."


@needs_browser
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("two_layer", (1400, 900)),
        ("classes", (390, 844)),
        ("images", (933, 600)),
        ("one_unit", (700, 450)),
        ("special", (844, 390)),
        ("one_layer", (320, 640)),
        ("recurrent", (1400, 900)),
    ],
    ids=["two_layer", "classes", "images", "one_unit", "special", "one_layer", "recurrent"],
)
def test_each_stop_says_what_is_recorded(name, size, show, browser):
    browser.resize(*size)
    made = {"one_layer": one_layer, "recurrent": recurrent}
    expected = show(made[name]() if name in made else recorded(name))
    data, meta = expected.data, expected.data["meta"]
    last = len(meta["network"]["layers"]) - 1
    stops = run(browser, TOUR)
    by_title = {stop["title"]: stop for stop in stops}
    for k, stop in enumerate(stops):
        assert stop["count"] == f"stop {k + 1} of {len(stops)}"
        assert stop["live"].endswith(
            f"Stop {k + 1} of {len(stops)}. {stop['title']}. {stop['text']}"
        )
        assert (stop["inside"], stop["apart"], stop["shown"]) == (True, True, "visible"), stop
        # Whatever number is named is the recorded one.
        for label, sign, shown in re.findall(
            r"(\S*\[\d[^ ]*|\bL) ([=≈]) ([-\w.]*\w)", stop["text"]
        ):
            known = [id for id, step in expected.at if step == 0 and expected.label(id, 0) == label]
            assert f"{label} {sign} {shown}" == told(expected, known[0])
    matrix = {}
    for role in ("z", "weight_gradient", "activation_gradient", "loss"):
        matrix[role] = of_a_role(expected, role)
    for role, layer in (("a", last), ("delta", last)):
        matrix[role] = of_a_role(expected, role, layer)
    goes = [
        ("This unit adds up", "z"),
        ("Here the error turns round", "delta"),
        ("Each weight's share", "weight_gradient"),
        ("The error goes on backwards", "activation_gradient"),
        ("One number for all errors: the loss", "loss"),
    ]
    for title, role in goes:
        assert (title in by_title) == (matrix[role] is not None), title
        if matrix[role] is not None:
            id = min(flat(matrix[role]["ids"]))
            assert by_title[title]["at"] == expected.label(id, 0)
            assert told(expected, id) in by_title[title]["text"]
    assert (
        told(expected, flat(data["matrices"][0]["ids"])[0])
        in by_title["Here the inputs stand"]["text"]
    )
    assert by_title["Here the inputs stand"]["at"] == "Start"

    # A recurrent layer that gives its last state alone has other places after it than before.
    pairs = [[of_a_role(expected, role, k) for role in ("z", "a")] for k in range(last + 1)]
    bent = next(pair for pair in pairs if all(pair) and pair[0]["shape"] == pair[1]["shape"])
    sums, made = ([told(expected, id) for id in flat(m["ids"])] for m in bent)
    layer = bent[0]["layer"]
    kind = meta["network"]["layers"][layer]["activation"]
    text = by_title["The activation bends it"]["text"]
    assert text.startswith(f"{kind} of layer {layer + 1} makes of {sums[0]} the")
    assert f"the activation {made[0]}" in text

    code = by_title["The code that did it"]["text"]
    file, line, *_ = expected.place(min(flat(matrix["z"]["ids"])))
    assert f"{file}, line {line}." in code
    error = "The prediction against the target: the error"
    assert (error in by_title) == (matrix["a"] is not None)
    if matrix["a"] is not None:
        targets = of_a_role(expected, "targets")["ids"][0]
        column = max(range(len(targets)), key=lambda k: float(expected.value(targets[k])))
        answer = matrix["a"]["ids"][0][column]
        values = [float(expected.value(id)) for id in (answer, targets[column])]
        words = [": too high." * (values[0] > values[1]), ": too low." * (values[0] < values[1])]
        end = "".join(words) or (": met exactly." if values[0] == values[1] else ".")
        text = f"{told(expected, targets[column])}, and it is {told(expected, answer)}{end}"
        assert by_title[error]["text"] == "It should be " + text
        assert by_title[error]["marked"] or name == "images"
    if matrix["delta"] is not None:
        id = min(flat(matrix["delta"]["ids"]))
        z = of_a_role(expected, "z", last)
        words = slope_words(expected, id, cell(z, expected.at[id, 0], expected))
        assert words in by_title["Here the error turns round"]["text"]
    slope = min(flat(matrix["weight_gradient"]["ids"]))
    layer = matrix["weight_gradient"]["layer"]
    n = expected.at[slope, 0]
    old, new = (
        cell(of_a_role(expected, role, layer), n, expected) for role in ("weights", "new_weights")
    )
    assert slope_words(expected, slope, old) in by_title["Each weight's share"]["text"]
    move = float(expected.value(new)) - float(expected.value(old))
    against = move * float(expected.value(slope)) < 0
    title = "The weight moves against its slope" if against else "The weight after the step"
    text = by_title[title]["text"]
    assert f"It was {told(expected, old)} and is {told(expected, new)}" in text
    assert ("it gets smaller" in text, "it gets larger" in text) == (
        against and move < 0,
        against and move > 0,
    )
    assert f"The learning rate, {meta['learning_rate']}, and {meta['optimizer']} say" in text
    before, after = meta["losses"][0], meta["losses_after"][0]
    change = float(after) - float(before)
    word = (
        "fallen"
        if change < 0
        else "risen"
        if change > 0
        else "the same"
        if change == 0
        else "no number"
    )
    end = stops[-1]["text"]
    assert short(before) in end and short(after) in end and word in end
    assert ("the first of" in end) == (meta["steps"] > 1)


@needs_browser
def test_the_tour_by_keyboard_and_what_is_remembered(show, browser):
    show("two_layer")
    run(browser, FORGET)
    browser.devtools("Page.reload")
    state = """return [$("tour").hidden, $("tour-offer").hidden, $("count").textContent,
      $("tour-count").textContent, document.activeElement.id];"""
    assert run(browser, state)[:2] == [True, False]
    browser.press("ArrowRight", "ArrowRight", "1", "ArrowRight", "s")
    before = run(browser, state)[2]
    browser.press("g")
    assert run(browser, state)[0::3] == [False, "stop 1 of 13"]
    assert run(browser, state)[4] == "tour"
    browser.press("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight")
    assert run(browser, state)[3] == "stop 3 of 13"
    browser.press("Escape")
    assert run(browser, state)[0:3] == [True, True, before]
    assert run(browser, state)[4] == "code"
    browser.press("g", "ArrowRight", "ArrowRight")
    run(browser, "$('tour-stay').click()")
    assert run(browser, state)[2].startswith("number 1 of ")
    assert run(browser, "return all('.toured').length + $('app').dataset.mark.length") == 0
    # "Not now" holds for the visits after it, and keeps the tour in the menu.
    run(browser, FORGET)
    browser.press("Home")
    assert run(browser, state)[1] is False
    run(browser, "$('tour-no').click()")
    assert run(browser, state)[1] is True
    browser.devtools("Page.reload")
    browser.press("Home")
    assert run(browser, state)[:2] == [True, True]
    run(browser, "$('tour-open').click()")
    assert run(browser, state)[0] is False


@needs_browser
def test_the_tour_speaks_in_the_words_of_the_task(show, browser):
    data = recorded("two_layer").data
    rows = [{"place": "line 2", "cells": ["1", "2", "3"], "target": "oak"}] * 4
    task = {
        "table": "trees.csv",
        "columns": [{"name": name, "unit": "cm", "inputs": [k]} for k, name in enumerate("abc")],
        "inputs": ["petal length", "b", "c"],
        "target": "tree",
        "unit": "",
        "classes": ["ash", "oak"],
        "rows": rows,
        "answers": [None] * 4,
        "answers_after": [None] * 4,
    }
    show({**data, "meta": {**data["meta"], "task": task}})
    text = {stop["title"]: stop["text"] for stop in run(browser, TOUR)}
    assert "It stands for petal length." in text["Here the inputs stand"]
    assert "It is the output for oak." in text["The prediction"]
