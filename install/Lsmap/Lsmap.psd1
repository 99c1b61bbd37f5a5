@{
    RootModule             = 'Lsmap.psm1'
    ModuleVersion          = '0.1.0'
    GUID                   = '5a0c3d0e-6a6f-4a55-9c3b-7f1f0c7d2e41'
    Author                 = 'the lsmap authors'
    CompanyName            = 'the lsmap authors'
    Copyright              = '(c) the lsmap authors. MIT license.'
    Description            = 'Which files have processes mapped, who has a file, and what still runs an old one: objects from lsmap.exe.'
    PowerShellVersion      = '5.1'
    CompatiblePSEditions   = @('Desktop', 'Core')
    FormatsToProcess       = @('Lsmap.Format.ps1xml')
    FunctionsToExport      = @('Get-MappedFile', 'Get-MappedFileUser', 'Get-StaleFile', 'Get-NamedSection', 'Test-Lsmap')
    CmdletsToExport        = @()
    VariablesToExport      = @()
    AliasesToExport        = @()
    PrivateData            = @{
        PSData = @{
            Tags = @('Windows', 'memory-mapped', 'files', 'DLL', 'processes', 'PSEdition_Desktop', 'PSEdition_Core')
        }
    }
}
