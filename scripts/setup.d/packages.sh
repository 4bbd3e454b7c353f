# shellcheck shell=bash
# The machine: a Debian with Swift, and the packages the build (a container's too), the embedded stack and the checks need.

SWIFT_MINIMUM=6.2

BUILD_PACKAGES=(
    build-essential dpkg-dev pkg-config ca-certificates
    # what Package.swift links
    libpq-dev libxml2-dev libcmark-gfm-dev libcmark-gfm-extensions-dev libdnnl-dev libmicrohttpd-dev libssl-dev libcurl4-openssl-dev
    libstemmer-dev libicu-dev
    # what librdkafka links besides: TLS, SASL, OAuth and compression
    zlib1g-dev libzstd-dev liblz4-dev libsasl2-dev
)
# For the stack and the checks; docker-compose (0.8 MB on Debian 12) reads docker/compose.yaml, nothing is started with it; spin (1.5 MB) looks at every
# state of the commit protocol's model.
# shellcheck disable=SC2034  # read by scripts/setup
PACKAGES=("${BUILD_PACKAGES[@]}" python3 python3-venv python3-jsonschema python3-yaml openssl shellcheck docker-compose spin)

# setup_packages PACKAGE…
setup_packages() {
    if ! command -v apt-get >/dev/null; then
        fail "this set-up installs Debian packages, and apt-get is not here" \
            "a Debian 12 or 13 machine or container, or install the like of: $*"
    fi
    local missing=()
    for package; do
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
