#!/usr/bin/env bash
# Runs the compiled part of the test suite under AddressSanitizer and UndefinedBehaviorSanitizer,
# and a small part of it under valgrind.  By hand:
#
#     tests/sanitizers.sh [all|address|valgrind]
#
# PYTHON names the Python with Cython, setuptools and pytest (python3 by default).  It takes some
# ten minutes; a summary ends it, and the exit status is 0 only if all is clean.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
what=${1:-all}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A copy of the sources, built with some flags.
build() {
    mkdir "$work/$1"
    cp -r purenet purenet_fast tests setup.py pyproject.toml README.md LICENSE "$work/$1"
    for module in "$work/$1"/purenet_fast/*.pyx; do
        rm -f "${module%.pyx}".c "${module%.pyx}".*.so
    done
    (
        cd "$work/$1"
        PURENET_REQUIRE_EXTENSIONS=1 PURENET_COMPILE_FLAGS="$2" LDFLAGS="$3" \
            "$python" setup.py -q build_ext --inplace >build.log 2>&1 ||
            { tail -n 20 build.log; exit 1; }
    )
}

address() {
    local flags="-O1 -g -fno-omit-frame-pointer -ffp-contract=off"
    # None of it is to be survived.  gcc does not count the cast among the undefined.
    local sanitizers="-fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all"
    build address "$flags $sanitizers" "$sanitizers"
    # Python itself is not built with the sanitizer, so its run-time library must come first.
    # CPython does not free everything at its end: no search for leaks (test_training_control.py
    # measures that memory stays flat).  With PYTHONMALLOC every object is a block of its own.
    # Ctrl-C is answered late in a program that is this slow, so that is not asked for here.
    (
        cd "$work/address"
        unset LDFLAGS
        export LD_PRELOAD
        LD_PRELOAD="$(${CC:-cc} -print-file-name=libasan.so) $(${CC:-cc} -print-file-name=libubsan.so)"
        export ASAN_OPTIONS=detect_leaks=0,abort_on_error=1,strict_string_checks=1
        export UBSAN_OPTIONS=print_stacktrace=1
        export PYTHONMALLOC=malloc
        # --capture=sys leaves a report of the sanitizers alone, which is not written by Python.
        "$python" -X faulthandler -m pytest -q -x -p no:cacheprovider --capture=sys \
            tests/test_kernels.py tests/test_identity.py tests/test_matrix.py \
            tests/test_activations.py tests/test_losses.py tests/test_elementary.py \
            tests/test_gradients.py tests/test_backends.py tests/test_network.py \
            tests/test_recurrent.py tests/test_recurrent_identity.py \
            tests/test_convolution_identity.py tests/test_optimizer_identity.py \
            tests/test_buffers.py
        "$python" -X faulthandler -m pytest -q -x -p no:cacheprovider --capture=sys \
            tests/test_training_control.py -k "not ctrl_c and not memory and not one_copy"
    )
}

# Valgrind does not know AVX-512; the kernels for it are the same text as those for AVX2.
valgrind_part() {
    build valgrind "-O1 -g -ffp-contract=off" ""
    cat >"$work/valgrind/part.py" <<'PYTHON'
"""What valgrind watches: every vector width it knows, sparse and dense, whole and in pieces."""
import random
import sys

import purenet_fast as purenet

purenet.threads.share_from(0.0)
purenet.vectors.choose_vectors(sys.argv[1])
generator = random.Random(1)


def rows(count, columns, zeros):
    return [
        [0.0 if generator.random() < zeros else generator.random() for _ in range(columns)]
        for _ in range(count)
    ]


for limit in (100_000_000, 1):
    purenet.threads.limit_pieces(limit)
    for widths, zeros, loss, last in (
        ((3, 4, 1), 0.0, "binary_cross_entropy", "sigmoid"),
        ((70, 64, 10), 0.8, "categorical_cross_entropy", "softmax"),
        ((130, 9, 1), 0.8, "mean_squared_error", "linear"),
        ((130, 128, 5), 0.0, "sum_of_squares", "softmax"),
        ((1, 1, 37), 0.0, "mean_squared_error", "tanh"),
    ):
        x = rows(35, widths[0], zeros)
        y = [[float(j == i % widths[2]) for j in range(widths[2])] for i in range(35)]
        for threads, batch_size in ((1, None), (2, 16), (3, 33)):
            layers = [purenet.Dense(*widths[:2], "tanh"), purenet.Dense(*widths[1:], last)]
            net = purenet.Network(layers, loss, seed=1)
            net.fit(x, y, epochs=2, batch_size=batch_size, threads=threads, learning_rate=0.01)
            net.predict(x * 4, threads=threads)
            net.evaluate(x, y, threads=threads)
        net.feedforward(x)
        net.update(net.backprop(x, y), 0.1)
        net.layers[0].weights[0][0] = float("inf")
        try:
            net.fit(x, y, epochs=2, batch_size=8)
        except purenet.TrainingDiverged:
            pass
        net.digest()
print("done", purenet.vectors.chosen_vectors())
PYTHON
    # Only what happens in the module counts: CPython, and the C library, have noise of their own.
    cat >"$work/valgrind/judge.py" <<'PYTHON'
import sys
import xml.etree.ElementTree as ElementTree

found = 0
for error in ElementTree.parse(sys.argv[1]).getroot().iter("error"):
    objects = [frame.findtext("obj") or "" for frame in error.iter("frame")]
    if any("/purenet_fast/" in name for name in objects):
        # Memory that Python keeps for good is lost, for valgrind, only if nothing points to it.
        if error.findtext("kind") in ("Leak_PossiblyLost", "Leak_StillReachable"):
            continue
        found += 1
        print(error.findtext("kind"), error.findtext("what") or error.findtext("xwhat/text"))
        for frame in list(error.iter("frame"))[:12]:
            print("   ", frame.findtext("fn"), frame.findtext("file"), frame.findtext("line"))
print(f"{found} errors with a compiled module in their stack")
sys.exit(found > 0)
PYTHON
    local names
    names=$(cd "$work/valgrind" && "$python" -c '
import purenet_fast
for name in ("avx2", "sse2", "neon", "vector", "portable"):
    try:
        print(purenet_fast.vectors.choose_vectors(name))
    except ValueError:
        pass')
    for name in $names; do
        (
            cd "$work/valgrind"
            PYTHONMALLOC=malloc valgrind -q --tool=memcheck --leak-check=full --num-callers=30 \
                --xml=yes --xml-file="$name.xml" "$python" part.py "$name"
            "$python" judge.py "$name.xml"
        )
    done
}

start=$SECONDS
case $what in
address) address ;;
valgrind) valgrind_part ;;
all) address; valgrind_part ;;
*) sed -n '2,8p' "$0"; exit 2 ;;
esac
echo "clean: $what ($((SECONDS - start)) s)"
