# A server and a process to list, for tests of the example clients. To be sourced.
#
#   LSMAPD_EXE, FIXTURE_EXE  the programs, set by CTest
#   serve NAME [ARGUMENT...] starts both; sets pipe (full name) and pid (of the fixture); files in $work
#   skip NAME REASON         ends the test as skipped
#   check WHAT COMMAND...    runs COMMAND, which must succeed, and counts the case
#   finish                   prints the counts and ends the test
# shellcheck shell=sh
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
passed=0
failed=0
children=

# Ends the programs that this test started, but not Wine's own processes.
clean_up() {
    for child in $children; do
        kill "$child" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

skip() {
    echo "SKIP $1: $2"
    echo "0 passed, 0 failed, 1 skipped"
    exit 77
}

check() {
    what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $what"
    fi
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

wine() { "$root/tests/wine-run.sh" "$@"; }

# Waits up to 60 seconds for a line that starts with $2 in the file $1.
wait_for() {
    tries=0
    until grep -q "^$2" "$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -le 300 ] || {
            echo "FAILED to start: no line \"$2\" in:"
            cat "$1"
            echo "0 passed, 1 failed"
            exit 1
        }
        sleep 0.2
    done
}

serve() {
    pipe='\\.\pipe\'$1-$$
    shift
    # Not through a function: $! must be the program itself.
    "$root/tests/wine-run.sh" "$FIXTURE_EXE" --seconds 600 >"$work/fixture.txt" 2>&1 </dev/null &
    children="$children $!"
    "$root/tests/wine-run.sh" "$LSMAPD_EXE" --console --pipe "$pipe" "$@" >"$work/lsmapd.txt" 2>&1 </dev/null &
    children="$children $!"
    wait_for "$work/fixture.txt" ready
    wait_for "$work/lsmapd.txt" 'lsmapd: listening'
    pid=$(sed -n '1s/.*"pid":\([0-9]*\).*/\1/p' "$work/fixture.txt")
    # What the fixture has mapped, in the output format of the examples.
    sed -n 's/.*"kind":"data","base":"\([^"]*\)","size":\([0-9]*\),.*"path":"\([^"]*\)".*/\1	\2	\3/p' \
        "$work/fixture.txt" | sed 's/\\\\/\\/g' >"$work/truth.txt"
}

# Runs an example with these arguments; its output is in out.txt and err.txt, its exit code in $status.
run_example() {
    status=0
    example "$@" >"$work/out.txt" 2>"$work/err.txt" </dev/null || status=$?
    tr -d '\r' <"$work/out.txt" >"$work/rows.txt"
}

shows() {
    grep -qi -- "$1" "$work/err.txt" || {
        echo "stderr does not contain \"$1\":"
        cat "$work/err.txt"
        return 1
    }
}

contains_truth() {
    [ -s "$work/truth.txt" ] && [ "$(grep -cFx -f "$work/truth.txt" "$work/rows.txt")" -ge "$(wc -l <"$work/truth.txt")" ] || {
        echo "the list:"
        cat "$work/rows.txt" "$work/err.txt"
        echo "the mapped files:"
        cat "$work/truth.txt"
        return 1
    }
}

# Runs a program that runs the example 30 times at once, three times. It prints nothing to stderr.
check_burst() {
    for round in 1 2 3; do
        status=0
        "$@" >"$work/out.txt" 2>"$work/err.txt" </dev/null || status=$?
        check "30 connect at once, round $round" [ "$status" -eq 0 ]
        [ "$status" -eq 0 ] || sort "$work/out.txt" "$work/err.txt" | uniq -c | sort -rn | head -n 5
    done
}

# Checks that hold for every example; the function `example` runs it.
check_example() {
    run_example "$pid" "$pipe"
    check "a complete list ends with 0" [ "$status" -eq 0 ]
    check "the list has all mapped files" contains_truth
    check "a complete list prints nothing to stderr" [ ! -s "$work/err.txt" ]
    run_example 4294967295 "$pipe"
    check "no such process ends with 1" [ "$status" -eq 1 ]
    check "the server's message is shown" shows 'no process has this pid'
    run_example "$pid" "$pipe-nobody"
    check "no server ends with 1" [ "$status" -eq 1 ]
    check "the error is shown" [ -s "$work/err.txt" ]
    check "nothing is listed without a server" [ ! -s "$work/out.txt" ]
}
