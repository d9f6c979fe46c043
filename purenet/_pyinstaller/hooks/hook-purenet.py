"""Modules that are imported when they are first asked for, data, and the sources.

The sources are what ``record`` and ``explain`` read, what ``step`` shows and ``eject`` copies.
"""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

hiddenimports = collect_submodules("purenet", filter=lambda name: "_pyinstaller" not in name)
datas = collect_data_files("purenet", include_py_files=True)
