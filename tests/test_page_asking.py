"""The page that asks before it shows, in a real browser, judged from the recording itself."""

import decimal
import math
import os
import re

import pytest
import webdriver
from pages import flat, run, run_async, squeezed

import purenet

MISSING = webdriver.missing()
needs_browser = pytest.mark.skipif(MISSING is not None, reason=f"the page: {MISSING}")
pytestmark = needs_browser

# What the scripts use: everything that stands in the document but the recording itself, going to a
# step, the settings.
ASKING = """
const everything = () => [document.title, ...all("body *:not(script, noscript, noscript *)")
  .map(node => [...node.childNodes].filter(child => child.nodeType === 3).map(child => child.data)
    .concat([...node.attributes].map(a => a.value), node.value || "").join(" "))].join(" ");
const numbers = () => new Set(everything().match(/-?\\d+(\\.\\d+)?(e[-+]?\\d+)?/g));
const to = k => { $("slider").value = k; $("slider").dispatchEvent(new Event("input")); };
const set = (k, value) => {
  const select = all("#tally select")[k];
  select.value = value;
  select.onchange();
};
const type = text => { $("typed").value = text; $("reply").requestSubmit(); };
const press = value => document.querySelector(`[data-reply="${value}"]`).click();
const open = () => $("reply").hasChildNodes();
const verdict = () => $("verdict").textContent;
"""


def asking(browser, script, *arguments):
    return run(browser, ASKING + script, *arguments)


def shown_forms(text):
    """Return what a number may look like on the page: all its digits, and four."""
    value = float(text)
    return {text, f"{value:.4g}", f"{value:#.4g}"} if value else {text}


def secrets(expected, grain):
    """By step the forms of its result that no number known by then has, and its cell."""
    order = expected.steps(grain)
    known = set().union(
        *(
            shown_forms(text)
            for id, text in enumerate(expected.ops["value"])
            if expected.ops["op"][id] in ("given", "literal", "constant")
        )
    )
    found = []
    for id, _, _ in order:
        forms = shown_forms(expected.value(id))
        secret = [form for form in forms - known if len(form) > 4]
        found.append([id, secret])
        known |= forms
    return found


@pytest.mark.parametrize("grain", ["number", "operation"])
@pytest.mark.parametrize("name", ["two_layer", "classes", "rectified"])
def test_a_hidden_result_stands_nowhere(name, grain, show, browser):
    """Also where the trail of a weight is open, in which the results of later steps stand."""
    expected = show(name)
    order = secrets(expected, grain)
    every = 6 if grain == "number" else 25
    picked = sorted({*range(0, len(order), every), len(order) - 1})
    seen = asking(
        browser,
        """
        const [grain, steps] = arguments, seen = [];
        document.querySelector(`[value=${grain}]`).click();
        const weight = all("#cards .card").find(card => card.textContent.includes("W1"));
        weight.querySelector("td[data-id]").click();
        $("ask-mode").click();
        set(1, "all");
        for (const [k, id, secret] of steps) {
          to(k);
          if (!open()) { seen.push(null); continue; }
          const before = numbers();
          const told = Boolean(cell(id)) || $("curve").hasChildNodes();
          press("shown");
          const leaks = secret.filter(text => before.has(text));
          const stale = all("#trace button.value")
            .some(node => +node.dataset.id === id && node.textContent === "?");
          seen.push([leaks, told || stale, verdict(), $("live").textContent]);
        }
        return seen;
        """,
        grain,
        [[k + 1, *order[k]] for k in picked],
    )
    asked = 0
    for (id, secret), step in zip([order[k] for k in picked], seen, strict=True):
        plain = expected.ops["op"][id] == "copy" or not math.isfinite(float(expected.value(id)))
        assert (step is None) == plain
        if step is None:
            continue
        leaks, cell, told, live = step
        assert (leaks, cell) == ([], False), expected.value(id)
        assert expected.value(id) in told and told in live
        asked += bool(secret)
    assert asked > 5


def rounded(value, places):
    """Return a number as decimals, halves away from zero."""
    unit = decimal.Decimal(1).scaleb(-places)
    return decimal.Decimal(value).quantize(unit, decimal.ROUND_HALF_UP)


def sign(value):
    return (value > 0) - (value < 0)


def test_signs_comparisons_and_numbers_are_judged_as_recorded(show, browser):
    expected = show("classes")
    order = [id for id, _, _ in expected.steps("number")]
    typed = []
    for k, id in enumerate(order):
        value = float(expected.value(id))
        places = 3 - (math.floor(math.log10(abs(value))) if value else 0) - k % 2
        right = rounded(value, places)
        unit = decimal.Decimal(1).scaleb(-places)
        # Every third one is wrong, by one in the last place.
        wrong = unit if value else 12 * unit
        typed.append(f"{right + (wrong if k % 3 == 0 else 0):f}")
    seen = asking(
        browser,
        """
        const [typed] = arguments, seen = {};
        $("ask-mode").click();
        set(1, "all");
        for (const how of ["sign", "compare", "number"]) {
          set(0, how);
          $("tally-reset").click();
          seen[how] = [];
          $("first").click();
          for (let k = 0; k < typed.length; k += 4) {
            to(k + 1);
            const rival = document.querySelector("#question button.value");
            const text = $("question").textContent, given = k % 3 - 1;
            $("typed") ? type(typed[k]) : press(given);
            seen[how].push([text, rival && +rival.dataset.id, verdict()]);
          }
          seen[how].push($("tally-sum").textContent);
        }
        return seen;
        """,
        typed,
    )
    compared = set()
    for how, steps in seen.items():
        rights = 0
        *steps, tally = steps
        for k, step in zip(range(0, len(order), 4), steps, strict=True):
            id = order[k]
            value = float(expected.value(id))
            text, rival, verdict = step
            if text.startswith("What"):
                assert how == "number"
                places = len(typed[k].partition(".")[2])
                right = rounded(value, places) == decimal.Decimal(typed[k])
                assert right == (k % 3 != 0)
            elif rival is None:
                right = sign(value) == k % 3 - 1
            else:
                assert rival != id and (rival < id or expected.ops["op"][rival] == "given")
                other = float(expected.value(rival))
                right = sign(value - other) == k % 3 - 1
                compared.add(sign(value - other))
                n = expected.at[id, expected.numbers["step"][expected.maker[id]]]
                matrix = expected.data["matrices"][expected.numbers["matrix"][n]]
                if matrix["role"] in ("new_weights", "new_biases"):
                    old = next(
                        m
                        for m in expected.data["matrices"]
                        if (m["role"], m["layer"], m["step"])
                        == (matrix["role"][4:], matrix["layer"], matrix["step"])
                    )
                    at = flat(matrix["ids"]).index(id)
                    assert rival == flat(old["ids"])[at]
                    assert "Will it shrink or grow?" in text
                assert f"{'<=>'[1 + sign(value - other)]} {expected.value(rival)}" in verdict
            assert verdict.startswith("✓ Right. " if right else "✗ Wrong. "), (text, typed[k])
            assert expected.value(id) in verdict
            rights += right
        assert tally == f"Right: {rights} of {len(steps)}"
    assert compared >= {-1, 1}


# The matrix in the second training step, the wrong formula made of the right one, and what is said:
# {1} is the second number of the formula's part that the pattern finds, {1n} with its name.
MISTAKES = [
    ("z1", r"^(.*) \+ (\S+)$", r"\1", "left out the bias {1n}"),
    ("z1", r"(\S+) \* (\S+) \+ (\S+)$", r"-\1 * \2 + \3", "taken {0} * {1} with the wrong sign"),
    ("z2", r"\+ (\S+) \* (\S+) \+", r"- \1 * \2 +", "taken {0} * {1} with the wrong sign"),
    ("z2", r"\+ (\S+) \* (\S+) \+", r"+", "left out {0} * {1}"),
    ("z2", r"\+ (\S+) \* (\S+) \+", r"+ \1 + \2 +", "added {0n} and {1n} instead of multiplying"),
    ("a1", r"tanh\((.*)\)", r"\1", "taken {0n} as it is: the activation was not applied"),
    ("a2", r"(.*) / (.*)", r"\1 * \2", "multiplied by {1n} instead of dividing"),
    ("a2", r"(.*) / (.*)", r"\2 / \1", "divided {1n} by {0n} instead of the other way round"),
    ("a2", r"(.*) / (.*)", r"\1", "forgotten to divide by {1n}"),
    ("δ2", r"\((\S+) - (\S+)\) / (\S+)", r"(\1 + \2) / \3", "taken {1n} with the wrong sign"),
    ("δ1", r"(\S+) \* (\S+)", r"\1", "forgotten the factor {1n}"),
    ("δ1", r"(\S+) \* (\S+)", r"-\1 * \2", "turned the sign of the result round"),
    ("W2′", r"(\S+) - (\S+) \* (\S+)", r"\1 + \2 * \3", "taken {1} * {2} with the wrong sign"),
    ("W2′", r"(\S+) - (\S+) \* (\S+)", r"\1 - \3", "forgotten the factor {1n}"),
]


def evaluated(expected, formula):
    names = {name: getattr(purenet, name) for name in ("exp", "log", "log1p", "tanh")}
    return eval(re.sub(r"#(\d+)", lambda ref: f"({expected.value(int(ref[1]))})", formula), names)


def test_a_wrong_answer_is_traced_to_the_term(show, browser):
    expected = show("classes")
    order = [found for found, _, _ in expected.steps("number")]
    planted, said = [], []
    for name, pattern, wrong, words in MISTAKES:
        matrix = next(m for m in expected.data["matrices"] if (m["symbol"], m["step"]) == (name, 1))
        id = flat(matrix["ids"])[{"a2": 4, "δ2": 5}.get(name, 1)]
        formula = expected.numbers["formula"][expected.maker[id]]
        changed, count = re.subn(pattern, wrong, formula)
        assert count == 1, (name, formula)
        answer = evaluated(expected, changed)
        planted.append([order.index(id) + 1, f"{answer:.6g}"])
        groups = re.search(pattern, formula).groups()
        found = [int(group[1:]) if re.fullmatch(r"#\d+", group) else None for group in groups]
        for place, part in enumerate(found):
            if part is not None:
                text = expected.value(part)
                alone = f"({text})" if text.startswith("-") else text
                named = (part, 1) in expected.at or expected.ops["op"][part] == "constant"
                full = f"{expected.label(part, 1)} = {text}" if named else text
                words = words.replace(f"{{{place}}}", alone).replace(f"{{{place}n}}", full)
        said.append(words)
    seen = asking(
        browser,
        """
        $("ask-mode").click();
        set(1, "all");
        set(0, "number");
        return arguments[0].map(([k, answer]) => {
          $("tally-reset").click();
          to(0);
          to(k);
          type(answer);
          return verdict();
        });
        """,
        planted,
    )
    for words, verdict in zip(said, seen, strict=True):
        assert verdict.startswith("✗ Wrong. ")
        assert squeezed(verdict.partition("You have probably ")[2]).startswith(squeezed(words))


def test_without_a_guess_the_terms_are_listed_and_the_largest_is_marked(show, browser):
    expected = show("classes")
    n = next(n for n in range(len(expected.maker)) if expected.name(n) == "z2[0][1]")
    id = expected.numbers["id"][n]
    position = [found for found, _, _ in expected.steps("number")].index(id) + 1
    verdict, marked = asking(
        browser,
        """
        $("ask-mode").click();
        set(1, "all");
        set(0, "number");
        to(arguments[0]);
        type("123.5");
        return [verdict(), all("#verdict .most").map(node => node.textContent)];
        """,
        position,
    )
    assert "probably" not in verdict
    terms = re.split(r" \+ ", expected.numbers["formula"][n])
    values = [evaluated(expected, term) for term in terms]
    for term, value in zip(terms, values, strict=True):
        if "*" in term:
            assert f"={value!r}" in squeezed(verdict)
    largest = max(values, key=abs)
    assert len(marked) == 1 and repr(largest) in marked[0] and "the largest" in marked[0]


def test_keys_answer_and_lead_to_the_next_question(show, browser):
    expected = show("two_layer")
    browser.press("a")
    now = """return [$("count").textContent, $("live").textContent, $("tally-sum").textContent,
      document.activeElement.id];"""
    browser.press("ArrowRight")
    count, live, tally, focus = run(browser, now)
    first = expected.steps("number")[0][0]
    assert (count, tally, focus) == ("number 1 of 138", "Right: 0 of 0", "typed")
    assert "What is z1[0][0]?" in live and "Two digits" in live
    browser.press(*"0.7", "Enter")
    assert "Give two digits" in run(browser, now)[1]
    browser.press(
        *"52", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "-", "Enter"
    )
    count, live, tally, focus = run(browser, now)
    assert (count, tally, focus) == ("number 1 of 138", "Right: 1 of 1", "onward")
    assert live.startswith("✓ Right. ") and expected.value(first) in live
    browser.press("Enter")
    count, live, _, focus = run(browser, now)
    assert (count, focus) == ("number 17 of 138", "ask")
    assert "Is a1[0][0] smaller than z1[0][0]" in live
    browser.press("+")
    assert run(browser, now)[2] == "Right: 2 of 2"
    browser.press("Enter", "ArrowRight", "ArrowRight")
    count, _, tally, _ = run(browser, now)
    assert (count, tally) == ("number 35 of 138", "Right: 2 of 3 · skipped 1")
    browser.press("ArrowLeft", "ArrowLeft")
    assert run(browser, "return $('reply').hasChildNodes()")
    press = "document.querySelector('[data-reply=shown]').click();"
    run(browser, press)
    assert run(browser, now)[2] == "Right: 2 of 3 · shown 1"
    kinds = run(browser, "return all('#tally-kinds > *').map(node => node.textContent)")
    assert kinds == [
        "forward",
        "2 of 3",
        "loss",
        "0 of 0",
        "backward",
        "0 of 0",
        "update",
        "0 of 0",
    ]
    browser.press("a")
    assert run(browser, "return [$('ask').hidden, $('result').textContent]") == [
        True,
        "=" + expected.value(expected.steps("number")[32][0]),
    ]


def test_one_question_for_each_matrix_and_playing_stops_there(show, browser):
    expected = show("two_layer")
    seen = asking(
        browser,
        """
        $("ask-mode").click();
        const seen = [];
        for (const next = $("next"); !next.disabled;) {
          next.click();
          if (!open()) continue;
          seen.push([$("now-name").textContent, $("curve").hasChildNodes()]);
          press("shown");
        }
        return seen;
        """,
    )
    steps = expected.steps("number")
    firsts = {}
    for id, n, m in steps:
        if expected.ops["op"][id] != "copy":
            firsts.setdefault(m, expected.name(n))
    assert seen == [[name, False] for name in firsts.values()]
    cards = asking(
        browser,
        """
        $("tally-reset").click();
        return ["last", "first"].map(place => {
          $(place).click();
          return [open(), $("card").hidden, $("card").querySelectorAll("table").length];
        });
        """,
    )
    assert cards == [[True, True, 0], [False, False, 0]]
    stopped = run_async(
        browser,
        """const done = arguments[0];
        $("tally-reset").click();
        $("first").click();
        $("play").click();
        setTimeout(() => done([$("play").getAttribute("aria-label"), $("count").textContent,
          $("result").textContent]), 1200);""",
    )
    assert stopped == ["Play", "number 1 of 138", "=?"]


@pytest.mark.parametrize("size", [(1400, 900), (700, 450), (390, 844), (320, 640)], ids=str)
def test_what_the_answer_needs_is_in_sight(size, show, browser):
    browser.resize(*size)
    show("two_layer")
    browser.press("a", "ArrowRight")
    seen = run(
        browser,
        """const visible = node => {
          const {left, right, top, bottom} = node.getBoundingClientRect();
          const x = (left + right) / 2, y = (top + bottom) / 2;
          return [[left + 3, y], [right - 3, y], [x, top + 3], [x, bottom - 3]].every(([x, y]) =>
            node.contains(document.elementFromPoint(x, y)));
        };
        return [...all("#reply > *, #question .name"), $("numbers").querySelector(".value")]
          .filter(node => !visible(node)).map(node => node.outerHTML);""",
    )
    assert seen == []
    assert run(browser, "return document.documentElement.scrollWidth") == size[0]
    path = os.environ.get("PURENET_AXE")
    if not path:
        return
    with open(path, encoding="utf-8") as file:
        browser.devtools("Runtime.evaluate", expression=file.read())
    for keys in ([], ["9", "9", "Enter"], ["Enter"]):
        browser.press(*keys)
        run(browser, "$('tally').open = !$('tally').open")
        violations = run_async(
            browser,
            """const done = arguments[0];
            axe.run(document).then(found => done(found.violations.map(rule =>
              [rule.id, rule.nodes.map(node => node.html)])));""",
        )
        assert violations == []
