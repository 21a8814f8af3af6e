"""gunicorn with two sync workers, for the product and for hello alike; and what its workers use (Linux's /proc)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tracker.config import ROOT

WORKERS = 2
SETTINGS = ROOT / "deploy" / "gunicorn.conf.py"
START_WITHIN = 60  # seconds
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running gunicorn: its port, and its workers' process ids."""

    port: int
    workers: tuple[int, ...]

    def cpu(self) -> float:
        """Seconds of CPU, in user and system mode, that the workers have used until now."""
        return sum(_cpu(worker) for worker in self.workers)

    def anonymous_memory(self) -> dict[int, int]:
        """Bytes of anonymous memory by worker: the mapped database file is not the program's."""
        return {worker: _status(worker, "RssAnon") for worker in self.workers}


@contextmanager
def serving(application: str, environ: Mapping[str, str], log: Path) -> Iterator[Server]:
    """Serve ``module:app`` on a free port of this machine until the block ends."""
    port = _free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", str(SETTINGS), "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(WORKERS), "--worker-class", "sync", "--threads", "1", "--max-requests", "0"]
    with log.open("wb") as out:
        process = subprocess.Popen([*command, application], cwd=ROOT, env=dict(environ), stdout=out, stderr=out)
    try:
        yield Server(port, _started(process, port, log))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=40)  # longer than gunicorn's own patience


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _started(process: subprocess.Popen[bytes], port: int, log: Path) -> tuple[int, ...]:
    """The workers, once all of them are there and one answers."""
    until = time.monotonic() + START_WITHIN
    while time.monotonic() < until and process.poll() is None:
        workers = _children(process.pid)
        if len(workers) == WORKERS and _answers(port):
            return workers
        time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"gunicorn did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _children(parent: int) -> tuple[int, ...]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            if int(fields[1]) == parent:
                found.append(int(entry.name))
    return tuple(sorted(found))


def _cpu(process: int) -> float:
    """By the scheduler's count, in nanoseconds, where it keeps one; else utime and stime, in hundredths of a second."""
    folder = Path("/proc") / str(process)
    tasks = [task / "schedstat" for task in (folder / "task").iterdir()]
    if all(task.exists() for task in tasks):
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _status(process: int, name: str) -> int:
    """A line of the process's status, in bytes."""
    for line in (Path("/proc") / str(process) / "status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"this kernel does not tell {name}")
