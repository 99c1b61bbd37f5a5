#!/bin/sh
# Installs those Debian packages that lsmap needs for building and testing and that are missing. Does
# nothing if there are none. Needs root or sudo. Never asks.
set -eu

# The compilers and their sanitizers: libclang-rt-dev brings those of the release's clang. wine is the
# launcher, wine64 the loader. Python, Go and Mono are for the example clients in other languages
# (500 MB, most of it Go). wixl and msitools make the MSI. prometheus is for its promtool, which checks
# our metrics; its server must not run.
packages='gcc libc6-dev gcc-mingw-w64-x86-64 mingw-w64-tools clang libclang-rt-dev clang-format
cmake ninja-build wine wine64
python3 golang-go mono-mcs libmono-system-runtime-serialization4.0-cil
libmono-system-xml-linq4.0-cil
prometheus python3-prometheus-client
wixl msitools'

missing=
for package in $packages; do
    state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || state=
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "setup: needs root or sudo to install:$missing" >&2
        exit 1
    }
    as_root='sudo -n'
fi

echo "setup: installing$missing"

# Debian asks this file before it starts the service of a package.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq </dev/null
# shellcheck disable=SC2086 # both are lists of words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    $missing </dev/null

case "$missing" in
*" prometheus"*)
    # Nor at the next boot. Without systemd there is nothing to disable.
    $as_root systemctl disable prometheus </dev/null >/dev/null 2>&1 || true
    if cat /proc/[0-9]*/comm 2>/dev/null | grep -qx prometheus; then
        echo "setup: the server of the package prometheus is running, but should not" >&2
        exit 1
    fi
    ;;
esac
