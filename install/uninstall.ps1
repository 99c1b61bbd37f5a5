#Requires -Version 5.1
<#
.SYNOPSIS
Removes lsmap from this machine.

.DESCRIPTION
Has `lsmapd uninstall` stop and delete the service, then removes Program Files\lsmap. Needs an
elevated session, except with -WhatIf. Asks nothing. Where lsmap is not installed nothing is done.
Throws when something fails.

.PARAMETER Purge
Removes the local group "lsmap Readers" too.

.EXAMPLE
.\uninstall.ps1 -WhatIf

.OUTPUTS
An object: ComputerName, Path, Changed.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
[OutputType([pscustomobject])]
param(
    [switch] $Purge
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$files = @('lsmapd.exe', 'lsmap.exe', 'lsmap-doctor.exe', 'lsmap-completion.ps1', 'uninstall.cmd',
    'lsmap-events.dll', 'uninstall.ps1')

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

function Test-Group {
    try {
        return $null -ne (Get-LocalGroup -Name 'lsmap Readers' -ErrorAction SilentlyContinue)
    } catch {
        return $true # 32-bit sessions do not have the command: lsmapd finds out
    }
}

if (-not $WhatIfPreference -and -not (Test-Elevated)) {
    throw 'uninstall.ps1 needs an elevated session: start PowerShell with "Run as administrator".'
}

# Not from the environment.
$target = Join-Path (Get-RegistryValue 'SOFTWARE\Microsoft\Windows\CurrentVersion' 'ProgramFilesDir') 'lsmap'

# The folder may have gone before the service: any lsmapd.exe can delete the registration.
$service = Join-Path $target 'lsmapd.exe'
if (-not (Test-Path -LiteralPath $service -PathType Leaf) -and $PSScriptRoot) {
    $service = Join-Path $PSScriptRoot 'lsmapd.exe'
}
$isRegistered = $null -ne (Get-Service -Name 'lsmapd' -ErrorAction SilentlyContinue)
# What is not ours stays, and the folder with it.
$isThere = (Test-Path -LiteralPath $target) -and (
    @(Get-ChildItem -LiteralPath $target -Force).Count -eq 0 -or
    @($files + 'Lsmap' + '*.old*' | Where-Object { Test-Path -Path (Join-Path $target $_) }).Count -gt 0)
$changed = $false
$isWanted = $isRegistered -or $isThere -or ($Purge -and (Test-Group))
if ($isWanted -and $PSCmdlet.ShouldProcess($target, 'remove lsmap and its service')) {
    if (Test-Path -LiteralPath $service -PathType Leaf) {
        $arguments = @('uninstall', '--quiet')
        if ($Purge) {
            $arguments += '/purge'
        }
        Invoke-Program $service $arguments
    } elseif ($isRegistered -or $Purge) {
        throw 'There is no lsmapd.exe to delete the service with: run this from the unpacked zip.'
    }
    foreach ($name in $files) {
        $file = Join-Path $target $name
        if (Test-Path -LiteralPath $file -PathType Leaf) {
            try {
                Remove-Item -LiteralPath $file -Force
            } catch {
                # A process that is lost in the kernel keeps its file: renamed, it does not hinder the next install.
                Rename-Item -LiteralPath $file -NewName ('{0}.old{1}' -f $name, (Get-Random))
            }
        }
    }
    Remove-Item -Path (Join-Path $target '*.old*') -Force -ErrorAction SilentlyContinue
    Remove-Item -LiteralPath (Join-Path $target 'Lsmap') -Recurse -Force -ErrorAction SilentlyContinue
    if (Test-Path -LiteralPath $target) {
        if (@(Get-ChildItem -LiteralPath $target -Force).Count -eq 0) {
            Remove-Item -LiteralPath $target -Force
        }
    }
    $changed = $true
}

[pscustomobject] @{
    ComputerName = $env:COMPUTERNAME
    Path         = $target
    Changed      = $changed
}
