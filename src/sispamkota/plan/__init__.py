"""Who stands where, and what for."""

from .plan import POSTURES, TASKS, Plan, Post

__all__ = ["POSTURES", "TASKS", "Plan", "Post"]
