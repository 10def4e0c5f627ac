"""What may go wrong, where and when, and how sure we are."""

from .riskmap import KINDS, RiskMap

__all__ = ["KINDS", "RiskMap"]
