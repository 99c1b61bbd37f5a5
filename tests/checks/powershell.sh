#!/bin/sh
# Each PowerShell script is well formed: tests/checks/powershell.sh
#
# Debian has no PowerShell: this only looks at characters, strings, comments and brackets. First it shows
# with bad scripts that it can fail.
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0
failed=0
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT

count() {
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $2"
    fi
}

good='Set-StrictMode -Version Latest'
while IFS= read -r line; do
    printf '%s\n%s\n' "$good" "$line" >"$bad"
    status=0
    awk -f tests/checks/powershell.awk "$bad" >/dev/null || status=1
    count $((1 - status)) "not refused: $line"
done <<'END'
if ($a) { 'b'
if ($a) ) { 'b' }
if ($a] { 'b' }
$a = 'no end
$a = "no end
$a = "no $(end"
$a = @'
<# no end
$a && $b
$a = $b ?? $c
Get-Item | % { $_ }
$a = ‘smart’
$a = 1 
END
printf '%s\r\n$a = 1\n' "$good" >"$bad"
status=0
awk -f tests/checks/powershell.awk "$bad" >/dev/null || status=1
count $((1 - status)) "not refused: mixed line ends"
printf '$a = 1\n' >"$bad"
status=0
awk -f tests/checks/powershell.awk "$bad" >/dev/null || status=1
count $((1 - status)) "not refused: no strict mode"

for script in $(find client install tests -name '*.ps1' -o -name '*.psm1'); do
    status=0
    awk -f tests/checks/powershell.awk "$script" || status=1
    count $status "$script"
done
grep -q '^\*\.ps1 eol=crlf$' .gitattributes
count $? ".gitattributes gives scripts the line ends of Windows"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
