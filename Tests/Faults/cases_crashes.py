"""Processes that end or stop where they stand: workers, and the database."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable

import database
from proxy import is_begin
from workers import Worker
from world import World, case

# A rebalance with a member that has to be given up first takes six seconds; twice that on busy cores.
TAKEOVER_SECONDS = 60


# --- kill -9 ---


def after_a_while(world: World) -> None:
    time.sleep(world.random.uniform(0, 1.5))


def when_records_are_taken(world: World) -> None:
    """Something has been polled, and is in hand."""
    before = {worker: worker.consumed() for worker in world.fleet.running}
    world.comes(lambda: any(worker.consumed() > count for worker, count in before.items()), TAKEOVER_SECONDS)


def when_rows_are_written(world: World) -> None:
    """The transaction is committed, its outcomes are not published."""
    watch(world, "select exists (select from outcome where speaks and published_at is null)")


def when_outcomes_are_published(world: World) -> None:
    """The outcomes are published, the offset perhaps not committed."""
    [(count,)] = world.query("select count(*) from outcome where published_at is not null")
    watch(world, f"select count(*) > {count} from outcome where published_at is not null")


def when_a_letter_is_written(world: World) -> None:
    """A dead letter is acknowledged, its transaction not committed yet."""
    before = len(world.ledger.letters)
    world.publisher.poison("malformed_data", "acme", b"acme/wiki/broken", b"{", world.publisher.headers("io.sluice.document.upserted.v1"))
    world.publisher.flush()
    world.comes(lambda: len(world.ledger.letters) > before, TAKEOVER_SECONDS)


SIGNS: tuple[Callable[[World], None], ...] = (
    when_rows_are_written, when_outcomes_are_published, after_a_while, when_a_letter_is_written, when_records_are_taken)


def watch(world: World, condition: str) -> None:
    """Looks as often as it can: what it waits for lasts a millisecond."""
    with database.connect(world.stack.database_url) as connection:
        deadline = time.monotonic() + TAKEOVER_SECONDS
        while time.monotonic() < deadline:
            if connection.execute(condition).fetchone() == (True,):
                return


@case("1", "every worker killed -9, at a sign of each stage", short=3, full=20)
def kill(world: World, repetitions: int) -> None:
    world.fleet.await_ready(world.fleet.start())
    for sign in itertools.islice(itertools.cycle(rotated(SIGNS, world.random.randrange(len(SIGNS)))), repetitions):
        world.burst(60)
        world.calm()
        world.burst(30)
        sign(world)
        world.fleet.kill_all()
        world.say(f"killed {sign.__name__.replace('_', ' ')}")
        # Two where there was one: what the dead one left is shared out.
        for _ in range(1 + world.random.randrange(2)):
            world.fleet.start()
    world.burst(20)
    world.settle()


def rotated(items: tuple, by: int) -> tuple:
    return items[by:] + items[:by]


# --- zombies ---


@case("2", "a worker frozen with work in hand, replaced, and woken", short=2, full=20, slow=True)
def zombie(world: World, repetitions: int) -> None:
    ways = rotated((frozen_before_writing, frozen_in_a_transaction, frozen_at_random), world.random.randrange(3))
    settle_first_versions(world)
    for way in itertools.islice(itertools.cycle(ways), repetitions):
        taken_over(world, way)
    world.fleet.start()


@case("3", "a worker that does not come to poll, and is replaced", short=1, full=10, rejoins=True)
def late_poll(world: World, repetitions: int) -> None:
    settle_first_versions(world)
    for _ in range(repetitions):
        taken_over(world, stalled_before_writing, SLUICE_KAFKA_PROPERTIES="heartbeat.interval.ms=500;max.poll.interval.ms=6000")
    world.fleet.start()


def settle_first_versions(world: World) -> None:
    """Rows that are there already can be locked."""
    first = world.fleet.start()
    rewrite(world, "first")
    world.settle()
    world.retire(first)


def rewrite(world: World, version: str) -> None:
    for number in range(40):
        sequence = len(world.publisher.sent) + 1 if number % 2 else None
        world.publisher.upsert("acme", f"d{number}", f"{world.marker()} {version}", sequence=sequence)
    world.publisher.flush()


def taken_over(world: World, way: Callable[[World, Worker], Callable[[], None]], **settings: str) -> None:
    """One worker stops with older versions in hand, another writes newer ones; then the first goes on where it stood."""
    victim = world.fleet.start(proxied=True, **settings)
    world.fleet.await_ready(victim)
    go_on = way(world, victim)
    successor = world.fleet.start()
    rewrite(world, "newer")
    world.settle()
    world.say(f"replaced, {way.__name__.replace('_', ' ')}; woken now")
    go_on()
    # What it does now it must not: watched for a while, as nothing tells when it has given up.
    time.sleep(2)
    world.retire(victim, successor)


def frozen_at_random(world: World, victim: Worker) -> Callable[[], None]:
    rewrite(world, "older")
    time.sleep(world.random.uniform(0, 0.3))
    victim.freeze()
    return victim.thaw


def frozen_in_a_transaction(world: World, victim: Worker) -> Callable[[], None]:
    """It waits for a row of ours when it is stopped; the row is let go of then, so that the transaction is left idle."""
    with database.connect(world.stack.database_url) as connection, connection.transaction():
        connection.execute("select from document where subject = 'd7' for update")
        rewrite(world, "older")
        world.comes(lambda: world.query("select from pg_stat_activity where wait_event_type = 'Lock'"), TAKEOVER_SECONDS)
        victim.freeze()
    return victim.thaw


def frozen_before_writing(world: World, victim: Worker) -> Callable[[], None]:
    """All is prepared, and BEGIN on its way: the whole transaction comes late."""
    let_through = hold_transactions(world, victim)
    victim.freeze()

    def go_on() -> None:
        let_through.set()
        victim.thaw()

    return go_on


def stalled_before_writing(world: World, victim: Worker) -> Callable[[], None]:
    """Alive and heard of by the broker, but its work does not end."""
    return hold_transactions(world, victim).set


def hold_transactions(world: World, victim: Worker) -> threading.Event:
    """Returns once a BEGIN is held back; the event lets it and all others go on."""
    held, let_through = threading.Event(), threading.Event()

    def hold(message: bytes) -> bool:
        if is_begin(message):
            held.set()
            let_through.wait()
        return True

    assert victim.proxy is not None
    victim.proxy.on_request = hold
    rewrite(world, "older")
    world.wait(held.is_set, "a transaction of the worker that is to be stopped")
    return let_through


# --- comings and goings ---


@case("4", "members joining and leaving every 2 s", short=6, full=100)
def storm(world: World, repetitions: int) -> None:
    world.fleet.await_ready(world.fleet.start())
    for cycle in range(repetitions):
        begun = time.monotonic()
        world.calm()
        members = [worker for worker in world.fleet.running if worker not in leaving(world)]
        if len(members) < 2 or (len(members) < 4 and world.random.random() < 0.5):
            world.fleet.start()
        else:
            departing = world.random.choice(members)
            departing.leave()
            leaving(world).add(departing)
        world.burst(20)
        if cycle % 10 == 9:
            world.say(f"{cycle + 1} of {repetitions}")
        time.sleep(max(0, begun + 2 - time.monotonic()))
    world.settle()


def leaving(world: World) -> set[Worker]:
    """Members that were asked to leave, and may not have left yet."""
    return world.__dict__.setdefault("leaving", set())


# --- the database ---


@case("10", "Postgres killed -9 in the middle of a write, and restarted", short=3, full=20, rejoins=True)
def database_killed(world: World, repetitions: int) -> None:
    world.fleet.await_ready(world.fleet.start())
    for repetition in range(repetitions):
        with database.connect(world.stack.database_url) as connection:
            world.burst(60)
            writing = "select exists (select from pg_stat_activity where application_name = 'sluice ingest' and backend_xid is not null)"
            deadline = time.monotonic() + TAKEOVER_SECONDS
            while connection.execute(writing).fetchone() == (False,) and time.monotonic() < deadline:
                pass
            world.stack.kill_database()
        world.stack.start_database()
        with database.connect(world.stack.database_url) as connection:
            world.monitor.halves += database.halves(connection)
        if not world.retrieval.is_running:
            world.retrieval = world.fleet.start("retrieve")
        world.say(f"{repetition + 1} of {repetitions}")
    world.settle()
