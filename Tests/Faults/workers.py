"""Worker processes: in process groups of their own, harmed on purpose, always ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from proxy import Proxy
from stack import Stack, Trouble

# What the harness itself ends a worker with. Anything else is a worker that ended by itself.
ENDED_BY_US = (-signal.SIGKILL, 0)
READY_SECONDS = 60
# Longer than a worker's own drain deadline, and a rebalance that it may have to sit out.
STOP_SECONDS = 40


class Worker:
    """One `sluice` process."""

    def __init__(self, number: int, command: str, process: subprocess.Popen[bytes], log: Path, proxy: Proxy | None):
        self.number, self.command, self.process, self.log, self.proxy = number, command, process, log, proxy

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """To the worker and all it has started."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.process.wait(30)

    def freeze(self) -> None:
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def leave(self) -> None:
        """Asks it to end, and does not wait."""
        self.signal(signal.SIGTERM)

    def get(self, path: str) -> str | None:
        found = re.search(rb'"serving probes".*"port":(\d+)', self.log.read_bytes())
        if found is None:
            return None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{int(found[1])}{path}", timeout=2) as response:
                return response.read().decode()
        except (urllib.error.URLError, OSError):
            return None

    def consumed(self) -> int:
        """Records it has taken from the broker so far."""
        return sum(int(float(line.rsplit(" ", 1)[1])) for line in (self.get("/metrics") or "").splitlines() if line.startswith("sluice_consumed_records_total"))


class Fleet:
    """The workers of one case."""

    def __init__(self, stack: Stack, settings: dict[str, str]):
        self._stack, self._settings = stack, settings
        self.all: list[Worker] = []

    def start(self, command: str = "ingest", *, proxied: bool = False, **settings: str) -> Worker:
        """A new worker. `proxied`: its way to the database can be cut or stalled."""
        number = len(self.all) + 1
        proxy = None
        if proxied:
            proxy = Proxy.postgres(self._stack.database_address)
            settings["SLUICE_DATABASE_INGEST_URL"] = self._stack.ingest_url(proxy.port)
        log = self._stack.folder / f"{command}-{number}.log"
        environment = {**self._stack.environment, **self._settings, "SLUICE_HTTP_PORT": "0", **settings}
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [str(self._stack.program), command], env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        worker = Worker(number, command, process, log, proxy)
        self.all.append(worker)
        return worker

    @property
    def running(self) -> list[Worker]:
        """The ones that ingest."""
        return [worker for worker in self.all if worker.command == "ingest" and worker.is_running]

    @property
    def fallen(self) -> str:
        """Who has ended without being asked, in words."""
        return "".join(
            f"; {worker.command} {worker.number} has ended with {worker.process.returncode}"
            for worker in self.all if not worker.is_running and worker.process.returncode not in ENDED_BY_US)

    def await_ready(self, *workers: Worker) -> None:
        deadline = time.monotonic() + READY_SECONDS
        for worker in workers:
            while worker.get("/readyz") is None:
                if not worker.is_running:
                    raise Trouble(f"{worker.command} ended with {worker.process.returncode} before it was ready: see {worker.log}")
                if time.monotonic() > deadline:
                    raise Trouble(f"{worker.command} is not ready after {READY_SECONDS} s: see {worker.log}")
                time.sleep(0.05)

    def kill_all(self) -> None:
        workers = self.running
        for worker in workers:
            worker.signal(signal.SIGKILL)
        for worker in workers:
            worker.process.wait(30)

    def stop_all(self) -> list[str]:
        """Ends every worker, as an operator does. Returns what was wrong with their ends."""
        for worker in self.all:
            worker.thaw()
            if worker.proxy is not None:
                worker.proxy.pass_all()
        for worker in self.all:
            if worker.is_running:
                worker.leave()
        deadline = time.monotonic() + STOP_SECONDS
        wrong = []
        for worker in self.all:
            try:
                worker.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                wrong.append(f"{worker.command} {worker.number} did not stop within {STOP_SECONDS} s of SIGTERM")
                worker.kill()
            if worker.process.returncode not in ENDED_BY_US:
                wrong.append(f"{worker.command} {worker.number} ended with {worker.process.returncode}: see {worker.log.name}")
        self._close_proxies()
        return wrong

    def end_all(self) -> None:
        """Whatever state they are in."""
        for worker in self.all:
            if worker.is_running:
                worker.kill()
        self._close_proxies()

    def _close_proxies(self) -> None:
        for worker in self.all:
            if worker.proxy is not None:
                worker.proxy.close()
