"""The numbers of the pictures, read back out of the SVG: data that are symmetric in nothing."""

import math
import re
from xml.etree import ElementTree

import pytest

import purenet
from purenet.drawing.curves import line_chart, line_chart_svg
from purenet.drawing.tables import confusion_table_svg

SVG = "{http://www.w3.org/2000/svg}"


def texts(root, kind=None):
    """Return (x, y, text) of every text of a class."""
    return [
        (float(part.get("x")), float(part.get("y")), part.text)
        for part in root.iter(f"{SVG}text")
        if kind is None or kind in part.get("class").split()
    ]


def text_at(root, x, y):
    """Return the one text that stands at a place."""
    (found,) = (text for left, top, text in texts(root) if (left, top) == (x, y))
    return found


# Confusion tables.

NAMES = ["ash", "beech", "cedar"]
COUNTS = [[5, 2, 0], [1, 7, 11], [3, 0, 4]]


@pytest.fixture
def table():
    truth, predicted = [], []
    for i, row in enumerate(COUNTS):
        for j, count in enumerate(row):
            truth += [i] * count
            predicted += [j] * count
    return ElementTree.fromstring(confusion_table_svg(truth, predicted, NAMES, title="trees"))


def test_the_counts_of_a_confusion_table(table):
    columns = {text: x for x, y, text in texts(table, "middle") if text in NAMES}
    rows = {text: y for x, y, text in texts(table, "end") if text in NAMES}
    assert sorted(columns.values()) == [columns[name] for name in NAMES]
    assert sorted(rows.values()) == [rows[name] for name in NAMES]
    for name, counts in zip(NAMES, COUNTS, strict=True):
        for other, count in zip(NAMES, counts, strict=True):
            assert text_at(table, columns[other], rows[name]) == (str(count) if count else "·")
    # The truth stands on the left, what was predicted above.
    assert max(x for x, _, text in texts(table) if text == "truth") < min(columns.values())
    assert max(y for _, y, text in texts(table) if text == "predicted") < min(rows.values())


def test_the_sums_of_a_confusion_table(table):
    columns = {text: x for x, y, text in texts(table, "middle") if text in NAMES}
    rows = {text: y for x, y, text in texts(table, "end") if text in NAMES}
    (right,) = (x for x, y, text in texts(table, "soft") if text == "total" and y < rows["ash"])
    (below,) = (y for x, y, text in texts(table, "soft") if text == "total" and y > rows["cedar"])
    (recall,) = (x for x, _, text in texts(table) if text == "recall")
    assert [text_at(table, right, rows[name]) for name in NAMES] == ["7", "19", "7"]
    assert [text_at(table, columns[name], below) for name in NAMES] == ["9", "9", "15"]
    assert text_at(table, right, below) == "33"
    # 5 of 7, 7 of 19, 4 of 7, rounded down
    assert [text_at(table, recall, rows[name]) for name in NAMES] == ["71.4%", "36.8%", "57.1%"]
    assert "accuracy 16 of 33 = 48.4%" in [text for *_, text in texts(table)]


def test_what_is_told_of_a_confusion_table(table):
    told = table.find(f"{SVG}desc").text
    assert "accuracy 16 of 33 = 48.4%" in told
    assert "ash: 5 of 7 found. beech: 7 of 19 found. cedar: 4 of 7 found." in told


def test_the_more_a_cell_counts_the_darker_it_is(table):
    cells = {
        (float(cell.get("x")), float(cell.get("y"))): int(cell.get("class")[1:])
        for cell in table.iter(f"{SVG}rect")
        if re.fullmatch(r"c\d", cell.get("class", "")) and cell.get("rx")
    }
    xs, ys = (sorted({place[axis] for place in cells}) for axis in (0, 1))
    shades = [[cells[x, y] for x in xs] for y in ys]
    # fifths of the largest, 11, rounded up
    assert shades == [[3, 1, 0], [1, 4, 5], [2, 0, 2]]


# Ticks of charts.

LOSSES = [0.83, 0.4, 0.61, 0.2, 0.3, 0.25, 0.45, 0.6, 0.2, 0.1, 0.33]
FIRST = 118


@pytest.fixture
def chart():
    """A chart of epochs 118 to 128: their values do not fall from one to the next."""
    return ElementTree.fromstring(line_chart_svg({"loss": LOSSES}, title="t", first=FIRST))


def points(root):
    """Return the places of the line's points."""
    path = [part for part in root.iter(f"{SVG}path") if "s0" in part.get("class").split()][-1]
    return [tuple(map(float, place.split())) for place in path.get("d")[1:].split("L")]


def test_marks_below_a_chart_stand_at_the_points_of_their_epochs(chart):
    labels = [(x, int(text)) for x, _, text in texts(chart, "middle") if text.isdigit()]
    marks = [
        tuple(map(float, re.fullmatch(r"M([\d.]+) ([\d.]+)v5", part.get("d")).groups()))
        for part in chart.iter(f"{SVG}path")
        if part.get("d").endswith("v5")
    ]
    (axis,) = (
        float(re.fullmatch(r"M[\d.]+ ([\d.]+)H[\d.]+", part.get("d"))[1])
        for part in chart.iter(f"{SVG}path")
        if part.get("class") == "axis" and "H" in part.get("d")
    )
    assert len(labels) == len(marks) > 2
    for (x, epoch), (mark, y) in zip(sorted(labels), sorted(marks), strict=True):
        assert x == mark == points(chart)[epoch - FIRST][0]
        assert y == axis  # it begins at the axis and leads down to its label


def test_lines_across_a_chart_stand_at_the_values_of_their_labels(chart):
    labels = {y - 4.5: float(text) for _, y, text in texts(chart, "end")}
    lines = [
        float(re.fullmatch(r"M[\d.]+ ([\d.]+)H[\d.]+", part.get("d"))[1])
        for part in chart.iter(f"{SVG}path")
        if part.get("class") == "grid"
    ]
    assert sorted(lines) == sorted(labels)
    met = [(y, value) for (_, y), value in zip(points(chart), LOSSES, strict=True)]
    for y, value in labels.items():
        same = [height for height, loss in met if loss == value]
        assert all(height == pytest.approx(y, abs=0.11) for height in same)
    assert {0.2, 0.4, 0.6} <= set(labels.values()) & set(LOSSES)


def test_marks_below_a_chart_of_text_stand_at_the_points_of_their_epochs():
    lines = line_chart({"loss": LOSSES}, width=40, height=16, unicode=False, first=FIRST)
    axis, below, name = lines.splitlines()[-3:]
    assert name.strip() == "epoch"
    corner, *marks = (place for place, mark in enumerate(axis) if mark == "+")
    labels = [(found.start(), found.end(), int(found[0])) for found in re.finditer(r"\d+", below)]
    assert [epoch for *_, epoch in labels] == [120, 125]
    for place, (start, end, epoch) in zip(marks, labels, strict=True):
        assert start <= place < end
        share = (epoch - FIRST) / (len(LOSSES) - 1)
        assert place == round(corner + 1 + share * (len(axis) - corner - 2))


# Networks.


def network(module):
    layers = [
        module.Dense(2, 3, "tanh", initializer=[[0.5, -1.0, 0.0], [2.0, -0.25, 1.5]]),
        module.Dense(3, 1, "sigmoid", initializer=[[1.0], [-4.0], [0.1]], bias_initializer=[-8.0]),
    ]
    return module.Network(layers, seed=1)


def test_the_range_of_weights_stands_below_its_lines(backend):
    root = ElementTree.fromstring(network(backend).to_svg())
    ranges = [(x, text) for x, _, text in texts(root, "small") if " to " in text]
    assert [text for _, text in ranges] == ["-1.00 to 2.00", "-4.00 to 1.00"]
    lines = list(root.iter(f"{SVG}line"))
    for number, (x, _) in enumerate(ranges, 1):
        ends = {
            (float(line.get("x1")), float(line.get("x2")))
            for line in lines
            if line.find(f"{SVG}title").text.startswith(f"W{number}[")
        }
        ((start, end),) = ends
        assert x == pytest.approx((start + end) / 2, abs=0.1)
    told = root.find(f"{SVG}desc").text
    assert "Layer 1: 3 units, tanh, with biases, weights from -1 to 2." in told
    assert "Layer 2: 1 unit, sigmoid, with biases, weights from -4 to 1." in told
    # The largest of all is a bias.
    assert any(text.startswith("thicker is larger, up to 8.00;") for *_, text in texts(root))


def test_a_line_is_as_thick_as_its_weight_is_large(backend):
    net = network(backend)
    root = ElementTree.fromstring(net.to_svg())
    widths = {}
    for line in root.iter(f"{SVG}line"):
        name, value = line.find(f"{SVG}title").text.split(" = ")
        widths[float(value)] = float(line.get("stroke-width", 0.0))
        (number, k, j) = map(int, re.findall(r"\d+", name))
        assert float(value) == net.layers[number - 1].weights[k][j]
    assert widths.pop(0.0) == 0.0
    for value, width in widths.items():
        assert width == pytest.approx(0.6 + 4.4 * abs(value) / 8.0, abs=0.006), value


def test_lines_lead_from_their_input_to_their_unit(backend):
    root = ElementTree.fromstring(network(backend).to_svg())
    places = {}
    for circle in root.iter(f"{SVG}circle"):
        title = circle.find(f"{SVG}title")
        if title is not None:
            places[title.text] = (circle.get("cx"), circle.get("cy"))
    sources = [places["x[0]"], places["x[1]"]]
    units = [
        [place for name, place in places.items() if name.startswith(f"layer {number}, unit {j}:")]
        for number, j in ((1, 0), (1, 1), (1, 2), (2, 0))
    ]
    hidden = [place for (place,) in units[:3]]
    ((output,),) = units[3:]
    for line in root.iter(f"{SVG}line"):
        number, k, j = map(int, re.findall(r"\d+", line.find(f"{SVG}title").text)[:3])
        start, end = (line.get("x1"), line.get("y1")), (line.get("x2"), line.get("y2"))
        if number == 1:
            assert (start, end) == (sources[k], hidden[j])
        else:
            assert (start, end) == (hidden[k], output)


def test_a_range_with_numbers_that_are_not_finite():
    net = network(purenet)
    net.layers[0].weights[1][2] = math.inf
    net.layers[1].weights[1][0] = math.nan
    root = ElementTree.fromstring(net.to_svg())
    ranges = [text for _, _, text in texts(root, "small") if " to " in text or "contains" in text]
    assert ranges == ["-1.00 to inf", "contains nan"]
