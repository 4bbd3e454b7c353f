"""What must be, given what was published: the contract's rules again, by themselves."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from events import DOCUMENTS, PERMISSIONS, SOURCE, Ledger, Letter, Position, Sent

REGISTRAR, GENERATION = "sluice-registrar", "sluice-ingest-g1"
Subject = tuple[str, str]  # tenant, subject

# What may become of an event that is in order, by its kind.
ENDS = {
    "upsert": {"indexed", "unchanged", "superseded"},
    "delete": {"deleted", "unchanged", "superseded"},
    "permit": {"applied", "unchanged", "superseded"},
    "group": {"applied", "unchanged", "superseded"},
}


@dataclass
class Clock:
    """Which event of one subject is in force (the contract's rule 3)."""

    event: Sent | None = None
    highest: int | None = None

    def offer(self, event: Sent) -> None:
        """In the order of the partition."""
        if self.event is None or self._beats(event, self.event):
            self.event = event
        if event.sequence is not None:
            self.highest = max(event.sequence, self.highest or 0)

    def _beats(self, event: Sent, other: Sent) -> bool:
        if event.sequence is None or self.highest is None:
            return True
        if event.sequence != self.highest:
            return event.sequence > self.highest
        # Seen before: nothing beats an unsequenced event at its own highest sequence; a deletion beats an upsert; else the greater digest.
        if other.sequence is None or other.kind == "delete":
            return False
        return event.kind == "delete" or digest(event) > digest(other)


def digest(event: Sent) -> bytes:
    return hashlib.sha256(event.value or b"").digest()


@dataclass
class Oracle:
    """Everything that was published, folded."""

    documents: dict[Subject, Clock] = field(default_factory=lambda: defaultdict(Clock))
    lists: dict[Subject, Clock] = field(default_factory=lambda: defaultdict(Clock))
    groups: dict[Subject, Clock] = field(default_factory=lambda: defaultdict(Clock))

    def __init__(self, sent: Iterable[Sent]):
        self.documents, self.lists, self.groups = defaultdict(Clock), defaultdict(Clock), defaultdict(Clock)
        for event in sorted((one for one in sent if one.kind != "poison" or is_closing(one)), key=lambda one: one.offset):
            self._clock(event).offer(event)

    def _clock(self, event: Sent) -> Clock:
        clocks = {"permit": self.lists, "poison": self.lists, "group": self.groups}.get(event.kind, self.documents)
        return clocks[event.tenant, event.subject]

    @property
    def texts(self) -> dict[Subject, str]:
        """The documents that live, and what is in them."""
        return {subject: clock.event.text for subject, clock in self.documents.items() if clock.event is not None and clock.event.kind == "upsert"}

    def is_in_force(self, event: Sent) -> bool:
        clock = self._clock(event)
        # Copies are told apart by their position alone; any of equals may be the one that won.
        force = clock.event
        return force is event or (force is not None and event.sequence is not None and force.sequence == event.sequence and force.value == event.value)

    def allowed(self, subject: Subject) -> tuple[str, ...]:
        """Who may see a document: by its own list, or that of the container they are all in."""
        for name in (subject, (subject[0], "shared")):
            if name in self.lists and (event := self.lists[name].event) is not None:
                return tuple(one for principal in event.principals for one in (principal, *self._members(subject[0], principal)))
        return ()

    def _members(self, tenant: str, principal: str) -> tuple[str, ...]:
        clock = self.groups.get((tenant, principal.removeprefix(f"group:{SOURCE}/")))
        return clock.event.principals if clock is not None and clock.event is not None else ()


def is_closing(event: Sent) -> bool:
    """A list that cannot be read, which shows its subject to nobody."""
    return event.kind == "poison" and event.topic == PERMISSIONS and event.subject != ""


def wrong_ends(sent: Sequence[Sent], ledger: Ledger, oracle: Oracle, tenants: set[str], *, may_differ: bool, is_rebuilt: bool) -> list[str]:
    """**L**: every record has ended, in the way it had to, and no other record has. `may_differ`: the database was set back, so that a record may have
    ended twice, in two ways. `is_rebuilt`: it was lost, and topics have other numbers in it, which are part of an outcome's id."""
    wrong = []
    for event in sent:
        finals = [outcome for outcome in ledger.outcomes.get(event.position, ()) if outcome.is_final]
        letters = ledger.letters.get(event.position, [])
        kinds = {outcome.kind for outcome in finals}
        where = f"{event.kind} {event.tenant}/{event.subject} at {place(event.position)}"
        if event.kind == "poison":
            wrong += [f"{where}: {reason}" for reason in wrong_letters(event, letters, event.buried, event.code)]
            if event.tenant in tenants and {(outcome.kind, outcome.code) for outcome in finals} != {("rejected", event.code)}:
                wrong.append(f"{where}: outcomes {sorted(kinds)}, not one that it was rejected as {event.code}")
            continue
        if event.buried is not None:
            wrong += [f"{where}: {reason}" for reason in wrong_letters(event, letters, event.buried)]
        elif letters:
            wrong.append(f"{where}: dead-lettered as {letters[0].error('code')}")
        if not finals:
            wrong.append(f"{where}: no final outcome")
        elif not kinds <= ENDS[event.kind]:
            wrong.append(f"{where}: {sorted(kinds)}")
        elif oracle.is_in_force(event) and kinds == {"superseded"}:
            wrong.append(f"{where}: superseded, though it is in force")
        if len({outcome.id for outcome in finals}) > 1 and not is_rebuilt:
            wrong.append(f"{where}: copies of its outcome have different ids")
        if len(kinds) > 1 and not may_differ:
            wrong.append(f"{where}: ended in {len(kinds)} ways: {sorted(kinds)}")
    known = {event.position for event in sent}
    unknown = (ledger.outcomes.keys() | ledger.letters.keys()) - known
    wrong += [f"an outcome or letter for {place(position)}, where nothing was published" for position in unknown]
    return wrong


def wrong_letters(event: Sent, letters: Sequence[Letter], *codes: str | None) -> list[str]:
    """A dead letter is the record byte for byte; copies may follow a crash. `codes`: what it was refused as, one after the other."""
    missing = {code for code in codes if code is not None} - {letter.error("code") for letter in letters}
    wrong = [f"no dead letter as {code}" for code in sorted(missing)]
    for letter in letters:
        given = list(event.headers)
        if (letter.key, letter.value) != (event.key, event.value) or letter.headers[:len(given)] != given:
            wrong.append("its dead letter is not the record byte for byte")
        if letter.error("code") not in codes:
            wrong.append(f"dead-lettered as {letter.error('code')}, not {' or '.join(filter(None, codes))}")
        if [name for name, _ in letter.headers[len(given):]] != [f"__dlq.errors.{name}" for name in ERROR_HEADERS]:
            wrong.append("its dead letter has other headers than the contract's")
    return wrong


ERROR_HEADERS = ("topic", "partition", "offset", "group", "delivery.count", "message", "code", "stage")


def speaker(event: Sent) -> str | None:
    """The group that tells an event's end; of a record that is refused, or was at first, it may be either."""
    return {"upsert": GENERATION, "delete": REGISTRAR, "permit": REGISTRAR, "group": REGISTRAR}.get(event.kind) if event.buried is None else None


def groups_of(topic: str) -> tuple[str, ...]:
    return (REGISTRAR, GENERATION) if topic.startswith(DOCUMENTS) else (REGISTRAR,)


def place(position: Position) -> str:
    return f"{position[0].removeprefix('sluice.')}/{position[1]}/{position[2]}"

