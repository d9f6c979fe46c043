"""Builds the optional extensions; everything else stands in pyproject.toml.

PURENET_NO_EXTENSIONS=1 leaves the extensions out.  PURENET_REQUIRE_EXTENSIONS=1 makes the build
fail where they cannot be compiled, instead of going on without them.
"""

# This file is read by every Python, as far as Python 2: no f-string, no star in a display.
import sys

if sys.version_info < (3, 10):  # noqa: UP036
    sys.exit("purenet needs Python 3.10; this is Python " + sys.version.split()[0])

import contextlib
import os
import pathlib
import runpy

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

PACKAGE = pathlib.Path("purenet_fast")
FINGERPRINT = runpy.run_path(str(PACKAGE / "fingerprint.py"))

# A multiplication and an addition must stay two operations with two roundings.  And no debug
# information, which Python's own flags ask for: it makes the build half as long again.  These come
# behind the flags of the environment, and take back what would change a number: linked with
# -funsafe-math-optimizations, a library rounds the whole process's smallest numbers to zero.
EXACT = [
    "-g0",
    "-fno-fast-math",
    "-fno-unsafe-math-optimizations",
    "-fno-associative-math",
    "-fno-reciprocal-math",
    "-fno-finite-math-only",
    "-fsigned-zeros",
    "-ffp-contract=off",
]
FLAGS = {"unix": EXACT, "mingw32": EXACT, "msvc": ["/O2", "/fp:precise"]}
LINK_FLAGS = {"unix": ["-O3"] + EXACT, "mingw32": ["-O3"] + EXACT}  # noqa: RUF005

# The kernels are where the time goes; some modules hardly compute, and are built in half the time.
LEVELS = {
    "vectors": "-O3",
    "activations": "-O1",
    "elementary": "-O1",
    "functions": "-O1",
    "matrix": "-O1",
}
LEVEL = "-O2"

# Nothing that is compiled can be pickled: that needs code of Cython in every module.  None indexes
# a list or array of Python beyond its end, or divides by zero; % and // have C's meaning, and are
# for indices, which are never negative.
DIRECTIVES = {
    "language_level": 3,
    "auto_pickle": False,
    "binding": True,
    "boundscheck": False,
    "cdivision": True,
    "embedsignature": False,
    "initializedcheck": False,
    "wraparound": False,
}


class BuildExtensions(build_ext):
    """Builds all modules side by side, or none."""

    def finalize_options(self):
        super().finalize_options()
        if self.parallel is None:
            self.parallel = True  # as many as there are processors

    def build_extensions(self):
        from Cython.Build import cythonize

        kind = self.compiler.compiler_type
        flags = os.environ.get("PURENET_COMPILE_FLAGS")  # for tests that build something else
        compile_flags = FLAGS.get(kind, []) if flags is None else flags.split()
        levels = flags is None and kind in LINK_FLAGS
        link_flags = LINK_FLAGS.get(kind, []) if flags is None else []
        # Not side by side: Cython is not made for threads.
        translated = cythonize(self.extensions, compiler_directives=DIRECTIVES)
        for extension, in_c in zip(self.extensions, translated, strict=True):
            extension.sources = in_c.sources
            name = extension.name.rpartition(".")[2]
            level = [LEVELS.get(name, LEVEL)] if levels else []
            extension.extra_compile_args = level + compile_flags
            extension.extra_link_args = link_flags
        super().build_extensions()
        built = [pathlib.Path(self.get_ext_fullpath(item.name)) for item in self.extensions]
        if not all(path.exists() for path in built):
            for path in built:
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()
            self.warn("purenet_fast could not be compiled: purenet is installed without it")


def module(name):
    """Return the extension of one .pyx."""
    sources = [str(PACKAGE / (name + ".pyx"))]
    if name == MODULE_OF_KERNELS:
        sources += sorted(str(path) for path in PACKAGE.glob("kernels/*.c"))
    return Extension(
        str(PACKAGE) + "." + name,
        sources,
        include_dirs=[str(PACKAGE)],
        depends=[str(path) for path in FINGERPRINT["sources"](PACKAGE, name)],
        define_macros=[("PURENET_SOURCES", str(FINGERPRINT["fingerprint"](PACKAGE, name)) + "u")],
        optional=not os.environ.get("PURENET_REQUIRE_EXTENSIONS"),
    )


MODULE_OF_KERNELS = "vectors"

extensions = []
if not os.environ.get("PURENET_NO_EXTENSIONS"):
    extensions = [module(path.stem) for path in sorted(PACKAGE.glob("*.pyx"))]

setup(ext_modules=extensions, cmdclass={"build_ext": BuildExtensions})
