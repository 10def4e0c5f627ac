"""Set the program's figures beside theory and published tables: `sispamkota verify`."""

from .cases import CASES, Row, verify

__all__ = ["CASES", "Row", "verify"]
