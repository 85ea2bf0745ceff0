"""What the chat looks up besides its conversation: the other ones, today's costs, the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vibe.cli.context import Cli
    from vibe.mux.store_tables import UsageRow
    from vibe.session.shelf import Shelf
    from vibe.session.spent import Spent


def shelf(cli: Cli) -> Shelf:
    from vibe.session.shelf import Shelf

    return Shelf(root=cli.folders().state / "sessions", redactor=cli.terminal.redactor)


def spent_today(cli: Cli) -> tuple[Spent, ...]:
    """In all sessions, as far as it is in the store already."""
    store = cli.store()
    try:
        return tuple(map(_spent, store.usage(since=store.today)))
    finally:
        store.close()


def diagnosis(cli: Cli) -> tuple[str, ...]:
    """As `vibe doctor` tells it."""
    from vibe.cli.doctor import told_of
    from vibe.cli.doctor_checks import checks
    from vibe.cli.terminal import Paint

    paint = Paint(colour=False, redactor=cli.terminal.redactor)
    return tuple(told_of(checks(cli), paint))


def _spent(row: UsageRow) -> Spent:
    from vibe.session.spent import Spent

    use = row.use
    return Spent(
        alias=row.alias,
        answers=use.ok,
        input=use.input_tokens,
        output=use.output_tokens,
        cached_read=use.cached_tokens,
        cost_uusd=use.cost_uusd,
        unpriced=use.unpriced,
        estimated=use.estimated,
    )
