"""Events out of order, again, and a database that has gone back in time."""

from __future__ import annotations

import database
from world import TENANTS, World, Wrong, case


@case("14", "old versions after new ones, deletions and late upserts, shuffled and doubled", short=1, full=20)
def disorder(world: World, repetitions: int) -> None:
    world.fleet.await_ready(world.fleet.start())
    for repetition in range(repetitions):
        histories = []
        for number in range(30):
            tenant, subject = world.random.choice(TENANTS), f"r{repetition}-{number}"
            versions: list[tuple] = [(tenant, subject, sequence, world.random.random() < 0.25) for sequence in range(1, 7)]
            histories += versions + world.random.sample(versions, 2)
        world.random.shuffle(histories)
        texts: dict[tuple, str] = {}
        for tenant, subject, sequence, is_deletion in histories:
            # A version that comes twice says the same twice.
            text = texts.setdefault((tenant, subject, sequence), world.text())
            if is_deletion:
                world.publisher.delete(tenant, subject, sequence=sequence)
            else:
                world.publisher.upsert(tenant, subject, text, sequence=sequence)
        # Of one number two values: a deletion wins, else the greater digest.
        for number in range(10):
            for event in world.random.sample(("upsert", "delete", "upsert"), 2):
                subject = f"r{repetition}-tie{number}"
                if event == "delete":
                    world.publisher.delete("acme", subject, sequence=5)
                else:
                    world.publisher.upsert("acme", subject, world.text(), sequence=5)
        # Without numbers the partition's order is the order.
        for number in range(10):
            world.publisher.upsert("acme", f"r{repetition}-plain{number}", world.text())
            world.publisher.delete("acme", f"r{repetition}-plain{number}")
            if number % 2:
                world.publisher.upsert("acme", f"r{repetition}-plain{number}", world.text())
        world.settle()


@case("15", "the topics replayed into the same database: rows identical", short=3, full=3, slow=True)
def replay(world: World, repetitions: int) -> None:
    """The positions are taken away while nobody works, so that the next worker begins at the beginning."""
    world.fleet.start()
    world.burst(2000 if world.full else 250)
    world.settle()
    world.await_positions()
    with database.connect(world.stack.database_url) as connection:
        before = stopped_state(world, connection)
        for repetition in range(repetitions):
            connection.execute("delete from applied_position")
            world.monitor.forget_positions()
            world.fleet.start()
            world.await_positions(120)
            after = stopped_state(world, connection)
            for table, digest in before.items():
                if after[table] != digest:
                    raise Wrong(f"{table} differs after replay {repetition + 1}: {digest}, then {after[table]}")
    world.monitor.forget_positions()


def stopped_state(world: World, connection: database.psycopg.Connection) -> dict[str, str]:
    world.retire(*world.fleet.running)
    return database.state_digests(connection)


@case("30", "the database restored to an earlier backup, workers restarted", short=1, full=5)
def restored(world: World, repetitions: int) -> None:
    world.fleet.start()
    for _ in range(repetitions):
        go_back(world, kill=True)


@case("30", "the database restored to an earlier backup, workers left alone", short=1, full=5, rejoins=True)
def restored_beneath(world: World, repetitions: int) -> None:
    """The restored epochs are the ones that the living workers hold: only the positions tell that they are of another time."""
    world.fleet.start()
    for _ in range(repetitions):
        go_back(world, kill=False)


@case("lost", "the database lost: rebuilt from the topics, permissions first", short=1, full=5, rejoins=True)
def lost_database(world: World, repetitions: int) -> None:
    """As docs/replay.md tells."""
    world.may_differ = world.is_rebuilt = True
    world.fleet.start()
    for _ in range(repetitions):
        world.burst(150)
        world.settle()
        world.fleet.kill_all()
        world.retrieval.kill()
        with database.connect(world.stack.database_url) as connection:
            connection.execute("drop schema sluice cascade")
        world.stack.prepare(*TENANTS)
        world.monitor.forget_positions()
        register = world.fleet.start("register")
        world.retrieval = world.fleet.start("retrieve")
        world.wait(lambda: world.query("select from permission where tenant_id > 0"), "the permissions")
        if world.query("select from rendition where tenant_id > 0"):
            raise Wrong("documents are there before anybody has read them")
        world.fleet.start(command="ingest")
        world.burst(20)
        world.settle()
        world.await_positions()
        world.retire(register)
        world.monitor.forget_positions()


def go_back(world: World, *, kill: bool) -> None:
    world.may_differ = True
    world.burst(60)
    world.settle()
    world.stack.back_up()
    world.burst(80)
    world.settle()
    if kill:
        world.fleet.kill_all()
    world.stack.restore()
    world.monitor.forget_positions()
    if kill:
        world.fleet.start()
    if not world.retrieval.is_running:
        world.retrieval = world.fleet.start("retrieve")
    # Events of later on: they are what a worker could use to step over what is missing.
    world.burst(20)
    world.settle()
    world.await_positions()
    world.monitor.forget_positions()
