#!/bin/sh
# Checks that every C file is formatted as .clang-format says: tests/checks/format.sh [CLANG_FORMAT]
#
# Releases of clang-format disagree about the same .clang-format, so this runs only with the one that
# formatted the tree and is skipped with any other.
set -u
cd "$(dirname "$0")/../.." || exit 1
version=14
program=${1:-clang-format}

found=$("$program" --version 2>/dev/null) || found="no clang-format"
case "$found" in
*" version $version."*) ;;
*)
    echo "SKIP format: needs clang-format $version, found: $found"
    echo "0 passed, 0 failed, 1 skipped"
    exit 77
    ;;
esac

if find common service client tests -name '*.[ch]' -exec "$program" --style=file --dry-run -Werror {} +; then
    echo "1 passed, 0 failed"
else
    echo "0 passed, 1 failed"
    exit 1
fi
