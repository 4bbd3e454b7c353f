"""Tenants that are registered late, and tenants that have topics of their own."""

from __future__ import annotations

import json
import time

from confluent_kafka.admin import AdminClient, NewTopic

from events import DOCUMENTS, GROUPED, MEMBERSHIPS, PERMISSIONS, PERMITTED, SOURCE, Sent, key_of
from world import ALICE, PARTITIONS, World, Wrong, case

GROUP = f"group:{SOURCE}/staff"
# What the contract promises of a topic that comes to be.
NOTICED_SECONDS = 60


# --- redriving ---


@case("dlq", "what came for a tenant before it was registered, redriven", short=1, full=5)
def redrive(world: World, repetitions: int) -> None:
    world.fleet.await_ready(world.fleet.start())
    for repetition in range(repetitions):
        registered_late(world, f"late{repetition}")
    purged(world)


def registered_late(world: World, tenant: str) -> None:
    publisher = world.publisher
    early = [publisher.permit(tenant, "shared", GROUP), publisher.permit(tenant, "mine", ALICE), publisher.permit(tenant, "hidden", "user:bob")]
    early += [publisher.group(tenant, "staff", ALICE)]
    early += [publisher.upsert(tenant, f"d{number}", world.text()) for number in range(20)]
    early += [publisher.upsert(tenant, subject, world.text()) for subject in ("mine", "hidden", "closed")]
    overtaken = [publisher.upsert(tenant, f"newer{number}", world.text()) for number in range(5)]
    early += overtaken + [publisher.upsert(tenant, "gone", world.text()), publisher.delete(tenant, "gone")]
    for sent in early:
        sent.buried = "unknown_tenant"
    # Again a letter, for another reason: it cannot be read. Of a list that means that it closes its subject.
    headers = publisher.headers(PERMITTED)
    unreadable = [
        publisher.poison("unknown_tenant", tenant, key_of(tenant, "closed"), b'{"allow": ', headers, topic=PERMISSIONS, subject="closed"),
        publisher.poison("unknown_tenant", tenant, key_of(tenant, "broken"), b"{", publisher.headers(GROUPED), topic=MEMBERSHIPS)]
    publisher.flush()
    world.wait(lambda: all(sent.position in world.ledger.letters for sent in early + unreadable), "a letter for every record of nobody")
    listed = letters(world, "--tenant", tenant)
    if len(listed) != len(early) + len(unreadable) or {one["code"] for one in listed} != {"unknown_tenant"}:
        raise Wrong(f"{len(listed)} letters listed of {len(early) + len(unreadable)}: {sorted({one['code'] for one in listed})}")
    told = world.stack.sluice("dlq", "redrive", "--tenant", tenant, "--dry-run")
    if "dry run" not in told or tenant not in told:
        raise Wrong(f"a dry run said: {told[-200:]}")
    redriven = world.publisher.sent[-1].position
    if len(letters(world, "--tenant", tenant)) != len(listed) or len(world.ledger.letters[redriven]) != 1:
        raise Wrong("a dry run changed something")

    world.register(tenant, "--no-redrive")
    newer = [publisher.upsert(tenant, sent.subject, world.text()) for sent in overtaken]
    world.settle(newer)
    before = {sent.position: len(world.ledger.letters[sent.position]) for sent in unreadable}
    world.stack.sluice("tenant", "create", tenant, "--redrive")
    world.settle(early)
    for sent in overtaken:
        if (final := world.ledger.final(sent)) is None or final.kind != "superseded":
            raise Wrong(f"redriven, {sent.subject} at {sent.offset} ended as {final}, though something newer is there")
    first_document = min(world.ledger.ended_final_at(sent) for sent in early if sent.kind == "upsert")
    last_list = max(world.ledger.ended_final_at(sent) for sent in early if sent.kind in ("permit", "group"))
    if first_document < last_list:
        raise Wrong(f"a document was in force {last_list - first_document:.3f} s before the last list")
    # They come back, each under its place of origin, for what is wrong with them now.
    world.wait(lambda: all(len(world.ledger.letters[sent.position]) > before[sent.position] for sent in unreadable), "letters that come back")
    for sent in unreadable:
        sent.buried, sent.code = sent.code, "malformed_data"
    left = {one["code"] for one in letters(world, "--tenant", tenant)}
    if left != {"malformed_data"}:
        raise Wrong(f"letters left after the redrive: {sorted(left)}")
    [(lines,)] = world.query("select count(*) from audit_log where action like '%%redrive%%' and detail->>'tenant' = %s", tenant)
    if not lines:
        raise Wrong("the audit log does not tell of the redrive")


def purged(world: World) -> None:
    open_letters = letters(world)
    world.stack.sluice("dlq", "purge", "--dry-run")
    if len(letters(world)) != len(open_letters):
        raise Wrong("a dry run purged something")
    world.stack.sluice("dlq", "purge", "--yes")
    if letters(world):
        raise Wrong("letters are listed that were purged")
    if not {"redriven", "purged"} >= {one["state"] for one in letters(world, "--all")}:
        raise Wrong("letters that were dealt with are not listed as such")
    [(lines,)] = world.query("select count(*) from audit_log where action like '%%purge%%'")
    if not lines:
        raise Wrong("the audit log does not tell of the purge")


def letters(world: World, *options: str) -> list[dict]:
    return [json.loads(line) for line in world.stack.sluice("dlq", "list", "--json", *options).splitlines() if line.startswith("{")]


# --- topics of their own ---


@case("fair", "a tenant's own topics, made while workers run; another's flood beside them", short=1500, full=50_000, slow=True)
def tenant_topics(world: World, repetitions: int) -> None:
    world.fleet.await_ready(world.fleet.start(), world.fleet.start())
    documents, permissions = f"{DOCUMENTS}.globex", f"{PERMISSIONS}.globex"
    admin = AdminClient({"bootstrap.servers": world.stack.bootstrap, "log_level": 0})
    begun = time.monotonic()
    made = admin.create_topics([NewTopic(topic, PARTITIONS, 1, config={"cleanup.policy": "compact"}) for topic in (documents, permissions)])
    for topic, done in made.items():
        done.result(30)
        world.monitor.watch(topic)
    own = [world.publisher.upsert("globex", f"own{number}", world.text(), topic=documents) for number in range(PARTITIONS)]
    own.append(world.publisher.permit("globex", "own0", "user:bob", topic=permissions))
    foreign = [
        world.publisher.poison("key_mismatch", "acme", key_of("acme", "foreign"), b'{"text":"x"}', world.publisher.headers("io.sluice.document.upserted.v1"),
            topic=documents),
        world.publisher.poison("key_mismatch", "acme", key_of("acme", "shared"), b'{"allow":["user:mallory"]}', world.publisher.headers(PERMITTED),
            topic=permissions),
    ]
    world.settle(own + foreign)
    noticed = time.monotonic() - begun
    if noticed > NOTICED_SECONDS:
        raise Wrong(f"topics of a tenant's own were noticed after {noticed:.0f} s")
    delays, flood_seconds = beside_a_flood(world, repetitions, documents)
    world.notes.append(
        f"own topics were noticed after {noticed:.1f} s; beside a flood of {repetitions} that took {flood_seconds:.1f} s, "
        f"a document took {max(delays):.2f} s at most, {sorted(delays)[len(delays) // 2]:.2f} s in the middle of {len(delays)}")


def beside_a_flood(world: World, count: int, topic: str) -> tuple[list[float], float]:
    """One tenant floods the shared topic; another publishes one document after another on its own."""
    begun = time.time()
    flood = [world.publisher.upsert("acme", f"d{number}", world.text()) for number in range(count)]
    world.publisher.flush()
    delays: list[float] = []
    while not all(map(world.ledger.ended, flood[-100:])) and len(delays) < 50:
        single = world.publisher.upsert("globex", f"single{len(delays)}", world.text(), topic=topic)
        world.publisher.flush()
        sent = time.time()
        world.settle([single])
        delays.append(world.ledger.ended_at(single) - sent)
    world.settle()
    return delays, max(map(world.ledger.ended_at, flood)) - begun
