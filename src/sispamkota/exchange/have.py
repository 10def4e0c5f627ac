"""EDXL-HAVE 2.0: how hospitals stand, written and read.

The namespace is in lower case. Names and order are those of the working draft of the schema that the standard's editor
published (after draft 08); docs/reference/exchange-standards.md says what of the final one could not be seen.
HAVE has no mark for an exercise, so the comment of the report says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sispamkota.errors import Fault, InputError
from sispamkota.exercise import Room
from sispamkota.words import words

from .situation import place_name, when
from .xmltree import MANY, Node, Rule, check, clean, leaf, parse, write

__all__ = ["HAVE", "Facility", "Have", "Service", "make_have"]

HAVE = "urn:oasis:names:tc:emergency:edxl:have:2.0"
CT = "urn:oasis:names:tc:emergency:edxl:ct:1.0"
XNL = "urn:oasis:names:tc:emergency:edxl:ciq:1.0:xnl"
GML = "http://www.opengis.net/gml/3.2"
_PREFIXES = {HAVE: "have", CT: "edxl-ct", XNL: "n", GML: "gml"}
_TAXONOMY = "urn:sispamkota:have:services:1"
# The numbers of a hospital's desk. Who waits is told as HAVE tells what is beyond capacity: fewer than none are free.
_NUMBERS = {"igd_free": "igd", "igd_waiting": "igd.waiting", "icu_free": "icu", "ward_free": "ward"}


@dataclass(frozen=True)
class Service:
    """Hold a service of a hospital; `available` beds below 0 are patients beyond what it can take."""

    key: str
    name: str
    available: int
    baseline: int | None = None


@dataclass(frozen=True)
class Facility:
    """Hold a hospital: where it is in degrees (None: not told), from when to when what follows held."""

    id: str
    name: str
    position: tuple[float, float] | None
    since: str
    until: str
    services: tuple[Service, ...]


@dataclass(frozen=True)
class Have:
    """Hold a report of hospitals; times as 2024-11-27T07:00:00+07:00."""

    organization: str
    since: str
    until: str
    comment: str
    facilities: tuple[Facility, ...]

    def to_xml(self) -> str:
        """Write the report; raises InputError with everything in which it does not fit the grammar."""
        return write(_to_node(self), _HAVE, _PREFIXES, where="have", also=_faults(self, "have"))

    @classmethod
    def from_xml(cls, data: str | bytes, *, where: str = "have") -> Have:
        """Read a report; raises InputError with everything in which the document does not fit the grammar."""
        node = parse(data, where=where)
        faults = list(check(node, _HAVE, where=where))
        if faults:
            raise InputError(faults)
        have = _from_node(node)
        faults = list(_faults(have, where))
        if faults:
            raise InputError(faults)
        return have


def _rule(name: str, *parts: Rule, low: int = 1, high: int = 1, space: str = HAVE) -> Rule:
    return Rule(name, space, low, high, parts=parts)


def _text(name: str, form: str | tuple[str, ...] = "text", *, low: int = 1, space: str = HAVE) -> Rule:
    return Rule(name, space, low, form=form)


def _over(*names: str) -> tuple[Rule, ...]:
    """Name elements that may stand there and are not read."""
    return tuple(Rule(name, HAVE, 0, MANY, "any") for name in names)


_PERIOD = _rule(
    "reportingPeriod", _text("fromDateTime", "time", space=CT), _text("toDateTime", "time", space=CT), low=0
)
_NAMED = _rule("OrganisationName", Rule("NameElement", XNL, 0, MANY), space=XNL)
_POINT = _rule("Point", _text("pos", "position", space=GML), space=GML)
_INFORMATION = _rule(
    "facilityInformation",
    _text("facilityID", "name"),
    *_over("parentFacility"),
    _text("facilityName", "filled"),
    _rule("facilityGeoLocation", _rule("EDXLGeoLocation", _POINT, space=CT), low=0),
    _rule("facilityDetails", _NAMED),
    _text("facilityKind", ("Hospital", "LongTermCare", "TemporaryFacility"), low=0),
    *_over("facilityProfile", "clinicalStatusDefault", "clinicalStatus", "emergencyDepartmentStatus"),
    *_over("emergencyOperations", "helipad"),
)
_BEDS = _rule(
    "serviceBedCapacity",
    _text("availableCount", "whole"),
    _text("baselineCount", "count", low=0),
    *_over("capacityNote", "availability"),
    low=0,
)
_SERVICE = _rule(
    "serviceListItem",
    _text("serviceTaxonomyKeyValue", "filled"),
    _text("serviceName", "filled"),
    *_over("serviceStatus"),
    _BEDS,
    *_over("capacity", "staffingLevels", "comment", "futureServiceStates"),
    high=MANY,
)
_SERVICES = _rule(
    "serviceList",
    _text("taxonomyURI"),
    _text("taxonomyName"),
    *_over("serviceTaxonomyComment", "serviceListComment"),
    _SERVICE,
    high=MANY,
)
_FACILITY = _rule(
    "facility",
    _INFORMATION,
    _PERIOD,
    *_over("activityInPeriod"),
    _SERVICES,
    *_over(
        "capacity", "resources", "commentText", "facilityColourStatus", "securityStatus", "operations", "capabilities"
    ),
    high=MANY,
)
_HAVE = _rule("HAVE", _rule("organizationInformation", _NAMED), _PERIOD, _text("reportComment", low=0), _FACILITY)


def _organisation(name: str) -> Node:
    return Node(XNL, "OrganisationName", parts=[leaf(XNL, "NameElement", name)])


def _period(since: str, until: str) -> Node:
    parts = [leaf(CT, "fromDateTime", since), leaf(CT, "toDateTime", until)]
    return Node(HAVE, "reportingPeriod", parts=parts)


def _to_node(have: Have) -> Node:
    top = Node(HAVE, "HAVE", parts=[Node(HAVE, "organizationInformation", parts=[_organisation(have.organization)])])
    if have.since or have.until:
        top.parts.append(_period(have.since, have.until))
    if have.comment:
        top.parts.append(leaf(HAVE, "reportComment", have.comment))
    top.parts += [_facility(each) for each in have.facilities]
    return top


def _facility(each: Facility) -> Node:
    told = Node(HAVE, "facilityInformation")
    told.parts = [leaf(HAVE, "facilityID", each.id), leaf(HAVE, "facilityName", each.name)]
    if each.position is not None:
        point = Node(GML, "Point", parts=[leaf(GML, "pos", "{:.6f} {:.6f}".format(*each.position))])
        point.attributes[GML, "id"] = f"at-{each.id}"
        place = Node(CT, "EDXLGeoLocation", parts=[point])
        told.parts.append(Node(HAVE, "facilityGeoLocation", parts=[place]))
    told.parts.append(Node(HAVE, "facilityDetails", parts=[_organisation(each.name)]))
    told.parts.append(leaf(HAVE, "facilityKind", "Hospital"))
    services = Node(HAVE, "serviceList", parts=[leaf(HAVE, "taxonomyURI", _TAXONOMY)])
    services.parts.append(leaf(HAVE, "taxonomyName", "sispamkota"))
    services.parts += [_service(service) for service in each.services]
    period = [_period(each.since, each.until)] if each.since or each.until else []
    return Node(HAVE, "facility", parts=[told, *period, services])


def _service(service: Service) -> Node:
    beds = Node(HAVE, "serviceBedCapacity", parts=[leaf(HAVE, "availableCount", service.available)])
    if service.baseline is not None:
        beds.parts.append(leaf(HAVE, "baselineCount", service.baseline))
    parts = [leaf(HAVE, "serviceTaxonomyKeyValue", service.key), leaf(HAVE, "serviceName", service.name), beds]
    return Node(HAVE, "serviceListItem", parts=parts)


def _from_node(node: Node) -> Have:
    """Make the report of a document that has been checked."""
    period = "reportingPeriod"
    return Have(
        organization=node.say("organizationInformation", "OrganisationName", "NameElement"),
        since=node.say(period, "fromDateTime"),
        until=node.say(period, "toDateTime"),
        comment=node.say("reportComment"),
        facilities=tuple(
            Facility(
                id=each.say("facilityInformation", "facilityID"),
                name=each.say("facilityInformation", "facilityName"),
                position=_position(
                    each.say("facilityInformation", "facilityGeoLocation", "EDXLGeoLocation", "Point", "pos")
                ),
                since=each.say(period, "fromDateTime"),
                until=each.say(period, "toDateTime"),
                services=tuple(
                    _read_service(one)
                    for lot in each.all("serviceList")
                    for one in lot.all("serviceListItem")
                    if one.get("serviceBedCapacity")
                ),
            )
            for each in node.all("facility")
        ),
    )


def _position(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    lat, lon = text.split(" ")
    return float(lat), float(lon)


def _read_service(node: Node) -> Service:
    free, baseline = (node.say("serviceBedCapacity", name) for name in ("availableCount", "baselineCount"))
    key, name = node.say("serviceTaxonomyKeyValue"), node.say("serviceName")
    return Service(key, name, int(free), int(baseline) if baseline else None)


def _faults(have: Have, where: str) -> Iterator[Fault]:
    """Find what the schema's identifiers ask: each stands once."""
    names = [each.id for each in have.facilities]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Fault(
            where, "facilityID", "an identifier that stands once", f'"{name}" again', "Report each hospital once."
        )


def make_have(room: Room, *, lang: str, operation: bool = False) -> Have:
    """Tell how the hospitals of a room stand, as their desks said last; raises InputError where none has said so.

    What the simulated world knows besides is not told: a report is what a hospital reports. How many beds there are in
    all is told of an exercise alone, for there they are what is played.
    """
    say, now = words(lang), when(room, room.now * 1000)
    told = room.board.hospitals
    if not told:
        remedy = "Let a hospital's desk say its numbers first."
        raise InputError([Fault("have", "facility", "a hospital that has reported", "none", remedy)])
    silent = len(room.setup.names.hospitals) - len(told)
    comment = say("exchange.have_silent", n=silent) if silent else ""
    if not operation:
        comment = f"{say('exchange.exercise')} {comment}".strip()
    beds = dict[str, dict[str, int]]()
    for hospital in room.setup.spec.hospitals if not operation else ():  # how many there really are nobody reports
        beds[hospital.id] = dict(zip(("igd", "", "icu", "ward"), hospital.beds, strict=True))
    facilities = []
    for ref in sorted(told):
        site, row, at = room.setup.city.find(ref), told[ref], when(room, told[ref]["at"])
        services = tuple(
            Service(key, say(f"exchange.have_{name}"), -row[name], 0)
            if name == "igd_waiting"
            else Service(key, say(f"exchange.have_{name}"), row[name], beds.get(ref, {}).get(key))
            for name, key in _NUMBERS.items()
            if row.get(name) is not None
        )
        name, position = clean(place_name(room, ref)), (round(site.lat, 6), round(site.lon, 6))
        facilities.append(Facility(_identifier(ref), name, position, at, at, services))
    title = clean(room.setup.title(lang))
    return Have(title, when(room, 0), now, comment, tuple(facilities))


def _identifier(ref: str) -> str:
    """Make an XML identifier of a reference."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", ref)
    return name if re.match(r"[A-Za-z_]", name) else f"_{name}"
