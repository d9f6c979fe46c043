"""Benchmarks: ``python -m bench`` in the root of the repository."""
