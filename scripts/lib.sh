# shellcheck shell=bash
# Shared by every script here: where things are, how a step talks, how a finished step is remembered.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
DEV="$ROOT/.dev"
LOG="${DEV_LOG:-$DEV/log}" # of its own for what runs beside something else
# shellcheck disable=SC2034  # read by the scripts that source this file
VENV="$DEV/venv"
# shellcheck disable=SC2034
SECOND_MODEL="$DEV/venv-second-model/bin/python"
mkdir -p "$LOG" "$DEV/stamp"

# After a crash the Swift runtime otherwise starts `swift-backtrace`, which can hang for minutes holding the pipes.
export SWIFT_BACKTRACE="${SWIFT_BACKTRACE:-enable=no}"
# The private librdkafka, where set-up built one, goes before the distribution's.
export PKG_CONFIG_PATH="$DEV/prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"

say() { printf '%s\n' "$*" >&2; }

# fail WHAT [HINT]
fail() {
    say "error: $1"
    if [ -n "${2:-}" ]; then say "  try: $2"; fi
    exit 1
}

# step NAME HINT COMMAND… : one line of what it does; on failure the end of its log and what to try.
step() {
    local name="$1" hint="$2" log started=$SECONDS
    shift 2
    log="$LOG/$(printf '%s' "$name" | tr -cs 'A-Za-z0-9.\n' '-').log"
    printf '· %s … ' "$name" >&2
    # A subshell with its own `set -e`: bash ignores the outer one in a condition.
    set +e
    (set -euo pipefail; "$@") >"$log" 2>&1
    local status=$?
    set -e
    if [ "$status" -ne 0 ]; then
        say "failed"
        tail -n 20 "$log" | sed 's/^/    /' >&2
        say "  log: $log"
        fail "$name" "$hint"
    fi
    say "done ($((SECONDS - started)) s)"
}

# Stamps: a step is done when the content it was made from is the one it was last done for.
stamped() { [ "$(cat "$DEV/stamp/$1" 2>/dev/null)" = "$2" ]; }
stamp() { printf '%s\n' "$2" >"$DEV/stamp/$1"; }
digest() { cat "$@" | sha256sum | cut -c1-16; }

# Runs a command as root: directly, or by sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this needs root: $*" "run it as root, or install sudo"
    fi
}
