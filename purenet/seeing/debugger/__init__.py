"""One training step in the standard library's debugger, and a copy of the package for others."""
