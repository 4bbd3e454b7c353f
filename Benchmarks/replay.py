"""What a reindex costs: beside live inserts into a table with an HNSW index, to those who ask meanwhile, and at the moment the new generation is promoted.

Documents are indexed once; then a second generation of the same space is filled from the topics by one process, with its rests, every vector out of the
cache. The peer is the same vectors inserted into pgvector's table, within the server, a thousand a transaction, its HNSW index live. Queries are
asked by the clock, before and while it is filled, and while the two generations take each other's place again and again beside events that go on coming: every
answer must have the document it asks for, in its present version.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from harness import SLUICE, Answers, Outcomes, Publisher, Worker, create_tenant, percentile, report, say
from made_texts import MadeTexts
from query import measure

TENANT = "replay"
READER = {"user": "user:reader", "groups": []}
# Of a document: some ten chunks of 200 tokens.
WORDS, CHUNKS = 1_700, 10
# Documents that are asked for by a word of their own.
MARKED = 200
# What follows live while generations change.
EVENTS_A_SECOND = 5


def marker(number: int) -> str:
    return "zz" + "".join(chr(ord("a") + int(digit)) for digit in f"{number:04d}") + "zz"


def text(texts: MadeTexts, number: int) -> str:
    words = texts.words(WORDS)
    return " ".join([marker(number), *words] if number < MARKED else words)


def fill(documents: int, texts: MadeTexts, settings: dict[str, str]) -> None:
    create_tenant(TENANT)
    publisher, outcomes = Publisher(TENANT), Outcomes(TENANT)
    started = time.monotonic()
    with outcomes.tail, Worker("ingest", **settings) as worker:
        worker.wait_ready()
        for number in range(documents):
            publisher.document(f"d{number}", {"mediaType": "text/plain", "text": text(texts, number)})
            publisher.permit(f"d{number}", ["user:reader"])
        publisher.flush()
        worker.wait_until(lambda: outcomes.total >= publisher.published, pause=0.1)
    say(f"  {documents:,} documents, {outcomes.chunks:,} chunks in {time.monotonic() - started:.0f} s: {outcomes.counts}")


def questions(count: int, texts: MadeTexts) -> list[dict]:
    return [{"text": texts.question(), "mode": "hybrid", "limit": 10, "asker": READER} for _ in range(count)]


def sluice(*arguments: str, settings: dict[str, str]) -> str:
    ended = subprocess.run([SLUICE, *arguments], env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ended.returncode:
        raise SystemExit(f"sluice {' '.join(arguments)}: {ended.stdout[-600:]}")
    return ended.stdout


def insert_into_hnsw() -> tuple[float, int]:
    """Seconds to insert the vectors of the cache, a thousand a transaction, into a table whose HNSW index is there from the beginning."""
    with psycopg.connect(os.environ["SLUICE_DATABASE_URL"], autocommit=True) as database:
        database.execute("create schema peer")
        database.execute("create table peer.source as select row_number() over () as id, embedding from sluice.embedding_cache")
        database.execute("create unique index on peer.source (id)")
        database.execute("create table peer.vectors (id bigint, document bigint, embedding halfvec(384))")
        database.execute("create index on peer.vectors using hnsw (embedding halfvec_cosine_ops)")
        (count,) = database.execute("select count(*) from peer.source").fetchone()
        started = time.monotonic()
        for first in range(1, count + 1, 1000):
            database.execute(
                "insert into peer.vectors select id, id / 10, embedding from peer.source where id >= %s and id < %s", (first, first + 1000))
        seconds = time.monotonic() - started
        database.execute("drop schema peer cascade")
    return seconds, count


def reindex(settings: dict[str, str], publisher: Publisher, answers: Answers, texts: MadeTexts, rate: float) -> tuple[float, list[float], dict[str, int]]:
    """Seconds until the second generation is filled, and what queries took meanwhile, as far as it lasted."""
    began, seconds = time.monotonic(), []

    def run() -> None:
        sluice("reindex", "--into", "g2", "--yes", "--exit", settings=settings)
        seconds.append(time.monotonic() - began)

    thread = threading.Thread(target=run)
    thread.start()
    latencies: list[float] = []
    statuses: dict[str, int] = {}
    turn = 0
    while not seconds and thread.is_alive():
        more, ended = measure(publisher, answers, f"during-{turn}", questions(round(rate * 2), texts), rate)
        turn += 1
        if not seconds:
            latencies += more
            for status, count in ended.items():
                statuses[status] = statuses.get(status, 0) + count
    thread.join()
    if not seconds:
        raise SystemExit("the reindex did not end well")
    return seconds[0], latencies, statuses


@contextmanager
def events(publisher: Publisher, texts: MadeTexts) -> Iterator[None]:
    """Documents that change, other than those that are asked for."""
    ended = threading.Event()

    def publish() -> None:
        number = 0
        while not ended.wait(1 / EVENTS_A_SECOND):
            publisher.document(f"live{number % 50}", {"mediaType": "text/plain", "text": f"version {number} {texts.sentences(5)}"})
            publisher.permit(f"live{number % 50}", ["user:reader"])
            number += 1

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        publisher.flush()


def change_under_load(settings: dict[str, str], queries: int, rate: float, changes: int) -> tuple[list[float], int, list[float]]:
    """Promotes and rolls back while marked documents are asked for. Returns what it took, wrong answers, and the latencies."""
    publisher, answers = Publisher(TENANT), Answers(TENANT)
    events_of = Publisher(TENANT)
    took: list[float] = []
    failures: list[BaseException] = []
    asked = [{"text": marker(number % MARKED), "mode": ("hybrid", "lexical")[number % 2], "limit": 5, "asker": READER} for number in range(queries)]
    pause = queries / rate / (changes + 1)

    def change() -> None:
        try:
            for number in range(changes):
                time.sleep(pause)
                command = ["promote", "g2"] if number % 2 == 0 else ["rollback"]
                said = sluice("generation", *command, "--despite", "it follows", "--yes", settings=settings)
                took.append(float(re.findall(r"took ([\d.]+) ?ms", said)[-1]))
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=change)
    with answers.tail, events(events_of, MadeTexts(seed=8)):
        thread.start()
        latencies, _ = measure(publisher, answers, "change", asked, rate)
        thread.join()
        if failures:
            raise failures[0]
        wrong = 0
        for number in range(queries):
            _, answer = answers.arrived[f"change-{number}"]
            if answer["status"] != "ok" or f"d{number % MARKED}" not in [hit["document"] for hit in answer["hits"]]:
                wrong += 1
    return took, wrong, latencies


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--documents", type=int, default=10_000, help=f"of some {CHUNKS} chunks each")
    arguments.add_argument("--queries", type=int, default=10_000, help="while generations change")
    arguments.add_argument("--rate", type=float, default=10, help="queries a second before and during the reindex")
    arguments.add_argument("--changing-rate", type=float, default=50, help="queries a second while generations change")
    arguments.add_argument("--changes", type=int, default=10)
    given = arguments.parse_args()
    settings = {"SLUICE_EMBEDDING": "stub", "SLUICE_CREDENTIALS": "trusted"}
    texts = MadeTexts(seed=6)
    fill(given.documents, texts, settings)
    publisher, answers = Publisher(TENANT), Answers(TENANT)
    with Worker("retrieve", **settings) as retrieve:
        retrieve.wait_ready()
        with answers.tail:
            measure(publisher, answers, "warm", questions(100, texts), given.rate)
            quiet, _ = measure(publisher, answers, "quiet", questions(round(given.rate * 30), texts), given.rate)
            seconds, during, statuses = reindex(settings, publisher, answers, texts, given.rate)
        peer_seconds, vectors = insert_into_hnsw()
        report(
            "replay", f"reindex of {vectors:,} cached vectors", [seconds], "s", higher_is_better=False, peer="HNSW inserts", peer_values=[peer_seconds],
            goal=0.5, documents=given.documents)
        for name, share in (("p50", 0.5), ("p95", 0.95)):
            report(
                "replay", f"query during the reindex: {name}", [percentile(during, share)], "ms", higher_is_better=False, peer="quiet",
                peer_values=[percentile(quiet, share)], goal=1.5, queries=len(during), statuses=statuses)
        with Worker("ingest", **settings) as live, Worker("ingest", **{**settings, "SLUICE_GENERATION": "g2"}) as built:
            live.wait_ready()
            built.wait_ready()
            took, wrong, latencies = change_under_load(settings, given.queries, given.changing_rate, given.changes)
            report("replay", "promote under load", took, "ms", higher_is_better=False, bound=100, changes=len(took), most=max(took))
            report("replay", "failed or wrong answers meanwhile", [wrong], "", higher_is_better=False, bound=0, queries=given.queries)
            report("replay", "query meanwhile: p95", [percentile(latencies, 0.95)], "ms", higher_is_better=False)


if __name__ == "__main__":
    main()
