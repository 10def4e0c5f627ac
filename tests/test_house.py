"""The rules of the house, kept by a test: imports run one way, files are short, docstrings and languages whole."""

import ast
import json
import os
import re
import string
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "sispamkota"
FLOORS = (
    "kernels", "base", "place", "risk", "force", "plan", "rehearsal", "exercise", "review", "exchange",
    "verification", "app", "cli",
)  # fmt: skip
MAX_FILE, MAX_FUNCTION, MAX_ARGUMENTS = 500, 60, 7
Function = ast.FunctionDef | ast.AsyncFunctionDef

MODULES = {
    ".".join(["sispamkota", *path.relative_to(SOURCE).with_suffix("").parts]).removesuffix(".__init__"): path
    for path in sorted(SOURCE.rglob("*.py"))
}
TREES = {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in MODULES.items()}


# --- reading the syntax trees -----------------------------------------------------------------------------------------


def _run_time(node: ast.AST) -> Iterator[ast.AST]:
    """Everything below `node` but what stands under `if TYPE_CHECKING:`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _run_time(child)


def _imports(module: str, tree: ast.AST) -> set[str]:
    """The modules of ours that `module` imports when it runs, whether at its top or inside a function."""
    package = module.split(".") if MODULES[module].name == "__init__.py" else module.split(".")[:-1]
    found = set()
    for node in _run_time(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{name}.{a.name}" if f"{name}.{a.name}" in MODULES else name for a in node.names}
    return {name for name in found if name in MODULES and name != module} - _front_door_version(tree)


def _front_door_version(tree: ast.AST) -> set[str]:
    """The front door where a module takes nothing from it but the version."""
    whole = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module in (None, "sispamkota")]
    names = {a.name for n in whole for a in n.names}
    return {"sispamkota"} if "__version__" in names else set()


GRAPH = {module: _imports(module, tree) for module, tree in TREES.items()}


def _floor(module: str) -> int:
    """The floor a module lives on; single modules at the top are the base, the front door stands above all."""
    parts = module.split(".")
    if len(parts) == 1 or parts[1] == "__main__":
        return len(FLOORS)
    if parts[1] in FLOORS:
        return FLOORS.index(parts[1])
    return FLOORS.index("base") if MODULES[module].parent == SOURCE else -1


def _functions() -> Iterator[tuple[str, Function]]:
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield module, node


def _public(module: str) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Public functions and classes at the top of a module, and the public methods of the latter."""
    for node in TREES[module].body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                for item in node.body:
                    if isinstance(item, Function) and not item.name.startswith("_"):
                        yield f"{node.name}.{item.name}", item


def _names_all(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
            return list(ast.literal_eval(node.value))
    return None


def _bound(tree: ast.Module) -> set[str]:
    """Every name that the top of a module defines or imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, Function | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return names


# --- structure --------------------------------------------------------------------------------------------------------


def test_imports__every_module_has_a_floor():
    assert [module for module in MODULES if _floor(module) < 0] == []


def test_imports__run_one_way():
    upward = [(a, b) for a, targets in GRAPH.items() for b in targets if _floor(b) > _floor(a)]
    assert upward == []


def test_imports__no_cycle():
    done: set[str] = set()
    cycles = []

    def visit(module: str, path: tuple[str, ...]) -> None:
        if module in path:
            cycles.append(path[path.index(module) :])
        elif module not in done:
            for target in GRAPH[module]:
                visit(target, (*path, module))
            done.add(module)

    for module in GRAPH:
        visit(module, ())
    assert cycles == []


def test_imports__kernels_know_nothing_of_ours():
    kernels = {module for module in MODULES if _floor(module) == 0}
    assert {module: GRAPH[module] - kernels for module in kernels if GRAPH[module] - kernels} == {}


def test_exports__every_module_says_what_is_public():
    faults = []
    for module, tree in TREES.items():
        names = _names_all(tree)
        if names is None:
            faults += [f"{module}: no __all__"] if _bound(tree) else []
            continue
        defined = {n.name for n in tree.body if isinstance(n, Function | ast.ClassDef) and not n.name.startswith("_")}
        if not module.startswith("sispamkota.cli"):  # its functions are commands, called by their names on the line
            faults += [f"{module}: {name} is missing from __all__" for name in sorted(defined - set(names))]
        faults += [f"{module}: __all__ names {name} twice" for name in sorted({n for n in names if names.count(n) > 1})]
        lazy = {"sispamkota"}  # its names are resolved below
        if module not in lazy:
            faults += [f"{module}: __all__ names {name}, which is not there" for name in set(names) - _bound(tree)]
    assert faults == []


def test_front_door__short_and_open():
    import sispamkota

    assert len(sispamkota.__all__) <= 20
    assert sorted(sispamkota.__all__) == sispamkota.__all__
    for name in sispamkota.__all__:
        assert getattr(sispamkota, name).__module__.startswith("sispamkota."), name
    assert set(sispamkota.__all__) <= set(dir(sispamkota))
    with pytest.raises(AttributeError):
        sispamkota.no_such_name  # noqa: B018


def test_inheritance__one_level_of_our_own():
    """`Model` sets pydantic's options for what comes in at the edge, and does not count as a level."""
    parents = {
        node.name: {ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases}
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    deep = [
        (name, base, above)
        for name, bases in parents.items()
        for base in (bases & set(parents)) - {"Model"}
        for above in (parents[base] & set(parents)) - {"Model"}
    ]
    assert deep == []


# --- limits -----------------------------------------------------------------------------------------------------------


def test_limits__files():
    lines = {path.name: path.read_text(encoding="utf-8").count("\n") for path in MODULES.values()}
    assert {name: count for name, count in lines.items() if count > MAX_FILE} == {}


def test_limits__functions():
    long = []
    for module, node in _functions():
        length = node.end_lineno - node.lineno + 1
        if ast.get_docstring(node):
            length -= node.body[0].end_lineno - node.body[0].lineno + 1
        if length > MAX_FUNCTION:
            long.append((module, node.name, length))
    assert long == []


def test_limits__arguments():
    """At most seven; a command's arguments are its options, so cli is let off."""
    many = []
    for module, node in _functions():
        names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        if len(set(names) - {"self", "cls"}) > MAX_ARGUMENTS and not module.startswith("sispamkota.cli"):
            many.append((module, node.name, len(names)))
    assert many == []


def test_limits__options_are_keyword_only():
    loose = [
        (module, name)
        for module in MODULES
        for name, node in _public(module)
        if isinstance(node, Function) and node.args.defaults
    ]
    assert loose == []


def test_docstrings__every_public_thing():
    missing = [module for module, tree in TREES.items() if not ast.get_docstring(tree)]
    missing += [f"{m}.{name}" for m in TREES for name, node in _public(m) if not ast.get_docstring(node)]
    assert missing == []


def test_annotations__every_function_says_what_it_returns():
    assert [(m, node.name) for m, node in _functions() if node.returns is None] == []


def test_code__no_bare_except():
    bare = [
        (module, node.lineno)
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert bare == []


def _sets(tree: ast.AST) -> set[str]:
    """The names that a module of tests binds to a set: its order changes from process to process."""
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _is_set(node.value, set())
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_set(node: ast.AST, names: set[str]) -> bool:
    """Whether an expression hands a set on in its own order; `sorted` takes the disorder away."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "sorted":
            return False
        if node.func.id in {"set", "frozenset"}:
            return True
    if isinstance(node, ast.Set | ast.SetComp) or (isinstance(node, ast.Name) and node.id in names):
        return True
    return any(_is_set(child, names) for child in ast.iter_child_nodes(node))


@pytest.mark.parametrize(
    ("code", "sets"),
    [
        ("A = {1, 2}\n@p.parametrize('x', [*A])\ndef f(): ...", 1),
        ("A = {1}\n@p.parametrize('x', sorted(A))\ndef f(): ...", 0),
    ],
)
def test_tests__a_set_in_a_list_of_cases_is_seen(code, sets):
    assert len(list(_cases_from_sets(ast.parse(code)))) == sets


def _cases_from_sets(tree: ast.AST) -> Iterator[int]:
    names = _sets(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "parametrize":
            cases = node.args[1]
            rows = cases.elts if isinstance(cases, ast.List | ast.Tuple) else [cases]
            if any(isinstance(row, ast.Starred) and _is_set(row.value, names) for row in rows) or (
                rows == [cases] and _is_set(cases, names)
            ):
                yield node.lineno


def test_tests__no_list_of_cases_comes_from_a_set():
    """Workers of xdist each collect for themselves: cases in a set's order differ and nothing is run."""
    found = [
        (path.name, line)
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for line in _cases_from_sets(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_tests__a_browser_is_started_by_make_test_browser_only():
    """Playwright leaves a running loop in its thread: whatever test comes after it there cannot start one."""
    unmarked = [
        path.name
        for path in sorted((ROOT / "tests" / "browser").glob("test_*.py"))
        if "pytestmark" not in (text := path.read_text(encoding="utf-8")) or "pytest.mark.browser" not in text
    ]
    assert unmarked == []


def test_code__prints_only_at_the_edge():
    prints = [
        (module, node.lineno)
        for module, tree in TREES.items()
        if module != "sispamkota.review.terminal" and not module.startswith("sispamkota.cli")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert prints == []


# --- the two languages, the words -------------------------------------------------------------------------------------


def _catalogue(language: str) -> dict[str, str]:
    text = (SOURCE / "data" / "locale" / f"{language}.toml").read_text(encoding="utf-8")
    return {f"{part}.{name}": words for part, table in tomllib.loads(text).items() for name, words in table.items()}


def _fields(text: str) -> set[str]:
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def test_words__same_keys_and_fields_in_both_languages():
    indonesian, english = _catalogue("id"), _catalogue("en")
    assert set(indonesian) ^ set(english) == set()
    assert [key for key in english if _fields(english[key]) != _fields(indonesian[key])] == []


def test_words__every_key_that_the_code_names_exists():
    keys = _catalogue("en")
    sections = {key.split(".")[0] for key in keys}
    named = {
        (module, node.args[0].value)
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"t", "_", "self.t"} and node.args
        if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    }
    assert {(m, key) for m, key in named if key.split(".")[0] in sections and key not in keys} == set()


def _texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the repository but this one; what starts with a dot or was made here is left out."""
    made = {"hasil", "build", "dist", "__pycache__", "node_modules"}
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [n for n in inner if n not in made and not n.endswith(".egg-info") and (n[0] != "." or n == ".ci")]
        for path in (Path(folder, name) for name in sorted(names)):
            if path != Path(__file__):
                with suppress(UnicodeDecodeError):
                    yield path, path.read_text(encoding="utf-8")


def test_words__people_are_named_with_restraint():
    """Peserta aksi and pelaku kekerasan; CONTRIBUTING and the tests may quote what we don't say."""
    banned = re.compile(r"\b(perusuh|massa anarkis|rioters?)\b", re.IGNORECASE)
    found = [
        (path.relative_to(ROOT).as_posix(), match.group())
        for path, text in _texts()
        if path.name != "CONTRIBUTING.md" and path.relative_to(ROOT).parts[0] != "tests"
        for match in banned.finditer(text)
    ]
    assert found == []


def test_repository__names_no_registry():
    """Lock files carry hashes and no addresses, so that any mirror will do."""
    address = re.compile(r"(--(extra-)?index-url|--find-links|https?://[^\s)]*(pypi|pythonhosted|npmjs)[^\s)]*)")
    found = [(path.relative_to(ROOT).as_posix(), m.group()) for path, text in _texts() for m in address.finditer(text)]
    assert found == []


# --- cost of a start, by what is loaded and not by the clock ----------------------------------------------------------


def _loaded(code: str) -> set[str]:
    """The modules that a fresh interpreter holds after `code`."""
    tail = "\nimport json as _j, sys as _s; _s.stderr.write(_j.dumps(list(_s.modules)))"
    run = subprocess.run([sys.executable, "-c", code + tail], capture_output=True, text=True, check=True)
    return set(json.loads(run.stderr))


HEAVY = {"numpy", "numba", "pandas", "pyarrow", "scipy", "shapely", "pyproj", "pydantic", "matplotlib", "babel", "yaml"}


def test_start__import_loads_next_to_nothing():
    loaded = _loaded("import sispamkota") - _loaded("")
    assert loaded & (HEAVY | {"typer", "rich", "jinja2"}) == set()
    assert len(loaded) <= 12, sorted(loaded)


def test_start__help_loads_no_heavy_library():
    code = "import sys\nsys.argv = ['sispamkota', '--help']\nfrom sispamkota.cli import main\n"
    loaded = _loaded(code + "try:\n    main()\nexcept SystemExit:\n    pass")
    assert loaded & (HEAVY | {"rich", "jinja2"}) == set()
    ours = {m for m in loaded if m.startswith("sispamkota.") and not m.startswith("sispamkota.cli")}
    assert ours <= {"sispamkota.errors", "sispamkota.words"}
    assert len(loaded) <= 330, len(loaded)
