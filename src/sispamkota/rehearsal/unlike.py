"""What makes two results no pair, in the words of who rehearsed them: scenario, city, hours before anything hashed."""

from __future__ import annotations

from typing import Any

from sispamkota.errors import Fault, InputError

from .ensemble import Ensemble

__all__ = ["refuse_unlike"]

OF_THE_PLAN = ("plan", "force")  # inputs that may differ
_AGAIN = "Rehearse both plans in the same scenario and city, with the same seed."
_SAME_NAME = "the same content as in the first"
_OTHER = "another one of that name"
_NONE = "none of its own"


def refuse_unlike(a: Ensemble, b: Ensemble, *, seeds: bool) -> None:
    """Raise InputError for what makes two results no pair; other seeds are a fault where `seeds` says so.

    What follows from another scenario or city (its parameters, rates and files) is told only where those are one.
    """
    faults, one, two = list[Fault](), a.manifest.settings, b.manifest.settings

    def ask(field: str, expected: str, got: str, *, differs: bool, remedy: str = "") -> bool:
        """Note a fault where something differs, and say so."""
        if differs:
            faults.append(Fault("results", field, expected, got, remedy or _AGAIN))
        return differs

    names = [tuple(f'"{each.get(key)}"' for each in (one, two)) for key in ("scenario", "city")]
    other = [
        ask(key, f"{mine}, as in the first", its, differs=mine != its)
        for key, (mine, its) in zip(("scenario", "city"), names, strict=True)
    ]
    hours = [float(each.get("horizon_s", 0.0)) / 3600.0 for each in (one, two)]
    longer = ask("hours", f"{hours[0]:g} hours", f"{hours[1]:g} hours", differs=hours[0] != hours[1])
    ask("seed", str(a.seed), str(b.seed), differs=seeds and a.seed != b.seed)
    if not other[0]:
        edited = ask("scenario file", _SAME_NAME, _OTHER, differs=_files(a) != _files(b))
        set_here, there = _figures(one), _figures(two)
        edited |= ask("parameters", set_here, there, differs=set_here != there)
        drawn = [bool(each.get("draw_parameters")) for each in (one, two)]
        edited |= ask("draw_parameters", str(drawn[0]).lower(), str(drawn[1]).lower(), differs=drawn[0] != drawn[1])
    else:
        edited = True
    if not other[1]:
        edited |= ask("city file", _SAME_NAME, _OTHER, differs=_ground(a) != _ground(b))
    remedy = "Rehearse both again with one version of the program."
    older = one.get("engine") != two.get("engine")
    ask("engine", "the version that played the first", "another version", differs=older, remedy=remedy)
    quiet = edited or older or longer or any(other)
    ask("rules", "the rates of the first", "others", differs=not quiet and one.get("rules") != two.get("rules"))
    if faults:
        raise InputError(faults)


def _files(ensemble: Ensemble) -> list[str]:
    """Give what is in the files that a result was played from, but for those of the plan."""
    return [digest for name, digest in sorted(ensemble.manifest.inputs.items()) if name not in OF_THE_PLAN]


def _ground(ensemble: Ensemble) -> Any:
    """Give what is in the city, so that other commits may have read it."""
    return ensemble.manifest.settings.get("ground", ensemble.manifest.parents)


def _figures(settings: Any) -> str:
    """Write the parameters that a rehearsal was given of its own."""
    return ", ".join(f"{name}={value}" for name, value in sorted(settings.get("parameters", {}).items())) or _NONE
