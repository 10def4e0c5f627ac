"""The folder of an exercise: exercise.yaml, room.db, and the secret key, which only its owner reads."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

import yaml

from sispamkota.errors import Fault, Faults, InputError, reason, shown
from sispamkota.exercise import ExerciseFile, ExerciseLog, load_exercise
from sispamkota.exercise.exercise_file import WIB
from sispamkota.exercise.improvement import follow
from sispamkota.exercise.msel import read_msel
from sispamkota.exercise.setup import check_start, make_setup
from sispamkota.rehearsal import Scenario

from .database import Database, open_sqlite

__all__ = ["FILE", "KEY", "ROOM", "Folder", "make_copy", "make_folder", "open_folder"]

FILE, ROOM, KEY = "exercise.yaml", "room.db", "secret.key"
_VARIABLE = "SISPAMKOTA_ROOM_KEY"


@dataclass(frozen=True)
class Folder:
    """Hold where an exercise lies, its file and the secret that its tokens are bound to."""

    path: Path
    file: ExerciseFile
    key: bytes

    @property
    def exercise(self) -> str:
        """Name the exercise by the digest of its file: a database belongs to one."""
        return hashlib.sha256((self.path / FILE).read_bytes()).hexdigest()

    def database(self, url: str | None, *, writer: bool, turns: bool = False) -> Database:
        """Open the room's database; raises InputError where it is that of another exercise."""
        base = Database(url, writer=writer, turns=turns) if url else open_sqlite(self.path / ROOM, writer=writer)
        known = base.get("exercise")
        if known is None and writer:
            base.put("exercise", self.exercise)
        elif known is not None and known != self.exercise:
            base.close()
            remedy = "Name the database of this exercise, or an empty one."
            got = "the database of another exercise, or a file that was changed since"
            raise InputError(
                [Fault(str(self.path / FILE), "exercise", f"the one that {base.name} began with", got, remedy)]
            )
        return base


def make_folder(
    name: str,
    out: Path,
    *,
    seed: int | None = None,
    replicate: int | None = None,
    follows: ExerciseLog | None = None,
    msel: Path | None = None,
    starts: str | None = None,
) -> Folder:
    """Make the folder of a new exercise; raises InputError where something is there already, with every fault.

    One that `follows` an earlier exercise starts from that one's improvement plan. `msel`: a workbook whose events
    stand in the place of the exercise's own. An operation starts at `starts` (ISO 8601, WIB; a day alone: at the hour
    of its file), without it today where the day of its file is past.
    """
    _refuse_existing(out)
    file = _read(name, follows, msel)
    changes = {key: value for key, value in (("seed", seed), ("replicate", replicate)) if value is not None}
    made = file.model_copy(update=changes | _starts(file, starts))
    if made.starts is not None:
        check_start(made, Scenario.load(made.scenario))
    if any(item.when is not None for item in made.items):
        make_setup(made)  # which knows the places that have stages
    plain = made.model_dump(mode="json")
    text = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=120)
    folder = make_copy(text.encode(), out)
    folder.database(None, writer=True).close()
    (out / ROOM).chmod(0o600)
    return folder


def _read(name: str, follows: ExerciseLog | None, msel: Path | None) -> ExerciseFile:
    """Read the exercise and its workbook; raises InputError with every fault of both."""
    faults, file, items = Faults(), None, None
    try:
        file = load_exercise(name)
    except InputError as error:
        faults.extend(error.faults)
    try:
        items = None if msel is None else read_msel(msel)
    except InputError as error:
        faults.extend(error.faults)
    faults.raise_if_any()
    file = cast("ExerciseFile", file)
    file = file if follows is None else follow(file, follows)
    return file if items is None else file.model_copy(update={"items": items})


def _starts(file: ExerciseFile, given: str | None) -> dict[str, datetime]:
    """Say when an operation starts; raises InputError for an exercise, or what is no day."""
    if file.starts is None:
        if given is not None:
            remedy = "Leave --starts out, or make an operation: sispamkota exercise new operasi-malang."
            raise InputError([Fault("--starts", "option", "an operation", "an exercise", remedy)])
        return {}
    if given is None:
        today = datetime.now(WIB).date()
        return {"starts": datetime.combine(today, file.starts.timetz())} if file.starts.date() < today else {}
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        remedy = "Write the day, or the day and the hour: 2029-11-28T00:00."
        raise InputError([Fault("--starts", "date", "a day, ISO 8601", shown(given), remedy)]) from None
    if len(given) == len("2029-11-28"):
        moment = datetime.combine(moment.date(), file.starts.time())
    moment = moment.replace(tzinfo=WIB) if moment.tzinfo is None else moment.astimezone(WIB)
    return {"starts": moment}


def make_copy(text: bytes, out: Path) -> Folder:
    """Make a folder for an exercise file, with a secret of its own; whole or not at all."""
    _refuse_existing(out)
    stage = out.with_name(f".{out.name}.new")
    shutil.rmtree(stage, ignore_errors=True)
    try:
        stage.mkdir(parents=True, mode=0o700)
        (stage / FILE).write_bytes(text)
        load_exercise(stage / FILE, private=False)
        _write_key(stage / KEY)
        stage.rename(out)
    except OSError as error:
        remedy = "Choose a folder that you may write to, with space left."
        raise InputError([Fault(str(out), "output", "a writable place", reason(error), remedy)]) from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return open_folder(out)


def _refuse_existing(out: Path) -> None:
    if out.exists():
        remedy = "Choose a new folder; nothing was changed here."
        raise InputError([Fault(str(out), "output", "a new folder", "one that is there", remedy)])


def _write_key(path: Path) -> None:
    """Write a secret that nobody else may read, from its first moment on."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")


def open_folder(path: Path) -> Folder:
    """Find an exercise that was made here; raises InputError with what is missing."""
    if not (path / FILE).is_file():
        remedy = f"Make one: sispamkota exercise new -o {path}."
        raise InputError([Fault(str(path), "folder", "the folder of an exercise", f"no {FILE} in it", remedy)])
    return Folder(path, load_exercise(path / FILE, private=False), _read_key(path / KEY))


def _read_key(path: Path) -> bytes:
    """Read the secret from the environment or the file; raises InputError for one that others may read."""
    given = os.environ.get(_VARIABLE)
    if given:
        return hashlib.sha256(given.encode()).digest()
    if not path.is_file():
        remedy = f"Put it back from a backup, or set {_VARIABLE}; everybody then signs in again."
        raise InputError([Fault(str(path), "key", "the secret of this exercise", "no file", remedy)])
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise InputError([Fault(str(path), "mode", "0600", f"{mode:04o}", f"Set it: chmod 600 {path}.")])
    return hashlib.sha256(path.read_bytes().strip()).digest()
