"""sispamkota exercise new, serve, replay, branch, forecast, merge, backup, restore, export, passwd, purge."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sispamkota.errors import Fault, InputError, reason
from sispamkota.words import number, pick_language, words

from .common import AsJson, Lang, group, print_json, say_if_compiling, t, talk

if TYPE_CHECKING:
    from collections.abc import Callable

    from sispamkota.exercise import ExerciseLog
    from sispamkota.exercise.merge import Merge

__all__ = ["exercise_app", "read_exercise"]

exercise_app = group("cli.exercise")
SessionHours = Annotated[
    float, typer.Option("--session-hours", metavar="H", min=1, max=168, help=t("cli.exercise_session"))
]
FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help=t("cli.exercise_dir"))]
Url = Annotated[str | None, typer.Option("--db", metavar="URL", help=t("cli.exercise_db"))]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help=t("cli.exercise_out"))]
Until = Annotated[int | None, typer.Option("--until", metavar="N", min=0, help=t("cli.exercise_until"))]
_FORMATS = ("log", "cap", "have", "sitrep", "ics209")
_DB = "SISPAMKOTA_ROOM_DB"


def _needed() -> None:
    """Raise InputError that names the extra where a library of the room is not installed."""
    from sispamkota.missing import needs

    for module in ("sqlalchemy", "argon2", "fastapi", "uvicorn", "websockets"):
        needs(module, "app", option="exercise")


def _url(given: str | None) -> str | None:
    """Give the database's URL: a password in it is better kept in the environment than on the command line."""
    from sispamkota.missing import needs

    url = given or os.environ.get(_DB)
    if url and url.startswith("postgres"):
        needs("psycopg", "postgres", option="--db")
    return url


@exercise_app.command(help=t("cli.exercise_new"))
def new(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME|FILE.yaml", help=t("cli.exercise_name"))] = "kpu-bawaslu",
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help=t("cli.exercise_out"))] = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="S", min=0, help=t("cli.seed"))] = None,
    replicate: Annotated[
        int | None, typer.Option("--replicate", metavar="R", min=0, max=999_999, help=t("cli.exercise_replicate"))
    ] = None,
    starts: Annotated[str | None, typer.Option("--starts", metavar="DATE", help=t("cli.exercise_starts"))] = None,
    follows: Annotated[Path | None, typer.Option("--from", metavar="DIR", help=t("cli.exercise_from"))] = None,
    msel: Annotated[Path | None, typer.Option("--msel", metavar="FILE.xlsx", help=t("cli.exercise_msel"))] = None,
    lang: Lang = None,
) -> None:
    """Make the folder of a new exercise."""
    language = pick_language(lang)
    _needed()
    from sispamkota.app.room.folder import make_folder

    folder = out or Path("latihan") / Path(name).stem
    earlier = None if follows is None else read_exercise(follows, None)
    made = make_folder(name, folder, seed=seed, replicate=replicate, follows=earlier, msel=msel, starts=starts)
    talk(words(language)("exercise.made", title=getattr(made.file, f"title_{language}"), path=folder))
    if made.file.starts is not None:
        talk(words(language)("exercise.starts", at=f"{made.file.starts:%Y-%m-%d %H:%M}"))


@exercise_app.command(help=t("cli.exercise_kit"))
def kit(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME|FILE.yaml", help=t("cli.exercise_name"))] = "kpu-bawaslu",
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.xlsx|FILE.pdf", help=t("cli.exercise_kit_out"))],
    lang: Lang = None,
) -> None:
    """Write the list of events and the evaluators' sheets."""
    language = pick_language(lang)
    from sispamkota.exercise import load_exercise
    from sispamkota.exercise.msel import write_kit

    talk(words(language)("exercise.kit_made", path=write_kit(load_exercise(name), out, lang=language)))


@exercise_app.command(help=t("cli.exercise_serve"))
def serve(
    *,
    folder: FolderArgument = Path("latihan/kpu-bawaslu"),
    host: Annotated[str, typer.Option("--host", metavar="HOST", help=t("cli.exercise_host"))] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", min=0, max=65_535, help=t("cli.exercise_port"))] = 8808,
    name: Annotated[list[str] | None, typer.Option("--name", metavar="NAME", help=t("cli.exercise_hostname"))] = None,
    url: Url = None,
    cert: Annotated[Path | None, typer.Option("--cert", metavar="FILE", help=t("cli.exercise_cert"))] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE", help=t("cli.exercise_key"))] = None,
    workers: Annotated[int, typer.Option("--workers", metavar="N", min=1, max=64, help=t("cli.exercise_workers"))] = 1,
    session_hours: SessionHours = 26.0,
    lang: Lang = None,
) -> None:
    """Serve a room until it is stopped."""
    language = pick_language(lang)
    _needed()
    import logging

    from sispamkota.app.room.folder import open_folder
    from sispamkota.app.room.server import Serving, serve
    from sispamkota.app.room.workers import serve_by_many

    logging.basicConfig(format="%(asctime)s %(name)s: %(message)s", level=logging.WARNING)
    say = words(language)
    say_if_compiling(language)
    names = tuple(name or ())
    serving = Serving(host, port, _url(url), cert, key, names, language, workers, session_h=session_hours)
    opened = open_folder(folder)
    talk(say("exercise.opening", title=getattr(opened.file, f"title_{language}")))

    def ready(link: str) -> None:
        """Give the link on stdout, and say on stderr what it is."""
        invited = "exercise.link" if opened.file.mode == "exercise" else "exercise.link_real"
        talk(say(invited if "#" in link else "exercise.ready"))
        print(link, flush=True)

    with suppress(KeyboardInterrupt):
        (serve if workers == 1 else serve_by_many)(opened, serving, say=ready)
    talk(say("exercise.stopped"))


@exercise_app.command(help=t("cli.exercise_replay"))
def replay(
    *, folder: FolderArgument, until: Until = None, as_json: AsJson = False, url: Url = None, lang: Lang = None
) -> None:
    """Fold an exercise anew, and say whether its checkpoints hold; exit 1 if one does not."""
    language = pick_language(lang)
    say = words(language)
    from sispamkota.exercise.checks import replay_checked

    log = read_exercise(folder, url)
    told = replay_checked(log if until is None else log.until(until))
    if as_json:
        print_json(told)
    else:
        broken = ", ".join(map(str, told["broken"])) or say("exercise.no_checkpoint")
        played = number(told["minutes"], language, digits=1)
        print(say("exercise.replayed", **told | {"broken": broken, "minutes": played}))
        if told["engine"] != told["engine_here"]:
            talk(say("exercise.other_engine"))
    raise typer.Exit(int(bool(told["broken"])))


@exercise_app.command(help=t("cli.exercise_branch"))
def branch(*, folder: FolderArgument, out: Out, until: Until = None, url: Url = None, lang: Lang = None) -> None:
    """Make a new exercise that goes on from a moment of another."""
    say = words(pick_language(lang))
    _needed()
    from sispamkota.app.room.keeping import branch

    log = read_exercise(folder, url)
    have = len(log.records)
    if until is not None and until > have:
        raise InputError([Fault("--until", "records", f"0 to {have}", str(until), "Choose a moment of this log.")])
    n = branch(log, out, until=have if until is None else until)
    talk(say("exercise.branched", n=n, path=out))


@exercise_app.command(help=t("cli.exercise_merge"))
def merge(
    *,
    first: Annotated[Path, typer.Argument(metavar="A", help=t("cli.exercise_merge_a"))],
    second: Annotated[Path, typer.Argument(metavar="B", help=t("cli.exercise_merge_b"))],
    out: Out,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Make the logs of two posts of one operation one; exit 1 where something needs a decision."""
    say = words(pick_language(lang))
    from sispamkota.exercise.merge import merge

    made = merge(*(read_exercise(path, None) for path in (first, second)))
    made.log.save(out)
    if as_json:
        print_json(made.to_dict())
    else:
        _tell_merge(made, say)
    talk(say("exercise.exported", n=len(made.log.records), path=out))
    raise typer.Exit(int(bool(made.doubled or any(row["why"] != "twice" for row in made.conflicts))))


def _tell_merge(made: Merge, say: Callable[..., str]) -> None:
    """Say what came from where, and what needs a decision."""
    print(say("exercise.merged", shared=made.shared, a=made.came[0], b=made.came[1]))
    for row in made.doubled:
        fields = {"unit": row["unit"], "a": row["incidents"][0], "b": row["incidents"][1]}
        print(say("exercise.merged_doubled", **fields, minute=row["since"] // 60_000))
    for row in made.conflicts:
        print(say(f"exercise.merged_{row['why']}_kept", n=row["n"], do=row["do"], seat=row["seat"]))


@exercise_app.command(help=t("cli.exercise_forecast"))
def forecast(
    *,
    folder: FolderArgument,
    minutes: Annotated[
        int | None, typer.Option("--minutes", metavar="MIN", min=0, help=t("cli.exercise_minutes"))
    ] = None,
    moment: Annotated[int | None, typer.Option("--at", metavar="N", min=0, help=t("cli.exercise_at"))] = None,
    replicates: Annotated[
        int | None, typer.Option("--replicates", "-n", metavar="N", min=1, help=t("cli.exercise_futures"))
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="S", min=0, help=t("cli.seed"))] = None,
    as_json: AsJson = False,
    url: Url = None,
    lang: Lang = None,
) -> None:
    """Look ahead from where an exercise or an operation stands, if nothing changes; gives no order."""
    language = pick_language(lang)
    from sispamkota.exercise.forecast_words import forecast_text
    from sispamkota.exercise.lookahead import asked_of, forecast, stood

    log = read_exercise(folder, url)
    say_if_compiling(language)
    asked = asked_of(log, moment, minutes=minutes, replicates=replicates, seed=seed)
    made = forecast(stood(log, moment), asked)
    if as_json:
        print_json(made.to_dict())
    else:
        print(forecast_text(made, language))


@exercise_app.command(help=t("cli.exercise_backup"))
def backup(
    *,
    folder: FolderArgument,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.zip", help=t("cli.exercise_file"))],
    url: Url = None,
    lang: Lang = None,
) -> None:
    """Write a room into one file, also while it is served."""
    say = words(pick_language(lang))
    _needed()
    from sispamkota.app.room.folder import open_folder
    from sispamkota.app.room.keeping import backup

    talk(say("exercise.backed_up", n=backup(open_folder(folder), out, url=_url(url)), path=out))


@exercise_app.command(help=t("cli.exercise_restore"))
def restore(
    *,
    source: Annotated[Path, typer.Argument(metavar="FILE.zip|DIR", help=t("cli.exercise_source"))],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help=t("cli.exercise_out"))] = None,
    until: Until = None,
    url: Url = None,
    lang: Lang = None,
) -> None:
    """Make a room from a backup, or cut one back to its first records."""
    import time

    say = words(pick_language(lang))
    _needed()
    from sispamkota.app.room.folder import open_folder
    from sispamkota.app.room.keeping import cut, restore

    _check_restore(source, out, until)
    if source.is_dir():
        n, aside = cut(open_folder(source), until or 0, url=_url(url), now=time.time())
        talk(say("exercise.cut", n=n, file=aside))
    elif out is not None:
        talk(say("exercise.restored", n=restore(source, out, until=until, url=_url(url)), path=out))


def _check_restore(source: Path, out: Path | None, until: int | None) -> None:
    """Raise InputError for options that do not go together."""
    if source.is_dir() and (until is None or out is not None):
        raise InputError(
            [
                Fault(
                    "--until",
                    "option",
                    "--until N, and no --out, for a folder",
                    "something else",
                    "See sispamkota exercise restore --help.",
                )
            ]
        )
    if not source.is_dir() and out is None:
        raise InputError(
            [Fault("--out", "option", "the folder to make", "nothing", "See sispamkota exercise restore --help.")]
        )


@exercise_app.command(help=t("cli.exercise_export"))
def export(
    *,
    folder: FolderArgument,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="PATH", help=t("cli.exercise_export_out"))],
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help=t("cli.exercise_format"))] = "log",
    sender: Annotated[str | None, typer.Option("--sender", metavar="ADDRESS", help=t("cli.exercise_sender"))] = None,
    url: Url = None,
    lang: Lang = None,
) -> None:
    """Write the exercise so far as a folder that anyone can replay, or its last state in a standard of exchange."""
    language = pick_language(lang)
    say = words(language)
    if form not in _FORMATS:
        raise InputError([Fault("--format", "format", "log, cap, have, sitrep or ics209", form, "Choose one of them.")])
    log = read_exercise(folder, url)
    if form == "log":
        log.save(out)
        talk(say("exercise.exported", n=len(log.records), path=out))
        return
    from sispamkota.exchange.export import export_state
    from sispamkota.exercise import replay
    from sispamkota.exercise.checks import setup_of

    n = export_state(
        replay(setup_of(log), log.records), form, out, lang=language, **({"sender": sender} if sender else {})
    )
    talk(say("exchange.written", n=n, path=out) if n else say("exchange.none"))


@exercise_app.command(help=t("cli.exercise_passwd"))
def passwd(
    *,
    folder: FolderArgument,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help=t("cli.exercise_account"))],
    url: Url = None,
    lang: Lang = None,
) -> None:
    """Give an account another password, which is asked for or read from stdin; its sessions end."""
    import sys
    import time
    from getpass import getpass

    say = words(pick_language(lang))
    _needed()
    from sispamkota.app.room.accounts import Accounts, check_password, hash_password
    from sispamkota.app.room.folder import open_folder

    opened = open_folder(folder)
    base = opened.database(_url(url), writer=True)
    try:
        accounts = Accounts(base, opened.key, now=time.time, hospitals=())
        accounts.check_known(account)
        word = getpass(say("exercise.password")) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        check_password(word, account, where="password")
        accounts.set_password(account, hash_password(word))
    finally:
        base.close()
    talk(say("exercise.password_set", account=account))


@exercise_app.command(help=t("cli.exercise_purge"))
def purge(
    *,
    folder: FolderArgument,
    older: Annotated[int, typer.Option("--older", metavar="DAYS", min=0, help=t("cli.exercise_older"))],
    url: Url = None,
    lang: Lang = None,
) -> None:
    """Take the texts out of an exercise that ended some time ago."""
    say = words(pick_language(lang))
    _needed()
    from sispamkota.app.room.clock import Wall
    from sispamkota.app.room.folder import open_folder
    from sispamkota.app.room.keeping import purge

    talk(say("exercise.purged", n=purge(open_folder(folder), days=older, url=_url(url), wall=Wall())))


def read_exercise(folder: Path, url: str | None) -> ExerciseLog:
    """Read an exercise from the folder of a room, or from one that was exported, packed or not."""
    if folder.suffix == ".zip" and folder.is_file():
        return _unpacked(folder)
    if (folder / "log.jsonl").is_file():
        from sispamkota.exercise import ExerciseLog

        return ExerciseLog.load(folder)
    _needed()
    from sispamkota.app.room.folder import open_folder
    from sispamkota.app.room.keeping import read_log

    return read_log(open_folder(folder), url=_url(url))


def _unpacked(path: Path) -> ExerciseLog:
    """Read an exercise from the file that a room's page gives; raises InputError where it is none."""
    import tempfile
    import zipfile

    from sispamkota.exercise import ExerciseLog

    with tempfile.TemporaryDirectory() as scratch:
        try:
            with zipfile.ZipFile(path) as packed:
                packed.extractall(scratch)
        except (OSError, zipfile.BadZipFile) as error:
            remedy = "Name a file that the room's page gave, or a folder."
            raise InputError([Fault(str(path), "file", "an exported exercise", reason(error), remedy)]) from None
        return ExerciseLog.load(scratch)
