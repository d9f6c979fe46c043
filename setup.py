"""Builds the optional extension; everything else stands in pyproject.toml.

PURENET_NO_EXTENSIONS=1 leaves the extension out.  PURENET_REQUIRE_EXTENSIONS=1 makes the build
fail where it cannot be compiled, instead of going on without it.
"""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# A multiplication and an addition must stay two operations with two roundings.
FLAGS = {
    "unix": ["-O3", "-ffp-contract=off"],
    "mingw32": ["-O3", "-ffp-contract=off"],
    "msvc": ["/O2", "/fp:precise"],
}


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
            depends=["purenet_fast/kernels.h"],
            optional=not os.environ.get("PURENET_REQUIRE_EXTENSIONS"),
        )
    )

setup(ext_modules=extensions, cmdclass={"build_ext": BuildExtension})
