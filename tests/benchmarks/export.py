"""The status report of all rows as a file, beside the database's own client writing the same columns."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from tests.benchmarks import figures
from tests.benchmarks.browser import Browser, WrongPage, download
from tests.benchmarks.figures import Result
from tests.benchmarks.measure import Bench
from tests.benchmarks.pages import REVIEWER
from tracker.config import Settings, sqlite_file
from tracker.extensions import db
from tracker.models import Event, Followup, Outcome
from tracker.reports import status

PATH = "/reports/status.csv"
STATEMENT = Path(__file__).with_name("status.sql")
JOINED = {"sqlite": "group_concat", "postgresql": "string_agg"}
LATE = {"sqlite": "julianday(date('now')) - julianday({})", "postgresql": "current_date - {}"}
PAUSE = 0.02  # seconds between two looks at the memory
IDLE_WITHIN = 1.0  # seconds
LOOK = 0.1  # seconds over which a worker is seen to be idle
MB = 1024 * 1024


def export(bench: Bench, settings: Settings) -> list[Result]:
    """Rows per second, first byte, memory, and what happens when the reader goes away."""
    browser = bench.readers[REVIEWER]
    idle = bench.tracker.anonymous_memory()
    peaks = dict(idle)
    with _watched(bench, peaks):
        rows = _checked(browser)
        theirs = _client(settings)
        ours, first, shell = [], [], []
        for _round in range(bench.rounds):
            begun, ended, _size = download(bench.tracker.port, PATH, browser.headers())
            ours.append(ended)
            first.append(begun)
            if theirs is not None:
                shell.append(_seconds(theirs))
    hello = figures.median([bench.yardstick.get("/").seconds for _time in range(50)])
    speed = rows / figures.median(ours)
    at_client = rows / figures.median(shell) if shell else None
    client = Path(theirs[0]).name if theirs else "no sqlite3 or psql on this machine: the database's client"
    grown = max(peaks[worker] - idle[worker] for worker in idle) / MB
    return [
        figures.check(f"CSV of {rows:,} rows: {speed:,.0f} a second", speed, "rows/s", None),
        figures.check(f"{client}, the same columns", at_client, "rows/s", None),
        figures.check("CSV beside it", speed / at_client if at_client else None, "of its speed", 0.5, at_least=True),
        figures.check("CSV, first byte", figures.median(first) / hello, "× hello", 40),
        figures.check("CSV, anonymous memory over idle", grown, "MB", 8),
        _gone(bench, browser, rows, figures.median(ours)),
    ]


def _checked(browser: Browser) -> int:
    """Read the file once as CSV: the header, a row for each follow-up, no column lost."""
    answer = browser.get(PATH)
    header, *rows = csv.reader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""))
    expected = db.session.scalar(sa.select(sa.func.count()).select_from(Followup))
    db.session.rollback()
    if tuple(header) != status.HEADER or len(rows) != expected or {len(row) for row in rows} != {len(header)}:
        raise WrongPage(f"{PATH} does not hold the {expected} follow-ups under their header")
    return len(rows)


# The database's own client


def _client(settings: Settings) -> list[str] | None:
    """The command that writes the same columns from the same join; None where it is not installed."""
    file = sqlite_file(settings.database_url)
    dialect = "postgresql" if file is None else "sqlite"
    program = shutil.which("psql" if file is None else "sqlite3")
    if program is None:
        return None
    late = LATE[dialect].format("followup.current_due_last")
    statement = STATEMENT.read_text("utf-8").replace("{joined}", JOINED[dialect]).replace("{late}", late)
    if file is not None:
        return [program, "-readonly", "-header", "-csv", str(file), statement]
    address = settings.database_url.replace("+psycopg", "")
    return [program, address, "-c", f"COPY ({statement.rstrip().rstrip(';')}) TO STDOUT WITH (FORMAT csv, HEADER)"]


def _seconds(command: list[str]) -> float:
    """Written to nowhere: the harder yardstick, and on a disk its bytes would be in the way of the log's next entry."""
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


# Memory, and a reader who goes away


@contextmanager
def _watched(bench: Bench, peaks: dict[int, int]) -> Iterator[None]:
    """Keep the most memory of each worker in ``peaks`` until the block ends."""
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(PAUSE):
            for worker, size in bench.tracker.anonymous_memory().items():
                peaks[worker] = max(peaks[worker], size)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _gone(bench: Bench, browser: Browser, rows: int, whole: float) -> Result:
    """Seconds until the workers are idle after the reader went away; the log must say that not all rows left."""
    download(bench.tracker.port, PATH, browser.headers(), most=1)
    took = _until_idle(bench.tracker.cpu)
    details = db.session.execute(
        sa.select(Event.outcome, Event.text).where(Event.kind == "export.ended").order_by(Event.seq.desc()).limit(1)
    ).one()
    db.session.rollback()
    left = int(json.loads(details.text)["details"]["rows"])
    is_ended = details.outcome is Outcome.FAILED and left < rows
    name = f"CSV, reader gone: {left:,} of {rows:,} rows left; idle after"
    result = figures.check(name, took, "s", min(IDLE_WITHIN, whole))
    return result | {"met": result["met"] and is_ended}


def _until_idle(cpu: Callable[[], float]) -> float:
    """Seconds until the workers use less than a tenth of a core."""
    began = time.perf_counter()
    while True:
        at, used = time.perf_counter(), cpu()
        time.sleep(LOOK)
        if cpu() - used < LOOK / 10:
            return at - began
