"""Tell what rehearsals say of plans: the surrogate of harm, an improvement, what each post is for; in "id" or "en"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sispamkota.show import text_table
from sispamkota.words import figure, number, words

if TYPE_CHECKING:
    from sispamkota.plan.harm import Harm, HarmTerm

__all__ = ["tell_harm"]

WEAK = 0.5  # a rank correlation whose interval reaches below this orders plans poorly


def tell_harm(found: Harm, lang: str) -> str:
    """Tell a surrogate: how well it orders plans, then its terms."""
    say = words(lang)
    about = {"scenario": found.scenario, "force": found.force, "plans": found.plans, "n": found.replicates}
    rank, low, high = (
        number(value, lang, digits=2) for value in (found.rank_correlation, found.rank_low, found.rank_high)
    )
    lines = [say("harm.title", seed=found.seed, **about), say("harm.rank", rank=rank, low=low, high=high)]
    if found.rank_low < WEAK:
        lines.append(say("harm.weak"))
    if not found.terms:
        return "\n".join([*lines, say("harm.none")])
    groups: dict[tuple[str, float, float, float], list[HarmTerm]] = {}
    for term in found.terms:
        groups.setdefault((term.ability, term.within, term.cap, term.spared), []).append(term)
    rows = []
    for (ability, within, cap, spared), terms in groups.items():
        at = terms[0].at if len(terms) == 1 else say("harm.shared", n=len(terms))
        rows.append(
            (at, say(f"capability.{ability}"), number(within / 60, lang), number(cap, lang), figure(spared, lang))
        )
    header = [say(f"harm.{key}") for key in ("place", "ability", "within", "cap", "spared")]
    return "\n".join([*lines, "", text_table("", header, rows).lstrip("\n"), "", say("harm.note")])
