"""purenet with its arithmetic compiled: the same names, the same bits.

``import purenet_fast as purenet`` is all that changes in a program.
"""

from __future__ import annotations

import importlib
import pkgutil

import purenet

# In a folder that holds the sources, this package hides an installed one; the compiled module may
# then be found where that one is.
__path__ = pkgutil.extend_path(__path__, __name__)

try:
    _core = importlib.import_module("._core", __name__)
except ImportError as error:
    raise ImportError(
        "purenet_fast is not built: its compiled module _core could not be imported "
        f"({error}). To build it, install a C compiler and run `pip install .` in the purenet "
        "folder; `import purenet` works without it."
    ) from error

from .network import Dense, Network  # noqa: E402

BACKEND = "fast"

__version__ = purenet.__version__
__all__ = purenet.__all__

load = Network.load

# What is not compiled is purenet's own; what is compiled has purenet's documentation.
for _name in __all__:
    if _name in globals():
        continue
    _original = getattr(purenet, _name)
    _twin = getattr(_core, _name, _original)
    if _twin is not _original:
        _twin.__doc__ = _original.__doc__
        _twin.__wrapped__ = _original
        _twin.__module__ = __name__
    globals()[_name] = _twin
for _class in (Dense, Network):
    _class.__doc__ = _class.__base__.__doc__
    for _name, _value in vars(_class).items():
        if callable(_value) and hasattr(_class.__base__, _name):
            _value.__doc__ = getattr(_class.__base__, _name).__doc__
del _class, _name, _original, _twin, _value
