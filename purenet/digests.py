"""The digest of parameters: one short text that is the same where every bit is."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterable, Sequence


def digest_of(rows: Iterable[Sequence[float]]) -> str:
    """Return the SHA-256 of rows of numbers, as 64 hexadecimal digits.

    Each number goes in as an IEEE 754 double, least significant byte first; every NaN as the same.
    """
    digest = hashlib.sha256()
    for row in rows:
        values = [value if value == value else math.nan for value in row]
        digest.update(struct.pack(f"<{len(values)}d", *values))
    return digest.hexdigest()
