"""Transactions that fail, or whose end is not known."""

from __future__ import annotations

import threading

import psycopg

import database
from proxy import is_commit_acknowledgement
from world import World, Wrong, case

# A disk that is full, a transaction that came between others, a deadlock.
STATES = ("53100", "40001", "40P01")
# Written by generations, by the registrar, by both.
TABLES = ("rendition_content", "permission", "document", "outcome")

# nextval is not undone with the transaction: the attempts are counted, whatever becomes of them.
FAILING = """
create schema faults;
grant usage on schema faults to public;
create sequence faults.failures;
create function faults.fail() returns trigger language plpgsql security definer as $$
begin
    if nextval('faults.failures') <= tg_argv[1]::bigint then
        raise exception 'injected' using errcode = tg_argv[0];
    end if;
    return new;
end $$;
"""


@case("9", "the acknowledgement of COMMIT lost on the wire", short=5, full=50, rejoins=True)
def lost_commit(world: World, repetitions: int) -> None:
    worker = world.fleet.start(proxied=True)
    world.fleet.await_ready(worker)
    lost, allowed, lock = [0], [0], threading.Lock()

    def lose(message: bytes) -> bool:
        if is_commit_acknowledgement(message):
            with lock:
                if lost[0] < allowed[0] and world.random.random() < 0.4:
                    lost[0] += 1
                    return False
        return True

    assert worker.proxy is not None
    worker.proxy.on_response = lose
    for allowed[0] in range(1, repetitions + 1):
        world.burst(30)
        world.wait(lambda: lost[0] == allowed[0], "another acknowledgement to lose")
        world.calm()
    world.burst(30)
    world.settle()


@case("11", "disk full, serialization failures and deadlocks", short=2, full=20, rejoins=True)
def refused_transactions(world: World, repetitions: int) -> None:
    """Each SQLSTATE from each table some times in a row; then real deadlocks, `repetitions` of them."""
    worker = world.fleet.start()
    world.fleet.await_ready(worker)
    world.burst(60)
    world.settle()
    with database.connect(world.stack.database_url) as connection:
        connection.execute(FAILING)
        for number, state in enumerate(STATES):
            table = TABLES[(number + world.random.randrange(len(TABLES))) % len(TABLES)]
            connection.execute("alter sequence faults.failures restart")
            connection.execute(f"create trigger failing before insert or update on {table} for each row execute function faults.fail('{state}', '3')")
            world.burst(60)
            world.settle()
            connection.execute(f"drop trigger failing on {table}")
            world.say(f"{state} from {table} got over")
    for _ in range(repetitions):
        deadlock(world)
    if not worker.is_running:
        raise Wrong("the worker has ended, instead of trying again")


def deadlock(world: World) -> None:
    """We hold a row that the worker waits for, and then ask for those that it holds. It has waited longest, so it is the one to be sent back."""
    for attempt in range(5):
        with database.connect(world.stack.database_url) as connection:
            connection.execute("set deadlock_timeout = '1min'")
            try:
                with connection.transaction():
                    connection.execute("select from document where subject = %s for update", (f"d{world.random.randrange(20, 40)}",))
                    for number in range(40):
                        world.publisher.upsert("acme", f"d{number}", world.text(), sequence=len(world.publisher.sent) + 1 if number % 2 else None)
                    world.publisher.flush()
                    world.wait(lambda: world.query("select from pg_stat_activity where wait_event_type = 'Lock'"), "a worker that waits for our row")
                    # Long enough for the worker to look for deadlocks and be sent back; past that it never held what we ask for.
                    connection.execute("set local lock_timeout = '3s'")
                    connection.execute("select from document order by tenant_id, document_id for update")
            except psycopg.errors.Error:
                continue
            finally:
                world.settle()
            world.say("deadlock got over")
            return
    world.notes.append("a deadlock could not be brought about: the worker never held a row while it waited for another")
