#!/bin/sh
# Stands for lsmap.exe: runs it under Wine against the server of run.sh.
exec sh "$LSMAP_ROOT/tests/wine-run.sh" "$LSMAP_EXECUTABLE" --pipe "$LSMAP_PIPE" "$@"
