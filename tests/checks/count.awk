# Reads CTest's JUnit file. Prints each skip with its reason, then "PASSED FAILED SKIPPED": test cases,
# not test programs.
#
# A program that counts its cases ends with "N passed, N failed[, N skipped]"; one that does not is one
# case. A program that failed although it counted no failure (it crashed afterwards, or leaked) counts as
# one more failure. Tests that only start and stop things for others (fixture.*) count if they fail.

function attribute(key) {
    if (!match($0, " " key "=\"[^\"]*\""))
        return ""
    return substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 4)
}

function plain(text) {
    gsub(/&lt;/, "<", text)
    gsub(/&gt;/, ">", text)
    gsub(/&quot;/, "\"", text)
    gsub(/&apos;/, "'", text)
    gsub(/&amp;/, "\\&", text)
    return text
}

function finish_test() {
    if (status == "run" && !counted && name !~ /^fixture\./)
        passed_here = 1
    if (status == "skipped" && skipped_here == 0) {
        print "SKIP " name
        skipped_here = 1
    }
    if (status != "run" && status != "skipped" && failed_here == 0)
        failed_here = 1
    passed += passed_here
    failed += failed_here
    skipped += skipped_here
}

/<testcase / {
    name = attribute("name")
    status = attribute("status")
    counted = passed_here = failed_here = skipped_here = 0
}
/<skipped message="SKIP_RETURN_CODE=/ { status = "skipped" }
{
    line = $0
    sub(/^[ \t]*<system-out>/, "", line)
    sub(/<\/system-out>.*/, "", line)
    sub(/\r$/, "", line)
}
line ~ /^SKIP / { print plain("SKIP " name "." substr(line, 6)) }
line ~ /^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ {
    split(line, words, " ")
    counted = 1
    passed_here = words[1]
    failed_here = words[3]
    skipped_here = words[5] + 0
}
/<\/testcase>/ { finish_test() }
END { print passed + 0, failed + 0, skipped + 0 }
