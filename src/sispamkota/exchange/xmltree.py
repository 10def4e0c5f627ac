"""XML at the edge: read without entities, checked against a grammar with all faults at once, written in order.

A grammar is what a standard's schema says, told as `Rule`s: names, namespaces, order, how often, which values. What
stands in a namespace that a grammar does not know (extensions, signatures) is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn
from xml.etree import ElementTree as ET
from xml.parsers import expat

from sispamkota.errors import Fault, Faults, InputError, reason, shown

__all__ = ["MANY", "Node", "Rule", "check", "clean", "leaf", "parse", "write"]

MANY = 10_000  # as often as wanted
_BYTES, _DEPTH, _NODES = 4_000_000, 32, 100_000
_ILLEGAL = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # \r becomes \n on the way
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")


@dataclass
class Node:
    """Hold an element: its namespace and name, where it stands, its attributes by (namespace, name), its content."""

    space: str
    name: str
    text: str = ""
    parts: list[Node] = field(default_factory=list)
    attributes: dict[tuple[str, str], str] = field(default_factory=dict)
    line: int = 0

    def get(self, *path: str) -> Node | None:
        """Give the first element down a path of names, or None."""
        node: Node | None = self
        for name in path:
            node = next((part for part in node.parts if part.name == name), None) if node else None
        return node

    def say(self, *path: str) -> str:
        """Give the text down a path of names; empty where there is none."""
        node = self.get(*path)
        return node.text if node else ""

    def all(self, name: str) -> list[Node]:
        """Give every element of a name."""
        return [part for part in self.parts if part.name == name]


@dataclass(frozen=True)
class Rule:
    """Say what an element may be: how often it stands, and either its `parts` in order, or the `form` of its text.

    `form` is a word of `_SAID`, or the values that are allowed, or "any": whatever it holds is passed over.
    `longest` is in characters. `record` is the class that a reader makes of it.
    """

    name: str
    space: str
    low: int = 1
    high: int = 1
    form: str | tuple[str, ...] = "text"
    parts: tuple[Rule, ...] = ()
    longest: int = 0
    record: type | None = None


def leaf(space: str, name: str, text: object) -> Node:
    """Make an element that holds text alone."""
    return Node(space, name, str(text))


def clean(text: str) -> str:
    """Leave out what XML cannot carry."""
    return _ILLEGAL.sub("�", text.replace("\r\n", "\n").replace("\r", "\n"))


# --- reading ----------------------------------------------------------------------------------------------------------


def parse(data: str | bytes, *, where: str) -> Node:
    """Read a document's elements; raises InputError for what is no XML, or could harm who reads it.

    A document type is refused before anything in it is read, so no entity is ever expanded or fetched.
    """
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    if len(raw) > _BYTES:
        got, remedy = f"{len(raw)} bytes", "Ask for it in parts."
        raise InputError([Fault(where, "file", f"at most {_BYTES} bytes", got, remedy)])
    reader = _Reader(where)
    try:
        reader.parser.Parse(raw, True)  # noqa: FBT003 - expat takes it by position
    except expat.ExpatError as error:
        remedy = "Ask the sender for the document again."
        fault = Fault(f"{where}:{error.lineno}", "file", "well-formed XML", expat.ErrorString(error.code), remedy)
        raise InputError([fault]) from None
    except InputError:
        raise
    except (LookupError, ValueError) as error:
        remedy = "Save the file as UTF-8."
        raise InputError([Fault(where, "encoding", "UTF-8 text", reason(error), remedy)]) from None
    return reader.top.parts[0]


class _Reader:
    """Build nodes from what expat meets."""

    def __init__(self, where: str) -> None:
        self.where, self.count = where, 0
        self.top = Node("", "")
        self.stack = [self.top]
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.say
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.EntityDeclHandler = self.doctype
        self.parser.ExternalEntityRefHandler = self.doctype

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.stack) > _DEPTH:
            self.refuse(name, f"at most {_DEPTH} elements one in another", "more")
        if self.count > _NODES:
            self.refuse(name, f"at most {_NODES} elements", "more")
        node = Node(*_split(name), line=self.parser.CurrentLineNumber)
        node.attributes = {_split(key): value for key, value in attributes.items()}
        self.stack[-1].parts.append(node)
        self.stack.append(node)

    def end(self, _: str) -> None:
        node = self.stack.pop()
        if node.parts:
            node.text = node.text.strip()

    def say(self, text: str) -> None:
        self.stack[-1].text += text

    def doctype(self, *_: object) -> NoReturn:
        self.refuse("DOCTYPE", "no document type and no entities", "a document type")

    def refuse(self, name: str, expected: str, got: str) -> NoReturn:
        remedy = "Ask the sender for a plain document of the standard."
        where = f"{self.where}:{self.parser.CurrentLineNumber}"
        raise InputError([Fault(where, _split(name)[1], expected, got, remedy)])


def _split(name: str) -> tuple[str, str]:
    """Take expat's "namespace}name" apart."""
    space, _, short = name.rpartition("}")
    return space, short


# --- checking ---------------------------------------------------------------------------------------------------------


def _is_time(text: str) -> bool:
    """Say whether a text is a time with its offset that the calendar has."""
    try:
        return bool(_TIME.fullmatch(text)) and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


_SAID: Mapping[str, str] = {
    "text": "some text",
    "filled": "text that is not empty",
    "time": "a time with its offset, such as 2024-11-27T07:00:00+07:00",
    "whole": "a whole number",
    "count": "a whole number, 0 or more",
    "decimal": "a number",
    "language": "a code of a language, such as id or en",
    "name": "an identifier of letters, digits, - . _",
    "token": "an identifier without spaces, commas, < and &",
    "position": "a latitude and a longitude in degrees",
    "circle": "a latitude, longitude and a radius in km, such as -7.98,112.63 0.5",
    "polygon": "four or more pairs of latitude and longitude, the last like the first",
    "truth": "true or false",
}


def _pairs(text: str, between: str = ",") -> list[tuple[float, float]]:
    """Read pairs of degrees; raises ValueError where they are none."""
    pairs = []
    for pair in text.split(" ") if between == "," else [text]:
        lat, lon = (float(each) for each in pair.split(between) if re.fullmatch(r"-?\d{1,3}(\.\d+)?", each))
        if abs(lat) > 90 or abs(lon) > 180:
            raise ValueError(text)
        pairs.append((lat, lon))
    return pairs


def _circle(text: str) -> bool:
    centre, radius = text.split(" ")
    return bool(_pairs(centre)) and bool(re.fullmatch(r"\d+(\.\d+)?", radius))


def _polygon(text: str) -> bool:
    ring = _pairs(text)
    return len(ring) >= 4 and ring[0] == ring[-1]


_HOLDS: Mapping[str, Callable[[str], Any]] = {
    "text": lambda _: True,
    "filled": lambda text: text.strip(),
    "time": _is_time,
    "whole": lambda text: re.fullmatch(r"[-+]?\d{1,18}", text.strip(), re.ASCII),
    "count": lambda text: re.fullmatch(r"\+?\d{1,18}", text.strip(), re.ASCII),
    "decimal": lambda text: re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)", text.strip(), re.ASCII),
    "language": lambda text: re.fullmatch(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*", text),
    "name": lambda text: re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", text),
    "token": lambda text: re.fullmatch(r"[^\s,<&]+", text),
    "position": lambda text: _pairs(text, " "),
    "circle": _circle,
    "polygon": _polygon,
    "truth": lambda text: text.strip() in ("true", "false", "1", "0"),
}


def _holds(form: str | tuple[str, ...], text: str) -> bool:
    """Say whether a text has a form."""
    if isinstance(form, tuple):
        return text in form
    try:
        return bool(_HOLDS[form](text))
    except ValueError:
        return False


def check(node: Node, rule: Rule, *, where: str) -> Faults:
    """Find everything in which a document is not what a grammar says."""
    faults = Faults()
    if (node.space, node.name) != (rule.space, rule.name):
        got, remedy = (
            f"the element {node.name} of {shown(node.space)}",
            "Check which standard it is; upper and lower case count.",
        )
        faults.add(
            where=f"{where}:{node.line}",
            field=node.name,
            expected=f"the element {rule.name} of {rule.space}",
            got=got,
            remedy=remedy,
        )
        return faults
    spaces = set(_spaces(rule))
    _check(node, rule, f"{where}:", spaces, faults)
    return faults


def _spaces(rule: Rule) -> Iterator[str]:
    """Go through the namespaces that a grammar knows."""
    yield rule.space
    for part in rule.parts:
        yield from _spaces(part)


def _check(node: Node, rule: Rule, where: str, spaces: set[str], faults: Faults) -> None:
    """Check one element and what stands in it."""
    if rule.form == "any":
        return
    place = f"{where}{node.line}"
    if not rule.parts:
        _check_text(node, rule, place, faults)
    elif node.text.strip():
        got, remedy = shown(node.text), "Put the text into an element of its own."
        faults.add(where=place, field=node.name, expected="elements, no text", got=got, remedy=remedy)
    names = {(part.space, part.name): row for row, part in enumerate(rule.parts)}
    rows = [(part, names.get((part.space, part.name), -1)) for part in node.parts]
    rows = [(part, row) for part, row in rows if row >= 0 or part.space in spaces]
    _check_order(rows, rule, where, faults)
    for part, row in rows:
        if row >= 0:
            _check(part, rule.parts[row], where, spaces, faults)
    for row, part_rule in enumerate(rule.parts):
        if sum(each == row for _, each in rows) < part_rule.low:
            expected, remedy = f"the element {part_rule.name} in {rule.name}", "Add it; the standard requires it."
            faults.add(where=place, field=part_rule.name, expected=expected, got="nothing", remedy=remedy)


def _check_order(rows: list[tuple[Node, int]], rule: Rule, where: str, faults: Faults) -> None:
    """Find elements that are not known (row -1), stand too late, or too often."""
    counts, furthest = [0] * len(rule.parts), 0
    for part, row in rows:
        place = f"{where}{part.line}"
        if row < 0:
            known = ", ".join(each.name for each in rule.parts) or "none"
            expected, remedy = (
                f"in {rule.name} the elements {known} only",
                "Take it out, or write its name as the standard does.",
            )
            faults.add(where=place, field=part.name, expected=expected, got=part.name, remedy=remedy)
            continue
        if row < furthest:
            expected, remedy = (
                f"the element {part.name} before {rule.parts[furthest].name}",
                "Keep the order of the standard.",
            )
            faults.add(where=place, field=part.name, expected=expected, got="it after that", remedy=remedy)
        furthest, counts[row] = max(furthest, row), counts[row] + 1
        if counts[row] == rule.parts[row].high + 1:
            expected, remedy = f"the element {part.name} at most {rule.parts[row].high} times", "Take the others out."
            faults.add(where=place, field=part.name, expected=expected, got="more", remedy=remedy)


def _check_text(node: Node, rule: Rule, place: str, faults: Faults) -> None:
    """Check the text of an element that holds no other."""
    if not _holds(rule.form, node.text):
        said = f"one of {', '.join(rule.form)}" if isinstance(rule.form, tuple) else _SAID[rule.form]
        remedy = "Write it as the standard asks."
        faults.add(where=place, field=node.name, expected=said, got=shown(node.text), remedy=remedy)
    if rule.longest and len(node.text) > rule.longest:
        expected, remedy = f"at most {rule.longest} characters", "Shorten the text."
        faults.add(where=place, field=node.name, expected=expected, got=str(len(node.text)), remedy=remedy)


# --- writing ----------------------------------------------------------------------------------------------------------


def write(node: Node, rule: Rule, prefixes: Mapping[str, str], *, where: str, also: Iterable[Fault] = ()) -> str:
    """Write a document as UTF-8 text; raises InputError with everything in which it is not what the grammar says."""
    faults = check(node, rule, where=where)
    faults.extend(also)
    for each in _walk(node):
        if any(_ILLEGAL.search(text) for text in (each.text, *each.attributes.values())):
            remedy = "Take the control characters out."
            faults.add(
                where=where,
                field=each.name,
                expected="characters that XML can carry",
                got=shown(each.text),
                remedy=remedy,
            )
    faults.raise_if_any()
    element = _element(node, prefixes)
    for space, prefix in prefixes.items():
        element.set(f"xmlns:{prefix}" if prefix else "xmlns", space)
    ET.indent(element)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(element, encoding="unicode") + "\n"


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from _walk(part)


def _named(space: str, name: str, prefixes: Mapping[str, str]) -> str:
    prefix = prefixes.get(space, "")
    return f"{prefix}:{name}" if prefix else name


def _element(node: Node, prefixes: Mapping[str, str]) -> ET.Element:
    """Make the element that is written; its names carry their prefixes."""
    element = ET.Element(_named(node.space, node.name, prefixes))
    for (space, name), value in node.attributes.items():
        element.set(_named(space, name, prefixes), value)
    element.text = node.text or None
    element.extend(_element(part, prefixes) for part in node.parts)
    return element
