"""The routes: who may ask for what, and what they get. docs/reference/room-api.md lists them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as PathPart
from fastapi.responses import HTMLResponse

from sispamkota.errors import Fault
from sispamkota.exercise.log import ExerciseLog
from sispamkota.exercise.roles import role_of, roles
from sispamkota.exercise.room import Room
from sispamkota.exercise.setup import Setup
from sispamkota.exercise.views import frame, ground, see_record, view

from . import models
from .accounts import Session, check_password, hash_password
from .clock import iso
from .files import KEPT_S, answer_file, read_file, read_page
from .foresight import foresee
from .guard import RefusalError
from .page import street_text, word_text
from .service import COOKIE, Service

__all__ = ["make_routes"]

STATIC = Path(__file__).parents[1] / "static"
SERVED = {".js", ".css", ".html", ".webmanifest", ".png", ".svg", ".ico", ".json"}
ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"model": models.Faults} for status in (400, 401, 403, 404, 405, 409, 411, 413, 422, 429, 500, 503)
}
# A page of its own: its style stands in it, and nothing in it may run or be fetched.
_REVIEW_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
PAST = ("controller", "evaluator")
MAX_N = 2**31 - 1
_NONE = "none of this name"
_LOOK = "Look at the list again."


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def _called(request: Request) -> Service:
    """Let a call in at all."""
    service = _service(request)
    await service.check_call(request)
    return service


async def _outside(request: Request, service: Annotated[Service, Depends(_called)]) -> Service:
    """Let in who is not signed in yet: from this server's page, with the header that no foreign form can set."""
    await service.check_origin(request)
    if not request.headers.get("x-csrf"):
        raise RefusalError(403, Fault("request", "X-CSRF", "the header", "none", "Load the page again."))
    await service.check_rate(service.tries, service.address(request), request)
    return service


async def _reading(request: Request, response: Response, service: Annotated[Service, Depends(_called)]) -> Session:
    """Let a desk in that is signed in, and give its session another token where that is due."""
    session = await service.signed_in(request)
    if service.accounts.due(session):
        _set_cookie(response, service, session, await service.hub.keep(service.accounts.rotate, session))
    return session


async def _changing(request: Request, session: Annotated[Session, Depends(_reading)]) -> Session:
    """Let a desk change something."""
    await _service(request).check_csrf(request, session)
    return session


Called = Annotated[Service, Depends(_called)]
Outside = Annotated[Service, Depends(_outside)]
Reading = Annotated[Session, Depends(_reading)]
Changing = Annotated[Session, Depends(_changing)]


async def _leading(request: Request, session: Reading) -> Session:
    await _service(request).check_role(request, session, "controller")
    return session


async def _leading_change(request: Request, session: Changing) -> Session:
    await _service(request).check_role(request, session, "controller")
    return session


async def _judging(request: Request, session: Reading) -> Session:
    await _service(request).check_role(request, session, *PAST)
    return session


Leading = Annotated[Session, Depends(_leading)]
LeadingChange = Annotated[Session, Depends(_leading_change)]
Judging = Annotated[Session, Depends(_judging)]
Its = Annotated[Service, Depends(_service)]


def _set_cookie(response: Response, service: Service, session: Session, token: str) -> None:
    # A phone ends its browser when it likes, and stays signed in; a desk is signed out when its browser is closed.
    age = _left(service, session) if role_of(session.seat).layout == "phone" else None
    response.set_cookie(COOKIE, token, max_age=age, httponly=True, samesite="strict", secure=service.secure, path="/")


async def _enter(service: Service, response: Response, account: str) -> models.SignedIn:
    session, token = await service.hub.keep(service.accounts.sign_in, account)
    _set_cookie(response, service, session, token)
    return models.SignedIn(**_signed_in(service, session))


def _left(service: Service, session: Session) -> int:
    return max(1, round(service.accounts.ends(session) - service.accounts.now()))


def _signed_in(service: Service, session: Session) -> dict[str, Any]:
    ends = iso(service.accounts.ends(session))
    who = {"seat": session.seat, "account": session.account, "csrf": session.csrf}
    return who | {"ends": ends, "left_s": _left(service, session)}


# --- coming in and going out --------------------------------------------------------------------------------------


async def _join(body: models.Joining, request: Request, response: Response, service: Outside) -> models.SignedIn:
    """Make the account that an invitation is for, and sign it in."""
    check_password(body.password, body.account, where="password")
    await service.hub.keep(service.accounts.check_invite, body.token)  # before the work of hashing
    loop = asyncio.get_running_loop()
    hashed = await loop.run_in_executor(service.slow, hash_password, body.password)
    seat = await service.hub.keep(service.accounts.join, body.token, body.account, hashed)
    await service.note("join", account=body.account, address=service.address(request), detail=seat)
    return await _enter(service, response, body.account)


async def _login(body: models.SigningIn, request: Request, response: Response, service: Outside) -> models.SignedIn:
    """Sign a desk in."""
    await service.check_rate(service.guesses, f"{body.account} {service.address(request)}", request)
    hashed = await service.hub.keep(service.accounts.password_of, body.account)
    loop = asyncio.get_running_loop()
    right = await loop.run_in_executor(service.slow, service.accounts.matches, hashed, body.password)
    address = service.address(request)
    if not right or body.account not in service.accounts.seats:
        await service.note("login failed", account=body.account, address=address)
        remedy = "Try again, or ask the controller or the command post."
        raise RefusalError(401, Fault("request", "password", "the account and its password", "another pair", remedy))
    old, _ = service.accounts.find(request.cookies.get(COOKIE, ""))
    if old is not None:
        await service.hub.keep(service.accounts.sign_out, old)
    await service.note("login", account=body.account, address=address)
    return await _enter(service, response, body.account)


async def _logout(request: Request, response: Response, session: Changing, service: Its) -> models.Stood:
    """Sign a desk out and close its sockets."""
    await service.end(session, "logout", service.address(request))
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=service.secure)
    return models.Stood()


async def _logout_all(request: Request, response: Response, session: Changing, service: Its) -> models.Stood:
    """Sign the account of a desk out wherever it is signed in."""
    await _end_all(service, session.account, by=session.account, address=service.address(request))
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=service.secure)
    return models.Stood()


async def _close(
    account: Annotated[str, PathPart(max_length=64)], request: Request, session: LeadingChange, service: Its
) -> models.Stood:
    """Sign an account out wherever it is signed in; it stays, and whoever knows its password may sign in again."""
    if account not in service.accounts.seats:
        raise RefusalError(404, Fault("request", "account", "an account of this room", _NONE, _LOOK))
    await _end_all(service, account, by=session.account, address=service.address(request))
    return models.Stood()


async def _end_all(service: Service, account: str, *, by: str, address: str) -> None:
    await service.hub.keep(service.accounts.sign_out_all, account)
    service.hub.audience.sign_off(account)
    await service.note("logout all", account=by, address=address, detail=account)


async def _me(request: Request, session: Reading, service: Its) -> models.Me:
    """Tell who is signed in."""
    lang: Any = service.speaks(request)
    return models.Me(**_signed_in(service, session), lang=lang)


# --- invitations and accounts -------------------------------------------------------------------------------------


async def _invite(body: models.InviteAsked, session: LeadingChange, service: Its) -> models.InviteMade:
    """Make an invitation to a seat."""
    made, token = await service.hub.keep(service.accounts.invite, body.seat, hours=body.hours)
    await service.note("invite", account=session.account, detail=body.seat)
    link = f"{service.link}/#undangan={token}"
    return models.InviteMade(id=made.id, link=link, token=token, seat=made.seat, expires=iso(made.expires))


async def _invites(_: Leading, service: Its) -> models.Open:
    """List the invitations."""
    rows = await service.hub.keep(service.accounts.open_invites)
    told = [vars(each) | {"made": iso(each.made), "expires": iso(each.expires)} for each in rows]
    return models.Open(invites=[models.InviteRow(**row) for row in told])


async def _withdraw(
    invite: Annotated[str, PathPart(max_length=64)], session: LeadingChange, service: Its
) -> models.Stood:
    """Take back an invitation that nobody has used."""
    if not await service.hub.keep(service.accounts.withdraw, invite):
        raise RefusalError(404, Fault("request", "invitation", "one that nobody has used", _NONE, _LOOK))
    await service.note("withdraw", account=session.account, detail=invite)
    return models.Stood()


async def _accounts(_: Leading, service: Its) -> models.Open:
    """List the accounts."""
    present = await service.hub.present()
    rows = [
        models.AccountRow(account=account, seat=seat, signed_in=account in present)
        for account, seat in sorted(service.accounts.seats.items())
    ]
    return models.Open(accounts=rows)


async def _remove(
    account: Annotated[str, PathPart(max_length=64)], session: LeadingChange, service: Its
) -> models.Stood:
    """Take an account away, and free its desk where nobody else has it; the controller's own account stays."""
    if account == session.account:
        remedy = "Let another controller do it."
        raise RefusalError(409, Fault("request", "account", "another account than your own", "your own", remedy))
    seat = service.accounts.seats.get(account, "")
    if not await service.hub.keep(service.accounts.remove, account):
        raise RefusalError(404, Fault("request", "account", "an account of this room", _NONE, _LOOK))
    service.hub.audience.sign_off(account)
    if seat not in service.accounts.seats.values():
        await service.hub.free(seat)
    await service.note("remove", account=session.account, detail=account)
    return models.Stood()


# --- the room -----------------------------------------------------------------------------------------------------


async def _ground(session: Reading, service: Its) -> models.Ground:
    """Tell what does not change."""
    return models.Ground(**ground(service.setup, session.seat))


async def _state(session: Reading, service: Its) -> models.State:
    """Tell the present."""
    now, board, n = await service.hub.state(session.seat)
    return models.State(frame=now, view=board, n=n, clock=models.Clock(**service.hub.told_clock()))


async def _log(
    session: Reading,
    service: Its,
    since: Annotated[int, Query(ge=-1, le=MAX_N)] = -1,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> models.LogRows:
    """Tell the records after one that the seat may see."""
    await service.hub.hear()  # who has acted by another process sees it here too
    last, rows, n = service.hub.last, list[models.RecordRow](), since
    for n in range(since + 1, last + 1):
        plain = service.hub.room.records[n].to_dict()
        if see_record(plain, session.seat):
            rows.append(models.RecordRow(**plain))
        if len(rows) >= limit:
            break
    return models.LogRows(records=rows, next=n, last=last)


async def _act(body: models.Asked, request: Request, session: Changing, service: Its) -> models.Acted:
    """Do an action; the answer comes when it is durable."""
    action = models.read_action(body.action, where="action")
    await service.check_action(request, session, action)
    done = await service.hub.act(action, seat=session.seat, account=session.account, key=body.key)
    return models.Acted(n=done.n, t=done.t, hash=done.hash)


async def _forecast(
    body: models.ForecastAsked, request: Request, session: Changing, service: Its
) -> models.ForecastTold:
    """Tell the desk that asks what may come if nothing changes; its use is logged, and nothing is ordered."""
    await service.check_role(request, session, *(name for name, role in roles().items() if role.allows("forecast")))
    await service.check_rate(service.forecasts, session.account, request)
    return models.ForecastTold(**await foresee(service, session, body.minutes))


async def _at(
    request: Request,
    session: Judging,
    service: Its,
    n: Annotated[int | None, Query(ge=0, le=MAX_N)] = None,
    t: Annotated[int | None, Query(ge=0, le=2**53)] = None,
) -> models.At:
    """Tell the room as it was after record `n`, or at millisecond `t` of the world."""
    await service.check_rate(service.heavy, session.account, request)
    known = service.hub.last
    if (n is None) == (t is None) or (n is not None and n > known):
        got = "both or neither" if (n is None) == (t is None) else str(n)
        remedy = "Give one of the two."
        raise RefusalError(409, Fault("request", "n", f"n of 0 to {known}, or t", got, remedy))
    records = service.hub.room.records[: known + 1]
    kept = records[: n + 1] if n is not None else [record for record in records if t is not None and record.t <= t]
    until = kept[-1].t if n is not None else min(t or 0, service.hub.clock.now_ms())
    async with service.past:
        room = await asyncio.to_thread(_fold, service, kept, until / 1000.0)
    return models.At(
        frame=frame(room, session.seat), view=view(room, session.seat), n=len(kept) - 1, t=round(room.now * 1000)
    )


def _fold(service: Service, records: list[Any], until: float) -> Room:
    """Fold records that the live room has already taken; their chain is known to hold."""
    room = Room(service.setup)
    for record in records:
        room.take(record)
    room.advance(until)
    return room


async def _export(request: Request, session: Judging, service: Its) -> Response:
    """Give the exercise so far as a file that anyone can replay."""
    from .keeping import zipped

    await service.check_rate(service.heavy, session.account, request)
    data = await asyncio.to_thread(zipped, _kept(service))
    await service.note("export", account=session.account, address=service.address(request))
    name = f"{service.setup.file.name}.zip"
    return Response(
        data, media_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _kept(service: Service) -> ExerciseLog:
    """Give the exercise so far, as far as it is durable."""
    rows = tuple(service.hub.room.records[: service.hub.last + 1])
    return ExerciseLog(service.setup.to_dict(), rows, service.setup.manifest)


async def _review(
    request: Request,
    session: Judging,
    service: Its,
    lang: Annotated[Literal["id", "en"], Query()] = "id",
    audience: Annotated[Literal["service", "public"], Query()] = "service",
) -> HTMLResponse:
    """Give the after-action review as a page of its own: it brings its style, and no script of this page reaches it."""
    await service.check_rate(service.heavy, session.account, request)
    page = await asyncio.to_thread(_reviewed, service.setup, _kept(service), lang, audience)
    return HTMLResponse(page, headers={"Content-Security-Policy": _REVIEW_POLICY})


def _reviewed(setup: Setup, log: ExerciseLog, lang: str, audience: str) -> str:
    from sispamkota.review.anev import make_anev
    from sispamkota.review.anev_page import anev_page

    return anev_page(make_anev(log, setup=setup), lang=lang, audience=audience)


# --- the page -----------------------------------------------------------------------------------------------------


async def _words(_: Called) -> Response:
    """Give the page's words in both languages, also to who is not signed in."""
    return Response(word_text(), media_type="application/json")


async def _streets(_: Reading, service: Its) -> Response:
    """Give the streets under the map."""
    text = await asyncio.to_thread(street_text, service.setup)
    return Response(text, media_type="application/json")


async def _page(request: Request, _: Called) -> Response:
    """Give the page; a browser keeps it, so that a phone opens it without a line."""
    page = await asyncio.to_thread(read_page, STATIC)
    return answer_file(page, request.headers, headers={"Cache-Control": f"private, max-age={KEPT_S}"})


async def _static(name: Annotated[str, PathPart(max_length=100)], request: Request, _: Called) -> Response:
    """Give a file of the page."""
    return await _file(name, request)


async def _file(name: str, request: Request) -> Response:
    path = STATIC / name
    if path.parent != STATIC or path.suffix not in SERVED or not path.is_file():
        raise RefusalError(404, Fault("request", "file", "a file of the page", _NONE, _LOOK))
    file = await asyncio.to_thread(read_file, path)
    same = request.query_params.get("v") == file.digest  # asked for by what it holds: it never changes
    kept = f"private, max-age={KEPT_S}, immutable" if same else "no-cache"
    return answer_file(file, request.headers, headers={"Cache-Control": kept})


def make_routes() -> APIRouter:
    """Lay the routes out."""
    router = APIRouter(responses=ANSWERS)
    for method, path, call in (
        ("POST", "/api/join", _join),
        ("POST", "/api/login", _login),
        ("POST", "/api/logout", _logout),
        ("POST", "/api/logout/all", _logout_all),
        ("GET", "/api/me", _me),
        ("POST", "/api/invites", _invite),
        ("GET", "/api/invites", _invites),
        ("DELETE", "/api/invites/{invite}", _withdraw),
        ("GET", "/api/accounts", _accounts),
        ("DELETE", "/api/accounts/{account}", _remove),
        ("DELETE", "/api/accounts/{account}/sessions", _close),
        ("GET", "/api/ground", _ground),
        ("GET", "/api/state", _state),
        ("GET", "/api/log", _log),
        ("POST", "/api/actions", _act),
        ("POST", "/api/forecast", _forecast),
        ("GET", "/api/at", _at),
    ):
        router.add_api_route(path, call, methods=[method])
    pages: tuple[tuple[str, Any, type], ...] = (
        ("/api/words", _words, models.Words),
        ("/api/streets", _streets, models.Streets),
    )
    for path, told, model in pages:
        router.add_api_route(path, told, methods=["GET"], response_class=Response, responses={200: {"model": model}})
    files: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}}}
    router.add_api_route("/api/export", _export, methods=["GET"], response_class=Response, responses=files)
    router.add_api_route("/api/review.html", _review, methods=["GET"], response_class=HTMLResponse)
    router.add_api_route("/", _page, methods=["GET"], response_class=Response, include_in_schema=False)
    router.add_api_route("/static/{name}", _static, methods=["GET"], response_class=Response, include_in_schema=False)
    return router
