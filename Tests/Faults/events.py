"""The Kafka side: events out, and everything Sluice writes back in."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from stack import Trouble

DOCUMENTS, PERMISSIONS, MEMBERSHIPS, QUERIES, DEAD_LETTERS = "sluice.documents", "sluice.permissions", "sluice.memberships", "sluice.queries", "sluice.dlq"
INPUTS = (DOCUMENTS, PERMISSIONS, MEMBERSHIPS)
UPSERTED, DELETED, PERMITTED, GROUPED, QUERY, ACCESS_CHECK = (
    "io.sluice.document.upserted.v1", "io.sluice.document.deleted.v1", "io.sluice.permissions.changed.v1", "io.sluice.group.changed.v1", "io.sluice.query.v1",
    "io.sluice.access-check.v1")
SOURCE = "wiki"
# How long nothing at all may happen before something counts as lost: two rebalances with a dead member, on busy cores.
PATIENCE_SECONDS = 60

Position = tuple[str, int, int]
Headers = Sequence[tuple[str, bytes]]


@dataclass(slots=True, eq=False)
class Sent:
    """A published record. Partition and offset are known once the broker has acknowledged it."""

    kind: str  # upsert, delete, permit, group, or poison
    topic: str
    tenant: str
    subject: str
    sequence: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers
    text: str = ""  # of an upsert: what must be readable
    principals: tuple[str, ...] = ()  # of a list: who is allowed; of a group: who belongs to it
    code: str | None = None  # of poison: why it is refused
    buried: str | None = None  # of what was redriven: why it was refused before
    partition: int = -1
    offset: int = -1

    @property
    def position(self) -> Position:
        return self.topic, self.partition, self.offset


@dataclass(slots=True)
class Outcome:
    kind: str
    code: str | None
    id: str
    at: float  # seconds since 1970, by its writer's clock

    @property
    def is_final(self) -> bool:
        return self.kind != "deferred"


@dataclass(slots=True)
class Letter:
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    at: float

    def error(self, name: str) -> str:
        return next((value.decode() for header, value in reversed(self.headers) if header == f"__dlq.errors.{name}"), "")


def dump(data: object) -> bytes:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def key_of(tenant: str, subject: str) -> bytes:
    return "/".join(quote(part, safe="-._~") for part in (tenant, SOURCE, subject)).encode()


class Publisher:
    """Publishes events, and keeps what was published."""

    def __init__(self, bootstrap: str):
        self._producer = Producer({
            "bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "linger.ms": 2, "enable.idempotence": True, "message.max.bytes": 9 << 20,
            "log_level": 0})
        self.sent: list[Sent] = []
        self._ids = 0

    def upsert(
        self, tenant: str, subject: str, text: str, *, sequence: int | None = None, partition: int | None = None, topic: str = DOCUMENTS, **data: object,
    ) -> Sent:
        content = {"mediaType": "text/plain", "text": text, "container": "shared", **data}
        return self._event("upsert", topic, UPSERTED, tenant, subject, content, sequence, partition, text=text)

    def delete(self, tenant: str, subject: str, *, sequence: int | None = None, partition: int | None = None) -> Sent:
        return self._event("delete", DOCUMENTS, DELETED, tenant, subject, {}, sequence, partition)

    def permit(self, tenant: str, subject: str, *principals: str, sequence: int | None = None, topic: str = PERMISSIONS) -> Sent:
        """A list of its own for a document or a container."""
        return self._event("permit", topic, PERMITTED, tenant, subject, {"allow": list(principals)}, sequence, principals=principals)

    def group(self, tenant: str, name: str, *members: str) -> Sent:
        return self._event("group", MEMBERSHIPS, GROUPED, tenant, name, {"members": list(members)}, None, principals=members)

    def refer(self, tenant: str, subject: str, reference: str, text: str = "", *, code: str | None = None, partition: int | None = None) -> Sent:
        """A document by reference. `text`: what is found there; `code`: why it is refused."""
        data = {"mediaType": "text/plain", "container": "shared"}
        return self._event("poison" if code else "upsert", DOCUMENTS, UPSERTED, tenant, subject, data, None, partition, text=text, code=code,
            reference=reference)

    def poison(
        self, code: str, tenant: str, key: bytes | None, value: bytes | None, headers: Headers, *, partition: int | None = None, topic: str = DOCUMENTS,
        subject: str = "",
    ) -> Sent:
        """A record that can never succeed. `subject`: what a refused list closes."""
        return self._publish(Sent("poison", topic, tenant, subject, None, key, value, headers, code=code), partition)

    def ask(self, tenant: str, query_id: str, data: dict[str, object] | bytes, *, kind: str = QUERY, **attributes: str) -> None:
        headers = self.headers(kind, query_id, tenant) + [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
        self._producer.produce(QUERIES, data if isinstance(data, bytes) else dump(data), query_id.encode(), headers=headers)

    def headers(self, kind: str, event_id: str | None = None, tenant: str | None = None, sequence: int | None = None) -> list[tuple[str, bytes]]:
        if event_id is None:
            self._ids += 1
            event_id = f"e{self._ids}"
        attributes = {"specversion": "1.0", "id": event_id, "type": kind, "source": SOURCE}
        if tenant is not None:
            attributes["tenant"] = tenant
        if sequence is not None:
            attributes["sequence"] = str(sequence)
        return [(f"ce_{name}", value.encode()) for name, value in attributes.items()] + [("content-type", b"application/json")]

    def _event(
        self, kind: str, topic: str, event_type: str, tenant: str, subject: str, data: dict[str, object], sequence: int | None,
        partition: int | None = None, *, text: str = "", principals: tuple[str, ...] = (), code: str | None = None, reference: str | None = None,
    ) -> Sent:
        headers = self.headers(event_type, tenant=tenant, sequence=sequence)
        if reference is not None:
            headers.append(("ce_dataref", reference.encode()))
        sent = Sent(kind, topic, tenant, subject, sequence, key_of(tenant, subject), dump(data), headers, text, principals, code)
        return self._publish(sent, partition)

    def _publish(self, sent: Sent, partition: int | None = None) -> Sent:
        def delivered(error: object, message: object) -> None:
            if error is None:
                sent.partition, sent.offset = message.partition(), message.offset()  # type: ignore[attr-defined]

        where = {} if partition is None else {"partition": partition}
        while True:
            try:
                self._producer.produce(sent.topic, sent.value, sent.key, headers=list(sent.headers), on_delivery=delivered, **where)
                break
            except BufferError:
                self._producer.poll(0.1)
        self._producer.poll(0)
        self.sent.append(sent)
        return sent

    def flush(self) -> None:
        """Returns once the broker has acknowledged everything."""
        if self._producer.flush(120) or any(sent.partition < 0 for sent in reversed(self.sent)):
            raise Trouble("the broker did not acknowledge what was published")


class Ledger:
    """Outcomes, dead letters and results, from the beginning of their topics on."""

    def __init__(self, bootstrap: str, tenants: Iterable[str]):
        self.outcomes: dict[Position, list[Outcome]] = defaultdict(list)
        self.letters: dict[Position, list[Letter]] = defaultdict(list)
        self.results: dict[str, list[dict]] = defaultdict(list)
        self._stop = False
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self._wanted: list[TopicPartition] = []
        self._consumer = Consumer({
            "bootstrap.servers": bootstrap, "group.id": "faults-ledger", "enable.auto.commit": False, "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20,
            "log_level": 0})
        self._follow([DEAD_LETTERS])
        for tenant in tenants:
            self.follow(tenant)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def follow(self, tenant: str) -> None:
        """One more tenant's outcomes and results."""
        self._follow([f"sluice.{kind}.{tenant}" for kind in ("status", "results")])

    def _follow(self, topics: list[str]) -> None:
        # A broker may hear of a topic some time after the controller has made it.
        for _ in range(200):
            known = self._admin.list_topics(timeout=20).topics
            if all(topic in known and known[topic].partitions for topic in topics):
                break
            time.sleep(0.1)
        self._wanted = self._wanted + [TopicPartition(topic, partition, OFFSET_BEGINNING) for topic in topics for partition in known[topic].partitions]

    def close(self) -> None:
        self._stop = True
        self._thread.join()
        self._consumer.close()

    def _run(self) -> None:
        followed = 0
        while not self._stop:
            if followed < len(wanted := self._wanted):
                self._consumer.incremental_assign(wanted[followed:])
                followed = len(wanted)
            for message in self._consumer.consume(1000, 0.02):
                if message.error() is None:
                    self._take(message)

    def _take(self, message: object) -> None:
        topic, headers, at = message.topic(), message.headers() or [], message.timestamp()[1] / 1000  # type: ignore[attr-defined]
        value = message.value()  # type: ignore[attr-defined]
        if topic == DEAD_LETTERS:
            letter = Letter(message.key(), value, headers, at)  # type: ignore[attr-defined]
            self.letters[letter.error("topic"), int(letter.error("partition")), int(letter.error("offset"))].append(letter)
            return
        attributes = {name: content.decode() for name, content in headers if name.startswith("ce_")}
        data = json.loads(value)
        if topic.startswith("sluice.results."):
            self.results[attributes.get("ce_correlationid", "")].append(data)
            return
        position = data["position"]
        outcome = Outcome(data["outcome"], data.get("code"), attributes["ce_id"], at)
        self.outcomes[position["topic"], position["partition"], position["offset"]].append(outcome)

    def ended(self, sent: Sent) -> bool:
        """By a final outcome, and where it is refused, by a dead letter."""
        position = sent.position
        if sent.kind == "poison" and position not in self.letters:
            return False
        if any(outcome.is_final for outcome in self.outcomes.get(position, ())):
            return True
        # Of what was redriven, a letter is not the end.
        return position in self.letters and sent.buried is None

    def rename(self, positions: dict[Position, Position]) -> None:
        """After a topic was replaced, whose offsets begin anew."""
        for told in (self.outcomes, self.letters):
            for before, after in positions.items():
                if before in told:
                    told[after] = told.pop(before)

    def final(self, sent: Sent) -> Outcome | None:
        """How the record ended, as it was told last."""
        return next((outcome for outcome in reversed(self.outcomes.get(sent.position, ())) if outcome.is_final), None)

    def ended_final_at(self, sent: Sent) -> float:
        """When a final outcome was first told."""
        return min((outcome.at for outcome in self.outcomes.get(sent.position, ()) if outcome.is_final), default=float("inf"))

    def told_at(self, sent: Sent) -> float:
        """When something was first told of the record, if only that it waits: from then on its offset may be passed."""
        told = [outcome.at for outcome in self.outcomes.get(sent.position, ())]
        return min(told + [letter.at for letter in self.letters.get(sent.position, ())], default=float("inf"))

    def ended_at(self, sent: Sent) -> float:
        """When the record's end was first told; infinite where it was not."""
        told = [outcome.at for outcome in self.outcomes.get(sent.position, ()) if outcome.is_final]
        return min(told + [letter.at for letter in self.letters.get(sent.position, ())], default=float("inf"))

    def settle(self, records: Sequence[Sent], patience: float = PATIENCE_SECONDS) -> list[Sent]:
        """Waits until all have ended; returns those that have not, after nothing has happened for `patience` seconds."""
        waiting = [sent for sent in records if not self.ended(sent)]
        deadline = time.monotonic() + patience
        while waiting and time.monotonic() < deadline:
            # Looking at a million records again and again would be the harness's main occupation.
            time.sleep(min(1.0, 0.02 + len(waiting) / 200_000))
            left = [sent for sent in waiting if not self.ended(sent)]
            if len(left) < len(waiting):
                deadline = time.monotonic() + patience
            waiting = left
        return waiting
