"""What can be said of docker/ without running anything."""
import os
import pathlib
import re
import shutil
import subprocess

import yaml

import recipe

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
SETTINGS = "".join(file.read_text() for file in sorted((ROOT / "Sources/Platform/Configuration").glob("Settings*.swift")))
# Who may know the owner's password: the database, and what makes schema and logins.
OWNERS = {"postgres", "migrate", "roles"}
PINNED = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)?:(?!latest$)[a-z0-9._-]+")


def dockerfile_problems(stages):
    known = []
    for stage in stages:
        if not PINNED.fullmatch(stage.base):
            yield f"FROM {stage.base}: an image by its plain name with a pinned tag"
        for origin, sources, _ in stage.copies:
            if origin is not None and origin not in known:
                yield f"COPY --from={origin}: no such stage before it"
            for source in sources if origin is None else []:
                if not (ROOT / source).exists():
                    yield f"COPY {source}: not in the checkout"
                elif not recipe.in_build_context(source.rstrip("/"), ROOT / ".dockerignore"):
                    yield f"COPY {source}: .dockerignore keeps it out"
        for one in stage.instructions:
            if one.name in ("ARG", "ENV") and re.search(r"PASSWORD|SECRET|TOKEN|://", one.text):
                yield f"{one.name} {one.text}: a secret would stay in the layer"
        known.append(stage.name)
    final = stages[-1]
    if not final.last("USER").isdigit() or int(final.last("USER")) == 0:
        yield "USER: the last stage runs as root, or as a user without a number"
    if final.last("STOPSIGNAL") != "SIGTERM":
        yield "STOPSIGNAL: sluice drains on SIGTERM"
    if not final.last("HEALTHCHECK"):
        yield "HEALTHCHECK: missing"
    if not final.last("ENTRYPOINT").startswith("["):
        yield "ENTRYPOINT: a shell would keep the signal to itself"
    for name in ("docker/.env", ".git", ".dev"):
        if recipe.in_build_context(name, ROOT / ".dockerignore"):
            yield f"{name} gets into the build's context"


def compose_problems(services, final):
    drain = int(re.search(r'"SLUICE_DRAIN_TIMEOUT".*?default: "(\d+)"', SETTINGS)[1]) / 1000
    for name, service in services.items():
        ours, once = "build" in service, service.get("restart") == "no"
        if not ours and not PINNED.fullmatch(service["image"]):
            yield f"{name}: {service['image']}: an image by its plain name with a pinned tag"
        if "mem_limit" not in service or "restart" not in service:
            yield f"{name}: mem_limit or restart is missing"
        if not once and "healthcheck" not in service and not (ours and final.last("HEALTHCHECK")):
            yield f"{name}: no health check"
        if not once and recipe.seconds(service.get("stop_grace_period", "10s")) <= 2 * drain:
            yield f"{name}: stop_grace_period is not well above SLUICE_DRAIN_TIMEOUT ({drain:g} s)"
        for port in service.get("ports", []):
            if not port.startswith("127.0.0.1:"):
                yield f"{name}: port {port} is open to the network"
        for volume in service.get("volumes", []):
            if volume.startswith(".") and not (DOCKER / volume.split(":")[0]).is_file():
                yield f"{name}: {volume}: no such file"
        for other, how in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if services[other].get("restart") == "no" else "service_healthy"
            if how["condition"] != expected:
                yield f"{name} depends on {other}: {expected} is meant"
        for setting in service.get("environment", {}) if ours else []:
            if f'"{setting}"' not in SETTINGS:
                yield f"{name}: {setting}: no such setting"
        if name not in OWNERS and "owner-password" in str(service):
            yield f"{name}: knows the owner's password"


def docker_compose(*words):
    return subprocess.run(
        ["docker-compose", *words, "-f", str(DOCKER / "compose.yaml"), "config"], capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")})


def docker_compose_problems(services, environment: pathlib.Path):
    """docker-compose itself reads the file as we do, and says what to do where nobody filled docker/.env in."""
    if not shutil.which("docker-compose"):
        print("containers: docker-compose is not installed: compose.yaml was read by this check alone")
        return
    result = docker_compose("--env-file", str(environment))
    if result.returncode:
        yield f"docker-compose config: {result.stderr.strip()}"
        return
    theirs = yaml.safe_load(result.stdout)["services"]
    for name, service in services.items():
        for key in ("entrypoint", "command", "environment"):
            if theirs[name].get(key) != service.get(key):
                yield f"{name}: docker-compose reads another {key}"
    unfilled = docker_compose("--env-file", str(DOCKER / ".env.example"))
    if unfilled.returncode == 0 or "docker/.env.example" not in unfilled.stderr:
        yield "without passwords, docker-compose does not say what to do"


def problems(work: pathlib.Path):
    stages = recipe.dockerfile(DOCKER / "Dockerfile")
    variables = recipe.environment_file(DOCKER / ".env.example")
    needed = {match[1] for match in recipe.VARIABLE.finditer((DOCKER / "compose.yaml").read_text())}
    if needed != set(variables):
        yield f"in one of compose.yaml and .env.example alone: {sorted(needed ^ set(variables))}"
        return
    for name in variables:
        if name.endswith("_PASSWORD"):
            variables[name] = name.removeprefix("SLUICE_").lower().replace("_", "-")
    environment = work / "static.env"
    environment.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    services = recipe.compose(DOCKER / "compose.yaml", variables)
    yield from dockerfile_problems(stages)
    yield from compose_problems(services, stages[-1])
    yield from docker_compose_problems(services, environment)
