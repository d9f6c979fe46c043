"""Random numbers: the twin of randomness.py's shuffled_order and batch_generator."""

from libc.stdint cimport uint32_t
from libc.stdlib cimport free, malloc

from .fingerprint cimport PURENET_SOURCES
from .vectors cimport KERNELS

SOURCES = PURENET_SOURCES

cdef uint32_t UPPER_BIT = 0x80000000


cdef class Twister:
    """Random numbers from a whole number, the same that Python's ``random.Random`` gives.

    The Mersenne Twister of Matsumoto and Nishimura, 1998.
    """

    cdef int take_key(self, number) except -1:
        """Start from this whole number at the next ``seed``."""
        cdef size_t i
        self.length = max(1, (number.bit_length() + 31) // 32)
        self.key = <uint32_t *> malloc(self.length * sizeof(uint32_t))
        if self.key == NULL:
            raise MemoryError()
        for i in range(self.length):
            self.key[i] = (number >> (32 * i)) & 0xffffffff
        return 0

    def __dealloc__(self):
        free(self.key)

    cdef void seed(self) noexcept nogil:
        cdef uint32_t *s = self.state
        cdef size_t i, j, k
        s[0] = 19650218
        for i in range(1, 624):
            s[i] = 1812433253 * (s[i - 1] ^ (s[i - 1] >> 30)) + <uint32_t> i
        i = 1
        j = 0
        for k in range(max(<size_t> 624, self.length)):
            s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1664525)) + self.key[j] + <uint32_t> j
            i += 1
            j += 1
            if i == 624:
                s[0] = s[623]
                i = 1
            if j == self.length:
                j = 0
        for k in range(623):
            s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1566083941)) - <uint32_t> i
            i += 1
            if i == 624:
                s[0] = s[623]
                i = 1
        s[0] = UPPER_BIT
        self.used = 624

    cdef void twist(self) noexcept nogil:
        KERNELS.twist(self.state)
        self.used = 0

    cdef uint32_t draw(self) noexcept nogil:
        cdef uint32_t y
        if self.used == 624:
            self.twist()
        y = self.state[self.used]
        self.used += 1
        y ^= y >> 11
        y ^= (y << 7) & <uint32_t> 0x9d2c5680
        y ^= (y << 15) & <uint32_t> 0xefc60000
        return y ^ (y >> 18)

    cdef double random(self) noexcept nogil:
        cdef uint32_t a = self.draw() >> 5
        cdef uint32_t b = self.draw() >> 6
        return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0)

    cdef void skip(self, size_t count) noexcept nogil:
        """Pass over so many random numbers."""
        cdef size_t left = 2 * count
        while left > <size_t> (624 - self.used):
            left -= 624 - self.used
            self.twist()
        self.used += left


cdef class Shuffler(Twister):
    """Draws the order of an epoch's samples: the twin of ``randomness.shuffled_order``.

    The generators of several epochs are seeded together: that takes no longer than one of them.
    """

    def __cinit__(self, seed, epoch):
        self.take_key((seed << 32) + epoch % 2**32)
        self.kernels = KERNELS
        self.taken = self.kernels.generators
        self.seeded = <uint32_t *> malloc(624 * self.taken * sizeof(uint32_t))
        if self.seeded == NULL:
            raise MemoryError()

    def __dealloc__(self):
        free(self.seeded)

    cdef void shuffle(self, size_t *order, size_t samples) noexcept nogil:
        """Write the order of the epoch, and go on to the next epoch."""
        cdef size_t i, chosen
        if self.taken == self.kernels.generators:
            self.kernels.seed_generators(self.key, self.length, self.seeded)
            self.taken = 0
        self.used = self.kernels.take_generator(
            self.seeded, self.taken, 2 * (samples - 1), self.state)
        self.taken += 1
        for i in range(samples):
            order[i] = i
        for i in range(samples - 1, 0, -1):
            chosen = <size_t> (self.random() * (i + 1))
            order[i], order[chosen] = order[chosen], order[i]
        self.key[0] += 1


cdef class MaskDrawer(Twister):
    """Draws what is dropped out: the random numbers of ``randomness.batch_generator``."""

    def __cinit__(self, seed, layer):
        # Below the seed the numbers of the epoch, the batch and the layer.
        self.take_key(((abs(seed) << 96) | 1 << 95) + layer % 2**32)
        self.seed_length = self.length

    cdef void start(self, size_t epoch, size_t batch) noexcept nogil:
        """Start with a batch."""
        self.key[1] = <uint32_t> batch
        self.key[2] = <uint32_t> epoch
        self.length = self.seed_length
        while self.length > 1 and self.key[self.length - 1] == 0:
            self.length -= 1
        self.seed()

    cdef void draw_mask(self, double *mask, size_t count, double rate, double scale) noexcept nogil:
        """Write 0 for what is left out, and ``scale`` for what is kept."""
        cdef size_t drawn
        while count > 0:
            if self.used == 624:
                self.twist()
            drawn = min(count, <size_t> (624 - self.used) // 2)
            KERNELS.draw_mask(self.state + self.used, drawn, rate, scale, mask)
            self.used += 2 * drawn
            mask += drawn
            count -= drawn
