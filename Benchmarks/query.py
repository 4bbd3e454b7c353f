"""How long a query takes from being produced to its result being consumed, at a fixed rate of arrival.

Queries are sent by the clock, whether or not earlier ones have been answered, and measured from the moment they were due:
a worker that falls behind shows it.
"""

from __future__ import annotations

import argparse
import itertools
import time

from harness import Answers, Outcomes, Publisher, Worker, create_tenant, percentile, report, say
from made_texts import MadeTexts

TENANT = "query"
# One chunk a document of this many sentences: some 60 words.
SENTENCES = 5
# One document in ten is open to these alone; the others to everyone of the tenant but not to them by name.
NARROW = "group:bench/narrow"
WIDE = "group:bench/wide"

ASKERS = {"100 %": {"user": "user:wide", "groups": [WIDE, NARROW]}, "10 %": {"user": "user:narrow", "groups": [NARROW]}}


def fill(documents: int, texts: MadeTexts) -> int:
    """Indexes documents, each of one chunk; returns how many chunks there are."""
    create_tenant(TENANT)
    publisher, outcomes = Publisher(TENANT), Outcomes(TENANT)
    started = time.monotonic()
    with outcomes.tail, Worker("ingest") as worker:
        worker.wait_ready()
        for number in range(documents):
            publisher.document(f"d{number}", {"mediaType": "text/plain", "text": texts.sentences(SENTENCES)})
            publisher.permit(f"d{number}", [NARROW if number % 10 == 0 else WIDE])
        publisher.flush()
        worker.wait_until(lambda: outcomes.total >= publisher.published, pause=0.1)
    say(f"  {documents} documents, {outcomes.chunks} chunks in {time.monotonic() - started:.0f} s: {outcomes.counts}")
    return outcomes.chunks


def measure(publisher: Publisher, answers: Answers, prefix: str, questions: list[dict], rate: float) -> tuple[list[float], dict[str, int]]:
    """Latencies in milliseconds, and how the queries ended."""
    due: dict[str, float] = {}
    start = time.monotonic() + 0.1
    for number, question in enumerate(questions):
        query_id = f"{prefix}-{number}"
        due[query_id] = start + number / rate
        while (wait := due[query_id] - time.monotonic()) > 0:
            publisher.producer.poll(min(wait, 0.001))
        publisher.ask(query_id, question)
    publisher.flush()
    answers.wait(due)
    statuses: dict[str, int] = {}
    for query_id in due:
        status = answers.arrived[query_id][1]["status"]
        statuses[status] = statuses.get(status, 0) + 1
    return [(answers.arrived[query_id][0] - at) * 1000 for query_id, at in due.items()], statuses


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--documents", type=int, default=10_000)
    arguments.add_argument("--rates", type=float, nargs="+", default=[10, 100])
    arguments.add_argument("--seconds", type=float, default=10, help="of each measurement")
    arguments.add_argument("--modes", nargs="+", default=["hybrid", "vector", "lexical"])
    given = arguments.parse_args()
    texts = MadeTexts(seed=4)
    chunks = fill(given.documents, texts)
    publisher, answers = Publisher(TENANT), Answers(TENANT)
    with answers.tail, Worker("retrieve") as worker:
        worker.wait_ready()

        def questions(count: int, mode: str, asker: str) -> list[dict]:
            return [{"text": texts.question(), "mode": mode, "limit": 10, "asker": ASKERS[asker]} for _ in range(count)]

        # Connections, prepared statements and caches, as a worker that has run for a while has them.
        for mode, asker in itertools.product(given.modes, ASKERS):
            measure(publisher, answers, f"warm-{mode}-{asker}", questions(40, mode, asker), 20)
        for mode, rate, asker in itertools.product(given.modes, given.rates, ASKERS):
            latencies, statuses = measure(publisher, answers, f"{mode}-{rate:g}-{asker}", questions(round(rate * given.seconds), mode, asker), rate)
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
                case = f"{mode}, {rate:g}/s, sees {asker}: {name}"
                report("query", case, [percentile(latencies, share)], "ms", higher_is_better=False, queries=len(latencies), statuses=statuses, chunks=chunks)


if __name__ == "__main__":
    main()
