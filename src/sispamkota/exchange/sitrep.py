"""EDXL-SitRep 1.0: a situation report in the form of a field observation, written and read; and the summary of ICS-209.

Of the five kinds of report that the standard has, this is the one whose elements could be verified; the others are
refused by name when they are read. Who prepares and authorises is an office, never a person.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sispamkota.errors import Fault, Faults, InputError, shown
from sispamkota.exercise import Room
from sispamkota.exercise.roles import roles
from sispamkota.words import words

from .situation import hurt, place_name, refuse_named, situation, stages, when
from .xmltree import MANY, Node, Rule, check, clean, leaf, parse, write

__all__ = ["SITREP", "Block", "Ics209", "SitRep", "make_ics209", "make_sitrep"]

SITREP = "urn:oasis:names:tc:emergency:EDXL:SitRep:1.0"
CT = "urn:oasis:names:tc:emergency:edxl:ct:1.0"
XNL = "urn:oasis:names:tc:emergency:edxl:ciq:1.0:xnl"
GML = "http://www.opengis.net/gml/3.2"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_PREFIXES = {SITREP: "sitrep", CT: "ct", XNL: "n", GML: "gml", XSI: "xsi"}
_KIND = "FieldObservationType"
_LONGEST = 1023  # characters of a string of EDXL


@dataclass(frozen=True)
class SitRep:
    """Hold a situation report; times as 2024-11-27T07:00:00+07:00; `position` in degrees is where it was seen."""

    message_id: str
    prepared_by: str
    prepared_at: str
    authorized_by: str
    authorized_at: str
    purpose: str
    number: int
    version: str
    since: str
    until: str
    incidents: tuple[str, ...]
    confidence: str
    severity: str
    position: tuple[float, float]
    needs: str
    categories: tuple[str, ...]
    text: str
    title: str = ""

    def to_xml(self) -> str:
        """Write the report; raises InputError with everything in which it does not fit the grammar."""
        return write(_to_node(self), _SITREP, _PREFIXES, where="sitrep")

    @classmethod
    def from_xml(cls, data: str | bytes, *, where: str = "sitrep") -> SitRep:
        """Read a report; raises InputError with everything in which the document does not fit the grammar."""
        node = parse(data, where=where)
        report = node.get("report")
        kind = report.attributes.get((XSI, "type"), "").rpartition(":")[2] if report else _KIND
        if report and kind != _KIND:
            remedy = "Ask for a field observation."
            raise InputError([Fault(f"{where}:{report.line}", "report", _KIND, kind or "no type", remedy)])
        faults = list(check(node, _SITREP, where=where))
        if faults:
            raise InputError(faults)
        return _from_node(node)


def _text(
    name: str, form: str | tuple[str, ...] = "filled", *, low: int = 1, high: int = 1, space: str = SITREP
) -> Rule:
    return Rule(name, space, low, high, form, longest=_LONGEST)


def _over(*names: str) -> tuple[Rule, ...]:
    """Name elements that may stand there and are not read."""
    return tuple(Rule(name, SITREP, 0, MANY, "any") for name in names)


def _office(name: str) -> Rule:
    named = Rule("personName", XNL, parts=(Rule("nameElement", XNL, 1, MANY, "filled"),))
    details = Rule("personDetails", CT, parts=(named,))
    return Rule(name, SITREP, parts=(details, _text("timeValue", "time", space=CT)))


_POINT = Rule("point", GML, parts=(_text("pos", "position", space=GML),))
_PLACE = Rule("observationLocation", SITREP, parts=(Rule("EDXLGeoLocation", CT, parts=(_POINT,)),))
_REPORT = Rule(
    "report",
    SITREP,
    parts=(
        _PLACE,
        _text("immediateNeeds"),
        _text("immediateNeedsCategory", "name", high=MANY),
        _text("observationText"),
    ),
)
_PERIOD = (_text("fromDateTime", "time", space=CT), _text("toDateTime", "time", space=CT))
_SITREP = Rule(
    "sitRep",
    SITREP,
    parts=(
        _text("messageID"),
        _office("preparedBy"),
        _office("authorizedBy"),
        _text("reportPurpose"),
        _text("reportNumber", "count"),
        _text("reportVersion", ("Initial", "Update", "Final")),
        Rule("forTimePeriod", SITREP, parts=_PERIOD),
        _text("reportTitle", low=0),
        _text("incidentID", high=MANY),
        *_over("incidentLifecyclePhase", "originatingMessageID", "precedingMessageID", "urgency"),
        _text("reportConfidence", ("HighlyConfident", "SomewhatConfident", "Unsure", "NoConfidence")),
        _text("severity", ("Extreme", "Severe", "Moderate", "Minor", "Unknown")),
        *_over("reportingLocation", "actionPlan", "nextContact"),
        _REPORT,
    ),
)


def _who(name: str, office: str, at: str) -> Node:
    person = Node(XNL, "personName", parts=[leaf(XNL, "nameElement", office)])
    return Node(SITREP, name, parts=[Node(CT, "personDetails", parts=[person]), leaf(CT, "timeValue", at)])


def _to_node(report: SitRep) -> Node:
    period = [leaf(CT, "fromDateTime", report.since), leaf(CT, "toDateTime", report.until)]
    point = Node(GML, "point", parts=[leaf(GML, "pos", "{:.6f} {:.6f}".format(*report.position))])
    point.attributes = {(GML, "Id"): "place", ("", "SrsName"): "urn:ogc:def:crs:EPSG::4326"}
    seen = Node(SITREP, "report", attributes={(XSI, "type"): f"sitrep:{_KIND}"})
    place = Node(CT, "EDXLGeoLocation", parts=[point])
    seen.parts = [Node(SITREP, "observationLocation", parts=[place]), leaf(SITREP, "immediateNeeds", report.needs)]
    seen.parts += [leaf(SITREP, "immediateNeedsCategory", each) for each in report.categories]
    seen.parts.append(leaf(SITREP, "observationText", report.text))
    return Node(
        SITREP,
        "sitRep",
        parts=[
            leaf(SITREP, "messageID", report.message_id),
            _who("preparedBy", report.prepared_by, report.prepared_at),
            _who("authorizedBy", report.authorized_by, report.authorized_at),
            leaf(SITREP, "reportPurpose", report.purpose),
            leaf(SITREP, "reportNumber", report.number),
            leaf(SITREP, "reportVersion", report.version),
            Node(SITREP, "forTimePeriod", parts=period),
            *([leaf(SITREP, "reportTitle", report.title)] if report.title else []),
            *(leaf(SITREP, "incidentID", each) for each in report.incidents),
            leaf(SITREP, "reportConfidence", report.confidence),
            leaf(SITREP, "severity", report.severity),
            seen,
        ],
    )


def _from_node(node: Node) -> SitRep:
    """Make the report of a document that has been checked."""
    name, seen = ("personDetails", "personName", "nameElement"), node.get("report") or node
    lat, lon = seen.say("observationLocation", "EDXLGeoLocation", "point", "pos").split(" ")
    return SitRep(
        message_id=node.say("messageID"),
        prepared_by=node.say("preparedBy", *name),
        prepared_at=node.say("preparedBy", "timeValue"),
        authorized_by=node.say("authorizedBy", *name),
        authorized_at=node.say("authorizedBy", "timeValue"),
        purpose=node.say("reportPurpose"),
        number=int(node.say("reportNumber")),
        version=node.say("reportVersion"),
        since=node.say("forTimePeriod", "fromDateTime"),
        until=node.say("forTimePeriod", "toDateTime"),
        title=node.say("reportTitle"),
        incidents=tuple(each.text for each in node.all("incidentID")),
        confidence=node.say("reportConfidence"),
        severity=node.say("severity"),
        position=(float(lat), float(lon)),
        needs=seen.say("immediateNeeds"),
        categories=tuple(each.text for each in seen.all("immediateNeedsCategory")),
        text=seen.say("observationText"),
    )


# --- from a room ------------------------------------------------------------------------------------------------------


def make_sitrep(room: Room, *, lang: str, operation: bool = False) -> SitRep:
    """Tell how things stand in a room; raises InputError where a text that it takes over names anybody."""
    say, now, worst = words(lang), when(room, room.now * 1000), _worst(room)
    said = situation(room, lang)
    refuse_named(room, (("standby", row["text"]) for row in room.board.standby), where="sitrep")
    office = roles()["controller"].named(lang, real=room.setup.real)
    site = room.setup.city.find(room.setup.names.crowds[0])
    purpose = say("exchange.purpose") if operation else f"{say('exchange.exercise')} {say('exchange.purpose')}"
    asked = _asked(room)
    return SitRep(
        message_id=f"{_exercise(room)}-{len(room.records)}",
        prepared_by=office,
        prepared_at=now,
        authorized_by=office,
        authorized_at=now,
        purpose=purpose,
        number=len(room.records),
        version=_version(room),
        since=when(room, 0),
        until=now,
        title=clean(room.setup.title(lang)),
        incidents=(_exercise(room),),
        confidence="SomewhatConfident",
        severity=_SEVERITY[worst],
        position=(round(site.lat, 6), round(site.lon, 6)),
        needs=say("exchange.reinforced" if asked else "exchange.needs_none"),
        categories=("EmergencyMedicalServices",),
        text=clean(_fit(said, _LONGEST, more=lambda n: say("exchange.more", n=n))),
    )


_SEVERITY = {"": "Unknown", "hijau": "Minor", "kuning": "Moderate", "merah": "Severe"}


def _asked(room: Room) -> bool:
    """Say whether reinforcement has been asked for."""
    if room.board.operation is not None:
        return room.board.operation.reinforced is not None
    return bool(room.world.state.world[0]["reinforced"])


def _exercise(room: Room) -> str:
    """Name an exercise so that two of one name differ."""
    return f"{room.setup.file.name}-{room.records[0].hash[:8] if room.records else '0'}"


def _version(room: Room) -> str:
    if room.board.ended:
        return "Final"
    return "Update" if room.now > 0 else "Initial"


def _worst(room: Room) -> str:
    """Give the gravest stage of all places; "" in an operation, where nobody reports one."""
    order = ("hijau", "kuning", "merah")
    return max(stages(room).values(), key=order.index, default="" if room.setup.real else "hijau")


def _fit(said: list[str], longest: int, *, more: Any) -> str:
    """Join sentences as far as they fit, and say how many are left out."""
    for kept in range(len(said), 0, -1):
        rest = [more(len(said) - kept)] if kept < len(said) else []
        text = " ".join([*said[:kept], *rest])
        if len(text) <= longest:
            return text
    return said[0][:longest]


@dataclass(frozen=True)
class Block:
    """Hold a block of the form ICS-209: its number, what it is called, what stands in it."""

    number: int
    title: str
    value: str


@dataclass(frozen=True)
class Ics209:
    """Hold the summary of an incident by the blocks of the form ICS-209; one that is not known is left out."""

    blocks: tuple[Block, ...]

    def to_json(self) -> str:
        """Write the summary."""
        plain = {"form": "ICS-209", "blocks": [asdict(block) for block in self.blocks]}
        return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, data: str | bytes, *, where: str = "ics209") -> Ics209:
        """Read a summary; raises InputError with everything that is not as it should be."""
        remedy = "Export the summary again."
        try:
            plain = json.loads(data)
            rows = plain["blocks"] if plain["form"] == "ICS-209" else None
        except (ValueError, TypeError, KeyError, RecursionError):
            rows = None
        if not isinstance(rows, list):
            raise InputError([Fault(where, "form", "JSON with form ICS-209 and its blocks", "something else", remedy)])
        faults = Faults()
        faults.extend(_block_faults(rows, where))
        faults.raise_if_any()
        return cls(tuple(Block(**row) for row in rows))


def _block_faults(rows: list[Any], where: str) -> Iterator[Fault]:
    """Find what is not a block of the form."""
    remedy, last = "Write each block as number, title and value, in the order of the form.", 0
    for n, row in enumerate(rows):
        ok = isinstance(row, dict) and set(row) == {"number", "title", "value"}
        ok = ok and type(row["number"]) is int and isinstance(row["title"], str) and isinstance(row["value"], str)
        if not ok:
            yield Fault(where, f"blocks[{n}]", "a number, a title and a value", shown(row), remedy)
        elif not last < row["number"] <= 53:
            got = str(row["number"])
            yield Fault(where, f"blocks[{n}].number", f"a number after {last}, to 53", got, remedy)
        else:
            last = row["number"]


def make_ics209(room: Room, *, lang: str, operation: bool = False) -> Ics209:
    """Fill the blocks of ICS-209 that a room can tell; raises InputError where a text names anybody."""
    say, now, harm = words(lang), when(room, room.now * 1000), hurt(room)
    said = situation(room, lang)
    refuse_named(room, (("standby", row["text"]) for row in room.board.standby), where="ics209")
    primary = room.setup.names.crowds[0]
    site, office = room.setup.city.find(primary), roles()["controller"].named(lang, real=room.setup.real)
    hurt_people, hurt_staff = _hurt_rows(harm, say)
    values = {
        1: room.setup.title(lang),
        2: _exercise(room),
        3: say(f"exchange.ics_{_version(room).lower()}"),
        6: when(room, 0),
        11: f"{when(room, 0)} – {now}",
        12: office,
        13: now,
        18: room.setup.city.name.title(),
        22: f"{site.lon:.5f}, {site.lat:.5f}",
        25: ", ".join(place_name(room, place) for place in _named_places(room)),
        28: "\n".join(said),
        31: hurt_people,
        32: hurt_staff,
        47: "" if operation else say("exchange.exercise"),
        51: str(sum(unit.people for unit in room.setup.spec.units)),
        52: str(len(room.setup.spec.units)),
    }
    return Ics209(tuple(Block(n, say(f"exchange.ics_{n}"), value) for n, value in values.items() if value))


def _hurt_rows(harm: dict[str, int], say: Any) -> tuple[str, str]:
    """Say who is hurt, of the public and of the responders; reports of an operation do not tell them apart."""
    if "civilians" not in harm:
        return say("exchange.ics_hurt", n=harm["harmed"]), ""
    public, staff = (say("exchange.ics_hurt", n=harm[name]) for name in ("civilians", "officers"))
    return f"{public} {say('exchange.ics_deaths', n=harm['deaths'])}", staff


def _named_places(room: Room) -> list[str]:
    """Give the places that the summary is about: where people gather, or where something is reported."""
    operation = room.board.operation
    if operation is None:
        return list(room.setup.names.crowds)
    return sorted({*operation.crowds, *(row["place"] for row in operation.open_incidents().values())})
