"""Whether this process computes in plain IEEE 754 doubles is seen when purenet is imported."""

import ctypes
import fractions
import math
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import warnings

import pytest

import purenet
from purenet.doubles import check_doubles, deviation

ROOT = pathlib.Path(purenet.__file__).parent.parent
INTEL = platform.machine() in ("x86_64", "AMD64")


def rounded(value, bits):
    """Return a fraction rounded to so many bits, to the nearest and even."""
    if value == 0:
        return value
    exponent = math.floor(math.log2(abs(value))) - bits + 1
    unit = fractions.Fraction(2) ** exponent
    return round(value / unit) * unit


def add_in_x87(a, b):
    return float(rounded(fractions.Fraction(a) + fractions.Fraction(b), 64))


def flushed(value):
    return 0.0 if abs(value) < sys.float_info.min else value


def test_this_process_computes_as_ieee_754_says():
    assert deviation() is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_doubles()


@pytest.mark.parametrize(
    ("words", "operations"),
    [
        ("rounds numbers twice, as the x87 unit does", {"add": add_in_x87}),
        ("subnormal numbers off", {"multiply": lambda a, b: flushed(a * b)}),
        ("subnormal numbers off", {"multiply": lambda a, b: flushed(a) * flushed(b)}),
        ("in another way", {"add": lambda a, b: math.nextafter(a + b, math.inf)}),
        ("in another way", {"add": lambda a, b: math.nextafter(a + b, -math.inf)}),
        ("in another way", {"add": lambda a, b: a + b if b > 0 else math.nextafter(a + b, 0.0)}),
    ],
)
def test_another_arithmetic_is_noticed(words, operations):
    assert words in deviation(**operations)


def imported_after(preparation, *arguments, options=()):
    """Import purenet in a process in which something was done first; return what it warns of."""
    code = f"import sys\n{preparation}\nimport purenet\n"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *options, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, env=environment, timeout=60, capture_output=True, text=True)
    return done.returncode, done.stderr


def test_an_ordinary_import_warns_of_nothing():
    assert imported_after("", options=["-W", "error"]) == (0, "")


@pytest.mark.parametrize("rounding", [0x400, 0x800, 0xC00], ids=["down", "up", "towards 0"])
def test_another_rounding_is_noticed_at_import(rounding):
    if not INTEL or not hasattr(ctypes.CDLL(None), "fesetround"):
        pytest.skip("the numbers of the roundings are Intel's")
    status, message = imported_after(f"import ctypes; ctypes.CDLL(None).fesetround({rounding})")
    assert status == 0
    assert message.startswith("<string>:3: RuntimeWarning: purenet: this process rounds numbers")


def test_a_library_that_switches_subnormal_numbers_off_is_noticed_at_import(tmp_path):
    compiler = shutil.which("gcc")
    if compiler is None or not INTEL or sys.platform != "linux":
        pytest.skip("this needs gcc, whose -ffast-math does that on Intel's processors")
    (tmp_path / "fast.c").write_text("int nothing;\n")
    library = tmp_path / "fast.so"
    command = [compiler, "-shared", "-fPIC", "-ffast-math", "-o", library, tmp_path / "fast.c"]
    subprocess.run(command, check=True)
    load = "import ctypes; ctypes.CDLL(sys.argv[1])"
    product = "print(float('1e-310') * 0.5 * 1e300, file=sys.stderr); sys.exit()"
    if imported_after(f"{load}; {product}", library)[1] != "0.0\n":
        pytest.skip("the libraries of this gcc leave subnormal numbers alone")
    status, message = imported_after(load, library)
    assert status == 0
    assert message.startswith("<string>:3: RuntimeWarning: purenet: a library has switched")
