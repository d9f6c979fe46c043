"""The order in which an epoch visits the samples: the twin of randomness.py's shuffled_order."""

from libc.stdint cimport uint32_t
from libc.stdlib cimport free, malloc

from .fingerprint cimport PURENET_SOURCES

SOURCES = PURENET_SOURCES


cdef uint32_t UPPER_BIT = 0x80000000
cdef uint32_t LOWER_BITS = 0x7fffffff
cdef uint32_t TWIST = 0x9908b0df


cdef class Shuffler:
    """Draws the order of an epoch's samples: the twin of ``randomness.shuffled_order``.

    The Mersenne Twister of Matsumoto and Nishimura, 1998, seeded with a whole number as Python's
    ``random.Random`` is.
    """

    def __cinit__(self, seed, epoch):
        cdef size_t i
        number = (seed << 32) + epoch % 2**32
        self.length = max(1, (number.bit_length() + 31) // 32)
        self.key = <uint32_t *> malloc(self.length * sizeof(uint32_t))
        if self.key == NULL:
            raise MemoryError()
        for i in range(self.length):
            self.key[i] = (number >> (32 * i)) & 0xffffffff

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

    cdef uint32_t draw(self) noexcept nogil:
        cdef uint32_t *s = self.state
        cdef uint32_t y
        cdef int i
        if self.used == 624:
            for i in range(624):
                y = (s[i] & UPPER_BIT) | (s[(i + 1) % 624] & LOWER_BITS)
                s[i] = s[(i + 397) % 624] ^ (y >> 1)
                if y & 1:
                    s[i] ^= TWIST
            self.used = 0
        y = s[self.used]
        self.used += 1
        y ^= y >> 11
        y ^= (y << 7) & <uint32_t> 0x9d2c5680
        y ^= (y << 15) & <uint32_t> 0xefc60000
        return y ^ (y >> 18)

    cdef double random(self) noexcept nogil:
        cdef uint32_t a = self.draw() >> 5
        cdef uint32_t b = self.draw() >> 6
        return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0)

    cdef void shuffle(self, size_t *order, size_t samples) noexcept nogil:
        """Write the order of the epoch, and go on to the next epoch."""
        cdef size_t i, chosen
        self.seed()
        for i in range(samples):
            order[i] = i
        for i in range(samples - 1, 0, -1):
            chosen = <size_t> (self.random() * (i + 1))
            order[i], order[chosen] = order[chosen], order[i]
        self.key[0] += 1
