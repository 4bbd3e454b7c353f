"""Content that is elsewhere: fetched, refused, waited for."""

from __future__ import annotations

import json
from pathlib import Path

import database
from events import Sent
from webserver import Page, WebServer
from world import World, Wrong, case

LARGEST_BYTES = 65_536
# Of a worker that is ready and has nothing else to do; much more than it takes.
SOON_SECONDS = 60


def settings(world: World, web: WebServer) -> dict[str, str]:
    """One host and folder are allowed, and one host whose address is not."""
    folder = world.stack.folder / "files"
    folder.mkdir(exist_ok=True)
    return {
        "SLUICE_REFERENCE_HOSTS": f"http://127.0.0.1:{web.port}, http://127.0.0.2:{web.port}", "SLUICE_REFERENCE_PRIVATE_NETWORKS": "127.0.0.1",
        "SLUICE_REFERENCE_FOLDERS": str(folder), "SLUICE_MAX_DOCUMENT_BYTES": str(LARGEST_BYTES), "SLUICE_REFERENCE_TIMEOUT": "1000",
    }


def site(world: World) -> WebServer:
    """Goes with the world."""
    web = WebServer()
    world.keep(web)
    return web


@case("ref", "content by reference: fetched, changed, missing, forbidden, too large", short=1, full=5)
def references(world: World, repetitions: int) -> None:
    web, other = site(world), site(world)
    allowed = settings(world, web)
    folder = Path(allowed["SLUICE_REFERENCE_FOLDERS"])
    (folder.parent / "outside.txt").write_text("not for documents")
    (folder / "link.txt").symlink_to(folder.parent / "outside.txt")
    (folder / "large.txt").write_text("x" * (LARGEST_BYTES + 1))
    world.fleet.await_ready(world.fleet.start(**allowed))
    web.pages["/large"] = Page(b"x" * (LARGEST_BYTES + 1))
    web.pages["/moved"] = Page(status=302, headers={"Location": "/there"})
    web.pages["/round"] = Page(status=302, headers={"Location": "/round"})
    web.pages["/gone"] = Page(status=410)
    forbidden = {
        "/away": other.put("/secret", "not for documents"), "/inside": web.at("/there", "127.0.0.2"), "/etc": "file:///etc/hostname",
        "/secure": f"https://127.0.0.1:{web.port}/there",
    }
    for path, location in forbidden.items():
        web.pages[path] = Page(status=302, headers={"Location": location})
    refused = {
        "reference_failed": [web.at("/missing"), web.at("/gone"), web.at("/round"), f"file://{folder}/missing.txt"],
        "reference_refused": [
            other.at("/secret"), web.at("/there", "127.0.0.2"), web.at("/there", "localhost"), f"ftp://127.0.0.1:{web.port}/there",
            f"file://{folder}/link.txt", f"file://{folder}/../outside.txt", "file:///etc/hostname", *(web.at(path) for path in forbidden)],
        "too_large": [web.at("/large"), f"file://{folder}/large.txt"],
    }
    for repetition in range(repetitions):
        (folder / "file.txt").write_text(in_file := world.text())
        web.put("/there", moved := world.text())
        first, second = world.text(), world.text()
        at = web.put("/page", first)
        found = [
            world.publisher.refer("acme", f"page{repetition}", at, first), world.publisher.refer("acme", f"moved{repetition}", web.at("/moved"), moved),
            world.publisher.refer("acme", f"file{repetition}", f"file://{folder}/file.txt", in_file)]
        for code, addresses in refused.items():
            for number, address in enumerate(addresses):
                world.publisher.refer("acme", f"{code}{repetition}-{number}", address, code=code)
        world.settle()
        ended(world, found, "indexed")
        # A new event, byte for byte the one before: what is behind it decides.
        ended(world, [world.publisher.refer("acme", f"page{repetition}", at, first)], "unchanged")
        web.put("/page", second)
        ended(world, [world.publisher.refer("acme", f"page{repetition}", at, second)], "indexed")
        # What was readable stays, though the newest version cannot be had.
        del web.pages["/page"]
        world.publisher.refer("acme", f"page{repetition}", at, code="reference_failed")
        world.settle()
    if other.requests:
        raise Wrong("a forbidden host was asked")


def ended(world: World, records: list[Sent], kind: str) -> None:
    world.settle(records)
    for sent in records:
        final = world.ledger.final(sent)
        if final is None or final.kind != kind:
            raise Wrong(f"{sent.subject} at {sent.offset} ended as {final.kind if final else 'nothing'}, not {kind}")


# --- waiting ---


def waiting(world: World) -> dict[str, dict]:
    """As an operator sees it, by document."""
    return {one["document"]: one for one in map(json.loads, world.stack.sluice("deferred", "list", "--json").splitlines()) if one}


def defer(world: World, web: WebServer, *subjects: str) -> dict[str, Sent]:
    """Documents of one partition whose host is away, each with others behind it: those must not wait."""
    sent, inline = {}, []
    for subject in subjects:
        text = world.text()
        sent[subject] = world.publisher.refer("acme", subject, web.put(f"/{subject}", text), text, partition=1)
        inline += [world.publisher.upsert("acme", f"{subject}-inline{number}", world.text(), partition=1) for number in range(20)]
    world.settle(inline)
    world.wait(lambda: all(world.ledger.outcomes.get(one.position) for one in sent.values()), "the outcome of what cannot be had", SOON_SECONDS)
    for one in sent.values():
        if (kind := world.ledger.outcomes[one.position][0].kind) != "deferred":
            raise Wrong(f"what cannot be had is told of as {kind}")
    return sent


@case("ref", "content that is away: waited for, overtaken, deleted, given up; killed meanwhile", short=1, full=5, slow=True)
def deferral(world: World, repetitions: int) -> None:
    web = site(world)
    allowed = settings(world, web)
    world.fleet.await_ready(world.fleet.start(**allowed))
    for repetition in range(repetitions):
        names = [f"{name}{repetition}" for name in ("comes", "newer", "deleted", "dropped", "late")]
        comes, newer, deleted, dropped, late = names
        # Away in each of two ways.
        if (repetition + world.random.randrange(2)) % 2:
            web.failing = 503
        else:
            web.close()
        sent = defer(world, web, *names)
        if set(waiting(world)) != set(names):
            raise Wrong(f"listed as waiting: {sorted(waiting(world))}")
        world.fleet.kill_all()
        # What overtakes it is registered by the next worker.
        inline = [world.publisher.upsert("acme", newer, world.text(), partition=1), world.publisher.delete("acme", deleted, partition=1)]
        world.fleet.start(**allowed)
        world.settle(inline)
        ended(world, [sent[newer]], "superseded")
        ended(world, [sent[deleted]], "superseded")
        with_host = ("--tenant", "acme", "--host", f"127.0.0.1:{web.port}")
        before = waiting(world)
        if set(before) != {comes, dropped, late}:
            raise Wrong(f"listed as waiting: {sorted(before)}")
        if "dry run" not in world.stack.sluice("deferred", "drop", *with_host, "--dry-run") or any(one["abandoned"] for one in waiting(world).values()):
            raise Wrong("a dry run has given documents up")
        give_up(world, dropped)
        sent[dropped].kind, sent[dropped].code = "poison", "reference_failed"
        world.settle([sent[dropped]])
        web.failing = None
        web.close()
        web.open()
        if repetition % 2 == 0:
            retry(world, sent[comes])
        world.settle([sent[comes], sent[late]])
        ended(world, [sent[comes], sent[late]], "indexed")
        world.wait(lambda: not world.query("select from deferred"), "the end of every row that waited")
    # One more, for longer than a worker has patience.
    web.close()
    sent = defer(world, web, "impatient")
    world.fleet.kill_all()
    sent["impatient"].kind, sent["impatient"].code = "poison", "reference_failed"
    world.fleet.start(**allowed, SLUICE_DEFER_LIMIT="100")
    world.stack.sluice("deferred", "retry", "--yes")
    world.settle()
    # The letter comes before the transaction that ends the row.
    world.wait(lambda: not world.query("select from deferred"), "the end of the row of a document that was given up", SOON_SECONDS)


def give_up(world: World, document: str) -> None:
    """One document: the command takes tenants and hosts, so the others are kept from it by being another's for that moment."""
    with database.connect(world.stack.database_url) as connection:
        others = "document_id not in (select document_id from document where subject = %s)"
        connection.execute(f"update deferred set host = 'kept' where {others}", (document,))  # noqa: S608
        host = next(one["host"] for one in waiting(world).values() if one["document"] == document)
        said = world.stack.sluice("deferred", "drop", "--host", host, "--yes")
        connection.execute(f"update deferred set host = %s where {others}", (host, document))  # noqa: S608
    if not said.rstrip().endswith("1 documents are given up: the next free worker rejects them"):
        raise Wrong(f"gave up: {said.splitlines()[-1]}")


def retry(world: World, sent: Sent) -> None:
    """Asks until it has been done: a host that failed is left alone for a while, whatever an operator says."""

    def done() -> bool:
        world.stack.sluice("deferred", "retry", "--yes")
        return world.comes(lambda: world.ledger.ended(sent), 1)

    world.wait(done, "the document that waited", SOON_SECONDS)
