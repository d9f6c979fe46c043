"""The layers and schedules that the command line takes as text."""

import pytest

from purenet.models.layer_texts import layer_texts, pair, whole_numbers


def read(text):
    return [(layer.kind, layer.size, layer.options) for layer in layer_texts(text)]


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("none", []),
        (" none ", []),
        ("16", [("dense", 16, {})]),
        (" 5, 4 ", [("dense", 5, {}), ("dense", 4, {})]),
        ("dense 5,4", [("dense", 5, {}), ("dense", 4, {})]),
        ("5 relu", [("dense", 5, {"activation": "relu"})]),
        (
            "conv 3x3x8, pool 2, dense 32",
            [("conv", (3, 3, 8), {}), ("pool", (2, 2), {}), ("dense", 32, {})],
        ),
        ("  CONV   3X3x8\tReLU ", [("conv", (3, 3, 8), {"activation": "relu"})]),
        ("conv 1x5x2 stride 2", [("conv", (1, 5, 2), {"stride": (2, 2)})]),
        ("conv 1x5x2 padding same", [("conv", (1, 5, 2), {"padding": "same"})]),
        (
            "conv 1x5x2 padding 0x2 tanh stride 1x2",
            [("conv", (1, 5, 2), {"padding": (0, 2), "activation": "tanh", "stride": (1, 2)})],
        ),
        ("maxpool 2x3", [("pool", (2, 3), {})]),
        ("averagepool 3 stride 1", [("averagepool", (3, 3), {"stride": (1, 1)})]),
        ("recurrent 8", [("recurrent", 8, {})]),
        ("recurrent 8 sequences", [("recurrent", 8, {"sequences": True})]),
        ("dropout 0.25, flatten", [("dropout", 0.25, {}), ("flatten", None, {})]),
    ],
)
def test_what_is_understood(text, layers):
    assert read(text) == layers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found '', expected unit counts such as 8,8, or none"),
        ("8;8", "found '8;8', expected unit counts such as 8,8, or none"),
        ("8,", "found '8,', expected unit counts such as 8,8, or none"),
        ("8.5", "found '8.5', expected unit counts such as 8,8, or none"),
        ("dense 8,", "layer 2, '': found '', expected conv, pool, "),
        ("8, lstm 4", "layer 2, 'lstm 4': found 'lstm', expected conv, pool, "),
        ("none, 8", "layer 1, 'none': found 'none', expected conv, pool, "),
        (
            "pool 2, conv 3x8",
            "layer 2, 'conv 3x8': found '3x8', expected HEIGHTxWIDTHxFILTERS such as 3x3x8",
        ),
        ("conv", "layer 1, 'conv': found nothing after 'conv', expected HEIGHTxWIDTHxFILTERS"),
        ("conv 3x0x8", "found '3x0x8', expected HEIGHTxWIDTHxFILTERS"),
        ("conv 3x3x8x1", "found '3x3x8x1', expected HEIGHTxWIDTHxFILTERS"),
        ("conv 3x3 x8", "found '3x3', expected HEIGHTxWIDTHxFILTERS"),
        ("conv 3x3x8 softmax", "found 'softmax', expected sigmoid, tanh, relu, "),
        ("conv 3x3x8 relu tanh", "found a second activation, expected one"),
        ("conv 3x3x8 stride 0", "found '0' after 'stride', expected a number, 1 or more"),
        ("conv 3x3x8 stride same", "found 'same' after 'stride', expected a number, 1 or more"),
        ("conv 3x3x8 padding -1", "found '-1' after 'padding', expected a number, 0 or more"),
        ("conv 3x3x8 padding", "found nothing after 'padding', expected a number, 0 or more"),
        ("conv 3x3x8 pool 2", "found 'pool', expected sigmoid, tanh, "),
        ("pool 0", "layer 1, 'pool 0': found '0', expected a size such as 2 or 2x3"),
        ("pool 2 relu", "found 'relu', expected stride"),
        ("dense", "found nothing after 'dense', expected a number of units such as 32"),
        ("dense 3x3", "found '3x3', expected a number of units such as 32"),
        ("dense 8 sequences", "found 'sequences', expected sigmoid, tanh, "),
        ("recurrent 8 stride 2", "found 'stride', expected sigmoid, tanh, "),
        ("dropout 1", "found '1', expected a share from 0 to below 1 such as 0.25"),
        ("dropout nan", "found 'nan', expected a share from 0 to below 1 such as 0.25"),
        ("dropout half", "found 'half', expected a share from 0 to below 1 such as 0.25"),
        ("flatten 2", "layer 1, 'flatten 2': found '2', expected nothing more"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(ValueError) as caught:
        layer_texts(text)
    assert message in str(caught.value)
    assert str(caught.value).startswith(("layer ", "found "))


def test_numbers():
    assert whole_numbers("1x8x8", 3) == (1, 8, 8)
    assert whole_numbers("1X8", 2) == (1, 8)
    for text in ("1x8", "1x8x", "1x8x0", "1x8xa", ""):
        assert whole_numbers(text, 3) is None
    assert pair("2") == (2, 2)
    assert pair("2x1") == (2, 1)
    assert pair("0x1") is None
    assert pair("0x1", least=0) == (0, 1)
    assert pair("1x1x1") is None
