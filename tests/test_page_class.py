"""The page before a class: the film, the speed, large text, pictures, paper and notebooks."""

import base64
import re
import xml.etree.ElementTree as ElementTree

import pytest
import webdriver
from pages import READ, flat, recorded, run, run_async

import purenet

MISSING = webdriver.missing()
pytestmark = pytest.mark.skipif(MISSING is not None, reason=f"the page: {MISSING}")


@pytest.fixture(autouse=True)
def nothing_remembered(show, browser):
    """Leave the shared browser as it was: what the page remembers is forgotten."""
    yield
    run(browser, "try { localStorage.clear(); } catch {}")


FRAMES = """
const slider = $("film-slider"), seen = [];
for (let at = 0; at <= +slider.max; at++) {
  slider.value = at;
  slider.dispatchEvent(new Event("input"));
  const point = document.querySelector("#film .curve circle");
  seen.push({now: $("film-now").textContent, spoken: slider.getAttribute("aria-valuetext"),
    point: [+point.getAttribute("cx"), +point.getAttribute("cy")],
    lines: all("#film .edge").map(path => [path.querySelector("title").textContent,
      +path.getAttribute("stroke-width"), getComputedStyle(path).strokeDasharray !== "none",
      path.getAttribute("d").match(/[\\d.]+/g).map(Number)])});
}
const numbers = text => text.match(/[\\d.]+/g).map(Number);
return [seen, numbers(document.querySelector("#film .curve path").getAttribute("d"))];
"""


def parameters(expected, step):
    """The weights and biases before a step by their names, those after the last one included."""
    after = step == expected.data["meta"]["steps"]
    found = {}
    for matrix in expected.data["matrices"]:
        role = ("new_" if after else "") + ("biases" if "biases" in matrix["role"] else "weights")
        if matrix["step"] == step - after and matrix["role"] == role:
            for id in flat(matrix["ids"]):
                name = expected.name(expected.at[id, matrix["step"]]).replace("′", "")
                found[name] = expected.value(id)
    return found


def test_film_shows_the_recorded_weights_and_losses(show, browser):
    expected = show("classes")
    meta = expected.data["meta"]
    browser.press("r")
    frames, curve = run(browser, FRAMES)
    losses = [meta["losses"][0], *meta["losses_after"]]
    labels = ["at the start", "after training step 0", "after training step 1"]
    told = [f"{label} · loss {loss}" for label, loss in zip(labels, losses, strict=True)]
    assert [frame["now"] for frame in frames] == told == [frame["spoken"] for frame in frames]
    points = [frame["point"] for frame in frames]
    assert [x for x, _ in points] == sorted({x for x, _ in points})
    assert flat(points) == curve
    falls = [(y - points[0][1]) / (points[-1][1] - points[0][1]) for _, y in points]
    values = [float(loss) for loss in losses]
    shares = [(loss - values[0]) / (values[-1] - values[0]) for loss in values]
    assert falls == pytest.approx(shares, abs=0.001) and points[0][1] < points[-1][1]
    widths = {}
    for step, frame in enumerate(frames):
        shown = dict(line[0].split(" = ") for line in frame["lines"])
        assert shown == parameters(expected, step)
        ends = {}
        for text, width, dashed, (x1, y1, *to) in frame["lines"]:
            name, value = text.split(" = ")
            assert dashed == value.startswith("-")
            widths.setdefault(re.search(r"\d+", name)[0], []).append((abs(float(value)), width))
            if name.startswith("W"):
                layer, k, j = map(int, re.findall(r"\d+", name))
                assert ends.setdefault((layer - 1, k), (x1, y1)) == (x1, y1)
                assert ends.setdefault((layer, j), tuple(to)) == tuple(to)
        for (column, j), (x, y) in ends.items():
            if (column, j + 1) in ends:
                assert ends[column, j + 1] > (x, y)
            if (column + 1, 0) in ends:
                assert ends[column + 1, 0][0] > x
    for layer in widths.values():
        assert [width for _, width in sorted(layer)] == sorted(width for _, width in layer)
        assert min(layer)[1] < max(layer)[1] == 4.4


PACES = """
window.delays = [];
const usual = window.setTimeout;
window.setTimeout = (act, delay) => { delays.push(delay); return usual(act, delay); };
"""


def test_speed_changes_the_interval_and_is_remembered(show, browser):
    show("classes")
    run(browser, PACES)
    browser.press("p", "+", "+", "-", "p")
    delays = [delay for delay in run(browser, "return delays") if delay not in (300, None)]
    assert delays == [900, 450, 225, 450]
    # The film plays at the same speed, to its end; Escape leads back to where one was.
    run(browser, "delays.length = 0; $('next').focus()")
    browser.press("r", " ")
    played = "if ($('film-play').textContent.includes('Play')) arguments[0](delays);"
    wait = f"const look = () => {{ {played} else requestAnimationFrame(look); }}; look();"
    assert set(run_async(browser, wait)) == {250}
    assert "step 1" in run(browser, "return $('film-now').textContent")
    browser.press(" ", "Escape")
    assert "Play" in run(browser, "return $('film-play').textContent")
    back = "return [$('film').open, document.activeElement.id, $('play').textContent.length]"
    assert run(browser, back)[:2] == [False, "next"]
    show("classes")
    assert run(browser, "return all('.pace').map(choice => choice.value)") == ["2", "2"]


# Pairs of texts that cover each other, where both can be seen; parts of one line may touch.
COVERED = """
const walker = document.createTreeWalker($("app"), NodeFilter.SHOW_TEXT), boxes = [];
while (walker.nextNode()) {
  const node = walker.currentNode, parent = node.parentElement, range = document.createRange();
  const style = getComputedStyle(parent);
  if (!node.data.trim() || style.visibility !== "visible") continue;
  if (parent.closest("#live, dialog, select, #menu, #shelf")) continue;
  range.selectNodeContents(node);
  const line = parent.closest(".line, h2, p, caption, td, th, button, text, li, .row, b");
  for (const rect of range.getClientRects()) {
    let [left, top, right, bottom] = [rect.left, rect.top, rect.right, rect.bottom];
    for (let box = parent; box; box = box.parentElement) {
      if (getComputedStyle(box).overflow === "visible") continue;
      const clip = box.getBoundingClientRect();
      left = Math.max(left, clip.left); right = Math.min(right, clip.right);
      top = Math.max(top, clip.top); bottom = Math.min(bottom, clip.bottom);
    }
    if (right - left > 2 && bottom - top > 2)
      boxes.push({line, text: node.data, left, top, right, bottom});
  }
}
const found = [];
boxes.forEach((a, k) => boxes.slice(k + 1).forEach(b => {
  const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (a.line !== b.line && wide > 2 && high > 3) found.push([a.text, b.text]);
}));
const part = id => $(id).getBoundingClientRect();
const shown = id => part(id).height > 15 && part(id).bottom <= part("working").bottom + 1;
return [found, boxes.length > 60, ["names", "numbers"].filter(id => !shown(id)),
  part("result").bottom <= innerHeight, part("diagram").height > 120,
  document.documentElement.scrollWidth, document.documentElement.scrollHeight];
"""


@pytest.mark.parametrize("size", [(1400, 900), (933, 600)], ids=str)
def test_large_text_covers_nothing(size, show, browser):
    browser.resize(*size)
    show("classes")
    letters = "return parseFloat(getComputedStyle($('names')).fontSize)"
    usual = run(browser, letters)
    browser.press("l")
    show("classes")
    assert run(browser, "return $('large').getAttribute('aria-pressed')") == "true"
    assert run(browser, letters) > 1.25 * usual
    for keys in (["2", "ArrowRight"], ["PageDown"] * 3, ["ArrowRight"] * 12):
        browser.press(*keys)
        assert run(browser, COVERED) == [[], True, [], True, True, *size]
    browser.press("l")
    assert run(browser, letters) == usual


CATCH = """
window.saved = [];
URL.createObjectURL = blob => { saved.push(blob); return "data:,"; };
HTMLAnchorElement.prototype.click = function () { saved.push(this.download); };
"""
SAVED = """
const done = arguments[0], look = async () => {
  if (saved.length < 4) return setTimeout(look, 20);
  const [drawn, first, painted, second] = saved;
  const bytes = new Uint8Array(await painted.arrayBuffer());
  const bitmap = await createImageBitmap(painted), canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const points = context.getImageData(0, 0, bitmap.width, bitmap.height).data, colours = new Set();
  for (let k = 0; k < points.length; k += 4) colours.add(points.slice(k, k + 4).join());
  done([await drawn.text(), first, second, [...bytes.slice(0, 8)], bitmap.width, bitmap.height,
    colours.size, performance.getEntriesByType("resource").map(entry => entry.name)
      .filter(name => !name.startsWith("data:"))]);
};
look();
"""


@pytest.mark.parametrize("name", ["rectified", "images"])
def test_the_picture_is_the_diagram_and_needs_nothing(name, show, browser):
    show(name, "number")
    browser.press(*["ArrowRight"] * 25)
    run(browser, CATCH)
    browser.press("i")
    run(browser, "$('still-png').click()")
    drawn, file, painted, signature, wide, high, colours, requests = run_async(browser, SAVED)
    assert (file, painted) == ("page-number-25.svg", "page-number-25.png")
    root = ElementTree.fromstring(drawn)
    texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    seen = """return all("#diagram text").filter(text => text.getClientRects().length)
      .map(text => text.textContent).filter(Boolean)"""
    there = run(browser, seen)
    assert there and [text for text in texts if text][: len(there)] == there
    page = run(browser, READ)
    words = " ".join(texts)
    for part in (page["sentence"], page["count"], page["name"], page["result"].lstrip("=")):
        assert re.sub(r"\s+", " ", part).strip() in words
    numbers = re.sub(r"\s", "", page["numbers"]).replace("*", "×")
    assert numbers in re.sub(r"\s", "", words).replace("−", "-")
    names = {key.split("}")[-1] for node in root.iter() for key in node.attrib}
    assert not names & {"class", "style", "href", "src"} and "url(" not in drawn
    assert re.findall(r"\w+://[^\"]+", drawn) == ["http://www.w3.org/2000/svg"]
    for node in root.iter():
        if node.tag.endswith(("}text", "}tspan")):
            assert node.attrib["font-family"] and node.attrib["fill"].startswith("rgb")
    marked = run(
        browser, "return getComputedStyle(all('#diagram .writes rect, rect.writes')[0]).stroke"
    )
    assert marked in {node.attrib.get("stroke") for node in root.iter()}
    assert bytes(signature) == b"\x89PNG\r\n\x1a\n" and colours > 20
    assert (wide, high) == (2 * float(root.attrib["width"]), 2 * float(root.attrib["height"]))
    assert requests == []


def test_paper_is_a_sheet_in_order(show, browser):
    show("classes")
    browser.press(*["ArrowRight"] * 25, "d")
    look = """
    const top = id => $(id).getBoundingClientRect().top;
    const rows = all("#code .row").filter(row => row.getClientRects().length);
    const dark = getComputedStyle($("sentence")).color.match(/\\d+/g).every(part => part < 90);
    return ["title", "facts", "now-name", "sentence", "names", "numbers", "result", "diagram",
      "cards", "code"].map(id => [id, top(id), $(id).getClientRects().length])
      .map(([id, y, count], k, list) => count && (!k || y >= list[k - 1][1] - 12) ? "" : id)
      .concat(rows.map(row => row.className), String(dark));
    """
    browser.devtools("Emulation.setEmulatedMedia", media="print")
    try:
        browser.resize(760, 1000)
        assert run(browser, look) == [""] * 10 + ["row current", "true"]
    finally:
        browser.devtools("Emulation.setEmulatedMedia", media="")
    assert base64.b64decode(browser.devtools("Page.printToPDF")["data"]).startswith(b"%PDF")


def test_a_notebook_shows_the_page_as_high_as_there_is_room(show, browser, tmp_path):
    net = purenet.Network([purenet.Dense(2, 1)], seed=1)
    frame = purenet.explain(net, [[0.5, 1.0]], [[1.0]])._repr_html_()
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><title>Notebook</title><p>Out:</p>{frame}", encoding="utf-8")
    heights = []
    for height in (1200, 900, 500):
        browser.resize(1300, height)
        browser.open(path.as_uri())
        heights.append(run(browser, "return document.querySelector('iframe').offsetHeight"))
    assert heights == [900, 765, 640]
    browser.resize(1300, 900)
    browser.enter(0)
    try:
        # Nothing can be remembered in there; everything else works.
        run(browser, "$('now').focus()")
        browser.press("ArrowRight", "l", "+", "?")
        look = "return [$('count').textContent[7], $('help').open, document.activeElement.id]"
        assert run(browser, look)[:2] == ["1", True]
        run(browser, "$('help-close').click()")
        assert run(browser, look) == ["1", False, "now"]
        run(browser, CATCH)
        browser.press("i")
        run(browser, "$('still-png').click()")
        assert run_async(browser, SAVED)[1:3] == ["network-number-1.svg", "network-number-1.png"]
    finally:
        browser.enter(None)


def test_menu_and_dialogs_work_by_keyboard(show, browser):
    show("classes")
    focus = "return [$('more').open, document.activeElement.id || document.activeElement.tagName]"
    run(browser, "$('more').firstElementChild.focus()")
    browser.press("Enter")
    entries = run(browser, "return all('#menu button').map(button => button.id)")
    assert {"film-open", "large", "still-svg", "still-png"} <= set(entries)
    for id in entries:
        browser.press("Tab")
        assert run(browser, focus) == [True, id]
    browser.press("Escape")
    assert run(browser, focus) == [False, "SUMMARY"]
    browser.press("Enter", *["Tab"] * (entries.index("film-open") + 1), "Enter")
    assert run(browser, "return $('film').open") is True
    inside = []
    for _ in range(4):
        inside.append(run(browser, "return document.activeElement.id || 'speed'"))
        browser.press("Tab")
    assert inside == ["film-slider", "film-play", "speed", "film-close"]
    run(browser, "$('film-close').focus()")
    browser.press("Enter")
    assert run(browser, focus) == [False, "SUMMARY"]
    assert run(browser, "return $('film').open") is False
    show(recorded("two_layer"))
    browser.press("r")
    assert run(browser, "return [$('film'), $('film-open')]") == [None, None]
    # The size of the steps stays in the address at the start, too.
    browser.press("1")
    run_async(browser, "setTimeout(arguments[0], 400)")
    assert run(browser, "return location.hash") == "#matrix-0"
    run(browser, "location.hash = '#operation-0'")
    run_async(browser, "setTimeout(arguments[0], 50)")
    chosen = "return document.querySelector('[name=grain]:checked').value"
    assert run(browser, chosen) == "operation"
