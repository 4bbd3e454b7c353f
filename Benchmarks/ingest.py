"""Documents a second from Kafka to the index, and the memory it takes, beside the loop a user would write in Python.

Both sides read the same pages from the same broker and write to the same database server, in turns. Each is measured from
the first records it takes up, its topic full and its model loaded, to the end of the last document: the peer to its last
commit, Sluice to its last outcome consumed here. Sluice gets a permissions record for every document as well, and its
registrar reads all documents beside the generation: the peer has the list in the document.
"""

from __future__ import annotations

import argparse
import glob
import json
import os
import subprocess
import time
from pathlib import Path

from harness import PEER_PYTHON, ROOT, SHARED, Outcomes, PeakMemory, Publisher, Worker, create_tenant, report, say

PAGES = SHARED / "data/html-pages"
PEER = SHARED / "peers/reference_pipeline.py"
# What the peer takes by default.
LIMIT = 300


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


def run_sluice(run: int, embedding: str, limit: int) -> tuple[float, float, dict]:
    """A tenant of its own for each run: the cache of embeddings is per tenant."""
    tenant = f"ingest-{embedding}-{run}"
    create_tenant(tenant)
    publisher = Publisher(tenant)
    outcomes = Outcomes(tenant)
    files = pages(limit)
    for file in files:
        publisher.document(str(file.relative_to(PAGES)), {"mediaType": "text/html", "text": file.read_bytes().decode("utf8", "replace").replace("\0", "")})
        publisher.permit(str(file.relative_to(PAGES)), ["group:bench/eng"])
    publisher.flush()
    with outcomes.tail, Worker("ingest", SLUICE_EMBEDDING=embedding) as worker:
        start = worker.wait_first_record("sluice-ingest-g1")
        worker.wait_until(lambda: outcomes.total >= publisher.published, pause=0.01)
        seconds = outcomes.last - start
        worker.memory.look()
        stages = [line for line in (worker.get("/metrics") or "").splitlines() if line.startswith("sluice_batch_seconds_sum")]
    figures = {"docs": len(files), "chunks": outcomes.chunks, "seconds": round(seconds, 2), "outcomes": outcomes.counts, "stages": stages}
    return len(files) / seconds, worker.memory.mebibytes, figures


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--embedding", choices=["minilm", "stub"], default="minilm")
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--limit", type=int, default=LIMIT, help="pages")
    arguments.add_argument("--no-peer", action="store_true", help="Sluice alone, for profiling")
    given = arguments.parse_args()
    if not PAGES.is_dir() or not PEER.is_file():
        say(f"ingest: skipped, {PAGES.relative_to(ROOT.parent)} and the peer's script are not here")
        return
    dsn = None if given.no_peer else make_peer_database()
    sluice: list[tuple[float, float, dict]] = []
    peer: list[tuple[float, float, dict]] = []
    for run in range(given.runs):
        started = time.monotonic()
        sluice.append(run_sluice(run, given.embedding, given.limit))
        say(f"  run {run + 1}: sluice {sluice[-1][0]:.1f} docs/s, {sluice[-1][1]:.0f} MiB {sluice[-1][2]}")
        if dsn is not None:
            peer.append(run_peer(dsn, given.embedding, given.limit))
            say(f"  run {run + 1}: peer {peer[-1][0]:.1f} docs/s, {peer[-1][1]:.0f} MiB {peer[-1][2]} ({time.monotonic() - started:.0f} s)")
    case = {"minilm": "real embeddings", "stub": "stub embedder"}[given.embedding]
    name = None if dsn is None else "reference_pipeline"
    report(
        "ingest", case, [one[0] for one in sluice], "docs/s", higher_is_better=True, peer=name, peer_values=[one[0] for one in peer],
        goal={"minilm": 3.0, "stub": 8.0}[given.embedding], docs=sluice[0][2]["docs"], chunks=sluice[0][2]["chunks"],
        peer_chunks=peer[0][2]["chunks"] if peer else None)
    report(
        "ingest", f"{case}: peak memory", [one[1] for one in sluice], "MiB", higher_is_better=False, peer=name,
        peer_values=[one[1] for one in peer], goal=0.333)


if __name__ == "__main__":
    main()
