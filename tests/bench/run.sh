#!/bin/sh
# Builds and runs every bench, one after the other, and prints one report: sh tests/bench/run.sh
#
# A measurement, never a verdict: ends with 0 when everything could be measured. Takes about five
# minutes on an idle machine; the first lines show the load. PAIRS sets how often commands are run
# against each other, ROUND_MS how long the pipe is measured at a time; BUILD is the build folder,
# without blanks in its path.
set -eu
cd "$(dirname "$0")/../.."
sh tests/setup.sh

pairs=${PAIRS:-15}
round_ms=${ROUND_MS:-600}
build=${BUILD:-$PWD/build/bench}
wine_build=$build/mingw
export WINEPREFIX="$build/wineprefix"
wine() { tests/wine-run.sh "$@"; }
heading() { printf '\n== %s\n\n' "$*"; }

# Release, as the Windows programs are: the presets for Linux are made for sanitizers.
mkdir -p "$build"
{
    cmake -S . -B "$build/native" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=gcc
    cmake --build "$build/native" --target bench_scan bench_sections bench_writer bench_formats
    cmake --preset mingw -B "$wine_build"
    cmake --build "$wine_build" --target lsmap lsmapd bench_commands plain_way bench_pipe
} >"$build/build.log" 2>&1 || {
    cat "$build/build.log" >&2
    exit 1
}

heading "Machine"
date -u '+%Y-%m-%d %H:%M UTC'
uname -sr
printf '%s processors, load %s\n' "$(nproc)" "$(cut -d' ' -f1-3 /proc/loadavg)"
wine --version

heading "bench_scan: kernel queries, time by size, heap calls (native)"
"$build"/native/tests/bench/bench_scan
heading "bench_sections: named sections, by sections and handles (native)"
"$build"/native/tests/bench/bench_sections
heading "bench_writer: rows of JSON (native)"
"$build"/native/tests/bench/bench_writer
heading "bench_formats: the client's formats (native)"
"$build"/native/tests/bench/bench_formats

tests/wine-run.sh --start
server=
stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    tests/wine-run.sh --stop
}
trap stop EXIT
trap 'exit 1' INT TERM HUP

lsmap=$wine_build/client/lsmap.exe
pipe=lsmap-bench-$$
wine "$wine_build"/service/lsmapd.exe --console --pipe "$pipe" </dev/null >/dev/null 2>&1 &
server=$!
tries=0
until wine "$lsmap" info --pipe "$pipe" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 20 ] || {
        echo "bench: lsmapd does not answer" >&2
        exit 1
    }
    sleep 1
done

heading "bench_commands: lsmap -a through the pipe (A) and without a server (B)"
wine "$wine_build"/tests/bench/bench_commands.exe "$pairs" "$lsmap -a --pipe $pipe" "$lsmap -a --direct"
heading "bench_commands: lsmap --direct -a --json (A) and the plain way (B)"
wine "$wine_build"/tests/bench/bench_commands.exe "$pairs" "$lsmap --direct -a --json" \
    "$wine_build/tests/bench/plain_way.exe"
heading "bench_pipe: requests and memory of the server"
LSMAPD_EXE="$wine_build/service/lsmapd.exe" wine "$wine_build"/tests/bench/bench_pipe.exe "$round_ms"
