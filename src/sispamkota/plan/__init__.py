"""Who stands where, and what for; the classic questions of where to stand are in `sispamkota.plan.location`."""

from .plan import POSTURES, TASKS, Plan, Post
from .ratio import plan_by_ratio

__all__ = ["POSTURES", "TASKS", "Plan", "Post", "plan_by_ratio"]
