# The examples in PowerShell and C#, run by .NET on Linux against a made-up server with one pipe instance. There a
# pipe is a Unix socket, and clients that find it busy wait in the queue of the socket.
Set-StrictMode -Version Latest

BeforeAll {
    Set-StrictMode -Version Latest
    $script = Join-Path $PSScriptRoot '../../client/examples/list-data-files.ps1'
    $types = Add-Type -PassThru -Path (Join-Path $PSScriptRoot '../../client/examples/ListDataFiles.cs')
    $main = @($types)[0].Assembly.GetType('ListDataFiles').GetMethod('Main', [System.Reflection.BindingFlags] 'NonPublic, Static')
    $process = '{"id":1,"type":"process","pid":7,"name":"a.exe","access":"full"}'
    $map = '{"id":1,"type":"map","pid":7,"process":"a.exe","base":"0x0000000000010000","size":4096,"path":"C:\\D\u00e9mo","device_path":"x"}'
    $failed = '{"id":1,"type":"process_error","pid":7,"code":"access_denied","message":"Windows refuses."}'

    function Get-End([int] $Rows) { '{{"id":1,"type":"end","rows":{0},"complete":true}}' -f $Rows }

    # Answers so many clients, one after another.
    function Start-Server([string[]] $Rows, [int] $Clients = 1) {
        Start-ThreadJob -ThrottleLimit 40 -ArgumentList $pipe, $Rows, $Clients -ScriptBlock {
            param($Pipe, $Rows, $Clients)
            $server = [System.IO.Pipes.NamedPipeServerStream]::new($Pipe, 'InOut', 1)
            foreach ($i in 1..$Clients) {
                $server.WaitForConnection()
                $reader = [System.IO.StreamReader]::new($server, [System.Text.Encoding]::UTF8, $false, 256, $true)
                $reader.ReadLine() | Out-Null
                Start-Sleep -Milliseconds 20
                $bytes = [System.Text.Encoding]::UTF8.GetBytes(($Rows -join "`n") + "`n")
                $server.Write($bytes, 0, $bytes.Length)
                $server.Disconnect()
            }
            $server.Dispose()
        } | Out-Null
    }

    # The exit codes of so many that run at once.
    function Invoke-Example([string] $Language, [int] $Times) {
        $jobs = @(foreach ($i in 1..$Times) {
                Start-ThreadJob -ThrottleLimit 40 -ArgumentList $Language, $script, $main, ('\\.\pipe\' + $pipe) -ScriptBlock {
                    param($Language, $Script, $Main, $Pipe)
                    if ($Language -eq 'PowerShell') {
                        & $Script -ProcessId 7 -Pipe $Pipe | ForEach-Object { [Console]::WriteLine(@($_.base, $_.size, $_.path) -join "`t") }
                        $LASTEXITCODE
                    } else {
                        $Main.Invoke($null, @(, [string[]] @('7', $Pipe)))
                    }
                }
            })
        $jobs | Receive-Job -Wait -AutoRemoveJob
    }
}

Describe 'The example in <_>' -ForEach 'PowerShell', 'C#' {
    BeforeEach {
        $pipe = 'lsmap-' + [guid]::NewGuid()
        $language = $_
        $console = [Console]::Out, [Console]::Error, [Console]::OutputEncoding
        $said = [System.IO.StringWriter]::new()
        [Console]::SetOut($said)
        [Console]::SetError($said)
    }
    AfterEach {
        [Console]::OutputEncoding = $console[2] # before the others, which it replaces
        [Console]::SetOut($console[0])
        [Console]::SetError($console[1])
    }

    It 'lists, and ends with 0' {
        Start-Server $process, $map, (Get-End 2)
        Invoke-Example $language 1 | Should -Be 0
        $said.ToString().Trim() | Should -Be ("0x0000000000010000`t4096`tC:\D{0}mo" -f [char] 0xe9)
    }
    It 'ends with 1 when a process could not be read' {
        Start-Server $process, $failed, (Get-End 2)
        Invoke-Example $language 1 | Should -Be 1
        $said.ToString().Trim() | Should -Be 'Windows refuses.'
    }
    It 'ends with 1 when rows are missing' {
        Start-Server $process, (Get-End 2)
        Invoke-Example $language 1 | Should -Be 1
        $said.ToString().Trim() | Should -Be 'rows are missing'
    }
    It 'ends with 1 when the reply is cut off' {
        Start-Server $process
        Invoke-Example $language 1 | Should -Be 1
        $said.ToString().Trim() | Should -Be 'the reply was cut off'
    }
    It 'waits for its turn when 30 connect at once' {
        Start-Server @($process, $map, (Get-End 2)) 30
        $codes = @(Invoke-Example $language 30)
        $codes.Count | Should -Be 30
        $codes | Select-Object -Unique | Should -Be 0
    }
}
