"""Resident memory of one worker whose topic is flooded: 20,000 small documents and more, and among them some of a mebibyte and of six, the real model.

Everything waits in the broker when the worker starts. Memory is looked at from its first record on; what is told is the most it was, and by how much a
minute the mean of the last third differs from that of the first: flat means that how much waits, and for how long, does not matter.
"""

from __future__ import annotations

import argparse
import statistics
import time

from harness import Outcomes, Publisher, Worker, create_tenant, report, say
from made_texts import MadeTexts

TENANT = "memory"
GROUP = "sluice-ingest-g1"
LIMIT_MEBIBYTES = 400
# More than a worker gets done on a fast machine, so that the topic is flooded to the end.
LEAST_DOCUMENTS, DOCUMENTS_A_MINUTE = 20_000, 12_000
# One document in so many is a mebibyte of text, and of these one in so many is six.
LARGE_EVERY, HUGE_EVERY = 400, 10
EVERY_SECONDS = 0.25


def flood(documents: int, publisher: Publisher) -> None:
    texts = MadeTexts(seed=7)
    # Some 75 bytes a sentence.
    mebibyte = (1 << 20) // 75
    for number in range(1, documents + 1):
        large = number % LARGE_EVERY == 0
        huge = number % (LARGE_EVERY * HUGE_EVERY) == 0
        publisher.document(f"d{number}", {"mediaType": "text/plain", "text": texts.sentences(6 * mebibyte if huge else mebibyte if large else 3)})
    publisher.flush()


def resident(worker: Worker) -> dict[str, float]:
    """VmRSS, RssAnon and RssFile in MiB."""
    lines = (line.split() for line in worker.memory.status.read_text().splitlines())
    return {line[0].rstrip(":"): int(line[1]) / 1024 for line in lines if line[0] in ("VmRSS:", "RssAnon:", "RssFile:")}


def watch(worker: Worker, seconds: float) -> list[dict[str, float]]:
    worker.wait_until(lambda: worker.metric("sluice_consumed_records_total", GROUP) > 0)
    samples: list[dict[str, float]] = []
    end = time.monotonic() + seconds
    told = time.monotonic()
    while time.monotonic() < end:
        if worker.process.poll() is not None:
            raise SystemExit("the worker ended by itself: see .dev/log/bench-ingest.log")
        samples.append(resident(worker))
        if time.monotonic() - told > 30:
            told = time.monotonic()
            say(f"  {samples[-1]['VmRSS']:.0f} MiB; {worker.metric('sluice_consumed_records_total', GROUP):.0f} documents taken up")
        time.sleep(EVERY_SECONDS)
    return samples


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=2)
    arguments.add_argument("--documents", type=int, help="that wait, in place of as many as the minutes take")
    arguments.add_argument("--embedding", choices=["minilm", "stub"], default="minilm")
    given = arguments.parse_args()
    create_tenant(TENANT)
    publisher, outcomes = Publisher(TENANT), Outcomes(TENANT)
    documents = given.documents or max(LEAST_DOCUMENTS, round(DOCUMENTS_A_MINUTE * given.minutes))
    started = time.monotonic()
    flood(documents, publisher)
    say(f"  {documents} documents wait, made in {time.monotonic() - started:.0f} s")
    with outcomes.tail, Worker("ingest", SLUICE_EMBEDDING=given.embedding) as worker:
        samples = watch(worker, given.minutes * 60)
        done = outcomes.total
        # Nobody waits for the rest.
        worker.process.kill()
    if done >= documents:
        say("  the topic was empty before the end: more --documents, or fewer --minutes")
    thirds = [[one["VmRSS"] for one in samples[part * len(samples) // 3 : (part + 1) * len(samples) // 3]] for part in range(3)]
    means = [statistics.mean(third) for third in thirds]
    most = max(samples, key=lambda one: one["VmRSS"])
    say(f"  means of the thirds: {', '.join(f'{mean:.0f}' for mean in means)} MiB; {done} documents and {outcomes.chunks} chunks done, {documents - done} left")
    report(
        "memory", f"{documents} documents wait: most", [most["VmRSS"]], "MiB", higher_is_better=False, bound=LIMIT_MEBIBYTES,
        anonymous=round(most["RssAnon"]), file=round(most["RssFile"]), thirds=[round(mean, 1) for mean in means], done=done, left=documents - done)
    # Two thirds of the time lie between the middle of the first and that of the last.
    report("memory", "growth, first to last third", [(means[2] - means[0]) / (given.minutes * 2 / 3)], "MiB/min", higher_is_better=False)


if __name__ == "__main__":
    main()
