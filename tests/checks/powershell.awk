# Reads the words, strings, comments and brackets of a PowerShell script; prints what Windows PowerShell 5.1
# would not accept, and ends with 1 if there is any. Here-strings are not allowed.

function problem(text) {
    print FILENAME ":" FNR ": " text
    failed = 1
}

function open_bracket(c) {
    stack[++depth] = c
    opened_at[depth] = FNR
}

function close_bracket(c) {
    if (depth == 0 || index("()[]{}", stack[depth]) + 1 != index("()[]{}", c))
        problem("\"" c "\" closes nothing")
    if (depth > 0)
        depth--
}

# The code of a line without comments and with "" for each string; also counts the brackets.
function code_of(line,    code, i, c) {
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (state == "comment") {
            if (substr(line, i, 2) == "#>") {
                state = ""
                i++
            }
        } else if (state == "'" || state == "\"") {
            if (c == "`" && state == "\"")
                i++
            else if (state == "\"" && substr(line, i, 2) == "$(") {
                string_at[++strings] = depth # the string continues at this depth
                open_bracket("(")
                state = ""
                i++
            }
            else if (c == state && substr(line, i + 1, 1) == state)
                i++
            else if (c == state)
                state = ""
        } else if (substr(line, i, 2) == "<#") {
            state = "comment"
            i++
        } else if (c == "#" && substr(line, i - 1, 1) !~ /[A-Za-z0-9]/) {
            break
        } else if (substr(line, i, 2) ~ /^@['"]$/) {
            problem("a here-string")
            i++
        } else if (c == "'" || c == "\"") {
            state = c
            code = code "\"\""
        } else {
            if (index("([{", c))
                open_bracket(c)
            if (index(")]}", c)) {
                close_bracket(c)
                if (strings > 0 && depth == string_at[strings]) {
                    strings--
                    state = "\""
                }
            }
            code = code c
        }
    }
    if (state == "'" || state == "\"") {
        problem("a string does not end in its line")
        state = ""
    }
    return code
}

function end_of_file() {
    if (FILENAME_BEFORE == "")
        return
    for (; depth > 0; depth--)
        print FILENAME_BEFORE ":" opened_at[depth] ": \"" stack[depth] "\" is never closed", failed = 1
    if (state == "comment")
        print FILENAME_BEFORE ": a comment is never closed", failed = 1
    # A completion script runs in the user's session and must not change its mode.
    if (!is_strict && FILENAME_BEFORE !~ /-completion\.ps1$/)
        print FILENAME_BEFORE ": no Set-StrictMode -Version Latest", failed = 1
    if (returns != 0 && returns != lines)
        print FILENAME_BEFORE ": line ends are mixed", failed = 1
}

FNR == 1 {
    end_of_file()
    FILENAME_BEFORE = FILENAME
    state = ""
    depth = strings = is_strict = returns = lines = 0
}
{
    lines++
    returns += sub(/\r$/, "")
    if ($0 ~ /[^\t -~]/)
        problem("a character that is not ASCII: 5.1 reads the file in the code page of the machine")
    code = code_of($0)
    if (code ~ /^Set-StrictMode -Version Latest$/)
        is_strict = 1
    if (code ~ /&&|\|\||\?\?|\?\.|-Parallel/)
        problem("an operator that 5.1 does not have")
    if (code ~ /\| *[%?] /)
        problem("an alias")
    if ($0 ~ /[ \t]$/)
        problem("blanks at the end of a line")
}
END {
    end_of_file()
    exit failed
}
