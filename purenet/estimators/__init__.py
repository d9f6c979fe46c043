"""Networks for tables of numbers, with scikit-learn's interface and without scikit-learn.

They fit into its pipelines, searches and cross-validation.  What they take may be nested lists,
arrays or data frames; what they answer is lists for lists and NumPy arrays otherwise.
"""

from .classifier import Classifier
from .estimator import Estimator
from .regressor import Regressor

__all__ = ["Classifier", "Estimator", "Regressor"]
