"""Tables: from a CSV file to the numbers that a network is trained on, and back to answers.

``read_csv`` reads a file, ``Preparation`` says how its columns become inputs and targets.  The
preparation is saved with the network, so that new rows are treated as the training rows were.
"""

from .faults import TableErrors
from .preparation import Preparation
from .reading import read_csv
from .table import Table
from .target import rows_with_target

__all__ = ["Preparation", "Table", "TableErrors", "read_csv", "rows_with_target"]
