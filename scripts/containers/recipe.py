"""Reads docker/Dockerfile and docker/compose.yaml as far as scripts/check-containers needs them."""
import dataclasses
import fnmatch
import json
import pathlib
import re
import shlex

import yaml


@dataclasses.dataclass
class Instruction:
    name: str
    text: str

    @property
    def words(self):
        """The arguments, of the exec form or of the shell's."""
        return json.loads(self.text) if self.text.startswith("[") else shlex.split(self.text)


@dataclasses.dataclass
class Stage:
    base: str
    name: str
    instructions: list

    def all(self, name):
        return [one for one in self.instructions if one.name == name]

    def last(self, name):
        """The text of the last such instruction, the one that counts."""
        return next((one.text for one in reversed(self.instructions) if one.name == name), "")

    @property
    def environment(self):
        return dict(word.split("=", 1) for one in self.all("ENV") for word in one.words)

    @property
    def copies(self):
        """(stage or None, sources, destination) of every COPY."""
        for one in self.all("COPY"):
            words = one.words
            stage = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else None
            yield stage, words[:-1], words[-1]

    @property
    def health(self):
        return json.loads(self.last("HEALTHCHECK").split(" CMD ", 1)[1])


def dockerfile(path: pathlib.Path):
    """The stages in order."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    stages = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        name, text = line.split(None, 1)
        if name == "FROM":
            words = text.split()
            stages.append(Stage(words[0], words[2] if len(words) == 3 else "", []))
        else:
            stages[-1].instructions.append(Instruction(name, text))
    return stages


def in_build_context(path: str, ignore: pathlib.Path):
    """Whether a .dockerignore lets a file or folder through: the last line that matches it, or a folder around it, decides."""
    included = True
    for line in filter(None, (line.split("#")[0].strip() for line in ignore.read_text().splitlines())):
        pattern = line.removeprefix("!")
        around = [str(parent) for parent in pathlib.PurePosixPath(path).parents][:-1]
        if any(fnmatch.fnmatch(one, pattern) for one in [path, *around]):
            included = line.startswith("!")
    return included


class Unset(Exception):
    """A variable that compose.yaml asks for and nobody set."""


def environment_file(path: pathlib.Path):
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def interpolate(value, variables):
    if isinstance(value, dict):
        return {key: interpolate(one, variables) for key, one in value.items()}
    if isinstance(value, list):
        return [interpolate(one, variables) for one in value]
    if not isinstance(value, str):
        return value

    def replacement(match):
        name, operator, operand = match.groups()
        if variables.get(name):
            return variables[name]
        if operator == "-":
            return operand
        raise Unset(f"{name}: {operand}")

    return VARIABLE.sub(replacement, value)


def compose(path: pathlib.Path, variables):
    """The services, with variables and merge keys resolved."""
    return interpolate(yaml.safe_load(path.read_text())["services"], variables)


def start_order(services):
    """Names, each after those it depends on."""
    order = []

    def visit(name):
        for other in services[name].get("depends_on", {}):
            visit(other)
        if name not in order:
            order.append(name)

    for name in services:
        visit(name)
    return order


def seconds(text: str):
    return float(text.removesuffix("s")) if text.endswith("s") else 60 * float(text.removesuffix("m"))


def bytes_of(text: str):
    return int(text[:-1]) * {"m": 1 << 20, "g": 1 << 30}[text[-1]]
