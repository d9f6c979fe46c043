"""The compiled package, where it is built: the command line looks for it."""

from PyInstaller.utils.hooks import can_import_module

hiddenimports = ["purenet_fast"] if can_import_module("purenet_fast") else []
