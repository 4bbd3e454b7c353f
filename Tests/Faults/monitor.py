"""Looks at database and broker all the while, from outside: what must hold at every moment, not only at the end."""

from __future__ import annotations

import itertools
import threading
import time
from bisect import bisect_left
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
class Applied:
    """A position, and the offsets between it and the one of the sample before that have an outcome. Outcomes stay: what was looked at once is done."""

    before: int
    next: int
    told: set[int]


@dataclass
class Sample:
    """`committed` was read first, then `applied`: both only grow, so the first may not exceed the second."""

    at: float  # after `committed` was read, before `applied` was
    committed: dict[Partition, int]
    applied: dict[Partition, Applied]  # empty where the database could not be asked


class Monitor:
    """One thread. Its findings are kept until they are asked for."""

    def __init__(self, bootstrap: str, database_url: str, partitions: int):
        self._url, self._partitions = database_url, partitions
        self._topics = [TopicPartition(topic, partition) for topic in INPUTS for partition in range(partitions)]
        # They only ask what is committed, and join nothing.
        settings = {"bootstrap.servers": bootstrap, "enable.auto.commit": False, "log_level": 0}
        self._consumers = {group: Consumer({**settings, "group.id": group}) for group in (REGISTRAR, GENERATION)}
        self._connection: psycopg.Connection | None = None
        self.samples: list[Sample] = []
        self.halves: list[str] = []
        self._seen: dict[Partition, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        for consumer in self._consumers.values():
            consumer.close()

    def watch(self, topic: str) -> None:
        """One more topic."""
        self._topics = self._topics + [TopicPartition(topic, partition) for partition in range(self._partitions)]

    def forget_positions(self) -> None:
        """After somebody has set positions back on purpose."""
        self.samples.clear()
        self._seen.clear()

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
            seen = dict(self._seen)
            parameters = [list(column) for column in zip(*((*where, offset) for where, offset in seen.items()))] or [[], [], [], []]
            rows = self._connection.execute(database.POSITIONS_AND_OUTCOMES, parameters).fetchall()
            self.halves += database.halves(self._connection)
        except psycopg.Error:
            self._connection = None  # no database at this moment
            return Sample(at, committed, {})
        applied = {}
        for group, topic, partition, offset, told in rows:
            where = (group, topic, partition)
            applied[where] = Applied(seen.get(where, 0), offset, set(told))
        self._seen = {where: one.next for where, one in applied.items()}
        return Sample(at, committed, applied)

    def wrong_positions(self, sent: Sequence[Sent], ledger: Ledger) -> list[str]:
        """**P**: no position ever passed a record that had not ended by then."""
        records: dict[Partition, list[Sent]] = defaultdict(list)
        refused = [event for event in sent if speaker(event) is None]
        for event in sent:
            group = speaker(event)
            if group is not None:
                records[group, event.topic, event.partition].append(event)
        # Of each partition its offsets, and when the last of the records up to there had ended.
        ends: dict[Partition, tuple[list[int], list[float]]] = {}
        for where, events in records.items():
            events.sort(key=lambda event: event.offset)
            ends[where] = [event.offset for event in events], list(itertools.accumulate((ledger.told_at(event) for event in events), max))
        wrong: dict[tuple[str, Partition], str] = {}
        for sample in list(self.samples):
            for where, offset in sample.committed.items():
                offsets, ended = ends.get(where, ([], []))
                passed = bisect_left(offsets, offset)
                if passed and ended[passed - 1] > sample.at:
                    wrong["ended", where] = f"{name(where)}: {offset} was committed before every record below it had ended"
                if where in sample.applied and offset > sample.applied[where].next:
                    wrong["applied", where] = f"{name(where)}: {offset} was committed, {sample.applied[where].next} applied"
            for where, applied in sample.applied.items():
                offsets = ends.get(where, ([], []))[0]
                untold = [one for one in offsets[bisect_left(offsets, applied.before):bisect_left(offsets, applied.next)] if one not in applied.told]
                if untold:
                    wrong["told", where] = f"{name(where)}: {applied.next} was applied, and {untold[0]} has no outcome"
            # Of a refused record either group may speak: it has to have ended once both have passed it.
            for event in refused:
                both = [(group, event.topic, event.partition) for group in groups_of(event.topic)]
                if all(sample.committed.get(one, 0) > event.offset for one in both) and ledger.told_at(event) > sample.at:
                    wrong["refused", both[0]] = f"{name(both[0])}: committed past the refused {event.offset} before its dead letter"
        return list(wrong.values())


def name(where: Partition) -> str:
    return f"{where[0]} on {where[1].removeprefix('sluice.')}/{where[2]}"
