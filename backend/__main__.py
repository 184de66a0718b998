"""The command line: the list of commands, one line each. Each calls a room; no rule stands here."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Everything heavy is imported inside the commands: `ask` and a dry-run import must start in a blink.

_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], Any]]] = {}


def command(
    name: str, line: str, arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None
) -> Callable[..., Any]:
    def register(function: Callable[[argparse.Namespace], Any]) -> Callable[[argparse.Namespace], Any]:
        _COMMANDS[name] = (line, arguments, function)
        return function

    return register


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--journey", action="store_true", help="walk through the whole job with visible steps, then stop"
    )
    parser.add_argument("--fresh", action="store_true", help="throw the demo's data away first")


@command("demo", "start everything here, seed a demo school, serve it until Ctrl-C", _demo_arguments)
def demo(arguments: argparse.Namespace) -> int:
    from backend.demo.command import run

    return asyncio.run(run(journey=arguments.journey, fresh=arguments.fresh))


@command("serve", "answer HTTP requests")
def serve(arguments: argparse.Namespace) -> None:
    from backend.core.settings import read, refuse_unsafe
    from backend.serving import run_server

    settings = read()
    refuse_unsafe(settings)
    run_server(_with_servers(settings))


@command("work", "run the background jobs: deliveries, settlements, sweeps")
def work(arguments: argparse.Namespace) -> None:
    from backend.core.settings import read, refuse_unsafe
    from backend.worker import create_worker

    settings = read()
    refuse_unsafe(settings)
    settings = _with_servers(settings)
    create_worker(settings, redis_url=settings.redis_url, database_url=settings.database_url).run()


def _bot_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--channel", choices=["telegram", "zalo_bot"], default="telegram")


@command("bot", "fetch a messenger's updates by polling, for development without a public address", _bot_arguments)
def bot(arguments: argparse.Namespace) -> None:
    from backend.core.settings import read
    from bots.command import poll

    asyncio.run(poll(_with_servers(read()), arguments.channel))


def _bot_profile_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("channel", nargs="*", help="telegram, zalo, zalo_bot; all that are opened where none is named")
    parser.add_argument("--name", default="", help="the bot's display name; left as it is where none is given")


@command("bot-profile", "set a bot's name, description, commands and menu at its messenger", _bot_profile_arguments)
def bot_profile(arguments: argparse.Namespace) -> int:
    from backend.core.settings import read
    from bots.profile import CHANNELS, run

    if unknown := sorted(set(arguments.channel) - set(CHANNELS)):
        print(f"no such channel: {', '.join(unknown)}; there are {', '.join(CHANNELS)}", file=sys.stderr)
        return 2
    status, lines = asyncio.run(run(read(), arguments.channel, name=arguments.name))
    print("\n".join(lines))
    return status


@command("migrate", "bring the database's schema up to date")
def migrate(arguments: argparse.Namespace) -> None:
    from backend.core.migrate import migrate as apply
    from backend.core.settings import read

    applied = asyncio.run(apply(_with_servers(read(), with_redis=False).database_url))
    print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")


def _distribute_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--write", action="store_true", help="only write the script anew from the list of tables")


@command("distribute", "spread the tables over a Citus cluster (once, on its coordinator)", _distribute_arguments)
def distribute(arguments: argparse.Namespace) -> None:
    from backend.core.distribute import FILE, script
    from backend.core.distribute import distribute as spread
    from backend.core.settings import read

    if arguments.write:
        FILE.write_text(script(), encoding="utf-8")
        return
    print(f"{asyncio.run(spread(read().database_url))} tables are distributed")


def _school_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["add"])
    for name in ("code", "name", "admin-name", "admin-phone"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument(
        "--level", default="mixed", choices=["preschool", "primary", "lower_secondary", "upper_secondary", "mixed"]
    )
    for name in ("province-code", "commune-code", "address", "phone"):
        parser.add_argument(f"--{name}")


@command("school", "found a school with its first administrator", _school_arguments)
def school(arguments: argparse.Namespace) -> None:
    import msgspec

    from backend.core.clock import SystemClock, school_day
    from backend.people.founding import Founding, found_school

    now = SystemClock().now()
    founding = msgspec.convert({k: v for k, v in vars(arguments).items() if k not in ("action", "command")}, Founding)
    school_id = _with_database(lambda database: found_school(database, founding, at=now, today=school_day(now)))
    print(f"school_id {school_id}")


def _area_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["appoint"])
    parser.add_argument("--area-code", required=True, help="code of the province or commune")
    for name in ("phone", "full-name"):
        parser.add_argument(f"--{name}", required=True)


@command("area", "appoint an administrator of a province or commune, who sees its schools in counts", _area_arguments)
def area(arguments: argparse.Namespace) -> None:
    from backend.core.clock import SystemClock
    from backend.identity.operating import appoint

    account_id = _with_database(
        lambda database: appoint(
            database,
            phone=arguments.phone,
            full_name=arguments.full_name,
            area_code=arguments.area_code,
            at=SystemClock().now(),
        )
    )
    print(f"account_id {account_id}")


def _channel_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["off", "on", "list"])
    parser.add_argument("channel", nargs="?", help="push, webpush, zalo, zalo_bot, telegram, email, zns or sms")
    parser.add_argument("--reason", help="why it is switched off, for those who look later")


@command("channel", "stop a channel, let it go again, or list those that are stopped", _channel_arguments)
def channel(arguments: argparse.Namespace) -> int:
    from backend.core.clock import SystemClock
    from notifications.switching import run

    now = SystemClock().now()
    status, line = _with_database(
        lambda database: run(database, arguments.action, arguments.channel, arguments.reason, at=now)
    )
    print(line)
    return int(status)


def _reset_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--phone", required=True)


@command(
    "unlock",
    "drop password and second factor at a phone, for an administrator nobody else can help",
    _reset_arguments,
)
def unlock(arguments: argparse.Namespace) -> int:
    from backend.core.clock import SystemClock
    from backend.identity.operating import reset_sign_in

    count = _with_database(lambda database: reset_sign_in(database, phone=arguments.phone, at=SystemClock().now()))
    print(f"{count} accounts sign in by one-time code again" if count else "no account signs in with this phone")
    return 0 if count else 1


def _authorise_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--redirect-uri", help="the callback address that is registered at Zalo")
    parser.add_argument("--refresh-token", action="store_true", help="read a refresh token from standard input instead")


@command("zalo-authorise", "keep the permission of the Zalo Official Account", _authorise_arguments)
def zalo_authorise(arguments: argparse.Namespace) -> int:
    from backend.core.settings import read
    from notifications.zalo_command import authorise

    settings = _with_servers(read(), with_redis=False)
    return asyncio.run(
        authorise(settings, redirect_uri=arguments.redirect_uri or "", by_refresh_token=arguments.refresh_token)
    )


@command("bounce", "take one letter that came back, on standard input, from a mail server's pipe")
def bounce(arguments: argparse.Namespace) -> int:
    from backend.core.settings import read
    from notifications.channels.dsn import BYTES_MAX
    from notifications.returned_mailbox import piped

    settings = _with_servers(read(), with_redis=False)
    status, line = asyncio.run(piped(settings, sys.stdin.buffer.read(BYTES_MAX)))
    print(line)
    return status


def _with_database(deed: Callable[[Any], Any]) -> Any:
    """One deed at the database, without a server around it."""
    from backend.core.database import Database
    from backend.core.phones import NotAPhone
    from backend.core.settings import read

    settings = _with_servers(read(), with_redis=False)

    async def done() -> Any:
        database = await Database.open(settings.database_url, writers=1, readers=1)
        try:
            return await deed(database)
        finally:
            await database.close()

    try:
        return asyncio.run(done())
    except NotAPhone as error:
        raise SystemExit(f"This is not a telephone number: {error}") from error


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=["roster", "statement"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--school", help="code or school_id; may be left out when there is only one school")
    parser.add_argument("--account", help="the receiving account of a statement that does not name it")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
    parser.add_argument("--json", action="store_true", help="print what was understood as JSON (with --dry-run)")


@command(
    "import", "read a spreadsheet of pupils or a bank's statement: import roster|statement FILE", _import_arguments
)
def import_(arguments: argparse.Namespace) -> int:
    return _import_statement(arguments) if arguments.kind == "statement" else _import_roster(arguments)


def _import_statement(arguments: argparse.Namespace) -> int:
    from backend.core.settings import read
    from payments.statements.command import run

    settings = read()
    if not (arguments.dry_run and arguments.school is None):
        settings = _with_servers(settings, with_redis=False)
    return asyncio.run(
        run(
            arguments.file,
            settings,
            school=arguments.school,
            account=arguments.account,
            dry_run=arguments.dry_run,
            as_json=arguments.json,
        )
    )


def _import_roster(arguments: argparse.Namespace) -> int:
    from backend.core.settings import read
    from backend.people.roster.command import run

    settings = read()
    if not (arguments.dry_run and arguments.json):
        settings = _with_servers(settings, with_redis=False)
    return asyncio.run(
        run(
            arguments.file,
            settings,
            dry_run=arguments.dry_run,
            as_json=arguments.json,
            school=_number(arguments.school),
        )
    )


def _number(school: str | None) -> int | None:
    if school is not None and not (school.isascii() and school.isdigit()):
        raise SystemExit("--school is the number of the school here (school_id)")
    return None if school is None else int(school)


def _jsonl_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jsonl", action="store_true", required=True, help="one JSON object a line in, one a line out")


@command("ask", "ask the bot: reads JSON lines from standard input", _jsonl_arguments)
def ask(arguments: argparse.Namespace) -> None:
    from bots.command import run

    run(sys.stdin.buffer, sys.stdout.buffer)


@command("check-notice", "name what families would ask back: reads notices as JSON lines", _jsonl_arguments)
def check_notice(arguments: argparse.Namespace) -> int:
    from backend.announcements.checking.command import run

    return run(sys.stdin.buffer, sys.stdout.buffer)


def _match_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bills", type=Path, required=True, help="open bills, one JSON object a line")
    _jsonl_arguments(parser)


@command("match", "measure matching: reads bank lines as JSON lines from standard input", _match_arguments)
def match(arguments: argparse.Namespace) -> int:
    from payments.match_command import run

    return run(arguments.bills, sys.stdin.buffer, sys.stdout.buffer)


@command("check", "check that bank, ledger, invoices and receipts agree; prints the rows that do not")
def check(arguments: argparse.Namespace) -> int:
    from backend.core.settings import read
    from payments.reconcile import report

    lines = asyncio.run(report(_with_servers(read(), with_redis=False).database_url))
    print("\n".join(lines) or "bank = ledger = invoices = receipts")
    return 1 if lines else 0


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["ledger"], help="the ledger with its seals, as docs/verify_ledger.py reads it")
    parser.add_argument("--school", type=int, required=True, metavar="ID")


@command("export", "write a school's ledger as CSV to standard output", _export_arguments)
def export(arguments: argparse.Namespace) -> None:
    from backend.core.settings import read
    from payments.ledger_export import write

    url = _with_servers(read(), with_redis=False).database_url
    asyncio.run(write(url, arguments.school, sys.stdout))


def _bench_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("which", nargs="*", help="home, roll, import, fanout, matching; all when none is named")
    parser.add_argument("--write", action="store_true", help="keep the tables in docs/performance.md")


@command("bench", "the benchmarks, as ratios within one run", _bench_arguments)
def bench(arguments: argparse.Namespace) -> None:
    from tests.bench.command import run

    run(arguments.which, write=arguments.write)


def _openapi_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, nargs="?")


@command("openapi", "print the OpenAPI description, or write it to FILE", _openapi_arguments)
def openapi(arguments: argparse.Namespace) -> None:
    from backend.app import create_app
    from backend.core.settings import Settings
    from backend.openapi import exported

    text = exported(create_app(Settings(mode="test", secret_key="x" * 32), redis_url="", database_url=""))
    if arguments.file:
        arguments.file.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


@command("settings", "print every setting with its default and meaning")
def settings(arguments: argparse.Namespace) -> None:
    from backend.core.settings import document

    print(document(), end="")


def _with_servers(settings: Any, *, with_redis: bool = True) -> Any:
    """Fill empty URLs with the embedded servers, which stop with this process, and hand them to child processes as well."""
    import atexit

    import msgspec

    from backend.embedded.both import start

    if settings.database_url and (settings.redis_url or not with_redis):
        return settings
    servers = asyncio.run(start(settings, with_redis=with_redis))
    atexit.register(servers.stop)
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = servers.database_url, servers.redis_url
    return msgspec.structs.replace(settings, database_url=servers.database_url, redis_url=servers.redis_url)


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend",
        description="Nhịp Cầu — the bridge between schools and families.",
        # One line a command, however narrow the terminal claims to be.
        formatter_class=lambda prog: argparse.HelpFormatter(prog, max_help_position=14, width=110),
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (line, arguments, _) in _COMMANDS.items():
        arguments(commands.add_parser(name, help=line, description=line))
    chosen = parser.parse_args(words)
    try:
        return _COMMANDS[chosen.command][2](chosen) or 0
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
