"""What the package may tell of a fault: every sentence that its code can put into one, read from the syntax trees.

A sentence that is put together has "{}" for each part that is only known when the program runs. Followed are names
within their function and module, constants of other modules, choices (`a if b else c`), tables, and what helpers give.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from itertools import product
from pathlib import Path

import sispamkota

SOURCE = Path(sispamkota.__file__).parent
PARTS = ("expected", "got", "remedy")
_ERRORS = {"InputError", "StoreError", "UnknownPlaceError", "EngineError", "SispamkotaError"}
_CHECKS = {"ValueError", "AssertionError"}  # raised in a model's validator, pydantic makes a fault of it
_FULL = frozenset({"{}"})
_DEEP = 12
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module:
    """Hold one file: its tree, its functions and its constants."""

    def __init__(self, path: Path) -> None:
        self.path, self.tree = path, ast.parse(path.read_text(encoding="utf-8"))
        self.functions: dict[str, Function] = {
            node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        self.outer: dict[ast.AST, Function] = {}
        self._find_outer(self.tree, None)

    def _find_outer(self, node: ast.AST, function: Function | None) -> None:
        """Note for every node the innermost function around it."""
        if function is not None:
            self.outer[node] = function
        inside = node if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else function
        for child in ast.iter_child_nodes(node):
            self._find_outer(child, inside)

    @cached_property
    def named(self) -> dict[str, list[Function]]:
        out: dict[str, list[Function]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef):
                out.setdefault(node.name, []).append(node)
        return out

    @cached_property
    def text(self) -> str:
        return ast.unparse(self.tree)

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        return {
            target.id: node.value
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        } | {
            node.target.id: node.value
            for node in self.tree.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
        }

    @cached_property
    def imported(self) -> set[str]:
        return {
            each.asname or each.name
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            for each in node.names
        }


@cache
def modules() -> tuple[Module, ...]:
    files = [path for path in sorted(SOURCE.rglob("*.py")) if "verification/oracle" not in path.as_posix()]
    return tuple(Module(path) for path in files if re.search(r"[Ff]ault|Error", path.read_text(encoding="utf-8")))


class Reader:
    """Read what an expression of one module may say."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._reading: list[str] = []  # what is being followed: a name that is built on itself is taken once

    def read(self, node: ast.expr | None, at: ast.AST, deep: int = 0) -> frozenset[str]:
        """Give every text that an expression may have; "{}" stands for what is not known before the program runs."""
        if deep > _DEEP or node is None:
            return _FULL
        if isinstance(node, ast.Constant):
            return frozenset({node.value}) if isinstance(node.value, str) else _FULL
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        return method(node, at, deep + 1) if method else _FULL

    def _joinedstr(self, node: ast.JoinedStr, at: ast.AST, deep: int) -> frozenset[str]:
        parts = [
            self.read(part.value, at, deep) if isinstance(part, ast.FormattedValue) else self.read(part, at, deep)
            for part in node.values
        ]
        return frozenset("".join(each) for each in product(*parts))

    def _binop(self, node: ast.BinOp, at: ast.AST, deep: int) -> frozenset[str]:
        if not isinstance(node.op, ast.Add):
            return _FULL
        left, right = self.read(node.left, at, deep), self.read(node.right, at, deep)
        return frozenset(a + b for a, b in product(left, right))

    def _ifexp(self, node: ast.IfExp, at: ast.AST, deep: int) -> frozenset[str]:
        return self.read(node.body, at, deep) | self.read(node.orelse, at, deep)

    def _boolop(self, node: ast.BoolOp, at: ast.AST, deep: int) -> frozenset[str]:
        return frozenset().union(*(self.read(each, at, deep) for each in node.values))

    def _subscript(self, node: ast.Subscript, at: ast.AST, deep: int) -> frozenset[str]:
        table = node.value
        if isinstance(table, ast.Name):
            table = self.module.constants.get(table.id, table)
        if isinstance(table, ast.Dict):
            return frozenset().union(*(self.read(each, at, deep) for each in table.values))
        return _FULL

    def _call(self, node: ast.Call, at: ast.AST, deep: int) -> frozenset[str]:
        name = called(node)
        if name == "get" and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            table = self.module.constants.get(node.func.value.id)
            if isinstance(table, ast.Dict):
                rest = self.read(node.args[1], at, deep) if len(node.args) > 1 else frozenset()
                return rest.union(*(self.read(each, at, deep) for each in table.values))
        if isinstance(node.func, ast.Name) and name == "_sentence":
            return self.read(node.args[0], at, deep)
        if name in self.module.functions and name not in {"suggest", "shown"}:
            return self.given(self.module.functions[name], None, deep)
        return _FULL

    def given(self, function: Function, place: int | None, deep: int) -> frozenset[str]:
        """Give what a function returns, or one place of the tuple that it returns."""
        out: frozenset[str] = frozenset()
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and self.module.outer.get(node) is function and node.value is not None:
                out |= self._picked(node.value, place, node, deep)
        return out or _FULL

    def _picked(self, value: ast.expr, place: int | None, at: ast.AST, deep: int) -> frozenset[str]:
        if deep > _DEEP:
            return _FULL
        if place is None:
            return self.read(value, at, deep)
        if isinstance(value, ast.Tuple):
            return self.read(value.elts[place], at, deep) if place < len(value.elts) else _FULL
        if isinstance(value, ast.IfExp):
            return self._picked(value.body, place, at, deep + 1) | self._picked(value.orelse, place, at, deep + 1)
        if isinstance(value, ast.Subscript):
            table = self.module.constants.get(getattr(value.value, "id", ""))
            rows = table.values if isinstance(table, ast.Dict) else []
            return frozenset().union(*(self._picked(each, place, at, deep + 1) for each in rows)) or _FULL
        if isinstance(value, ast.Call) and called(value) in self.module.functions:
            return self.given(self.module.functions[called(value)], place, deep + 1)
        if isinstance(value, ast.Name):
            whole = [assigned for assigned, inner in self._assigned(value.id, at) if inner is None]
            return frozenset().union(*(self._picked(each, place, at, deep + 1) for each in whole)) or _FULL
        return _FULL

    def _name(self, node: ast.Name, at: ast.AST, deep: int) -> frozenset[str]:
        out: frozenset[str] = frozenset()
        for value, place in self._assigned(node.id, at):
            if (mark := ast.dump(value)) not in self._reading:
                self._reading.append(mark)
                out |= self._picked(value, place, at, deep)
                self._reading.pop()
        if out:
            return out
        if node.id in self.module.constants:
            return self.read(self.module.constants[node.id], at, deep)
        if node.id in self.module.imported:
            for other in modules():
                if node.id in other.constants:
                    return Reader(other).read(other.constants[node.id], other.tree, deep)
        return _FULL

    def _assigned(self, name: str, at: ast.AST) -> Iterator[tuple[ast.expr, int | None]]:
        """Find what a name is given within the functions around: the value, and its place in a tuple."""
        function = self.module.outer.get(at)
        while function is not None:
            for node in ast.walk(function):
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        yield from _to(name, target, node.value)
                elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
                    yield from _to(name, node.target, ast.BinOp(ast.Name(name), ast.Add(), node.value))
                elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                    yield from _to(name, node.target, node.value)
                elif isinstance(node, ast.For | ast.comprehension) and isinstance(node.iter, ast.Tuple | ast.List):
                    for each in node.iter.elts:
                        yield from _to(name, node.target, each)
            function = self.module.outer.get(function)


def _to(name: str, target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, int | None]]:
    """Say what a name gets where a value is assigned to a target."""
    if isinstance(target, ast.Name) and target.id == name:
        yield value, None
    if isinstance(target, ast.Tuple):
        for place, each in enumerate(target.elts):
            if isinstance(each, ast.Name) and each.id == name:
                yield value, place


def called(node: ast.Call) -> str:
    """Give the last name of what is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def taken(node: ast.Call, module: Module) -> dict[str, int]:
    """Give the places of the parts of a fault among the arguments of a call; none where it takes no fault."""
    name = called(node)
    if name == "Fault":
        return {"expected": 2, "got": 3, "remedy": 4}
    method = isinstance(node.func, ast.Attribute)
    for function in module.named.get(name, ()):
        names = [each.arg for each in function.args.args]
        around = module.outer.get(function)
        if (names[:1] == ["self"]) != method or (around is not None and around not in _around(node, module)):
            continue
        held = {part: names.index(part) - method for part in PARTS if part in names}
        if len(held) > 1:
            return held
    return {"": -1} if name == "add" else {}


def _around(node: ast.AST, module: Module) -> Iterator[Function]:
    """Go through the functions around a node, from the inside out."""
    function = module.outer.get(node)
    while function is not None:
        yield function
        function = module.outer.get(function)


def told() -> dict[str, set[str]]:
    """Give every text that may be told of a fault, with the places of the code that tell it."""
    out: dict[str, set[str]] = {}
    for module in modules():
        if module.path.name == "errors.py":
            for name in ("suggest", "reason"):
                for text in filter(_speaks, Reader(module).given(module.functions[name], None, 0)):
                    out.setdefault(text, set()).add(f"errors.py:{name}")
        reader = Reader(module)
        for node in ast.walk(module.tree):
            for value in _told_by(node, module):
                for text in filter(_speaks, reader.read(value, node)):
                    place = f"{module.path.relative_to(SOURCE)}:{node.lineno}"
                    out.setdefault(" ".join(text.split()), set()).add(place)
    return out


def raw_words() -> dict[str, set[str]]:
    """Give the functions that put an exception's own text into a sentence, with the kinds that they catch.

    `errors.reason` and `errors.quoted` are the ways for what a library says. A text of ours has its Indonesian.
    """
    out: dict[str, set[str]] = {}
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler) and node.name and any(map(node_says(node.name), _inside(node))):
                function = module.outer.get(node)
                place = f"{module.path.relative_to(SOURCE).as_posix()}:{function.name if function else ''}"
                kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                out.setdefault(place, set()).update(ast.unparse(kind) for kind in kinds if kind is not None)
    return out


def _inside(handler: ast.ExceptHandler) -> Iterator[ast.AST]:
    for statement in handler.body:
        yield from ast.walk(statement)


def node_says(name: str) -> Callable[[ast.AST], bool]:
    """Tell of a node whether it is the text of the exception of that name: str(it), f"{it}", or a part that is text."""

    def is_it(node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id == name

    def says(node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            taken_in = called(node) in {"str", "repr", "getattr"}
            return taken_in and bool(node.args) and is_it(node.args[0])
        if isinstance(node, ast.FormattedValue):
            return is_it(node.value)
        return (
            isinstance(node, ast.Attribute) and is_it(node.value) and node.attr in {"args", "msg", "strerror", "reason"}
        )

    return says


def _speaks(text: str) -> bool:
    """Tell whether a text has a word of a language: figures, names of options and formats are the same in all."""
    if re.fullmatch(r'"\w+"', text) or re.search(r"[.]([.]$|:)", text):  # a value in quotes; ends of other branches
        return False
    return re.search(r"(?<![\w.{-])[A-Z]?[a-z]{2,}", text) is not None


def _told_by(node: ast.AST, module: Module) -> Iterator[ast.expr]:
    """Find the expressions in a call or a raise that become parts of a fault, or a whole message."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and called(node.exc) in _CHECKS:
        function = module.outer.get(node)
        if node.exc.args and function is not None and _validates(function, module):
            yield node.exc.args[0]
    if not isinstance(node, ast.Call):
        return
    name = called(node)
    if name in _ERRORS and node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr):
        yield node.args[0]
    if held := taken(node, module):
        yield from (each.value for each in node.keywords if each.arg in PARTS)
        yield from (node.args[place] for place in held.values() if 0 <= place < len(node.args))


def _validates(function: Function, module: Module) -> bool:
    """Tell whether a function is, or is called by, a validator of a model."""
    text = module.text
    marked = any("validator" in ast.unparse(each) for each in function.decorator_list)
    return marked or f"Validator({function.name})" in text or "model_validator" in text or "field_validator" in text
