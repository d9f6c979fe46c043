"""The page at every size: nothing covers anything, all steps; and axe-core, where it is named.

What is measured are boxes on the screen, so a rule of the style sheet that stops working is seen.
"""

import os

import pytest
import webdriver
from pages import run, run_async

import purenet
from purenet import Dense, Network
from purenet.datasets import load_iris
from purenet.seeing.paper.page import render
from purenet.seeing.recording.record import record
from purenet.walkthroughs import network_of

MISSING = webdriver.missing()
needs_browser = pytest.mark.skipif(MISSING is not None, reason=f"the page: {MISSING}")
SIZES = [(1400, 900), (933, 600), (700, 450), (390, 844), (844, 390), (320, 640)]

# What is wrong at a step: texts over texts, a mark that is not in sight, buttons off the screen.
# Of a letter's box the middle counts, since boxes of lines reach into each other.
LOOK = """
const clips = new Map();
const clipOf = node => {
  if (!node || node === document.documentElement) return [0, 0, innerWidth, innerHeight];
  if (!clips.has(node)) {
    let box = clipOf(node.parentElement);
    if (getComputedStyle(node).overflow !== "visible") {
      const {left, top, right, bottom} = node.getBoundingClientRect();
      box = [Math.max(box[0], left), Math.max(box[1], top), Math.min(box[2], right),
        Math.min(box[3], bottom)];
    }
    clips.set(node, box);
  }
  return clips.get(node);
};
const range = document.createRange();
function boxes() {
  clips.clear();
  const found = [], shelf = $("shelf").firstChild && $("shelf").getBoundingClientRect();
  const walker = document.createTreeWalker($("app"), NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest("#code, #live, dialog, select, option")) continue;
    if (!parent.checkVisibility({visibilityProperty: true})) continue;
    const clip = clipOf(parent);
    range.selectNodeContents(node);
    // Of a text in the diagram, which is squeezed as a whole, the whole is measured.
    const drawn = parent.closest("svg text");
    if (drawn && drawn.textContent !== node.data && drawn.lastChild !== node) continue;
    for (const box of drawn ? [drawn.getBoundingClientRect()] : range.getClientRects()) {
      const rim = box.height * 0.25;
      const left = Math.max(box.left + 1, clip[0]), right = Math.min(box.right - 1, clip[2]);
      const top = Math.max(box.top + rim, clip[1]), bottom = Math.min(box.bottom - rim, clip[3]);
      if (right - left < 1 || bottom - top < 1) continue;
      if (shelf && parent.closest("#cards") && top < shelf.bottom) continue;
      found.push([left, top, right, bottom, node.data.trim(), node]);
    }
  }
  return found.sort((a, b) => a[0] - b[0]);
}
function overlaps() {
  const found = boxes(), over = [];
  found.forEach((a, k) => {
    for (let j = k + 1; j < found.length && found[j][0] < a[2]; j++)
      // A text that is cut off with three dots has two boxes.
      if (found[j][5] !== a[5] && found[j][1] < a[3] && a[1] < found[j][3])
        over.push(`${a[4]} | ${found[j][4]}`);
  });
  return over;
}
const onScreen = node => {
  const {left, top, right, bottom} = node.getBoundingClientRect();
  return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
};
function wrong(isWritten) {
  const all = overlaps();
  if (document.documentElement.scrollWidth > innerWidth) all.push("scrolls sideways");
  for (const id of ["first", "back", "play", "next", "last"])
    if (!onScreen($(id))) all.push(`${id} is off the screen`);
  const pane = $("diagram").getBoundingClientRect();
  const inSight = [...document.querySelectorAll("#diagram .writes")].some(node => {
    const {x, y, width, height} = node.getBoundingClientRect();
    const middle = [x + width / 2, y + height / 2];
    return middle[0] > pane.left && middle[0] < pane.right && middle[1] > pane.top &&
      middle[1] < pane.bottom;
  });
  if (isWritten && !inSight) all.push("what is written is not in sight");
  return all;
}
"""
WALK = (
    LOOK
    + """
const found = {}, slider = $("slider"), every = arguments[0];
document.querySelector("[value=number]").click();
const note = step => { const list = wrong(step > 0); if (list.length) found[step] = list; };
$("first").click();
note(0);
const total = +slider.max;
for (let step = 1 + arguments[1] % every; step <= total; step += every) {
  slider.value = step;
  slider.dispatchEvent(new Event("input"));
  note(step);
}
$("last").click();
note(total);
const small = [...document.querySelectorAll(`header button, summary, #controls button,
  #controls label, #controls select, #panes button, .pages button, h2 button`)]
  .filter(node => node.checkVisibility({visibilityProperty: true})).filter(node => {
    const {width, height} = node.getBoundingClientRect();
    return width < 24 || height < 24;
  });
return [found, small.map(node => node.outerHTML), total];
"""
)


def walkthrough(name):
    net, inputs, targets, rate = network_of(name, purenet)
    return record(net, inputs, targets, rate, sample=0 if name == "deep" else None)


def iris():
    data = load_iris()
    net = Network(
        [Dense(4, 32, "tanh"), Dense(32, 3, "softmax")], "categorical_cross_entropy", seed=1
    )
    return record(net, data.inputs[:2], data.targets[:2], 0.1)


MADE = {
    "two-layer": lambda: walkthrough("two-layer"),
    "xor": lambda: walkthrough("xor"),
    "deep": lambda: walkthrough("deep"),
    "iris": iris,
}
made = {}


def recording(name):
    if name not in made:
        made[name] = MADE[name]()
    return made[name]


@needs_browser
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
@pytest.mark.parametrize("name", list(MADE))
def test_nothing_covers_anything_in_any_step(name, size, show, browser):
    browser.emulate(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    browser.resize(*size)
    show(recording(name))
    # Each size takes other steps, together they take every one; of iris, which has many, some.
    every = 59 if name == "iris" else len(SIZES)
    found, small, total = run(browser, WALK, every, every // len(SIZES) * SIZES.index(size))
    assert total > 100
    assert (found, small) == ({}, [])


# Each size, each mode and each state of the page once.
STATES = {
    "start": "localStorage.clear(); $('first').click();",
    "paged": "$('next').click(); document.querySelector('[data-show=matrices]').click();",
    "menu": "$('more').open = true;",
    "tour": "$('tour-open').click(); $('tour-next').click();",
}


@needs_browser
@pytest.mark.parametrize(
    ("size", "mode", "states"),
    [
        (SIZES[0], "light", "start paged"),
        (SIZES[1], "dark", "menu"),
        (SIZES[2], "forced", "paged"),
        (SIZES[3], "light", "tour"),
        (SIZES[4], "dark", "tour"),
        (SIZES[5], "forced", "start"),
    ],
    ids=lambda each: "x".join(map(str, each)) if isinstance(each, tuple) else each,
)
def test_axe_finds_nothing_at_any_size(size, mode, states, show, browser):
    path = os.environ.get("PURENET_AXE")
    if not path:
        pytest.skip("axe-core: PURENET_AXE does not name its axe.min.js (npm install axe-core)")
    with open(path, encoding="utf-8") as file:
        axe = file.read()
    browser.resize(*size)
    browser.emulate(
        prefers_color_scheme="dark" if mode == "dark" else "light",
        forced_colors="active" if mode == "forced" else "none",
    )
    show("large")  # its matrices are paged
    browser.devtools("Runtime.evaluate", expression=axe)
    for state in states.split():
        run(browser, STATES[state])
        violations = run_async(
            browser,
            """const done = arguments[0];
            const places = rule => [rule.id, rule.nodes.map(node => node.html)];
            axe.run(document).then(found => done(found.violations.map(places)),
              error => done(String(error)));""",
        )
        assert (state, violations) == (state, [])


# On paper everything of the moment stands below one another, in the one or the other colours.
@needs_browser
@pytest.mark.parametrize("name", ["two-layer", "iris"])
def test_nothing_covers_anything_on_paper(name, show, browser):
    show(recording(name))
    browser.press(*["ArrowRight"] * 3)
    browser.devtools("Emulation.setEmulatedMedia", media="print")
    try:
        assert run(browser, LOOK + "return overlaps();") == []
    finally:
        browser.devtools("Emulation.setEmulatedMedia", media="")


@needs_browser
def test_without_javascript_the_colours_are_those_of_the_system(browser, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(render(recording("two-layer"), "worked"), encoding="utf-8")
    colours = {}
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        for scheme in ("light", "dark"):
            browser.emulate(prefers_color_scheme=scheme)
            browser.open(path.as_uri())
            styles = ["background-color", "color"]
            found = browser.devtools("DOMSnapshot.captureSnapshot", computedStyles=styles)
            strings, document = found["strings"], found["documents"][0]
            names = [strings[name] for name in document["nodes"]["nodeName"]]
            body = document["layout"]["nodeIndex"].index(names.index("BODY"))
            colours[scheme] = [strings[style] for style in document["layout"]["styles"][body]]
    finally:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
    assert colours == {
        "light": ["rgb(247, 246, 242)", "rgb(29, 31, 35)"],
        "dark": ["rgb(19, 21, 25)", "rgb(232, 230, 225)"],
    }
