"""Builds the optional extension; everything else stands in pyproject.toml.

PURENET_NO_EXTENSIONS=1 leaves the extension out.  PURENET_REQUIRE_EXTENSIONS=1 makes the build
fail where it cannot be compiled, instead of going on without it.
"""

import os
import pathlib
import zlib

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# A multiplication and an addition must stay two operations with two roundings.  And no debug
# information, which Python's own flags ask for: it makes the build half as long again.
FLAGS = {
    "unix": ["-O3", "-g0", "-ffp-contract=off"],
    "mingw32": ["-O3", "-g0", "-ffp-contract=off"],
    "msvc": ["/O2", "/fp:precise"],
}


SOURCES = [
    path for path in sorted(pathlib.Path("purenet_fast").iterdir()) if path.suffix in (".pyx", ".h")
]


def fingerprint():
    """Return a number that changes with the sources; purenet_fast/__init__.py compares it."""
    value = 0
    for path in SOURCES:
        value = zlib.crc32(path.read_bytes(), value)
    return value


class BuildExtension(build_ext):
    def build_extension(self, extension):
        flags = os.environ.get("PURENET_COMPILE_FLAGS")
        if flags is None:
            extension.extra_compile_args = FLAGS.get(self.compiler.compiler_type, [])
        else:  # for the test that builds a wrong extension on purpose
            extension.extra_compile_args = flags.split()
        super().build_extension(extension)


extensions = []
if not os.environ.get("PURENET_NO_EXTENSIONS"):
    extensions.append(
        Extension(
            "purenet_fast._core",
            ["purenet_fast/_core.pyx"],
            depends=[str(path) for path in SOURCES],
            define_macros=[("PURENET_SOURCES", f"{fingerprint()}u")],
            optional=not os.environ.get("PURENET_REQUIRE_EXTENSIONS"),
        )
    )

setup(ext_modules=extensions, cmdclass={"build_ext": BuildExtension})
