"""Hooks for PyInstaller, which finds them by an entry point: what a frozen program has to carry.

The folder of the hooks is no package, for they are no modules of purenet: only PyInstaller can
import them.  https://pyinstaller.org/en/stable/hooks.html
"""

from __future__ import annotations

import os


def hook_folders() -> list[str]:
    """Return the folder of the hooks: each file is for the package that its name names."""
    return [os.path.join(os.path.dirname(__file__), "hooks")]
