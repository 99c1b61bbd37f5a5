#!/bin/sh
# Stands for lsmap.exe: writes its arguments to $FAKE/arguments, one a line, and returns what the files
# out, err and code of that folder say.
for argument in "$@"; do
    printf '%s\n' "$argument"
done >>"$FAKE/arguments"
[ ! -f "$FAKE/err" ] || cat "$FAKE/err" >&2
[ ! -f "$FAKE/out" ] || cat "$FAKE/out"
[ ! -f "$FAKE/endless" ] || exec sleep 1000
exit "$(cat "$FAKE/code" 2>/dev/null || echo 0)"
