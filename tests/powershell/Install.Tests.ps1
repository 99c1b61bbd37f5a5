# install.ps1 and uninstall.ps1 as they are, on files and on a service that is a folder of texts. Two of their
# functions, what the registry and the token say, are replaced; Windows' commands are functions of this file.
Set-StrictMode -Version Latest

BeforeAll {
    Set-StrictMode -Version Latest

    # Copies a script and replaces the bodies of these functions, which it must have.
    function Copy-Script([string] $Name, [hashtable] $Bodies) {
        $path = Join-Path $PSScriptRoot "../../install/$Name"
        $text = Get-Content -Raw -LiteralPath $path
        $tree = [System.Management.Automation.Language.Parser]::ParseFile($path, [ref] $null, [ref] $null)
        $functions = @($tree.FindAll({ $args[0] -is [System.Management.Automation.Language.FunctionDefinitionAst] }, $true) |
                Where-Object { $Bodies.ContainsKey($_.Name) } | Sort-Object { - $_.Body.Extent.StartOffset })
        $functions.Count | Should -Be $Bodies.Count
        foreach ($one in $functions) {
            $start = $one.Body.Extent.StartOffset
            $text = $text.Remove($start, $one.Body.Extent.EndOffset - $start).Insert($start, '{ ' + $Bodies[$one.Name] + ' }')
        }
        Set-Content -NoNewline -LiteralPath (Join-Path $source $Name) -Value $text
    }

    function Get-State([string] $Name) {
        $file = Join-Path $env:FAKE $Name
        if (Test-Path -LiteralPath $file) { Get-Content -LiteralPath $file }
    }
    function Set-State([string] $Name, $Value) { Set-Content -LiteralPath (Join-Path $env:FAKE $Name) -Value $Value }
    # What lsmapd was asked for since the last call.
    function Get-Asked {
        Get-State asked
        Remove-Item -LiteralPath (Join-Path $env:FAKE 'asked') -ErrorAction SilentlyContinue
    }

    function Get-Service($Name, $ErrorAction) {
        if (Get-State status) { [pscustomobject] @{ Status = Get-State status; StartType = Get-State start } }
    }
    function Get-LocalGroup($Name, $ErrorAction) { Get-State group }
    function Get-LocalGroupMember($Group, $Member, $ErrorAction) { Get-State group | Where-Object { $_ -eq $Member } }
    function Copy-Item($LiteralPath, $Destination, [switch] $Force) {
        if ($LiteralPath -like "*$(Get-State full)") { throw 'The disk is full.' }
        Microsoft.PowerShell.Management\Copy-Item @PSBoundParameters
    }
    function Install([hashtable] $More = @{}) { & (Join-Path $source 'install.ps1') @More }
    function Uninstall([hashtable] $More = @{}) { & (Join-Path $source 'uninstall.ps1') @More }
    function Get-Installed { @(Get-ChildItem -LiteralPath $target -Recurse -File | ForEach-Object Name | Sort-Object) }
}

Describe 'The scripts' {
    BeforeEach {
        $env:FAKE = (New-Item -ItemType Directory -Path (Join-Path $TestDrive ([guid]::NewGuid()))).FullName
        $source = (New-Item -ItemType Directory -Path (Join-Path $env:FAKE 'setup')).FullName
        $target = Join-Path $env:FAKE 'lsmap'
        Set-State full 'nothing'
        Set-State elevated yes
        New-Item -ItemType Directory -Path (Join-Path $source 'Lsmap') | Out-Null
        foreach ($name in 'lsmap-doctor.exe', 'lsmap-events.dll', 'uninstall.cmd', 'lsmap-completion.ps1', 'Lsmap/Lsmap.psd1',
            'Lsmap/Lsmap.psm1', 'Lsmap/Lsmap.Format.ps1xml') {
            Set-Content -LiteralPath (Join-Path $source $name) -Value $name
        }
        foreach ($name in 'lsmapd.exe', 'lsmap.exe') {
            Copy-Item -LiteralPath (Join-Path $PSScriptRoot 'fake-lsmapd.sh') -Destination (Join-Path $source $name)
        }
        $bodies = @{
            'Test-Elevated'     = '(Get-State elevated) -eq "yes"'
            'Get-RegistryValue' = 'if ($Name -eq "ProgramFilesDir") { $env:FAKE } else { Get-State $Name }'
        }
        Copy-Script install.ps1 $bodies
        Copy-Script uninstall.ps1 $bodies
    }

    Context 'install.ps1' {
        It 'installs, and then has nothing to change, <what>' -ForEach @(
            @{ what = 'as it is'; more = @{} }
            @{ what = 'with -Readers'; more = @{ Readers = 'CONTOSO\Monitoring' } }
            @{ what = 'with -FilteredAdmins'; more = @{ FilteredAdmins = 'no-addresses' } }
            @{ what = 'with -Enable'; more = @{ Enable = $true } }
            @{ what = 'with -NoStart'; more = @{ NoStart = $true } }
            @{ what = 'with -TrustFolder'; more = @{ TrustFolder = $true } }
            @{ what = 'with all'; more = @{ Readers = 'a b'; FilteredAdmins = 'off'; Enable = $true; TrustFolder = $true } }
        ) {
            $one = Install $more
            $one.Changed | Should -BeTrue
            $one.Path | Should -Be $target
            $one.Status | Should -Be $(if ($more['NoStart']) { 'Stopped' } else { 'Running' })
            (Get-Asked)[0] | Should -Match '^lsmapd.exe install --quiet .*--check$'
            Get-Installed | Should -Be @(Get-ChildItem -LiteralPath $source -Recurse -File -Exclude install.ps1 |
                    ForEach-Object Name | Sort-Object)
            (Install $more).Changed | Should -BeFalse
            Get-Asked | Should -BeNullOrEmpty
            (Install ($more + @{ Force = $true })).Changed | Should -BeTrue
        }
        It 'changes what is asked for: <what>' -ForEach @(
            @{ what = 'another reader'; more = @{ Readers = 'b' } }
            @{ what = 'another mode'; more = @{ FilteredAdmins = 'full' } }
            @{ what = 'no trust'; more = @{ Readers = 'a' }; state = 'TrustFolder'; value = 1 }
            @{ what = 'a start with Windows'; more = @{ Enable = $true }; state = 'start'; value = 'Disabled' }
            @{ what = 'a stop'; more = @{ NoStart = $true } }
            @{ what = 'a start'; more = @{}; state = 'status'; value = 'Stopped' }
            @{ what = 'a file'; more = @{}; state = 'lsmap/lsmap-doctor.exe'; value = 'older' }
        ) {
            Install @{ Readers = 'a'; FilteredAdmins = 'off' } | Out-Null
            if ($_.ContainsKey('state')) { Set-State $state $value }
            (Install $more).Changed | Should -BeTrue
            (Install $more).Changed | Should -BeFalse
        }
        It 'leaves a disabled service stopped, and then has nothing to change' {
            Install | Out-Null
            Set-State start Disabled
            Set-State status Stopped
            (Install @{ Force = $true }).Status | Should -Be 'Stopped'
            (Install).Changed | Should -BeFalse
        }
        It 'needs an elevated session, but not to say what it would do' {
            Set-State elevated no
            { Install } | Should -Throw '*elevated session*'
            $one = Install @{ WhatIf = $true }
            $one.Changed | Should -BeFalse
            $one.Status | Should -Be 'NotInstalled'
            Get-Asked | Should -BeNullOrEmpty
            $target | Should -Not -Exist
        }
        It 'leaves running what ran before, when it cannot copy <_>' -ForEach 'lsmapd.exe', 'lsmap-events.dll', 'Lsmap.psd1' {
            Install | Out-Null
            foreach ($name in 'lsmapd.exe', 'lsmap-events.dll', 'Lsmap/Lsmap.psd1') {
                Add-Content -LiteralPath (Join-Path $source $name) -Value '# newer'
            }
            Get-Asked | Out-Null
            Set-State full $_
            { Install } | Should -Throw 'The disk is full.'
            Get-State status | Should -Be 'Running'
            @(Get-Asked) -match 'stop' | Should -BeNullOrEmpty
            foreach ($name in 'lsmapd.exe', 'lsmap-events.dll') {
                Join-Path $target $name | Should -Not -FileContentMatch 'newer'
            }
            @(Get-Installed) -match '\.old' | Should -BeNullOrEmpty
            Set-State full nothing
            (Install).Changed | Should -BeTrue
            (Install).Changed | Should -BeFalse
        }
        It 'installs the new version when it is run again, after the service could not be stopped' {
            Install | Out-Null
            Add-Content -LiteralPath (Join-Path $source 'lsmapd.exe') -Value '# newer'
            Set-State hangs yes
            { Install } | Should -Throw
            Join-Path $target 'lsmapd.exe' | Should -Not -FileContentMatch 'newer'
            Remove-Item -LiteralPath (Join-Path $env:FAKE 'hangs')
            Get-Asked | Out-Null
            (Install).Changed | Should -BeTrue
            @(Get-Asked) -match 'stop' | Should -Not -BeNullOrEmpty
            Join-Path $target 'lsmapd.exe' | Should -FileContentMatch 'newer'
        }
        It 'leaves stopped what was stopped, when it cannot copy' {
            Install @{ NoStart = $true } | Out-Null
            Set-State full 'lsmapd.exe'
            Add-Content -LiteralPath (Join-Path $source 'lsmapd.exe') -Value '# newer'
            { Install } | Should -Throw 'The disk is full.'
            Get-State status | Should -Be 'Stopped'
        }
        It 'changes nothing when an argument is refused' {
            Install | Out-Null
            Get-Asked | Out-Null
            Set-State refused yes
            { Install @{ Readers = 'nobody' } } | Should -Throw '*is not known*'
            @(Get-Asked).Count | Should -Be 1
            Get-State status | Should -Be 'Running'
        }
    }

    Context 'uninstall.ps1' {
        It 'removes everything, and then has nothing to change, <what>' -ForEach @(
            @{ what = 'as it is'; more = @{} }
            @{ what = 'with -Purge'; more = @{ Purge = $true } }
        ) {
            Install @{ Readers = 'a' } | Out-Null
            (Uninstall $more).Changed | Should -BeTrue
            $target | Should -Not -Exist
            Get-State status | Should -BeNullOrEmpty
            [bool] (Get-State group) | Should -Be (-not $more['Purge'])
            Get-Asked | Out-Null
            (Uninstall $more).Changed | Should -BeFalse
            Get-Asked | Should -BeNullOrEmpty
        }
        It 'removes the group later' {
            Install @{ Readers = 'a' } | Out-Null
            Uninstall | Out-Null
            (Uninstall @{ Purge = $true }).Changed | Should -BeTrue
            Get-State group | Should -BeNullOrEmpty
        }
        It 'removes what was renamed and stayed' {
            Install | Out-Null
            Uninstall | Out-Null
            New-Item -ItemType Directory -Path $target | Out-Null
            Set-State 'lsmap/lsmap.exe.old7' x
            (Uninstall).Changed | Should -BeTrue
            $target | Should -Not -Exist
            (Uninstall).Changed | Should -BeFalse
        }
        It 'leaves what is not ours, and then has nothing to change' {
            Install | Out-Null
            Set-State 'lsmap/mine.txt' x
            (Uninstall).Changed | Should -BeTrue
            Get-Installed | Should -Be 'mine.txt'
            (Uninstall).Changed | Should -BeFalse
        }
        It 'removes a registration without files, and files without a registration' {
            Set-State status Stopped
            (Uninstall).Changed | Should -BeTrue
            Get-State status | Should -BeNullOrEmpty
            Install | Out-Null
            Remove-Item -LiteralPath (Join-Path $env:FAKE 'status')
            (Uninstall).Changed | Should -BeTrue
            $target | Should -Not -Exist
        }
        It 'needs an elevated session, but not to say what it would do' {
            Install | Out-Null
            Get-Asked | Out-Null
            Set-State elevated no
            { Uninstall } | Should -Throw '*elevated session*'
            (Uninstall @{ WhatIf = $true }).Changed | Should -BeFalse
            Get-Asked | Should -BeNullOrEmpty
            Get-Installed | Should -Contain 'lsmapd.exe'
        }
    }
}
