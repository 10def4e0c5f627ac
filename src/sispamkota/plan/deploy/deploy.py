"""Deploy a force over a city: who stands where, for which task, in which shift; optimal for what it optimises."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sispamkota import store
from sispamkota.errors import Fault, Faults, StoreError
from sispamkota.force import Force
from sispamkota.manifest import Manifest
from sispamkota.risk.riskmap import RiskMap
from sispamkota.schema import Assumption
from sispamkota.show import html_table, text_table
from sispamkota.streams import SCHEME
from sispamkota.words import figure, number, percent, pick_language, words

from ..harm import Harm, told_best
from ..plan import Plan, write_plan
from ..solver import make_solver
from .fresh import BATCHES, fresh_days, fresh_values
from .ground import Ground
from .levels import Outcome, solve_levels
from .model import LEVELS, Model, write_model
from .naming import name_posts
from .options import DeployOptions, digest_of, near
from .prepare import prepare_ground
from .relax import Ways, of_what, ways_out
from .setting import Setting

if TYPE_CHECKING:
    import pandas as pd

    from sispamkota.place.city import City

__all__ = ["Deployment", "InfeasibleError", "deploy", "deployment_rows", "tell_deployment"]


# Norms that every deployment rests on, and those of a polling day beside them.
USED = ("duty.max_s", "duty.rest_s", "reserve.share", "command.span_units", "tps.opens_s",
        "ambulance.response_s", "fire.response_s")  # fmt: skip
USED_AT_TPS = ("tps.police_ratio", "tps.linmas", "tps.closes_s", "tps.round_s", "tps.stop_s")


class InfeasibleError(Exception):
    """Say that the rules cannot be kept together: `ways` names what is missing where, and the ways out."""

    def __init__(self, ways: Ways) -> None:
        """Keep the ways."""
        self.ways = ways
        super().__init__("the force cannot keep all rules at once")


@dataclass(frozen=True)
class Deployment:
    """Hold a plan with what is proven of it: `levels` in their order, each with value, bound and gap.

    samples: days of hazards that it was weighed on; size: columns, of them integer, rows; places: names by reference.
    """

    plan: Plan
    levels: tuple[Outcome, ...]
    samples: int
    seed: int
    size: tuple[int, int, int]
    places: Mapping[str, str]
    notes: tuple[Assumption, ...]
    manifest: Manifest = field(compare=False, repr=False)

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """State what the plan rests on."""
        return (*self.plan.force.assumptions, *self.notes)

    def to_table(self) -> pd.DataFrame:
        """Give one row a level: level, value, bound, gap, seconds, proven."""
        import pandas as pd

        return pd.DataFrame([asdict(each) | {"gap": each.gap} for each in self.levels])

    def to_dict(self) -> dict[str, Any]:
        """Give plain values: the plan, the levels, what it was weighed on."""
        return {
            "plan": self.plan.to_dict(),
            "levels": [_plain(asdict(each) | {"gap": each.gap}) for each in self.levels],
            "left_out": [name for name in LEVELS if name not in {each.name for each in self.levels}],
            "samples": self.samples,
            "seed": self.seed,
            "size": list(self.size),
            "places": dict(self.places),
            "assumptions": [asdict(each) for each in self.assumptions],
            "manifest": self.manifest.to_dict(),
        }

    def save(self, folder: str | Path) -> None:
        """Write a folder that `Plan.load` reads too: plan.yaml, force.yaml, deployment.json and the manifest."""
        store.save(self, folder)

    @classmethod
    def load(cls, folder: str | Path) -> Deployment:
        """Read what `save` wrote; raises StoreError for anything else."""
        found = store.load(folder)
        if not isinstance(found, cls):
            got, remedy = type(found).__name__.lower(), "Name a folder that plan deploy wrote."
            raise StoreError([Fault(str(folder), "kind", "a deployment", got, remedy)])
        return found

    def __str__(self) -> str:
        """Print who stands where, then the levels."""
        return tell_deployment(self, lang=pick_language(None))

    def _repr_html_(self) -> str:
        who, levels = deployment_rows(self, lang=pick_language(None))
        return html_table(*who) + html_table(*levels)


def deploy(
    city: City,
    force: Force,
    *,
    on: str,
    harm: Harm | None = None,
    risk: RiskMap | None = None,
    options: DeployOptions | None = None,
    progress: Callable[[str], None] = lambda _step: None,
) -> Deployment:
    """Deploy a force on a day (YYYY-MM-DD): minimise harm, lost ballots, delayed votes, risk, lateness, movement.

    `progress` is given each step as it begins: ground, model, the levels by name, ways (out), fresh (days).
    Raises InputError for places that the city does not know, InfeasibleError where the rules cannot be kept together,
    EngineError where the time ends before there is any plan.
    """
    wanted = options or DeployOptions()
    force = force if on == force.on else force.at(on)
    progress("ground")
    ground, setting = prepare_ground(city, force, on=on, harm=harm, risk=risk, options=wanted)
    progress("model")
    model = write_model(ground)
    solver = make_solver(wanted.solver, seed=wanted.seed)
    limits = {"seconds": wanted.seconds, "gap": wanted.gap, "zone": wanted.zone}
    solved = solve_levels(model, solver, **limits, progress=progress)
    if solved.x is None:
        progress("ways")
        names = {site.ref: site.name for site in setting.sites}
        raise InfeasibleError(ways_out(model, solver, seconds=wanted.seconds, names=names))
    plan = Plan(
        name=f"{force.name}-deploy"[:60],
        title=force.title,
        city=city.name,
        force=force,
        posts=name_posts(model, ground, setting, solved.x, force),
        source="sispamkota plan deploy",
        quality="assumed",
    )
    faults = Faults()
    faults.extend(plan.check(city))
    faults.raise_if_any()
    problem = model.problem
    size = (len(problem.cost), int(problem.integer.sum()), len(problem.row_lower))
    used = {post.at for post in plan.posts}
    places = {site.ref: site.name for site in setting.sites if site.ref in used}
    samples = wanted.samples if ground.demands else 0
    expanded = risk.expand(city) if risk is not None else RiskMap.none()
    progress("fresh")
    fresh = fresh_values(ground, setting, expanded, model, solved.x, solver=solver)
    days = BATCHES * fresh_days(wanted.samples, len(ground.demands)) if fresh else 0
    levels = tuple(
        replace(each, fresh=fresh[each.name], days=days) if each.name in fresh else each for each in solved.outcomes
    )
    notes = (*_notes(ground, setting, harm), *_short_guards(ground, setting, model, solved.x))
    manifest = _manifest(city, force, on=on, harm=harm, risk=risk, options=wanted)
    return Deployment(plan, levels, samples, wanted.seed, size, places, notes, manifest)


def _manifest(
    city: City, force: Force, *, on: str, harm: Harm | None, risk: RiskMap | None, options: DeployOptions
) -> Manifest:
    """Say what a deployment was made from."""
    inputs = {"harm": harm.files[0]} if harm is not None and harm.files else {}
    parents = [city.manifest, force.manifest, *([risk.manifest] if risk is not None else [])]
    settings = options.to_dict() | {"on": on, "force": force.name, "city": city.name}
    settings |= {"harm": harm.name if harm is not None else None, "risk": risk.name if risk is not None else None}
    made = Manifest.collect(inputs=inputs, seed=options.seed, streams_scheme=SCHEME, parents=parents, settings=settings)
    told: dict[str, str] = options.digests()
    if harm is not None and not harm.files:
        told["harm"] = digest_of(asdict(harm))
    return replace(made, inputs=dict(sorted({**made.inputs, **told}.items())))


def _notes(ground: Ground, setting: Setting, harm: Harm | None) -> tuple[Assumption, ...]:
    """State what the weights rest on, norms of another time, and pairs that go round more stations than usual."""
    id_ = "Bobot penempatan (penjagaan, keparahan, kapasitas pos) tidak dipublikasikan; semuanya asumsi dengan rentang"
    en = "What the deployment is weighed by (guards, severities, capacities) is not published; all assumed, with ranges"
    notes = [Assumption("deploy.figures", id_, en, "assumed")]
    if harm is not None:
        judged = f"{harm.judged or '–'}/{harm.drawn}"
        rank = f"{harm.rank_correlation:.2f} [{harm.rank_low:.2f}, {harm.rank_high:.2f}]"
        id_ = f"Dampak didekati secara linear; korelasi peringkat dengan gladi {rank} pada {judged} rencana"
        en = f"Harm is a linear surrogate; rank correlation with rehearsal {rank} over {judged} plans"
        id_, en = (text + told_best(harm, lang) for text, lang in ((id_, "id"), (en, "en")))
        notes.append(Assumption("deploy.harm", id_, en, "estimated", harm.drawn))
    if harm is not None and harm.ballots is not None:
        own = harm.ballots
        rank = f"{own.rank_correlation:.2f} [{own.rank_low:.2f}, {own.rank_high:.2f}]"
        of = {lang: words(lang)(f"harm.on_{own.measure}") for lang in ("id", "en")}
        id_ = f"Ancaman terhadap surat suara adalah indeks linear dari {of['id']}, bukan bagian gladi; "
        id_ += f"korelasi peringkat dengan surat suara hilang {rank}{told_best(own, 'id')}"
        en = f"Danger to the ballots is a linear index from {of['en']}, no share of rehearsals; "
        en += f"rank correlation with lost ballots {rank}{told_best(own, 'en')}"
        notes.append(Assumption("deploy.ballots", id_, en, "estimated", harm.drawn))
    return (*notes, *_of_another_time(setting), *_wide_rounds(ground, setting), *_unguarded(ground))


def _short_guards(ground: Ground, setting: Setting, model: Model, x: NDArray[np.float64]) -> Iterator[Assumption]:
    """State each place whose guard is smaller than is asked for, in its shift with the fewest."""
    picks, counts = model.picks, np.round(x[model.picks.column])
    on = ground.on[picks.pattern]
    guards = (picks.task == "guard") * counts
    for need in ground.needs:
        each = np.array([crews.supply.get(need.ability, 0.0) for crews in ground.crews])[picks.group]
        there = [float((each * guards * (picks.post == need.post) * on[:, s]).sum()) for s in need.shifts]
        if there and min(there) < need.amount:
            place = setting.sites[need.post].name
            said = {lang: words(lang)("deploy.short_guard", place=place, thing=of_what(need.ability, lang),
                                      asked=number(need.amount, lang), there=number(min(there), lang))
                    for lang in ("id", "en")}  # fmt: skip
            yield Assumption(
                f"deploy.guard.{ground.posts[need.post]}.{need.ability}", said["id"], said["en"], "assumed"
            )


def _of_another_time(setting: Setting) -> Iterator[Assumption]:
    """State each norm that did not hold on the day, with what was taken in its place."""
    options = setting.options
    names = [*USED, *(USED_AT_TPS if setting.voting else ())]
    names += [answer.standard for answer in options.figures.incidents.values()]
    for name in dict.fromkeys(names):
        norm, held = near(name, on=setting.on, own=options.own)
        if not held:
            said = f"{norm.value:g} {norm.unit} [{norm.source}]"
            id_ = f"{name}: tidak ada angka yang berlaku pada {setting.on}; dipakai angka dari waktu lain, {said}"
            en = f"{name}: no figure held on {setting.on}; one of another time was taken, {said}"
            yield Assumption(f"deploy.{name}", id_, en, "assumed")


def _unguarded(ground: Ground) -> Iterator[Assumption]:
    """State the part of the hours at the stations in which no pair is on duty; they are not weighed."""
    part = 1.0 - float(ground.stations.shares @ ground.stations.guarded) if ground.stations is not None else 0.0
    if part > _LITTLE:
        id_ = f"Pasangan Polri tidak bertugas pada {part:.0%} jam TPS (hitung, kawal kotak); jam itu tidak ditimbang"
        en = (
            f"No pair is on duty in {part:.0%} of the hours at stations (count, escort of boxes); these are not weighed"
        )
        yield Assumption("deploy.stations.hours", id_, en, "assumed")


def _wide_rounds(ground: Ground, setting: Setting) -> Iterator[Assumption]:
    """State how many stations a pair goes round where pairs are too few for the norm."""
    usual = near("tps.police_ratio", on=setting.on, own=setting.options.own)[0].value
    if ground.stations is None or not len(ground.stations.load):
        return
    most = round(1.0 / float(ground.stations.load.min()))
    if most > usual:
        id_ = (
            f"Pasangan Polri kurang untuk 2:{usual:g}; satu pasangan menjaga sampai {most} TPS, seperti pola kota lain"
        )
        en = f"Too few pairs for 2:{usual:g}; one pair goes round up to {most} stations, as patterns of other cities do"
        yield Assumption("deploy.tps.police_ratio", id_, en, "proxy", len(ground.stations.load))


_LITTLE = 0.01  # of the hours
_FRESH = ("mean", "low", "high")
Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


def deployment_rows(deployment: Deployment, *, lang: str) -> tuple[Table, Table]:
    """Give title, header and rows of who stands where, and of the levels with value, bound and gap."""
    t = words(lang)
    plan = deployment.plan
    kinds = {unit.id: unit.kind for unit in plan.force.units}
    people = {unit.id: unit.people for unit in plan.force.units}
    groups: dict[tuple[str, str, str], dict[str, list[int]]] = {}
    for post in plan.posts:
        duty = f"{post.duty.from_h:g}–{(post.duty.from_h + post.duty.hours) % 24:g}" if post.duty is not None else ""
        groups.setdefault((post.at, post.task, duty), {}).setdefault(kinds[post.unit], []).append(people[post.unit])
    rows: list[tuple[str, ...]] = [
        (
            deployment.places[at],
            t(f"deploy.task_{task}"),
            duty,
            number(sum(map(sum, units.values())), lang),
            _who(units),
        )
        for (at, task, duty), units in sorted(groups.items(), key=lambda item: (deployment.places[item[0][0]], item[0]))
    ]
    header = tuple(t(f"deploy.{name}") for name in ("at", "task", "duty", "people", "who"))
    many = {"posts": len(plan.posts), "places": len({post.at for post in plan.posts})}
    title = t("deploy.title", force=plan.force.name, people=number(plan.force.people, lang), **many)
    return (title, header, rows), _level_table(deployment, lang)


def tell_deployment(deployment: Deployment, *, lang: str) -> str:
    """Tell who stands where, then the levels, as text."""
    who, levels = deployment_rows(deployment, lang=lang)
    said = [getattr(each, lang) for each in deployment.assumptions]
    notes = [words(lang)("deploy.assumptions"), *(f"- {each}" for each in said)]
    return "\n".join([text_table(*who), "", text_table(*levels), *_said_of_levels(deployment, lang), "", *notes])


def _said_of_levels(deployment: Deployment, lang: str) -> list[str]:
    """Say of what days bounds are, then name the levels that nothing was counted for, each with why."""
    many = number(max(each.days for each in deployment.levels), lang)
    days = [words(lang)("deploy.fresh_note", samples=number(deployment.samples, lang), fresh=many)]
    return [*(days if any(each.fresh for each in deployment.levels) else []), *_left_out(deployment, lang)]


def _left_out(deployment: Deployment, lang: str) -> list[str]:
    """Name the levels that nothing was counted for, each with why."""
    t, there = words(lang), {each.name for each in deployment.levels}
    why = [t("deploy.left_out_one", level=t(f"deploy.{name}"), why=t(f"deploy.no_{name}"))
           for name in LEVELS if name not in there]  # fmt: skip
    return [t("deploy.left_out", levels="; ".join(why))] if why else []


def _who(units: Mapping[str, list[int]]) -> str:
    return ", ".join(f"{len(sizes)} {kind}" for kind, sizes in units.items())


def _level_table(deployment: Deployment, lang: str) -> Table:
    t = words(lang)
    rows = list[tuple[str, ...]]()
    for i, each in enumerate(deployment.levels, start=1):
        unit, said = t(f"deploy.unit_{each.name}"), t("deploy.proven" if each.proven else "deploy.time")
        bound = figure(each.bound, lang) if each.bound > -1e300 else "–"
        gap = percent(each.gap, lang, digits=2) if each.gap < 1e3 else "–"
        fresh = (
            t("deploy.fresh_is", **{name: figure(value, lang) for name, value in zip(_FRESH, each.fresh, strict=True)})
            if each.fresh is not None and not any(map(math.isnan, each.fresh))
            else ""
        )
        rows.append((f"{i}. {t(f'deploy.{each.name}')}", figure(each.value, lang), bound, gap, fresh, unit, said))
    header = tuple(t(f"deploy.{name}") for name in ("level", "value", "bound", "gap", "fresh", "unit", "ended"))
    return t("deploy.levels", samples=deployment.samples, seed=deployment.seed), header, rows


def _save(deployment: Deployment, folder: Path) -> None:
    write_plan(deployment.plan, folder)
    told = {name: value for name, value in deployment.to_dict().items() if name not in ("plan", "manifest")}
    told["notes"] = [asdict(each) for each in deployment.notes]
    store.write_json(json.loads(json.dumps(told)), folder / "deployment.json")


def _plain(value: Any) -> Any:
    """Give plain JSON values: None for a bound, a gap or a mean that there is not."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if not isinstance(value, float) or math.isfinite(value) else None


def _level(row: Mapping[str, Any]) -> Outcome:
    """Read a level back: no bound is -inf, no mean on fresh days NaN."""
    own = {key: value for key, value in row.items() if key not in ("gap", "fresh", "bound")}
    bound = -math.inf if row["bound"] is None else row["bound"]
    fresh = row.get("fresh") and tuple(math.nan if each is None else each for each in row["fresh"])
    return Outcome(**own, bound=bound, fresh=fresh)


def _load(folder: Path, manifest: Manifest) -> Deployment:
    told = store.read_json(folder / "deployment.json")
    levels = tuple(_level(row) for row in told["levels"])
    notes = tuple(Assumption(**row) for row in told["notes"])
    size = (int(told["size"][0]), int(told["size"][1]), int(told["size"][2]))
    return Deployment(Plan.load(folder), levels, told["samples"], told["seed"], size, told["places"], notes, manifest)


store.register("deployment", _save, _load, like="plan")
