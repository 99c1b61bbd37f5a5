#!/bin/sh
# Shows lsmap at work on this machine: builds it, installs the service under Wine with its script, queries real
# processes through the pipe, and removes it again. Ends with 0 if every step succeeded.
set -eu
cd "$(dirname "$0")/.."
root=$PWD

heading() { printf '\n== %s\n' "$*"; }
fail() { printf 'demo.sh: %s\n' "$*" >&2; exit 1; }

sh tests/setup.sh

heading "Build (preset mingw), and the package that a user unpacks"
cmake --preset mingw >/dev/null
cmake --build --preset mingw
package=$root/build/demo/lsmap
rm -rf build/demo # also the remains of an interrupted demo
cmake --install build/mingw --prefix "$package" >/dev/null
ls -l "$package"

heading "A private Wine prefix, and some processes to look at"
WINEPREFIX=$root/build/demo/wineprefix
export WINEPREFIX
tests/wine-run.sh --start
stop() {
    tests/wine-run.sh --stop
}
trap stop EXIT
trap 'exit 1' INT TERM HUP
# Rarely the host's loader fails an assertion (dl-fini) when a Wine process ends, which makes its exit code 127. None of
# our programs ends with 127, so the command is run once more.
wine() {
    wine_status=0
    tests/wine-run.sh "$@" || wine_status=$?
    [ "$wine_status" -eq 127 ] || return "$wine_status"
    tests/wine-run.sh "$@"
}
programs='C:\Program Files\lsmap'
lsmap() { wine "$programs\\lsmap.exe" "$@"; }

wine build/mingw/tests/win32/fixture.exe --seconds 120 >build/demo/fixture.txt </dev/zero &
for try in 1 2 3 4 5 6 7 8 9 10; do
    grep -q '^ready' build/demo/fixture.txt && break
    sleep 1
done
grep -q '^ready' build/demo/fixture.txt || fail "the fixture process did not start"

heading "install.cmd"
wine cmd /d /c "$(printf '%s' "$package/install.cmd" | sed 's|/|\\|g')"

heading "lsmapd status"
wine "$programs\\lsmapd.exe" status

heading "lsmap whoami"
lsmap whoami

heading "lsmap ps"
lsmap ps

heading "lsmap fixture.exe -k data,pagefile"
lsmap fixture.exe -k data,pagefile

heading "lsmap -f 'locale.nls' (who has this file mapped?)"
lsmap -f locale.nls

heading "lsmap -a --json (the first rows)"
lsmap -a --json >build/demo/all.jsonl || [ $? -eq 1 ] || fail "lsmap -a failed"
head -n 4 build/demo/all.jsonl
tail -n 1 build/demo/all.jsonl
awk -F'"pid":' '
    /"type":"map"/ { pid = $2 + 0 }
    /"kind":"image"/ { image[pid]++ }
    /"kind":"data"/ { data[pid]++ }
    END {
        for (pid in image)
            if (pid in data) { both++; printf "pid %5d: %3d images, %3d data files\n", pid, image[pid], data[pid] }
        if (both < 5) { print "fewer than five processes with images and data files" ; exit 1 }
        printf "%d processes with images and data files\n", both
    }' build/demo/all.jsonl || fail "the list is wrong"

heading "uninstall.cmd"
wine cmd /d /c "$(printf '%s' "$package/uninstall.cmd" | sed 's|/|\\|g')"
if lsmap_gone=$(wine "$package/lsmap.exe" info 2>&1); then
    fail "the service still answers"
fi
printf '%s\n' "$lsmap_gone"
heading "Done: all steps succeeded."
