"""How long a revocation takes to hold, from its being produced to the arrival of the first result that no longer shows the document, and what it writes.

What is revoked is a document, a document of 10,000 chunks, and a container of 100,000 documents; with nothing else to do, and behind 10,000 documents
published just before. One worker ingests (registrar and generation in one process), one retrieves; the same question is asked every few milliseconds all the
while. The rows that a revocation wrote are counted by the server itself, table by table, while nothing else writes.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass

import psycopg
from confluent_kafka import Consumer, TopicPartition

from harness import BOOTSTRAP, DOCUMENTS, Answers, Outcomes, Publisher, Worker, create_tenant, percentile, report, say
from made_texts import MadeTexts

TENANT = "revocation"
READER = {"user": "user:reader", "groups": []}
# Queries behind each other fast enough to tell, and not so fast that they wait for each other.
EVERY_SECONDS, AT_ONCE = 0.02, 4
# Of a quiet revocation; the first one's rows are counted.
QUIET_ROUNDS = 5
# Enough for a chunk of 200 tokens that repeats 32 of the one before.
WORDS_A_CHUNK = 140
# How tables are called that hold content and what was made of it.
CONTENT = ("rendition", "chunk", "vector", "embedding", "term")


@dataclass(frozen=True)
class Victim:
    """Something open to the reader that is closed."""

    title: str
    # Whose entry on sluice.permissions lets the reader in.
    entry: str
    # A document of it, and a word of this document alone.
    shown: str
    marker: str


def marker(number: int) -> str:
    """A word of this document alone."""
    return "zz" + "".join(chr(ord("a") + int(digit)) for digit in f"{number:04d}") + "zz"


def committed(group: str) -> int:
    """Documents a consumer group is through with."""
    consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": group, "enable.auto.commit": False})
    try:
        partitions = consumer.list_topics(DOCUMENTS, timeout=20).topics[DOCUMENTS].partitions
        positions = consumer.committed([TopicPartition(DOCUMENTS, one) for one in partitions], timeout=20)
        return sum(max(0, one.offset) for one in positions)
    finally:
        consumer.close()


def shown(result: dict, subject: str) -> bool:
    if result["status"] != "ok":
        raise SystemExit(f"a query ended as {result['status']}")
    return any(hit["document"] == subject for hit in result["hits"])


class Bench:
    def __init__(self, publisher: Publisher, answers: Answers, outcomes: Outcomes, ingest: Worker):
        self.publisher, self.answers, self.outcomes, self.ingest = publisher, answers, outcomes, ingest
        self._texts = MadeTexts(seed=5)
        self._asked = self._documents = 0

    def settle(self) -> None:
        """Until every record published so far has its outcome."""
        self.publisher.flush()
        self.ingest.wait_until(lambda: self.outcomes.total >= self.publisher.published, pause=0.1)

    def document(self, subject: str, text: str, **facts: str) -> None:
        self._documents += 1
        self.publisher.document(subject, {"mediaType": "text/plain", "text": text, **facts})

    def make(self, chunks: int, documents: int, rounds: int) -> list[Victim]:
        """A victim for each round that behind a backlog cannot be opened again, and one each of the large ones."""
        small = [Victim("a document", f"victim-{number}", f"victim-{number}", marker(number)) for number in range(rounds)]
        large = Victim(f"a document of {chunks:,} chunks", "large", "large", marker(9001))
        space = Victim(f"a container of {documents:,} documents", "space", "page-0", marker(9002))
        for victim in small:
            self.document(victim.shown, f"{victim.marker} {self._texts.sentences(2)}")
        # Of short words, or it would not fit a record.
        self.document(large.shown, f"{large.marker} {self._texts.short_words(chunks * WORDS_A_CHUNK)}")
        for number in range(documents):
            self.document(f"page-{number}", f"{space.marker if number == 0 else ''} {self._texts.sentences(2)}".strip(), container=space.entry)
        for victim in (*small, large, space):
            self.publisher.permit(victim.entry, ["user:reader"])
        started = time.monotonic()
        self.settle()
        self.ingest.wait_until(self.registered, pause=0.2)  # the registrar may be behind the generation
        say(f"  {self._documents:,} documents, {self.outcomes.chunks:,} chunks in {time.monotonic() - started:.0f} s: {self.outcomes.counts}")
        return [*small, large, space]

    def open(self, victim: Victim) -> None:
        self.publisher.permit(victim.entry, ["user:reader"])
        self.settle()

    def backlog(self, documents: int) -> None:
        for _ in range(documents):
            self.document(f"backlog-{self._documents}", self._texts.sentences(2))
        self.publisher.flush()

    def revoke(self, victim: Victim) -> float:
        """Milliseconds until the first result without it; its document is asked for all the while."""
        question = {"text": victim.marker, "mode": "hybrid", "limit": 10, "asker": READER}
        before = self._ask(question)
        self.answers.wait([before])
        if not shown(self.answers.arrived[before][1], victim.shown):
            raise SystemExit(f"{victim.shown} was not shown before its revocation")
        self.publisher.permit(victim.entry, [])
        produced = due = time.monotonic()
        asked: list[str] = []
        while True:
            # A question that only waits behind others tells nothing sooner.
            if len([one for one in asked[-AT_ONCE:] if one not in self.answers.arrived]) < AT_ONCE:
                asked.append(self._ask(question))
            due += EVERY_SECONDS
            while (wait := due - time.monotonic()) > 0:
                self.publisher.producer.poll(min(wait, 0.002))
            hidden = [self.answers.arrived[one][0] for one in asked if one in self.answers.arrived and not shown(self.answers.arrived[one][1], victim.shown)]
            if hidden:
                self.answers.wait(asked)
                return (min(hidden) - produced) * 1000

    def registered(self) -> bool:
        return committed("sluice-registrar") >= self._documents

    def _ask(self, question: dict) -> str:
        self._asked += 1
        self.publisher.ask(f"q{self._asked}", question)
        return f"q{self._asked}"


def rows_written() -> dict[str, int]:
    """Rows inserted, changed and deleted so far, by table, as the server's sessions have told them: an idle one tells within ten seconds."""
    time.sleep(11)
    with psycopg.connect(os.environ["SLUICE_DATABASE_URL"]) as database:
        return dict(database.execute("select relname, n_tup_ins + n_tup_upd + n_tup_del from pg_stat_user_tables where schemaname = 'sluice'").fetchall())


def measure_quietly(bench: Bench, victim: Victim, rounds: int) -> None:
    before, embedded = rows_written(), bench.ingest.metric("sluice_embedded_chunks_total")
    latencies = [bench.revoke(victim)]
    bench.settle()
    written = {table: count - before.get(table, 0) for table, count in rows_written().items() if count != before.get(table, 0)}
    content = sum(count for table, count in written.items() if table.startswith(CONTENT))
    embedded = bench.ingest.metric("sluice_embedded_chunks_total") - embedded
    for _ in range(rounds - 1):
        bench.open(victim)
        latencies.append(bench.revoke(victim))
        bench.settle()
    say(f"  {victim.title}: {', '.join(f'{table} {count}' for table, count in sorted(written.items()))}")
    report_latencies(victim, latencies, "nothing before it", written=written)
    report("revocation", f"{victim.title}: rows of content", [content], "rows", higher_is_better=False, bound=0)
    report("revocation", f"{victim.title}: lists", [written.get("access_list", 0)], "rows", higher_is_better=False, bound=1)
    report("revocation", f"{victim.title}: rows of documents", [written.get("document", 0)], "rows", higher_is_better=False, bound=1)
    report("revocation", f"{victim.title}: embeddings", [embedded], "", higher_is_better=False, bound=0)


def report_latencies(victim: Victim, latencies: list[float], before: str, **extra: object) -> None:
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        case = f"{victim.title}, {before}: {name}"
        report("revocation", case, [percentile(latencies, share)], "ms", higher_is_better=False, rounds=[round(one) for one in latencies], **extra)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=12)
    arguments.add_argument("--backlog", type=int, default=10_000)
    arguments.add_argument("--chunks", type=int, default=10_000, help="of the large document")
    arguments.add_argument("--documents", type=int, default=100_000, help="of the container")
    arguments.add_argument("--embedding", default="minilm")
    given = arguments.parse_args()
    create_tenant(TENANT)
    publisher, outcomes, answers = Publisher(TENANT), Outcomes(TENANT), Answers(TENANT)
    settings = {"SLUICE_EMBEDDING": given.embedding}
    with outcomes.tail, answers.tail, Worker("ingest", **settings) as ingest, Worker("retrieve", **settings) as retrieve:
        ingest.wait_ready()
        retrieve.wait_ready()
        bench = Bench(publisher, answers, outcomes, ingest)
        *small, large, space = bench.make(given.chunks, given.documents, given.rounds)
        for victim in (large, space):
            measure_quietly(bench, victim, QUIET_ROUNDS)
            bench.open(victim)
        # The generation's backlog only grows from here on; each round begins with a registrar that has caught up.
        latencies: dict[str, list[float]] = {}
        for victim in (large, space, *small):
            bench.backlog(given.backlog)
            latencies.setdefault(victim.title, []).append(bench.revoke(victim))
            say(f"  {victim.title}: {latencies[victim.title][-1]:.0f} ms; {publisher.published - outcomes.total:,} records wait for their outcomes")
            ingest.wait_until(bench.registered, pause=0.2)
        for victim in (large, space, small[0]):
            report_latencies(victim, latencies[victim.title], f"{given.backlog:,} documents before it")
        # Nobody waits for the backlog.
        ingest.process.kill()


if __name__ == "__main__":
    main()
