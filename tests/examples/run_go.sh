#!/bin/sh
# Builds and vets the Go example, and runs it under Wine: tests/examples/run_go.sh BUILD_FOLDER
#
# Skipped without go.
set -eu
. "$(dirname "$0")/served.sh"
source=$root/client/examples/list_data_files.go

command -v go >/dev/null || skip go "go is not installed"
export GOOS=windows GOARCH=amd64 CGO_ENABLED=0 GOFLAGS='' GOCACHE="$1/go" GOPROXY=off GO111MODULE=off
is_formatted() { [ -z "$(gofmt -l "$source")" ]; }
check "gofmt changes nothing" is_formatted
check "go vet finds nothing" go vet "$source"
check "it builds" go build -trimpath -o "$work/example.exe" "$source"
mkdir "$work/busy"
cp "$source" "$root/tests/examples/busy_test.go" "$work/busy/"
build_burst() { (cd "$work/busy" && go test -c -trimpath -o ../busy.exe list_data_files.go busy_test.go); }
check "30 of it build" build_burst
example() { wine "$work/example.exe" "$@"; }

serve lsmap-go
check_example
export EXAMPLE_PID="$pid" EXAMPLE_PIPE="$pipe"
check_burst wine "$work/busy.exe"
finish
