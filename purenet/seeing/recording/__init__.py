"""A training step recorded from the code that runs, with names and formulas for its numbers."""
