#!/bin/sh
# Compiles the C# example: tests/examples/build_csharp.sh
#
# It is not run: Mono on Linux has no Windows pipes, and Debian's Wine has no Mono. Skipped without mcs or
# the class libraries.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
skip() {
    echo "SKIP csharp: $1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 77
}

command -v mcs >/dev/null || skip "mcs is not installed"
[ -e /usr/lib/mono/4.5/System.Runtime.Serialization.dll ] && [ -e /usr/lib/mono/4.5/System.Xml.Linq.dll ] ||
    skip "the class libraries System.Runtime.Serialization and System.Xml.Linq are not installed"
program=$(mktemp)
trap 'rm -f "$program"' EXIT
# C# 5: the compiler in Windows has no later version.
if mcs -langversion:5 -warn:4 -warnaserror+ -out:"$program" -r:System.Core \
    -r:System.Runtime.Serialization -r:System.Xml -r:System.Xml.Linq \
    "$root/client/examples/ListDataFiles.cs"; then
    echo "1 passed, 0 failed"
else
    echo "0 passed, 1 failed"
    exit 1
fi
