"""What the routes take and give, as the models that check it; the page's own types follow the same document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import pydantic

from sispamkota.errors import Fault
from sispamkota.exercise.actions import parse_action
from sispamkota.exercise.log import TEXTS
from sispamkota.fault_words import in_indonesian
from sispamkota.inputs import Model, described

from .accounts import fault_of_name
from .guard import RefusalError

__all__ = [
    "AccountRow", "Acted", "Asked", "At", "Clock", "FaultRow", "Faults", "ForecastAsked", "ForecastTold", "Ground",
    "InviteAsked", "InviteMade",
    "InviteRow", "Joining", "LogRows", "Me", "Open", "RecordRow", "SignedIn", "SigningIn", "State", "Stood",
    "Streets", "Words", "faults_of", "read_action", "told",
]  # fmt: skip

Token = Annotated[str, pydantic.StringConstraints(min_length=1, max_length=200)]


def _named(account: str) -> str:
    """Refuse what is no name of a desk in the words of the house, not as a pattern."""
    fault = fault_of_name(account)
    if fault is not None:
        raise ValueError(fault.expected)
    return account


_NAME_SHAPE = {"minLength": 2, "maxLength": 32, "pattern": r"^[a-z][a-z0-9-]+$"}
AccountName = Annotated[str, pydantic.AfterValidator(_named), pydantic.Field(json_schema_extra=_NAME_SHAPE)]
Password = Annotated[str, pydantic.StringConstraints(min_length=1, max_length=200)]
Key = Annotated[str, pydantic.StringConstraints(max_length=64)]


class FaultRow(pydantic.BaseModel):
    """Say what is wrong with one field, and what to do."""

    where: str
    field: str
    expected: str
    got: str
    remedy: str


class Faults(pydantic.BaseModel):
    """List everything that is wrong."""

    faults: list[FaultRow]


class Joining(Model):
    """Take an invitation up."""

    token: Token
    account: AccountName
    password: Password


class SigningIn(Model):
    """Sign a desk in."""

    account: AccountName
    password: Password


class SignedIn(pydantic.BaseModel):
    """Tell who signed in, the word that every POST and DELETE carries in X-CSRF, and when the session ends.

    `ends` in UTC, `left_s` seconds until then: a phone's own clock may be wrong.
    """

    seat: str
    account: str
    csrf: str
    ends: str
    left_s: int


class Me(SignedIn):
    """Tell who is signed in."""

    lang: Literal["id", "en"]


class Stood(pydantic.BaseModel):
    """Say that it is done."""

    done: bool = True


class InviteAsked(Model):
    """Ask for an invitation to a seat."""

    seat: Annotated[str, pydantic.StringConstraints(min_length=1, max_length=160)]
    hours: float = pydantic.Field(default=24.0, gt=0, le=24 * 30)


class InviteRow(pydantic.BaseModel):
    """Tell an invitation, without its token; times in UTC."""

    id: str
    seat: str
    made: str
    expires: str
    account: str


class InviteMade(pydantic.BaseModel):
    """Tell a new invitation; its token is told this once."""

    id: str
    link: str
    token: str
    seat: str
    expires: str


class AccountRow(pydantic.BaseModel):
    """Tell an account."""

    account: str
    seat: str
    signed_in: bool


class Open(pydantic.BaseModel):
    """List rows."""

    invites: list[InviteRow] = []
    accounts: list[AccountRow] = []


class Clock(pydantic.BaseModel):
    """Tell the wall's time (UTC), the world's (ms since its start), how many times as fast it runs (0: it stands)."""

    wall: str
    t: int
    speed: int


class Ground(pydantic.BaseModel):
    """Tell what does not change: see exercise.views.ground."""

    model_config = pydantic.ConfigDict(extra="allow")

    title: dict[str, str]
    start: str
    horizon: float
    places: list[dict[str, Any]]


class Words(pydantic.RootModel[dict[str, dict[str, str]]]):
    """Tell the words of the page, by language and key."""


class Streets(pydantic.BaseModel):
    """Tell streets and areas as runs: the number of points of a line, then steps of lon and lat, 1e-5 degrees."""

    main: list[int]
    minor: list[int]
    areas: list[int]
    left_out: int


class State(pydantic.BaseModel):
    """Tell the present: the world, the board, the last record (-1: none), the clock."""

    frame: dict[str, Any]
    view: dict[str, Any]
    n: int
    clock: Clock


class At(pydantic.BaseModel):
    """Tell a moment that is past."""

    frame: dict[str, Any]
    view: dict[str, Any]
    n: int
    t: int
    past: Literal[True] = True


class RecordRow(pydantic.BaseModel):
    """Tell a record of the log."""

    n: int
    t: int
    at: str
    seat: str
    action: dict[str, Any]
    digest: str
    prev: str
    hash: str


class LogRows(pydantic.BaseModel):
    """Tell the records that the seat sees; `next` is the `since` to go on with, `last` the last record there is."""

    records: list[RecordRow]
    next: int
    last: int


class Asked(Model):
    """Ask for an action; `key` is the client's own, so that an action that is sent again counts once."""

    action: dict[str, Any]
    key: Key = ""


class Acted(pydantic.BaseModel):
    """Say as which record an action was kept."""

    n: int
    t: int
    hash: str


class ForecastAsked(Model):
    """Ask what the next minutes may bring if nothing changes."""

    minutes: int = pydantic.Field(default=60, ge=1, le=240)


class ForecastTold(pydantic.BaseModel):
    """Tell a forecast: see exercise.forecast.Forecast; `n` is the record that notes its use."""

    model_config = pydantic.ConfigDict(extra="allow")

    n: int
    at: float
    minutes: float
    replicates: int
    options: list[str]
    rows: list[dict[str, Any]]
    assumptions: list[dict[str, Any]]


def read_action(data: Any, *, where: str) -> dict[str, Any]:
    """Check an action as it came, and give it clean; raises RefusalError with every fault, which repeats no text."""
    try:
        model = parse_action(data)
    except pydantic.ValidationError as error:
        raise RefusalError(422, *faults_of(error.errors(include_url=False), where=where)) from None
    except (ValueError, RecursionError):
        remedy = "Send the fields of the action's model."
        raise RefusalError(422, Fault(where, "action", "a JSON object", "something else", remedy)) from None
    plain: dict[str, Any] = model.model_dump(mode="json", exclude_unset=True)
    return plain


def faults_of(errors: Iterable[Any], *, where: str) -> list[Fault]:
    """Put pydantic's errors in the house's words."""
    faults = []
    for item in errors:
        field = ".".join(str(part) for part in item["loc"]) or "body"
        expected, got, remedy = described(pydantic.BaseModel, {**item, "input": _plain(item)})
        if {str(part) for part in item["loc"]} & {*TEXTS, "password", "token"} and item["type"] != "missing":
            got = "another value"
        faults.append(Fault(where, field[:200], expected[:400], got, remedy))
    return faults


def _plain(item: Any) -> Any:
    value = item.get("input")
    return value if isinstance(value, str | int | float | bool) or value is None else type(value).__name__


def told(faults: Iterable[Fault], lang: str) -> dict[str, Any]:
    """Give faults as plain values in a language."""
    say = in_indonesian if lang == "id" else str
    return {
        "faults": [
            {"where": each.where, "field": each.field}
            | {name: say(getattr(each, name)) for name in ("expected", "got", "remedy")}
            for each in faults
        ]
    }
