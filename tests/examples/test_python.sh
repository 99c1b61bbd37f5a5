#!/bin/sh
# Tests the Python example with made-up replies: tests/examples/test_python.sh
#
# Not run under Wine: neither Debian nor npm has a Python for Windows. Skipped without python3.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
command -v python3 >/dev/null || {
    echo "SKIP python: python3 is not installed"
    echo "0 passed, 0 failed, 1 skipped"
    exit 77
}
export PYTHONDONTWRITEBYTECODE=1
exec python3 "$root/tests/examples/test_python_example.py" "$root/client/examples/list_data_files.py"
