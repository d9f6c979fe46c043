"""The vector width: which set of kernels is used.

This module alone has the kernels' code; the others reach it through ``KERNELS``.
"""

from libc.stdlib cimport calloc, free

from .fingerprint cimport PURENET_SOURCES

SOURCES = PURENET_SOURCES

# Has somebody asked for one width?
cdef bint FORCED = False


def choose_vectors(str name):
    """Choose the vector width: avx512, avx2, sse2, neon, vector, portable, or "" for the widest.

    Every width gives the same bits.  Returns the name of the chosen one.  The environment variable
    PURENET_VECTOR does the same for the start of the program.

    A name is for everything; "" leaves it open that a narrow network, which does not fill the
    widest vectors, is trained with others (``vectors_for``).
    """
    global KERNELS, FORCED
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
    FORCED = name != ""
    return chosen_vectors()


def chosen_vectors():
    """Return the name of the vector width that is used, but perhaps for narrow networks."""
    return (<bytes> KERNELS.name).decode()


cdef const purenet_kernels *narrow_kernels(const Layer *layers, size_t count) noexcept:
    """Return the kernels that train a narrow network; NULL if it is not narrow."""
    return purenet_choose_narrow(KERNELS, FORCED, layers, count)


def vectors_for(sizes):
    """Return the name of the vector width with which a network of dense layers is trained.

    sizes: how many inputs it has, and how many units each layer.
    """
    cdef Layer *layers = <Layer *> calloc(len(sizes), sizeof(Layer))
    cdef const purenet_kernels *kernels
    cdef size_t i
    if layers == NULL:
        raise MemoryError()
    try:
        for i in range(<size_t> len(sizes) - 1):
            layers[i].inputs = sizes[i]
            layers[i].outputs = sizes[i + 1]
        kernels = narrow_kernels(layers, len(sizes) - 1)
    finally:
        free(layers)
    return chosen_vectors() if kernels == NULL else (<bytes> kernels.name).decode()


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
