#!/bin/sh
# Runs everything that can be tested on Debian and counts every test case: sh tests/run.sh
#
# Installs missing packages (setup.sh), then builds and tests the presets one after the other. The last
# line is `N passed, N failed`, with `, N skipped` if cases were skipped; they are listed above it with
# their reasons. Ends with 0 only if nothing failed. Needs no terminal and no input.
#
# A test that fails under Wine is run once more: on a busy machine Wine 8 fails to start about one program
# in two thousand. If it passes then, it counts as passed and is listed as REPEATED; more than two of those
# in a run count as failed.
set -u
cd "$(dirname "$0")/.." || exit 1
sh tests/setup.sh || exit 1

passed=0
failed=0
skipped=0
repeats_max=2
repeats=build/repeats.txt
skips=build/skips.txt
mkdir -p build
: >"$repeats"
: >"$skips"

# Adds the cases of a JUnit file of CTest.
count() {
    report=$(awk -f tests/checks/count.awk "$1")
    printf '%s\n' "$report" | sed '$d' >>"$skips"
    # shellcheck disable=SC2046 # three numbers
    set -- $(printf '%s\n' "$report" | tail -n 1)
    passed=$((passed + $1))
    failed=$((failed + $2))
    skipped=$((skipped + $3))
}

# An interrupted run may have left an installed service in the prefix.
if [ -d build/mingw/wineprefix ]; then
    sh tests/wine-run.sh --stop
    rm -rf build/mingw/wineprefix
fi

for preset in linux fuzz mingw analyze; do
    results=build/$preset/junit.xml
    rm -f "$results"
    printf '\n== %s\n' "$preset"
    cmake --workflow --preset "$preset" </dev/null
    status=$?
    failed_before=$failed
    if [ -f "$results" ]; then
        count "$results"
        awk '/ Testing: / { name = $3 } /^Test Failed/ { failed[name] = 1 }
             /^Test Passed/ && failed[name] { print "REPEATED " name ": failed, then passed" }' \
            "build/$preset/Testing/Temporary/LastTest.log" >>"$repeats"
    elif [ "$status" -eq 0 ]; then
        passed=$((passed + 1)) # analyze only compiles: one case
    fi
    if [ "$status" -ne 0 ] && [ "$failed" -eq "$failed_before" ]; then
        echo "run: the preset $preset does not build"
        failed=$((failed + 1))
    fi
done

printf '\n'
cat "$skips" "$repeats"
if [ "$(wc -l <"$repeats")" -gt "$repeats_max" ]; then
    failed=$((failed + $(wc -l <"$repeats")))
fi
if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
