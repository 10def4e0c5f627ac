"""sispamkota plan deploy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sispamkota.errors import Fault, Faults, InputError, reason, shown
from sispamkota.words import pick_language, words

from .common import (
    AsJson,
    CityName,
    Lang,
    Seed,
    doing,
    finite,
    free_folder,
    print_json,
    say_new_folder,
    t,
    talk,
    together,
)
from .plans import plan_app

if TYPE_CHECKING:
    from sispamkota.place import City
    from sispamkota.plan.deploy.options import DeployOptions
    from sispamkota.risk.riskmap import RiskMap

__all__ = ["plan_app", "plan_deploy", "risk_of"]


@plan_app.command("deploy", help=t("cli.plan_deploy"))
def plan_deploy(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help=t("cli.deploy_out"))],
    force: Annotated[str, typer.Option(metavar="NAME|FILE", help=t("cli.deploy_force"))] = "malang-500",
    city: CityName = "malang",
    harm: Annotated[str | None, typer.Option(metavar="NAME|FILE", help=t("cli.deploy_harm"))] = None,
    risk: Annotated[list[str] | None, typer.Option(metavar="NAME|DIR", help=t("cli.deploy_risk"))] = None,
    on: Annotated[str | None, typer.Option(metavar="DAY", help=t("cli.deploy_on"))] = None,
    shifts: Annotated[int, typer.Option(metavar="N", min=1, max=6, help=t("cli.deploy_shifts"))] = 1,
    from_h: Annotated[
        float | None, typer.Option(metavar="H", min=0, max=23.99, callback=finite, help=t("cli.deploy_from"))
    ] = None,
    hours: Annotated[
        float | None, typer.Option(metavar="H", min=1, max=24, callback=finite, help=t("cli.deploy_hours"))
    ] = None,
    posts: Annotated[str | None, typer.Option(metavar="N|FILE", help=t("cli.deploy_posts"))] = None,
    samples: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help=t("cli.deploy_samples"))] = 20,
    seconds: Annotated[float, typer.Option(metavar="S", min=1, callback=finite, help=t("cli.deploy_seconds"))] = 60.0,
    gap: Annotated[float, typer.Option(metavar="G", min=0, max=1, callback=finite, help=t("cli.deploy_gap"))] = 0.01,
    solver: Annotated[str, typer.Option(metavar="NAME", help=t("cli.deploy_solver"))] = "highs",
    voting: Annotated[bool | None, typer.Option("--tps/--no-tps", help=t("cli.deploy_voting"))] = None,
    keep: Annotated[str | None, typer.Option(metavar="PLAN", help=t("cli.deploy_keep"))] = None,
    doctrine: Annotated[Path | None, typer.Option(metavar="FILE", help=t("cli.deploy_doctrine"))] = None,
    figures: Annotated[Path | None, typer.Option(metavar="FILE", help=t("cli.deploy_figures"))] = None,
    seed: Seed = 1,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Deploy a force; say who stands where, and what is proven of it; exit 1 where a rule is not, or cannot be kept."""
    language = pick_language(lang)
    settings = {"shifts": shifts, "samples": samples, "seconds": seconds, "gap": gap, "solver": solver}
    settings |= {"voting": voting, "seed": seed, "posts": _posts(posts), "from_h": from_h, "hours": hours}
    names = {"force": force, "city": city, "harm": harm, "keep": keep, "doctrine": doctrine, "figures": figures}
    _run(names, risk, on, settings, out, as_json=as_json, language=language)


def _run(
    names: dict[str, Any],
    risk: list[str] | None,
    on: str | None,
    settings: dict[str, Any],
    out: Path,
    *,
    as_json: bool,
    language: str,
) -> None:
    """Load what is named, deploy, tell and save."""
    from sispamkota.force import Force, read_doctrine
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.plan.deploy.deploy import InfeasibleError, deploy, tell_deployment
    from sispamkota.plan.deploy.figures import deploy_figures
    from sispamkota.plan.deploy.options import DeployOptions
    from sispamkota.plan.harm import Harm
    from sispamkota.plan.rules.checks import check_plans

    own = read_doctrine(names["doctrine"]) if names["doctrine"] is not None else None
    found, where, weights, kept, figures, _ = together(
        lambda: Force.load(names["force"], own=own),
        lambda: City.load(names["city"]),
        lambda: Harm.load(names["harm"]) if names["harm"] not in (None, "none") else None,
        lambda: Plan.load(names["keep"], own=own) if names["keep"] is not None else None,
        lambda: deploy_figures(path=names["figures"]),
        lambda: free_folder(out, "plan"),
    )
    if names["harm"] is None:
        weights = Harm.for_force(found, where.name)
        talk(
            words(language)("deploy.harm_used" if weights else "deploy.harm_none", name=weights.name if weights else "")
        )
    say_new_folder(out, language)
    day = _day(on or found.on)
    options: DeployOptions = DeployOptions(**settings, own=own, keep=kept, figures=figures)
    try:
        with doing(language) as show:
            chance = risk_of(risk, where, day)
            made = deploy(
                where, found, on=day, harm=weights, risk=chance, options=options, progress=_steps(show, language)
            )
    except InfeasibleError as error:
        print_json(error.ways.to_dict()) if as_json else print(error.ways.tell(language))
        raise typer.Exit(1) from None
    made.save(out)
    checked = check_plans([made.plan], where, own=own)
    if as_json:
        print_json(made.to_dict() | {"check": checked.findings(language)})
    else:
        print(tell_deployment(made, lang=language), checked.tell(language), sep="\n\n")
    talk(words(language)("deploy.written", path=out))
    if checked.violations:
        talk(words(language)("deploy.unlawful", n=len(checked.violations)))
        raise typer.Exit(1)


def _steps(show: Callable[[str], None], language: str) -> Callable[[str], None]:
    """Give what shows a step of deploy in words."""
    from sispamkota.plan.deploy.model import LEVELS

    say = words(language)

    def step(name: str) -> None:
        level = say("deploy.doing_level", level=say(f"deploy.{name}")) if name in LEVELS else ""
        show(level or say(f"deploy.doing_{name}"))

    return step


def _day(text: str) -> str:
    """Check a day; raises InputError for what is none."""
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError([Fault("--on", "day", "a day as 2024-11-27", shown(text), "Write year-month-day.")]) from None


def risk_of(names: Sequence[str] | None, city: City, day: str) -> RiskMap | None:
    """Load the risk maps that are named, else those of the city and of the calendar's day; None where there is none."""
    from datetime import date

    from sispamkota.risk.calendar import calendar
    from sispamkota.risk.riskmap import RiskMap

    if names:
        return RiskMap.join(together(*(lambda name=name: RiskMap.load(name) for name in names)))
    maps = [RiskMap.load(name) for name in calendar().tables(date.fromisoformat(day))]
    with suppress(InputError):  # a city of the user's own has no ordinary day of ours
        maps.append(RiskMap.load(city.name))
    return RiskMap.join(maps)


def _posts(text: str | None) -> int | tuple[str, ...] | None:
    """Read how many posts, or a file with a place a line; "#" begins a remark. Raises InputError for neither."""
    if text is None or (text.removeprefix("-").isdecimal() and int(text) >= 1):
        return int(text) if text else None
    if text.removeprefix("-").isdecimal():
        remedy = "Give how many candidate posts there may be; the places that must be are added in any case."
        raise InputError([Fault("--posts", "posts", "1 or more, or a file", shown(text), remedy)])
    faults = Faults()
    try:
        lines = Path(text).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        remedy = "Give a number, or a text file with one place a line."
        faults.add(where=text, field="--posts", expected="a number or a file", got=reason(error), remedy=remedy)
        lines = []
    names = tuple(name for line in lines if (name := line.split("#", maxsplit=1)[0].strip()))
    if not names and not len(faults):
        faults.add(where=text, field="--posts", expected="at least one place", got="none", remedy="Write one a line.")
    faults.raise_if_any()
    return names
