"""The text of the source that runs: its functions, lines and expressions."""
