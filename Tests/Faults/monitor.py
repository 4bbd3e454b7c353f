"""Looks at database and broker all the while, from outside: what must hold at every moment, not only at the end."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from confluent_kafka import Consumer, KafkaException, TopicPartition

import database
from events import INPUTS, Ledger, Sent
from oracle import GENERATION, REGISTRAR, groups_of, speaker

Partition = tuple[str, str, int]  # group, topic, partition


@dataclass
class Sample:
    """`committed` was read first, then `applied`: both only grow, so the first may not exceed the second."""

    at: float  # after `committed` was read, before `applied` was
    committed: dict[Partition, int]
    # Next offset, and the offsets below it that have an outcome; None where the database could not be asked.
    applied: dict[Partition, tuple[int, set[int]]] | None


class Monitor:
    """One thread. Its findings are kept until they are asked for."""

    def __init__(self, bootstrap: str, database_url: str, partitions: int):
        self._url = database_url
        self._topics = [TopicPartition(topic, partition) for topic in INPUTS for partition in range(partitions)]
        self._consumers = {
            group: Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False, "log_level": 0}) for group in (REGISTRAR, GENERATION)}
        self._connection: psycopg.Connection | None = None
        self.samples: list[Sample] = []
        self.halves: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        for consumer in self._consumers.values():
            consumer.close()

    def forget_positions(self) -> None:
        """After somebody has set positions back on purpose."""
        self.samples.clear()

    def _run(self) -> None:
        pause = 0.2
        while not self._stop.wait(pause):
            begun = time.monotonic()
            self.samples.append(self._sample())
            # A look gets dearer with the rows there are: it is to take a tenth of the time at most.
            pause = max(0.2, 10 * (time.monotonic() - begun))

    def _sample(self) -> Sample:
        committed: dict[Partition, int] = {}
        for group, consumer in self._consumers.items():
            try:
                for found in consumer.committed([one for one in self._topics if group in groups_of(one.topic)], timeout=5):
                    if found.error is None and found.offset >= 0:
                        committed[group, found.topic, found.partition] = found.offset
            except KafkaException:
                pass  # no broker at this moment
        at = time.time()
        try:
            if self._connection is None:
                self._connection = database.connect(self._url)
            rows = self._connection.execute(database.POSITIONS).fetchall()
            self.halves += database.halves(self._connection)
        except psycopg.Error:
            self._connection = None  # no database at this moment
            return Sample(at, committed, None)
        return Sample(at, committed, {(group, topic, partition): (offset, set(told)) for group, topic, partition, offset, told in rows})

    def wrong_positions(self, sent: Sequence[Sent], ledger: Ledger) -> list[str]:
        """**P**: no position ever passed a record that had not ended by then."""
        records: dict[Partition, list[Sent]] = defaultdict(list)
        for event in sent:
            for group in groups_of(event.topic):
                if speaker(event) in (group, None):
                    records[group, event.topic, event.partition].append(event)
        told: dict[Partition, list[tuple[int, float]]] = {}
        for where, events in records.items():
            events.sort(key=lambda event: event.offset)
            latest, told[where] = 0.0, []
            for event in events:
                # Of a refused record either group may speak: it is looked at where both have passed it, below.
                if speaker(event) is not None:
                    latest = max(latest, ledger.ended_at(event))
                told[where].append((event.offset, latest))
        wrong: dict[tuple[str, Partition], str] = {}
        for sample in list(self.samples):
            for where, offset in sample.committed.items():
                passed = [at for record, at in told.get(where, ()) if record < offset]
                if passed and passed[-1] > sample.at:
                    wrong["ended", where] = f"{name(where)}: {offset} was committed before every record below it had ended"
                if sample.applied is not None and where in sample.applied and offset > sample.applied[where][0]:
                    wrong["applied", where] = f"{name(where)}: {offset} was committed, {sample.applied[where][0]} applied"
            wrong.update(self._wrong_applied(sample, records))
            wrong.update(self._wrong_refused(sample, sent, ledger))
        return list(wrong.values())

    @staticmethod
    def _wrong_applied(sample: Sample, records: dict[Partition, list[Sent]]) -> dict[tuple[str, Partition], str]:
        wrong = {}
        for where, (offset, told) in (sample.applied or {}).items():
            for event in records.get(where, ()):
                if event.offset < offset and speaker(event) is not None and event.offset not in told:
                    wrong["told", where] = f"{name(where)}: {offset} was applied, and {event.offset} has no outcome"
                    break
        return wrong

    @staticmethod
    def _wrong_refused(sample: Sample, sent: Sequence[Sent], ledger: Ledger) -> dict[tuple[str, Partition], str]:
        wrong = {}
        for event in sent:
            if speaker(event) is None:
                where = [(group, event.topic, event.partition) for group in groups_of(event.topic)]
                if all(sample.committed.get(one, 0) > event.offset for one in where) and ledger.ended_at(event) > sample.at:
                    wrong["refused", where[0]] = f"{name(where[0])}: committed past the refused {event.offset} before its dead letter"
        return wrong


def name(where: Partition) -> str:
    return f"{where[0]} on {where[1].removeprefix('sluice.')}/{where[2]}"
