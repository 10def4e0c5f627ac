"""The socket: a desk is told every record that it may see, in order and once, from where its last connection ended."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sispamkota.errors import Fault, InputError, SispamkotaError

from . import models
from .client import Client
from .guard import RefusalError
from .jobs import LostError
from .service import Service
from .telling import as_json

__all__ = ["serve_socket"]

AT_ONCE = 200  # records that are sent before others get a turn


async def serve_socket(socket: WebSocket) -> None:
    """Let a signed-in desk in, and serve it until either side goes."""
    service: Service = socket.app.state.service
    try:
        await service.check_call(socket)
        await service.check_origin(socket)
        session = await service.signed_in(socket)
    except RefusalError:
        await socket.close(4401)  # before it is accepted: 403
        return
    since, events = (_number(socket.query_params.get(name), low) for name, low in (("since", -1), ("events", 0)))
    await socket.accept()
    await service.hub.hear()  # a process that is behind would tell again what another has told
    mark = socket.query_params.get("mark")
    client = Client(session, min(since, service.hub.last), events, mark, lang=service.speaks(socket))
    hello = {"kind": "hello", "n": service.hub.last, "seat": session.seat, "clock": service.hub.told_clock()}
    await socket.send_text(as_json(hello))
    await service.hub.attach(client)
    teller = asyncio.create_task(_tell(socket, client, service))
    try:
        await _listen(socket, client, service)
    finally:
        service.hub.audience.discard(client)
        teller.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError, OSError):
            await teller


def _number(text: str | None, low: int) -> int:
    return max(low, int(text)) if text and text.lstrip("-").isdecimal() and len(text) < 12 else low


# --- out ----------------------------------------------------------------------------------------------------------


async def _tell(socket: WebSocket, client: Client, service: Service) -> None:
    """Send what the client has not been told, whenever there is something."""
    while not client.closed:
        await client.wake.wait()
        client.wake.clear()
        try:
            await _tell_new(socket, client, service)
        except (WebSocketDisconnect, RuntimeError, OSError):
            raise  # the line is gone
        except Exception as error:  # noqa: BLE001 - a bug: the page connects again, and the room goes on
            service.hub.troubles.note(f"telling {client.seat}", error)
            with suppress(RuntimeError, OSError):
                await socket.close(1011)
            return
        if not service.accounts.alive(client.session):
            client.closed = True
    with suppress(RuntimeError, OSError):
        await socket.close(4401)


async def _tell_new(socket: WebSocket, client: Client, service: Service) -> None:
    """Send answers, records and then what stands."""
    hub, sent = service.hub, 0
    while client.replies:
        await socket.send_text(as_json(client.replies.popleft()))
    while client.cursor < hub.last and sent < AT_ONCE:
        text = hub.telling.record(hub.room, client.cursor + 1, client.seat)
        client.cursor, sent = client.cursor + 1, sent + 1
        if text is not None:
            await socket.send_text(text)
    if client.cursor < hub.last:
        client.wake.set()
        await asyncio.sleep(0)
        return
    await _tell_state(socket, client, service)


async def _tell_state(socket: WebSocket, client: Client, service: Service) -> None:
    """Send frame, events and board where they differ from the last ones sent."""
    hub, told = service.hub, client.events
    for name, texts in (("frame", hub.telling.frames), ("view", hub.telling.views)):
        text = texts.get(client.seat, "")
        if text and text != getattr(client, name):
            setattr(client, name, text)
            await socket.send_text(text)
    start, rows, client.events, client.mark = hub.telling.news(client.events, client.mark, client.seat)
    if rows or start < told:
        message = {"kind": "events", "from": start, "events": rows, "next": client.events, "mark": client.mark}
        await socket.send_text(as_json(message))
    if client.beat:
        client.beat = False
        service.accounts.use(client.session)  # a page that is open is in use; how long it lasts is bounded all the same
        await socket.send_text(as_json({"kind": "beat", "clock": hub.told_clock()}))


# --- in -----------------------------------------------------------------------------------------------------------


async def _listen(socket: WebSocket, client: Client, service: Service) -> None:
    """Take messages one at a time: a client's actions are done in the order in which it sent them."""
    while socket.client_state == WebSocketState.CONNECTED and not client.closed:
        try:
            text = await socket.receive_text()
        except (WebSocketDisconnect, KeyError, RuntimeError):
            return
        if not service.accounts.alive(client.session):
            client.close()
            return
        client.reply(await _answer(text, socket, client, service))


async def _answer(text: str, socket: WebSocket, client: Client, service: Service) -> dict[str, Any]:
    """Do what a message asks for, and say what became of it."""
    message = _read(text)
    name = message.get("id")
    about = {"id": name if isinstance(name, str | int) else None}
    try:
        await service.check_rate(service.asks, client.session.account, socket)
        action = models.read_action(_action_of(message), where="action")
        await service.check_action(socket, client.session, action)
        key = message.get("key", "")
        key = key if isinstance(key, str) and len(key) <= 64 else ""
        client.session.used = service.accounts.now()
        done = await service.hub.act(action, seat=client.seat, account=client.session.account, key=key)
    except RefusalError as refusal:
        return {"kind": "refused", **about, **models.told(refusal.faults, client.lang)}
    except SispamkotaError as error:
        return {"kind": "refused", **about, **models.told(error.faults, client.lang)}
    except LostError as error:
        return {"kind": "refused", **about, **models.told(error.why.faults, client.lang)}
    return {"kind": "ack", **about, "n": done.n, "t": done.t, "hash": done.hash}


def _read(text: str) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _action_of(message: dict[str, Any]) -> Any:
    if message.get("kind") != "action":
        fault = Fault("message", "kind", "an action", "another message", "Send an action.")
        raise InputError([fault])
    return message.get("action")
