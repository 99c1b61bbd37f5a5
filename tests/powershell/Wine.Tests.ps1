# The module, and what the manual advises, with lsmap.exe under Wine, its server and the fixture process that
# run.sh started.
Set-StrictMode -Version Latest

BeforeDiscovery {
    # The recipes of the manual for code pages: one block, in which an empty line ends a recipe.
    $manual = (Get-Content -Raw (Join-Path $PSScriptRoot '../../client/README.md')) -replace "`r"
    $block = [regex]::Match($manual, '(?s)```powershell\n(# Whatever the code page.*?)```').Groups[1].Value
    $recipes = @(foreach ($recipe in $block.Trim() -split '\n\n') {
            foreach ($page in 437, 850, 1252, 65001) {
                @{ recipe = $recipe; title = ($recipe -split '\n')[0]; page = $page }
            }
        })
}

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
        $named = @(Get-MappedFile fixture)
        $named.Id | Should -Contain $fixture
        $named.ProcessName | Select-Object -Unique | Should -Be 'fixture.exe'
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

    Context 'a code page' {
        BeforeAll {
            Set-Alias lsmap (Join-Path $PSScriptRoot 'wine-lsmap.sh')
            $names = @($truth | Where-Object path -Match '[^ -~]' | ForEach-Object path)

            # Runs a text in a folder of its own, with a console that has this code page.
            function Invoke-Recipe([string] $Text, [int] $Page) {
                $before = [Console]::OutputEncoding
                Push-Location -LiteralPath $TestDrive
                try {
                    [Console]::OutputEncoding = [System.Text.Encoding]::GetEncoding($Page)
                    & ([scriptblock]::Create($Text.Replace('lsmap demo', "lsmap $fixture")))
                } finally {
                    [Console]::OutputEncoding = $before
                    Pop-Location
                }
            }
        }
        It 'has names that it can spoil' {
            $names.Count | Should -BeGreaterThan 0
            foreach ($page in 437, 850, 1252) {
                @(Invoke-Recipe 'lsmap demo --csv | ConvertFrom-Csv' $page).path | Should -Not -Contain $names[0]
            }
        }
        It '<page>: <title>' -ForEach $recipes {
            $paths = @(Invoke-Recipe $recipe $page | ForEach-Object path)
            foreach ($name in $names) {
                $paths | Should -Contain $name
            }
            if ($recipe -match '--bom --out (\S+)') {
                [System.IO.File]::ReadAllBytes((Join-Path $TestDrive $Matches[1]))[0..2] | Should -Be 0xef, 0xbb, 0xbf
            }
        }
        It 'has the four ways, each with its code pages' -ForEach @{ text = $block } {
            foreach ($way in '--ascii', '[Console]::OutputEncoding', '-Encoding UTF8', '--bom', '437, 850, 1252') {
                $text.Contains($way) | Should -BeTrue -Because $way
            }
        }
    }
}
