#!/bin/sh
# Watches a process that maps and unmaps a file, and one that starts and ends, while the server is restarted:
# tests/system/watch.sh
#
# LSMAP_EXECUTABLE, LSMAPD_EXE and FIXTURE_EXE are the programs, set by CTest.
set -eu
. "$(dirname "$0")/../examples/served.sh"

serve lsmap-watch
# Under a name of its own: other tests run the fixture at the same time.
cp "$FIXTURE_EXE" "$work/watched.exe"
FIXTURE_EXE=$work/watched.exe
# A process that lives on and takes orders.
mkfifo "$work/orders"
"$root/tests/wine-run.sh" "$FIXTURE_EXE" >"$work/living.txt" 2>&1 <"$work/orders" &
children="$children $!"
exec 3>"$work/orders"
wait_for "$work/living.txt" ready
living=$(sed -n '1s/.*"pid":\([0-9]*\).*/\1/p' "$work/living.txt")
"$root/tests/wine-run.sh" "$LSMAP_EXECUTABLE" --pipe "$pipe" watch watched --json --interval 1 -k data \
    >"$work/changes.txt" 2>"$work/said.txt" </dev/null &
watcher=$!
children="$children $watcher"

# Waits up to 30 seconds until $1 of the changes match $2.
until_changes() {
    for _ in $(seq 150); do
        [ "$(grep -c "$2" "$work/changes.txt")" -ge "$1" ] && return 0
        sleep 0.2
    done
    cat "$work/changes.txt" "$work/said.txt"
    return 1
}

start_fixture() {
    "$root/tests/wine-run.sh" "$FIXTURE_EXE" --seconds 60 >"$work/other.txt" 2>&1 </dev/null &
    fixture=$!
    children="$children $fixture"
    wait_for "$work/other.txt" ready
    other=$(sed -n '1s/.*"pid":\([0-9]*\).*/\1/p' "$work/other.txt")
}

sleep 3 # the first answer
check "what is there at first is no news" [ ! -s "$work/changes.txt" ]
echo map >&3
check "a view that is mapped is reported" until_changes 1 \
    '"map_change","change":"came","pid":'"$living"',.*"kind":"data".*watched\.exe"'
echo unmap >&3
check "a view that is unmapped is reported" until_changes 1 \
    '"map_change","change":"went","pid":'"$living"',.*"kind":"data".*watched\.exe"'
sleep 3 # another answer
check "and nothing else of that process" [ "$(grep -c . "$work/changes.txt")" -eq 2 ]
start_fixture
check "a process that starts is reported" until_changes 1 '"process_change","change":"came","pid":'"$other,"
kill "$fixture"
check "a process that ends is reported" until_changes 1 '"process_change","change":"went","pid":'"$other,"

# The server goes and comes back under its name.
for child in $children; do
    case "$(tr '\0' ' ' 2>/dev/null <"/proc/$child/cmdline")" in *lsmapd.exe*) kill "$child" ;; esac
done
sleep 2
"$root/tests/wine-run.sh" "$LSMAPD_EXE" --console --pipe "$pipe" >"$work/lsmapd.txt" 2>&1 </dev/null &
children="$children $!"
wait_for "$work/lsmapd.txt" 'lsmapd: listening'
start_fixture
check "watching goes on after a restart" until_changes 2 '"process_change","change":"came"'
check "the restart is said" grep -q 'the server answers again' "$work/said.txt"
check "and nothing else is news" [ "$(grep -c . "$work/changes.txt")" -eq 5 ]
check "each change has its time" [ "$(grep -c '"time":"20' "$work/changes.txt")" -eq 5 ]
finish
