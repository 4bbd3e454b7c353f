"""Records that can never succeed, and the topic where they go."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable

from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

import database
from events import DEAD_LETTERS, UPSERTED, Sent, dump, key_of
from oracle import GENERATION, REGISTRAR
from world import World, Wrong, case

Poison = Callable[[World, str, int | None], Sent]


def not_json(world: World, subject: str, partition: int | None = None) -> Sent:
    return world.publisher.poison("malformed_data", "acme", key_of("acme", subject), b'{"text": ', world.publisher.headers(UPSERTED), partition=partition)


def not_bytes_of_text(world: World, subject: str, partition: int | None = None) -> Sent:
    value = b'{"mediaType":"text/plain","base64":"/w=="}'
    return world.publisher.poison("invalid_text", "acme", key_of("acme", subject), value, world.publisher.headers(UPSERTED), partition=partition)


def nul(world: World, subject: str, partition: int | None = None) -> Sent:
    value = dump({"mediaType": "text/plain", "text": "a\0b", "container": "shared"})
    return world.publisher.poison("invalid_text", "acme", key_of("acme", subject), value, world.publisher.headers(UPSERTED), partition=partition)


def unknown_type(world: World, subject: str, partition: int | None = None) -> Sent:
    return world.publisher.poison("unknown_type", "acme", key_of("acme", subject), b"{}", world.publisher.headers("io.sluice.nothing.v1"), partition=partition)


def no_id(world: World, subject: str, partition: int | None = None) -> Sent:
    headers = [one for one in world.publisher.headers(UPSERTED) if one[0] != "ce_id"]
    return world.publisher.poison("malformed_envelope", "acme", key_of("acme", subject), dump({"text": "x"}), headers, partition=partition)


def other_tenant(world: World, subject: str, partition: int | None = None) -> Sent:
    headers = world.publisher.headers(UPSERTED, tenant="globex")
    return world.publisher.poison("key_mismatch", "acme", key_of("acme", subject), dump({"text": "x"}), headers, partition=partition)


def stranger(world: World, subject: str, partition: int | None = None) -> Sent:
    """No registered tenant: a dead letter, and no outcome."""
    value, headers = dump({"text": "x"}), world.publisher.headers(UPSERTED)
    return world.publisher.poison("unknown_tenant", "nobody", key_of("nobody", subject), value, headers, partition=partition)


def no_key(world: World, _: str, partition: int | None = None) -> Sent:
    return world.publisher.poison("malformed_envelope", "", b"no key of ours", b"\x00\xff", [("other", b"\xfe")], partition=partition)


def unknown_media_type(world: World, subject: str, partition: int | None = None) -> Sent:
    value = dump({"mediaType": "application/x-nothing", "text": "x", "container": "shared"})
    return world.publisher.poison("unsupported_media_type", "acme", key_of("acme", subject), value, world.publisher.headers(UPSERTED), partition=partition)


POISONS: tuple[Poison, ...] = (not_json, not_bytes_of_text, nul, unknown_type, no_id, other_tenant, stranger, no_key, unknown_media_type)


@case("12", "poison among good records: exactly it is dead-lettered", short=20, full=50)
def poison(world: World, repetitions: int) -> None:
    """Short: 1 in 50 of 1,000. Long: 1 in 1,000 of 50,000."""
    every = 1000 if world.full else 50
    for number in range(repetitions * every):
        if number % every == every // 2:
            POISONS[number // every % len(POISONS)](world, f"poison{number}", None)
        else:
            world.publisher.upsert("acme", f"d{number}", f"{world.marker()} good")
    world.publisher.flush()
    world.fleet.start()
    world.settle()
    copies = sum(len(letters) - 1 for letters in world.ledger.letters.values())
    if copies:
        raise Wrong(f"{copies} dead letters came twice, though nothing failed")


@case("13", "the dead-letter topic cannot be written: requests are lost", short=1, full=10, broker="proxied")
def no_dead_letters(world: World, repetitions: int) -> None:
    world.fleet.await_ready(world.fleet.start())
    proxy = world.broker_proxy
    assert proxy is not None
    for _ in range(repetitions):
        proxy.on_request = lambda message: not writes_dead_letters(message)
        held_back(world, proxy.pass_all)


@case("13", "the dead-letter topic cannot be written: the broker refuses", short=1, full=10, broker="apache")
def refused_dead_letters(world: World, repetitions: int) -> None:
    """It takes no record of any size, which no producer tries again by itself."""
    world.fleet.await_ready(world.fleet.start())
    for _ in range(repetitions):
        take_at_most(world, 1)
        held_back(world, lambda: take_at_most(world, 9 << 20))


def take_at_most(world: World, size: int) -> None:
    entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, DEAD_LETTERS, incremental_configs=[entry])
    # Held: a client that is gone answers nothing.
    admin = AdminClient({"bootstrap.servers": world.stack.bootstrap, "log_level": 0})
    for done in admin.incremental_alter_configs([resource]).values():
        done.result(30)


def held_back(world: World, end_fault: Callable[[], None]) -> None:
    """While dead letters cannot be written, nothing passes a record that needs one."""
    refused = []
    for number in range(60):
        if number % 20 == 10:
            refused.append(world.random.choice((not_json, nul, stranger))(world, f"poison{number}", 2))
        else:
            # All in one partition, so that some stand behind the poison; their names are new, as they are nowhere else then.
            world.publisher.upsert("acme", f"{world.marker()}-{number}", f"{world.marker()} good", partition=2)
    world.publisher.flush()
    # Long enough for the good ones to be through with: nothing tells of a group that it holds.
    time.sleep(5)
    first = refused[0]
    stands = {group: offset for group, topic, partition, offset in world.query(database.POSITIONS) if (topic, partition) == first.position[:2]}
    world.say(f"the first refused record is at {first.offset}; positions {stands}")
    # Of a refused document one of the two groups speaks, and that one holds.
    if min(stands.get(group, 0) for group in (REGISTRAR, GENERATION)) > first.offset:
        raise Wrong("both groups have passed a record whose dead letter could not be written")
    if any(sent.position in world.ledger.letters for sent in refused):
        raise Wrong("a dead letter came by, so the fault was none")
    end_fault()
    world.settle()


def writes_dead_letters(message: bytes) -> bool:
    """A Produce request that names the topic."""
    return struct.unpack_from(">h", message, 4)[0] == 0 and DEAD_LETTERS.encode() in message
