# What setup.py compiles into every module: the fingerprint of its sources.

cdef extern from *:
    """
    #ifndef PURENET_SOURCES
    #define PURENET_SOURCES 0u
    #endif
    """
    unsigned int PURENET_SOURCES
