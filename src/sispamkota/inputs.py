"""The edge: files of the user become checked values, with all faults at once, each with file and line.

YAML is read as plain data, by the core rules of YAML 1.2 without octal and hexadecimal numbers: `no` and `12:30`
are text, and so is anything with a leading zero (codes keep their zeros). Aliases, tags and duplicate keys are refused.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast, get_args

import pydantic
import yaml

from .errors import Fault, Faults, InputError, quoted, reason, shown, suggest

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DATA",
    "Document",
    "Features",
    "Model",
    "described",
    "locate",
    "own_file",
    "read_csv",
    "read_features",
    "read_geojson",
    "read_yaml",
    "validate",
]

DATA = Path(__file__).parent / "data"
_DEPTH = 32
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")

Loc = tuple[str | int, ...]


class Model(pydantic.BaseModel):
    """Describe one table of an input file: frozen, strict about types, unknown keys refused, finite numbers only."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


M = TypeVar("M", bound=pydantic.BaseModel)


@dataclass(frozen=True)
class Document:
    """Hold what one YAML file says, and on which line it says it."""

    data: dict[str, Any]
    path: Path
    lines: Mapping[Loc, int]
    faults: tuple[Fault, ...] = ()  # what was read over: duplicate keys, aliases, tags; `validate` tells them

    def where(self, *loc: str | int) -> str:
        """Answer "file.yaml:12" for a key path; parts that the file does not have are passed over."""
        known: Loc = ()
        for part in loc:
            if (*known, part) in self.lines:
                known = (*known, part)
        return f"{self.path}:{self.lines.get(known, 1)}"


def locate(name: str | Path, folder: str, *, suffix: str = ".yaml") -> Path:
    """Find an embedded file by its bare name in data/<folder>, or take `name` as a path of the user's own.

    "./name" is always a path. Raises InputError for a bare name that is neither embedded nor here.
    """
    path, embedded = Path(name), DATA / folder / f"{name}{suffix}"
    if path.name != str(name) or path.suffix:
        return path
    if embedded.is_file():
        return embedded
    if not path.exists():
        known = sorted(file.name.removesuffix(suffix) for file in (DATA / folder).glob(f"*{suffix}"))
        expected, remedy = f"a name in {folder}, or the path of a file", _sentence(suggest(str(name), known))
        raise InputError([Fault(str(name), folder, expected, shown(str(name)), remedy)])
    return path


def _read_text(path: Path, faults: Faults, *, kind: str) -> str | None:
    """Read a whole UTF-8 file; a file that cannot be read becomes a fault and None."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        got, remedy = f"the byte 0x{error.object[error.start]:02x}", "Save the file as UTF-8."
        faults.add(where=f"{path}:{line}", field="encoding", expected="UTF-8 text", got=got, remedy=remedy)
    except (OSError, ValueError) as error:
        got = reason(error)
        remedy = "Check the path and its permissions."
        faults.add(where=str(path), field="file", expected=f"a readable {kind} file", got=got, remedy=remedy)
    return None


def read_yaml(path: str | Path) -> Document:
    """Read one YAML file whose top level is a mapping.

    Duplicate keys, aliases and tags are faults of the document, so that a caller can go on and find more. Raises
    InputError for what stops the reading: no such file, no UTF-8, no YAML.
    """
    path, faults = Path(path), Faults()
    text = _read_text(path, faults, kind="YAML")
    faults.raise_if_any()
    reader = _YamlReader(text or "", path, faults)
    try:
        data = reader.document()
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark else 1
        got = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        remedy = "Check indentation, colons and quotes on this line and the one above."
        faults.add(where=f"{path}:{line}", field="YAML", expected="valid YAML", got=str(got), remedy=remedy)
        raise InputError(faults) from None
    if not isinstance(data, dict):
        got, remedy = shown(data) if data is not None else "nothing", 'Start with lines such as "kind: …".'
        faults.add(where=f"{path}:1", field="file", expected="a mapping (key: value)", got=got, remedy=remedy)
        raise InputError(faults)
    return Document(data, path, reader.lines, tuple(faults))


def own_file(model: type[M], folder: str, name: str) -> M:
    """Read a YAML file of data/<folder> against its model, once; raises InputError with every fault."""
    return cast("M", _own_file(model, folder, name))


@cache
def _own_file(model: type[pydantic.BaseModel], folder: str, name: str) -> pydantic.BaseModel | None:
    """Do the work of own_file."""
    faults = Faults()
    value = validate(model, read_yaml(DATA / folder / f"{name}.yaml"), faults)
    faults.raise_if_any()
    return value


class _YamlReader:
    """Build plain values from the parser's events, noting the line of every key and item."""

    def __init__(self, text: str, path: Path, faults: Faults) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.events: Iterator[Any] = iter(yaml.parse(text, Loader=loader))
        self.path, self.faults = path, faults
        self.lines: dict[Loc, int] = {}

    def document(self) -> Any:
        """Read the one document of the stream."""
        next(self.events)
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        data = self.value(next(self.events), ())
        next(self.events)
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            self.fault(event, "file", "one document", "a second one", 'Remove the line "---" and what follows it.')
        return data

    def fault(self, event: Any, field: str, expected: str, got: str, remedy: str) -> None:
        """Note a fault on the line of an event."""
        where = f"{self.path}:{_line(event)}"
        self.faults.add(where=where, field=field, expected=expected, got=got, remedy=remedy)

    def value(self, event: Any, loc: Loc) -> Any:
        """Read the node that starts with `event`; `loc` is its key path."""
        self.lines.setdefault(loc, _line(event))
        field = _dotted(loc)
        if len(loc) > _DEPTH:
            self.fault(event, field, f"at most {_DEPTH} levels", "more", "Flatten the file.")
            self.faults.raise_if_any()
        if isinstance(event, yaml.AliasEvent):
            self.fault(event, field, "a value", f"the alias *{event.anchor}", "Write the value out in full.")
            return None
        if event.tag is not None:
            self.fault(event, field, "a plain value", f"the tag {event.tag}", "Remove the tag.")
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(loc)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(loc)
        return _scalar(event.value) if event.implicit[0] else event.value

    def sequence(self, loc: Loc) -> list[Any]:
        """Read items up to the end of the list."""
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*loc, len(items))))
        return items

    def mapping(self, loc: Loc) -> dict[str, Any]:
        """Read keys and values up to the end of the mapping."""
        table: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self.fault(event, _dotted(loc), "a plain key", "a list, mapping or alias as key", "Write a word.")
                self.value(event, (*loc, ""))
                self.value(next(self.events), (*loc, ""))
                continue
            key, inner = event.value, (*loc, event.value)
            if key in table:
                first = f"it again (first on line {self.lines[inner]})"
                self.fault(event, _dotted(inner), "each key once", first, "Keep one of the two.")
                self.value(next(self.events), inner)
                continue
            self.lines[inner] = _line(event)
            table[key] = self.value(next(self.events), inner)
        return table


def _line(event: Any) -> int:
    """Give the line, from 1, on which an event starts."""
    return int(event.start_mark.line) + 1


def _scalar(text: str) -> Any:
    """Resolve a plain scalar: null, true, false, a number, else text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _dotted(loc: Sequence[str | int]) -> str:
    """Write a key path the way people do: units[3].people."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return text.removeprefix(".") or "file"


def validate(model: type[M], document: Document, faults: Faults) -> M | None:
    """Check a document against a model; each fault gets its line, its field and a remedy, and None comes back."""
    faults.extend(document.faults)
    try:
        return model.model_validate_json(json.dumps(document.data))
    except pydantic.ValidationError as error:
        items = error.errors(include_url=False)
        inner = {item["loc"][:n] for item in items for n in range(len(item["loc"]))}
        for item in items:
            loc = item["loc"]
            if loc in inner:  # only says that something inside is wrong
                continue
            expected, got, remedy = described(model, item)
            faults.add(where=document.where(*loc), field=_dotted(loc), expected=expected, got=got, remedy=remedy)
    return None


def described(model: type[pydantic.BaseModel], item: Any) -> tuple[str, str, str]:
    """Put one pydantic error in the reader's words: expected, got, remedy."""
    name = str(item["loc"][-1]) if item["loc"] else "file"
    if item["type"] == "missing":
        return "a value", "nothing", f'Add "{name}: …".'
    if item["type"] == "extra_forbidden":
        return "a known key", shown(name), _sentence(suggest(name, _known_keys(model, item["loc"])))
    expected = item["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    remedy = "Correct this value."
    if item["type"] in {"literal_error", "enum"}:
        remedy = _sentence(suggest(str(item["input"]), re.findall(r"'([^']*)'", expected)))
    return expected, shown(item["input"]), remedy


def _sentence(text: str) -> str:
    """Start with a capital and end with a mark."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(("?", ".", ")")) else ".")


def _known_keys(model: type[pydantic.BaseModel], loc: Loc) -> list[str]:
    """List the keys that are allowed beside the last part of `loc`."""
    models = [model]
    for part in loc[:-1]:
        fields = [each.model_fields[part] for each in models if isinstance(part, str) and part in each.model_fields]
        models = [inner for field in fields for inner in _models(field.annotation)] or models
    return sorted({name for each in models for name in each.model_fields})


def _models(annotation: Any) -> Iterator[type[pydantic.BaseModel]]:
    """Find the models inside an annotation such as `list[Unit] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def read_csv(path: str | Path, *, required: Sequence[str], faults: Faults) -> pd.DataFrame:
    """Read a CSV file as text, one row a record; the column `line` is the line of the file on which the row starts.

    Cells are stripped, an empty cell is "". A row that cannot be read is left out and becomes a fault, and so does
    a missing column, which comes back empty and is named in `.attrs["absent"]`: the caller can go on.
    """
    import pandas as pd

    path = Path(path)
    text = _read_text(path, faults, kind="CSV")
    header, rows = _csv_rows(text, path, faults) if text is not None else ([], [])
    frame = pd.DataFrame([row for _, row in rows], columns=header, dtype=str)
    absent = [name for name in required if name not in header]
    for name in absent if header else ():
        remedy = _sentence(suggest(name, header))
        faults.add(where=f"{path}:1", field=name, expected="this column", got="no such column", remedy=remedy)
    frame = frame.assign(**dict.fromkeys(absent, ""))
    frame.attrs["absent"] = absent
    frame["line"] = pd.Series([line for line, _ in rows], dtype="int64")
    return frame


def _csv_rows(text: str, path: Path, faults: Faults) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Split a CSV text into its header and its (line, cells); faults for what does not fit the header."""
    reader, line, header = csv.reader(io.StringIO(text, newline=""), strict=True), 1, list[str]()
    rows: list[tuple[int, list[str]]] = []

    def fault(field: str, expected: str, got: str, remedy: str) -> None:
        """Note a fault on the present line."""
        faults.add(where=f"{path}:{line}", field=field, expected=expected, got=got, remedy=remedy)

    try:
        for record in reader:
            cells = [cell.strip() for cell in record]
            if not header and any(cells):
                header = cells
                for name in sorted({name for name in header if not name or name == "line" or header.count(name) > 1}):
                    fault("header", "each column named once ('line' is ours)", shown(name), "Rename this column.")
            elif any(cells) and len(cells) != len(header):
                remedy = "Quote cells that hold a comma, or complete the row."
                fault("row", f"{len(header)} cells as in the header", f"{len(cells)}", remedy)
            elif any(cells):
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        fault("row", "a CSV row", quoted(error), "Close the quotes, and save the file as plain CSV.")
    if len(set(header) - {"", "line"}) < len(header):
        return [], []
    if not rows:
        fault("file", "a header and at least one row", "none", "Add the rows.")
    return header, rows


@dataclass(frozen=True)
class Features:
    """Hold the members of a GeoJSON FeatureCollection as they are, sound or not, and where each starts."""

    items: list[Any]
    where: list[str]
    crs: Any = None


def read_features(path: str | Path, faults: Faults) -> Features:
    """Read what a GeoJSON FeatureCollection holds; a file that has nothing becomes one fault and no features.

    `where` is "roads.geojson:123", with "(feature 4)", counted from 1, where several features start on one line.
    """
    path, data, places = Path(path), None, list[int]()
    text = _read_text(path, faults, kind="GeoJSON")
    if text is None:
        return Features([], [])

    def fault(field: str, expected: str, got: str, remedy: str, *, line: int = 1) -> Features:
        """Note a fault of this file."""
        faults.add(where=f"{path}:{line}", field=field, expected=expected, got=got, remedy=remedy)
        return Features([], [])

    try:
        data, places = _collection(text)
    except json.JSONDecodeError as error:
        return fault("JSON", "valid JSON", error.msg.lower(), f"Look at column {error.colno}.", line=error.lineno)
    except (RecursionError, ValueError) as error:
        return fault("JSON", "plain numbers, modest nesting", reason(error), "Export the file again.")
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection":
        got = shown(data.get("type")) if isinstance(data, dict) else type(data).__name__
        return fault("type", '"FeatureCollection"', got, "Export as GeoJSON with features.")
    features = data.get("features")
    if not isinstance(features, list) or not features:
        return fault("features", "at least one feature", "none", "Check that the exported layer is not empty.")
    where = _feature_lines(path, text, places)
    halves = [place for place, feature in zip(where, features, strict=True) if "\\u" in text and _half(feature)]
    for place in halves:
        got, remedy = "half a character (a lone surrogate)", "Export the layer again as UTF-8."
        faults.add(where=place, field="encoding", expected="whole characters", got=got, remedy=remedy)
    return Features([], []) if halves else Features(features, where, data.get("crs"))


def _half(value: Any) -> bool:
    """Tell whether a JSON value holds half a character, which no file could take."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def read_geojson(path: str | Path, faults: Faults) -> list[dict[str, Any]]:
    """Read the features of a GeoJSON FeatureCollection; a file that has none becomes a fault and an empty list.

    Every feature that comes back has a `geometry` with a `type` and `coordinates`, and `properties` (a mapping); one
    that has not is left out and becomes a fault.
    """
    out, found = list[dict[str, Any]](), read_features(path, faults)
    for i, (where, feature) in enumerate(zip(found.where, found.items, strict=True)):
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        if isinstance(geometry, dict) and "type" in geometry and isinstance(geometry.get("coordinates"), list):
            given = feature.get("properties")
            out.append(feature | {"properties": given if isinstance(given, dict) else {}})
            continue
        expected, got = "a feature with a geometry", shown(geometry if isinstance(feature, dict) else feature)
        remedy = "Give it a geometry, or remove it."
        faults.add(where=where, field=f"features[{i}]", expected=expected, got=got, remedy=remedy)
    return out


def _refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which JSON does not have."""
    raise ValueError(name)


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)
_BLANK = re.compile(r"[ \t\n\r]*")


def _past(text: str, at: int, mark: str = "") -> int:
    """Pass over blanks and then over a mark, and blanks again."""
    at = _BLANK.match(text, at).end()  # type: ignore[union-attr]
    if not text.startswith(mark, at):
        raise json.JSONDecodeError(f"Expecting {mark!r}", text, at)
    return _BLANK.match(text, at + len(mark)).end()  # type: ignore[union-attr]


def _collection(text: str) -> tuple[Any, list[int]]:
    """Read a JSON text; also the place of each member of its `features`, for which plain decoding has no word."""
    at, places, data = _past(text, 0), list[int](), dict[str, Any]()
    if not text.startswith("{", at):
        return _JSON.decode(text), []
    at = _past(text, at, "{")
    more = not text.startswith("}", at)
    while more:
        key, at = _JSON.raw_decode(text, at)
        if not isinstance(key, str):
            raise json.JSONDecodeError("Expecting a name in double quotes", text, at)
        at = _past(text, at, ":")
        if key == "features" and text.startswith("[", at):
            data[key], places, at = _items(text, at)
        else:
            data[key], at = _JSON.raw_decode(text, at)
        at = _past(text, at)
        more = text.startswith(",", at)
        at = _past(text, at, "," if more else "}")
    at = at if data else _past(text, at, "}")
    if at < len(text):
        raise json.JSONDecodeError("Extra data", text, at)
    return data, places


def _items(text: str, at: int) -> tuple[list[Any], list[int], int]:
    """Read the items of a JSON list and the place of each; also the place after the list."""
    at, items, places = _past(text, at, "["), list[Any](), list[int]()
    more = not text.startswith("]", at)
    while more:
        places.append(at)
        item, at = _JSON.raw_decode(text, at)
        items.append(item)
        at = _past(text, at)
        more = text.startswith(",", at)
        at = _past(text, at, "," if more else "]")
    return items, places, at if items else _past(text, at, "]")


def _feature_lines(path: Path, text: str, places: Sequence[int]) -> list[str]:
    """Name the line of each place, and which feature it is where a line has several."""
    lines, line, before = list[int](), 1, 0
    for place in places:
        line += text.count("\n", before, place)
        before = place
        lines.append(line)
    many = {a for a, b in pairwise(lines) if a == b}
    return [f"{path}:{n}" + (f" (feature {i})" if n in many else "") for i, n in enumerate(lines, start=1)]
