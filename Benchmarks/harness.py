"""What every benchmark stands on: results for people and machines, a worker as a process, events in, answers out."""

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
PEER_PYTHON = ROOT / ".dev/venv-bench/bin/python"
SLUICE = os.environ.get("BENCH_SLUICE", "sluice")
BOOTSTRAP = os.environ["SLUICE_KAFKA_BOOTSTRAP_SERVERS"]

DOCUMENTS, PERMISSIONS, QUERIES = "sluice.documents", "sluice.permissions", "sluice.queries"
UPSERTED, PERMITTED, QUERY = "io.sluice.document.upserted.v1", "io.sluice.permissions.changed.v1", "io.sluice.query.v1"

# Longer than anything here takes on a slow machine: only a worker that hangs runs into it.
PATIENCE_SECONDS = 1800


# --- results ---


def report(
    bench: str, case: str, values: Sequence[float], unit: str, *, higher_is_better: bool,
    peer: str | None = None, peer_values: Sequence[float] = (), goal: float | None = None, bound: float | None = None, **extra: object,
) -> None:
    """Prints the medians of one case: a row on standard error for people, a JSON line on standard output for machines.

    `ratio` is ours by the peer's, as the goal is stated: times the speed, or the part of the memory. `bound` is what the value itself is to keep within.
    """
    value = statistics.median(values)
    peer_value = statistics.median(peer_values) if peer_values else None
    ratio = value / peer_value if peer_value else None
    row = f"{bench:<11} {case:<34} {value:>10.2f} {unit:<8}"
    if ratio is not None:
        row += f" {peer}: {peer_value:.2f}, ratio {ratio:.2f}"
    for measured, wanted in ((ratio, goal), (value, bound)):
        if measured is not None and wanted is not None:
            met = measured >= wanted if higher_is_better else measured <= wanted
            row += f" (goal {'≥' if higher_is_better else '≤'} {wanted:.2f}: {'met' if met else 'not met'})"
    say(row)
    line = {
        "bench": bench, "case": case, "value": round(value, 4), "unit": unit, "peer": peer,
        "peer_value": None if peer_value is None else round(peer_value, 4), "ratio": None if ratio is None else round(ratio, 3),
        "goal": goal, "bound": bound, "higher_is_better": higher_is_better, "runs": [round(one, 4) for one in values],
        "peer_runs": [round(one, 4) for one in peer_values], "machine": MACHINE, **extra,
    }
    print(json.dumps(line), flush=True)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def machine() -> str:
    """Processor and number of cores, and what else it has to do: figures of two machines are not comparable."""
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "unknown")
    return f"{model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start"


MACHINE = machine()
# An exception, so that workers are stopped too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: a value that was measured, not one between two."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


# --- processes ---


class PeakMemory:
    """The high-water mark of a process's resident memory, in MiB, looked at until it ends."""

    def __init__(self, pid: int):
        self.mebibytes = 0.0
        self.status = Path(f"/proc/{pid}/status")
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while self.look():
            time.sleep(0.02)

    def look(self) -> bool:
        try:
            line = next((line for line in self.status.read_text().splitlines() if line.startswith("VmHWM")), None)
        except OSError:
            return False
        if line is not None:
            self.mebibytes = max(self.mebibytes, int(line.split()[1]) / 1024)
        return line is not None


class Worker:
    """One `sluice` worker, from ready to stopped."""

    def __init__(self, command: str, **settings: str):
        self._log = open(ROOT / ".dev/log" / f"bench-{command}.log", "a", encoding="utf8")
        # Port 0 would be told in the log only.
        self.port = free_port()
        environment = {**os.environ, "SLUICE_HTTP_PORT": str(self.port), "SLUICE_CREDENTIALS": "trusted", **settings}
        self.process = subprocess.Popen([SLUICE, command], env=environment, stdout=self._log, stderr=self._log)
        self.memory = PeakMemory(self.process.pid)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.thaw()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._log.close()

    def freeze(self) -> None:
        """Until `thaw`, nothing is taken up: what is published meanwhile is there when the clock starts. Shorter than a session."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def metric(self, name: str, *labels: str) -> float:
        """The sum over the series of that name that have all these label values; zero where there is none."""
        lines = (self.get("/metrics") or "").splitlines()
        series = [line for line in lines if line.startswith((f"{name}{{", f"{name} ")) and all(f'"{label}"' in line for label in labels)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in series)

    def get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as response:
                return response.read().decode()
        except (urllib.error.URLError, OSError):
            return None

    def wait_until(self, condition: Callable[[], bool], pause: float = 0.02) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if self.process.poll() is not None:
                raise SystemExit(f"the worker ended by itself: see {self._log.name}")
            if time.monotonic() > deadline:
                raise SystemExit(f"the worker hangs: see {self._log.name}")
            time.sleep(pause)

    def wait_ready(self) -> None:
        self.wait_until(lambda: self.get("/readyz") is not None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def create_tenant(name: str) -> None:
    subprocess.run([SLUICE, "tenant", "create", name], check=True, stdout=subprocess.DEVNULL)


# --- events ---


@dataclass
class Publisher:
    """Writes events in binary mode; keeps count of what must have an outcome."""

    tenant: str
    source: str = "bench"
    producer: Producer = field(default_factory=lambda: Producer({"bootstrap.servers": BOOTSTRAP, "linger.ms": 0, "message.max.bytes": 9 << 20}))
    published: int = 0

    def document(self, subject: str, data: dict[str, object]) -> None:
        self._publish(DOCUMENTS, UPSERTED, subject, data)

    def permit(self, subject: str, allow: Sequence[str]) -> None:
        self._publish(PERMISSIONS, PERMITTED, subject, {"allow": list(allow)})

    def _publish(self, topic: str, kind: str, subject: str, data: dict[str, object]) -> None:
        self.published += 1
        key = "/".join(quote(part, safe="-._~") for part in (self.tenant, self.source, subject))
        self.produce(topic, key, f"e{self.published}", kind, data)

    def ask(self, query_id: str, data: dict[str, object]) -> None:
        self.produce(QUERIES, query_id, query_id, QUERY, data)

    def produce(self, topic: str, key: str, event_id: str, kind: str, data: dict[str, object]) -> None:
        attributes = {"specversion": "1.0", "id": event_id, "type": kind, "source": self.source, "tenant": self.tenant}
        headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()] + [("content-type", b"application/json")]
        while True:
            try:
                self.producer.produce(topic, key=key, value=json.dumps(data), headers=headers)
                break
            except BufferError:
                self.producer.poll(0.05)
        self.producer.poll(0)

    def flush(self) -> None:
        if self.producer.flush(120):
            raise SystemExit("the broker did not take every event")


class Tail:
    """Reads a topic from its end on, in a thread: calls back with each record's headers, value and time of arrival."""

    def __init__(self, topic: str, take: Callable[[dict[str, str], dict, float], None]):
        self._take = take
        self._stop = False
        partitions = AdminClient({"bootstrap.servers": BOOTSTRAP}).list_topics(topic, timeout=20).topics[topic].partitions
        self._consumer = Consumer({
            "bootstrap.servers": BOOTSTRAP, "group.id": "bench-tail", "enable.auto.commit": False, "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 20,
        })
        ends = [TopicPartition(topic, one, self._consumer.get_watermark_offsets(TopicPartition(topic, one), timeout=20)[1]) for one in partitions]
        self._consumer.assign(ends)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> Tail:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._thread.join()
        self._consumer.close()

    def _run(self) -> None:
        while not self._stop:
            for message in self._consumer.consume(500, 0.005):
                now = time.monotonic()
                if message.error() is None:
                    headers = {name.removeprefix("ce_"): (value or b"").decode() for name, value in message.headers() or []}
                    self._take(headers, json.loads(message.value()), now)


class Outcomes:
    """Final outcomes of one tenant, counted, with the time of the last."""

    def __init__(self, tenant: str):
        self.counts: dict[str, int] = {}
        self.chunks = 0
        self.last = 0.0
        self._seen: set[tuple[str, int, int]] = set()
        self.tail = Tail(f"sluice.status.{tenant}", self._take)

    def _take(self, _: dict[str, str], data: dict, now: float) -> None:
        position = (data["position"]["topic"], data["position"]["partition"], data["position"]["offset"])
        if data["outcome"] == "deferred" or position in self._seen:
            return
        self._seen.add(position)
        self.counts[data["outcome"]] = self.counts.get(data["outcome"], 0) + 1
        self.chunks += data.get("chunks") or 0
        self.last = now

    @property
    def total(self) -> int:
        return len(self._seen)


class Answers:
    """Results of one tenant's queries, by the query's id."""

    def __init__(self, tenant: str):
        self.arrived: dict[str, tuple[float, dict]] = {}
        self.tail = Tail(f"sluice.results.{tenant}", self._take)

    def _take(self, headers: dict[str, str], data: dict, now: float) -> None:
        self.arrived.setdefault(headers.get("correlationid", ""), (now, data))

    def wait(self, ids: Iterable[str]) -> None:
        deadline = time.monotonic() + 120
        missing = set(ids)
        while missing := missing - self.arrived.keys():
            if time.monotonic() > deadline:
                raise SystemExit(f"{len(missing)} queries have no result")
            time.sleep(0.005)
