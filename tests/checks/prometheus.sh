#!/bin/sh
# What lsmap prints with --prometheus is read by those who define the format: promtool of the package
# prometheus, and the parser of python3-prometheus-client.
# It also tests the rules for alerts that are among the examples.
#     sh prometheus.sh PRINT_PROMETHEUS STATS_TXT EXPECTED SCANS_TXT ALERTS ALERTS_TEST
# Ends with 77 when promtool is missing.
set -u
print=$1
stats=$2
expected=$3
scans=$4
alerts=$5
alerts_test=$6
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

refuses() {
    ! "$@"
}

# parse FILE KINDS: the types of its families, separated by commas.
parse() {
    /usr/bin/python3 - "$1" "$2" <<'PYTHON'
import sys
from prometheus_client.parser import text_string_to_metric_families
with open(sys.argv[1], encoding='utf-8', newline='') as file:
    families = list(text_string_to_metric_families(file.read()))
kinds = [family.type for family in families]
assert set(kinds) == set(sys.argv[2].split(',')), kinds
assert all(family.documentation and family.samples for family in families)
assert sum(len(family.samples) for family in families) < 300
labels = [sample.labels.get('process') for family in families for sample in family.samples]
assert 'lsmap_processes' not in [family.name for family in families] or any(labels), labels
PYTHON
}

"$print" "$stats" >"$scratch/stats" || exit 1
# What a golden file of the client expects on stdout: each command's in a file of its own.
awk -v to="$scratch/scan" '/^> / { n++ } /^< / { print substr($0, 3) > (to n) }' "$scans" || exit 1

check "the numbers of a server are those expected" diff "$expected" "$scratch/stats"
check "promtool finds no fault with the numbers of a server" lint "$scratch/stats"
for scan in "$scratch"/scan*; do
    check "promtool finds no fault with ${scan##*/}" lint "$scan"
done

# The tool would see it.
sed 's/^# TYPE lsmapd_connections gauge/# TYPE lsmapd_connections counter/' \
    "$scratch/stats" >"$scratch/bad"
check "promtool sees a counter without _total" refuses lint "$scratch/bad"
sed 's/"} 1$/} 1/' "$scratch/scan1" >"$scratch/bad"
check "promtool sees a label without its end" refuses lint "$scratch/bad"

# Each rule is needed: without it the test of the rules fails.
cp "$alerts" "$scratch/lsmap-alerts.yml"
cp "$alerts_test" "$scratch/alerts.yml"
check "promtool finds no fault with the rules" promtool check rules "$alerts"
check "each alert comes when it should" promtool test rules "$scratch/alerts.yml"
for alert in $(sed -n 's/^ *- alert: //p' "$alerts"); do
    sed "s/alert: $alert\$/alert: Other/" "$alerts" >"$scratch/lsmap-alerts.yml"
    check "promtool misses $alert" refuses promtool test rules "$scratch/alerts.yml"
done

if /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null; then
    check "the parser reads the numbers of a server" parse "$scratch/stats" counter,gauge,histogram
    for scan in "$scratch"/scan*; do
        check "the parser reads ${scan##*/}" parse "$scan" gauge
    done
    sed 's/ [0-9]*$/ x/' "$scratch/stats" >"$scratch/bad"
    check "the parser sees a value that is not a number" \
        refuses parse "$scratch/bad" counter,gauge,histogram
else
    skipped=$((skipped + 1))
    echo "SKIP parser: the package python3-prometheus-client is not installed"
fi

if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
