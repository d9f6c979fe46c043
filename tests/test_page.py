"""The page in a real browser, compared with the recording that it shows.

Needs chromium and chromedriver; without them the tests are skipped with a line that says so.
"""

import copy
import json
import math
import os
import random
import re
from decimal import ROUND_HALF_UP, Context

import pytest
import webdriver
from pages import (
    GRAINS,
    LEAVES,
    READ,
    SNAPSHOT,
    SWITCH,
    WALK,
    Expected,
    bits,
    find_matrix,
    flat,
    recorded,
    run,
    run_async,
    squeezed,
)

import purenet
from purenet.seeing.paper.page import render
from purenet.seeing.paper.summaries import end_of, start_of
from purenet.seeing.paper.text import as_text
from purenet.seeing.paper.worked import Worked

MISSING = webdriver.missing()
needs_browser = pytest.mark.skipif(MISSING is not None, reason=f"the page: {MISSING}")

# Without a browser.


def test_shell_is_smaller_than_127_kb():
    found = recorded("two_layer")
    page = render(found, "").encode()
    start = page.index(b'id="recording">') + len(b'id="recording">')
    end = page.index(b"</script>", start)
    assert len(page) - (end - start) < 127_000


def test_recording_inside_is_the_recording():
    found = recorded("special")
    page = render(found, "")
    start = page.index('id="recording">') + len('id="recording">')
    assert json.loads(page[start : page.index("</script>", start)]) == found.data


def test_takes_data_as_well_as_a_recording():
    found = recorded("two_layer")
    assert render(found, "text") == render(json.loads(found.to_json()), "text")


def test_other_data_is_refused():
    with pytest.raises(ValueError, match="found the format None, expected 'purenet recording'"):
        render({}, "")
    with pytest.raises(ValueError, match="found version 99, expected 1"):
        render({**recorded("two_layer").data, "version": 99}, "")


def test_names_no_other_address():
    page = render(recorded("two_layer"), "")
    addresses = set(re.findall(r"""(?:https?:)?//[\w.]+\.\w+[^"'`\s]*""", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page


def short(text):
    """Return a number as a cell shows it: exact up to 7 signs, otherwise with four digits."""
    value = float(text)
    if len(text) <= 7:
        return text
    if 0.001 <= abs(value) < 10000:
        return f"{value:#.4g}".rstrip(".")
    return re.sub(
        r"e([+-])0*(\d)", lambda found: "e" + found[1].strip("+") + found[2], f"{value:.1e}"
    )


def test_short_numbers_have_four_digits():
    assert [short(repr(value)) for value in (0.123456789, -12.3456789, 1234.56789, 0.5)] == [
        "0.1235",
        "-12.35",
        "1235",
        "0.5",
    ]
    assert [short(repr(value)) for value in (1.23456e-7, 1.23456e105)] == ["1.2e-7", "1.2e105"]


# Every step.


SHOWN = ("two_layer", "classes", "rectified", "opened", "one_unit", "owned", "special")


@needs_browser
@pytest.mark.parametrize(
    ("name", "grain"),
    [
        *((name, grain) for name in SHOWN for grain in GRAINS),
        ("images", "matrix"),
        ("images", "number"),
    ],
)
def test_every_step_shows_what_is_recorded(name, grain, show, browser):
    expected = show(name)
    seen = run(browser, WALK, grain)
    steps = expected.steps(grain)
    assert len(seen) == len(steps)
    for k, (page, (id, n, m)) in enumerate(zip(seen, steps, strict=True)):
        matrix = expected.data["matrices"][m]
        file, line, code, marked = expected.place(id)
        assert page["count"] == f"{grain} {k + 1} of {len(steps)}"
        assert page["place"] == f"{file}, line {line}" + expected.indices(id)
        assert (page["line"], page["code"]) == (line, code)
        if marked is not None:
            assert page["marked"][0] == marked
        if grain == "number" and name != "images":
            lines = expected.lines(id, expected.ops["call"][id])
            assert line in lines
            assert set(page["took"]) == lines - {line}
            assert page["beside"] == expected.beside(id)
        elif grain == "operation":
            assert page["took"] == page["beside"] == []
        assert page["sentence"] != "" and "{" not in page["sentence"]
        if grain == "matrix":
            assert page["name"] == matrix["symbol"]
            values = re.findall(r"[^\s\[\],=]+", page["result"])
            assert values == [expected.value(id) for id in flat(matrix["ids"])]
            continue
        assert page["name"] == expected.name(n)
        if name != "images" or "more terms" not in page["names"]:
            assert squeezed(page["names"]) == "=" + squeezed(expected.formula(n, expected.label))
            assert squeezed(page["numbers"]) == "=" + squeezed(expected.formula(n, expected.value))
        finished = grain == "number" or expected.numbers["id"][n] == id
        assert page["result"] == "=" + (
            expected.value(expected.numbers["id"][n]) if finished else "·"
        )
        if grain == "operation":
            assert page["operation"].rsplit("=", 1)[1] == expected.value(id)
            op, a, b = (expected.ops[column][id] for column in ("op", "a", "b"))
            if op in "+-*/":
                operands = [expected.value(part) for part in (a, b)]
                shown = [f"({part})" if part.startswith("-") else part for part in operands]
                assert squeezed(page["operation"]).split("=")[-2] == op.join(shown)


@needs_browser
def test_numbers_as_shown_evaluate_to_the_result(show, browser):
    names = {name: getattr(purenet, name) for name in ("exp", "log", "log1p", "tanh")}
    for name in ("two_layer", "classes", "special"):
        show(name)
        for page in run(browser, WALK, "number"):
            known = {**names, "nan": math.nan, "inf": math.inf}
            found = eval(page["numbers"].lstrip("= "), known)
            assert bits(found) == bits(float(page["result"].lstrip("= "))), page["name"]


def four(text):
    """Return a number with four significant digits, half away from zero, unless it has no more."""
    value = float(text)
    exact = Context(prec=1000).create_decimal_from_float(value)
    if not exact.is_finite() or len(re.sub(r"e.*|[-.]", "", text).strip("0")) <= 4:
        return text
    rounded = Context(prec=4, rounding=ROUND_HALF_UP).plus(exact)
    if 0.001 <= abs(value) < 10000:
        return str(rounded)
    return re.sub(r"e\+?(-?)0*", r"e\1", f"{rounded:.3e}")


def test_rounding_by_hand():
    exact = ["0.5", "-0.0", "nan", "-inf", "1e+22", "100000.0", "2026.0", "0.000125"]
    assert [four(text) for text in exact] == exact
    assert [four(text) for text in ("1234.5", "-0.73105857863", "9.8767e-07", "12345.0")] == [
        "1235",
        "-0.7311",
        "9.877e-7",
        "1.235e4",
    ]


@needs_browser
@pytest.mark.parametrize("name", ["opened", "special"])
def test_four_digits_with_a_sign_that_says_so(name, show, browser):
    expected = show(name, as_it_comes=True)

    def told(text):
        return text if four(text) == text else "≈ " + four(text)

    def about(*ids):
        return "≈" if any(four(expected.value(id)) != expected.value(id) for id in ids) else "="

    def bracketed(id):
        text = four(expected.value(id))
        return f"({text})" if text.startswith("-") else text

    steps = expected.steps("number")
    for page, (id, n, _) in zip(run(browser, WALK, "number"), steps, strict=True):
        assert squeezed(page["names"]) == "=" + squeezed(expected.formula(n, expected.label))
        formula = expected.formula(n, lambda id, step: four(expected.value(id)))
        assert squeezed(page["numbers"]) == about(*expected.operands(id)) + squeezed(formula)
        assert page["result"] == about(id) + four(expected.value(id))
        assert f" Result {told(expected.value(id))}." in page["live"]
    steps = expected.steps("operation")
    for page, (id, _, _) in zip(run(browser, WALK, "operation"), steps, strict=True):
        op, a, b = (expected.ops[column][id] for column in ("op", "a", "b"))
        if op in "+-*/":
            shown = bracketed(a) + op + bracketed(b) + about(a, b, id) + four(expected.value(id))
            assert squeezed(page["operation"]).endswith(shown)
            if (a, 0) in expected.at or (b, 0) in expected.at:
                assert squeezed(page["operation"]).removesuffix(shown)[-1] == about(a, b)
    for page, (_, _, m) in zip(run(browser, WALK, "matrix"), expected.steps("matrix"), strict=True):
        ids = flat(expected.data["matrices"][m]["ids"])
        assert page["result"][0] == about(*ids)
        values = re.findall(r"[^\s\[\],=≈]+", page["result"])
        assert values == [four(expected.value(id)) for id in ids]
    look = """
    $("open").click();
    document.querySelector("[value=number]").click();
    $("last").click();
    return arguments[0].map(id => {
      cell(id).click();
      const lines = all("#trace li > :is(.term, .origin)");
      return [document.querySelector("#trace .head").textContent,
        lines.map(line => line.textContent.match(/([=≈]?)([^=≈]*)$/).slice(1)),
        lines.map(line => +line.querySelector(":scope > .value").dataset.id),
        lines.map(line => line.matches(".origin") ? line.textContent : "more terms")];
    });
    """
    chosen = [id for id, n, _ in expected.steps("number") if "." not in expected.name(n)][::2]
    formulas = 0
    for id, (head, terms, ids, lines) in zip(chosen, run(browser, look, chosen), strict=True):
        assert head == f"{expected.label(id, 0)}={expected.value(id)}"
        assert [[sign or "=", text] for sign, text in terms] == [
            [about(each), four(expected.value(each))] for each in ids
        ]
        for each, line in zip(ids, lines, strict=True):
            if "more terms" not in line:
                formula = expected.formula(expected.maker[each], expected.label)
                end = about(each) + four(expected.value(each))
                assert squeezed(line) == f"{expected.label(each, 0)}={squeezed(formula)}{end}"
                formulas += 1
    assert formulas > 10


@needs_browser
def test_a_switch_shows_all_digits_and_is_remembered(show, browser):
    expected = show("two_layer", as_it_comes=True)
    browser.press("ArrowRight")
    value = expected.value(expected.steps("number")[0][0])
    look = """
    const value = document.querySelector("#result .value");
    return [$("result").textContent, value.title, $("digits").getAttribute("aria-pressed")];
    """
    assert run(browser, look) == ["≈" + four(value), value, "false"]
    browser.press("x")
    assert run(browser, look) == ["=" + value, "", "true"]
    browser.devtools("Page.reload")
    run_async(browser, "setTimeout(arguments[0], 50)")
    browser.press("Home", "ArrowRight")
    assert run(browser, look)[0] == "=" + value


@needs_browser
@pytest.mark.parametrize(("name", "grain"), [("opened", "operation"), ("owned", "matrix")])
def test_a_matrix_that_has_no_part_in_the_step_is_folded(name, grain, show, browser):
    expected = show(name, as_it_comes=True)
    look = """
    document.querySelector(`[value=${arguments[0]}]`).click();
    const next = $("next"), seen = [];
    $("first").click();
    const read = () => all("#cards .card").map(card => [+card.querySelector(".head").dataset.fold,
      !card.matches(".folded"), card.querySelector(".head[aria-expanded=true]") !== null,
      all("td[data-id]", card).some(td => td.getClientRects().length > 0)]);
    for (;;) {
      seen.push(read());
      if (next.disabled) return seen;
      next.click();
    }
    """
    matrices = expected.data["matrices"]

    def places(ids, step):
        return {
            m for m, x in enumerate(matrices) if x["step"] == step and ids & set(flat(x["ids"]))
        }

    folded = 0
    start, *pages = run(browser, look, grain)
    assert [m for m, is_open, *_ in start if is_open] == [
        m for m, x in enumerate(matrices) if x["step"] == 0 and x["given"]
    ]
    for page, (_, _, here) in zip(pages, expected.steps(grain), strict=True):
        step = matrices[here]["step"]
        assert [m for m, *_ in page] == [m for m, x in enumerate(matrices) if x["step"] == step]
        assert all(one == other == third for _, one, other, third in page)
        ids = flat(matrices[here]["ids"])
        used = set(ids).union(*(expected.operands(id) for id in ids))
        assert {m for m, is_open, *_ in page if is_open} == places(used, step)
        folded += sum(not is_open for _, is_open, *_ in page)
    assert folded > 100


@needs_browser
def test_a_folded_matrix_is_opened_and_stays_open(show, browser):
    show("two_layer", as_it_comes=True)
    browser.press("ArrowRight")
    look = """
    const head = all(".head").find(head => head.querySelector(".name").textContent === "W2′");
    const card = head.parentNode;
    return [all("td[data-id]", card).filter(td => td.getClientRects().length).length,
      card.querySelector(".head").textContent];
    """
    assert run(browser, look) == [0, "▸W2′ input × unit"]
    focus = """
    all(".head").find(head => head.querySelector(".name").textContent === "W2′").focus();
    """
    run(browser, focus)
    browser.press("Enter")
    opened = run(browser, look)
    assert opened == [4, "■W2′ input × unit"]
    browser.press("ArrowRight", "PageDown")
    assert run(browser, look) == opened
    run(browser, focus)
    browser.press("Enter")
    assert run(browser, look)[0] == 0
    browser.press("End")
    assert run(browser, look) == [4, "▾W2′ input × unit"]


HEAT = """
$("last").click();
const colours = canvas => colour => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const rgb = colours(document.createElement("canvas").getContext("2d", {willReadFrequently: true}));
const panel = rgb(getComputedStyle($("matrices")).backgroundColor);
const luminance = parts => parts.slice(0, 3).map(part => part / 255)
  .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, k) => sum + part * [0.2126, 0.7152, 0.0722][k], 0);
return all("#cards .card").map(card => [+card.querySelector(".head").dataset.fold,
  all("td[data-id]", card).filter(td => td.dataset.id && !td.matches(".read, .written")).map(td => {
    const style = getComputedStyle(td), ink = luminance(rgb(style.color));
    const [r, g, b, a] = rgb(style.backgroundColor);
    const ground = luminance([r, g, b].map((part, k) => part * a / 255 + panel[k] * (1 - a / 255)));
    const [low, high] = [ink, ground].sort((one, other) => one - other);
    return [+td.dataset.id, td.textContent, a, r > g, (high + 0.05) / (low + 0.05)];
  })]);
"""


@needs_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_matrices_are_shaded_by_size_and_sign(theme, show, browser):
    browser.emulate(prefers_color_scheme=theme)
    expected = show("rectified")
    assert {shade for _, cells in run(browser, HEAT) for _, _, shade, _, _ in cells} == {0}
    run(browser, SWITCH, ["heat"], True)
    shaded = run(browser, HEAT)
    run(browser, SWITCH, ["heat"], False)
    signs = set()
    for m, cells in shaded:
        ids = flat(expected.data["matrices"][m]["ids"])
        most = max(abs(float(expected.value(id))) for id in ids)
        for id, text, shade, red, contrast in cells:
            size = abs(float(expected.value(id)))
            assert math.isclose(shade / 255, 0.45 * size / most if most else 0, abs_tol=0.01)
            if shade > 20:
                assert red == expected.value(id).startswith("-") == text.startswith("-")
                signs.add(red)
            assert contrast >= 4.5
    assert signs == {True, False}


@needs_browser
def test_the_page_opens_at_the_chosen_grain(show, browser):
    expected = show(recorded("two_layer"), "operation")
    browser.press("ArrowRight")
    count = f"operation 1 of {len(expected.steps('operation'))}"
    assert run(
        browser,
        "return [$('count').textContent, document.querySelector('[name=grain]:checked').value]",
    ) == [count, "operation"]


@pytest.mark.parametrize("grain", GRAINS)
def test_forward_and_back_restores_the_page(grain, show, browser):
    expected = show("classes")
    browser.press(str(GRAINS.index(grain) + 1))
    taken = min(25, len(expected.steps(grain)))
    before = [run(browser, SNAPSHOT)]
    for _ in range(taken):
        browser.press("ArrowRight")
        before.append(run(browser, SNAPSHOT))
    assert len(set(before)) == taken + 1
    for state in reversed(before[:-1]):
        browser.press("ArrowLeft")
        assert run(browser, SNAPSHOT) == state


@needs_browser
def test_cells_are_known_read_and_written_as_recorded(show, browser):
    expected = show("two_layer")
    look = """
    const next = $("next"), seen = [];
    for (;;) {
      const cells = all("#cards td[tabindex]");
      const ids = name => cells.filter(td => td.classList.contains(name)).map(td => +td.dataset.id);
      const dots = cells.filter(td => td.textContent === "·").length;
      seen.push({read: ids("read"), written: ids("written"), dots, cells: cells.length});
      if (next.disabled) return seen;
      next.click();
    }
    """
    seen = run(browser, look)
    ids = [id for matrix in expected.data["matrices"] for id in flat(matrix["ids"])]
    now = 0
    for page, step in zip(seen, [None, *expected.steps("number")], strict=True):
        if step is not None:
            now = step[0] + 1
            named = {part for part in expected.operands(step[0]) if (part, 0) in expected.at}
            assert (set(page["read"]), page["written"]) == (named, [step[0]])
        unknown = sum(id >= now and expected.ops["op"][id] != "given" for id in ids)
        assert (page["dots"], page["cells"]) == (unknown, len(ids))


@needs_browser
def test_marks_differ_by_more_than_colour(show, browser):
    show("two_layer")
    browser.press("ArrowRight")
    styles = run(
        browser,
        """return ["read", "written"].map(name => {
          const style = getComputedStyle(document.querySelector(`#cards .${name}`));
          return [style.outlineStyle, style.fontWeight];
        });""",
    )
    assert styles == [["dashed", "400"], ["solid", "700"]]
    dashes = run(
        browser,
        """const halo = name =>
          getComputedStyle(document.querySelector(`#diagram .halo.${name}`)).strokeDasharray;
        const reads = halo("reads");
        $("last").click();
        return [reads, halo("writes")];""",
    )
    assert dashes[0] != "none" and dashes[1] == "none"


@needs_browser
def test_negative_weights_are_dashed_and_widths_follow_the_weights(show, browser):
    expected = show("classes")
    browser.press("End")
    edges = run(
        browser,
        """return all("#diagram .halo").map((halo, k) => {
          const edge = all("#diagram .edge")[k];
          return [+halo.dataset.id, getComputedStyle(edge).strokeDasharray !== "none",
            +edge.getAttribute("stroke-width")];
        });""",
    )
    last = [
        id
        for matrix in expected.data["matrices"]
        if matrix["step"] == 1 and matrix["role"] == "new_weights"
        for id in flat(matrix["ids"])
    ]
    assert sorted(id for id, _, _ in edges) == sorted(last)
    for id, dashed, _ in edges:
        assert dashed == expected.value(id).startswith("-")
    for matrix in expected.data["matrices"]:
        if matrix["step"] == 1 and matrix["role"] == "new_weights":
            widths = {id: width for id, _, width in edges}
            order = sorted(flat(matrix["ids"]), key=lambda id: abs(float(expected.value(id))))
            assert [widths[id] for id in order] == sorted(widths[id] for id in order)


@needs_browser
@pytest.mark.parametrize("name", ["classes", "rectified", "special", "large"])
def test_cells_show_four_digits(name, show, browser):
    expected = show(name)
    browser.press("End")
    cells = run(
        browser,
        """return all("#cards td[data-id]").filter(td => td.dataset.id)
             .map(td => [+td.dataset.id, td.textContent, td.title]);""",
    )
    assert len(cells) > 30
    for id, text, title in cells:
        assert text == short(expected.value(id))
        assert title.endswith(f" = {expected.value(id)}")


@needs_browser
def test_the_head_counts_what_was_recorded(show, browser):
    for name in ("two_layer", "some_samples"):
        expected = show(name)
        facts = run(browser, "return $('facts').textContent").split(" · ")
        operations = sum(op not in LEAVES for op in expected.ops["op"])
        assert f"{operations} operations" in facts
        assert f"samples: {len(expected.data['meta']['samples'])}" in facts
        assert f"learning rate {expected.data['meta']['learning_rate']}" in facts


@needs_browser
@pytest.mark.parametrize("grain", GRAINS)
def test_the_timeline_fills_from_the_left(grain, show, browser):
    expected = show("classes")
    look = """
    document.querySelector(`[value=${arguments[0]}]`).click();
    const next = $("next"), seen = [];
    $("first").click();
    for (let taken = 0; !next.disabled; taken++) {
      next.click();
      if (taken % 9 === 4) seen.push([taken, all("#bar .cell").map(cell => {
        const whole = cell.getBoundingClientRect();
        const part = cell.querySelector("i").getBoundingClientRect();
        return [+cell.dataset.matrix, whole.left, whole.width, part.left, part.width,
          cell.classList.contains("here")];
      })]);
    }
    return seen;
    """
    browser.emulate(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    matrices = expected.data["matrices"]
    computed = [m for m, matrix in enumerate(matrices) if matrix["given"] is None]
    order = sorted(computed, key=lambda m: max(flat(matrices[m]["ids"])))
    partly = 0
    for taken, cells in run(browser, look, grain):
        now, _, here = expected.steps(grain)[taken]
        assert [m for m, *_ in cells] == order
        lefts = [left for _, left, *_ in cells]
        assert lefts == sorted(lefts)
        for m, left, width, start, filled, is_here in cells:
            ids = flat(matrices[m]["ids"])
            share = sum(id <= now for id in ids) / len(ids)
            assert math.isclose(filled, share * width, abs_tol=0.2)
            assert filled < 0.1 or math.isclose(start, left, abs_tol=0.2)
            assert is_here == (m == here)
            partly += 0.1 < share < 0.9 and width > 3
    assert partly > 0 or grain == "matrix"


@needs_browser
def test_the_diagram_shows_the_sample_of_the_step(show, browser):
    expected = show("some_samples")
    look = """
    document.querySelector("[value=number]").click();
    const next = $("next"), seen = [];
    $("first").click();
    const units = () => all("#diagram g.at, #diagram g[class^=at]").filter(g => g.dataset.id)
      .map(g => [+g.dataset.id, g.textContent]);
    const read = () => [$("sample").textContent, units(), $("sample-back").disabled,
      $("sample-next").disabled];
    while (!next.disabled) {
      next.click();
      const before = read();
      for (const way of ["sample-next", "sample-back"]) if (!$(way).disabled) {
        $(way).click();
        break;
      }
      seen.push([before, read()]);
    }
    return seen;
    """
    matrices, numbers = expected.data["matrices"], expected.numbers
    chosen = expected.data["meta"]["samples"]
    assert chosen == [3, 1]

    def row_of(id):
        n = expected.at[id, 0]
        is_sample = matrices[numbers["matrix"][n]]["axes"][:1] == ["sample"]
        return numbers["row"][n] if is_sample else None

    rows, followed = set(), 0
    for (id, _, m), shown in zip(expected.steps("number"), run(browser, look), strict=True):
        for (sample, units, back, forward), other in zip(shown, (False, True), strict=True):
            row = chosen.index(int(sample.removeprefix("sample ")))
            assert (back, forward) == (row == 0, row == 1)
            assert {row_of(unit) for unit, _ in units} <= {row, None}
            inputs = [id for id, _ in units if id in flat(matrices[0]["ids"])]
            assert inputs == matrices[0]["ids"][row]
            for unit, text in units:
                assert text.split()[-1] == short(expected.value(unit))
            if not other:
                if matrices[m]["axes"][:1] == ["sample"]:
                    assert row == row_of(id)
                    followed += 1
                rows.add(row)
                before = row
            else:
                assert row == 1 - before
    assert rows == {0, 1} and followed > 20


# All steps, by what the diagram marks as written, and by the places of its texts.
DRAWN = """
document.querySelector("[value=number]").click();
const next = $("next"), seen = [];
$("first").click();
const box = text => text.getBoundingClientRect();
while (!next.disabled) {
  next.click();
  const marked = all("#diagram .writes").map(node => [+node.dataset.id, node.textContent]);
  const texts = all("#diagram text").filter(text => text.textContent && box(text).width);
  const over = [];
  texts.forEach((text, k) => {
    const a = box(text), pill = text.parentNode.querySelector(":scope > rect");
    if (pill && text.parentNode.matches(".at, .tag, .other") &&
      (a.left < box(pill).left || a.right > box(pill).right)) over.push(text.textContent);
    for (const other of texts.slice(k + 1)) {
      const b = box(other);
      if (a.left < b.right && b.left < a.right && a.top < b.bottom - 1 && b.top < a.bottom - 1)
        over.push([text.textContent, other.textContent]);
    }
  });
  seen.push([marked, over]);
}
return seen;
"""


@needs_browser
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("two_layer", (1400, 900)),
        ("rectified", (390, 844)),
        ("special", (700, 450)),
        ("owned", (933, 600)),
    ],
)
def test_the_diagram_marks_what_is_written(name, size, show, browser):
    browser.resize(*size)
    expected = show(name)
    for (id, n, _), (marked, over) in zip(
        expected.steps("number"), run(browser, DRAWN), strict=True
    ):
        assert over == [], expected.name(n)
        texts = [text for other, text in marked if other == id and text]
        assert texts, expected.name(n)
        assert all(re.split(r"[\s]", text)[-1] == short(expected.value(id)) for text in texts)
        signs = {"δ": "δ", "∂L/∂a": "∂L/∂a", "∂L/∂W": "∂L/∂W", "∂L/∂b": "∂L/∂b", "L": "L ="}
        sign = signs.get(re.split(r"\d|\[", expected.name(n))[0], "")
        labels = (sign, expected.name(n) + " = ")
        assert all(text.startswith(labels) for text in texts)


@needs_browser
@pytest.mark.parametrize(
    "size", [(1400, 900), (933, 600), (700, 450), (844, 390), (390, 844), (320, 640)], ids=str
)
def test_the_diagram_and_the_buttons_are_on_the_screen(size, show, browser):
    browser.resize(*size)
    show("rectified")
    browser.press(*["ArrowRight"] * 20)
    look = """
    const at = id => $(id).getBoundingClientRect();
    const seen = id => {
      const {left, top, right, bottom} = at(id);
      return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    };
    const {x, y, width, height} = all("#diagram .writes")[0].getBoundingClientRect();
    const mark = document.elementFromPoint(x + width / 2, y + height / 2);
    const result = at("result"), working = at("working");
    return [document.documentElement.scrollWidth, innerWidth,
      ["first", "back", "play", "next", "last", "slider", "network", "result"]
        .filter(id => !seen(id)),
      mark !== null && mark.closest("#diagram .writes") !== null, at("diagram").height,
      working.bottom <= result.top + 1];
    """
    wide, screen, hidden, marked, height, apart = run(browser, look)
    assert (wide, screen, hidden, marked, apart) == (size[0], size[0], [], True, True)
    assert height > 120


@needs_browser
def test_what_is_written_is_seen_also_among_many_units(show, browser):
    show("wide")
    look = """
    document.querySelector("[value=number]").click();
    const slider = $("slider"), box = node => node.getBoundingClientRect(), missed = [];
    for (let at = arguments[0]; at <= +slider.max; at += arguments[1]) {
      slider.value = at;
      slider.dispatchEvent(new Event("input"));
      const pane = box($("diagram")), result = box($("result"));
      const inside = node => box(node).left >= pane.left - 1 && box(node).top >= pane.top - 1 &&
        box(node).right <= pane.right + 1 && box(node).bottom <= pane.bottom + 1;
      const labels = all("#diagram g.writes").filter(node => node.textContent);
      const texts = all("#diagram text").filter(text => text.textContent && box(text).width);
      const places = texts.map(box);
      const over = places.some((a, k) => places.slice(k + 1).some(b => a.left < b.right &&
        b.left < a.right && a.top < b.bottom - 1 && b.top < a.bottom - 1));
      if (!labels.length || !labels.every(inside) || over || result.bottom > innerHeight)
        missed.push([at, labels.map(node => node.textContent), over]);
    }
    return missed;
    """
    for number, size in enumerate([(1400, 900), (933, 600), (700, 450), (390, 844)]):
        browser.resize(*size)
        run_async(browser, "setTimeout(arguments[0], 50)")
        assert run(browser, look, 400 % 61 + number, 61) == [], size


@needs_browser
def test_every_matrix_of_a_long_training_can_be_hit(show, browser):
    browser.resize(320, 640)
    expected = show("deep")
    look = """
    const slider = $("slider"), seen = [];
    for (let at = 1; at <= +slider.max; at += 331) {
      slider.value = at;
      slider.dispatchEvent(new Event("input"));
      const bar = $("bar").getBoundingClientRect();
      seen.push([at, all("#bar .cell").map(cell => {
        const {left, width, right} = cell.getBoundingClientRect();
        return [+cell.dataset.matrix, width, cell.matches(".here"), left >= bar.left - 1 &&
          right <= bar.right + 1];
      })]);
    }
    return [seen, document.documentElement.scrollWidth];
    """
    seen, wide = run(browser, look)
    steps, matrices = expected.steps("number"), expected.data["matrices"]
    assert (wide, len(seen)) == (320, len(range(0, len(steps), 331)))
    for at, cells in seen:
        _, _, here = steps[at - 1]
        assert min(width for _, width, *_ in cells) >= 24
        shown = [(m, there) for m, _, is_here, there in cells if is_here]
        step = matrices[here]["step"]
        assert len(shown) == 2 and all(there for _, there in shown)
        assert matrices[shown[0][0]]["step"] == step and shown[1][0] == here
        own = [m for m, *_ in cells if matrices[m]["step"] == step]
        computed = [m for m, x in enumerate(matrices) if x["step"] == step and not x["given"]]
        assert set(own) == set(computed)


@needs_browser
def test_inputs_and_outputs_carry_the_names_of_the_table(show, browser):
    data = recorded("classes").data
    names = ["petal length (cm)", "circumference of the leaf", "weight"]
    task = {
        "columns": [
            {"name": name, "unit": unit, "inputs": [place]}
            for place, (name, unit) in enumerate(zip(names, ("cm", "", "kg"), strict=True))
        ],
        "inputs": names,
        "target": "tree",
        "unit": "",
        "classes": ["ash", "oak", "a tree of another kind"],
        "table": "trees.csv",
        "rows": [{"place": "line 2", "cells": ["1", "2", "3"], "target": "ash"}] * 2,
        "answers": [None] * 2,
        "answers_after": [None] * 2,
    }
    show({**data, "meta": {**data["meta"], "task": task}})
    browser.press("ArrowRight")
    heads, drawn = run(
        browser,
        """const heads = all("#cards .card").map(card => [card.querySelector(".name").textContent,
          all("thead th", card).map(th => [th.title, th.textContent])]);
        const drawn = all("#diagram .naming").map(text => {
          const name = text.getBoundingClientRect(), middle = name.left + name.width / 2;
          const below = all("#diagram .at").map(node => [node, node.getBoundingClientRect()])
            .filter(([, box]) => box.top > name.top && box.left < middle && middle < box.right)
            .sort((a, b) => a[1].top - b[1].top)[0][0];
          return [text.parentNode.querySelector("title").textContent, text.textContent,
            +below.dataset.id];
        });
        return [Object.fromEntries(heads), drawn];""",
    )
    inputs = [*names[:2], "weight (kg)"]
    short_inputs = ["petal length", "circumferen…", "weight"]
    outputs, short_outputs = task["classes"], ["ash", "oak", "a tree of a…"]
    assert heads["x"] == [
        [name, f"{k} {bare}"]
        for k, (name, bare) in enumerate(zip(inputs, short_inputs, strict=True))
    ]
    assert heads["W1"] == [["", "0"], ["", "1"]]
    assert [name for name, _ in heads["y"]] == outputs
    rows = [next(m for m in data["matrices"] if m["name"] == name)["ids"][0] for name in "xy"]
    assert drawn == [
        list(each)
        for each in zip(
            inputs + outputs, short_inputs + short_outputs, rows[0] + rows[1], strict=True
        )
    ]


@needs_browser
@pytest.mark.parametrize("name", ["classes", "images"])
def test_cards_say_the_task_and_what_has_changed(name, show, browser):
    expected = show(name)
    look = """
    return [!$("card").hidden, all("#card p").map(p => p.textContent),
      all("#card tr").map(row => [...row.children].map(cell => cell.textContent)),
      all("#card .picture rect").map(rect => +/(\\d+)%\\)/.exec(rect.getAttribute("fill"))[1])];
    """
    worked = Worked(recorded(name), None)
    start, end = start_of(worked), end_of(worked)
    there, sentences, table, shades = run(browser, look)
    assert (there, sentences, table) == (True, start.sentences, start.table)
    pixels = [float(expected.value(id)) for id in find_matrix(expected, "x")["ids"][0]]
    order = sorted(range(len(shades)), key=lambda each: (shades[each], pixels[each]))
    assert order == (sorted(range(12), key=pixels.__getitem__) if name == "images" else [])
    assert start.sentences[0] in run(browser, READ)["live"]
    browser.press("ArrowRight")
    assert run(browser, look)[0] is False
    browser.press("End")
    assert run(browser, look) == [True, end.sentences, end.table, []]


@needs_browser
@pytest.mark.parametrize("name", ["two_layer", "rectified"])
def test_activations_are_points_on_their_curve(name, show, browser):
    expected = show(name)
    curves = """
    document.querySelector("[value=number]").click();
    const next = $("next"), seen = [];
    $("first").click();
    while (!next.disabled) {
      next.click();
      const point = document.querySelector("#curve circle");
      const numbers = path => path.getAttribute("d").match(/-?[\\d.]+/g).map(Number);
      seen.push(point && [+point.getAttribute("cx"), +point.getAttribute("cy"),
        ...["graph", "tangent"].map(name => numbers(document.querySelector("#curve ." + name)))]);
    }
    return seen;
    """
    drawn = 0
    for (_, n, m), found in zip(expected.steps("number"), run(browser, curves), strict=True):
        matrix = expected.data["matrices"][m]
        assert (found is not None) == (matrix["role"] in ("a", "slope"))
        if found is None:
            continue
        x, y, graph, tangent = found
        at = min(range(0, len(graph) - 2, 2), key=lambda k: abs((graph[k] + graph[k + 2]) / 2 - x))
        assert min(graph[at + 1], graph[at + 3]) - 1 <= y <= max(graph[at + 1], graph[at + 3]) + 1
        assert math.isclose((tangent[0] + tangent[2]) / 2, x, abs_tol=0.02)
        assert math.isclose((tangent[1] + tangent[3]) / 2, y, abs_tol=0.02)
        if matrix["role"] == "slope":
            value = float(expected.value(expected.numbers["id"][n]))
            assert (tangent[3] < tangent[1] - 0.5) == (value > 0.1)
        drawn += 1
    assert drawn > 20


@needs_browser
def test_the_address_leads_to_the_step(show, browser):
    expected = show("two_layer")
    run(browser, "location.hash = '#operation-9'")
    found = run_async(browser, "setTimeout(() => arguments[0]($('count').textContent), 50)")
    assert found == f"operation 9 of {len(expected.steps('operation'))}"
    browser.press("2", "End", "ArrowLeft")
    run_async(browser, "setTimeout(arguments[0], 400)")
    total = len(expected.steps("number"))
    assert run(browser, "return location.hash") == f"#number-{total - 1}"
    browser.devtools("Page.reload")
    for _ in range(50):
        count = run(browser, "return $('count')?.textContent")
        if count:
            break
    assert count == f"number {total - 1} of {total}"


@needs_browser
def test_space_plays_but_presses_a_button_that_has_the_focus(show, browser):
    show("two_layer")
    playing = "return $('play').getAttribute('aria-label')"
    browser.press(" ")
    assert run(browser, playing) == "Pause"
    browser.press(" ")
    assert run(browser, playing) == "Play"
    run(browser, "$('next').focus()")
    before = run(browser, READ)["count"]
    browser.press(" ")
    assert (run(browser, playing), run(browser, READ)["count"] != before) == ("Play", True)


@needs_browser
def test_paper_and_forced_colours_lose_nothing(show, browser):
    show("two_layer")
    browser.press(*["ArrowRight"] * 40)
    look = """
    const there = node => getComputedStyle(node).display !== "none" &&
      getComputedStyle(node).visibility === "visible" && node.getClientRects().length > 0;
    const controls = all("button, select, input").filter(there);
    return [controls.filter(node => !node.closest("main")).length,
      ["now", "network", "source", "matrices"].filter(id => there($(id))),
      $("now").scrollHeight <= $("now").offsetHeight];
    """
    browser.devtools("Emulation.setEmulatedMedia", media="print")
    try:
        assert run(browser, look) == [0, ["now", "network", "source", "matrices"], True]
    finally:
        browser.devtools("Emulation.setEmulatedMedia", media="")
    browser.emulate(forced_colors="active")
    filled = """
    const part = document.querySelector("#bar .cell > i");
    const colour = node => getComputedStyle(node).backgroundColor;
    return [colour(part), colour(part.parentNode), part.getBoundingClientRect().height > 3];
    """
    done, cell, high = run(browser, filled)
    assert done != cell and high


# The trail.


@needs_browser
@pytest.mark.parametrize("name", ["two_layer", "classes", "some_samples"])
def test_the_trail_marks_and_counts_all_on_the_way(name, show, browser):
    expected = show(name)
    browser.press("End")
    look = """
    cell(arguments[0]).click();
    const ids = name => all("#cards td").filter(td => td.classList.contains(name))
      .map(td => +td.dataset.id);
    const note = start => all("#trace p.note").map(p => p.textContent)
      .find(text => text.startsWith(start)) ?? null;
    return [ids("from"), ids("into"), ids("picked"), note("In the end from"),
      note("In the end changes")];
    """
    last = expected.data["meta"]["steps"] - 1
    shown = {id for id, step in expected.at if step == last}
    for id in random.Random(f"{name} trail").sample(sorted(shown), 15):
        page = run(browser, look, id)
        above, below = expected.ancestors(id), expected.descendants(id)
        assert set(page[0]) == above & shown
        assert set(page[1]) == (below - above) & shown
        assert page[2] == [id]
        given = expected.census(above, lambda m: m["given"] not in (None, "carried"))
        changed = expected.census(
            below, lambda m: m["role"] == "loss" or m["role"].startswith("new_")
        )
        assert page[3] == (f"In the end from {given}." if given else None)
        assert page[4] == (f"In the end changes {changed}." if changed else None)


@needs_browser
@pytest.mark.parametrize("name", ["two_layer", "classes", "rectified"])
def test_numbers_lead_back_to_what_was_given(name, show, browser):
    expected = show(name)
    browser.press("End")
    grow = """
    cell(arguments[0]).click();
    const trace = $("trace");
    for (let all; (all = trace.querySelectorAll(".twist[aria-expanded=false]")).length;)
      for (const twist of all) twist.click();
    const own = item => item.querySelector(":scope > :is(.term, .origin) > .value");
    const items = all(".tree li", trace);
    const ends = items.filter(item => !item.querySelector(".tree"));
    const title = all("h3", trace).find(other => other.textContent === "Goes into");
    const note = item => item.querySelector(".note").textContent;
    return {
      head: trace.querySelector(".head .value").textContent,
      given: ends.filter(item => note(item).startsWith("given")).map(item => +own(item).dataset.id),
      others: ends.filter(item => !note(item)).length,
      shown: items.every(item => own(item).textContent !== ""),
      uses: all(".value", title.nextElementSibling).map(value => +value.dataset.id),
    };
    """
    last = expected.data["meta"]["steps"] - 1
    shown = [id for id, n in expected.maker.items() if expected.numbers["step"][n] == last]
    # Across two steps a number may have ten thousand ancestors; the browser would be busy.
    small = [id for id in shown if expected.branches(id) < 2000]
    for id in random.Random(name).sample(small, min(20, len(small))):
        page = run(browser, grow, id)
        assert page["head"] == expected.value(id)
        assert (page["others"], page["shown"]) == (0, True)
        assert set(page["given"]) == expected.roots(id)
        uses = {other for other in expected.maker if id in expected.operands(other)}
        assert set(page["uses"]) == uses


@needs_browser
def test_every_number_of_a_formula_can_be_followed(show, browser):
    show("two_layer")
    browser.press("3", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight")
    followed = run(
        browser,
        """const heads = [];
        for (const id of ["names", "numbers", "operation"])
          for (const button of $(id).querySelectorAll("button")) {
            button.click();
            const head = document.querySelector("#trace .head .value");
            heads.push([button.dataset.id, head.dataset.id]);
          }
        return heads;""",
    )
    assert len(followed) > 12
    assert all(asked == shown for asked, shown in followed)


@needs_browser
def test_trail_goes_back_and_closes_by_keyboard(show, browser):
    show("two_layer")
    browser.press("ArrowRight", "t")
    head = "return document.querySelector('#trace .head')?.textContent ?? null"
    first = run(browser, head)
    assert first.startswith("z1[0][0]=")
    assert run(browser, "return document.activeElement.id") == "trace"
    browser.press("ArrowRight", "t")
    assert run(browser, head).startswith("z1[0][1]=")
    browser.press("b")
    assert run(browser, head) == first
    browser.press("Escape")
    assert run(browser, head) is None
    assert run(browser, "return getComputedStyle($('source')).visibility") == "visible"


@needs_browser
def test_go_to_the_step_of_a_number(show, browser):
    expected = show("two_layer")
    browser.press("End")
    for id, n in random.Random(1).sample(sorted(expected.maker.items()), 5):
        page = run(
            browser,
            """cell(arguments[0]).click();
            document.querySelector("[data-go]").click();"""
            + READ,
            id,
        )
        assert page["name"] == expected.name(n)
        browser.press("End")


@needs_browser
def test_weights_are_followed_across_the_steps(show, browser):
    expected = show("classes")
    browser.press("End")
    matrices = expected.data["matrices"]
    new = [m for m in matrices if m["role"] == "new_weights" and m["layer"] == 0]
    old = next(m for m in matrices if m["role"] == "weights" and m["layer"] == 0)
    course = [old["ids"][1][0], *(m["ids"][1][0] for m in new)]
    shown = run(
        browser,
        """cell(arguments[0]).click();
        return all("#trace table .value").map(value => value.textContent);""",
        course[-1],
    )
    assert shown == [expected.value(id) for id in course]


# Images.

STEP_TO = """
document.querySelector("[value=number]").click();
const slider = $("slider");
slider.value = arguments[0];
slider.dispatchEvent(new Event("input"));
const box = rect => ["x", "y", "width", "height"].map(name => +rect.getAttribute(name));
const pixels = map => [...map.querySelectorAll("rect[data-id]")];
return {
  maps: all("#diagram .map").map(map => pixels(map).map(rect => rect.dataset.id)),
  places: all("#diagram .map").map(map => pixels(map).map(box)),
  fills: all("#diagram .map").map(map => pixels(map).map(rect => rect.getAttribute("fill"))),
  frames: Object.fromEntries(["window", "reads", "writes"].map(
    kind => [kind, all(`#diagram rect.${kind}`).map(box)])),
  cards: all("#cards .card:not(.folded) .head .name").map(name => name.textContent),
  read: all("#cards .read").map(td => +td.dataset.id),
  sentence: $("sentence").textContent,
};
"""


def step_to(browser, expected, name):
    steps = [expected.name(n) for _, n, _ in expected.steps("number")]
    return run(browser, STEP_TO, steps.index(name) + 1)


def around(places, chosen):
    """The frame around some pixels."""
    boxes = [places[each] for each in chosen]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right = max(box[0] + box[2] for box in boxes)
    bottom = max(box[1] + box[3] for box in boxes)
    return [left, top, right - left, bottom - top]


@needs_browser
def test_images_are_drawn_as_images_with_the_window_on_them(show, browser):
    expected = show("images")
    matrices = {m["name"]: m for m in expected.data["matrices"]}
    page = step_to(browser, expected, "z1[1][1][2][1]")
    x, z, a, pooled = (matrices[name]["ids"][1] for name in ("x", "z1", "a1", "a2"))
    known = z[: 12 + 2 * 3 + 1 + 1]
    drawn = [int(each) for image in page["maps"][1:3] for each in image if each]
    assert page["maps"][0] == [str(each) for each in x]
    assert drawn == known
    assert [image for image in page["maps"][3:] if any(image)] == []
    # Filter 1 at row 2, column 1: over rows 1 and 2 of the image, one row of zeros above.
    window = [1 * 4 + 1, 1 * 4 + 2, 2 * 4 + 1, 2 * 4 + 2]
    assert page["frames"]["reads"] == [pytest.approx(around(page["places"][0], window), abs=0.05)]
    assert page["frames"]["writes"] == [pytest.approx(page["places"][2][2 * 3 + 1], abs=0.05)]
    assert "the window of filter 1 stands at place 2, 1" in page["sentence"]
    assert set(page["read"]) >= {x[each] for each in window}
    assert {"x[1][0]", "W1[1][0]", "z1[1][1]"} <= set(page["cards"])
    values = [float(expected.value(each)) for each in x]
    shades = [float(re.search(r"(\d+)%\)", fill)[1]) for fill in page["fills"][0]]
    assert sorted(range(12), key=values.__getitem__) == sorted(
        range(12), key=lambda each: (shades[each], values[each])
    )

    page = step_to(browser, expected, "a2[1][1][1][0]")
    window = [2 * 3, 2 * 3 + 1, 3 * 3, 3 * 3 + 1]
    assert page["frames"]["window"] == [pytest.approx(around(page["places"][2], window), abs=0.05)]
    winner = expected.ops["a"][pooled[3]]
    assert winner in [a[12 + each] for each in window]
    place = page["places"][2][a.index(winner) - 12]
    assert page["frames"]["reads"] == [pytest.approx(place, abs=0.05)]


@needs_browser
def test_images_begin_with_matrices_and_can_be_turned(show, browser):
    show("images")
    turned = """
    const card = all("#cards .card")
      .find(card => card.querySelector(".name").textContent.startsWith("z1"));
    const name = () => card.querySelector(".name").textContent;
    const names = [name()];
    for (let k = 0; k < 3; k++) {
      card.querySelector("[aria-label='z1: next image']").click();
      names.push(name());
    }
    return [document.querySelector("[name=grain]:checked").value, names];
    """
    assert run(browser, turned) == ["matrix", [f"z1[{i}][{f}]" for i in (0, 1) for f in (0, 1)]]


def test_pages_carry_only_what_they_need():
    plain = render(recorded("two_layer"), "")
    assert "rect.window" in render(recorded("images"), "")
    assert "rect.window" not in plain
    # A film shows several steps, or the training that a server does.
    assert "film-slider" in render(recorded("classes"), "")
    assert "film-slider" in render(recorded("two_layer"), "", served={"film": True})
    assert "film-slider" not in plain


# Ways to move.


@needs_browser
def test_jumps_to_a_phase_a_layer_a_matrix(show, browser):
    expected = show("classes")
    jump = """
    document.querySelector(`[value=${arguments[0]}]`).click();
    return arguments[1].map(([id, value]) => {
      const select = $(id);
      select.value = value;
      select.dispatchEvent(new Event("change"));
      return [select.value, $("now-name").textContent, $("now-kind").textContent];
    });
    """
    phases = list(enumerate(expected.data["phases"]))
    matrices = [(m, x) for m, x in enumerate(expected.data["matrices"]) if x["given"] is None]
    goals = [("to-phase", f"{x['step']} {x['phase']}", "", x["phase"]) for _, x in phases]
    goals += [("to-layer", str(p), "", x["title"]) for p, x in phases if x["layer"] is not None]
    goals += [("to-matrix", str(m), x["symbol"], x["title"]) for m, x in matrices]
    for grain in GRAINS:
        arrived = run(browser, jump, grain, [goal[:2] for goal in goals])
        for (_, value, symbol, title), (chosen, name, kind) in zip(goals, arrived, strict=True):
            assert chosen == value
            assert name.startswith(symbol)
            assert title in kind


@needs_browser
def test_slider_and_keys_agree(show, browser):
    expected = show("two_layer")
    total = len(expected.steps("number"))
    position = "return [+slider.value, +slider.max, slider.getAttribute('aria-valuetext')]"
    browser.press("End")
    assert run(browser, position) == [total, total, f"number {total} of {total}"]
    browser.press("Home")
    assert run(browser, position) == [0, total, f"number 0 of {total}"]
    page = run(
        browser,
        "slider.value = arguments[0]; slider.dispatchEvent(new Event('input'));" + READ,
        total // 2,
    )
    id, n, _ = expected.steps("number")[total // 2 - 1]
    assert (page["name"], page["result"]) == (expected.name(n), "=" + expected.value(id))
    run(browser, "slider.focus()")
    browser.press("ArrowRight")
    assert run(browser, position)[0] == total // 2 + 1


@needs_browser
def test_keys_that_the_help_lists(show, browser):
    expected = show("two_layer")
    name = "return $('now-name').textContent"
    browser.press("ArrowRight", shift=True)
    assert run(browser, name) == expected.name(expected.steps("number")[15][1])
    browser.press("ArrowLeft", shift=True)
    assert run(browser, name) == "Start"
    browser.press("PageDown", "PageDown")
    assert run(browser, name) == "z2[0][0]"
    browser.press("PageUp")
    assert run(browser, name) == "z1[0][0]"
    browser.press("m", "Enter")
    assert run(browser, "return document.activeElement.tagName") == "TD"
    assert run(browser, "return document.querySelector('#trace .head').textContent").startswith(
        "z1[0][0]"
    )
    browser.press("Escape", "s")
    assert run(browser, "return document.activeElement.id") == "code"
    browser.press("f")
    assert run(browser, "return document.activeElement.id") == "now"
    browser.press("d")
    assert run(browser, "return document.documentElement.dataset.theme") == "dark"
    browser.press("?")
    assert run(browser, "return $('help').open") is True
    listed = run(browser, "return all('#keys kbd').map(kbd => kbd.textContent)")
    assert {"→", "←", "Shift", "PgDn", "PgUp", "Home", "End", "1", "2", "3", "Esc", "?"} <= set(
        listed
    )
    browser.press("Escape")
    assert run(browser, "return $('help').open") is False
    browser.press("p")
    assert run(browser, "return $('play').getAttribute('aria-label')") == "Pause"
    browser.press("p")
    run(browser, "$('single').click()")
    browser.press("3")
    assert run(browser, "return document.querySelector('[name=grain]:checked').value") == "number"


@needs_browser
def test_everything_can_be_reached_with_tab(show, browser):
    show("two_layer")
    browser.press("ArrowRight")
    run(browser, "document.activeElement.blur()")
    reached = set()
    for _ in range(60):
        browser.press("Tab")
        reached.add(
            run(browser, "const e = document.activeElement; return e.id || e.name || e.tagName")
        )
    wanted = "theme help-open slider grain first back next last play to-phase to-layer to-matrix"
    assert {*wanted.split(), "now", "code", "TD"} <= reached


@needs_browser
def test_live_region_says_the_step(show, browser):
    expected = show("two_layer")
    browser.press("ArrowRight")
    page = run(browser, READ)
    assert page["live"].startswith("number 1 of ")
    assert page["sentence"] in page["live"]
    assert f"Result {expected.value(expected.steps('number')[0][0])}." in page["live"]
    assert "Reads x[0][0], W1[0][0], x[0][1]" in page["live"]
    browser.press("1", "Home", "ArrowRight")
    values = [float(expected.value(id)) for id in flat(find_matrix(expected, "z1")["ids"])]
    told = f"Result 4 by 4 numbers, from {min(values)!r} to {max(values)!r}."
    assert told in run(browser, READ)["live"]


@needs_browser
def test_call_chain_shows_the_callers(show, browser):
    expected = show("two_layer")
    browser.press("ArrowRight")
    calls, sources = expected.data["calls"], expected.data["sources"]
    call = expected.ops["call"][expected.steps("number")[0][0]]
    chain = []
    while call is not None:
        chain.insert(0, call)
        call = calls["caller"][call]
    for k, call in enumerate(chain[:-1]):
        page = run(
            browser, "document.querySelector(`[data-frame='${arguments[0]}']`).click();" + READ, k
        )
        source = sources[calls["source"][call]]
        assert page["line"] == calls["line"][chain[k + 1]]
        assert page["place"].startswith(source["file"])
    bound = run(browser, "return document.querySelector('#calls li:last-child').textContent")
    assert bound == "dot(a = x, b = W1)"
    browser.press("ArrowRight")  # which leads back to the innermost function
    assert run(browser, READ)["line"] == expected.place(expected.steps("number")[1][0])[1]


@needs_browser
def test_a_sum_and_its_bias_are_both_found(show, browser):
    expected = show("rectified")
    browser.press("ArrowRight")
    page = run(browser, READ)
    assert (page["beside"], page["code"].strip()) == (["dot"], "element = a_row[j] + biases[j]")
    click = "all('#calls button').find(b => b.textContent === arguments[0]).click();" + READ
    page = run(browser, click, "dot")
    assert page["code"].strip() == "total = total + a_row[k] * b[k][j]"
    page = run(browser, click, "Dense.feedforward")
    id = expected.steps("number")[0][0]
    call = expected.chain(expected.ops["call"][id])[-2]
    assert {page["line"], *page["took"]} == expected.lines(id, call)
    assert len(page["took"]) == 1


# What must not happen.


@needs_browser
def test_text_stays_text(show, browser):
    data = copy.deepcopy(recorded("two_layer").data)
    nasty = "</script><script>document.title='broken'</script><!-- <b>&amp;{{script}}"
    place = data["places"][data["operations"]["place"][Expected(data).steps("number")[0][0]]]
    source = data["sources"][place[0]]
    source["lines"][place[1] - source["first_line"]] = "    x = '" + nasty + "'"
    place[2:5] = [8, place[1], 8 + len(nasty) + 2]
    data["sentences"] = [nasty + sentence for sentence in data["sentences"]]
    for matrix in data["matrices"]:
        matrix["title"] = nasty
    show(data)
    browser.press("ArrowRight")
    page = run(browser, READ)
    assert page["marked"] == [f"'{nasty}'"]
    assert page["code"] == f"    x = '{nasty}'"
    assert page["sentence"].startswith(nasty)
    assert run(browser, "return [document.title, document.scripts.length]") == [
        "One training step of a 3–4–1 network",
        3,
    ]
    assert run(browser, "return all('#app b:not(.key, #bar b)').length") == 0


@needs_browser
def test_special_values_are_shown_as_they_are(show, browser):
    expected = show("special")
    cells = """
    return all("#cards td[data-id]").filter(td => td.dataset.id)
      .map(td => [+td.dataset.id, td.textContent]);
    """
    start = dict(run(browser, cells))
    assert {"nan", "inf", "-0.0", "5e-324"} <= set(start.values())
    browser.press("End")
    for id, text in run(browser, cells):
        value = expected.value(id)
        assert text == value or abs(float(text) / float(value) - 1) < 0.05 > 0 < len(value) - 7


@needs_browser
def test_python_310_has_lines_without_sub_expressions(show, browser):
    data = copy.deepcopy(recorded("two_layer").data)
    for place in data["places"]:
        place[2:5] = [None, None, None]
    show(data)
    browser.press("ArrowRight")
    page = run(browser, READ)
    assert page["marked"] == []
    assert page["code"].strip() == "total = total + a_row[k] * b[k][j]"


@needs_browser
def test_long_sums_are_folded_and_unfold(show, browser):
    expected = show("large")
    browser.press("ArrowRight")
    folded = run(browser, READ)
    assert "+ 17 more terms …" in folded["names"]
    run(browser, "document.querySelector('#names .fold').click()")
    page = run(browser, READ)
    n = expected.steps("number")[0][1]
    assert squeezed(page["names"]) == "=" + squeezed(expected.formula(n, expected.label))
    assert squeezed(page["numbers"]) == "=" + squeezed(expected.formula(n, expected.value))


@needs_browser
def test_windows_of_large_matrices_follow_and_turn(show, browser):
    expected = show("large")
    weights = next(m for m in expected.data["matrices"] if m["role"] == "weights")
    shown = """
    const card = all("#cards .card").find(other => all(".name", other)[0].textContent === "W1");
    if (arguments[0]) card.querySelectorAll(".pages button")[arguments[0]].click();
    return all("td[data-id]", card).map(td => +td.dataset.id);
    """
    assert run(browser, shown, 0) == [id for row in weights["ids"][:16] for id in row[:12]]
    assert run(browser, shown, 1) == [id for row in weights["ids"][16:] for id in row[:12]]
    assert run(browser, shown, 3) == [id for row in weights["ids"][16:] for id in row[12:]]
    for _ in range(14):
        browser.press("ArrowRight")
    assert run(browser, shown, 0) == [id for row in weights["ids"][:16] for id in row[12:]]


@needs_browser
def test_steps_of_a_large_recording_are_quick(show, browser):
    show("large")
    times = run(
        browser,
        """document.querySelector("[value=operation]").click();
        const next = $("next"), times = [];
        for (let k = 0; k < 200; k++) {
          const start = performance.now();
          next.click();
          $("cards").scrollHeight;  // waits for the layout
          times.push(performance.now() - start);
        }
        return times.sort((a, b) => a - b);""",
    )
    assert times[100] < 50


@needs_browser
@pytest.mark.parametrize("name", ["two_layer", "large", "special"])
def test_phone_has_no_sideways_scrolling(name, show, browser):
    browser.resize(390, 844)
    show(name)
    wide = """
    return ["network", "matrices", "source", "trail"].map(pane => {
      document.querySelector(`[data-show=${pane}]`).click();
      const out = all("header *, #controls *, #panes *, h2, #now *")
        .filter(node => node.getBoundingClientRect().right > 390.5);
      return [innerWidth, document.documentElement.scrollWidth, out.map(node => node.outerHTML)];
    });
    """
    for grain in "123":
        browser.press(grain)
        for key in ("Home", "ArrowRight", "PageDown", "PageDown", "PageDown", "End"):
            browser.press(key)
            assert run(browser, wide) == [[390, 390, []]] * 4


@needs_browser
def test_layout_stays_put(show, browser):
    show("classes")
    boxes = """
    const next = $("next"), seen = new Set();
    document.querySelector("[value=operation]").click();
    for (; !next.disabled; next.click())
      seen.add("now source network matrices bar slider next code diagram".split(" ").map(id => {
        const {x, y, width, height} = $(id).getBoundingClientRect();
        return [id, x, y, width, height].join(" ");
      }).join());
    return [...seen];
    """
    first, *others = run(browser, boxes)
    assert [set(other.split(",")) - set(first.split(",")) for other in others] == []


@needs_browser
def test_motion_is_reduced_where_wanted(show, browser):
    show("two_layer")
    duration = (
        "return getComputedStyle(document.querySelector('#bar .cell > i')).transitionDuration"
    )
    assert run(browser, duration) != "0s"
    browser.emulate(prefers_reduced_motion="reduce")
    assert run(browser, duration) == "0s"


@needs_browser
def test_works_without_javascript(browser, tmp_path):
    found = recorded("two_layer")
    path = tmp_path / "page.html"
    path.write_text(render(found, as_text(found)), encoding="utf-8")
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(path.as_uri())
        picture = browser.devtools("DOMSnapshot.captureSnapshot", computedStyles=["display"])
    finally:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
    strings, document = picture["strings"], picture["documents"][0]
    texts = [strings[text] for text in document["layout"]["text"] if text >= 0]
    assert "Keys" not in texts
    for line in as_text(found).splitlines():
        assert any(line in text for text in texts)
    names = [strings[name] for name in document["nodes"]["nodeName"]]
    main = document["layout"]["nodeIndex"].index(names.index("MAIN"))
    assert [strings[style] for style in document["layout"]["styles"][main]] == ["block"]


@needs_browser
def test_policy_lets_nothing_in(show, browser):
    show("two_layer")
    found = run_async(
        browser,
        """const done = arguments[0], blocked = [];
        const before = performance.getEntriesByType("resource").length;
        const listen = event => blocked.push(event.effectiveDirective);
        document.addEventListener("securitypolicyviolation", listen);
        const add = (tag, key, value) => {
          const node = document.createElement(tag);
          node[key] = value;
          document.head.append(node);
        };
        const end = () => done([window.broken ?? null, blocked.sort(),
          getComputedStyle(document.body).display, before]);
        add("script", "textContent", "window.broken = 1");
        add("style", "textContent", "body { display: none }");
        add("img", "src", "http://127.0.0.1:9/x.png");
        fetch("http://127.0.0.1:9/").catch(() => setTimeout(end, 50));""",
    )
    browser.console()
    assert found == [
        None,
        ["connect-src", "img-src", "script-src-elem", "style-src-elem"],
        "block",
        0,
    ]


@needs_browser
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["classes", "images"])
def test_axe_finds_no_violation(name, theme, size, show, browser):
    path = os.environ.get("PURENET_AXE")
    if not path:
        pytest.skip("axe-core: PURENET_AXE does not name its axe.min.js (npm install axe-core)")
    with open(path, encoding="utf-8") as file:
        axe = file.read()
    browser.resize(*size)
    browser.emulate(prefers_color_scheme=theme)
    show(name)
    browser.devtools("Runtime.evaluate", expression=axe)
    for keys in (
        ["Home"],
        ["ArrowRight", "t"],
        ["3", "PageDown", "ArrowRight"],
        ["1", "End", "Escape"],
        ["l"],
        ["?"],
        ["Escape", "l", "r"],
    ):
        browser.press(*keys)
        passed, violations = run_async(
            browser,
            """const done = arguments[0];
            const places = rule => [rule.id, rule.nodes.map(node => node.html)];
            axe.run(document).then(
              found => done([found.passes.map(rule => rule.id), found.violations.map(places)]),
              error => done([[], String(error)]));""",
        )
        assert violations == []
        assert "color-contrast" in passed and len(passed) > 15
