"""Networks to follow: the three published ones, and the way from dense layers to convolutions."""

from .published import (
    PUBLISHED_XOR_LOSSES,
    WALKTHROUGHS,
    XOR_INPUTS,
    XOR_TARGETS,
    Mended,
    Walkthrough,
    deep,
    mistakes_table,
    network_of,
    published_losses,
    published_start,
    published_step,
    two_layer,
    xor,
)

__all__ = [
    "PUBLISHED_XOR_LOSSES",
    "WALKTHROUGHS",
    "XOR_INPUTS",
    "XOR_TARGETS",
    "Mended",
    "Walkthrough",
    "deep",
    "mistakes_table",
    "network_of",
    "published_losses",
    "published_start",
    "published_step",
    "two_layer",
    "xor",
]
