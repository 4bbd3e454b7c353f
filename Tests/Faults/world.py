"""One case's world: its stack, its workers, what it has published, and what the oracle has to say about it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

import database
from events import PATIENCE_SECONDS, Ledger, Publisher, Sent
from monitor import Monitor
from oracle import GENERATION, REGISTRAR, Oracle, groups_of, place, wrong_ends
from proxy import Proxy
from stack import Brokers, Stack, Trouble
from workers import Fleet, Worker

TENANTS = ("acme", "globex")
ALICE = "user:alice"
PARTITIONS = 6
SETTINGS = {
    "SLUICE_EMBEDDING": "stub", "SLUICE_CREDENTIALS": "trusted",
    # The least that brokers accept, and rebalances noticed at the next beat: waiting is most of what these cases do.
    "SLUICE_SESSION_TIMEOUT": "6000", "SLUICE_KAFKA_PROPERTIES": "heartbeat.interval.ms=500",
}
# Below every offset.
OLDER = 1 << 40
WORDS = "amber basin cedar delta ember fjord grove haven inlet juniper kelp lagoon meadow north ochre prairie quarry ridge slate tundra umber valley".split()


class Closable(Protocol):
    def close(self) -> None: ...


class Wrong(Exception):
    """A promise that was broken."""


class Skipped(Exception):
    """What a case needs is not here."""


@dataclass(frozen=True)
class Case:
    """`short` and `full`: how often the fault is injected. `rejoins`: workers leave their group and join it again by
    themselves. `slow`: begins with the first, so that the others do not end up waiting for it."""

    name: str
    faults: str
    what: str
    short: int
    full: int
    run: Callable[[World, int], None]
    broker: str = "any"
    rejoins: bool = False
    slow: bool = False
    settings: tuple[tuple[str, str], ...] = ()


CASES: list[Case] = []


def case(
    faults: str, what: str, *, short: int, full: int, broker: str = "any", rejoins: bool = False, slow: bool = False, **settings: str,
) -> Callable[[Callable[[World, int], None]], Callable[[World, int], None]]:
    """Registers a case under its function's name. `broker`: any, proxied (the embedded one, behind a proxy),
    apache (for what the embedded one cannot do), or cluster (three of these)."""

    def add(run: Callable[[World, int], None]) -> Callable[[World, int], None]:
        CASES.append(Case(run.__name__.replace("_", "-"), faults, what, short, full, run, broker, rejoins, slow, tuple(settings.items())))
        return run

    return add


def broker_for(chosen: Case, wanted: str) -> str:
    """The embedded broker never gives up a member that ends while it joins, and a group that has made such a member its leader never forms again: cases
    in which that happens by itself are for Apache Kafka."""
    if chosen.broker == "proxied":
        return "tansu"
    if wanted != "apache" and not chosen.rejoins and chosen.broker not in ("apache", "cluster"):
        return wanted
    missing = Brokers.missing()
    if missing:
        raise Skipped(f"for Apache Kafka, and {missing}")
    return "tansu" if chosen.broker == "cluster" else "apache"


class World:
    """What a case works with. Everything in it is the case's own."""

    def __init__(self, chosen: Case, folder: Path, sluice: Path, broker: str, seed: int, full: bool, say: Callable[[str], None]):
        self.case, self.full, self.say = chosen, full, say
        self.random = random.Random(f"{seed} {chosen.name}")
        self.stack = Stack(folder, sluice, broker_for(chosen, broker))
        self.fleet = Fleet(self.stack, {**SETTINGS, **dict(chosen.settings)})
        self.broker_proxy: Proxy | None = None
        self.may_differ = False  # the database was set back: records may end twice, in two ways
        self.is_rebuilt = False  # the database was lost
        self.tenants = list(TENANTS)  # registered
        self.notes: list[str] = []  # figures for the report
        self._markers = 0
        self._opened: list[Closable] = []

    def up(self) -> None:
        self.stack.up()
        if self.case.broker == "proxied":
            self.broker_proxy = Proxy.kafka(("127.0.0.1", 0))
            self.broker_proxy.retarget(self.stack.use_advertised_broker(self.broker_proxy.port))
        elif self.case.broker == "cluster":
            self.stack.use_apache(3)
        self.stack.prepare(*TENANTS)
        self.publisher = Publisher(self.stack.bootstrap)
        self.ledger = Ledger(self.stack.bootstrap, TENANTS)
        self._opened.append(self.ledger)
        self.monitor = Monitor(self.stack.bootstrap, self.stack.database_url, PARTITIONS)
        self._opened.append(self.monitor)
        self.retrieval = self.fleet.start("retrieve")
        for tenant in TENANTS:
            self.publisher.permit(tenant, "shared", ALICE)

    def keep(self, one: Closable) -> None:
        """To be closed with the world."""
        self._opened.append(one)

    def down(self) -> None:
        """Whatever has happened before."""
        self.fleet.end_all()
        for one in self._opened:
            one.close()
        if self.broker_proxy is not None:
            self.broker_proxy.close()
        self.stack.down()

    # --- events ---

    def marker(self) -> str:
        """A word that no other text has."""
        self._markers += 1
        return f"marker{self._markers}q"

    def text(self, marker: str | None = None) -> str:
        """Mostly a chunk; one in ten documents has several, one in forty more than a pack of vectors holds."""
        roll = self.random.random()
        words = self.random.randrange(5, 60) if roll < 0.9 else self.random.randrange(300, 900) if roll < 0.975 else self.random.randrange(2200, 3000)
        return f"{marker or self.marker()} " + " ".join(self.random.choice(WORDS) + self.random.choice(("", "", ".", ",")) for _ in range(words))

    def burst(self, count: int, subjects: int = 40) -> list[Sent]:
        """Upserts, deletions and lists, in the order of their partitions; half the documents are sequenced. Returns once they are acknowledged."""
        before = len(self.publisher.sent)
        for _ in range(count):
            tenant, number = self.random.choice(TENANTS), self.random.randrange(subjects)
            subject = f"d{number}"
            # Grows with every event, whatever happens to the process that publishes.
            sequence = len(self.publisher.sent) + 1 if number % 2 else None
            roll = self.random.random()
            if roll < 0.8:
                self.publisher.upsert(tenant, subject, self.text(), sequence=sequence)
            elif roll < 0.9:
                self.publisher.delete(tenant, subject, sequence=sequence)
            else:
                self.publisher.permit(tenant, subject, *self.random.sample((ALICE, "user:bob", "group:okta/staff"), self.random.randrange(1, 3)))
        self.publisher.flush()
        return self.publisher.sent[before:]

    def register(self, tenant: str, *options: str) -> str:
        """Returns what was said."""
        said = self.stack.sluice("tenant", "create", tenant, *options)
        self.tenants.append(tenant)
        self.ledger.follow(tenant)
        return said

    def replace(self, topic: str, replacement: Callable[[], None]) -> None:
        """Lets a topic be deleted and created again, once everything has settled. What was in it is kept as older than all that follows."""
        self.settle()
        self.await_positions()
        replacement()
        positions = {}
        for sent in self.publisher.sent:
            if sent.topic == topic:
                before = sent.position
                sent.topic, sent.offset = f"{topic} before", sent.offset - OLDER
                positions[before] = sent.position
        self.ledger.rename(positions)
        self.monitor.forget_positions()

    # --- waiting ---

    def settle(self, records: Sequence[Sent] | None = None) -> None:
        """Every record, or these, has ended."""
        self.publisher.flush()
        records = self.publisher.sent if records is None else records
        lost = self.ledger.settle(records)
        if lost:
            first = lost[0]
            which = f"first {first.kind} at {place(first.position)}"
            raise Wrong(f"{len(lost)} of {len(records)} records have not ended after {PATIENCE_SECONDS} s without progress, {which}{self.fleet.fallen}")

    def wait(self, ready: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Waits for something that has to come."""
        if not self.comes(ready, seconds):
            raise Wrong(f"{what}: not within {seconds:.0f} s")

    @staticmethod
    def comes(ready: Callable[[], object], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    def calm(self) -> None:
        """Waits until both consumer groups have formed, where that matters (see `broker_for`)."""
        if self.stack.is_apache:
            return
        admin = AdminClient({"bootstrap.servers": self.stack.bootstrap, "log_level": 0})

        def formed() -> bool:
            time.sleep(0.1)
            try:
                groups = admin.describe_consumer_groups([REGISTRAR, GENERATION], request_timeout=5).values()
                return all(group.result().state == ConsumerGroupState.STABLE for group in groups)
            except KafkaException:
                return False

        self.comes(formed, 30)

    def retire(self, *workers: Worker) -> None:
        """Asks workers to leave, and waits until they have."""
        self.calm()
        for worker in workers:
            worker.leave()
        for worker in workers:
            worker.process.wait(60)

    def query(self, statement: str, *parameters: object) -> list[tuple]:
        with database.connect(self.stack.database_url) as connection:
            return connection.execute(statement, parameters).fetchall()

    def await_positions(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Every group has applied every record that was published."""
        ends: dict[tuple[str, str, int], int] = {}
        for event in self.publisher.sent:
            if event.offset < 0:
                continue  # of a topic that is no more
            for group in groups_of(event.topic):
                where = (group, event.topic, event.partition)
                ends[where] = max(ends.get(where, 0), event.offset + 1)

        def reached() -> bool:
            time.sleep(0.05)
            applied = {(group, topic, partition): offset for group, topic, partition, offset in self.query(database.POSITIONS)}
            return all(applied.get(where, 0) >= end for where, end in ends.items())

        self.wait(reached, "the positions of both groups at the end of their topics", seconds)

    # --- the verdict ---

    def verify(self) -> list[str]:
        """All that is wrong, once everything has settled."""
        self.settle()
        self.await_positions()
        sent = self.publisher.sent
        oracle = Oracle(sent)
        wrong = [f"L  {one}" for one in wrong_ends(sent, self.ledger, oracle, set(self.tenants), may_differ=self.may_differ, is_rebuilt=self.is_rebuilt)]
        with database.connect(self.stack.database_url) as connection:
            wrong += [f"D  {one}" for one in database.wrong_contents(connection, oracle) + database.wrong_lists(connection, oracle)]
        wrong += [f"L  {one}" for one in self.wrong_answers(oracle)]
        wrong += [f"D  seen on the way: {one}" for one in dict.fromkeys(self.monitor.halves)]
        wrong += [f"P  {one}" for one in self.monitor.wrong_positions(sent, self.ledger)]
        return wrong + self.fleet.stop_all()

    def wrong_answers(self, oracle: Oracle, most: int = 20) -> list[str]:
        """Asks for the markers of some documents that live and some versions that are gone."""
        if not self.retrieval.is_running:
            raise Trouble("the retrieval worker has ended")
        live = oracle.texts
        versions = [event for event in self.publisher.sent if event.kind == "upsert"]
        gone = [event for event in versions if live.get((event.tenant, event.subject)) != event.text]
        chosen = [((event.tenant, event.subject), event.text) for event in self.random.sample(gone, min(most // 2, len(gone)))]
        chosen += self.random.sample(sorted(live.items()), min(most, len(live)))
        expected = {}
        for index, (subject, text) in enumerate(chosen):
            is_seen = live.get(subject) == text and ALICE in oracle.allowed(subject)
            expected[f"q{index}"] = (subject, {subject[1]} if is_seen else set())
            question = {"text": text.split(" ", 1)[0], "mode": "lexical", "limit": 100, "asker": {"user": ALICE}}
            self.publisher.ask(subject[0], f"q{index}", question)
        self.publisher.flush()
        self.wait(lambda: all(one in self.ledger.results for one in expected), "an answer to every query")
        wrong = []
        for query, (subject, documents) in expected.items():
            answer = self.ledger.results[query][0]
            found = {hit["document"] for hit in answer.get("hits", [])}
            if answer["status"] != "ok" or found != documents:
                wrong.append(f"asked for {'/'.join(subject)}: {answer['status']} {sorted(found)}, not {sorted(documents)}")
        return wrong
