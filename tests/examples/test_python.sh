#!/bin/sh
# Plays replies to the Python example: tests/examples/test_python.sh
#
# Not run under Wine: there is no Python for Windows to fetch from Debian or npm. Skipped where python3
# is not at hand.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
command -v python3 >/dev/null || {
    echo "SKIP python: python3 is not at hand"
    echo "0 passed, 0 failed, 1 skipped"
    exit 77
}
export PYTHONDONTWRITEBYTECODE=1
exec python3 "$root/tests/examples/test_python_example.py" "$root/client/examples/list_data_files.py"
