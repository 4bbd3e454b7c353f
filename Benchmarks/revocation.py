"""How long a revocation takes to hold behind a backlog: from its being produced to the arrival of the first result that no longer
shows the document.

In each round 10,000 documents are published, then at once the revocation of one that stood there before. One worker
ingests (registrar and generation in one process, embeddings for real), one retrieves; the same question is asked every
few milliseconds all the while.
"""

from __future__ import annotations

import argparse
import time

from confluent_kafka import Consumer, TopicPartition

from harness import BOOTSTRAP, DOCUMENTS, Answers, Outcomes, Publisher, Worker, create_tenant, percentile, report, say
from made_texts import MadeTexts

TENANT = "revocation"
READER = {"user": "user:reader", "groups": []}
# Queries behind each other fast enough to tell, and not so fast that they wait for each other.
EVERY_SECONDS = 0.02


def victim(number: int) -> str:
    return f"victim-{number}"


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


def one_round(number: int, backlog: int, publisher: Publisher, answers: Answers, texts: MadeTexts) -> float:
    subject = victim(number)
    question = {"text": marker(number), "mode": "hybrid", "limit": 10, "asker": READER}
    before = f"before-{number}"
    publisher.ask(before, question)
    answers.wait([before])
    if not shown(answers.arrived[before][1], subject):
        raise SystemExit(f"{subject} was not shown before its revocation")
    for document in range(backlog):
        publisher.document(f"backlog-{number}-{document}", {"mediaType": "text/plain", "text": texts.sentences(2)})
    publisher.flush()
    publisher.permit(subject, [])
    produced = time.monotonic()
    asked: list[str] = []
    while True:
        asked.append(f"after-{number}-{len(asked)}")
        publisher.ask(asked[-1], question)
        due = produced + len(asked) * EVERY_SECONDS
        while (wait := due - time.monotonic()) > 0:
            publisher.producer.poll(min(wait, 0.002))
        hidden = [answers.arrived[one][0] for one in asked if one in answers.arrived and not shown(answers.arrived[one][1], subject)]
        if hidden:
            answers.wait(asked)
            return (min(hidden) - produced) * 1000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=12)
    arguments.add_argument("--backlog", type=int, default=10_000)
    given = arguments.parse_args()
    texts = MadeTexts(seed=5)
    create_tenant(TENANT)
    publisher, outcomes, answers = Publisher(TENANT), Outcomes(TENANT), Answers(TENANT)
    with outcomes.tail, answers.tail, Worker("ingest") as ingest, Worker("retrieve") as retrieve:
        ingest.wait_ready()
        retrieve.wait_ready()
        for number in range(given.rounds):
            publisher.document(victim(number), {"mediaType": "text/plain", "text": f"{marker(number)} {texts.sentences(2)}"})
            publisher.permit(victim(number), ["user:reader"])
        publisher.flush()
        ingest.wait_until(lambda: outcomes.total >= publisher.published)
        latencies: list[float] = []
        for number in range(given.rounds):
            latencies.append(one_round(number, given.backlog, publisher, answers, texts))
            published = given.rounds + (number + 1) * given.backlog
            say(f"  round {number + 1}: {latencies[-1]:.0f} ms; the generation has {published - committed('sluice-ingest-g1')} documents before it")
            # Each round begins with a registrar that has caught up; the generation's backlog only grows.
            ingest.wait_until(lambda: committed("sluice-registrar") >= published, pause=0.2)
        # Nobody waits for the backlog.
        ingest.process.kill()
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        case = f"{given.backlog} documents before it: {name}"
        report("revocation", case, [percentile(latencies, share)], "ms", higher_is_better=False, rounds=[round(one) for one in latencies])


if __name__ == "__main__":
    main()
