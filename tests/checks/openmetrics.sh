#!/bin/sh
# What `lsmap stats` tells a collector is read by those who define its formats: promtool of the
# package prometheus, and the strict parser of python3-prometheus-client.
#     sh openmetrics.sh PRINT_METRICS STATS_TXT EXPECTED
# Ends with 77 when promtool is missing.
set -u
print=$1
stats=$2
expected=$3
passed=0
failed=0
skipped=0

if ! command -v promtool >/dev/null; then
    echo "SKIP promtool: the package prometheus is not installed"
    exit 77
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# check NAME COMMAND...: one case; it fails when the command does.
check() {
    name=$1
    shift
    if "$@" >"$scratch/said" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name"
        head -n 40 "$scratch/said"
    fi
}

lint() {
    promtool check metrics <"$1"
}

# promtool reads the older dialect, in which a counter's declaration has another name. So it takes
# the counters of OpenMetrics for samples without one, and may find fault with nothing else.
lint_openmetrics() {
    lint "$1" >"$scratch/lint" 2>&1
    [ $? -le 3 ] && grep -q '^lsmapd_rows_total no help text$' "$scratch/lint" &&
        ! grep -v '^lsmapd_[a-z_]*_total no help text$' "$scratch/lint"
}

samples() {
    grep -v '^#' "$1"
}

same_samples() {
    samples "$scratch/openmetrics" >"$scratch/a"
    samples "$scratch/prometheus" >"$scratch/b"
    [ -s "$scratch/a" ] && diff "$scratch/a" "$scratch/b"
}

refuses() {
    ! "$@"
}

parse() {
    /usr/bin/python3 - "$1" <<'PYTHON'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
with open(sys.argv[1], encoding='utf-8', newline='') as file:
    families = list(text_string_to_metric_families(file.read()))
kinds = [family.type for family in families]
assert set(kinds) == {'counter', 'gauge', 'histogram'}, kinds
assert all(family.documentation and family.samples for family in families)
assert sum(len(family.samples) for family in families) < 200
PYTHON
}

"$print" openmetrics "$stats" >"$scratch/openmetrics" || exit 1
"$print" prometheus "$stats" >"$scratch/prometheus" || exit 1
check "the metrics are those expected" diff "$expected" "$scratch/openmetrics"
check "both dialects tell the same" same_samples
check "promtool finds no fault" lint "$scratch/prometheus"
check "promtool finds only what OpenMetrics is not meant to have" \
    lint_openmetrics "$scratch/openmetrics"

# The tools would see it.
sed 's/^# TYPE lsmapd_connections gauge/# TYPE lsmapd_connections counter/' \
    "$scratch/prometheus" >"$scratch/bad"
check "promtool sees a counter without _total" refuses lint "$scratch/bad"

if /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null; then
    check "the strict parser reads OpenMetrics" parse "$scratch/openmetrics"
    check "the strict parser refuses the older dialect" refuses parse "$scratch/prometheus"
    sed '$d' "$scratch/openmetrics" >"$scratch/bad"
    check "the strict parser sees that the end is missing" refuses parse "$scratch/bad"
else
    skipped=$((skipped + 1))
    echo "SKIP strict parser: the package python3-prometheus-client is not installed"
fi

if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
