# shellcheck shell=bash
# The machine: a Debian with Swift, and the packages the build, the embedded stack and the checks need.

SWIFT_MINIMUM=6.2

PACKAGES=(
    build-essential dpkg-dev pkg-config ca-certificates python3 python3-venv python3-jsonschema python3-yaml shellcheck
    # what Package.swift links
    libpq-dev libxml2-dev libcmark-gfm-dev libcmark-gfm-extensions-dev libdnnl-dev libmicrohttpd-dev libssl-dev
    # what librdkafka links: TLS, SASL, OAuth and compression
    zlib1g-dev libzstd-dev liblz4-dev libsasl2-dev libcurl4-openssl-dev
    # what looks at every state of the commit protocol's model
    spin
)

setup_packages() {
    if ! command -v apt-get >/dev/null; then
        fail "this set-up installs Debian packages, and apt-get is not here" \
            "a Debian 12 or 13 machine or container, or install the like of: ${PACKAGES[*]}"
    fi
    local missing=()
    for package in "${PACKAGES[@]}"; do
        if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then missing+=("$package"); fi
    done
    if [ "${#missing[@]}" -gt 0 ]; then
        step "Debian packages: ${missing[*]}" "sudo apt-get update && sudo apt-get install ${missing[*]}" install_packages "${missing[@]}"
    fi
}

install_packages() {
    as_root apt-get update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

check_swift() {
    local version hint="install Swift $SWIFT_MINIMUM or newer from https://www.swift.org/install/linux/ and put its usr/bin on PATH"
    if ! command -v swift >/dev/null; then fail "swift is not on PATH" "$hint"; fi
    version="$(swift --version 2>&1 | grep -oE 'Swift version [0-9.]+' | grep -oE '[0-9.]+$')"
    if ! dpkg --compare-versions "${version:-0}" ge "$SWIFT_MINIMUM"; then
        fail "Swift ${version:-of unknown version} is older than $SWIFT_MINIMUM" "$hint"
    fi
}
