"""Layers that take images, in the engine: how an image lies in memory.

Between layers that know nothing of images a sample is a flat row: channel by channel, row by row.
The kernels take an image pixel by pixel.  Layers that take images one from the other leave it like
that; where another kind of layer stands before or behind, and wherever somebody wants to see the
numbers, a stage turns what it takes and gives.
"""

from .buffers cimport Memory
from .fingerprint cimport PURENET_SOURCES
from .samples cimport Inputs
from .stages cimport NOTHING, Stage
from .vectors cimport KERNELS, purenet_windows

SOURCES = PURENET_SOURCES


cdef class ImageStage(Stage):
    """A layer that makes images of images."""

    def __cinit__(self, layer, Inputs inputs):
        self.kernels = KERNELS
        self.channels, self.height, self.width = layer.input_shape
        self.filters, self.rows, self.columns = layer.output_shape
        self.inputs = self.channels * self.height * self.width
        self.outputs = self.filters * self.rows * self.columns
        self.depth_in = (self.channels + KERNELS.width - 1) // KERNELS.width * KERNELS.width
        self.depth = (self.filters + KERNELS.width - 1) // KERNELS.width * KERNELS.width

    cdef int follow(self, Stage before, int purpose, bint seen) except -1:
        cdef ImageStage images
        if not seen and isinstance(before, ImageStage):
            images = before
            self.takes_pixels = images.gives_pixels = True
        return 0

    cdef int set_up_images(self, Memory memory, size_t capacity, int purpose,
                           bint keeps_z) except -1:
        """Get memory for the images that go out."""
        self.in_row = self.inputs
        self.out_row = self.outputs
        if self.takes_pixels:
            self.in_row = self.height * self.width * self.depth_in
        if self.gives_pixels:
            self.out_row = self.rows * self.columns * self.depth
        self.a = memory.numbers(capacity * self.out_row)
        if keeps_z:
            self.z = memory.numbers(capacity * self.outputs)
        if purpose != NOTHING:
            self.delta = memory.numbers(capacity * self.out_row)
        return 0


cdef int lay_out(purenet_windows *windows, Memory memory, layer, size_t channels, size_t depth,
                 size_t row, size_t column, size_t channel) except -1:
    """Say where a layer's windows stand, and where each of their numbers is.

    row, column, channel: how many numbers one lies behind the other in the image.
    """
    cdef size_t rows, columns, height, width, down, across
    cdef size_t y, x, c
    cdef size_t n = 0
    cdef size_t *place
    cdef size_t *offset
    _, rows, columns = layer.output_shape
    height, width = layer.size
    down, across = layer.stride
    windows.places = rows * columns
    windows.terms = channels * height * width
    windows.depth = depth
    windows.place = place = <size_t *> memory.zeros(windows.places, sizeof(size_t))
    windows.offset = offset = <size_t *> memory.zeros(windows.terms, sizeof(size_t))
    for y in range(rows):
        for x in range(columns):
            place[y * columns + x] = y * down * row + x * across * column
    for c in range(channels):
        for y in range(height):
            for x in range(width):
                offset[n] = c * channel + y * row + x * column
                n += 1
    return 0
