@echo off
rem Installs lsmap: copies the programs to %ProgramFiles%\lsmap, registers and starts the service, shows version and number of processes.
rem
rem   install.cmd [/quiet] [/readers:NAME] [/filtered-admins:full|no-addresses|off] [/enable] [/no-start] [/trust-folder] [/?]
rem
rem Works from the unpacked zip (the programs lie beside this script) and from a build tree. Running it again
rem upgrades. Needs an elevated prompt. What can be done in C is done by lsmapd.exe; this script only copies.
rem Exit: 0 installed and answering, 1 copying failed or no answer, 2 usage, else what lsmapd said.
setlocal
rem Commands are not looked for in the current folder, in which others may be able to write.
set "NoDefaultCurrentDirectoryInExePath=1"
set "QUIET="
set "READERS="
set "FILTERED="
set "OTHERS="
:next
if "%~1"=="" goto find
set "ARGUMENT=%~1"
if /i "%ARGUMENT%"=="/quiet" (
    set "QUIET=--quiet"
) else if /i "%ARGUMENT:~0,9%"=="/readers:" (
    set READERS="--readers=%ARGUMENT:~9%"
) else if /i "%ARGUMENT:~0,17%"=="/filtered-admins:" (
    set FILTERED="--filtered-admins=%ARGUMENT:~17%"
) else if /i "%ARGUMENT%"=="/enable" (
    set "OTHERS=%OTHERS% --enable"
) else if /i "%ARGUMENT%"=="/no-start" (
    set "OTHERS=%OTHERS% --no-start"
) else if /i "%ARGUMENT%"=="/trust-folder" (
    set "OTHERS=%OTHERS% --trust-folder"
) else if "%ARGUMENT%"=="/?" (
    goto help
) else (
    goto usage
)
shift /1
goto next

:find
set "SERVICE=%~dp0lsmapd.exe"
set "CLIENT=%~dp0lsmap.exe"
set "DOCTOR=%~dp0lsmap-doctor.exe"
if exist "%SERVICE%" goto found
for %%D in (mingw msvc) do for %%C in (Debug Release .) do if exist "%~dp0..\build\%%D\service\%%C\lsmapd.exe" (
    set "SERVICE=%~dp0..\build\%%D\service\%%C\lsmapd.exe"
    set "CLIENT=%~dp0..\build\%%D\client\%%C\lsmap.exe"
    set "DOCTOR=%~dp0..\build\%%D\tests\doctor\%%C\lsmap-doctor.exe"
)
if not exist "%SERVICE%" goto nosource
:found
if not exist "%CLIENT%" goto nosource
rem Before anything is copied or stopped: a wrong argument leaves a running service running.
"%SERVICE%" install --check %READERS% %FILTERED% %OTHERS%
if not "%ERRORLEVEL%"=="0" exit /b %ERRORLEVEL%

rem Not from the environment: what runs as SYSTEM lies there.
set "TARGET="
rem Again, if the query could not be started (seen once, on a busy machine).
for %%N in (1 2 3) do if not defined TARGET for /f "tokens=2,*" %%A in ('reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion" /v ProgramFilesDir /reg:64') do if "%%A"=="REG_SZ" set "TARGET=%%B\lsmap"
if not defined TARGET goto nofolder
if not exist "%TARGET%\." mkdir "%TARGET%"
if not exist "%TARGET%\." goto nocopy
del /q "%TARGET%\lsmap*.old*" 2>nul
rem While the service still runs: what fails here leaves it running. The event log keeps the message file mapped.
set "FROM=%CLIENT%"
call :place lsmap.exe
if errorlevel 1 goto nocopy
set "FROM=%DOCTOR%"
if exist "%DOCTOR%" call :place lsmap-doctor.exe
if errorlevel 1 goto nocopy
set "FROM=%~dp0lsmap-events.dll"
if not exist "%FROM%" set "FROM=%SERVICE:lsmapd.exe=lsmap-events.dll%"
call :place lsmap-events.dll
if errorlevel 1 goto nocopy
copy /y "%~dp0uninstall.cmd" "%TARGET%\uninstall.cmd" >nul
if errorlevel 1 goto nocopy
if exist "%~dp0uninstall.ps1" copy /y "%~dp0uninstall.ps1" "%TARGET%\uninstall.ps1" >nul
if errorlevel 1 goto nocopy
if exist "%~dp0lsmap-completion.ps1" copy /y "%~dp0lsmap-completion.ps1" "%TARGET%\lsmap-completion.ps1" >nul
if errorlevel 1 goto nocopy
if exist "%~dp0Lsmap\Lsmap.psd1" if not exist "%TARGET%\Lsmap\." mkdir "%TARGET%\Lsmap"
if exist "%~dp0Lsmap\Lsmap.psd1" copy /y "%~dp0Lsmap\Lsmap.*" "%TARGET%\Lsmap" >nul
if errorlevel 1 goto nocopy

set "FROM=%SERVICE%"
call :place lsmapd.exe
if errorlevel 1 goto nocopy
"%SERVICE%" stop --quiet
if not "%ERRORLEVEL%"=="0" (
    move /y "%TARGET%\%OLD%" "%TARGET%\lsmapd.exe" >nul 2>nul
    exit /b %ERRORLEVEL%
)

rem It also removes what was renamed.
"%TARGET%\lsmapd.exe" install %QUIET% %READERS% %FILTERED% %OTHERS%
if not "%ERRORLEVEL%"=="0" exit /b %ERRORLEVEL%
rem Not started: /no-start, or disabled.
"%TARGET%\lsmapd.exe" status --quiet
if not "%ERRORLEVEL%"=="0" exit /b 0

"%TARGET%\lsmap.exe" info >nul
if not "%ERRORLEVEL%"=="0" exit /b 1
if defined QUIET exit /b 0
rem In a folder that only administrators may write to.
"%TARGET%\lsmap.exe" ps >"%TARGET%\ps.tmp"
set "COUNT=0"
for /f %%N in ('find "process" ^< "%TARGET%\ps.tmp"') do set "COUNT=%%N"
del /q "%TARGET%\ps.tmp"
"%TARGET%\lsmap.exe" --version
echo %COUNT% processes are visible.
echo Next, in a new prompt: lsmap notepad, lsmap -f FILE, lsmap --help
exit /b 0

rem Copies %FROM% to the folder. What is in use cannot be overwritten, but renamed; and what was renamed comes back when the
rem copying fails. %FROM% is no argument: call expands arguments once more, and a path may have a percent sign.
:place
set "OLD=%~1.old%RANDOM%"
if exist "%TARGET%\%~1" ren "%TARGET%\%~1" %OLD%
if exist "%TARGET%\%~1" exit /b 1
copy /y "%FROM%" "%TARGET%\%~1" >nul
if not errorlevel 1 exit /b 0
if exist "%TARGET%\%OLD%" move /y "%TARGET%\%OLD%" "%TARGET%\%~1" >nul
exit /b 1
:help
echo Usage: install.cmd [/quiet] [/readers:NAME] [/filtered-admins:full^|no-addresses^|off] [/enable] [/no-start] [/trust-folder]
exit /b 0
:nofolder
>&2 echo %~nx0: the folder of programs is not in the registry.
exit /b 1
:usage
>&2 echo install.cmd: unknown argument: %1. See install.cmd /?
exit /b 2
:nosource
>&2 echo install.cmd: lsmapd.exe and lsmap.exe are neither beside this script nor in a build tree: unpack all of the zip, or build first.
exit /b 1
:nocopy
>&2 echo install.cmd: cannot copy to "%TARGET%": run this from an elevated prompt ^(Run as administrator^), and end the programs that hold files there.
exit /b 1
