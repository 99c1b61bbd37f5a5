#!/bin/sh
# Stands for lsmapd.exe and lsmap.exe: keeps the service as files of the folder $FAKE (status, start, group and
# the settings), and writes what it was asked to asked.
name=$(basename "$0")
echo "$name $*" >>"$FAKE/asked"
[ "$name" = lsmapd.exe ] || exit 0
if [ -f "$FAKE/refused" ]; then
    echo "lsmapd: the account of --readers is not known" >&2
    exit 1
fi
case " $* " in *" --check "*) exit 0 ;; esac
command=$1
shift
case $command in
stop)
    [ ! -f "$FAKE/hangs" ] || exit 5
    [ ! -f "$FAKE/status" ] || echo Stopped >"$FAKE/status"
    ;;
uninstall)
    rm -f "$FAKE/status" "$FAKE/start" "$FAKE/FilteredAdmins" "$FAKE/TrustFolder"
    case " $* " in *" /purge "*) rm -f "$FAKE/group" ;; esac
    ;;
install)
    [ -f "$FAKE/start" ] || echo Automatic >"$FAKE/start"
    echo 0 >"$FAKE/TrustFolder"
    after=Running
    for argument in "$@"; do
        case $argument in
        /readers:*) echo "${argument#*:}" >>"$FAKE/group" ;;
        /filtered-admins:*) echo "${argument#*:}" >"$FAKE/FilteredAdmins" ;;
        /enable) echo Automatic >"$FAKE/start" ;;
        /no-start) after=Stopped ;;
        /trust-folder) echo 1 >"$FAKE/TrustFolder" ;;
        esac
    done
    [ "$(cat "$FAKE/start")" != Disabled ] || after=Stopped
    echo "$after" >"$FAKE/status"
    ;;
esac
