"""Members of the groups: static ones, idle ones, and how they end. A topic that is another one under the same name."""

from __future__ import annotations

import signal
import time

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from events import DOCUMENTS, PATIENCE_SECONDS
from workers import Worker
from world import PARTITIONS, World, Wrong, case

DRAIN_SECONDS = 2
# Twice the drain and a second is what is promised; the rest is for cores that have other processes to run.
END_SECONDS = 2 * DRAIN_SECONDS + 1 + 2


@case("static", "a static member killed or stopped, and back in time: nobody else notices", short=2, full=20, broker="apache", SLUICE_SESSION_TIMEOUT="30000")
def static_members(world: World, repetitions: int) -> None:
    """The embedded broker knows no static members."""
    coming = [world.fleet.start(SLUICE_GROUP_INSTANCE="coming"), world.fleet.start(SLUICE_GROUP_INSTANCE="staying")]
    world.fleet.await_ready(*coming)
    coming, staying = coming
    world.burst(40)
    world.settle()
    shares = rebalances(staying)
    for repetition in range(repetitions):
        world.burst(40)
        if repetition % 2:
            coming.leave()
            coming.process.wait(30)
        else:
            coming.kill()
        world.burst(20)
        coming = world.fleet.start(SLUICE_GROUP_INSTANCE="coming")
        world.fleet.await_ready(coming)
        world.settle()
        if (now := rebalances(staying)) != shares:
            raise Wrong(f"the other member was given partitions {now - shares} times")
    if not shares:
        raise Wrong("the other member had no partitions at all")


def rebalances(worker: Worker) -> int:
    return worker.log.read_bytes().count(b'"partitions assigned"')


@case("end", "more members than partitions; each ends in time, with the database or the broker frozen too", short=1, full=5, slow=True, rejoins=True,
    SLUICE_DRAIN_TIMEOUT=str(DRAIN_SECONDS * 1000))
def idle_members(world: World, repetitions: int) -> None:
    for _ in range(repetitions):
        workers = [world.fleet.start() for _ in range(PARTITIONS + 2)]
        world.fleet.await_ready(*workers)
        world.burst(60)
        world.settle()
        calm, without_database, without_broker = workers[:4], workers[4:6], workers[6:]
        took = [ended_in_time(world, calm)]
        world.calm()
        world.burst(200)
        world.stack.freeze_database()
        try:
            took.append(ended_in_time(world, without_database))
        finally:
            world.stack.thaw_database()
        world.settle()
        world.calm()
        world.burst(200)
        world.stack.freeze_broker()
        try:
            took.append(ended_in_time(world, without_broker))
        finally:
            world.stack.thaw_broker()
        world.notes.append("ended after " + ", ".join(f"{seconds:.1f} s" for seconds in took) + ": four, two without a database, two without a broker")
        world.fleet.start()
        world.settle()


def ended_in_time(world: World, workers: list[Worker]) -> float:
    """Returns how long the last one took."""
    begun = time.monotonic()
    for worker in workers:
        worker.leave()
    if not world.comes(lambda: not any(worker.is_running for worker in workers), END_SECONDS):
        raise Wrong(f"{sum(worker.is_running for worker in workers)} of {len(workers)} workers still run {END_SECONDS} s after SIGTERM")
    took = time.monotonic() - begun
    for worker in workers:
        if worker.process.returncode != 0:
            raise Wrong(f"worker {worker.number} ended with {worker.process.returncode}")
    return took


@case("topic", "a topic deleted and created again: what comes by the new one is newer", short=1, full=5, broker="apache")
def replaced_topic(world: World, repetitions: int) -> None:
    """The embedded broker gives its topics no ids, so that nothing could tell."""
    world.fleet.await_ready(world.fleet.start())
    for _ in range(repetitions):
        # Without sequences, so that positions decide; enough that the new offsets are below the old ones.
        for number in range(120):
            world.publisher.upsert("acme", f"plain{number % 40}", world.text())
        world.settle()
        # What the broker knows of the positions comes half a second behind, and does not tell of which topic it is.
        time.sleep(2)
        world.replace(DOCUMENTS, lambda: create_again(world, DOCUMENTS))
        for number in range(0, 40, 2):
            world.publisher.upsert("acme", f"plain{number}", world.text())
        for number in range(0, 40, 5):
            world.publisher.delete("acme", f"plain{number}")
        world.publisher.flush()
        restart_where_fallen(world)
        world.settle()
        world.await_positions()
        # Until the worker has noticed, the newest positions there were, were those of the old topic.
        world.monitor.forget_positions()


def restart_where_fallen(world: World) -> None:
    """librdkafka 2.4 to 2.9 frees a topic's entry in its cache and goes on using it where the topic's id changes (its issues 4778 and 4964): now and then
    the process dies of that. What starts it again in operation is not there, so that is done here; nothing may be lost by it."""
    [worker] = world.fleet.running or world.fleet.all[-1:]
    if world.comes(lambda: not worker.is_running or all(map(world.ledger.ended, world.publisher.sent)), PATIENCE_SECONDS) and not worker.is_running:
        if worker.process.returncode != -signal.SIGSEGV:
            raise Wrong(f"the worker has ended with {worker.process.returncode}")
        world.notes.append("the client library ended a worker by a fault of its own; another went on")
        world.fleet.all.remove(worker)
        world.fleet.await_ready(world.fleet.start())


def create_again(world: World, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": world.stack.bootstrap, "log_level": 0})
    admin.delete_topics([topic], operation_timeout=30)[topic].result(30)

    def created() -> bool:
        try:
            admin.create_topics([NewTopic(topic, PARTITIONS, 1, config={"cleanup.policy": "compact"})])[topic].result(30)
            return True
        except KafkaException as error:
            # It goes on being deleted for a moment.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
            return False

    world.wait(created, "the topic's deletion")
