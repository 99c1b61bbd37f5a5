#Requires -Version 5.1
<#
.SYNOPSIS
Installs lsmap on this machine, or upgrades it.

.DESCRIPTION
Copies the programs to Program Files\lsmap, then has `lsmapd install` register and start the
service. Needs an elevated session, except with -WhatIf. Asks nothing. Where the files, the service and
the settings are as the arguments want them, nothing is touched. Throws when something fails; if that is
the copying, the former version goes on running.

.PARAMETER Source
The folder that holds lsmapd.exe and lsmap.exe; where this script lies unless given.

.PARAMETER Readers
An account or group to add to the local group "lsmap Readers": its members may ask about every
process, and get no addresses.

.PARAMETER FilteredAdmins
What administrators get in a session that is not elevated: full, no-addresses or off.

.PARAMETER Enable
Starts the service with Windows, also where it was disabled.

.PARAMETER NoStart
Leaves the service stopped.

.PARAMETER TrustFolder
Runs the service although others can change its folder.

.PARAMETER Force
Registers and restarts the service also where everything is as it should be.

.EXAMPLE
.\install.ps1 -FilteredAdmins no-addresses

.EXAMPLE
.\install.ps1 -Readers 'CONTOSO\Monitoring' -WhatIf

.OUTPUTS
An object: ComputerName, Path, Version, Status, Changed.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
[OutputType([pscustomobject])]
param(
    [ValidateNotNullOrEmpty()]
    [string] $Source = $PSScriptRoot,

    [string] $Readers,

    [ValidateSet('full', 'no-addresses', 'off')]
    [string] $FilteredAdmins,

    [switch] $Enable,

    [switch] $NoStart,

    [switch] $TrustFolder,

    [switch] $Force
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$programs = @('lsmapd.exe', 'lsmap.exe')
$others = @('lsmap-doctor.exe', 'lsmap-events.dll', 'uninstall.cmd', 'uninstall.ps1', 'lsmap-completion.ps1',
    'Lsmap\Lsmap.psd1', 'Lsmap\Lsmap.psm1', 'Lsmap\Lsmap.Format.ps1xml')

function Test-Elevated {
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object System.Security.Principal.WindowsPrincipal($identity)
    return $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
}

# A value below HKEY_LOCAL_MACHINE, $null when there is none. Also right in a 32-bit session.
function Get-RegistryValue([string] $Key, [string] $Name) {
    $open = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64').OpenSubKey($Key)
    if ($null -ne $open) {
        return $open.GetValue($Name)
    }
}

# Runs a program; throws with what it said when it fails.
function Invoke-Program([string] $Path, [string[]] $Arguments) {
    # In a remote session a line on stderr is an error, which must not end the script here.
    $ErrorActionPreference = 'Continue'
    $said = @(& $Path @Arguments 2>&1 | ForEach-Object { [string] $_ })
    if ($LASTEXITCODE -ne 0) {
        throw ('{0} {1} ended with {2}: {3}' -f
            $Path, ($Arguments -join ' '), $LASTEXITCODE, ($said -join ' '))
    }
    $said | Write-Verbose
}

function Test-SameFile([string] $Left, [string] $Right) {
    if (-not (Test-Path -LiteralPath $Right -PathType Leaf)) {
        return $false
    }
    return (Get-FileHash -LiteralPath $Left).Hash -eq (Get-FileHash -LiteralPath $Right).Hash
}

function Get-ServiceStatus {
    $service = Get-Service -Name 'lsmapd' -ErrorAction SilentlyContinue
    if ($null -eq $service) {
        return 'NotInstalled'
    }
    return [string] $service.Status
}

# True when the service and its settings are as the arguments want them.
function Test-Settled {
    $service = Get-Service -Name 'lsmapd' -ErrorAction SilentlyContinue
    if ($null -eq $service -or ($Enable -and $service.StartType -ne 'Automatic')) {
        return $false
    }
    $isStopped = $NoStart -or $service.StartType -eq 'Disabled'
    $key = 'SYSTEM\CurrentControlSet\Services\lsmapd\Parameters'
    $isTrusted = [string] (Get-RegistryValue $key 'TrustFolder') -eq '1'
    try {
        $isReader = -not $Readers -or (Get-LocalGroupMember -Group 'lsmap Readers' -Member $Readers -ErrorAction SilentlyContinue)
    } catch {
        $isReader = $false # 32-bit sessions do not have the command
    }
    return $service.Status -eq $(if ($isStopped) { 'Stopped' } else { 'Running' }) -and
        $isTrusted -eq [bool] $TrustFolder -and $isReader -and
        (-not $FilteredAdmins -or $FilteredAdmins -eq (Get-RegistryValue $key 'FilteredAdmins'))
}

if (-not $WhatIfPreference -and -not (Test-Elevated)) {
    throw 'install.ps1 needs an elevated session: start PowerShell with "Run as administrator".'
}
foreach ($name in $programs) {
    if (-not (Test-Path -LiteralPath (Join-Path $Source $name) -PathType Leaf)) {
        throw ('{0} is not in "{1}": unpack all of the zip, or say -Source.' -f $name, $Source)
    }
}

# Not from the environment.
$target = Join-Path (Get-RegistryValue 'SOFTWARE\Microsoft\Windows\CurrentVersion' 'ProgramFilesDir') 'lsmap'

$arguments = @('install', '--quiet')
if ($Readers) {
    $arguments += '/readers:' + $Readers
}
if ($FilteredAdmins) {
    $arguments += '/filtered-admins:' + $FilteredAdmins
}
if ($Enable) {
    $arguments += '/enable'
}
if ($NoStart) {
    $arguments += '/no-start'
}
if ($TrustFolder) {
    $arguments += '/trust-folder'
}

$files = @($programs + $others | Where-Object {
        Test-Path -LiteralPath (Join-Path $Source $_) -PathType Leaf
    })
$stale = @($files | Where-Object {
        -not (Test-SameFile (Join-Path $Source $_) (Join-Path $target $_))
    })
$isWanted = $Force -or $stale.Count -ne 0 -or -not (Test-Settled)
$changed = $false
if ($isWanted -and $PSCmdlet.ShouldProcess($target, 'install lsmap and start its service')) {
    # A wrong argument leaves a running service running.
    Invoke-Program (Join-Path $Source 'lsmapd.exe') ($arguments + '--check')
    # While the service still runs: what fails here leaves it running.
    $old = @{}
    try {
        New-Item -ItemType Directory -Path $target -Force | Out-Null
        # A program that runs keeps its file, also a process that is lost in the kernel, and the event log
        # the message file. They can be renamed all the same.
        foreach ($name in $programs + 'lsmap-doctor.exe' + 'lsmap-events.dll') {
            $file = Join-Path $target $name
            Remove-Item -Path ($file + '.old*') -Force -ErrorAction SilentlyContinue
            if ($stale -contains $name -and (Test-Path -LiteralPath $file)) {
                $new = '{0}.old{1}' -f $file, (Get-Random)
                Move-Item -LiteralPath $file -Destination $new
                $old[$file] = $new
            }
        }
        foreach ($name in $stale) {
            $file = Join-Path $target $name
            New-Item -ItemType Directory -Path (Split-Path -Parent $file) -Force | Out-Null
            Copy-Item -LiteralPath (Join-Path $Source $name) -Destination $file -Force
        }
        Invoke-Program (Join-Path $Source 'lsmapd.exe') @('stop', '--quiet')
    } catch {
        foreach ($file in $old.Keys) {
            Move-Item -LiteralPath $old[$file] -Destination $file -Force -ErrorAction Continue
        }
        throw
    }
    Invoke-Program (Join-Path $target 'lsmapd.exe') $arguments
    Remove-Item -Path (Join-Path $target '*.old*') -Force -ErrorAction SilentlyContinue
    if ((Get-ServiceStatus) -eq 'Running') {
        Invoke-Program (Join-Path $target 'lsmap.exe') @('info')
    }
    $changed = $true
}

$version = $null
$client = Join-Path $target 'lsmap.exe'
if (Test-Path -LiteralPath $client -PathType Leaf) {
    $version = (Get-Item -LiteralPath $client).VersionInfo.ProductVersion
}
[pscustomobject] @{
    ComputerName = $env:COMPUTERNAME
    Path         = $target
    Version      = $version
    Status       = Get-ServiceStatus
    Changed      = $changed
}
