"""Models of tables: a network with all that it takes to answer for rows as they stand in a table.

``train_table`` prepares, measures and trains; a ``TableModel`` answers; ``load`` reads what was
saved.  The commands do the same.
"""

from .files import load
from .report import Report
from .scores import ModelScores
from .table_model import TableModel

train_table = TableModel.train

__all__ = ["ModelScores", "Report", "TableModel", "load", "train_table"]
