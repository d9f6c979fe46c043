"""Pictures without a plotting library: text for a terminal, and SVG.

Whatever is drawn comes as plain numbers and names.  Text uses Braille dots where the output can
show them, ASCII otherwise.  SVG pictures stand alone, one file without a script, a font or anything
from outside, and follow the reader's light or dark colour scheme.  All functions return text; only
``ProgressBar`` writes.
"""
