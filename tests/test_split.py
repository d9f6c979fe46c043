"""How `train` divides a table: how many rows are held back, and which."""

import json

import pytest
from shell import Shell


@pytest.fixture
def shell(capsys, tmp_path):
    return Shell(capsys, tmp_path)


def split(shell, rows, *options):
    """Train on a table of so many rows; return how many of them were trained and measured on."""
    lines = ["x,y", *(f"{row},{row * row + 0.5}" for row in range(rows))]
    data = shell.write("table.csv", "\n".join(lines) + "\n")
    arguments = ["--target", "y", "--out", shell.path("model.json"), "--epochs", "1"]
    text = shell.succeed("train", data, *arguments, *options)
    found = {"validation": 0}
    for line in text.splitlines():
        name, colon, rest = line.partition(": ")
        if name in ("training", "validation") and colon and " row" in rest:
            found[name] = int(rest.split()[0])
    return found["training"], found["validation"]


@pytest.mark.parametrize(
    ("rows", "share", "held"),
    [
        (10, "0.2", 2),
        (10, "0.24", 2),
        (10, "0.25", 3),  # a half is rounded up
        (10, "0.26", 3),
        (10, "0.04", 0),
        (10, "0.05", 1),
        (11, "0.5", 6),
        (4, "0.125", 1),
        (4, "0.12", 0),
        (7, "0.2", 1),
        (8, "0.2", 2),
        (150, "0.2", 30),
        (10, "0", 0),
        (10, "0.8", 8),
    ],
)
def test_how_many_rows_are_held_back(shell, rows, share, held):
    assert split(shell, rows, "--validation", share) == (rows - held, held)


@pytest.mark.parametrize("share", ["0.84", "0.99", "0.999999"])
def test_one_row_at_least_is_trained_on(shell, share):
    # Two classes that the whole table has: one row is enough for the network, if not to learn much.
    data = shell.write("table.csv", "x,kind\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(3)))
    arguments = ["--target", "kind", "--out", shell.path("model.json"), "--epochs", "1"]
    text = shell.succeed("train", data, *arguments, "--validation", share)
    assert "training: 1 row, " in text
    assert "validation: 2 rows, " in text


def test_of_twenty_rows_or_more_a_fifth_is_held_back_unless_asked_otherwise(shell):
    assert split(shell, 2) == (2, 0)
    assert split(shell, 19) == (19, 0)
    assert split(shell, 20) == (16, 4)
    assert split(shell, 23) == (18, 5)
    assert split(shell, 150) == (120, 30)


def trained_on(shell, *options):
    """Return which of 16 rows a network was trained on: its file has the mean of their numbers."""
    rows = "".join(f"{2**n},{n + 0.5}\n" for n in range(16))
    data, model = shell.write("table.csv", "x,y\n" + rows), shell.path("model.json")
    arguments = ["--target", "y", "--out", model, "--epochs", "1", "--validation", "0.5"]
    shell.succeed("train", data, *arguments, *options)
    mean = json.loads(shell.read("model.json"))["preparation"]["means"][0]
    total = round(8 * mean)
    return [n for n in range(16) if total >> n & 1]


def test_the_seed_alone_chooses_the_rows(shell):
    chosen = {seed: trained_on(shell, "--seed", str(seed)) for seed in (*range(6), 2**32)}
    assert {len(rows) for rows in chosen.values()} == {8}
    assert len(set(map(tuple, chosen.values()))) == len(chosen)
    assert chosen[0] != list(range(8)) != chosen[1]
    again = trained_on(shell, "--seed", "5", "--batch-size", "3", "--layers", "2,2")
    assert again == chosen[5]
