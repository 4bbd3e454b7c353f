# shellcheck shell=bash
# shellcheck disable=SC2154  # $dir is the stack's folder (scripts/stack)
# PostgreSQL 18 with pgvector. It refuses to run as root, so there a system user owns it. State below $dir: postgres.log, and
# postgres.home, the folder of its data and, where that user cannot reach ours, of a copy of the programs.

POSTGRES_USER_NAME=sluice-dev
SUPERUSER=sluice
DATABASE=sluice

as_postgres() {
    # From /: the current folder may be closed to that user. The locale would otherwise decide messages and sorting.
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && LC_ALL=C runuser -u "$POSTGRES_USER_NAME" -- "$@")
    else
        (cd / && LC_ALL=C "$@")
    fi
}

# Where data and programs are: here, unless the checkout lies where the user may not pass (below /root).
postgres_home() {
    if [ "$(id -u)" -eq 0 ]; then
        if ! id "$POSTGRES_USER_NAME" >/dev/null 2>&1; then
            useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$POSTGRES_USER_NAME"
        fi
        if ! as_postgres test -x "$DEV/postgres/bin/postgres" || ! as_postgres test -x "$dir"; then
            mktemp -d "/var/tmp/$POSTGRES_USER_NAME.XXXXXX"
            return
        fi
    fi
    echo "$dir/postgres"
}

# postgres_up PORT PASSWORD FAST
postgres_up() {
    local port="$1" password="$2" fast="$3" home programs="$DEV/postgres"
    if listening "$port"; then
        echo "port $port is in use"
        return 1
    fi
    home="$(postgres_home)"
    printf '%s\n' "$home" >"$dir/postgres.home"
    mkdir -p "$home"
    if [ "$home" != "$dir/postgres" ]; then
        programs="$(copy_programs "$home")"
    fi
    ln -sfn "$programs" "$dir/postgres.programs"
    printf '%s\n' "$password" >"$home/password"
    if [ "$(id -u)" -eq 0 ]; then chown -R "$POSTGRES_USER_NAME" "$home"; fi
    # The builtin provider sorts and folds alike on every machine.
    as_postgres "$programs/bin/initdb" -D "$home/data" -U "$SUPERUSER" --pwfile="$home/password" -A scram-sha-256 -E UTF8 \
        --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C --no-instructions
    rm "$home/password"
    postgres_settings "$port" "$fast" >>"$home/data/postgresql.conf"
    ln -sfn "$home/log" "$dir/postgres.log"
    as_postgres "$programs/bin/pg_ctl" start -w -t 60 -s -D "$home/data" -l "$home/log"
    PGPASSWORD="$password" "$programs/bin/psql" -X -q -h 127.0.0.1 -p "$port" -U "$SUPERUSER" -d postgres -c "CREATE DATABASE $DATABASE"
}

# Prints where they are then. They look for their libraries beside the folder of their Python package.
copy_programs() {
    local package
    package="$(dirname "$(readlink -f "$DEV/postgres")")"
    mkdir "$1/${package##*/}"
    cp -a "$package/pginstall18" "$1/${package##*/}/"
    cp -a "$package.libs" "$1/"
    echo "$1/${package##*/}/pginstall18"
}

postgres_settings() {
    cat <<SETTINGS
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = ''    # a socket's path is limited to 107 bytes, a checkout's is not
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
timezone = UTC
log_timezone = UTC
log_line_prefix = '%m [%p] %u '
SETTINGS
    # Only what a crash of the machine could lose: for tests that kill processes, not machines.
    if [ "$2" = yes ]; then printf 'fsync = off\nfull_page_writes = off\n'; fi
}

postgres_pid() {
    local home pid
    home="$(cat "$dir/postgres.home" 2>/dev/null)" || return 1
    pid="$(head -n 1 "$home/data/postmaster.pid" 2>/dev/null)" || return 1
    case "$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)" in *"/postgres -D $home/data"*) echo "$pid" ;; *) return 1 ;; esac
}

postgres_down() {
    local home
    home="$(cat "$dir/postgres.home" 2>/dev/null)" || return 0
    if postgres_pid >/dev/null; then
        as_postgres "$(readlink "$dir/postgres.programs")/bin/pg_ctl" stop -s -w -t 10 -m immediate -D "$home/data" ||
            kill -KILL "$(postgres_pid)" # a test may have frozen it
    fi
    if [ -e "$home/log" ]; then cp --remove-destination "$home/log" "$dir/postgres.log"; fi
    rm -rf "$home"
    rm -f "$dir/postgres.home" "$dir/postgres.programs"
}
