# Runs all tests of this folder: run.ps1 PESTER. Its last line counts them.
param([Parameter(Mandatory = $true)] [string] $Pester)
Set-StrictMode -Version Latest

Import-Module $Pester
$configuration = New-PesterConfiguration
$configuration.Run.Path = $PSScriptRoot
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Normal'
$configuration.Output.RenderMode = 'PlainText'
$result = Invoke-Pester -Configuration $configuration
# A file that could not be run has no tests that could fail.
$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
foreach ($test in $result.Skipped) {
    'SKIP {0}: it has no Windows here' -f $test.ExpandedPath
}
if ($result.SkippedCount -gt 0) {
    '{0} passed, {1} failed, {2} skipped' -f $result.PassedCount, $failed, $result.SkippedCount
} else {
    '{0} passed, {1} failed' -f $result.PassedCount, $failed
}
exit [int] ($failed -gt 0 -or $result.PassedCount -eq 0)
