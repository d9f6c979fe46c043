from .buffers cimport Memory
from .stages cimport Stage, Worker
from .vectors cimport purenet_windows


cdef class ImageStage(Stage):
    cdef size_t channels          # of the images that come in
    cdef size_t height
    cdef size_t width
    cdef size_t filters           # of those that go out
    cdef size_t rows
    cdef size_t columns
    cdef size_t depth_in          # the numbers of a pixel, with those that fill it up
    cdef size_t depth
    cdef bint takes_pixels        # do they come in pixel by pixel?
    cdef bint gives_pixels
    cdef size_t in_row            # numbers from one sample to the next
    cdef size_t out_row

    cdef int set_up_images(self, Memory memory, size_t capacity, int purpose,
                           bint keeps_z) except -1


cdef int lay_out(purenet_windows *windows, Memory memory, layer, size_t channels, size_t depth,
                 size_t row, size_t column, size_t channel) except -1
