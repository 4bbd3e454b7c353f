"""Cases of ours, loaded by the conformance suite beside its own."""
from __future__ import annotations

from world import World, case


@case("a list of 10,000 principals holds for a document that is there", "The last of them counts; one more is refused, and closes.")
def long_list(w: World) -> None:
    alice, word = w.user(), w.word()
    # Without this wait the question may come before the document: its list is applied by another consumer group.
    w.outcome(w.upsert("d", f"Marker {word}"), "indexed")
    crowd = [f"user:{w.source}-{number}" for number in range(9_999)]
    w.outcome(w.permit("d", [*crowd, alice]), "applied")
    w.see(alice, word, ["d"])
    w.see(crowd[5000], word, ["d"])
    w.rejected(w.permit("d", [*crowd, alice, w.user("one-more")]), "too_large", "malformed_data")
    w.sees_not(alice, word)
