"""sispamkota force: who we have."""

from __future__ import annotations

from .common import AsJson, ForceArgument, check, group, print_value, t

__all__ = ["force_app"]

force_app = group("cli.force")


@force_app.command("show", help=t("cli.force_show"))
def force_show(*, force: ForceArgument = "malang-500", as_json: AsJson = False) -> None:
    """Show what a force holds."""
    from sispamkota.force import Force

    print_value(Force.load(force), as_json)


@force_app.command("check", help=t("cli.force_check"))
def force_check(*, force: ForceArgument = "malang-500", as_json: AsJson = False) -> None:
    """Check the file of a force."""
    from sispamkota.force import Force

    with check(as_json):
        Force.load(force)
