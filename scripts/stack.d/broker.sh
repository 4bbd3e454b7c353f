# shellcheck shell=bash
# shellcheck disable=SC2154  # $dir is the stack's folder (scripts/stack)
# The broker: Tansu, in memory; or, for tests, the Apache Kafka that stands beside some checkouts. State below $dir:
# broker.pid and broker.log, or kafka/. What Tansu does differently: docs/setup.md.

APACHE_KAFKA="$ROOT/../shared/kafka/kafka"

broker_pid() {
    local pid
    pid="$(cat "$dir/broker.pid" 2>/dev/null)" || return 1
    # A number alone may by now belong to somebody else's process.
    case "$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)" in *"tansu broker "* | *"$dir/kafka/broker-1.properties"*) echo "$pid" ;; *) return 1 ;; esac
}

# broker_up KIND PORT
broker_up() {
    if listening "$2"; then
        echo "port $2 is in use"
        return 1
    fi
    case "$1" in
        tansu) tansu_up "127.0.0.1:$2" ;;
        apache)
            "$APACHE_KAFKA" up --dir "$dir/kafka" --port "$2"
            cp "$dir/kafka/broker-1.pid" "$dir/broker.pid"
            ;;
    esac
}

tansu_up() {
    setsid "$DEV/bin/tansu" broker --listener-url "tcp://$1" --advertised-listener-url "tcp://$1" \
        --storage-engine memory://tansu/ --cluster-id sluice-dev >"$dir/broker.log" 2>&1 </dev/null &
    echo $! >"$dir/broker.pid"
    for _ in $(seq 100); do
        if tansu_answers "$1"; then return; fi
        if ! broker_pid >/dev/null; then break; fi
        sleep 0.1
    done
    tail -n 20 "$dir/broker.log"
    return 1
}

tansu_answers() {
    "$VENV/bin/python" - "$1" >/dev/null 2>&1 <<'PYTHON'
import sys
from confluent_kafka.admin import AdminClient
AdminClient({"bootstrap.servers": sys.argv[1], "log_level": 0}).list_topics(timeout=2)
PYTHON
}

broker_down() {
    local pid
    if pid="$(broker_pid)"; then
        kill -KILL "$pid" # nothing it keeps is wanted again
        while broker_pid >/dev/null; do sleep 0.05; done
    fi
    rm -rf "$dir/broker.pid" "$dir/kafka"
}
