"""What the debugger says about its commands."""

from __future__ import annotations

HELP = {
    "operation": (
        "op(eration) [N]\n"
        "Go on to the next line that computes a number. exp, log1p and tanh count as\n"
        "one operation; (s)tep goes into them. With a number, do it N times."
    ),
    "element": (
        "el(ement) [N]\n"
        "Finish the element that is being computed, print it, and go on to the first\n"
        "operation of the next one. With a number, do it N times."
    ),
    "matrix": (
        "ma(trix) [N]\n"
        "Finish the matrix that is being computed, print it, and go on to the first\n"
        "operation of the next one. With a number, do it N times."
    ),
    "layer": (
        "la(yer) [N]\n"
        "Finish what the layer computes here, forward, backward or in the update, and\n"
        "print its matrices. With a number, do it N times."
    ),
    "phase": (
        "ph(ase) [N]\nFinish the phase (forward, loss, backward, update) and print its matrices.\n"
        "With a number, do it N times."
    ),
    "show": (
        "sh(ow) [name]\n"
        "Print a matrix by its name, for example: show W1. Cells that are not computed\n"
        "yet stand as a dot. show W1[0] and show W1[0][2] print a row and a number with\n"
        "all digits. Lists of the current function can be shown, too: show product_row.\n"
        "Without a name, list what exists so far."
    ),
    "where": (
        "w(here)\n"
        "Say where in the training step this is, and print the calls that lead here, the\n"
        "current one last."
    ),
}
SHORT = {"op": "operation", "el": "element", "ma": "matrix", "la": "layer", "ph": "phase"}
SHORT |= {"sh": "show", "w": "where", "bt": "where"}

OVERVIEW = """\
Commands for the training step:
  op(eration)   go on to the next line that computes a number; op 5: five times
  el(ement)     finish this element
  ma(trix)      finish this matrix
  la(yer)       finish this layer
  ph(ase)       finish forward, loss, backward or update
  sh(ow) NAME   print a matrix: x, y, W1, b1, z1, a1, delta1, dL/dW1 ...
  w(here)       say where this is, in words
Of pdb's commands, the most useful: s(tep) into a call, n(ext) line, r(eturn),
c(ontinue), u(p), d(own), l(ist), p VALUE, b(reak) FUNCTION, restart, q(uit).
Enter repeats the last command, Ctrl-C comes back to the prompt. help COMMAND
says more, help pdb all about pdb."""
