"""More than can be taken at once: bounds, and turns between tenants."""

from __future__ import annotations

import time

from world import World, Wrong, case


@case(
    "7", "a backlog of small records, taken up in small bites: no gap", short=3000, full=1_000_000, slow=True,
    SLUICE_INTAKE_RECORDS="16", SLUICE_INTAKE_BYTES="4096",
)
def backlog(world: World, repetitions: int) -> None:
    """Bounds so tight that intake pauses and goes on all the time. Every record must have its own outcome."""
    for number in range(repetitions):
        world.publisher.upsert("acme" if number % 3 else "globex", f"d{number}", f"{world.marker()} small")
    world.publisher.flush()
    begun = time.monotonic()
    world.fleet.start()
    world.settle()
    world.notes.append(f"{repetitions / (time.monotonic() - begun):.0f} records a second, joining the group included")


@case("fair", "one document of one tenant behind a flood of another's", short=1500, full=50_000)
def fairness(world: World, repetitions: int) -> None:
    """Nothing is promised in seconds here: the delay is reported, and that neither loses anything is checked."""
    world.fleet.await_ready(world.fleet.start())
    flood = [world.publisher.upsert("acme", f"d{number}", world.text()) for number in range(repetitions)]
    world.publisher.flush()
    single = world.publisher.upsert("globex", "single", world.text())
    world.publisher.flush()
    sent = time.time()
    if world.ledger.settle([single]):
        raise Wrong("the single document has not ended")
    delay = world.ledger.ended_at(single) - sent
    left = sum(world.ledger.ended_at(one) > sent + delay for one in flood)
    world.settle()
    duration = max(world.ledger.ended_at(one) for one in flood) - sent
    world.notes.append(f"the single document took {delay:.2f} s, with {left} of {repetitions} flooding documents still to come; the flood {duration:.1f} s")
