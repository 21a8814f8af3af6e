"""``make bench``: measure, print tables, write JSON; or ``--compare`` two such files."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from passlib.hash import argon2

from tests.benchmarks import export, figures, measure, pages
from tests.benchmarks.browser import Browser, WrongPage
from tests.benchmarks.ground import Ground, prepare
from tests.benchmarks.measure import Bench
from tests.benchmarks.servers import serving
from tracker.database import read_only, writing
from tracker.errors import RefusedToStart
from tracker.extensions import db
from tracker.models import Account, Event, Followup
from tracker.sample.load import demo_password
from tracker.services import passwords

LIST_OF_HELLO, FOLLOWUP_OF_HELLO = 0.07, 0.12
WRITE = 15
SPARE = 40  # records beyond those that are written on: some have no such form any more


def main(words: Sequence[str] | None = None) -> int:
    """Run what the options ask for; 1 where a page was wrong, so that nothing could be said of it."""
    options = _options(words)
    if options.compare:
        small, large = (json.loads(Path(name).read_text("utf-8")) for name in options.compare)
        print(f"{small['follow_ups']:,} and {large['follow_ups']:,} follow-ups")
        print(figures.growth_table(figures.growth(small, large)))
        return 0
    try:
        ground = prepare(options.folder, options.database_url, options.follow_ups, options.seed)
        result = _run(ground, options)
    except (WrongPage, RefusedToStart) as fault:
        print(f"Nothing was measured: {fault}", file=sys.stderr)
        return 1
    out = options.json or ground.folder / f"result-{result['date'][:19].replace(':', '')}.json"
    out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(f"\n{out}")
    return 0


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--follow-ups", type=int, default=10_000, help="how many to generate where there are none")
    parser.add_argument("--seed", type=int, default=1, help="of what is generated")
    parser.add_argument("--folder", type=Path, help="the instance folder (instance/bench-<follow-ups>)")
    parser.add_argument("--database-url", help="another database than the one in the folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=10, help="of a page in a round")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=3, help="that a crowd asks for")
    parser.add_argument("--only", default="", help="measure what has this in its name")
    parser.add_argument("--json", type=Path, help="where the figures go (the folder)")
    parser.add_argument("--compare", nargs=2, metavar="FILE", help="print the growth between two results")
    return parser.parse_args(words)


def _run(ground: Ground, options: argparse.Namespace) -> dict[str, Any]:
    """All measurements on one pair of servers."""
    with ExitStack() as stack:
        stack.enter_context(ground.app.app_context())
        stack.enter_context(read_only())  # what is asked here keeps no writer waiting
        hello = stack.enter_context(serving("tests.benchmarks.hello:app", ground.environ, ground.folder / "hello.log"))
        tracker = stack.enter_context(serving("wsgi:app", ground.environ, ground.folder / "tracker.log"))
        readers = {email: Browser(tracker.port) for email in (pages.REVIEWER, pages.ANALYST)}
        for email, browser in readers.items():
            browser.sign_in(email, demo_password())
        bench = Bench(tracker, hello, readers, options.rounds, options.requests)
        result = _about(ground)
        print(_words(result))
        read = pages.pages(readers[pages.ANALYST])
        db.session.remove()
        result["pages"] = [bench.page(page) for page in read if options.only in page.name]
        result["pages"] += _writes(bench, options)
        result["checks"] = [*_crowds(bench, options), *_export(bench, ground, options)]
    print(figures.pages_table(result["pages"]))
    print("\n" + figures.checks_table(result["checks"]) if result["checks"] else "")
    met, judged = figures.tally([*result["pages"], *result["checks"]])
    print(f"\n{met} of {judged} targets are met.")
    return result


def _writes(bench: Bench, options: argparse.Namespace) -> list[figures.Result]:
    """A change of the status that we assess; a signature, and what it takes beside asking for the password again."""
    results = []
    most = measure.WARMING + bench.rounds * measure.WRITES
    analyst, reviewer = bench.readers[pages.ANALYST], bench.readers[pages.REVIEWER]
    if options.only in "Change of assessed status":
        prepared = measure.assessments(analyst, pages.to_assess(most + SPARE))
        results.append(bench.write("Change of assessed status", WRITE, prepared))
    if options.only in "Sign-off":
        prepared = measure.signatures(reviewer, pages.to_sign(), demo_password())
        results.append(bench.write("Sign-off, password asked again", None, prepared))
        with _password_checked_lightly():
            results.append(bench.write("Sign-off but for the password's check", WRITE, prepared))
    db.session.remove()
    return results


@contextmanager
def _password_checked_lightly() -> Iterator[None]:
    """The reviewer's password with parameters that take no time: checking one is slow by design (R1), and what is asked
    here is how long all else takes."""
    stored = db.session.scalar(sa.select(Account.password).where(Account.email == pages.REVIEWER))
    light = argon2.using(type="ID", time_cost=1, memory_cost=64, parallelism=1).hash(passwords.normal(demo_password()))
    _store_password(light)
    try:
        yield
    finally:
        _store_password(stored)


def _store_password(stored: str | None) -> None:
    """Written past the records of accounts: it is put back before anybody else signs in."""
    with writing():
        db.session.rollback()
        accounts = Account.metadata.tables["account"]
        db.session.execute(sa.update(accounts).where(accounts.c.email == pages.REVIEWER).values(password=stored))
        db.session.commit()


def _crowds(bench: Bench, options: argparse.Namespace) -> list[figures.Result]:
    asked = ((pages.narrowed, LIST_OF_HELLO), (pages.followups, FOLLOWUP_OF_HELLO))
    found = [(make(pages.REVIEWER), target) for make, target in asked]
    db.session.remove()
    return [
        result
        for page, target in found
        if options.only in f"{page.name}, crowd"
        for result in bench.crowd(page, target, options.clients, options.seconds)
    ]


def _export(bench: Bench, ground: Ground, options: argparse.Namespace) -> list[figures.Result]:
    return export.export(bench, ground.settings) if options.only in "CSV" else []


def _about(ground: Ground) -> dict[str, Any]:
    """What was measured, on which machine, when."""
    count = sa.select(sa.func.count())
    engine = db.engine
    version = "sqlite_version()" if engine.dialect.name == "sqlite" else "current_setting('server_version')"
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "follow_ups": db.session.scalar(count.select_from(Followup)),
        "events": db.session.scalar(count.select_from(Event)),
        "machine": {
            "cores": os.cpu_count(),
            "ram_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
            "python": platform.python_version(),
            "database": f"{engine.dialect.name} {db.session.scalar(sa.text(f'SELECT {version}'))}",
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        },
    }


def _words(result: dict[str, Any]) -> str:
    machine = result["machine"]
    return (
        f"{result['follow_ups']:,} follow-ups, {result['events']:,} events; {machine['cores']} cores,"
        f" {machine['ram_gb']} GB, Python {machine['python']}, {machine['database']}; {result['date']}"
    )


if __name__ == "__main__":
    sys.exit(main())
