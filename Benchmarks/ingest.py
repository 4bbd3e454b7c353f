"""Documents a second from Kafka to the index, and the memory it takes, beside the loop a user would write in Python.

Both sides read the same pages from the same broker and write to the same database server, in turns; Sluice as one worker and as two. Each is measured with
its topic full and its model loaded: the peer from the first records it has fetched to its last commit, Sluice from the moment its workers, which hold their
partitions and were frozen while the topic was filled, go on, to its last outcome consumed here. Sluice gets a permissions record for every document as
well, and its registrar reads all documents beside the generation: the peer has the list in the document.

`--unchanged` instead publishes what is indexed already again, under new ids and at new offsets, and shows that nothing of it was embedded or written.
"""

from __future__ import annotations

import argparse
import glob
import json
import os
import statistics
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from harness import PEER_PYTHON, ROOT, SHARED, Outcomes, PeakMemory, Publisher, Worker, create_tenant, report, say

PAGES = SHARED / "data/html-pages"
PEER = SHARED / "peers/reference_pipeline.py"
# What the peer takes by default.
LIMIT = 300
GROUP = "sluice-ingest-g1"
# Times the peer's documents a second.
GOALS = {"minilm": 3.0, "stub": 12.0}


def pages(limit: int) -> list[Path]:
    """The peer's own selection: by name, .html and .htm, at any depth."""
    found = sorted(one for one in glob.glob(f"{PAGES}/**/*", recursive=True) if one.endswith((".html", ".htm")))
    return [Path(one) for one in found[:limit]]


def make_peer_database() -> str:
    """A database of its own on the same server: the peer makes and drops tables."""
    url = os.environ["SLUICE_DATABASE_URL"]
    base, _, _ = url.rpartition("/")
    psql = ROOT / ".dev/postgres/bin/psql"
    subprocess.run([psql, "-X", "-q", "-d", url, "-c", "drop database if exists peer", "-c", "create database peer"], check=True)
    return f"{base}/peer"


def run_peer(dsn: str, embedding: str, limit: int) -> tuple[float, float, dict]:
    command = [
        PEER_PYTHON, PEER, "--bootstrap", os.environ["SLUICE_KAFKA_BOOTSTRAP_SERVERS"], "--dsn", dsn, "--docs", PAGES, "--limit", str(limit),
        "--embed", embedding, "--model", os.environ["SLUICE_MODEL_DIR"],
    ]
    log = ROOT / ".dev/log/bench-peer.log"
    with log.open("a", encoding="utf8") as warnings:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=warnings, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
        memory = PeakMemory(process.pid)
        output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"the peer failed: see {log}")
    figures = json.loads(output.splitlines()[-1])
    return figures["docs_per_s"], memory.mebibytes, figures


class Fleet(ExitStack):
    """Workers that have each taken up a record: they hold their partitions, and their connections stand."""

    def __init__(self, workers: int, embedding: str, publisher: Publisher, outcomes: Outcomes):
        super().__init__()
        self._publisher, self._outcomes = publisher, outcomes
        self.enter_context(outcomes.tail)
        # Long enough to be frozen for, while the topic is filled.
        settings = {"SLUICE_EMBEDDING": embedding, "SLUICE_SESSION_TIMEOUT": "60000"}
        self.workers = [self.enter_context(Worker("ingest", **settings)) for _ in range(workers)]
        for worker in self.workers:
            worker.wait_ready()
        rounds = 0
        while not all(worker.metric("sluice_consumed_records_total", GROUP) for worker in self.workers):
            rounds += 1
            for number in range(12):
                publisher.document(f"first-{rounds}-{number}", {"mediaType": "text/plain", "text": f"Round {rounds}, number {number}."})
            self.work_off()
            # A second member has its share after two rounds of the group's protocol.
            time.sleep(0.2)

    def work_off(self) -> None:
        self._publisher.flush()
        self.workers[0].wait_until(lambda: self._outcomes.total >= self._publisher.published, pause=0.01)

    def freeze(self) -> None:
        for worker in self.workers:
            worker.freeze()

    def seconds(self) -> float:
        """From here to the last outcome of what was published while the workers were frozen."""
        self._publisher.flush()
        start = time.monotonic()
        for worker in self.workers:
            worker.thaw()
        self.work_off()
        return self._outcomes.last - start

    def total(self, metric: str) -> float:
        return sum(worker.metric(metric) for worker in self.workers)


class Pages:
    """The pages as events."""

    def __init__(self, limit: int):
        self._pages = [
            (str(file.relative_to(PAGES)), file.read_bytes().decode("utf8", "replace").replace("\0", "")) for file in pages(limit)]
        self.megabytes = sum(len(text.encode()) for _, text in self._pages) / 1e6

    def __len__(self) -> int:
        return len(self._pages)

    def publish(self, publisher: Publisher, permitted: bool = True) -> None:
        for subject, text in self._pages:
            publisher.document(subject, {"mediaType": "text/html", "text": text})
            if permitted:
                publisher.permit(subject, ["group:bench/eng"])


def run_sluice(run: int, workers: int, embedding: str, made: Pages) -> tuple[float, float, dict]:
    """A tenant of its own for each run: the cache of embeddings is per tenant."""
    tenant = f"ingest-{embedding}-{workers}-{run}"
    create_tenant(tenant)
    publisher, outcomes = Publisher(tenant), Outcomes(tenant)
    with Fleet(workers, embedding, publisher, outcomes) as fleet:
        warm = outcomes.chunks
        fleet.freeze()
        made.publish(publisher)
        seconds = fleet.seconds()
        for worker in fleet.workers:
            worker.memory.look()
        memory = max(worker.memory.mebibytes for worker in fleet.workers)
    figures = {"chunks": outcomes.chunks - warm, "seconds": round(seconds, 2), "MB_per_s": round(made.megabytes / seconds, 2), "outcomes": outcomes.counts}
    return len(made) / seconds, memory, figures


# What a document's content is made into.
CONTENT_TABLES = ["rendition_content", "chunk", "passage_terms", "vector_pack", "embedding_cache"]


def rows() -> dict[str, str]:
    """Each table's number of rows, and a digest over where each row lies and which transaction wrote it: equal means not touched."""
    parts = [
        f"select '{table}', count(*) || ' rows, ' || coalesce(md5(string_agg(ctid::text || xmin::text, ',' order by ctid)), '') from sluice.{table}"
        for table in CONTENT_TABLES]
    psql = ROOT / ".dev/postgres/bin/psql"
    command = [psql, "-X", "-A", "-t", "-d", os.environ["SLUICE_DATABASE_URL"], "-c", " union all ".join(parts)]
    output = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(line.split("|", 1) for line in output.splitlines())


def measure_unchanged(embedding: str, made: Pages, runs: int, copies: int, case: str) -> None:
    tenant = f"unchanged-{embedding}"
    create_tenant(tenant)
    publisher, outcomes = Publisher(tenant), Outcomes(tenant)
    rates: list[float] = []
    with Fleet(1, embedding, publisher, outcomes) as fleet:
        made.publish(publisher)
        fleet.work_off()
        before, embedded, told = rows(), fleet.total("sluice_embedded_chunks_total"), outcomes.counts.get("unchanged", 0)
        for run in range(runs):
            fleet.freeze()
            for _ in range(copies):
                made.publish(publisher, permitted=False)
            rates.append(copies * len(made) / fleet.seconds())
            say(f"  run {run + 1}: {rates[-1]:.0f} docs/s, {rates[-1] * made.megabytes / len(made):.1f} MB/s")
        after, embedded = rows(), fleet.total("sluice_embedded_chunks_total") - embedded
    unchanged = outcomes.counts.get("unchanged", 0) - told
    if unchanged != runs * copies * len(made):
        raise SystemExit(f"{runs * copies * len(made)} documents were the same, {unchanged} were told to be: {outcomes.counts}")
    if embedded or before != after:
        raise SystemExit(f"unchanged documents were worked on: {embedded:.0f} chunks embedded, {before} before, {after} after")
    tables = ", ".join(f"{table} ({state.partition(',')[0]})" for table, state in after.items())
    say(f"  nothing embedded, no row written of {tables}")
    report(
        "ingest", f"unchanged, {case}", rates, "docs/s", higher_is_better=True, megabytes_per_second=round(statistics.median(rates) * made.megabytes / len(made), 1),
        embedded_chunks=embedded, content_rows_written=0)


def measure(embedding: str, made: Pages, given: argparse.Namespace, case: str) -> None:
    dsn = None if given.no_peer else make_peer_database()
    sluice: dict[int, list[tuple[float, float, dict]]] = {workers: [] for workers in given.workers}
    peer: list[tuple[float, float, dict]] = []
    for run in range(given.runs):
        for workers, turns in sluice.items():
            turns.append(run_sluice(run, workers, embedding, made))
            say(f"  run {run + 1}: sluice, {counted(workers)}: {turns[-1][0]:.1f} docs/s, {turns[-1][1]:.0f} MiB {turns[-1][2]}")
        if dsn is not None:
            peer.append(run_peer(dsn, embedding, given.limit))
            say(f"  run {run + 1}: peer: {peer[-1][0]:.1f} docs/s, {peer[-1][1]:.0f} MiB {peer[-1][2]}")
    name = None if dsn is None else "reference_pipeline"
    for workers, turns in sluice.items():
        figures = turns[0][2]
        report(
            "ingest", f"{case}, {counted(workers)}", [one[0] for one in turns], "docs/s", higher_is_better=True, peer=name,
            peer_values=[one[0] for one in peer], goal=GOALS[embedding], docs=len(made), chunks=figures["chunks"],
            peer_chunks=peer[0][2]["chunks"] if peer else None)
        report(
            "ingest", f"{case}, {counted(workers)}", [made.megabytes * one[0] / len(made) for one in turns], "MB/s", higher_is_better=True, peer=name,
            peer_values=[one[2]["MB"] / one[2]["seconds"] for one in peer])
        report(
            "ingest", f"{case}, {counted(workers)}: peak memory", [one[1] for one in turns], "MiB", higher_is_better=False, peer=name,
            peer_values=[one[1] for one in peer], goal=0.333)


def counted(workers: int) -> str:
    return f"{workers} worker{'s' if workers > 1 else ''}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--embedding", choices=list(GOALS), default="minilm")
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--limit", type=int, default=LIMIT, help="pages")
    arguments.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="each so many in turn")
    arguments.add_argument("--no-peer", action="store_true", help="Sluice alone, for profiling")
    arguments.add_argument("--unchanged", action="store_true", help="the same content once more, and nothing else")
    arguments.add_argument("--copies", type=int, default=10, help="of each page and run, with --unchanged")
    given = arguments.parse_args()
    if not PAGES.is_dir() or not PEER.is_file():
        say(f"ingest: skipped, {PAGES.relative_to(ROOT.parent)} and the peer's script are not here")
        return
    made = Pages(given.limit)
    case = {"minilm": "real embeddings", "stub": "stub embedder"}[given.embedding]
    if given.unchanged:
        measure_unchanged(given.embedding, made, given.runs, given.copies, case)
    else:
        measure(given.embedding, made, given, case)


if __name__ == "__main__":
    main()
