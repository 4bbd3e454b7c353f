"""Apache Kafka with three brokers: leaders and coordinators that move, and a broker that is killed."""

from __future__ import annotations

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from oracle import GENERATION
from world import World, case

BROKERS = 3


@case("6, 29", "leaders and coordinators moved, a broker killed and restarted", short=1, full=5, broker="cluster", slow=True)
def brokers(world: World, repetitions: int) -> None:
    """Each repetition stops every broker once, in the way of a rolling restart, then kills the one that coordinates the group."""
    world.fleet.await_ready(world.fleet.start(), world.fleet.start())
    cluster = world.stack.brokers
    assert cluster is not None
    for _ in range(repetitions):
        for broker in range(1, BROKERS + 1) if world.full else [coordinator(world)]:
            world.burst(40)
            cluster.harm("stop", broker)
            world.burst(40)
            world.settle()
            cluster.harm("start", broker)
            world.say(f"broker {broker} stopped and started")
        broker = coordinator(world)
        world.burst(40)
        cluster.harm("kill", broker)
        world.burst(40)
        world.settle()
        cluster.harm("start", broker)
        world.say(f"broker {broker}, the coordinator, killed and started")
        world.burst(40)
    world.settle()


def coordinator(world: World) -> int:
    """The broker that a stop hurts most: it leads the group, and partitions too."""
    admin = AdminClient({"bootstrap.servers": world.stack.bootstrap, "log_level": 0})
    try:
        found = admin.describe_consumer_groups([GENERATION], request_timeout=20)[GENERATION].result().coordinator
        return found.id
    except KafkaException:
        return 1

