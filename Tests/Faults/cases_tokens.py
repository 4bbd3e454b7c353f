"""Who asks: signed tokens, wrong ones, and keys that turn."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from pathlib import Path

from events import QUERIES, Letter, Position
from world import ALICE, World, Wrong, case

ISSUER, AUDIENCE = "https://sso.example/", "sluice"


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Key:
    """An issuer's RSA key."""

    def __init__(self, folder: Path, name: str):
        self.name, self._file = name, folder / f"{name}.pem"
        command = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(self._file)]
        subprocess.run(command, check=True, capture_output=True)
        said = subprocess.run(["openssl", "rsa", "-in", str(self._file), "-noout", "-modulus"], check=True, capture_output=True).stdout.decode()
        self._modulus = bytes.fromhex(said.strip().partition("=")[2])

    @property
    def public(self) -> dict[str, str]:
        return {"kty": "RSA", "kid": self.name, "use": "sig", "alg": "RS256", "n": encoded(self._modulus), "e": "AQAB"}

    def token(self, header: dict[str, object] | None = None, **claims: object) -> str:
        """Good but for what is changed; a claim of None is left out."""
        now = int(time.time())
        said = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600, "sub": "alice", "tenant": "acme", "groups": ["staff"], **claims}
        parts = [{"alg": "RS256", "kid": self.name, **(header or {})}, {name: value for name, value in said.items() if value is not None}]
        signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(self._file)], input=signed.encode(), check=True, capture_output=True).stdout
        return f"{signed}.{encoded(signature)}"


class Questions:
    """Asks for one word in many ways, and holds each answer against what is expected of it."""

    def __init__(self, world: World, word: str):
        self._world, self.word = world, word
        self._expected: dict[str, tuple[str, tuple[str, ...]]] = {}

    def ask(self, asker: dict[str, object], expected: str, *documents: str, tenant: str | None = "acme", query_id: str | None = None) -> None:
        """`expected`: the error's code, or ok."""
        query_id = query_id or f"t{self._world.marker()}"
        self._expected[query_id] = expected, documents
        self._world.publisher.ask(tenant, query_id, {"text": self.word, "mode": "lexical", "asker": asker})  # type: ignore[arg-type]

    def check(self) -> None:
        self._world.publisher.flush()
        results = self._world.ledger.results
        self._world.wait(lambda: all(one in results for one in self._expected), "an answer to every query")
        for query_id, (expected, documents) in self._expected.items():
            [answer] = results[query_id]
            code = answer["status"] if answer["status"] == "ok" else answer["error"]["code"]
            found = sorted(hit["document"] for hit in answer.get("hits", []))
            if (code, found) != (expected, sorted(documents)):
                raise Wrong(f"{query_id} was answered with {code} {found}, not {expected} {sorted(documents)}")
        self._expected = {}


@case("25", "tokens: none, confused, injected, for others, out of time, claims twice; keys that turn", short=1, full=5)
def tokens(world: World, repetitions: int) -> None:
    folder = world.stack.folder
    keys = folder / "keys.json"
    first, second, stranger = (Key(folder, name) for name in ("first", "second", "stranger"))
    world.fleet.await_ready(world.fleet.start())
    word = world.marker()
    world.publisher.upsert("acme", "open", f"{world.marker()} {word} for alice")
    world.publisher.upsert("acme", "staff", f"{world.marker()} {word} for the staff")
    world.publisher.permit("acme", "staff", "group:idp/staff", ALICE)
    world.publisher.upsert("acme", "closed", f"{world.marker()} {word} for the staff, but not for leavers")
    world.publisher.permit("acme", "closed", "group:idp/leavers")
    world.settle()
    questions = Questions(world, word)
    questions.ask({"token": first.token()}, "token_refused")
    questions.ask({"user": ALICE}, "ok", "open", "staff")
    questions.check()
    world.retire(world.retrieval)
    for _ in range(repetitions):
        publish(keys, first)
        signed = world.fleet.start(
            "retrieve", SLUICE_CREDENTIALS="signed", SLUICE_TOKEN_KEYS=str(keys), SLUICE_TOKEN_ISSUER=ISSUER, SLUICE_TOKEN_AUDIENCE=AUDIENCE,
            SLUICE_TOKEN_GROUP_SOURCE="idp", SLUICE_TOKEN_QUERY_CLAIM="query", SLUICE_TOKEN_LEEWAY="0")
        world.fleet.await_ready(signed)
        refused(world, questions, first, stranger)
        publish(keys, first, second)
        # A file is looked at every second.
        time.sleep(1.1)
        for key in (first, second):
            questions.ask({"token": key.token(query=key.name + word)}, "ok", "open", "staff", query_id=key.name + word)
        questions.check()
        publish(keys, second)
        time.sleep(1.1)
        questions.ask({"token": first.token()}, "token_refused")
        questions.check()
        log = signed.log.read_text()
        if "eyJ" in log or "alice" in log or ISSUER in log:
            raise Wrong("a token's text stands in a log")
        for reason in ("signature", "algorithm", "expired", "audience", "unknown_key", "other_query", "overage", "foreign_tenant"):
            if f'sluice_refused_tokens_total{{reason="{reason}"}}' not in (signed.get("/metrics") or ""):
                raise Wrong(f"no token was counted as refused for {reason}")
        world.retire(signed)
        word = renewed(world, questions)
    world.retrieval = world.fleet.start("retrieve")


def publish(file: Path, *keys: Key) -> None:
    """Whole or not at all, as a mounted secret turns."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps({"keys": [key.public for key in keys]}))
    new.rename(file)


def renewed(world: World, questions: Questions) -> str:
    """A word of its own for each repetition: ids of queries are made of it."""
    word = world.marker()
    for document in ("open", "staff", "closed"):
        world.publisher.upsert("acme", document, f"{world.marker()} {word} again")
    world.settle()
    questions.word = word
    return word


def refused(world: World, questions: Questions, key: Key, stranger: Key) -> None:
    now = int(time.time())

    def bound(expected: str, *documents: str, key: Key = key, header: dict[str, object] | None = None, tenant: str | None = "acme", **claims: object) -> None:
        query_id = f"b{world.marker()}"
        token = key.token(header, **{"query": query_id, **claims})
        questions.ask({"token": token}, expected, *documents, tenant=tenant, query_id=query_id)

    bound("ok", "open", "staff")
    bound("ok", "open", "staff", tenant=None)
    bound("ok", "staff", sub="bob", aud=["other", AUDIENCE])
    bound("ok", "closed", sub="bob", groups=["leavers"])
    bound("ok", sub="bob", groups=[])
    bound("foreign_tenant", tenant="globex")
    for claims in (
        {"iss": "https://sso.example"}, {"iss": None}, {"aud": "other"}, {"aud": None}, {"exp": now - 60}, {"exp": None}, {"exp": str(now + 60)},
        {"nbf": now + 600}, {"iat": now + 600}, {"query": "another"}, {"query": None}, {"sub": None}, {"sub": ["alice"]},
        {"_claim_names": {"groups": "src1"}}, {"hasgroups": True}, {"groups": {"staff": True}},
    ):
        bound("token_refused", **claims)
    bound("too_many_groups", groups=[f"g{number}" for number in range(1001)])
    for header in (
        {"alg": "none"}, {"alg": "HS256"}, {"alg": "ES256"}, {"alg": "RS512"}, {"kid": "../../../../dev/null"}, {"kid": "x' or '1'='1"}, {"kid": None},
        {"jku": "https://evil.example/keys"}, {"jwk": key.public}, {"crit": ["exp"]}, {"typ": "JWE"},
    ):
        bound("token_refused", header=header)
    bound("token_refused", key=stranger)
    bound("token_refused", key=stranger, header={"kid": key.name})
    good = key.token()
    head, body, signature = good.split(".")
    twice = encoded(base64.urlsafe_b64decode(body + "==")[:-1] + b',"tenant":"globex"}')
    for token in (f"{head}.{body}.", f"{head}.{twice}.{signature}", f"{encoded(b'{}')}.{body}.{signature}", good + "=", "", "eyJ"):
        questions.ask({"token": token}, "token_refused")
    questions.ask({"user": ALICE}, "asker_not_trusted")
    questions.ask({"user": ALICE, "token": good}, "invalid_asker")
    questions.ask({}, "missing_credential")
    world.publisher.ask(None, "nowhere", {"text": "x", "asker": {"token": stranger.token()}})  # type: ignore[arg-type]
    questions.check()
    # Without a tenant that is proven there is nowhere to answer. The oracle knows of events alone: the letter is not for it.
    world.wait(lambda: queries_among(world.ledger.letters), "a query that has nowhere to be answered")
    for place in queries_among(world.ledger.letters):
        [letter] = world.ledger.letters.pop(place)
        if letter.error("code") != "malformed_envelope":
            raise Wrong(f"a query without a tenant was dead-lettered as {letter.error('code')}")


def queries_among(letters: dict[Position, list[Letter]]) -> list[Position]:
    return [place for place in list(letters) if place[0] == QUERIES]
