<#
.SYNOPSIS
    Completes the arguments of lsmap in PowerShell 5.1 and later.
.DESCRIPTION
    Options, their words, commands, help topics, and the names and identifiers of running processes.
    Files and folders are left to PowerShell's own completion. For every session put this line into
    $PROFILE:

        . "C:\Program Files\lsmap\lsmap-completion.ps1"
#>

Register-ArgumentCompleter -Native -CommandName 'lsmap', 'lsmap.exe' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $options = [ordered]@{
        '-a'               = 'every process'
        '--all'            = 'every process'
        '--own'            = 'only your own processes'
        '-f'               = 'who has this file or folder: FILE'
        '--file'           = 'who has this file or folder: FILE'
        '--pids'           = 'bare pids'
        '--wait'           = 'until nobody has the file'
        '--at'             = 'which file is at this address: ADDRESS'
        '-k'               = 'kinds of mappings: KIND[,KIND]'
        '--kind'           = 'kinds of mappings: KIND[,KIND]'
        '--regions'        = 'each run of pages'
        '--pages'          = 'resident, shared, private and locked bytes'
        '--not-under'      = 'only outside this folder: DIR'
        '--outside-system' = 'only outside Windows and Program Files'
        '--sort'           = 'size, path or address'
        '--top'            = 'the first N only'
        '--by-file'        = 'one line for each file'
        '--bytes'          = 'exact sizes'
        '--json'           = 'the rows as received'
        '--csv'            = 'one table, RFC 4180'
        '--ascii'          = 'JSON with \u escapes for all but ASCII'
        '--bom'            = 'begin with a byte order mark: with --csv or --out'
        '--prometheus'     = 'sums for monitoring'
        '--host'           = 'machine, boot, scan and time in each row'
        '-o'               = 'write to a file, completely or not at all: FILE'
        '--out'            = 'write to a file, completely or not at all: FILE'
        '--wide'           = 'never cut a path'
        '--no-header'      = 'no titles'
        '--interval'       = 'seconds between two answers of watch'
        '--initial'        = 'watch: first, all that is there'
        '--timeout'        = 'seconds until all of the answer is there'
        '--direct'         = 'without the service'
        '--pipe'           = 'another server: NAME'
        '-q'               = 'no totals, no failures'
        '--quiet'          = 'no totals, no failures'
        '--debug'          = 'show what the scan cost'
        '-h'               = 'all options'
        '--help'           = 'all options'
        '-V'               = 'the version'
        '--version'        = 'the version'
    }
    $commands = [ordered]@{
        'watch'  = 'what comes and goes'
        'ps'     = 'processes only'
        'stale'  = 'who still runs a file that was replaced'
        'info'   = 'the server'
        'whoami' = 'who you are to the server, and your rights'
        'stats'  = 'what the server has done'
        'sections' = 'shared memory that has a name, and who holds it'
        'diff'   = 'what changed between two lists: OLD NEW'
        'help'   = 'a topic in detail'
    }
    $kinds = 'image', 'data', 'pagefile', 'all'
    $orders = 'size', 'path', 'address', 'processes'
    $topics = 'topics', 'examples', 'filters', 'stale', 'output', 'formats', 'access', 'scripts', 'exit-codes'
    # A value follows that is not known here.
    $values = '-f', '--file', '--at', '--not-under', '--top', '-o', '--out', '--timeout', '--interval', '--pipe'

    function New-Completion([string]$Text, [string]$Type, [string]$Tip, [string]$Shown = $Text) {
        if (-not $Tip) { $Tip = $Shown }
        [System.Management.Automation.CompletionResult]::new($Text, $Shown, $Type, $Tip)
    }

    $begin = [System.Management.Automation.WildcardPattern]::Escape($wordToComplete) + '*'
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
            Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
            ForEach-Object { $_.Extent.Text })
    $previous = if ($words.Count -gt 0) { $words[-1] } else { '' }

    if ($values -ccontains $previous -or $words -ccontains 'diff') {
        if (-not $wordToComplete.StartsWith('-')) { return }
    }
    if ('-k', '--kind' -ccontains $previous) {
        # The last word of a list.
        $comma = $wordToComplete.LastIndexOf(',') + 1
        $head = $wordToComplete.Substring(0, $comma)
        $tail = $wordToComplete.Substring($comma)
        $kinds | Where-Object { $_ -like "$tail*" } |
            ForEach-Object { New-Completion ($head + $_) 'ParameterValue' '' $_ }
        return
    }
    if ($previous -ceq '--sort') {
        $orders | Where-Object { $_ -like $begin } |
            ForEach-Object { New-Completion $_ 'ParameterValue' }
        return
    }
    if ($previous -ceq 'help') {
        $topics | Where-Object { $_ -like $begin } |
            ForEach-Object { New-Completion $_ 'ParameterValue' }
        return
    }
    if ($wordToComplete.StartsWith('-')) {
        $options.Keys | Where-Object { $_ -clike $begin } |
            ForEach-Object { New-Completion $_ 'ParameterName' $options[$_] }
        return
    }
    if (-not ($words | Where-Object { -not $_.StartsWith('-') })) {
        $commands.Keys | Where-Object { $_ -like $begin } |
            ForEach-Object { New-Completion $_ 'Command' $commands[$_] }
    }
    if ($wordToComplete -match '^\d+$') {
        Get-Process | Where-Object { "$($_.Id)" -like $begin } | Sort-Object Id |
            ForEach-Object { New-Completion "$($_.Id)" 'ParameterValue' $_.ProcessName }
        return
    }
    Get-Process | Select-Object -ExpandProperty ProcessName | Sort-Object -Unique |
        Where-Object { $_ -like $begin } |
        ForEach-Object {
            $text = if ($_ -match '[^\w.-]') { "'" + $_.Replace("'", "''") + "'" } else { $_ }
            New-Completion $text 'ParameterValue' '' $_
        }
}
