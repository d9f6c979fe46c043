"""Whether the compiled modules are there, fit their sources, and compute purenet's bits.

What does not is refused with an ``ImportError`` that says what mends it.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pathlib
from types import ModuleType
from typing import Any

from purenet.doubles import deviation

from .fingerprint import fingerprint

PACKAGE = "purenet_fast"

MODULES = (
    "activations",
    "buffers",
    "changes",
    "convolution",
    "dense",
    "dropout",
    "elementary",
    "engine",
    "flatten",
    "functions",
    "images",
    "losses",
    "matrix",
    "optimizers",
    "parameters",
    "passes",
    "pooling",
    "randomness",
    "recurrent",
    "samples",
    "sparse",
    "stages",
    "threads",
    "training",
    "vectors",
    "views",
)

DEVIATION = deviation()  # of this process, before any of the modules was in it

BUILD = "install a C compiler and run `pip install .` in the purenet folder"


def import_modules() -> None:
    """Import all compiled modules, and choose the vector width that the environment names."""
    try:
        missing = [
            name for name in MODULES if importlib.util.find_spec(f"{PACKAGE}.{name}") is None
        ]
    except ImportError as error:
        raise _not_built(error) from error
    if len(missing) == len(MODULES):
        raise _not_built("there is no compiled module")
    if missing:
        raise _badly_built(f"built only in part, without {', '.join(missing)}")
    try:
        modules = {name: importlib.import_module(f"{PACKAGE}.{name}") for name in MODULES}
    except ImportError as error:
        raise _not_built(error) from error
    except (AttributeError, TypeError, ValueError) as error:
        # One module does not offer what another was built to use.
        raise _badly_built(f"built from sources that do not fit each other ({error})") from error
    # Where the sources lie beside this file, they must be those that were compiled.
    folder = pathlib.Path(__file__).parent
    for name, module in modules.items():
        if fingerprint(folder, name) not in (0, module.SOURCES):
            raise _badly_built(f"built from other sources than those in {folder}")
    vectors: Any = modules["vectors"]
    vectors.choose_vectors(os.environ.get("PURENET_VECTOR", ""))


def _not_built(why: ImportError | str) -> ImportError:
    return ImportError(
        f"purenet_fast is not built: {why}. To build it, {BUILD}; "
        "`import purenet` works without it."
    )


def _badly_built(how: str) -> ImportError:
    return ImportError(f"purenet_fast was {how}. To build it again, {BUILD}.")


# What the networks of ``known_networks`` become by some epochs of training: the beginnings of their
# digests, the same on every machine and in both packages.
KNOWN_DIGESTS = ("6e49fb7cf5827c9b", "0c76aa065936f333", "a06c304e43db793b", "b0376f964c25614a")


def known_networks(package: Any) -> list[Any]:
    """Return networks of all kinds of layers that add and multiply, for 20 inputs."""
    weights = [[((k * 11 + j * 3) % 19 - 9) / 17.0 for j in range(12)] for k in range(20)]
    weights[0][0] = 1e-310  # so small that it becomes zero where the smallest numbers do
    entropy = "categorical_cross_entropy"
    dense = [package.Dense(20, 12, "tanh", initializer=weights), package.Dense(12, 1, "sigmoid")]
    classes = [
        package.Dense(20, 12, "leaky_relu", initializer=weights),
        package.Dense(12, 3, "softmax"),
    ]
    sequences = [
        package.Recurrent((4, 5), 12, "tanh", initializer=weights[:5]),
        package.Dense(12, 3, "softmax"),
    ]
    images = [
        package.Conv2D((2, 5, 2), 9, 2, "tanh", padding="same"),
        package.MaxPool2D((2, 1)),
        package.Dense(None, 3, "softmax"),
    ]
    return [
        package.Network(dense, "binary_cross_entropy", seed=1),
        package.Network(classes, entropy, seed=1),
        package.Network(sequences, entropy, seed=1),
        package.Network(images, entropy, seed=1),
    ]


def check_bits(package: Any) -> None:
    """Refuse a build that computes other bits than purenet.

    Such builds come from flags in CFLAGS that allow a compiler to reorder sums.
    """
    if os.environ.get("PURENET_UNCHECKED_BITS"):  # for the test that needs a wrong build
        return
    if DEVIATION is not None:  # it was there before, and purenet has warned of it
        return
    if deviation() is not None:
        raise _wrongly_built()
    inputs = [[((i * 7 + k * 5) % 23 - 11) / 7.0 for k in range(20)] for i in range(9)]
    for row in inputs:
        row[0] = 0.0  # nothing changes the weights of an input that is always zero
    for net, expected in zip(known_networks(package), KNOWN_DIGESTS, strict=True):
        targets = [i % max(2, net.outputs) for i in range(9)]
        net.fit(inputs, targets, epochs=5, batch_size=4)
        net.fit(inputs, targets, epochs=1, batch_size=4, optimizer="adam", clip_norm=0.5)
        if not net.digest().startswith(expected):
            raise _wrongly_built()


def _wrongly_built() -> ImportError:
    return ImportError(
        "purenet_fast was built to compute other numbers than purenet: with compiler flags such as "
        "-ffast-math or -funsafe-math-optimizations, or with contraction. Without them in CFLAGS "
        f"and LDFLAGS, {BUILD}."
    )


def document(names: dict[str, Any], original: ModuleType) -> None:
    """Give the compiled twins among these names the documentation of purenet's functions."""
    for name, twin in names.items():
        if type(twin).__name__ == "cython_function_or_method" and hasattr(original, name):
            twin.__doc__ = getattr(original, name).__doc__
            twin.__wrapped__ = getattr(original, name)


def document_methods(cls: type) -> None:
    """Give the methods that a class overrides the documentation of those of purenet's class."""
    classes = cls.__mro__
    base = next(other for other in classes[1:] if other.__name__ == cls.__name__)
    cls.__doc__ = base.__doc__
    for owner in classes[: classes.index(base)]:
        for name, method in vars(owner).items():
            if callable(method) and hasattr(base, name):
                method.__doc__ = getattr(base, name).__doc__
