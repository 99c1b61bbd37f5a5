<#
.SYNOPSIS
Lists the data files that a process has mapped, as objects.
.DESCRIPTION
Exit: 0 the list is complete, 1 it is not.
.EXAMPLE
.\list-data-files.ps1 -ProcessId 1234 | Sort-Object size -Descending
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)]
    [uint32] $ProcessId,
    [string] $Pipe = '\\.\pipe\ProtectedPrefix\Administrators\lsmap'
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$problem = 'the reply was cut off'
$missing = $null # why something is not in the list
$count = 0
$client = New-Object System.IO.Pipes.NamedPipeClientStream(
    '.', $Pipe.Replace('\\.\pipe\', ''),
    [System.IO.Pipes.PipeDirection]::InOut, [System.IO.Pipes.PipeOptions]::None,
    [System.Security.Principal.TokenImpersonationLevel]::Identification)
try {
    $client.Connect(5000) # milliseconds, while every instance of the pipe has a client
    $request = @{ op = 'maps'; pid = $ProcessId; kinds = @('data') } | ConvertTo-Json -Compress
    $bytes = [System.Text.Encoding]::UTF8.GetBytes($request + "`n")
    $client.Write($bytes, 0, $bytes.Length)
    $lines = New-Object System.IO.StreamReader($client)
    while ($null -ne ($line = $lines.ReadLine())) {
        $row = $line | ConvertFrom-Json
        if ($row.type -eq 'map') {
            $row | Select-Object -Property 'base', 'size', 'path', 'device_path'
        } elseif ($row.type -eq 'process_error') {
            $missing = $row.message
        } elseif ($row.type -eq 'error') {
            $problem = $row.message
            break
        } elseif ($row.type -eq 'end') {
            if ($row.rows -eq $count) { $problem = $missing } else { $problem = 'rows are missing' }
            break
        }
        $count++
    }
} finally {
    $client.Dispose()
}
if ($null -ne $problem) {
    [Console]::Error.WriteLine($problem)
    exit 1
}
exit 0
