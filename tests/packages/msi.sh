#!/bin/sh
# The MSI under Wine: installed, repaired, upgraded, removed, and nothing is left: msi.sh FOLDER SCRATCH
#
# FOLDER holds what the package has; SCRATCH receives two MSIs of it, as of the versions 0.1.0 and 0.2.0.
# Wine's own part is small: its repair takes REINSTALL and not /fa, and a removal by an upgrade has no
# UPGRADINGPRODUCTCODE, which this script gives by hand.
set -u
folder=$1 scratch=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
run=$root/tests/wine-run.sh
if ! command -v wixl >/dev/null || ! command -v msibuild >/dev/null; then
    echo "SKIP msi: wixl and msibuild (packages wixl and msitools) make it"
    exit 77
fi
rm -rf "$scratch"
mkdir -p "$scratch"
export WINEPREFIX="${WINEPREFIX:-$root/build/mingw/wineprefix}"
target="$WINEPREFIX/drive_c/Program Files/lsmap"
passed=0 failed=0

# check NAME COMMAND...: one case.
check() {
    name=$1
    shift
    if "$@"; then
        echo "ok $name"
        passed=$((passed + 1))
    else
        echo "FAIL $name"
        failed=$((failed + 1))
    fi
}
# msi NAME EXIT ARGUMENT...: msiexec ends with EXIT, of which Wine passes on the lowest byte.
msi() {
    name=$1 expected=$2
    shift 2
    (cd "$scratch" && "$run" msiexec "$@" /qn) </dev/null >"$scratch/output.txt" 2>&1
    code=$?
    [ "$code" -eq "$expected" ] || cat "$scratch/output.txt"
    check "$name: msiexec ends with $code" [ "$code" -eq "$expected" ]
}
query() { "$run" reg query "$@" 2>/dev/null | tr -d '\r'; }
state() { "$run" 'C:\Program Files\lsmap\lsmapd.exe' status 2>/dev/null | grep -c "^state: *running"; }
path_count() {
    query 'HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment' /v Path |
        tr ';' '\n' | grep -c 'Program Files\\lsmap$'
}
# Entries of "Installed apps" with the name lsmap.
apps() {
    key='HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall'
    query "$key" | grep '{' | while read -r entry; do query "$entry" /v DisplayName; done | grep -c 'lsmap$'
}
setting() { query 'HKLM\SYSTEM\CurrentControlSet\Services\lsmapd\Parameters' /v FilteredAdmins | grep -c "$1\$"; }
is() { [ "$1" = "$2" ] || { echo "  $1 instead of $2"; false; }; }
# Everything that the machine knows of lsmap.
traces() {
    [ ! -e "$target" ] || ls "$target"
    for key in 'HKLM\Software\Microsoft\Windows\CurrentVersion' 'HKLM\Software\Classes\Installer' \
        'HKLM\SYSTEM\CurrentControlSet'; do
        rm -f "$scratch/keys.reg"
        (cd "$scratch" && "$run" reg export "$key" keys.reg /y) >/dev/null 2>&1
        [ ! -f "$scratch/keys.reg" ] || iconv -f UTF-16 -t UTF-8 "$scratch/keys.reg" | tr -d '\r' |
            grep -i 'lsmap' | grep -vi 'bin"\|exe"='
    done
}
installed() { # NAME
    check "$1: the service runs" is "$(state)" 1
    check "$1: PATH has the folder once" is "$(path_count)" 1
    check "$1: the installed apps have one lsmap" is "$(apps)" 1
    missing=$(cd "$folder" && find . -type f ! -name '*install.cmd' ! -name '*install.ps1' | sort | while read -r file; do
        cmp -s "$file" "$target/$file" || echo "$file"
    done)
    check "$1: every file is there" is "$missing" ''
}

for version in 0.1.0 0.2.0; do
    python3 "$root/install/pack.py" "$folder" "$version" x64 "$scratch" || exit 1
done
code=$(msiinfo export "$scratch/lsmap-0.2.0-x64.msi" Property | tr -d '\r' | sed -n 's/^ProductCode\t//p')
# What a user who is no administrator may set, with Windows' own list, when SYSTEM repairs the product.
secure=$(msiinfo export "$scratch/lsmap-0.2.0-x64.msi" Property | tr -d '\r' | sed -n 's/^SecureCustomProperties\t//p')
check "no setting can be given by a user" is "$secure" 'OLDERFOUND;LATERFOUND'
traces >"$scratch/before.txt"
check "nothing is installed before" [ ! -e "$target" ]

msi "an unknown reader" 91 /i lsmap-0.1.0-x64.msi READERS=nobody-of-this-name
check "an unknown reader: nothing is left" [ ! -e "$target" ]

msi "install" 0 /i lsmap-0.1.0-x64.msi FILTEREDADMINS=no-addresses
installed "install"
check "install: the registry knows lsmap" [ -n "$(traces | tail -n +20)" ]
check "install: the setting is written" is "$(setting no-addresses)" 1

rm -f "$target/lsmap.exe" "$target/client/README.md"
msi "repair" 0 /i lsmap-0.1.0-x64.msi REINSTALL=ALL REINSTALLMODE=amus
installed "repair"
check "repair: the setting stays" is "$(setting no-addresses)" 1

# As Windows does it: the old version is removed by the new one and leaves its service.
msi "removal by an upgrade" 0 /x lsmap-0.1.0-x64.msi "UPGRADINGPRODUCTCODE=$code"
check "removal by an upgrade: the program is gone" [ ! -e "$target/lsmapd.exe" ]
check "removal by an upgrade: the setting stays" is "$(setting no-addresses)" 1
msi "upgrade" 0 /i lsmap-0.2.0-x64.msi
installed "upgrade"
check "upgrade: the setting stays" is "$(setting no-addresses)" 1
msi "downgrade" 67 /i lsmap-0.1.0-x64.msi
installed "downgrade is refused"
msi "remove" 0 /x lsmap-0.2.0-x64.msi
check "remove: the folder is gone" [ ! -e "$target" ]

# In one step.
msi "install again" 0 /i lsmap-0.1.0-x64.msi NOSTART=1
check "install again: the service is stopped" is "$(state)" 0
msi "upgrade in one step" 0 /i lsmap-0.2.0-x64.msi
installed "upgrade in one step"
msi "remove again" 0 /x lsmap-0.2.0-x64.msi
check "remove again: the folder is gone" [ ! -e "$target" ]
check "remove again: PATH has no lsmap" is "$(path_count)" 0
traces >"$scratch/after.txt"
check "remove again: no trace in the registry" cmp "$scratch/before.txt" "$scratch/after.txt"
diff "$scratch/before.txt" "$scratch/after.txt" | head -20

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
