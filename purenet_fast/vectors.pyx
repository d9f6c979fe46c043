"""The vector width: which set of kernels is used.

This module alone has the kernels' code; the others reach it through ``KERNELS``.
"""

from .fingerprint cimport PURENET_SOURCES

SOURCES = PURENET_SOURCES


def choose_vectors(str name):
    """Choose the vector width: avx512, avx2, sse2, neon, vector, portable, or "" for the widest.

    Every width gives the same bits.  Returns the name of the chosen one.  The environment variable
    PURENET_VECTOR does the same for the start of the program.
    """
    global KERNELS
    cdef const purenet_kernels *chosen = NULL
    cdef int failure = purenet_choose(name.encode(), &chosen)
    if failure == PURENET_NOT_HERE:
        raise ValueError(f"PURENET_VECTOR: {name} is not there on this processor")
    if failure == PURENET_UNKNOWN_NAME:
        raise ValueError(
            f"PURENET_VECTOR: found {name!r}, "
            "expected avx512, avx2, sse2, neon, vector or portable"
        )
    KERNELS = chosen
    return chosen_vectors()


def chosen_vectors():
    """Return the name of the vector width that is used."""
    return (<bytes> KERNELS.name).decode()


def multiply_and_add(size_t rounds):
    """Multiply and add in registers, so often; return the number of operations.

    For measuring what the processor can do with the vector width that is used.  No operation waits
    for memory, or for the one before.
    """
    cdef double result[PURENET_SLACK]
    cdef double operations
    with nogil:
        operations = KERNELS.multiply_and_add(rounds, 1.0, 1.0, result)
    return operations


choose_vectors("")
