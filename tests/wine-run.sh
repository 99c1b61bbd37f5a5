#!/bin/sh
# Runs a Windows program in lsmap's own Wine prefix: tests/wine-run.sh PROGRAM [ARGUMENT...]
#
# CTest runs every test of the mingw preset through this; it serves as well by hand. The prefix lies
# in the build folder, so that nobody's own Wine is touched; WINEPREFIX overrides it. Two words have
# a meaning of their own:
#   --start  creates the prefix when it is not there and keeps its server between programs
#   --stop   ends what runs in it
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
export WINEPREFIX="${WINEPREFIX:-$root/build/mingw/wineprefix}"
export WINEDEBUG=-all
export WINEDLLOVERRIDES='mscoree,mshtml=' # no dialog that offers to download them
export LC_ALL=C.UTF-8 # else Wine makes no files with names beyond ASCII
unset DISPLAY WAYLAND_DISPLAY # nothing here has a window

case "${1:-}" in
--start)
    mkdir -p "$WINEPREFIX"
    # What this starts lives on and would hold the caller's output open.
    exec </dev/null >"$WINEPREFIX/start.log" 2>&1
    if [ ! -f "$WINEPREFIX/system.reg" ]; then
        wine cmd /c exit # any program makes the prefix
        # In the session that made it, DLLs have the names of the files they were installed from.
        wineserver -k
        wineserver -w
    fi
    # 60 seconds without a client end it: a killed run leaves nothing behind. Fails when one runs.
    wineserver -p60 || true
    # Starts Wine's own processes. Not `wineboot --init`: services do not start behind it.
    wine cmd /c exit
    ;;
--stop)
    wineserver -k || true # it may have gone by itself
    ;;
*)
    exec wine "$@"
    ;;
esac
