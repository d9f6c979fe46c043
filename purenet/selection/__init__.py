"""How to train a network for some rows: found out on these rows alone, and then done.

This room knows matrices: rows of prepared inputs, rows of targets; and the class of networks that
it is given, of either package, with the same result to the last bit.
"""

from .choosing import Choice, choose_recipe
from .course import Course, train
from .recipe import Recipe, make_network

__all__ = ["Choice", "Course", "Recipe", "choose_recipe", "make_network", "train"]
