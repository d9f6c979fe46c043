"""What if: numbers changed on the page, compared with recordings made afresh from them."""

import functools
import math
import random
import re
import struct
from pathlib import Path

import pytest
import webdriver
from pages import SNAPSHOT, bits, flat, run, run_async

from purenet import Conv2D, Dense, MaxPool2D, Network
from purenet.layers import rows_of
from purenet.seeing.paper import page
from purenet.seeing.recording.record import record

MISSING = webdriver.missing()
needs_browser = pytest.mark.skipif(MISSING is not None, reason=f"the page: {MISSING}")

XOR = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
PIXELS = [[random.Random(seed).uniform(0, 1) for _ in range(12)] for seed in (1, 2)]


def sigmoid():
    layers = [Dense(3, 4, bias=False), Dense(4, 1, bias=False)]
    return Network(layers, "sum_of_squares", seed=1), XOR, [[0], [1], [1], [0]], 1.0, {}


def softmax():
    layers = [Dense(3, 2, "tanh"), Dense(2, 3, "softmax")]
    network = Network(layers, "categorical_cross_entropy", seed=2)
    return network, XOR[:2], [[0.25, 0.5, 0.25], [0, 0, 1]], 0.5, {"steps": 2}


def rectified():
    layers = [Dense(2, 3, "relu"), Dense(3, 2, "leaky_relu"), Dense(2, 2, "sigmoid")]
    network = Network(layers, "binary_cross_entropy", seed=3)
    return network, [[0.5, -1.25], [2, 1]], [[1, 0], [0, 1]], 0.1, {}


def adam():
    layers = [Dense(2, 3, "tanh"), Dense(3, 1, "sigmoid")]
    network = Network(layers, "mean_squared_error", seed=4)
    return network, [[0.5, -1.25], [2, 1]], [[1], [0]], 0.01, {"optimizer": "adam", "steps": 2}


def opened():
    layers = [Dense(2, 1, "tanh"), Dense(1, 1, "sigmoid")]
    network = Network(layers, "binary_cross_entropy", seed=4)
    return network, [[0.5, -1.25]], [[1]], 0.1, {"open_functions": True}


def convolution():
    layers = [
        Conv2D((1, 3, 4), 2, 2, "relu", padding=(1, 0)),
        MaxPool2D(2),
        Dense(None, 2, "softmax"),
    ]
    network = Network(layers, "categorical_cross_entropy", seed=10)
    return network, PIXELS, [[0.5, 0.5], [0.25, 0.75]], 0.1, {"clip_norm": 0.5}


NETWORKS = (sigmoid, softmax, rectified, adam, opened, convolution)


def recording_of(make, edits=()):
    """Record a network with these numbers in place of its own: (number, value)."""
    network, inputs, targets, rate, settings = make()
    inputs, targets = ([list(map(float, row)) for row in rows] for rows in (inputs, targets))
    for (role, layer, row, column), value in edits:
        if role == "learning_rate":
            rate = value
        elif role in ("inputs", "targets"):
            {"inputs": inputs, "targets": targets}[role][row][column] = value
        elif column is None:
            getattr(network.layers[layer], role)[row] = value
        else:
            rows_of(getattr(network.layers[layer], role))[row][column] = value
    return record(network, inputs, targets, rate, **settings)


original = functools.cache(recording_of)


def changeable(data):
    """The numbers that can be changed: (id, (role, layer, row, column)) of the first step."""
    numbers = data["numbers"]
    found = []
    for n, id in enumerate(numbers["id"]):
        matrix = data["matrices"][numbers["matrix"][n]]
        if numbers["step"][n] == 0 and matrix["given"] in ("data", "parameter", "setting"):
            if matrix["role"] in ("inputs", "targets", "weights", "biases", "learning_rate"):
                place = (matrix["role"], matrix["layer"], numbers["row"][n], numbers["column"][n])
                found.append((id, place))
    return found


# A number is chosen by a link to it, as cells and names are one, and its new value typed into the
# field of the trail.
TYPE = """
const type = (id, text) => {
  const link = document.createElement("button");
  Object.assign(link.dataset, {id, step: 0});
  $("trace").append(link);
  link.click();
  $("change-text").value = text;
  $("change-text").dispatchEvent(new Event("change"));
};
const state = () => ({
  refusal: $("changes-refusal").textContent, note: $("change-note").textContent,
  bar: $("changes-text").textContent, facts: $("facts").textContent, card: $("card").textContent,
  live: $("live").textContent, field: $("change-text").value,
  numbers: $("numbers").textContent, result: $("result").textContent,
  values: Object.fromEntries(all("#cards td[data-id]").map(td => [td.dataset.id, td.title])),
  changed: all("#cards td.changed").map(td => +td.dataset.id),
});
const button = label => all("#changes-tools button").find(node => node.textContent === label);
const press = label => button(label).click();
"""


def shared(data, edits, place, value):
    """The other targets of a sample whose targets add up to 1, once one of them is changed."""
    if place[0] != "targets" or data["meta"]["network"]["loss"] != "categorical_cross_entropy":
        return {}
    others = {
        known: edits.get(known, float(data["operations"]["value"][id]))
        for id, known in changeable(data)
        if known[0] == "targets" and known[2] == place[2] and known != place
    }
    before = sum(others.values())
    left = 1.0 - value
    return {
        known: left * (other / before if before else 1.0 / len(others))
        for known, other in others.items()
    }


EACH = (
    TYPE
    + """
const seen = [];
document.querySelector("[value=number]").click();
$("last").click();
for (const [id, text] of arguments[0]) {
  type(id, text);
  seen.push(state());
  // A refusal that nobody closes ends with the next change.
  if (seen.length % 2 && button("Close")) press("Close");
}
return seen;
"""
)


@needs_browser
@pytest.mark.parametrize("make", NETWORKS, ids=lambda make: make.__name__)
def test_changes_give_what_a_fresh_recording_gives(make, show, browser):
    found = original(make)
    show(found)
    draw = random.Random(make.__name__)
    data = found.data
    places = changeable(data)
    wanted = []
    for _ in range(34):
        id, place = draw.choice(places)
        value = draw.choice([draw.uniform(0, 1), draw.uniform(-2, 2), draw.choice([0.0, 1.0])])
        value = abs(value) / 2 if place[0] in ("targets", "learning_rate") else value
        wanted.append((id, place, float(f"{value:.6g}") if draw.random() < 0.5 else value))
    seen = run(browser, EACH, [[id, repr(value)] for id, _, value in wanted])
    edits, made = {}, 0
    for (id, place, value), page_now in zip(wanted, seen, strict=True):
        attempt = {**edits, place: value, **shared(data, edits, place, value)}
        try:
            fresh = recording_of(make, attempt.items()).data
        except ValueError as error:
            assert "expected" in page_now["note"], error
            continue
        if page_now["refusal"]:
            decided = [d["conditions"]["outcome"] for d in (data, fresh)]
            operations = [d["operations"]["op"] for d in (data, fresh)]
            assert decided[0] != decided[1] or operations[0] != operations[1], page_now["refusal"]
            assert re.search(r"“.+” in \S+, [\w/]+\.py line \d+", page_now["refusal"])
            continue
        assert page_now["note"] == ""
        edits, made = attempt, made + 1
        values = fresh["operations"]["value"]
        for other, title in page_now["values"].items():
            text = re.search(r" = ([^,]+)", title)[1]
            assert text == values[int(other)], (place, title)
        assert page_now["result"].lstrip("=").strip() == values[-1]
        assert page_now["field"] == values[id]
        assert fresh["meta"]["losses_after"][-1] in page_now["card"]
        assert fresh["meta"]["losses_after"][-1] in page_now["live"]
        assert f"learning rate {fresh['meta']['learning_rate']} " in page_now["facts"]
        differing = {
            other
            for other, known in changeable(data)
            if known in edits and values[other] != data["operations"]["value"][other]
        }
        assert set(page_now["changed"]) == differing & set(map(int, page_now["values"]))
    assert made > 2


# Python's numbers in the page's language.

ENGINE = (
    'const number = s => s === "inf" ? Infinity : s === "-inf" ? -Infinity : Number(s);'
    + Path(page.__file__).with_name("assets").joinpath("replay.js").read_text(encoding="utf-8")
    + """
const view = new DataView(new ArrayBuffer(8));
const read = hex => { view.setBigUint64(0, BigInt("0x" + hex)); return view.getFloat64(0); };
const write = x => {
  view.setFloat64(0, x);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
};
const [numbers, scaled] = arguments[0];
return [numbers.map(hex => repr(read(hex))),
  numbers.map(hex => frexp(read(hex))).map(([m, k]) => [write(m), k]),
  scaled.map(([hex, k]) => write(ldexp(read(hex), k)))];
"""
)


@needs_browser
def test_numbers_are_written_and_scaled_as_in_python(browser):
    draw = random.Random(5)
    patterns = [draw.getrandbits(64) for _ in range(1500)]
    patterns += [draw.getrandbits(52) | draw.getrandbits(1) << 63 for _ in range(100)]
    numbers = [struct.unpack(">d", pattern.to_bytes(8, "big"))[0] for pattern in patterns]
    numbers = [value for value in numbers if math.isfinite(value)]
    numbers += [math.ldexp(1.0, k) for k in range(-1074, 1024, 9)]
    numbers += [float(f"{sign}1e{k}") for k in range(-323, 309, 9) for sign in ("", "-")]
    numbers += [float(f"{digits}e{k}") for k in range(-8, 24) for digits in ("1", "9.5", "9.999")]
    numbers += [0.0, -0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1, 1 / 3]
    scaled = [(value, draw.randint(-2200, 2200)) for value in numbers]
    # Where the result is subnormal, and around its rounding.
    scaled += [(math.ldexp(draw.uniform(0.5, 1), 3), k) for k in range(-1085, -1020)]
    scaled += [(value, k) for value in (0.5, 0.75, 1.0, -1.5) for k in range(-1077, -1071)]
    texts, parts, products = browser.run(
        ENGINE, [[bits(value) for value in numbers], [[bits(value), k] for value, k in scaled]]
    )
    assert texts == [repr(value) for value in numbers]
    assert [tuple(part) for part in parts] == [
        (bits(mantissa), k) for mantissa, k in map(math.frexp, numbers)
    ]

    def in_python(value, k):
        try:
            return math.ldexp(value, k)
        except OverflowError:
            return math.copysign(math.inf, value)

    assert products == [bits(in_python(value, k)) for value, k in scaled]


STEPS = (
    TYPE
    + """
const ids = arguments[0];
const snapshot = () => {
  $("trail-clear").click();
  cell(ids[0]).click();
  SNAPSHOT };
$("last").click();
cell(ids[0]).click();
const before = snapshot();
for (const [id, text] of ids.slice(1)) type(id, text);
const changed = state();
press("As recorded");
cell(ids[0]).click();
const reset = snapshot();
press("Undo");
const again = state();
while (button("Undo")) press("Undo");
cell(ids[0]).click();
return [before, changed, reset, again, snapshot()];
"""
)


def clean(snapshot):
    """Leave out the bar, which keeps its buttons, and what the live region has said last."""
    section = r"(?s:<SECTION [^>]*id=changes .*?(?=<MAIN))"
    return re.sub(rf"<P [^>]*id=live.*?</>|{section}", "", snapshot)


@needs_browser
def test_undo_and_as_recorded_restore_the_page(show, browser):
    found = original(sigmoid)
    show(found)
    values = found.data["operations"]["value"]
    places = {place[0]: id for id, place in changeable(found.data)}
    first, second = places["weights"], places["learning_rate"]
    script = STEPS.replace("SNAPSHOT", SNAPSHOT)
    before, changed, reset, again, undone = run(
        browser, script, [first, [first, repr(1.001 * float(values[first]))], [second, "0.75"]]
    )
    assert "; learning_rate 1.0" in changed["bar"] and "→ 0.75" in changed["bar"]
    assert set(changed["changed"]) == {first, second}
    assert again["bar"] == changed["bar"]
    assert clean(reset) == clean(before)
    assert clean(undone) == clean(before)


@needs_browser
def test_a_text_that_is_no_number_changes_nothing(show, browser):
    found = original(softmax)
    show(found)
    places = {place[0]: id for id, place in changeable(found.data)}
    refused = ["", "abc", "1/3", "0,5", "1e999", "nan", "inf", "0x10", "--1"]
    asked = [[places["weights"], text] for text in refused]
    asked += [[places["learning_rate"], "-0.1"], [places["targets"], "2"]]
    for (_, text), seen in zip(asked, run(browser, EACH, asked), strict=True):
        assert re.search("expected (a|0|1)", seen["note"]), text
        assert (seen["bar"], seen["changed"], seen["refusal"]) == ("", [], "")


@needs_browser
def test_by_keyboard_alone(show, browser):
    found = original(rectified)
    data = found.data
    show(found)
    weight = next(id for id, place in changeable(data) if place[0] == "weights")
    browser.press("End")
    run(browser, "cell(arguments[0]).focus()", weight)
    browser.press("c")
    assert run(browser, "return document.activeElement.id") == "change-text"
    value = 1.001 * float(data["operations"]["value"][weight])
    browser.press(*repr(value), "Enter")
    fresh = recording_of(rectified, [(("weights", 0, 0, 0), value)]).data
    loss = fresh["meta"]["losses_after"][0]
    assert loss in run(browser, "return $('live').textContent")
    before = run(browser, "return $('count').textContent")
    browser.press("ArrowUp")  # steps the number, not the page
    assert float(run(browser, "return $('change-text').value")) > value
    assert run(browser, "return $('count').textContent") == before
    browser.press("Escape", "u", "u")
    assert run(browser, "return [$('changes').hidden, document.activeElement.id]") == [
        True,
        "trace",
    ]
    assert data["meta"]["losses_after"][0] in run(browser, "return $('card').textContent")


@needs_browser
def test_a_slider_is_one_change(show, browser):
    found = original(sigmoid)
    show(found)
    id = next(id for id, place in changeable(found.data) if place[0] == "learning_rate")
    script = (
        TYPE
        + """
    const [id, done] = arguments, slider = $("change-slider");
    const next = () => new Promise(requestAnimationFrame);
    (async () => {
      $("last").click();
      cell(id).click();
      for (const value of ["0.25", "0.5", "0.75"]) {
        slider.value = value; slider.dispatchEvent(new Event("input")); await next(); await next();
      }
      slider.dispatchEvent(new Event("change"));
      const moved = state();
      press("Undo");
      done([moved, state(), $("changes").hidden]);
    })().catch(error => done(String(error)));
    """
    )
    moved, back, hidden = run_async(browser, script, id)
    fresh = recording_of(sigmoid, [(("learning_rate", None, None, None), 0.75)]).data
    assert moved["field"] == "0.75" and fresh["meta"]["losses_after"][0] in moved["card"]
    assert (back["field"], hidden) == ("1.0", True)


@needs_browser
@pytest.mark.parametrize("what", ["one_unit", "special"])
def test_where_it_is_not_offered_a_line_says_why(what, show, browser):
    expected = show(what)
    id = next(id for id in flat(expected.data["matrices"][0]["ids"]))
    note = run(browser, "cell(arguments[0]).click(); return $('change-note').textContent", id)
    line = run(browser, "return $('change-line').hidden")
    assert line and {"one_unit": "Only a part", "special": "weights[0][0] is nan"}[what] in note


@needs_browser
def test_questions_film_and_tour_go_by_the_changed_numbers(show, browser):
    found = original(softmax)
    show(found)
    values = found.data["operations"]["value"]
    id, place = next(each for each in changeable(found.data) if each[1][:2] == ("weights", 1))
    value = 1.25 * float(values[id])
    fresh = recording_of(softmax, [(place, value)]).data
    loss = next(m["ids"] for m in fresh["matrices"] if m["role"] == "loss" and m["step"] == 0)
    answer = fresh["operations"]["value"][loss]
    script = """
    const [id, text, loss, answer] = arguments, verdict = () => $("verdict").textContent;
    const asks = () => [$("ask").hidden, $("tour").hidden];
    $("first").click();
    $("ask-mode").click();
    $("to-matrix").value = [...$("to-matrix").options].find(one => one.text === "L (0)").value;
    $("to-matrix").onchange({target: $("to-matrix")});
    if (!$("reply").hasChildNodes()) return $("now-name").textContent;
    type(id, text);
    const seen = [$("changes").innerText + $("live").textContent];
    document.querySelector("[data-reply=shown]").click();
    seen.push(verdict(), $("changes").innerText);
    press("Undo");
    seen.push($("reply").hasChildNodes(), verdict());
    type(id, text);
    $("tour-open").click();
    seen.push(asks());
    $("ask-mode").click();
    seen.push(asks());
    $("tour-open").click();
    $("film-open").click();
    $("film-slider").value = 2;
    $("film-slider").dispatchEvent(new Event("input"));
    seen.push($("film-now").textContent);
    $("film-close").click();
    localStorage.clear();
    return seen;
    """
    hidden, told, bar, anew, gone, touring, asking, film = run(
        browser, TYPE + script, id, repr(value), loss, answer
    )
    for text in (answer, values[loss], f"{float(answer):.4g}", f"{float(values[loss]):.4g}"):
        assert text not in hidden
    assert answer in told and f"{float(answer):.4g}" in bar
    assert (anew, gone) == (True, "")
    assert (touring, asking) == ([True, False], [False, True])
    assert fresh["meta"]["losses_after"][-1] in film
