"""Pictures of networks: their text, their lines, and what a browser makes of them."""

import math
import re
import xml.etree.ElementTree as ElementTree

import pytest
import webdriver

import purenet
from purenet.drawing.networks import LayerNumbers, network_svg, short_number
from purenet.walkthroughs import network_of

SVG = "{http://www.w3.org/2000/svg}"


def parse(text):
    return ElementTree.fromstring(text)


def parts(picture, tag, kind=None):
    return [
        part
        for part in picture.iter(SVG + tag)
        if kind is None or kind in part.get("class", "").split()
    ]


def texts(picture, kind=None):
    return [part.text for part in parts(picture, "text", kind)]


def small(package=purenet, **options):
    return package.Network(
        [
            package.Dense(2, 3, "tanh", initializer=[[0.5, -1.0, 0.0], [2.0, -0.25, 1.5]]),
            package.Dense(
                3, 1, "sigmoid", initializer=[[1.0], [-4.0], [0.1]], bias_initializer=[-0.75]
            ),
        ],
        seed=1,
        **options,
    )


def every_kind():
    """Networks of every shape that is drawn in its own way."""
    yield "two-layer", network_of("two-layer", purenet)[0]
    yield "xor", network_of("xor", purenet)[0]
    yield "deep", network_of("deep", purenet)[0]
    yield "one", purenet.Network([purenet.Dense(1, 1, "linear")], seed=1)
    wide = [purenet.Dense(784, 30, "relu"), purenet.Dense(30, 10, "softmax")]
    yield "wide", purenet.Network(wide, "categorical_cross_entropy", seed=1)
    sizes = [4, 5, 5, 6, 6, 5, 12, 3]
    many = [
        purenet.Dense(before, after, "leaky_relu")
        for before, after in zip(sizes, sizes[1:], strict=False)
    ]
    yield "many", purenet.Network(many, seed=1)
    yield "iris", iris_network()
    yield "images", with_images()
    broken = small()
    broken.layers[0].weights[0] = [math.nan, math.inf, -math.inf]
    broken.layers[0].biases = [math.nan, 5e-324, -1e300]
    yield "broken", broken


def with_images(package=purenet):
    """Ten images of 2 by 4 out of two of 3 by 5, then a pool, then a row."""
    layers = [
        package.Conv2D((2, 3, 5), 10, 2, "relu", bias_initializer="normal"),
        package.MaxPool2D(2),
        package.Flatten(),
        package.Dense(None, 3, "softmax"),
    ]
    return package.Network(layers, "categorical_cross_entropy", seed=3)


INPUT_NAMES = ['sepal <length> & "width"', *purenet.datasets.load_iris().column_names[1:]]
OUTPUT_NAMES = ["<b>", "R&D", "a very long name of a class"]


def iris_network():
    return purenet.Network(
        [purenet.Dense(4, 5, "tanh"), purenet.Dense(5, 3, "softmax")],
        "categorical_cross_entropy",
        seed=2,
    )


@pytest.mark.parametrize(("name", "net"), list(every_kind()), ids=lambda value: str(value)[:12])
def test_valid_and_alone(name, net):
    text = net.to_svg()
    picture = parse(text)
    assert picture.tag == f"{SVG}svg"
    assert picture.get("role") == "img"
    sizes = [net.inputs, *(layer.outputs for layer in net.layers)]
    title = "-".join(map(str, sizes)) + " network"
    assert picture.find(f"{SVG}title").text == title
    assert title in texts(picture, "title")
    description = picture.find(f"{SVG}desc").text
    for number, layer in enumerate(net.layers, 1):
        size = f"{layer.outputs} unit"
        if len(layer.output_shape) == 3:
            size = "{} images, {} by {}".format(*layer.output_shape)
        assert f"Layer {number}: {size}" in description
        does = layer.activation
        if not isinstance(layer, purenet.Dense):
            kind = type(layer).__name__
            does = kind if does == "linear" else f"{kind}, {does}"
        assert does in description
        assert f"layer {number}" in texts(picture)
        assert does in texts(picture)
    assert "prefers-color-scheme:dark" in text
    assert not re.search(r"(https?:)?//(?!www\.w3\.org/2000/svg)", text)
    assert "<script" not in text
    assert not re.search(r'="(nan|inf|-inf)"', text)  # places and widths are numbers


def test_every_weight_is_a_line_with_its_number(backend):
    net = small(backend)
    lines = parts(parse(net.to_svg()), "line")
    found = {line.find(f"{SVG}title").text: line for line in lines}
    for number, layer in enumerate(net.layers, 1):
        for k in range(layer.inputs):
            for j in range(layer.outputs):
                value = layer.weights[k][j]
                line = found.pop(f"W{number}[{k}][{j}] = {value!r}")
                kind = "s0" if value > 0 else "s1" if value < 0 else "zero"
                assert kind in line.get("class").split()
    assert not found
    # The largest is drawn last, above the others, and widths follow the size.
    widths = [float(line.get("stroke-width", 0)) for line in lines]
    assert widths == sorted(widths)
    assert lines[-1].find(f"{SVG}title").text == "W2[1][0] = -4.0"


def test_images_are_small_pictures_with_the_windows_that_make_them(backend):
    net = with_images(backend)
    picture = parse(net.to_svg())
    titles = [part.text for part in picture.iter(f"{SVG}title")]
    for shape, shown in (((2, 3, 5), 2), ((10, 2, 4), 4), ((10, 1, 2), 4)):
        size = f"{shape[1]} by {shape[2]}"
        assert [f"image {k}: {size}" for k in range(shown)] == [
            title for title in titles if title.startswith("image") and title.endswith(f": {size}")
        ]
    assert texts(picture).count("\N{HORIZONTAL ELLIPSIS} 10") == 2
    cells = {}
    for path in parts(picture, "path"):
        title = path.find(f"{SVG}title")
        if title is not None:
            cells[title.text] = path
    weights = net.layers[0].weights
    drawn = [
        weights[f][c][dy][dx] for f in range(4) for c in range(2) for dy in (0, 1) for dx in (0, 1)
    ]
    largest = max(map(abs, drawn))
    for f in range(4):
        for c in range(2):
            for dy in range(2):
                for dx in range(2):
                    weight = weights[f][c][dy][dx]
                    cell = cells.pop(f"W1[{f}][{c}][{dy}][{dx}] = {weight!r}")
                    assert cell.get("class") == ("s1" if weight < 0.0 else "s0")
                    strength = float(cell.get("stroke-opacity"))
                    assert strength == pytest.approx(abs(weight) / largest, abs=0.006)
    assert not cells
    # The 20 numbers of the row and the three units are circles, the images are none.
    circles = [part for part in parts(picture, "circle") if part.find(f"{SVG}title") is not None]
    assert len(circles) == 9 + 3
    assert "with biases" in picture.find(f"{SVG}desc").text


def test_the_sign_is_told_by_dash_too():
    style = "".join(part.text for part in parse(small().to_svg()).iter(f"{SVG}style"))
    dashes = dict(re.findall(r"\.purenet \.(s\d)\{stroke-dasharray:([\d ]+)\}", style))
    assert "s0" not in dashes
    assert "s1" in dashes


def test_numbers_are_written_in_small_networks():
    picture = parse(small().to_svg())
    assert {"0.50", "-1.00", "0", "2.00", "-0.25", "1.50", "-4.00", "0.10"} <= set(
        texts(picture, "small")
    )
    assert "-0.75" in texts(picture, "small")  # the bias, in its unit
    titles = [part.find(f"{SVG}title") for part in parts(picture, "circle")]
    named = [title.text for title in titles if title is not None]
    assert "layer 2, unit 0: sigmoid, b2[0] = -0.75" in named
    assert "rings" in " ".join(texts(picture, "soft"))


def test_without_biases_nothing_speaks_of_biases():
    net = network_of("two-layer", purenet)[0]
    text = net.to_svg()
    assert "rings" not in text
    assert "no biases" in text
    assert "b1[" not in text


def test_a_wide_layer_is_elided():
    layers = [purenet.Dense(784, 30, "relu"), purenet.Dense(30, 11, "softmax")]
    net = purenet.Network(layers, "categorical_cross_entropy", seed=1)
    picture = parse(net.to_svg())
    assert [text for text in texts(picture) if text[0] == "…"] == ["… 784", "… 30", "… 11"]
    assert {"x[0]", "x[783]", "784", "30 units", "W1: 784 by 30"} <= set(texts(picture))
    assert "x[400]" not in texts(picture)
    assert len(parts(picture, "line")) == 2 * 9 * 9
    assert len(net.to_svg()) < 60_000


def test_ten_units_are_all_drawn():
    picture = parse(purenet.Network([purenet.Dense(10, 10)], seed=1).to_svg())
    assert len(parts(picture, "line")) == 100
    assert not any("…" in text for text in texts(picture))


def test_names_are_escaped_and_shortened():
    text = iris_network().to_svg(
        title='<script>alert("x")</script> & more',
        input_names=INPUT_NAMES,
        output_names=OUTPUT_NAMES,
    )
    picture = parse(text)
    assert "<script" not in text
    assert picture.find(f"{SVG}title").text == '<script>alert("x")</script> & more'
    assert {"<b>", "R&D"} <= set(texts(picture))
    assert any(name.startswith("sepal <length> & ") for name in texts(picture))
    assert any(name.startswith("a very long name") and name[-1] == "…" for name in texts(picture))


def test_numbers_that_are_not_finite_are_dotted():
    net = dict(every_kind())["broken"]
    picture = parse(net.to_svg())
    dotted = [part.find(f"{SVG}title") for part in parts(picture, "line", "nan")]
    assert {title.text for title in dotted} == {
        "W1[0][0] = nan",
        "W1[0][1] = inf",
        "W1[0][2] = -inf",
    }
    assert {"nan", "inf", "-inf", "contains nan"} <= set(texts(picture, "small"))
    assert "NaN or infinite" in texts(picture)
    assert "NaN or infinite" not in texts(parse(small().to_svg()))


def test_the_width():
    assert parse(small().to_svg(width=500)).get("width") == "500"
    assert parse(small().to_svg()).get("width") == "720"
    deep = purenet.Network([purenet.Dense(2, 2) for _ in range(12)], seed=1)
    assert int(parse(deep.to_svg()).get("width")) > 1200
    with pytest.raises(ValueError, match="width: found 319, expected 320 or more"):
        small().to_svg(width=319)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1.00"),
        (-0.352, "-0.35"),
        (0.0123, "0.012"),
        (-0.0004, "-4e-4"),
        (123.456, "123.46"),
        (1e10, "1e10"),
        (5e-324, "5e-324"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
    ],
)
def test_short_numbers(value, text):
    assert short_number(value) == text


def test_layers_of_other_shapes():
    """A number for each unit, and filters: what cannot be a line between two units is told."""
    filters = [[[0.5, -2.5], [1.0, 0.0]]]
    layers = [
        LayerNumbers(2, 2, "relu", {"gains": [0.5, -1.5]}),
        LayerNumbers(2, 3, "tanh", {"filters": filters, "biases": [1.0, 2.0, 3.0]}),
        LayerNumbers(3, 1, "linear", {}),
    ]
    picture = parse(network_svg(layers, "sum_of_squares"))
    assert parts(picture, "line") == []
    arrows = [path for path in parts(picture, "path") if "l-7 -5" in path.get("d")]
    assert len(arrows) == 3
    titles = [part.text for part in picture.iter(f"{SVG}title")]
    assert "layer 1, unit 1: relu, gains1[1] = -1.5" in titles
    assert "layer 2, unit 2: tanh, b2[2] = 3.0" in titles
    assert "filters2: 1 by 2 by 2" in texts(picture)
    assert "-2.50 to 1.00" in texts(picture)
    assert any("rings and the numbers in them are biases, gains" in text for text in texts(picture))
    assert picture.find(f"{SVG}desc").text == (
        "2 inputs. Layer 1: 2 units, relu, with gains. "
        "Layer 2: 3 units, tanh, with biases, filters from -2.5 to 1. "
        "Layer 3: 1 unit, linear, no biases. Loss: sum_of_squares."
    )


def test_names_for_another_number_of_units_are_refused():
    layers = [LayerNumbers(2, 1, "tanh", {"weights": [[1.0], [2.0]]})]
    with pytest.raises(ValueError, match=r"^input_names: found 3, expected 2$"):
        network_svg(layers, "sum_of_squares", input_names=["a", "b", "c"])
    with pytest.raises(ValueError, match=r"^output_names: found 0, expected 1$"):
        network_svg(layers, "sum_of_squares", output_names=[])


def test_the_history_as_a_picture():
    net, inputs, targets, rate = network_of("two-layer", purenet)
    history = net.fit(inputs, targets, epochs=20, learning_rate=rate)
    picture = parse(history._repr_svg_())
    assert picture.find(f"{SVG}title").text == "Training"
    assert "training" in texts(picture)
    assert "validation" not in texts(picture)
    history = net.fit(inputs, targets, epochs=5, validation_data=(inputs, targets))
    assert "validation" in texts(parse(history._repr_svg_()))
    assert purenet.History()._repr_svg_() is None


# In a browser.

OVERLAPS = """
const found = [];
for (const svg of document.querySelectorAll("svg")) {
  const frame = svg.viewBox.baseVal;
  const texts = [...svg.querySelectorAll("text")].map(text => [text.textContent, text.getBBox()]);
  for (const [name, box] of texts)
    if (box.x < 0 || box.y < 0 || box.x + box.width > frame.width
        || box.y + box.height > frame.height)
      found.push([svg.id, name, "outside"]);
  for (const [i, [name, a]] of texts.entries())
    for (const [other, b] of texts.slice(i + 1)) {
      const x = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
      const y = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
      if (x > 1 && y > 3) found.push([svg.id, name, other]);
    }
}
return found;
"""

CONTRAST = """
function light(colour) {
  const channels = colour.match(/[\\d.]+/g).slice(0, 3).map(text => {
    const c = text / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2];
}
const back = light(getComputedStyle(document.querySelector("rect.back")).fill);
const found = {back: back};
for (const [name, property] of [["text", "fill"], ["text.soft", "fill"], ["line.s0", "stroke"],
                                ["line.s1", "stroke"], ["line.s3", "stroke"]]) {
  const other = light(getComputedStyle(document.querySelector(name))[property]);
  found[name] = (Math.max(back, other) + 0.05) / (Math.min(back, other) + 0.05);
}
found.dotted = getComputedStyle(document.querySelector("line.s3")).strokeDasharray;
return found;
"""


@pytest.mark.skipif(webdriver.missing() is not None, reason=str(webdriver.missing()))
def test_in_a_browser_nothing_overlaps_and_both_schemes_can_be_read(tmp_path):
    page = ["<!DOCTYPE html><meta charset=utf-8><title>pictures</title>"]
    for name, net in every_kind():
        page.append(net.to_svg().replace("<svg ", f'<svg id="{name}" ', 1))
    file = tmp_path / "page.html"
    file.write_text("\n".join(page), encoding="utf-8")
    with webdriver.Browser() as browser:
        browser.open(file.as_uri())
        assert browser.run(OVERLAPS) == []
        backs = []
        for scheme in ("light", "dark"):
            browser.emulate(prefers_color_scheme=scheme)
            found = browser.run(CONTRAST)
            backs.append(found.pop("back"))
            assert re.fullmatch(r"1(px)?, 4(px)?", found.pop("dotted"))
            text = [found.pop("text"), found.pop("text.soft")]
            assert min(text) >= 4.5  # WCAG 2.2, 1.4.3
            assert min(found.values()) >= 3.0  # 1.4.11, for graphics
        assert backs[0] > 0.9
        assert backs[1] < 0.1
        assert browser.console() == []
