#!/bin/sh
# Runs a Windows program in lsmap's own Wine prefix: tests/wine-run.sh PROGRAM [ARGUMENT...]
#
# CTest runs every test of the mingw preset through this script; it can also be used by hand. The prefix
# is in the build folder, so that a user's own Wine is not touched; WINEPREFIX overrides it. Instead of a
# program:
#   --start  creates the prefix if there is none, and keeps its server between programs
#   --stop   ends everything that runs in it
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
export WINEPREFIX="${WINEPREFIX:-$root/build/mingw/wineprefix}"
export WINEDEBUG=-all
export WINEDLLOVERRIDES='mscoree,mshtml=' # no dialog that offers a download
export LC_ALL=C.UTF-8 # otherwise Wine cannot create files with non-ASCII names
unset DISPLAY WAYLAND_DISPLAY # nothing here has a window

case "${1:-}" in
--start)
    mkdir -p "$WINEPREFIX"
    # Wine's processes stay and would keep the caller's output open.
    exec </dev/null >"$WINEPREFIX/start.log" 2>&1
    if [ ! -f "$WINEPREFIX/system.reg" ]; then
        wine cmd /c exit # any program creates the prefix
        # In the session that created it, DLLs have the names of the files they were installed from.
        wineserver -k
        wineserver -w
    fi
    # The server ends after 60 seconds without a client, also after a killed run. Fails if one is running.
    wineserver -p60 || true
    # Starts Wine's own processes. Not `wineboot --init`: services do not start after it.
    wine cmd /c exit
    ;;
--stop)
    wineserver -k || true # it may have ended by itself
    ;;
*)
    exec wine "$@"
    ;;
esac
