#!/bin/sh
# Builds and vets the Go example, and runs it under Wine: tests/examples/run_go.sh BUILD_FOLDER
#
# Skipped where go is not at hand.
set -eu
. "$(dirname "$0")/served.sh"
source=$root/client/examples/list_data_files.go

command -v go >/dev/null || skip go "go is not at hand"
export GOOS=windows GOARCH=amd64 CGO_ENABLED=0 GOFLAGS='' GOCACHE="$1/go" GOPROXY=off GO111MODULE=off
is_formatted() { [ -z "$(gofmt -l "$source")" ]; }
check "gofmt has nothing to say" is_formatted
check "go vet has nothing to say" go vet "$source"
check "it builds" go build -trimpath -o "$work/example.exe" "$source"
example() { wine "$work/example.exe" "$@"; }

serve lsmap-go
check_example
finish
