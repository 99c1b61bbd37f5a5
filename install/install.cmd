@echo off
rem Installs lsmap: copies the programs to %ProgramFiles%\lsmap, registers and starts the service, shows `lsmap info`.
rem
rem   install.cmd [/quiet] [/readers:NAME] [/filtered-admins:full|no-addresses|off]
rem
rem Works from the unpacked zip (the programs lie beside this script) and from a build tree. Running it again
rem upgrades. Needs an elevated prompt. What can be done in C is done by lsmapd.exe; this script only copies.
rem Exit: 0 installed and answering, 1 copying failed, 2 usage, else what lsmapd or lsmap said.
setlocal
set "QUIET="
set "READERS="
set "FILTERED="
:next
if "%~1"=="" goto find
set "ARGUMENT=%~1"
if /i "%ARGUMENT%"=="/quiet" (
    set "QUIET=--quiet"
) else if /i "%ARGUMENT:~0,9%"=="/readers:" (
    set READERS="--readers=%ARGUMENT:~9%"
) else if /i "%ARGUMENT:~0,17%"=="/filtered-admins:" (
    set FILTERED="--filtered-admins=%ARGUMENT:~17%"
) else (
    goto usage
)
shift /1
goto next

:find
set "SERVICE=%~dp0lsmapd.exe"
set "CLIENT=%~dp0lsmap.exe"
if exist "%SERVICE%" goto found
for %%D in (mingw msvc) do for %%C in (. Release Debug) do if exist "%~dp0..\build\%%D\service\%%C\lsmapd.exe" (
    set "SERVICE=%~dp0..\build\%%D\service\%%C\lsmapd.exe"
    set "CLIENT=%~dp0..\build\%%D\client\%%C\lsmap.exe"
)
if not exist "%SERVICE%" goto nosource
:found
if not exist "%CLIENT%" goto nosource

rem A running service keeps its file from being replaced. This also tells whether the prompt is elevated.
"%SERVICE%" stop --quiet
if errorlevel 1 exit /b %ERRORLEVEL%

set "TARGET=%ProgramFiles%\lsmap"
if defined ProgramW6432 set "TARGET=%ProgramW6432%\lsmap"
if not exist "%TARGET%\." mkdir "%TARGET%"
if not exist "%TARGET%\." goto nocopy
copy /y "%SERVICE%" "%TARGET%\lsmapd.exe" >nul
if errorlevel 1 goto nocopy
copy /y "%CLIENT%" "%TARGET%\lsmap.exe" >nul
if errorlevel 1 goto nocopy
copy /y "%~dp0uninstall.cmd" "%TARGET%\uninstall.cmd" >nul
if errorlevel 1 goto nocopy
for %%F in (uninstall.ps1 lsmap-completion.ps1) do if exist "%~dp0%%F" copy /y "%~dp0%%F" "%TARGET%\%%F" >nul
if errorlevel 1 goto nocopy

"%TARGET%\lsmapd.exe" install %QUIET% %READERS% %FILTERED%
if errorlevel 1 exit /b %ERRORLEVEL%

if defined QUIET goto quietly
"%TARGET%\lsmap.exe" info
exit /b %ERRORLEVEL%
:quietly
"%TARGET%\lsmap.exe" info >nul
exit /b %ERRORLEVEL%

:usage
>&2 echo install.cmd: unknown argument: %1. Usage: install.cmd [/quiet] [/readers:NAME] [/filtered-admins:full^|no-addresses^|off]
exit /b 2
:nosource
>&2 echo install.cmd: lsmapd.exe and lsmap.exe are neither beside this script nor in a build tree: unpack the whole zip, or build first.
exit /b 1
:nocopy
>&2 echo install.cmd: cannot copy to "%TARGET%": run this from an elevated prompt ^(Run as administrator^), and end every lsmap.exe that runs from there.
exit /b 1
