#!/bin/sh
# Runs the tests of the PowerShell module with Pester in PowerShell 7: tests/powershell/run.sh BUILD_FOLDER
#
# PowerShell and Pester come from NuGet, once, into the build folder. Skipped without a .NET SDK and if they cannot be
# downloaded. Windows PowerShell 5.1 is not at hand: check.powershell refuses what it does not know.
set -eu
. "$(dirname "$0")/../examples/served.sh"
folder=$1/powershell
shell=$folder/tool/pwsh
pester=$folder/packages/pester/6.2.0/tools/Pester.psd1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off

command -v dotnet >/dev/null || skip powershell "no .NET SDK is installed"
mkdir -p "$folder"
if [ ! -x "$shell" ]; then
    timeout 200 dotnet tool install PowerShell --version 7.6.9 --tool-path "$folder/tool" >"$folder/tool.log" 2>&1 </dev/null ||
        skip powershell "dotnet cannot install PowerShell 7.6.9"
fi
if [ ! -f "$pester" ]; then
    cat >"$folder/pester.csproj" <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="Pester" Version="[6.2.0]" /></ItemGroup>
</Project>
END
    timeout 200 dotnet restore "$folder/pester.csproj" --packages "$folder/packages" >"$folder/pester.log" 2>&1 </dev/null ||
        skip powershell "dotnet cannot download Pester 6.2.0"
fi

serve lsmap-powershell
export LSMAP_ROOT="$root" LSMAP_PIPE="$pipe" LSMAP_FIXTURE="$work/fixture.txt"
status=0
"$shell" -NoLogo -NoProfile -NonInteractive -File "$root/tests/powershell/run.ps1" "$pester" \
    </dev/null >"$work/pester.txt" 2>&1 || status=$?
cat "$work/pester.txt"
# The last line is "N passed, N failed".
exit "$status"
