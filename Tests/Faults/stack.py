"""A broker and a database of a case's own, which can be killed, restarted and set back."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[2]
APACHE_KAFKA = ROOT.parent / "shared/kafka/kafka"
# What `scripts/stack` takes for addresses given from outside: a case always has a stack of its own.
GIVEN = ("SLUICE_KAFKA_BOOTSTRAP_SERVERS", "SLUICE_DATABASE_URL", "SLUICE_DATABASE_INGEST_URL", "SLUICE_DATABASE_RETRIEVAL_URL", "SLUICE_DATABASE_ADMIN_URL")


class Trouble(Exception):
    """The harness could not do its part; says nothing about the workers."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command: object, environment: dict[str, str], seconds: float = 120) -> str:
    done = subprocess.run([str(part) for part in command], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)
    if done.returncode:
        raise Trouble(f"{command[0]} {command[1]} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


class Stack:
    """One broker and one database, empty at the start."""

    def __init__(self, folder: Path, sluice: Path, broker: str = "tansu"):
        self.folder, self.program, self._broker = folder, sluice, broker
        self.environment = {name: value for name, value in os.environ.items() if name not in GIVEN}
        self.brokers: Brokers | None = None
        self._tansu: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        """Broker and database, empty."""
        options = ("--ports", "free", "--fast", "--broker", self._broker)
        try:
            self._stack("up", *options)
        except Trouble:
            # Somebody else may have taken a port between its being found free and its being listened on.
            self._stack("up", *options)
        for line in (self.folder / "env").read_text().splitlines():
            if line.startswith("export "):
                name, value = shlex.split(line)[1].split("=", 1)
                self.environment[name] = value

    def prepare(self, *tenants: str) -> None:
        """Schema, topics, roles and tenants."""
        self.sluice("migrate")
        # Three brokers that have just started on busy cores may still be choosing a controller.
        for attempts_left in range(3, -1, -1):
            try:
                self.sluice("topics", "apply")
                break
            except Trouble:
                if not attempts_left:
                    raise
        self._stack("roles")
        for tenant in tenants:
            self.sluice("tenant", "create", tenant)

    def down(self) -> None:
        if self.brokers is not None:
            self.brokers.down()
        if self._tansu is not None:
            self._tansu.kill()
            self._tansu.wait()
        if self.folder.exists():
            self._stack("down")

    def _stack(self, verb: str, *options: str) -> None:
        environment = {name: value for name, value in self.environment.items() if name not in GIVEN}
        run(ROOT / "scripts/stack", verb, "--dir", self.folder, *options, environment=environment)

    def sluice(self, *arguments: str) -> str:
        """One of its commands. Returns what it wrote."""
        return run(self.program, *arguments, environment=self.environment)

    @property
    def bootstrap(self) -> str:
        return self.environment["SLUICE_KAFKA_BOOTSTRAP_SERVERS"]

    @property
    def database_url(self) -> str:
        """As a superuser."""
        return self.environment["SLUICE_DATABASE_URL"]

    @property
    def database_address(self) -> tuple[str, int]:
        parts = urlsplit(self.database_url)
        return parts.hostname or "", parts.port or 0

    def ingest_url(self, port: int) -> str:
        """The ingestion role's address, by way of another port."""
        parts = urlsplit(self.environment["SLUICE_DATABASE_INGEST_URL"])
        return urlunsplit(parts._replace(netloc=f"{parts.netloc.rsplit(':', 1)[0]}:{port}"))

    # --- other brokers ---

    @property
    def is_apache(self) -> bool:
        return self.brokers is not None or (self._tansu is None and self._broker == "apache")

    def use_advertised_broker(self, port: int) -> tuple[str, int]:
        """Another embedded broker, which sends its clients to `port`, where a proxy has to listen. Returns where it really is."""
        address = ("127.0.0.1", free_port())
        with open(self.folder / "advertised.log", "wb") as log:
            self._tansu = subprocess.Popen(
                [ROOT / ".dev/bin/tansu", "broker", "--listener-url", f"tcp://127.0.0.1:{address[1]}", "--advertised-listener-url", f"tcp://127.0.0.1:{port}",
                 "--storage-engine", "memory://tansu/", "--cluster-id", "sluice-faults"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.environment["SLUICE_KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{port}"
        await_listener(address[1])
        return address

    def use_apache(self, brokers: int) -> None:
        self.brokers = Brokers(self.folder / "kafka", brokers)
        self.environment["SLUICE_KAFKA_BOOTSTRAP_SERVERS"] = self.brokers.up(self.environment)
        self.environment["SLUICE_TOPIC_REPLICATION"] = str(brokers)

    def freeze_broker(self, signal_number: signal.Signals = signal.SIGSTOP) -> None:
        os.kill(int((self.folder / "broker.pid").read_text()), signal_number)

    def thaw_broker(self) -> None:
        self.freeze_broker(signal.SIGCONT)

    # --- the database ---

    @property
    def _home(self) -> Path:
        return Path((self.folder / "postgres.home").read_text().strip())

    def _as_postgres(self, *command: object) -> None:
        # Postgres may not run as root, so there scripts/stack has made a user for it. From /: this folder may be closed to that user.
        prefix = ["runuser", "-u", "sluice-dev", "--"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*prefix, *map(str, command)], cwd="/", env={**self.environment, "LC_ALL": "C"}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=90)
        if done.returncode:
            raise Trouble(f"{Path(str(command[0])).name} {command[1]} ended with {done.returncode}; see {self._home}/log")

    def _control(self, *arguments: str) -> None:
        self._as_postgres(self.folder / "postgres.programs/bin/pg_ctl", *arguments, "-s", "-w", "-t", "60", "-D", self._home / "data")

    def kill_database(self) -> None:
        """SIGKILL to the server and all its backends: nothing is written any more, nothing is said to clients."""
        server = int((self._home / "data/postmaster.pid").read_text().split()[0])
        backends = children(server)
        os.kill(server, signal.SIGKILL)
        for backend in backends:
            try:
                os.kill(backend, signal.SIGKILL)
            except ProcessLookupError:
                pass
        await_end([server, *backends])
        # Where nobody reaps it, as in many containers, the killed server still has its number, and the next one would believe that it runs.
        (self._home / "data/postmaster.pid").unlink()

    def stop_database(self) -> None:
        self._control("stop", "-m", "fast")

    def start_database(self) -> None:
        self._control("start", "-l", str(self._home / "log"))

    def freeze_database(self, signal_number: signal.Signals = signal.SIGSTOP) -> None:
        """The server and its backends stand still: connections stay, and nothing comes back on them. SIGCONT: they go on."""
        server = int((self._home / "data/postmaster.pid").read_text().split()[0])
        for process in (server, *children(server)):
            os.kill(process, signal_number)

    def thaw_database(self) -> None:
        self.freeze_database(signal.SIGCONT)

    def back_up(self) -> None:
        """A copy of the data of the stopped server."""
        self.stop_database()
        subprocess.run(["cp", "-a", self._home / "data", self._home / "backup"], check=True)
        self.start_database()

    def restore(self) -> None:
        self._control("stop", "-m", "immediate")
        shutil.rmtree(self._home / "data")
        subprocess.run(["cp", "-a", self._home / "backup", self._home / "data"], check=True)
        self.start_database()


class Brokers:
    """Apache Kafka in KRaft mode, from beside the checkout."""

    def __init__(self, folder: Path, count: int):
        self.folder, self.count = folder, count

    @staticmethod
    def missing() -> str | None:
        """What is not here, if anything."""
        if not APACHE_KAFKA.exists():
            return "../shared/kafka is not here"
        return None if shutil.which("java") else "Java 17 is not here"

    def up(self, environment: dict[str, str]) -> str:
        # Ports in a row: the broker's and its controller's, for each broker.
        first = free_run(2 * self.count)
        run(APACHE_KAFKA, "up", "--dir", self.folder, "--brokers", self.count, "--port", first, environment=environment)
        return ",".join(f"127.0.0.1:{first + 2 * index}" for index in range(self.count))

    def harm(self, verb: str, broker: int) -> None:
        """`stop` (SIGTERM: it hands its partitions over first), `kill` or `start`."""
        run(APACHE_KAFKA, verb, broker, "--dir", self.folder, environment=dict(os.environ))

    def down(self) -> None:
        run(APACHE_KAFKA, "down", "--dir", self.folder, environment=dict(os.environ))


def free_run(length: int) -> int:
    """The first of as many ports in a row that nobody listens on, below the range that the kernel lends from."""
    for first in range(21000 + os.getpid() % 5000, 32000, length):
        held = []
        try:
            for port in range(first, first + length):
                probe = socket.socket()
                held.append(probe)
                probe.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for probe in held:
                probe.close()
    raise Trouble("no free ports")


def await_listener(port: int, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Trouble(f"nobody listens on port {port}")


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def await_end(pids: list[int], seconds: float = 20) -> None:
    """Waits until processes are gone: what they hold is then free."""
    deadline = time.monotonic() + seconds
    while any(alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            raise Trouble("killed processes do not end")
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
