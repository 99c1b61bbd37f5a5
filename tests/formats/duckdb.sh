#!/bin/sh
# Loads complete runs of lsmap into DuckDB: sh duckdb.sh PROGRAM FOLDER
#
# PROGRAM is virtual_lsmap, or lsmap.exe, which runs in Wine. FOLDER receives the output and, the
# first time, the npm package. Ends with 77, which CTest shows as skipped, when there is no npm or it
# cannot get the package.
set -u
program=$1
folder=$2
here=$(cd "$(dirname "$0")" && pwd)
package=@duckdb/node-api@1.5.6-r.1

skip() {
    echo "SKIP formats.duckdb: $1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 77
}

command -v node >/dev/null || skip "there is no node here"
mkdir -p "$folder/duckdb"
cd "$folder/duckdb" || exit 1
if [ ! -d node_modules/@duckdb/node-api ]; then
    command -v npm >/dev/null || skip "there is no npm here"
    echo '{"private":true}' >package.json
    npm install --no-audit --no-fund --no-save --loglevel=error "$package" >npm.log 2>&1 </dev/null ||
        skip "npm gets no $package"
fi

# lsmap FILE HOST ARGUMENT...: runs it; exit code 1 means that a process could not be read.
lsmap() {
    file=$1
    host=$2
    shift 2
    case "$program" in
    *.exe) sh "$here/../wine-run.sh" "$program" --direct "$@" >"$file" 2>"$file.error" </dev/null ;;
    *) "$program" 10 "$host" "$@" >"$file" 2>"$file.error" ;;
    esac
    status=$?
    [ "$status" -le 1 ] || {
        echo "lsmap $* ended with $status"
        cat "$file.error"
        exit 1
    }
}

lsmap maps.jsonl PC1 -a -k all --json --host
lsmap maps.csv PC1 -a -k all --csv --host
lsmap regions.csv PC1 -a -k all --regions --csv
lsmap ps.csv PC1 ps --csv
lsmap ps.jsonl PC1 ps --json
case "$program" in
*.exe) ;; # each run in Wine takes a second, and the rest shows nothing new there
*)
    lsmap maps2.jsonl PC2 -a -k all --json --host
    "$program" 1 PC1 -a --json --host >small.jsonl 2>/dev/null
    lsmap plain.csv PC1 -a -k all --csv
    lsmap bare.csv PC1 -a -k all --csv --no-header
    lsmap pages.csv PC1 -a -k all --pages --csv
    lsmap files.csv PC1 -a -k all --by-file --csv
    lsmap regions.jsonl PC1 -a -k all --regions --json
    ;;
esac
cp "$here/duckdb.mjs" . # beside its package
case "$program" in
*.exe) exec node duckdb.mjs live ;; # each run saw other processes
*) exec node duckdb.mjs all "$here/../.." ;;
esac
