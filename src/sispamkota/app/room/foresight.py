"""A forecast for a desk: the present is taken out of the room at once, played apart from it, and its use logged."""

from __future__ import annotations

from typing import Any

from sispamkota.errors import Fault
from sispamkota.exercise.forecast import Forecast
from sispamkota.exercise.forecast_words import told_of
from sispamkota.exercise.lookahead import Asked, standing_of

from .accounts import Session
from .guard import RefusalError
from .service import Service

__all__ = ["foresee"]


async def foresee(service: Service, session: Session, minutes: int) -> dict[str, Any]:
    """Look ahead for a desk; give the forecast as plain values with the number of the record that notes its use.

    One is played at a time, and nothing of the room waits for it but the moment in which the present is taken. Raises
    RefusalError where one is played already or the room has ended.
    """
    if service.foresight.locked():
        remedy = "Ask again in a few seconds."
        raise RefusalError(409, Fault("request", "forecast", "one forecast at a time", "one under way", remedy))
    async with service.foresight:
        standing = await service.hub.apart(lambda room: standing_of(room, Asked(minutes)))
        if service.hub.room.board.ended:
            raise RefusalError(
                409, Fault("request", "forecast", "a room that goes on", "one that has ended", "Read the review.")
            )
        made = await service.player.play(standing)
    done = await service.hub.act(_note(made, minutes, service.lang), seat=session.seat, account=session.account)
    return made.to_dict() | {"n": done.n}


def _note(made: Forecast, minutes: int, lang: str) -> dict[str, Any]:
    """Write the action that notes what was asked for and told: by it the forecast is told again to the bit."""
    return {
        "do": "forecast",
        "minutes": minutes,
        "told": told_of(made, lang),
        "moment": round(1000.0 * made.at),
        "records": made.records,
        "options": list(made.options),
        "replicates": made.replicates,
        "seed": made.seed,
        "digest": made.digest,
    }
