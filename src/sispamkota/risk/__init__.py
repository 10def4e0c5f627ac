"""What may go wrong, where and when, and how sure we are."""

from .history import History
from .read_history import read_history
from .riskmap import KINDS, RiskMap

__all__ = ["KINDS", "History", "RiskMap", "read_history"]
