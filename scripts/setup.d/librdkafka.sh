# shellcheck shell=bash
# librdkafka 2.2 or newer. Debian 12's 2.0.2 cannot read Tansu's ApiVersions response (mended in 2.2.0) and skips
# offsets with batch consume plus pause and resume (mended in 2.1.0), so 2.8.0 is built from Debian 13's source package.

RDKAFKA_MINIMUM=2.2.0
RDKAFKA_VERSION=2.8.0

setup_librdkafka() {
    if pkg-config --atleast-version="$RDKAFKA_MINIMUM" rdkafka 2>/dev/null; then return; fi
    local offered
    offered="$(apt-cache policy librdkafka-dev | awk '/Candidate:/ { print $2 }')"
    if [ -n "$offered" ] && dpkg --compare-versions "$offered" ge "$RDKAFKA_MINIMUM"; then
        step "Debian's librdkafka $offered" "apt-get install librdkafka-dev" as_root apt-get install -y --no-install-recommends librdkafka-dev
        return
    fi
    step "librdkafka $RDKAFKA_VERSION from Debian 13's source (about a minute)" \
        "check that Debian's mirror is reachable, then run scripts/setup again" build_librdkafka
}

# The mirror this machine already uses.
debian_mirror() {
    local sources=()
    for file in /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        if [ -r "$file" ]; then sources+=("$file"); fi
    done
    grep -hoE '^(URIs:|deb )[^#]*' "${sources[@]}" | grep -oE '(https?|mirror\+[a-z]+)://[^ ]*/debian/?( |$)' | head -n 1 | tr -d ' '
}

build_librdkafka() {
    local mirror
    # Not below .dev: apt's options and the library's configure do not survive a path with a space.
    work="$(mktemp -d)" # not local: the trap outlives this function
    trap 'rm -rf "$work"' EXIT
    mirror="$(debian_mirror)"
    if [ -z "$mirror" ]; then
        echo "no Debian mirror found in /etc/apt/sources.list or /etc/apt/sources.list.d"
        return 1
    fi
    cd "$work" || return
    mkdir -p lists/partial cache/archives/partial stage
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >sources.list
    # A private source list: the machine's own is neither read nor changed, and no root is needed. Signatures are checked.
    local apt=(apt-get -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User="$(id -un)")
    "${apt[@]}" update
    "${apt[@]}" source --download-only librdkafka
    tar -xf librdkafka_*.orig.tar.*
    cd librdkafka-*/ || return
    # Without --enable-static, which drags libcurl in statically and does not link.
    ./configure --prefix=/usr --libdir=/usr/lib --enable-ssl --enable-gssapi --enable-zstd --enable-lz4-ext
    make -j"$(nproc)" libs
    make -C src install DESTDIR="$work/stage"
    # Relocatable, as the checkout may move; quoted for SwiftPM, as its path may hold a space.
    # shellcheck disable=SC2016  # pkg-config's variables, not the shell's
    sed -i 's|^prefix=.*|prefix=${pcfiledir}/../..|; s|^libdir=.*|libdir=${prefix}/lib|; s|^includedir=.*|includedir=${prefix}/include|
        s|-I${includedir}|-I"${includedir}"|; s|-L${libdir}|-L"${libdir}"|' "$work/stage/usr/lib/pkgconfig/rdkafka.pc"
    rm -f "$work"/stage/usr/lib/*.a "$work"/stage/usr/lib/pkgconfig/*-static.pc
    rm -rf "$DEV/prefix"
    mkdir -p "$DEV/prefix"
    cp -a "$work/stage/usr/." "$DEV/prefix/"
    pkg-config --atleast-version="$RDKAFKA_MINIMUM" rdkafka
}
