# The module with lsmap.exe under Wine, its server and the fixture process that run.sh started.
Set-StrictMode -Version Latest

Describe 'Lsmap under Wine' {
    BeforeAll {
        Set-StrictMode -Version Latest
        Import-Module (Join-Path $PSScriptRoot '../../install/Lsmap/Lsmap.psd1') -Force
        $env:LSMAP_EXE = Join-Path $PSScriptRoot 'wine-lsmap.sh'
        $lines = @(Get-Content -LiteralPath $env:LSMAP_FIXTURE | Where-Object { $_ -like '{*' } | ConvertFrom-Json)
        $fixture = ($lines | Where-Object { $_.PSObject.Properties['pid'] } | Select-Object -First 1).pid
        $truth = @($lines | Where-Object { $_.PSObject.Properties['kind'] -and $_.kind -eq 'data' })
    }

    It 'lists what the fixture has mapped' {
        $truth.Count | Should -BeGreaterThan 1
        $found = @(Get-MappedFile -Id $fixture -Kind Data)
        foreach ($one in $truth) {
            $match = @($found | Where-Object Base -EQ $one.base)
            $match.Count | Should -Be 1
            $match[0].Size | Should -Be $one.size
            $match[0].Path | Should -Be $one.path
        }
        $found[0].ProcessName | Should -Be 'fixture.exe'
        $found[0].StartTime | Should -BeGreaterThan (Get-Date).AddHours(-1)
    }
    It 'finds it by name and among all' {
        @(Get-MappedFile fixture).Id | Select-Object -Unique | Should -Be $fixture
        @(Get-MappedFile -All -Kind Data).Id | Should -Contain $fixture
    }
    It 'takes a process of the pipeline' {
        @([pscustomobject] @{ Id = $fixture } | Get-MappedFile -Kind Image).Path | Should -Contain 'C:\windows\system32\ntdll.dll'
    }
    It 'knows the users of a file' {
        $file = @($truth | Where-Object { $_.path -like '?:\*' })[0].path
        $users = @(Get-MappedFileUser $file -WarningAction SilentlyContinue)
        $users.Id | Should -Contain $fixture
        $users.Path | Should -Contain $file
    }
    It 'reports a process that does not exist' {
        Get-MappedFile -Id 4294967295 -ErrorVariable failures -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failures.FullyQualifiedErrorId | Should -Be 'no_such_process,Get-MappedFile'
        $failures[0].TargetObject | Should -Be 4294967295
    }
    It 'is answered' {
        Test-Lsmap | Should -BeTrue
        $one = Test-Lsmap -Detailed
        $one.Mode | Should -Be 'console'
        $one.Rights | Should -Contain 'query_all'
    }
    It 'reports that nobody answers' {
        $old = $env:LSMAP_PIPE
        $env:LSMAP_PIPE = $old + '-nobody'
        try {
            Test-Lsmap | Should -BeFalse
            Get-MappedFile -All -ErrorVariable failures -ErrorAction SilentlyContinue
            $failures.FullyQualifiedErrorId | Should -Be 'no_service,Get-MappedFile'
        } finally {
            $env:LSMAP_PIPE = $old
        }
    }
}
