"""CAP 1.2: alerts to the public, written and read; the rules of the schema and of the standard's text are checked.

Names, order and values are those of the OASIS standard "Common Alerting Protocol 1.2" (1 July 2010). Signatures are
passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sispamkota.errors import Fault, InputError, shown

from .xmltree import MANY, Node, Rule, check, leaf, parse, write

__all__ = ["CAP", "Alert", "Area", "Info", "Pair", "Resource"]

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
_STATUS = ("Actual", "Exercise", "System", "Test", "Draft")
_TYPES = ("Alert", "Update", "Cancel", "Ack", "Error")
_SCOPES = ("Public", "Restricted", "Private")
_CATEGORIES = (
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other",
)  # fmt: skip
_RESPONSES = ("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None")
_URGENCY = ("Immediate", "Expected", "Future", "Past", "Unknown")
_SEVERITY = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
_CERTAINTY = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")


@dataclass(frozen=True)
class Pair:
    """Hold a name and a value that a sender agreed on with others."""

    value_name: str
    value: str


@dataclass(frozen=True)
class Resource:
    """Hold a file that goes with an alert."""

    resource_desc: str
    mime_type: str
    size: str = ""
    uri: str = ""
    deref_uri: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Area:
    """Hold where an alert holds: in words, and as polygons ("lat,lon lat,lon …") or circles ("lat,lon km")."""

    area_desc: str
    polygon: tuple[str, ...] = ()
    circle: tuple[str, ...] = ()
    geocode: tuple[Pair, ...] = ()
    altitude: str = ""
    ceiling: str = ""


@dataclass(frozen=True)
class Info:
    """Hold what an alert says in one language; times as 2024-11-27T07:00:00+07:00; what is empty is left out."""

    category: tuple[str, ...]
    event: str
    urgency: str
    severity: str
    certainty: str
    language: str = ""
    response_type: tuple[str, ...] = ()
    audience: str = ""
    event_code: tuple[Pair, ...] = ()
    effective: str = ""
    onset: str = ""
    expires: str = ""
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    contact: str = ""
    parameter: tuple[Pair, ...] = ()
    resource: tuple[Resource, ...] = ()
    area: tuple[Area, ...] = ()


@dataclass(frozen=True)
class Alert:
    """Hold an alert."""

    identifier: str
    sender: str
    sent: str
    status: str
    msg_type: str
    scope: str
    source: str = ""
    restriction: str = ""
    addresses: str = ""
    code: tuple[str, ...] = ()
    note: str = ""
    references: str = ""
    incidents: str = ""
    info: tuple[Info, ...] = ()

    def to_xml(self) -> str:
        """Write the alert; raises InputError with everything in which it is no CAP 1.2."""
        return write(_to_node(self, _ALERT), _ALERT, {CAP: ""}, where="cap", also=_faults(self, "cap"))

    @classmethod
    def from_xml(cls, data: str | bytes, *, where: str = "cap") -> Alert:
        """Read an alert; raises InputError with everything in which the document is no CAP 1.2."""
        node = parse(data, where=where)
        faults = list(check(node, _ALERT, where=where))
        if faults:
            raise InputError(faults)
        alert: Alert = _from_node(node, _ALERT)
        faults = list(_faults(alert, where))
        if faults:
            raise InputError(faults)
        return alert


def _one(name: str, form: str | tuple[str, ...] = "text", *, low: int = 1, high: int = 1) -> Rule:
    return Rule(name, CAP, low, high, form)


def _maybe(name: str, form: str | tuple[str, ...] = "text", *, high: int = 1) -> Rule:
    return _one(name, form, low=0, high=high)


def _pair(name: str) -> Rule:
    return Rule(name, CAP, 0, MANY, parts=(_one("valueName"), _one("value")), record=Pair)


_RESOURCE = Rule(
    "resource", CAP, 0, MANY, record=Resource,
    parts=(
        _one("resourceDesc"), _one("mimeType"), _maybe("size", "whole"), _maybe("uri"), _maybe("derefUri"),
        _maybe("digest"),
    ),
)  # fmt: skip
_AREA = Rule(
    "area", CAP, 0, MANY, record=Area,
    parts=(
        _one("areaDesc"), _maybe("polygon", "polygon", high=MANY), _maybe("circle", "circle", high=MANY),
        _pair("geocode"), _maybe("altitude", "decimal"), _maybe("ceiling", "decimal"),
    ),
)  # fmt: skip
_INFO = Rule(
    "info", CAP, 0, MANY, record=Info,
    parts=(
        _maybe("language", "language"), _one("category", _CATEGORIES, high=MANY), _one("event"),
        _maybe("responseType", _RESPONSES, high=MANY), _one("urgency", _URGENCY), _one("severity", _SEVERITY),
        _one("certainty", _CERTAINTY), _maybe("audience"), _pair("eventCode"), _maybe("effective", "time"),
        _maybe("onset", "time"), _maybe("expires", "time"), _maybe("senderName"), _maybe("headline"),
        _maybe("description"), _maybe("instruction"), _maybe("web"), _maybe("contact"), _pair("parameter"),
        _RESOURCE, _AREA,
    ),
)  # fmt: skip
_ALERT = Rule(
    "alert", CAP, record=Alert,
    parts=(
        _one("identifier", "token"), _one("sender", "token"), _one("sent", "time"), _one("status", _STATUS),
        _one("msgType", _TYPES), _maybe("source"), _one("scope", _SCOPES), _maybe("restriction"), _maybe("addresses"),
        _maybe("code", high=MANY), _maybe("note"), _maybe("references"), _maybe("incidents"), _INFO,
    ),
)  # fmt: skip


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower()


def _to_node(value: Any, rule: Rule) -> Node:
    """Turn a record into elements, in the order of the grammar."""
    node = Node(rule.space, rule.name)
    for part in rule.parts:
        held = getattr(value, _snake(part.name))
        for each in held if part.high > 1 else (held,):
            if each or part.low or part.high > 1:
                node.parts.append(_to_node(each, part) if part.record else leaf(part.space, part.name, each))
    return node


def _from_node(node: Node, rule: Rule) -> Any:
    """Make the record of an element that has been checked."""
    held: dict[str, Any] = {}
    for part in rule.parts:
        found = node.all(part.name)
        values = tuple(_from_node(each, part) if part.record else each.text for each in found)
        held[_snake(part.name)] = values if part.high > 1 else (values or ("",))[0]
    assert rule.record is not None  # noqa: S101 - the grammar above
    return rule.record(**{each.name: held[each.name] for each in fields(rule.record)})


def _faults(alert: Alert, where: str) -> Iterator[Fault]:
    """Find what the standard's text asks beyond its schema."""
    needs = {"Restricted": ("restriction", alert.restriction), "Private": ("addresses", alert.addresses)}
    if alert.scope in needs and not needs[alert.scope][1]:
        name, remedy = needs[alert.scope][0], "Say for whom the alert is."
        yield Fault(where, name, f"text, as the scope is {alert.scope}", "nothing", remedy)
    if alert.msg_type in ("Update", "Cancel", "Ack", "Error") and not alert.references:
        remedy = "Name the earlier alert as sender,identifier,sent."
        yield Fault(where, "references", f"an earlier alert, as this is of type {alert.msg_type}", "nothing", remedy)
    for each in alert.references.split():
        if len(each.split(",")) != 3:
            remedy = "Name the earlier alert as sender,identifier,sent."
            yield Fault(where, "references", "sender,identifier,sent", shown(each), remedy)
    for n, info in enumerate(alert.info):
        begins = info.onset or info.effective or alert.sent
        if info.expires and _late(begins, info.expires):
            remedy = "Let the alert expire after it begins."
            yield Fault(where, f"info[{n}].expires", f"a time after {begins}", info.expires, remedy)


def _late(begins: str, expires: str) -> bool:
    """Say whether an alert expires before it begins; what is no time is told elsewhere."""
    try:
        return datetime.fromisoformat(expires) <= datetime.fromisoformat(begins)
    except (ValueError, TypeError):
        return False
