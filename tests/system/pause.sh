#!/bin/sh
# A reader of lsmap that pauses gets every row, and the server is done with it long before: tests/system/pause.sh
#
# LSMAP_PAUSE_S is the pause, 8 by default, 60 for runs by hand. The server would wait 3 seconds for a write and 5 for
# an answer. LSMAP_EXECUTABLE, LSMAPD_EXE and FIXTURE_EXE are the programs, set by CTest.
set -eu
. "$(dirname "$0")/../examples/served.sh"
pause_s=${LSMAP_PAUSE_S:-8}

lsmap() { "$root/tests/wine-run.sh" "$LSMAP_EXECUTABLE" --pipe "$pipe" "$@"; }

# number NAME: of the server's numbers in stats.txt.
number() { sed -n 's/.*"'"$1"'":\([0-9]*\).*/\1/p' "$work/stats.txt"; }

serve lsmap-pause --limit WriteMs=3000 --limit AnswerMs=5000
mkfifo "$work/rows"
{
    code=0
    lsmap -a --regions -k all --json >"$work/rows" 2>"$work/said.txt" </dev/null || code=$?
    echo "$code" >"$work/code.txt"
} &
exec 3<"$work/rows" # nobody reads it yet
begin=$(date +%s)
asked=0
until [ "$(cat "$work/stats.txt" 2>/dev/null | grep -c '"requests_maps_\(ok\|partial\)":1,')" -ge 1 ] || [ "$asked" -ge 40 ]; do
    asked=$((asked + 1))
    sleep 0.5
    lsmap stats --json >"$work/stats.txt" </dev/null
done
done_s=$(($(date +%s) - begin))
check "the server is done during the pause" [ "$asked" -lt 40 ]
check "only the client that asks for this is connected" [ "$(number connections_now)" -eq 1 ]
sleep "$pause_s"
check "lsmap still runs" [ ! -e "$work/code.txt" ]
cat <&3 >"$work/rows.txt"
wait_for "$work/code.txt" ''
lsmap stats --json >"$work/stats.txt" </dev/null
check "lsmap ends as always" [ "$(cat "$work/code.txt")" -le 1 ]
rows=$(($(wc -l <"$work/rows.txt") - 1))
check "every row came" grep -q '"type":"end",.*"rows":'"$rows," "$work/rows.txt"
check "more than pipes hold" [ "$(wc -c <"$work/rows.txt")" -gt 131072 ]
for limit in $(sed 's/,/\n/g' "$work/stats.txt" | sed -n 's/.*"\(limit_[a-z_]*\)":.*/\1/p'); do
    check "the server met no limit: $limit" [ "$(number "$limit")" -eq 0 ]
done
echo "  the server was done after $done_s s; the reader read after $pause_s s more: $rows rows, $(wc -c <"$work/rows.txt") bytes"
finish
