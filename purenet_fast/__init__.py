"""purenet with its arithmetic compiled: the same names, the same bits.

``import purenet_fast as purenet`` is all that changes in a program.
"""

from __future__ import annotations

import importlib
import pathlib
import pkgutil

import purenet

from .fingerprint import fingerprint

# In a folder that holds the sources, this package hides an installed one; the compiled module may
# then be found where that one is.
__path__ = pkgutil.extend_path(__path__, __name__)

_BUILD = "install a C compiler and run `pip install .` in the purenet folder"

try:
    _core = importlib.import_module("._core", __name__)
except ImportError as _error:
    raise ImportError(
        f"purenet_fast is not built: {_error}. To build it, {_BUILD}; "
        "`import purenet` works without it."
    ) from _error

# Where the sources lie beside this file, they must be those that were compiled.
if fingerprint(pathlib.Path(__file__).parent, "_core") not in (0, _core.SOURCES):
    raise ImportError(
        f"purenet_fast was built from other sources than those in {pathlib.Path(__file__).parent}. "
        f"To build it again, {_BUILD}."
    )

from .network import Dense, Network  # noqa: E402

BACKEND = "fast"

__version__ = purenet.__version__
__all__ = purenet.__all__

load = Network.load

# What is not compiled is purenet's own; what is compiled has purenet's documentation.
for _name in __all__:
    if _name not in globals():
        _original = getattr(purenet, _name)
        _twin = getattr(_core, _name, _original)
        if _twin is not _original:
            _twin.__doc__ = _original.__doc__
            _twin.__wrapped__ = _original
            _twin.__module__ = __name__
        globals()[_name] = _twin
for _class in (Dense, Network):
    _base = _class.__base__
    _class.__doc__ = _base.__doc__
    for _name, _method in vars(_class).items():
        if callable(_method) and hasattr(_base, _name):
            _method.__doc__ = getattr(_base, _name).__doc__
