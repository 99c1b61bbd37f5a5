<#
The commands of the module Lsmap. Each runs lsmap.exe once and makes objects of its rows. lsmap is asked
for ASCII, so that no code page can change a name. Works in Windows PowerShell 5.1 and PowerShell 7.
#>
Set-StrictMode -Version Latest

$pidsMax = 1024 # in one request
$namesMax = 64

# The exit codes of lsmap that are no answer, and the words of the protocol for them.
$exitCodes = @{
    2 = 'bad_request'; 3 = 'denied'; 4 = 'no_service'; 5 = 'busy'; 6 = 'broken'; 130 = 'interrupted'
}
$categories = @{
    denied = 'PermissionDenied'; access_denied = 'PermissionDenied'; no_such_process = 'ObjectNotFound'
    no_service = 'ResourceUnavailable'; busy = 'ResourceBusy'; timeout = 'OperationTimeout'
    bad_request = 'InvalidArgument'; interrupted = 'OperationStopped'
}

# lsmap.exe as $env:LSMAP_EXE names it, of the folder that the module lies in, or of PATH.
function Get-Program {
    if ($env:LSMAP_EXE) {
        return $env:LSMAP_EXE
    }
    $beside = Join-Path (Split-Path -Parent $PSScriptRoot) 'lsmap.exe'
    if (Test-Path -LiteralPath $beside -PathType Leaf) {
        return $beside
    }
    $command = Get-Command -Name 'lsmap.exe' -CommandType Application -ErrorAction SilentlyContinue |
        Select-Object -First 1
    if ($null -eq $command) {
        throw 'lsmap.exe is neither in the folder above the module nor in PATH: install lsmap, or set $env:LSMAP_EXE.'
    }
    return $command.Path
}

# One argument as CommandLineToArgvW reads it: backslashes are doubled before a quote and at the end.
# PowerShell 5.1 itself passes neither quotes nor a folder's last backslash on.
function ConvertTo-Argument([string] $Text) {
    if ($Text -ne '' -and $Text -notmatch '[\s"]') {
        return $Text
    }
    $quoted = [regex]::Replace($Text, '(\\*)"', '$1$1\"')
    return '"' + [regex]::Replace($quoted, '(\\+)$', '$1$1') + '"'
}

function New-Record([string] $Code, [string] $Message, $Target) {
    $category = 'NotSpecified'
    if ($categories.ContainsKey($Code)) {
        $category = $categories[$Code]
    }
    $failure = New-Object System.InvalidOperationException $Message
    return New-Object System.Management.Automation.ErrorRecord $failure, $Code, $category, $Target
}

# A member of a row; $null where the row lacks it.
function Read-Member([psobject] $Row, [string] $Name) {
    $member = $Row.PSObject.Properties[$Name]
    if ($null -eq $member) {
        return $null
    }
    return $member.Value
}

function ConvertTo-Long($Value) {
    if ($null -eq $Value) {
        return $null
    }
    return [long] $Value
}

# PowerShell 7 reads times itself, 5.1 leaves them texts.
function ConvertTo-Time($Value) {
    if ($null -eq $Value) {
        return $null
    }
    if ($Value -is [datetime]) {
        return $Value.ToLocalTime()
    }
    $style = [System.Globalization.DateTimeStyles]::RoundtripKind
    return [datetime]::Parse($Value, [cultureinfo]::InvariantCulture, $style).ToLocalTime()
}

# Runs lsmap and returns its rows as they come. What went wrong is written as errors of the command
# that $Cmdlet is, so that -ErrorAction holds, or is added to $Failures.
function Invoke-Lsmap {
    param([string[]] $Arguments, [System.Management.Automation.PSCmdlet] $Cmdlet, [switch] $OwnIsMeant,
        [System.Collections.Generic.List[object]] $Failures)

    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = Get-Program
    $start.Arguments = @(@('--json', '--ascii') + $Arguments | ForEach-Object { ConvertTo-Argument $_ }) -join ' '
    $start.WorkingDirectory = (Get-Location -PSProvider FileSystem).ProviderPath # PowerShell's, for relative paths
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = [System.Text.Encoding]::ASCII
    $start.StandardErrorEncoding = [System.Text.Encoding]::UTF8
    $activity = 'lsmap ' + $start.Arguments
    $problems = New-Object System.Collections.Generic.List[object]
    $processes = 0
    $shown = [System.Diagnostics.Stopwatch]::StartNew()
    $process = [System.Diagnostics.Process]::Start($start)
    try {
        $said = $process.StandardError.ReadToEndAsync() # at the same time, or a full pipe stops lsmap
        while ($null -ne ($line = $process.StandardOutput.ReadLine())) {
            $row = ConvertFrom-Json -InputObject $line
            $type = [string] (Read-Member $row 'type')
            if ($type -eq 'process') {
                $processes++
                if ($shown.ElapsedMilliseconds -ge 500) {
                    Write-Progress -Activity $activity -Status ('{0} processes' -f $processes)
                    $shown.Restart()
                }
            }
            if ($type -eq 'process_error' -or $type -eq 'error') {
                $target = Read-Member $row 'process'
                if ($null -ne (Read-Member $row 'pid')) {
                    $target = $row.pid
                }
                $text = $row.message
                if ($null -ne $target) {
                    $text = '{0}: {1}' -f $target, $text
                }
                $problems.Add((New-Record $row.code $text $target))
                if ($null -eq $Failures) {
                    $Cmdlet.WriteError($problems[-1])
                }
            } elseif ($type -eq 'end') {
                if (-not $OwnIsMeant -and (Read-Member $row 'scope') -eq 'own') {
                    $Cmdlet.WriteWarning('Only your own processes are visible to you (lsmap whoami says why).')
                }
            } else {
                $row
            }
        }
        $process.WaitForExit()
        $message = ([string] $said.Result).Trim()
        $code = $process.ExitCode
        if ($problems.Count -eq 0 -and $code -notin 0, 1, 7) {
            $word = 'broken'
            if ($exitCodes.ContainsKey($code)) {
                $word = $exitCodes[$code]
            }
            if (-not $message) {
                $message = 'lsmap ended with {0}.' -f $code
            }
            $problems.Add((New-Record $word $message $null))
            if ($null -eq $Failures) {
                $Cmdlet.WriteError($problems[-1])
            }
        } elseif ($message) {
            $Cmdlet.WriteVerbose($message)
        }
        if ($null -ne $Failures) {
            $Failures.AddRange($problems)
        }
        if ($processes -gt 0) {
            Write-Progress -Activity $activity -Completed
        }
    } finally {
        # Also when the pipeline stops early.
        if (-not $process.HasExited) {
            $process.Kill()
        }
        $process.Dispose()
    }
}

# The rows of a question about processes, in as many requests as it needs. Each process row is kept
# for the rows that follow it.
function Invoke-Question {
    param([string[]] $Options, [long[]] $Id, [string[]] $Name, [System.Management.Automation.PSCmdlet] $Cmdlet,
        [switch] $OwnIsMeant)

    $ids = @($Id | Select-Object -Unique)
    $names = @($Name | Where-Object { $_ })
    do {
        $arguments = @($Options)
        $arguments += @($ids | Select-Object -First $pidsMax | ForEach-Object { [string] $_ })
        $some = @($names | Select-Object -First $namesMax)
        if ($some.Count -gt 0) {
            $arguments += @('--') + $some
        }
        $isMeant = $OwnIsMeant -or ($ids.Count -gt 0 -and $some.Count -eq 0)
        Invoke-Lsmap -Arguments $arguments -Cmdlet $Cmdlet -OwnIsMeant:$isMeant
        $ids = @($ids | Select-Object -Skip $pidsMax)
        $names = @($names | Select-Object -Skip $namesMax)
    } while ($ids.Count -gt 0 -or $names.Count -gt 0)
}

# The name of an account; its SID where Windows knows none.
function Resolve-Owner([string] $Sid, [hashtable] $Known) {
    if (-not $Sid) {
        return $null
    }
    if (-not $Known.ContainsKey($Sid)) {
        $Known[$Sid] = $Sid
        try {
            $identifier = New-Object System.Security.Principal.SecurityIdentifier $Sid
            $Known[$Sid] = $identifier.Translate([System.Security.Principal.NTAccount]).Value
        } catch {
            Write-Verbose ('{0}: {1}' -f $Sid, $_.Exception.Message)
        }
    }
    return $Known[$Sid]
}

function Get-MappedFile {
    <#
    .SYNOPSIS
    Lists the files that processes have mapped into memory.

    .DESCRIPTION
    One object for each mapping. lsmapd answers, so that the session need not be elevated. A process that
    could not be read is an error whose FullyQualifiedErrorId begins with the protocol's code
    (access_denied, no_such_process, denied, timeout, ...); the others are listed all the same.

    .PARAMETER Name
    Names of processes, with * and ?. Without a dot also NAME.exe.

    .PARAMETER Id
    Identifiers of processes; also from the pipeline, as of Get-Process.

    .PARAMETER All
    Every process.

    .PARAMETER Own
    Only your own processes.

    .PARAMETER Path
    Only this file, what is below this folder, or what matches this pattern. Alone it asks every process.

    .PARAMETER Kind
    Image (EXE, DLL), Data (mapped files), Pagefile (shared memory without a file) or All; Image and Data
    unless given.

    .EXAMPLE
    Get-Process notepad | Get-MappedFile -Kind Data | Sort-Object Size -Descending

    .EXAMPLE
    Get-MappedFile -All | Group-Object Path | Sort-Object Count -Descending | Select-Object -First 10
    #>
    [CmdletBinding(DefaultParameterSetName = 'Name')]
    [OutputType('Lsmap.Mapping')]
    param(
        [Parameter(ParameterSetName = 'Name', Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string[]] $Name,

        [Parameter(ParameterSetName = 'Id', Mandatory = $true, ValueFromPipelineByPropertyName = $true)]
        [Alias('ProcessId')]
        [ValidateRange(0, 4294967295)]
        [long[]] $Id,

        [Parameter(ParameterSetName = 'All', Mandatory = $true)]
        [switch] $All,

        [switch] $Own,

        [ValidateNotNullOrEmpty()]
        [string[]] $Path,

        [ValidateSet('Image', 'Data', 'Pagefile', 'All')]
        [string[]] $Kind
    )
    begin {
        $ids = New-Object System.Collections.Generic.List[long]
    }
    process {
        if ($PSCmdlet.ParameterSetName -eq 'Id') {
            $ids.AddRange($Id)
        }
    }
    end {
        $names = @($Name | Where-Object { $_ })
        if ($PSCmdlet.ParameterSetName -eq 'Id' -and $ids.Count -eq 0) {
            return
        }
        $options = @()
        if ($PSCmdlet.ParameterSetName -ne 'Id' -and $names.Count -eq 0) {
            if (-not ($All -or $Own -or $Path)) {
                $PSCmdlet.ThrowTerminatingError((New-Record 'bad_request' `
                            'Name processes: -Name, -Id, -Path, -Own or -All.' $null))
            }
            if (-not $Own) {
                $options += '-a'
            }
        }
        if ($Own) {
            $options += '--own'
        }
        foreach ($one in @($Path | Where-Object { $_ })) {
            $options += @('-f', $one)
        }
        if ($Kind) {
            $options += @('-k', ($Kind -join ',').ToLowerInvariant())
        }
        $process = $null
        Invoke-Question -Options $options -Id $ids.ToArray() -Name $names -Cmdlet $PSCmdlet -OwnIsMeant:$Own |
            ForEach-Object {
                if ($_.type -eq 'process') {
                    $process = $_
                } elseif ($_.type -eq 'map') {
                    [pscustomobject] @{
                        PSTypeName  = 'Lsmap.Mapping'
                        ProcessName = $_.process
                        Id          = [long] $_.pid
                        StartTime   = ConvertTo-Time (Read-Member $process 'start')
                        Kind        = $_.kind
                        Base        = $_.base
                        Size        = ConvertTo-Long $_.size
                        Committed   = ConvertTo-Long (Read-Member $_ 'committed')
                        Protect     = $_.protect
                        Path        = $_.path
                        DevicePath  = $_.device_path
                    }
                }
            }
    }
}

function Get-MappedFileUser {
    <#
    .SYNOPSIS
    Lists the processes that have a file, or something below a folder, mapped or open.

    .DESCRIPTION
    One object for each process and path. Kind is open for a file that a process has open and not mapped;
    those are found only for files and folders that exist, where the file system can list its users.

    .PARAMETER Path
    A file, a folder or a pattern; also from the pipeline, as of Get-ChildItem.

    .EXAMPLE
    Get-MappedFileUser C:\Demo\prices.dat

    .EXAMPLE
    Get-ChildItem C:\Demo\*.dll | Get-MappedFileUser | Stop-Process -WhatIf
    #>
    [CmdletBinding()]
    [OutputType('Lsmap.FileUser')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('FullName', 'PSPath')]
        [ValidateNotNullOrEmpty()]
        [string[]] $Path
    )
    begin {
        $options = @()
    }
    process {
        foreach ($one in $Path) {
            $options += @('-f', ($one -replace '^Microsoft\.PowerShell\.Core\\FileSystem::', ''))
        }
    }
    end {
        if ($options.Count -eq 0) {
            return
        }
        $accounts = @{}
        $processes = @{}
        $seen = @{}
        Invoke-Lsmap -Arguments $options -Cmdlet $PSCmdlet | ForEach-Object {
            if ($_.type -eq 'process') {
                $processes[[long] $_.pid] = $_
            } elseif ($_.type -eq 'map' -or $_.type -eq 'open') {
                $kind = 'open'
                if ($_.type -eq 'map') {
                    $kind = $_.kind
                }
                $key = '{0} {1} {2}' -f $_.pid, $kind, $_.path
                if (-not $seen.ContainsKey($key)) {
                    $seen[$key] = $true
                    $process = $processes[[long] $_.pid]
                    [pscustomobject] @{
                        PSTypeName  = 'Lsmap.FileUser'
                        ProcessName = $_.process
                        Id          = [long] $_.pid
                        StartTime   = if ($process) { ConvertTo-Time (Read-Member $process 'start') }
                        Services    = if ($process) { Read-Member $process 'services' }
                        User        = if ($process) { Resolve-Owner (Read-Member $process 'owner') $accounts }
                        Protection  = if ($process) { Read-Member $process 'protection' }
                        Kind        = $kind
                        Path        = $_.path
                    }
                }
            }
        }
    }
}

function Get-StaleFile {
    <#
    .SYNOPSIS
    Lists the processes that still run a file that was replaced, renamed aside or is to be replaced.

    .DESCRIPTION
    One object for each process and file. Reason is moved_aside, pending, missing or replaced. Restarting
    these services and programs has them use the new files.

    .EXAMPLE
    Get-StaleFile | Select-Object -ExpandProperty Services -Unique
    #>
    [CmdletBinding()]
    [OutputType('Lsmap.StaleFile')]
    param()

    Invoke-Lsmap -Arguments @('stale') -Cmdlet $PSCmdlet | ForEach-Object {
        if ($_.type -eq 'stale') {
            [pscustomobject] @{
                PSTypeName  = 'Lsmap.StaleFile'
                ProcessName = $_.process
                Id          = [long] $_.pid
                Services    = Read-Member $_ 'services'
                Reason      = $_.reason
                Path        = $_.path
            }
        }
    }
}

function Get-NamedSection {
    <#
    .SYNOPSIS
    Lists the named section objects, by which processes share memory, and the processes that hold them.

    .DESCRIPTION
    Needs the right to query every process. Holders is $null where Windows did not say who holds a section.
    A process that mapped a section and closed its handle is not listed.

    .PARAMETER Name
    A pattern for the section's name, as a program would write it: Global\x, Local\x.

    .EXAMPLE
    Get-NamedSection 'Global\*' | Sort-Object Size -Descending
    #>
    [CmdletBinding()]
    [OutputType('Lsmap.NamedSection')]
    param(
        [Parameter(Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string] $Name
    )

    $arguments = @('sections')
    if ($Name) {
        $arguments += @('--', $Name)
    }
    Invoke-Lsmap -Arguments $arguments -Cmdlet $PSCmdlet | ForEach-Object {
        if ($_.type -eq 'section') {
            [pscustomobject] @{
                PSTypeName = 'Lsmap.NamedSection'
                Name       = $_.name
                Object     = $_.object
                Session    = Read-Member $_ 'session'
                Size       = ConvertTo-Long $_.size
                Attributes = $_.attributes
                Backing    = $_.backing
                Holders    = Read-Member $_ 'holders'
            }
        }
    }
}

function Test-Lsmap {
    <#
    .SYNOPSIS
    Returns whether the service answers.

    .PARAMETER Detailed
    Returns an object instead: whether it answers, its version, who you are to it and what you may ask. It
    has the error when it does not answer.

    .EXAMPLE
    if (-not (Test-Lsmap)) { Start-Service lsmapd }

    .EXAMPLE
    Test-Lsmap -Detailed
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([switch] $Detailed)

    $failures = New-Object System.Collections.Generic.List[object]
    $info = $null
    $caller = $null
    try {
        $info = Invoke-Lsmap -Arguments @('info') -Cmdlet $PSCmdlet -Failures $failures
        if ($Detailed -and $null -ne $info) {
            $caller = Invoke-Lsmap -Arguments @('whoami') -Cmdlet $PSCmdlet -Failures $failures
        }
    } catch {
        $failures.Add($_) # lsmap.exe is not there
    }
    if (-not $Detailed) {
        return $null -ne $info
    }
    [pscustomobject] @{
        PSTypeName = 'Lsmap.Test'
        Answers    = $null -ne $info
        Version    = if ($info) { $info.version }
        Mode       = if ($info) { $info.mode }
        User       = if ($caller) { $caller.user }
        Rights     = if ($caller) { $caller.rights }
        Reason     = if ($caller) { $caller.reason }
        Error      = if ($failures.Count -gt 0) { [string] $failures[0] }
    }
}

$complete = {
    param($commandName, $parameterName, $wordToComplete, $commandAst, $fakeBoundParameters)
    $begin = [System.Management.Automation.WildcardPattern]::Escape($wordToComplete) + '*'
    Get-Process | Select-Object -ExpandProperty ProcessName | Sort-Object -Unique |
        Where-Object { $_ -like $begin } | ForEach-Object {
            $text = $_
            if ($_ -match '[^\w.-]') {
                $text = "'" + $_.Replace("'", "''") + "'"
            }
            New-Object System.Management.Automation.CompletionResult $text, $_, 'ParameterValue', $_
        }
}
Register-ArgumentCompleter -CommandName 'Get-MappedFile' -ParameterName 'Name' -ScriptBlock $complete

Export-ModuleMember -Function 'Get-MappedFile', 'Get-MappedFileUser', 'Get-StaleFile', 'Get-NamedSection', 'Test-Lsmap'
