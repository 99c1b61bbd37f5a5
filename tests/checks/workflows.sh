#!/bin/sh
# The workflows of GitHub: each action is named by the hash of a commit, and what must always run does so.
set -u
cd "$(dirname "$0")/../../.github/workflows" || exit 1
failed=0
fail() { # WHAT [LINES]
    echo "FAIL $1"
    [ -z "${2:-}" ] || printf '%s\n' "$2"
    failed=1
}
loose=$(grep -n 'uses:' ./*.yml | grep -v 'uses: \./' | grep -vE '@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$')
[ -z "$loose" ] || fail "an action is not pinned" "$loose"
grep -q 'uses: actions/' ./*.yml || fail "no action was found"
# step FILE NAME CONDITION: the step that has the line NAME is run under this condition.
step() {
    grep -A1 -F -- "$2" "$1" | grep -qF "if: $3" || fail "$1: $2: not run with $3"
}
step windows.yml 'name: lsmap-doctor' 'always()'
step windows.yml 'name: What the doctor says of the runner' 'always()'
step windows.yml 'name: Reports' 'failure()'
step ci.yml 'name: Reports' 'failure()'
for line in 'sh tests/run.sh' 'sh tests/demo.sh'; do
    grep -qF "run: $line" ci.yml || fail "ci.yml does not run: $line"
done
for word in 'attest-build-provenance' 'SHA256SUMS' 'gh release create'; do
    grep -qF "$word" release.yml || fail "release.yml lacks $word"
done
[ "$failed" -eq 0 ] && echo "1 passed"
exit "$failed"
