"""What must never be told: strings planted wherever something is secret, and looked for in everything that is written."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

import database
from cases_references import site
from cases_tokens import AUDIENCE, ISSUER, Key, publish, queries_among
from events import ACCESS_CHECK, DEAD_LETTERS, GROUPED, MEMBERSHIPS, PERMISSIONS, PERMITTED, QUERY, UPSERTED, dump, key_of
from stack import Trouble
from webserver import Page, WebServer
from workers import Worker
from world import ALICE, TENANTS, World, Wrong, case

LARGEST_BYTES = 65_536
# Commands that would wait for their database for ever.
COMMAND_SECONDS = 5

# What a server says of its errors quotes what it was given.
QUOTING = """
create schema faults;
grant usage on schema faults to public;
create sequence faults.failures;
create function faults.quote() returns trigger language plpgsql security definer as $$
begin
    if new.title like 'zqrefused%' or (new.title like 'zqretried%' and nextval('faults.failures') <= 2) then
        raise exception '% is refused', new.title using errcode = case when new.title like 'zqrefused%' then '22000' else '40001' end,
            detail = convert_from(new.body, 'UTF8'), hint = new.metadata::text, column = new.title, table = new.title;
    end if;
    return new;
end $$;
create trigger quote before insert or update on rendition_content for each row execute function faults.quote();
"""
QUOTING_CLAIMS = """
create or replace function searched_documents() returns bigint[] stable parallel safe language plpgsql set search_path = sluice, pg_temp as $$
begin
    raise exception '% is refused', current_setting('sluice.allow') using errcode = '22000', detail = current_setting('sluice.deny');
end $$
"""


class Canaries:
    """Words that stand nowhere but where they were planted."""

    def __init__(self, world: World):
        self._stamp = f"{world.random.getrandbits(64):016x}"
        self._forms: dict[str, list[bytes]] = {}

    def plant(self, place: str) -> str:
        """A new one, of lower-case letters and digits alone: it fits everywhere."""
        name = f"{place}{len(self._forms)}"
        canary = f"zq{name}q{self._stamp}"
        self.add(name, canary)
        return canary

    def add(self, place: str, secret: str) -> None:
        self._forms[place] = forms(secret.encode())

    def among(self, written: bytes, *, but: tuple[str, ...] = ()) -> list[str]:
        """Where those were planted that are in it. `but`: places that may be told."""
        folded = written.lower()
        return [
            place for place, forms in self._forms.items()
            if not place.startswith(but) and any(form in written or form in folded for form in forms)]


def forms(secret: bytes) -> list[bytes]:
    """As it is, in hexadecimal, as a list of numbers, and in base64 wherever it begins."""
    encoded = [base64.b64encode(b"." * shift + secret)[(0, 2, 3)[shift]:-4] for shift in range(3)]
    return [secret.lower(), secret.hex().encode(), ", ".join(map(str, secret)).encode(), *encoded]


class Written:
    """All that was written where a canary has no business."""

    def __init__(self, world: World, canaries: Canaries):
        self._world, self._canaries = world, canaries
        self._pages: list[tuple[str, str]] = []  # what was written, and by whom
        self.expected: dict[str, str] = {}  # by query: ok, or the error's code

    def keep(self, by: str, text: str) -> None:
        self._pages.append((by, text))

    def retire(self, worker: Worker) -> None:
        """What it serves is gone with it."""
        for path in ("/metrics", "/livez", "/readyz"):
            self.keep(f"{worker.command} {worker.number} {path}", worker.get(path) or "")
        worker.leave()
        worker.process.wait(60)

    def command(self, *arguments: str, **settings: str) -> None:
        """One of the program's commands, however it ends; workers that do not end are ended."""
        process = subprocess.Popen(
            [str(self._world.stack.program), *arguments], env={**self._world.stack.environment, "SLUICE_LOG_LEVEL": "debug", **settings},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            said, _ = process.communicate(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()
            said, _ = process.communicate(timeout=60)
        if not said:
            raise Trouble(f"{' '.join(arguments)} has said nothing")
        self.keep(" ".join(arguments), said.decode(errors="replace"))

    def ask(self, data: dict[str, object] | bytes, expected: str, *, kind: str = QUERY, **attributes: str) -> None:
        """`expected`: the error's code, or ok."""
        query_id = self._world.marker()
        self.expected[query_id] = expected
        self._world.publisher.ask("acme", query_id, data, kind=kind, **attributes)

    def await_answers(self) -> None:
        results = self._world.ledger.results
        self._world.publisher.flush()
        self._world.wait(lambda: all(one in results for one in self.expected), "an answer to every query")
        for query_id, expected in self.expected.items():
            answer = results[query_id][0]
            code = answer["status"] if answer["status"] == "ok" else answer["error"]["code"]
            if code != expected:
                raise Wrong(f"a query was answered with {code}, not {expected}")
        self.expected = {}

    def leaks(self) -> list[str]:
        found = {f"{by}: {', '.join(places)}" for by, text in self._everything() if (places := self._canaries.among(text))}
        # Who was shown what is written down by name; what was asked and what stands there is not.
        for table in ("answer_log", "audit_log"):
            for (detail,) in self._world.query(f"select detail::text from {table}"):  # noqa: S608
                if places := self._canaries.among(detail.encode(), but=("user", "group", "subject")):
                    found.add(f"{table}: {', '.join(places)}")
        return sorted(found)

    def _everything(self) -> Iterator[tuple[str, bytes]]:
        for worker in self._world.fleet.all:
            yield worker.log.name, worker.log.read_bytes()
        for by, text in self._pages:
            yield by, text.encode()
        was_seen = was_buried = False
        for message in records(self._world):
            headers, value = message.headers() or [], message.value() or b""
            # The key and these name the record, as it did.
            told = b"\n".join(content or b"" for name, content in headers if name != "ce_subject")
            if message.topic() == DEAD_LETTERS:
                was_buried = was_buried or bool(self._canaries.among(value))
                # The record's own are before them, also some that look like them.
                yield DEAD_LETTERS, b"\n".join(name.encode() + b": " + (content or b"") for name, content in headers[-8:])
            elif message.topic().startswith("sluice.results.") and json.loads(value).get("hits"):
                was_seen = was_seen or bool(self._canaries.among(value))
                yield f"{message.topic()} headers", told
            else:
                yield message.topic(), told + b"\n" + value
        if not was_seen or not was_buried:
            raise Trouble("canaries are found neither in answers nor in dead letters, where they belong")


def records(world: World) -> Iterator[Message]:
    """Everything on the topics that Sluice writes, from their beginnings."""
    consumer = Consumer({"bootstrap.servers": world.stack.bootstrap, "group.id": "faults-canaries", "enable.auto.commit": False, "log_level": 0})
    try:
        known = consumer.list_topics(timeout=20).topics
        topics = [DEAD_LETTERS, *(f"sluice.{kind}.{tenant}" for kind in ("status", "results") for tenant in TENANTS)]
        places = [TopicPartition(topic, partition, OFFSET_BEGINNING) for topic in topics for partition in known[topic].partitions]
        left = {(one.topic, one.partition): consumer.get_watermark_offsets(one, timeout=20)[1] for one in places}
        consumer.assign(places)
        deadline = time.monotonic() + 60
        left = {place: end for place, end in left.items() if end}
        while left:
            if time.monotonic() > deadline:
                raise Trouble("what was written could not be read")
            for message in consumer.consume(500, 0.1):
                if message.error() is None:
                    place = (message.topic(), message.partition())
                    if message.offset() + 1 >= left.get(place, 0):
                        left.pop(place, None)
                    yield message
    finally:
        consumer.close()


@case(
    "26", "canaries in texts, names, principals, questions, tokens and passwords: in no log, metric, reason or error", short=1, full=5, slow=True,
    SLUICE_LOG_LEVEL="debug", SLUICE_DIAGNOSTICS="acme")
def canaries(world: World, repetitions: int) -> None:
    planted = Canaries(world)
    for name, value in world.stack.environment.items():
        if name.startswith("SLUICE_DATABASE_"):
            planted.add(name.lower(), urlsplit(value).password or "")
    web = site(world)
    written = Written(world, planted)
    with database.connect(world.stack.database_url) as connection:
        connection.execute(QUOTING)
    for _ in range(repetitions):
        subject, word = ingested(world, planted, written, web)
        asked(world, planted, written, subject, word)
        written.retire(world.retrieval)
        reranked(world, planted, written, web)
        signed(world, planted, written)
        commands(world, planted, written)
        world.retrieval = world.fleet.start("retrieve")
        world.fleet.await_ready(world.retrieval)
    if leaks := written.leaks():
        raise Wrong("planted, and told: " + "; ".join(leaks[:10]))


# --- ingestion ---


def ingested(world: World, planted: Canaries, written: Written, web: WebServer) -> tuple[str, str]:
    """Good documents, and every way to refuse one. Returns a document, and a word of it."""
    plant, publisher = planted.plant, world.publisher
    folder = world.stack.folder / "files"
    folder.mkdir(exist_ok=True)
    away = site(world)
    away.close()
    worker = world.fleet.start(
        SLUICE_MAX_DOCUMENT_BYTES=str(LARGEST_BYTES), SLUICE_REFERENCE_PRIVATE_NETWORKS="127.0.0.1", SLUICE_REFERENCE_FOLDERS=str(folder),
        SLUICE_REFERENCE_HOSTS=", ".join(f"http://127.0.0.1:{one.port}" for one in (web, away)), SLUICE_REFERENCE_TIMEOUT="1000", SLUICE_DEFER_LIMIT="100")
    world.fleet.await_ready(worker)

    def document(subject: str, word: str, title: str) -> None:
        publisher.upsert(
            "acme", subject, f"{world.marker()} {word} {plant('text')}", title=title, uri=f"https://wiki.example/{plant('uri')}", language="en",
            metadata={plant("member"): plant("value"), "tags": [plant("tag")]})

    subject, word = plant("subject"), plant("text")
    document(subject, word, plant("title"))
    document(plant("subject"), word, plant("title"))
    # The database fails twice, and says what it was given.
    with database.connect(world.stack.database_url) as connection:
        connection.execute("alter sequence faults.failures restart")
    document(plant("subject"), plant("text"), plant("retried"))
    group = plant("group")
    publisher.permit("acme", subject, ALICE, f"user:{plant('user')}", f"group:wiki/{group}")
    publisher.group("acme", group, f"user:{plant('user')}")
    publisher.flush()
    refused_documents(world, planted, web, away, folder)
    refused_access(world, planted)
    world.settle()
    world.await_positions()
    written.retire(worker)
    return subject, word


def refused_documents(world: World, planted: Canaries, web: WebServer, away: WebServer, folder: Path) -> None:
    plant, publisher = planted.plant, world.publisher

    def refuse(code: str, data: dict[str, object] | bytes, *, drop: str = "", kind: str = UPSERTED, **attributes: str) -> None:
        value = data if isinstance(data, bytes) else dump({"mediaType": "text/plain", "container": plant("container"), **data})
        # Left by somebody else's dead-letter queue, which said more.
        headers = [one for one in publisher.headers(kind) if one[0] != drop] + [("__dlq.errors.message", plant("header").encode())]
        headers = [one for one in headers if one[0].removeprefix("ce_") not in attributes]
        headers += [(f"ce_{name}", content.encode()) for name, content in attributes.items()]
        publisher.poison(code, "acme", key_of("acme", plant("subject")), value, headers)

    text = {"text": plant("text"), "title": plant("title")}
    refuse("malformed_envelope", text, sequence=plant("sequence"))
    refuse("malformed_envelope", text, specversion=plant("version"))
    refuse("malformed_envelope", text, source=f"{plant('source')} {plant('source')}")
    refuse("malformed_envelope", text, drop="ce_id")
    refuse("unknown_type", text, kind=f"io.sluice.{plant('type')}.v1")
    refuse("key_mismatch", text, subject=plant("subject"))
    refuse("key_mismatch", text, tenant=plant("tenant"))
    refuse("malformed_data", f'{{"text": "{plant("text")}'.encode())
    refuse("malformed_data", f'{{"{(member := plant("member"))}": 1, "{member}": 2, "text": "x"}}'.encode())
    for data in ({"expiresAt": plant("time")}, {"metadata": plant("metadata")}, {"text": plant("text"), "base64": plant("base")}, {"container": ""}):
        refuse("malformed_data", {**text, **data})
    refuse("malformed_data", {"base64": plant("base") + "!"})
    refuse("invalid_text", {"text": plant("text"), "title": f"{plant('title')}\0"})
    refuse("invalid_text", {"text": f"{plant('text')}\0"})
    refuse("invalid_text", {"base64": base64.b64encode(plant("base").encode() + b"\xff").decode()})
    refuse("invalid_text", {"text": "x", "metadata": {plant("member"): f"{plant('value')}\0"}})
    refuse("unsupported_media_type", {**text, "mediaType": f"application/x-{plant('type')}"})
    element = plant("element")
    refuse("parse_failed", {"mediaType": "application/xml", "text": f"<{element}>{plant('text')}&{plant('entity')};</{element}x>"})
    refuse("parse_limit", {"mediaType": "application/xml", "text": f"<{element}>" * 300 + plant("text") + f"</{element}>" * 300})
    refuse("too_large", {"text": f"{plant('text')} " * 4000})
    refuse("too_large", {**text, "metadata": {plant("member"): plant("value") * 4000}})
    # The database refuses it, and says why, and what it was given.
    refuse("parse_limit", {"text": plant("text"), "title": plant("refused"), "metadata": {plant("member"): plant("value")}})
    for address in (
        f"https://{plant('host')}.example/{plant('path')}?{plant('query')}", f"file:///{plant('path')}", f"ftp://{plant('host')}/x", plant("reference"),
    ):
        refuse("reference_refused", {}, dataref=address)
    web.pages[moved := f"/{plant('path')}"] = Page(status=302, headers={"Location": f"http://127.0.0.2:{web.port}/{plant('path')}"})
    refuse("reference_refused", {}, dataref=web.at(moved))
    refuse("reference_failed", {}, dataref=web.at(f"/{plant('path')}?{plant('query')}"))
    refuse("reference_failed", {}, dataref=f"file://{folder}/{plant('path')}")
    # Waited for, then given up.
    refuse("reference_failed", {}, dataref=away.at(f"/{plant('path')}"))
    stranger = plant("tenant")
    publisher.poison("unknown_tenant", stranger, key_of(stranger, plant("subject")), dump(text), publisher.headers(UPSERTED))
    publisher.poison("malformed_envelope", "", f"acme/wiki/{plant('key')}%zz".encode(), dump(text), publisher.headers(UPSERTED))


def refused_access(world: World, planted: Canaries) -> None:
    plant, publisher = planted.plant, world.publisher

    def refuse(code: str, topic: str, kind: str, data: dict[str, object]) -> None:
        subject = plant("subject")
        publisher.poison(code, "acme", key_of("acme", subject), dump(data), publisher.headers(kind), topic=topic, subject=subject)

    for member in ("allow", "deny"):
        refuse("malformed_data", PERMISSIONS, PERMITTED, {"allow": [], member: [plant("principal")]})
        refuse("malformed_data", PERMISSIONS, PERMITTED, {"allow": [], member: plant("principal")})
        refuse("invalid_text", PERMISSIONS, PERMITTED, {"allow": [], member: [f"user:{plant('principal')}\0"]})
        refuse("too_large", PERMISSIONS, PERMITTED, {"allow": [], member: [f"user:{plant('principal')}"] * 10_001})
    refuse("malformed_data", PERMISSIONS, PERMITTED, {plant("member"): plant("value")})
    refuse("malformed_data", MEMBERSHIPS, GROUPED, {"members": [plant("principal")]})
    member = plant("principal")
    refuse("too_large", MEMBERSHIPS, GROUPED, {"members": [f"user:{member}{number}" for number in range(10_001)]})


# --- questions ---


def asked(world: World, planted: Canaries, written: Written, subject: str, word: str) -> None:
    """Of a worker that believes its askers: good questions, and every way to refuse one."""
    plant, ask = planted.plant, written.ask
    alice: dict[str, object] = {"user": ALICE}
    stranger: dict[str, object] = {"user": f"user:{plant('user')}", "groups": [f"group:wiki/{plant('group')}"]}

    def question(**data: object) -> dict[str, object]:
        return {"text": plant("question"), "asker": alice, **data}

    for mode in ("hybrid", "vector", "lexical"):
        ask(question(text=f"{word} {plant('question')}", mode=mode, context={"maxTokens": 500}, neighbours=2), "ok")
        ask(question(text=f"{word} {plant('question')}", mode=mode, asker=stranger), "ok")
        of_nothing = {"metadata": {plant("member"): [plant("value")]}, "tags": [plant("tag")], "container": [plant("container")]}
        ask(question(mode=mode, filter=of_nothing), "ok")
    for data, code in (
        ({"text": ""}, "empty_text"), ({"text": f"{plant('question')}\0"}, "invalid_text"), ({"text": plant("question") * 4000}, "text_too_long"),
        ({"mode": plant("mode")}, "invalid_mode"), ({"limit": plant("limit")}, "invalid_limit"), ({"perDocument": plant("option")}, "invalid_option"),
        ({"filter": {plant("member"): [plant("value")]}}, "invalid_filter"), ({"filter": {"tags": plant("value")}}, "invalid_filter"),
        ({"minimumPositions": [{"topic": plant("topic"), "partition": 0, "offset": 0}]}, "invalid_positions"),
        ({"asker": {"user": plant("user")}}, "invalid_asker"), ({"asker": {"user": ALICE, "token": plant("token")}}, "invalid_asker"),
        ({"asker": {"user": ALICE, "groups": [f"group:wiki/{plant('group')}"] * 1001}}, "too_many_groups"),
        ({"asker": {"token": f"eyJ{plant('token')}.{plant('token')}.{plant('token')}"}}, "token_refused"), ({"asker": None}, "missing_credential"),
    ):
        ask(question(**data), code)
    ask(f'{{"text": "{plant("question")}'.encode(), "malformed_data")
    ask(question(), "reply_topic_refused", replytopic=f"sluice.results.{plant('tenant')}")
    ask(question(), "expired", expirytime="2020-01-01T00:00:00Z")
    ask(question(), "malformed_envelope", expirytime=plant("time"))
    ask(question(minimumPositions=[{"topic": PERMISSIONS, "partition": 0, "offset": 1 << 40}]), "not_yet", expirytime=soon())
    ask({"asker": stranger, "documents": [{"source": "wiki", "document": one} for one in (subject, plant("subject"))]}, "ok", kind=ACCESS_CHECK)
    ask({"asker": stranger, "documents": plant("subject")}, "invalid_documents", kind=ACCESS_CHECK)
    ask(question(), "unknown_type", kind=f"io.sluice.{plant('type')}.v1")
    unaddressed(world, lambda: world.publisher.ask(plant("tenant"), world.marker(), question()))
    written.await_answers()
    with database.connect(world.stack.database_url) as connection:
        [(definition,)] = connection.execute("select pg_get_functiondef('searched_documents()'::regprocedure)").fetchall()
        connection.execute(QUOTING_CLAIMS)
        for mode in ("hybrid", "vector", "lexical"):
            ask(question(text=f"{word} {plant('question')}", mode=mode, asker={**alice, "groups": [f"group:wiki/{plant('group')}"]}), "unavailable")
        written.await_answers()
        connection.execute(definition)
    world.stack.stop_database()
    ask(question(), "unavailable")
    written.await_answers()
    world.stack.start_database()
    world.wait(lambda: world.comes(lambda: answers(world, word), 1), "an answer after the database was away")


def soon() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))


def answers(world: World, word: str) -> bool:
    query_id = world.marker()
    world.publisher.ask("acme", query_id, {"text": word, "asker": {"user": ALICE}})
    world.publisher.flush()
    results = world.ledger.results
    return world.comes(lambda: query_id in results, 10) and results[query_id][0]["status"] == "ok"


def unaddressed(world: World, ask: Callable[[], None]) -> None:
    """A query with nowhere to answer it. The oracle knows of events alone: the letter is not for it."""
    ask()
    world.publisher.flush()
    world.wait(lambda: queries_among(world.ledger.letters), "a query that has nowhere to be answered")
    for place in queries_among(world.ledger.letters):
        world.ledger.letters.pop(place)


def reranked(world: World, planted: Canaries, written: Written, web: WebServer) -> None:
    """A reranker that is refused, unreadable, broken and away, and repeats what it was sent."""
    plant = planted.plant
    key = world.stack.folder / "rerank.key"
    key.write_text(plant("key"))
    at = f"/{plant('path')}/rerank"
    out_of_form = f'{{"results": [{{"index": "{plant("answer")}"}}]}}'
    for page in (Page(plant("answer").encode(), status=403), Page(out_of_form.encode()), Page(plant("answer").encode()), None):
        web.pages.pop(at, None)
        if page is not None:
            web.pages[at] = page
        worker = world.fleet.start("retrieve", SLUICE_RERANK_URL=web.at(at), SLUICE_RERANK_KEY_FILE=str(key))
        world.fleet.await_ready(worker)
        written.ask({"text": plant("question"), "asker": {"user": ALICE}, "mode": "vector"}, "ok")
        written.await_answers()
        if "sluice_failed_rerankings_total{" not in (worker.get("/metrics") or ""):
            raise Trouble("the reranker has not failed")
        written.retire(worker)


def signed(world: World, planted: Canaries, written: Written) -> None:
    """Tokens with canaries in each of their parts: good, and refused for each reason."""
    plant, folder = planted.plant, world.stack.folder
    keys, first, stranger = folder / "canaries.json", Key(folder, "canary-first"), Key(folder, "canary-stranger")
    unreadable = f'{{"keys": [{{"kid": "{plant("key")}"'
    keys.write_text(unreadable)
    settings = {
        "SLUICE_CREDENTIALS": "signed", "SLUICE_TOKEN_KEYS": str(keys), "SLUICE_TOKEN_ISSUER": ISSUER, "SLUICE_TOKEN_AUDIENCE": AUDIENCE,
        "SLUICE_TOKEN_GROUP_SOURCE": "wiki"}
    # It does not start without any.
    written.command("retrieve", **settings, SLUICE_EMBEDDING="stub")
    publish(keys, first)
    worker = world.fleet.start("retrieve", **settings)
    world.fleet.await_ready(worker)
    keys.write_text(unreadable)

    def ask(expected: str, token: str, *, name: str = "token") -> None:
        for part in token.split("."):
            # As it stands in the query.
            if len(part) > 8:
                planted.add(f"{name}{world.marker()}", part)
        written.ask({"text": plant("question"), "asker": {"token": token}}, expected)

    # A file is looked at every second; what was read before is kept.
    time.sleep(1.1)
    ask("ok", first.token(sub=plant("user")))
    now = int(time.time())
    ask("ok", first.token(sub=plant("user"), groups=[plant("group")], jti=plant("claim")))
    for claims in (
        {"iss": plant("issuer")}, {"aud": plant("audience")}, {"exp": now - 600}, {"exp": plant("time")}, {"nbf": now + 600}, {"tenant": plant("tenant") + "!"},
        {"groups": {plant("group"): 1}}, {"_claim_names": {"groups": plant("group")}}, {"sub": [plant("user")]},
    ):
        ask("token_refused", first.token(**{"sub": plant("user"), **claims}))
    ask("foreign_tenant", first.token(sub=plant("user"), tenant=plant("tenant")))
    group = plant("group")
    ask("too_many_groups", first.token(sub=plant("user"), groups=[f"{group}{number}" for number in range(1001)]))
    for header in ({"alg": plant("algorithm")}, {"kid": plant("key")}, {"jku": f"https://{plant('host')}.example"}, {"typ": plant("type")}):
        ask("token_refused", first.token(header, sub=plant("user")))
    ask("token_refused", stranger.token({"kid": first.name}, sub=plant("user")))
    ask("token_refused", plant("token"))
    written.await_answers()
    if "sluice_refused_tokens_total{" not in (worker.get("/metrics") or ""):
        raise Trouble("no token was refused")
    written.retire(worker)


# --- settings ---


def commands(world: World, planted: Canaries, written: Written) -> None:
    """What is said of settings that are right, wrong and malformed, by commands and by workers that do not come up."""
    plant, environment = planted.plant, world.stack.environment
    url = urlsplit(environment["SLUICE_DATABASE_URL"])

    def everywhere(address: str) -> dict[str, str]:
        return {name: address for name in environment if name.startswith("SLUICE_DATABASE_")}

    for arguments in (("config",), ("doctor",), ("tenant", "list"), ("topics", "list")):
        written.command(*arguments)
    at = f"{url.hostname}:{url.port}"
    wrong = [
        urlunsplit(url._replace(netloc=f"{url.username}:{plant('password')}@{at}")),
        urlunsplit(url._replace(netloc=f"{plant('login')}:{plant('password')}@{at}")),
        urlunsplit(url._replace(path=f"/{plant('database')}")),
        f"postgresql://{url.username}:{plant('password')}@127.0.0.1:1/sluice",
        f"postgresql://{url.username}:{plant('password')}@127.0.0.1:port/sluice",
        f"postgresql://{url.username}:{plant('password')}@{at}/sluice?{plant('option')}={plant('value')}",
        f"host=127.0.0.1 password={plant('password')}",
    ]
    for address in wrong:
        for arguments in (("config",), ("doctor",), ("migrate",), ("tenant", "list")):
            written.command(*arguments, **everywhere(address))
    for command in ("ingest", "retrieve"):
        written.command(command, **everywhere(wrong[0]), SLUICE_CREDENTIALS="trusted", SLUICE_EMBEDDING="stub")
    properties = "SLUICE_KAFKA_PROPERTIES"
    for text in (f"sasl.password={plant('password')}", f"security.protocol={plant('protocol')}", f"sasl.password=a, {plant('password')}",
                 f"security.protocol=sasl_plaintext, sasl.mechanisms=PLAIN, sasl.username=x, sasl.password={plant('password')}"):
        written.command("topics", "list", **{properties: text})
    key = world.stack.folder / "two-words.key"
    key.write_text(f"{plant('key')} {plant('key')}")
    written.command("retrieve", SLUICE_CREDENTIALS="trusted", SLUICE_EMBEDDING="stub", SLUICE_RERANK_URL="http://127.0.0.1:1/", SLUICE_RERANK_KEY_FILE=str(key))
