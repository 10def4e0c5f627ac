"""Who stands where, and what for."""

from .plan import POSTURES, TASKS, Plan, Post
from .ratio import plan_by_ratio

__all__ = ["POSTURES", "TASKS", "Plan", "Post", "plan_by_ratio"]
