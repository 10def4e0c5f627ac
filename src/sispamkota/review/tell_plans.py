"""Tell what rehearsals say of plans: the surrogate of harm, an improvement, what each post is for; in "id" or "en"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sispamkota.show import text_table
from sispamkota.words import figure, minutes, number, share, words

from .words_of import measure_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sispamkota.place import City
    from sispamkota.plan.harm import Ballots, Best, Harm, HarmTerm
    from sispamkota.rehearsal.costs import Cost
    from sispamkota.rehearsal.explain import Explained, Explanation, Served
    from sispamkota.rehearsal.frontier import Change, Frontier
    from sispamkota.rehearsal.improve import Improvement
    from sispamkota.rehearsal.regret import Regrets
    from sispamkota.rehearsal.zones import Gap

__all__ = ["interval", "say_post", "tell_explanation", "tell_frontier", "tell_harm", "tell_improvement", "tell_regrets"]

WEAK = 0.5  # a rank correlation whose interval reaches below this orders plans poorly


def tell_harm(found: Harm, lang: str) -> str:
    """Tell a surrogate: how well it orders plans, then its terms."""
    say = words(lang)
    about = {"scenario": found.scenario, "force": found.force, "plans": found.drawn, "n": found.replicates}
    rank, low, high = (
        number(value, lang, digits=2) for value in (found.rank_correlation, found.rank_low, found.rank_high)
    )
    judged = number(found.judged, lang) if found.judged else "–"
    lines = [say("harm.title", seed=found.seed, **about)]
    lines.append(say("harm.rank", judged=judged, rank=rank, low=low, high=high))
    lines += _tell_best(found.best_third, say("improve.unit_harm"), lang)
    if found.rank_low < WEAK:
        lines.append(say("harm.weak"))
    if found.terms:
        lines += ["", _terms_table(found.terms, lang)]
    else:
        lines.append(say("harm.none"))
    if found.ballots is not None:
        lines += ["", *_tell_ballots(found.ballots, lang)]
    return "\n".join([*lines, "", say("harm.note")])


def _tell_ballots(found: Ballots, lang: str) -> list[str]:
    """Tell the surrogate of the ballots: on what it was fitted, how well it orders plans, its terms."""
    say = words(lang)
    rank, low, high = (
        number(value, lang, digits=2) for value in (found.rank_correlation, found.rank_low, found.rank_high)
    )
    lines = [say("harm.ballots", measure=say(f"harm.on_{found.measure}"))]
    lines.append(say("harm.ballots_rank", rank=rank, low=low, high=high))
    lines += _tell_best(found.best_third, "", lang)
    return [*lines, *([say("harm.ballots_weak")] if found.rank_low < WEAK else []), "", _terms_table(found.terms, lang)]


def _tell_best(best: Best | None, unit: str, lang: str) -> list[str]:
    """Tell how the best third is ranked, how far it lies apart, and how well rehearsal agrees with itself there.

    `unit`: of the spread; "" for a share of rehearsals.
    """
    if best is None:
        return []
    figures = (best.rank_correlation, best.rank_low, best.rank_high, best.repeats)
    rank, low, high, repeats = (number(value, lang, digits=2) for value in figures)
    spread = f"{figure(best.spread, lang)} {unit}" if unit else share(best.spread, lang)
    about = {"rank": rank, "low": low, "high": high, "repeats": repeats}
    return [words(lang)("harm.best", n=best.plans, spread=spread, **about)]


def _terms_table(found: Sequence[HarmTerm], lang: str) -> str:
    """Write terms as a table, those that many places share once."""
    say = words(lang)
    groups: dict[tuple[str, float, float, float], list[HarmTerm]] = {}
    for term in found:
        groups.setdefault((term.ability, term.within, term.cap, term.spared), []).append(term)
    rows = []
    for (ability, within, cap, spared), terms in groups.items():
        at = terms[0].at if len(terms) == 1 else say("harm.shared", n=len(terms))
        rows.append(
            (at, say(f"capability.{ability}"), number(within / 60, lang), number(cap, lang), figure(spared, lang))
        )
    header = [say(f"harm.{key}") for key in ("place", "ability", "within", "cap", "spared")]
    return text_table("", header, rows).lstrip("\n")


def tell_improvement(found: Improvement, *, title: str, lang: str) -> str:
    """Tell whether a gain is shown, how large in each aim, which units moved, and what is promised."""
    say = words(lang)
    lines = [say("improve.title", title=title)]
    if found.proof is None:
        lines += [say("improve.old_chosen" if found.choice.observations else "improve.none_passed"), ""]
    elif found.found:
        gap = next(each for each in found.proof.gaps if each.aim == found.proof.aim)
        figures = {key: figure(abs(getattr(gap, key)), lang) for key in ("difference", "low", "high")}
        span = interval(gap.low, gap.high, lang)
        about = {"aim": say(f"improve.{gap.aim}"), "unit": say(f"improve.unit_{gap.aim}"), "span": span}
        lines.append(say("improve.found", difference=figures["difference"], **about))
    else:
        lines.append(say("improve.not_found"))
    if found.proof is not None:
        rows = [_gap_row(gap, lang) for gap in found.proof.gaps]
        header = [say(f"improve.{key}") for key in ("aim", "before", "after", "difference", "interval", "zone")]
        lines += ["", text_table(say("improve.proof", n=number(found.proof.pairs, lang)), header, rows), ""]
    if found.costs:
        rows = [_cost_row(each, lang) for each in found.costs]
        names = ("measure", "before", "after", "difference", "interval_one", "price")
        header = [say(f"improve.{key}") for key in names]
        lines += [text_table(say("improve.costs"), header, rows), ""]
    if found.moved:
        head = [say(f"improve.{key}") for key in ("unit", "people", "was", "now")]
        moves = [
            (m.unit, m.people, f"{m.was_at} ({say(f'task.{m.was}')})", f"{m.at} ({say(f'task.{m.task}')})")
            for m in found.moved
        ]
        lines += [text_table(say("improve.moved"), head, moves), ""]
    counts = {"tried": found.candidates, "rounds": found.rounds, "n": number(found.replicates, lang)}
    lines.append(say("improve.took", seed=found.seed, **counts))
    if found.found:
        lines.append(say("improve.promise" if found.choice.decided else "improve.no_promise"))
    return "\n".join([*lines, say("improve.clock")] if found.clock else lines)


def interval(low: float, high: float, lang: str) -> str:
    """Write an interval: "-4.7 to -4.3"."""
    return words(lang)("improve.span", low=figure(low, lang), high=figure(high, lang))


def _gap_row(gap: Gap, lang: str) -> tuple[str, ...]:
    """Write one aim: before, after, their difference with its interval, and the zone."""
    label = f"{words(lang)(f'improve.{gap.aim}')} ({words(lang)(f'improve.unit_{gap.aim}')})"
    cells = [figure(value, lang) for value in (gap.before, gap.after, gap.difference)]
    return (label, *cells, interval(gap.low, gap.high, lang), figure(gap.zone, lang))


def _cost_row(cost: Cost, lang: str) -> tuple[str, ...]:
    """Write one measure that no aim holds: before, after, their difference, and whether it is surely a price."""
    label = measure_label(cost.name, cost.unit, lang)
    cells = [figure(value, lang) for value in (cost.before, cost.after, cost.difference)]
    return (label, *cells, interval(cost.low, cost.high, lang), words(lang)("improve.yes") if cost.sure else "")


def tell_explanation(found: Explanation, *, city: City, title: str, lang: str) -> str:
    """Tell every post in a sentence or two."""
    say = words(lang)
    head = say("explain.title", plan=found.plan, title=title, n=number(found.replicates, lang))
    told = [f"• {say_post(each, city, lang)}" for each in found.posts]
    return "\n".join([head, "", *told, "", say("explain.note")])


def say_post(post: Explained, city: City, lang: str) -> str:
    """Say of a post why it is here, what it answers, and what is lost without it."""
    say = words(lang)
    names = city.find(post.places[0]).name if len(post.places) == 1 else say("explain.places", n=len(post.places))
    who = post.units[0] if len(post.units) == 1 else say("explain.group", unit=post.units[0], n=len(post.units))
    head = say("explain.who", who=who, people=post.people, task=say(f"task.{post.task}"), place=names)
    parts = [head, *([_say_serves(post.serves, city, lang)] if post.serves else [])]
    calls = {"sent": figure(post.sent, lang), "answered": figure(post.answered, lang), "share": share(post.share, lang)}
    parts.append(say("explain.calls", **calls) if post.sent > 0.0 else say("explain.no_calls"))
    return " ".join([*parts, _say_loss(post, lang)])


def _say_serves(serves: tuple[Served, ...], city: City, lang: str) -> str:
    """Say which gatherings a post can help, and how soon."""
    say = words(lang)
    told = [
        say("explain.there" if each.seconds == 0.0 else "explain.way", place=city.find(each.place).name,
            ability=say(f"capability.{each.ability}"), minutes=minutes(each.seconds, lang))
        for each in serves
    ]  # fmt: skip
    return say("explain.serves", told="; ".join(told))


def _say_loss(post: Explained, lang: str) -> str:
    """Say what is lost without a post, that nothing is, or that the plan does better without it."""
    say, aim = words(lang), post.matters or post.hinders
    if not aim:
        return say("explain.nothing")
    gap = next(each for each in post.loss.gaps if each.aim == aim)
    low, high = sorted((abs(gap.low), abs(gap.high)))
    span = interval(low, high, lang)
    about = {"aim": say(f"improve.{aim}"), "unit": say(f"improve.unit_{aim}"), "span": span}
    return say("explain.loss" if post.matters else "explain.gain", mean=figure(abs(gap.difference), lang), **about)


def tell_regrets(found: Regrets, lang: str) -> str:
    """Tell every plan's regret in every scenario, then the worst of each, and whose worst is least."""
    say = words(lang)
    header = [say(f"regret.{key}") for key in ("plan", "scenario", "harm", "regret", "interval")]
    rows = [
        (row.plan, row.scenario, figure(row.harm, lang), figure(row.regret, lang), interval(row.low, row.high, lang))
        for row in found.rows
    ]
    lines = [text_table(say("regret.title", n=number(found.replicates, lang), seed=found.seed), header, rows), ""]
    for plan in found.plans:
        worst = found.worst(plan)
        span = interval(worst.low, worst.high, lang)
        about = {"scenario": worst.row.scenario, "regret": figure(worst.row.regret, lang), "span": span}
        lines.append(say("regret.worst", plan=plan, **about))
        if len(worst.scenarios) > 1:
            lines[-1] += " " + say("regret.worst_open", scenarios=", ".join(worst.scenarios))
    key = "regret.safest" if len(found.as_safe) == 1 else "regret.safest_open"
    return "\n".join([*lines, say(key, plan=found.safest, plans=", ".join(found.as_safe)), say("regret.note")])


def tell_frontier(found: Frontier, *, title: str, planner: str, lang: str) -> str:
    """Tell what each size of the force comes to, and what more people, negotiators or talk would change."""
    say = words(lang)
    header = [say(f"frontier.{key}") for key in ("people", "harm", "interval", "more", "negotiators", "talk")]
    rows = [
        (
            number(step.people, lang),
            figure(step.aims[0], lang),
            interval(step.harm_low, step.harm_high, lang),
            *(_say_change(change, lang) for change in (step.more, step.negotiators, step.talk)),
        )
        for step in found.steps
    ]
    about = {"force": found.force, "planner": say(f"frontier.by_{planner}"), "seed": found.seed}
    head = say("frontier.title", title=title, n=number(found.replicates, lang), **about)
    talk = ", ".join(f"{name} = {value:.3g}" for name, value in found.talk.items())
    ways = dict(zip(("share", "low", "high"), (share(each, lang) for each in found.share), strict=True))
    lines = [text_table(head, header, rows), "", say("frontier.note", team=found.team, talk=talk, **ways)]
    if found.too_few:
        lines.append(say("frontier.too_few", sizes=", ".join(number(size, lang) for size in found.too_few)))
    return "\n".join(lines)


def _say_change(change: Change | None, lang: str) -> str:
    """Write a change of harm with its interval."""
    if change is None:
        return "–"
    return f"{figure(change.mean, lang)} ({interval(change.low, change.high, lang)})"
