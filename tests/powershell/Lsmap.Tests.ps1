# The module with a program that stands for lsmap.exe: what it asks, and what it makes of rows, errors and
# exit codes. With lsmap.exe itself: Wine.Tests.ps1.
Set-StrictMode -Version Latest

BeforeAll {
    Set-StrictMode -Version Latest
    Import-Module (Join-Path $PSScriptRoot '../../install/Lsmap/Lsmap.psd1') -Force
    $env:LSMAP_EXE = Join-Path $PSScriptRoot 'fake-lsmap.sh'

    function Set-Reply([string[]] $Rows, [int] $Code = 0, [string] $Said = '') {
        Get-ChildItem -LiteralPath $env:FAKE | Remove-Item
        Set-Content -LiteralPath (Join-Path $env:FAKE 'out') -Value $Rows
        Set-Content -LiteralPath (Join-Path $env:FAKE 'err') -Value $Said -NoNewline
        Set-Content -LiteralPath (Join-Path $env:FAKE 'code') -Value $Code
    }

    function Get-Asked {
        @(Get-Content -LiteralPath (Join-Path $env:FAKE 'arguments')) -join ' '
    }

    $process = '{"id":1,"type":"process","pid":672,"start":"2026-11-24T17:32:03.1234567Z","name":"lsass.exe","owner":"S-1-5-18","services":["KeyIso","SamSs"],"protection":"PPL-Lsa","access":"limited"}'
    $map = '{"id":1,"type":"map","pid":672,"process":"lsass.exe","base":"0x000001a0c0a00000","size":5000000000,"committed":4096,"kind":"data","protect":"PAGE_READONLY","path":"C:\\D\u00e9mo\\\ud83d\ude00.nls","device_path":"\\Device\\HarddiskVolume3\\x"}'
    $open = '{"id":1,"type":"open","pid":672,"process":"lsass.exe","path":"C:\\Demo\\x"}'
    $end = '{"id":1,"type":"end","processes":1,"rows":2,"errors":0,"complete":true,"scope":"all","elapsed_us":1000}'
    $failed = '{"id":1,"type":"process_error","pid":9,"process":"av.exe","code":"access_denied","stage":"open","nt_status":"0xc0000022","message":"Windows refuses."}'
    $unmatched = '{"id":1,"type":"process_error","pid":77,"process":null,"code":"no_such_process","stage":"select","nt_status":null,"message":"No process has this pid."}'
}

Describe 'Lsmap' {
    BeforeEach {
        $env:FAKE = (New-Item -ItemType Directory -Path (Join-Path ([System.IO.Path]::GetTempPath()) ([guid]::NewGuid()))).FullName
    }

    AfterEach {
        Remove-Item -LiteralPath $env:FAKE -Recurse -Force
    }

    Context 'the manifest' {
        It 'is valid and names what is exported' {
            $manifest = Test-ModuleManifest (Join-Path $PSScriptRoot '../../install/Lsmap/Lsmap.psd1')
            $manifest.PowerShellVersion | Should -Be '5.1'
            @((Get-Command -Module Lsmap).Name | Sort-Object) | Should -Be @($manifest.ExportedFunctions.Keys | Sort-Object)
        }
        It 'has the version of the product' {
            $project = Get-Content -Raw (Join-Path $PSScriptRoot '../../CMakeLists.txt')
            $project -match 'VERSION (\d+\.\d+\.\d+)' | Should -BeTrue
            (Get-Module Lsmap).Version | Should -Be $Matches[1]
        }
        It 'helps with <_>' -ForEach 'Get-MappedFile', 'Get-MappedFileUser', 'Get-StaleFile', 'Get-NamedSection', 'Test-Lsmap' {
            $help = Get-Help $_ -Full
            $help.Synopsis | Should -Not -BeNullOrEmpty
            @($help.examples.example).Count | Should -BeGreaterThan 0
            foreach ($parameter in @(Get-Help $_ -Parameter * -ErrorAction SilentlyContinue)) {
                $parameter.description | Should -Not -BeNullOrEmpty -Because $parameter.name
            }
        }
    }

    Context 'Get-MappedFile' {
        It 'makes typed objects' {
            Set-Reply $process, $map, $end
            $one = Get-MappedFile lsass
            $one.PSObject.TypeNames[0] | Should -Be 'Lsmap.Mapping'
            $one.Id | Should -BeOfType [long]
            $one.Size | Should -BeOfType [long]
            $one.Size | Should -Be 5000000000
            $one.StartTime | Should -BeOfType [datetime]
            $one.StartTime.ToUniversalTime().ToString('o') | Should -Be '2026-11-24T17:32:03.1234567Z'
            $one.Path | Should -Be ('C:\D{0}mo\{1}.nls' -f [char] 0xe9, [char]::ConvertFromUtf32(0x1f600))
        }
        It 'asks <asked>' -ForEach @(
            @{ asked = '--json --ascii -- lsass'; run = { Get-MappedFile lsass } }
            @{ asked = '--json --ascii -- lsass chrome*'; run = { Get-MappedFile -Name lsass, chrome* } }
            @{ asked = '--json --ascii -a'; run = { Get-MappedFile -All } }
            @{ asked = '--json --ascii --own'; run = { Get-MappedFile -Own } }
            @{ asked = '--json --ascii 7 672'; run = { Get-MappedFile -Id 7, 672, 7 } }
            @{ asked = '--json --ascii -k data,pagefile -- x'; run = { Get-MappedFile x -Kind Data, Pagefile } }
            @{ asked = '--json --ascii -a -f C:\a b\ -f q"'; run = { Get-MappedFile -Path 'C:\a b\', 'q"' } }
            @{ asked = '--json --ascii -- -a'; run = { Get-MappedFile '-a' } }
        ) {
            Set-Reply $end
            & $run | Should -BeNullOrEmpty
            Get-Asked | Should -Be $asked
        }
        It 'takes the processes of a pipeline together' {
            Set-Reply $process, $map, $end
            @([pscustomobject] @{ Id = 7; Name = 'a' }, [pscustomobject] @{ Id = 8; Name = 'b' } | Get-MappedFile).Count |
                Should -Be 1
            Get-Asked | Should -Be '--json --ascii 7 8'
        }
        It 'asks nothing for no process of a pipeline' {
            Set-Reply $end
            @() | Get-MappedFile | Should -BeNullOrEmpty
            Join-Path $env:FAKE 'arguments' | Should -Not -Exist
        }
        It 'asks in parts of 1024 processes' {
            Set-Reply $end
            Get-MappedFile -Id (1..1030)
            Get-Asked | Should -Match ' 1024 --json --ascii 1025 1026 1027 1028 1029 1030$'
        }
        It 'wants to know which processes' {
            { Get-MappedFile } | Should -Throw -ErrorId 'bad_request,Get-MappedFile'
        }
        It 'lists the others when one fails' {
            Set-Reply $process, $map, $failed, $unmatched, $end 1
            $all = @(Get-MappedFile -All -ErrorVariable failures -ErrorAction SilentlyContinue)
            $all.Count | Should -Be 1
            $failures.FullyQualifiedErrorId | Should -Be @('access_denied,Get-MappedFile', 'no_such_process,Get-MappedFile')
            $failures[0].CategoryInfo.Category | Should -Be 'PermissionDenied'
            $failures[0].TargetObject | Should -Be 9
            [string] $failures[1] | Should -Be '77: No process has this pid.'
        }
        It 'stops at the first error when it must' {
            Set-Reply $failed, $process, $map, $end 1
            { Get-MappedFile -All -ErrorAction Stop } | Should -Throw -ErrorId 'access_denied,Get-MappedFile'
        }
        It 'makes exit code <code> the error <id>' -ForEach @(
            @{ code = 2; id = 'bad_request' }, @{ code = 3; id = 'denied' }, @{ code = 4; id = 'no_service' }
            @{ code = 5; id = 'busy' }, @{ code = 6; id = 'broken' }, @{ code = 99; id = 'broken' }
        ) {
            Set-Reply @() $code 'lsmap: why'
            Get-MappedFile -All -ErrorVariable failures -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $failures.FullyQualifiedErrorId | Should -Be "$id,Get-MappedFile"
            [string] $failures[0] | Should -Be 'lsmap: why'
        }
        It 'makes an error row the only error' {
            Set-Reply '{"id":1,"type":"error","code":"busy","message":"Too many.","hint":null}' 5 'lsmap: Too many.'
            Get-MappedFile -All -ErrorVariable failures -ErrorAction SilentlyContinue
            $failures.FullyQualifiedErrorId | Should -Be 'busy,Get-MappedFile'
        }
        It 'says nothing when nothing matched' {
            Set-Reply $end 7 'lsmap: no process has it'
            Get-MappedFile x 2>&1 3>&1 | Should -BeNullOrEmpty
        }
        It 'warns of a list of one''s own processes, <how>' -ForEach @(
            @{ how = 'by -All'; run = { Get-MappedFile -All 3>&1 }; warned = $true }
            @{ how = 'by names'; run = { Get-MappedFile x 3>&1 }; warned = $true }
            @{ how = 'not by pids'; run = { Get-MappedFile -Id 7 3>&1 }; warned = $false }
            @{ how = 'not by -Own'; run = { Get-MappedFile -Own 3>&1 }; warned = $false }
        ) {
            Set-Reply ($end -replace '"scope":"all"', '"scope":"own"') 1
            @(& $run).Count -gt 0 | Should -Be $warned
        }
        It 'ends lsmap when the pipeline wants no more' {
            Set-Reply $process, $map, $map
            New-Item -Path (Join-Path $env:FAKE 'endless') -ItemType File
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            @(Get-MappedFile -All | Select-Object -First 1).Count | Should -Be 1
            $watch.Elapsed.TotalSeconds | Should -BeLessThan 60
        }
        It 'shows a table' {
            Set-Reply $process, $map, $end
            Get-MappedFile lsass | Out-String -Width 200 | Should -Match '(?s)ProcessName.*Kind.*Path.*lsass\.exe +672 data'
        }
    }

    Context 'Get-MappedFileUser' {
        It 'makes one object for each process, kind and path' {
            Set-Reply $process, $map, $map, $open, $end
            $all = @(Get-MappedFileUser C:\Demo\x)
            $all.Kind | Should -Be @('data', 'open')
            $all[1].Services | Should -Be @('KeyIso', 'SamSs')
            $all[1].Protection | Should -Be 'PPL-Lsa'
            $all[1].User | Should -Not -BeNullOrEmpty # S-1-5-18 where accounts have no names
            Get-Asked | Should -Be '--json --ascii -f C:\Demo\x'
        }
        It 'takes files of a pipeline' {
            Set-Reply $end
            Get-Item $PSCommandPath | Get-MappedFileUser
            Get-Asked | Should -Be "--json --ascii -f $PSCommandPath"
        }
    }

    Context 'Get-StaleFile and Get-NamedSection' {
        It 'says why a file is stale' {
            Set-Reply '{"id":1,"type":"stale","pid":672,"process":"svchost.exe","services":["Spooler"],"path":"C:\\Config.Msi\\1.rbf","reason":"moved_aside"}', $end
            $one = Get-StaleFile
            $one.Reason | Should -Be 'moved_aside'
            $one.Services | Should -Be 'Spooler'
            Get-Asked | Should -Be '--json --ascii stale'
        }
        It 'lists sections and their holders' {
            Set-Reply '{"id":1,"type":"section","name":"Global\\x","object":"\\BaseNamedObjects\\x","session":0,"size":65536,"attributes":["pagefile"],"backing":"pagefile","holders":[{"pid":7,"process":"a.exe"}]}', $end
            $one = Get-NamedSection 'Global\*'
            $one.Size | Should -BeOfType [long]
            $one | Out-String -Width 200 | Should -Match 'a\.exe \(7\)'
            Get-Asked | Should -Be '--json --ascii sections -- Global\*'
        }
    }

    Context 'Test-Lsmap' {
        It 'is true when the service answers' {
            Set-Reply '{"id":1,"type":"info","product":"lsmap","version":"0.1.0","mode":"service"}', $end
            Test-Lsmap | Should -BeTrue
        }
        It 'is false, without an error, when there is no service' {
            Set-Reply @() 4 'lsmap: the lsmapd service is not installed'
            Test-Lsmap 2>&1 | Should -BeFalse
            $one = Test-Lsmap -Detailed
            $one.Answers | Should -BeFalse
            $one.Error | Should -Be 'lsmap: the lsmapd service is not installed'
        }
        It 'is false without lsmap.exe' {
            $old = $env:LSMAP_EXE
            $env:LSMAP_EXE = Join-Path $env:FAKE 'nothing'
            try {
                Test-Lsmap | Should -BeFalse
                (Test-Lsmap -Detailed).Error | Should -Not -BeNullOrEmpty
            } finally {
                $env:LSMAP_EXE = $old
            }
        }
    }
}
