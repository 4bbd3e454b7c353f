"""Generations that are built beside the live one, and take its place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cases_letters import POISONS
from stack import Trouble
from world import ALICE, World, Wrong, case

NEXT = "g2"


@case("gen", "a generation built, promoted, rolled back and promoted under load; its workers killed, queries all the while", short=2, full=10, rejoins=True)
def promotion(world: World, repetitions: int) -> None:
    world.stack.environment["SLUICE_EMBEDDING"] = "stub"  # commands make the generation as the workers would
    world.fleet.await_ready(world.fleet.start())
    still = world.publisher.upsert("acme", "still", f"{world.marker()} stays as it is")
    world.burst(100)
    refused(world)
    world.settle()
    said = world.stack.sluice("reindex", "--into", NEXT, "--chunk-tokens", "64", "--detach", "--yes")
    if NEXT not in said:
        raise Wrong(f"a reindex said: {said[-200:]}")
    refuses(world, "reindex", "--into", "g1", "--yes")
    refuses(world, "generation", "promote", NEXT, "--yes")  # empty so far
    refuses(world, "generation", "drop", "g1", "--yes")
    builder = world.fleet.start(SLUICE_GENERATION=NEXT)
    world.wait(lambda: world.query("select from applied_position where consumer_group = %s and next_offset > 0", f"sluice-ingest-{NEXT}"), "a beginning")
    builder.kill()
    world.fleet.await_ready(world.fleet.start(SLUICE_GENERATION=NEXT))
    world.wait(lambda: "under way" not in world.stack.sluice("reindex", "--status"), "a generation that is filled")
    milliseconds = []
    with asking(world, still.text.split(" ", 1)[0]) as asked:
        for repetition in range(repetitions):
            for command in (("promote", NEXT), ("rollback",)):
                world.burst(60)
                refused(world)
                milliseconds.append(change(world, *command))
                world.burst(60)
                refused(world)
        change(world, "promote", NEXT)
        world.burst(60)
        world.settle()
    world.notes.append(f"{asked[0]} queries meanwhile; a change of what is live took {', '.join(milliseconds)}")
    # Who tells of a record is another one for a while: the monitor looks for one group alone.
    world.monitor.forget_positions()
    compared(world)


def refused(world: World) -> None:
    """Records that cannot succeed: whichever generation is to tell of them, a letter comes."""
    for poison in world.random.sample(POISONS, 3):
        poison(world, f"poison{len(world.publisher.sent)}", None)
    world.publisher.flush()


def refuses(world: World, *command: str) -> None:
    try:
        said = world.stack.sluice(*command)
    except Trouble:
        return
    raise Wrong(f"{' '.join(command)} was not refused: {said[-200:]}")


def change(world: World, *command: str) -> str:
    """Promotes or rolls back while records are on their way. Returns how long it took, in words."""
    said: list[str] = []

    def done() -> bool:
        try:
            # The report is taken before: under load it finds the other one behind, and what counts is looked at again in the transaction.
            said.append(world.stack.sluice("generation", *command, "--despite", "it follows", "--yes"))
            return True
        except Trouble as trouble:
            if "behind" not in str(trouble):
                raise
            return False

    world.wait(done, f"{' '.join(command)}")
    return said[0].rsplit("took ", 1)[-1].strip()


@contextmanager
def asking(world: World, word: str) -> Iterator[list[int]]:
    """Asks for a document that does not change, again and again: every answer has it."""
    count, ended, wrong = [0], threading.Event(), []

    def ask() -> None:
        while not ended.is_set():
            query = f"while{count[0]}"
            world.publisher.ask("acme", query, {"text": word, "mode": ("hybrid", "lexical")[count[0] % 2], "asker": {"user": ALICE}})
            world.publisher.flush()
            if not world.comes(lambda: query in world.ledger.results, 20):
                wrong.append(f"{query} was not answered")
                return
            answer = world.ledger.results[query][0]
            if answer["status"] != "ok" or "still" not in [hit["document"] for hit in answer["hits"]]:
                wrong.append(f"{query}: {answer['status']}, without the document that is there")
                return
            count[0] += 1

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield count
    finally:
        ended.set()
        thread.join()
    if wrong:
        raise Wrong(wrong[0])


def compared(world: World) -> None:
    """Both have the same documents, and the one that is not live can be dropped, at once and for good."""
    world.await_positions()
    report = world.stack.sluice("generation", "diff", "g1")
    if "FAILS" in report:
        raise Wrong(f"generations that both follow differ: {report[-400:]}")
    listed = world.stack.sluice("generation", "list")
    states = {line.split()[0]: line.split()[1] for line in listed.splitlines()[1:]}
    if states != {"g1": "kept", NEXT: "live"}:
        raise Wrong(f"generations are {states}")
