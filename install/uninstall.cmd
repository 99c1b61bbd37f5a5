@echo off
rem Removes lsmap: stops and deletes the service, removes %ProgramFiles%\lsmap.
rem
rem   uninstall.cmd [/quiet] [/purge] [/elevate]
rem
rem Running it again is a success. Needs an elevated prompt.
rem Exit: 0 removed (only renamed files that are in use may be left), 1 files could not be removed, 2 usage, else what lsmapd said.
setlocal
rem Commands are not looked for in the current folder, in which others may be able to write.
set "NoDefaultCurrentDirectoryInExePath=1"
set "QUIET="
set "PURGE="
:next
if "%~1"=="" goto find
if /i "%~1"=="/quiet" (
    set "QUIET=--quiet"
) else if /i "%~1"=="/purge" (
    set "PURGE=--purge"
) else if /i "%~1"=="/elevate" (
    goto elevate
) else (
    goto usage
)
shift /1
goto next

:find
rem Not from the environment: what runs as SYSTEM lies there.
set "TARGET="
rem Again, if the query could not be started (seen once, on a busy machine).
for %%N in (1 2 3) do if not defined TARGET for /f "tokens=2,*" %%A in ('reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion" /v ProgramFilesDir /reg:64') do if "%%A"=="REG_SZ" set "TARGET=%%B\lsmap"
if not defined TARGET goto nofolder
set "SERVICE=%TARGET%\lsmapd.exe"
if exist "%SERVICE%" goto found
rem The folder may have gone before the service: any lsmapd.exe can delete the registration.
set "SERVICE=%~dp0lsmapd.exe"
if exist "%SERVICE%" goto found
for %%D in (mingw msvc) do for %%C in (Debug Release .) do if exist "%~dp0..\build\%%D\service\%%C\lsmapd.exe" set "SERVICE=%~dp0..\build\%%D\service\%%C\lsmapd.exe"
if not exist "%SERVICE%" goto files
:found
"%SERVICE%" uninstall %QUIET% %PURGE%
if not "%ERRORLEVEL%"=="0" exit /b %ERRORLEVEL%

:files
if not exist "%TARGET%\." goto done
del /q "%TARGET%\lsmapd.exe" "%TARGET%\lsmap-events.dll" "%TARGET%\*.old*" "%TARGET%\lsmap.exe" "%TARGET%\lsmap-doctor.exe" "%TARGET%\uninstall.ps1" "%TARGET%\lsmap-completion.ps1" 2>nul
rmdir /s /q "%TARGET%\Lsmap" 2>nul
rem A program that runs keeps its file, also a process that is lost in the kernel: renamed, it does not hinder the next install.
for %%F in (lsmapd.exe lsmap-events.dll lsmap.exe lsmap-doctor.exe) do if exist "%TARGET%\%%F" ren "%TARGET%\%%F" %%F.old%RANDOM%
for %%F in (lsmapd.exe lsmap-events.dll lsmap.exe lsmap-doctor.exe) do if exist "%TARGET%\%%F" goto busy
if not defined QUIET echo lsmap is removed.
if exist "%TARGET%\*.old*" if not defined QUIET echo Files that are in use stay in "%TARGET%"; the next install removes them.
rem This script may run from the folder: all of the block is read before it deletes the script. While a shell holds the
rem script open (Wine does) the folder cannot go yet: then a second script removes it and itself. That one lies beside the
rem folder, where only administrators can write.
cd /d "%TARGET%\.."
(
    del /q "%TARGET%\uninstall.cmd" 2>nul
    rmdir "%TARGET%" 2>nul
    if not exist "%TARGET%\." exit /b 0
    >lsmap-removal.cmd echo @ping -n 2 127.0.0.1 ^>nul
    >>lsmap-removal.cmd echo @rmdir lsmap 2^>nul
    >>lsmap-removal.cmd echo @del lsmap-removal.cmd ^& exit
    start /b cmd /d /c .\lsmap-removal.cmd
    exit /b 0
)

:done
if not defined QUIET echo lsmap is not installed.
exit /b 0
:elevate
rem From "Installed apps", which runs this with the rights of the user.
set "SCRIPT=%~f0"
powershell.exe -NoProfile -Command "Start-Process -Verb RunAs -FilePath $env:SCRIPT"
exit /b %ERRORLEVEL%
:nofolder
>&2 echo %~nx0: the folder of programs is not in the registry.
exit /b 1
:usage
>&2 echo uninstall.cmd: unknown argument: %1. Usage: uninstall.cmd [/quiet] [/purge]
exit /b 2
:busy
>&2 echo uninstall.cmd: a program in "%TARGET%" is in use: end what holds it and run this again.
exit /b 1
