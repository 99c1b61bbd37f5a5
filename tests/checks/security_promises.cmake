# Each promise of service/SECURITY.md names its proof, and each proof exists.
#     cmake -D ROOT=DIR -P security_promises.cmake
#
# A proof is a word in back quotes in the last column of the table of promises: a test, a test/case of
# it, or `lsmap-doctor CHECK`. What is named like that elsewhere exists, too. Both searches are tried on
# lies first, so that they cannot pass by finding nothing.

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/report.cmake)

# What the lists of tests say, in one text.
set(lists "")
foreach(folder bench checks fuzz golden system unit win32)
    file(READ ${ROOT}/tests/${folder}/CMakeLists.txt text)
    string(APPEND lists "${text}\n")
endforeach()

file(READ ${ROOT}/tests/doctor/report.h doctor)
string(REGEX MATCHALL "X\\(DOCTOR_[A-Z_]+, \"[a-z_.]+\"" checks "${doctor}")
list(TRANSFORM checks REPLACE "^.*\"([a-z_.]+)\"$" "\\1")

# Sets `out` to the sources of a test, full paths; empty when there is no such test.
function(find_test out name)
    string(REGEX REPLACE "^([a-z0-9_]+)\\.(.*)$" "\\1" kind "${name}")
    string(REGEX REPLACE "^([a-z0-9_]+)\\.(.*)$" "\\2" module "${name}")
    set(listed "")
    if(kind STREQUAL "unit")
        set(pattern "lsmap_unit_test\\(${module} ([^)]*)\\)")
    elseif(kind STREQUAL "fuzz" OR kind STREQUAL "corpus")
        set(kind fuzz)
        set(pattern "lsmap_fuzz_target\\(${module} ([^)]*)\\)")
    elseif(kind STREQUAL "win32" OR kind STREQUAL "system")
        set(pattern "lsmap_win32_test\\(${kind}\\.${module}[ \n]([^)]*)\\)")
    elseif(kind STREQUAL "check" AND EXISTS ${ROOT}/tests/checks/${module}.py)
        set(${out} ${ROOT}/tests/checks/${module}.py PARENT_SCOPE)
        return()
    elseif(kind STREQUAL "check")
        string(REGEX REPLACE "^image_(lsmap|lsmapd|lsmap-doctor)$" "image_[^ ]+" module "${module}")
        set(kind checks)
        set(pattern "(lsmap_check\\(${module} [^)]*)\\)")
    elseif(kind STREQUAL "packages" AND EXISTS ${ROOT}/tests/packages/${module}.sh)
        set(${out} ${ROOT}/tests/packages/${module}.sh PARENT_SCOPE)
        return()
    elseif(kind STREQUAL "golden" AND EXISTS ${ROOT}/tests/golden/${module}.txt)
        set(${out} ${ROOT}/tests/golden/${module}.txt PARENT_SCOPE)
        return()
    else()
        set(${out} "" PARENT_SCOPE)
        return()
    endif()
    if(lists MATCHES "${pattern}")
        string(REGEX MATCHALL "[A-Za-z0-9_/.]+\\.(cmake|c)" files "${CMAKE_MATCH_1}")
        foreach(file IN LISTS files)
            if(EXISTS ${ROOT}/tests/${kind}/${file})
                list(APPEND listed ${ROOT}/tests/${kind}/${file})
            endif()
        endforeach()
    endif()
    set(${out} "${listed}" PARENT_SCOPE)
endfunction()

# Sets `out` to what is wrong with a proof; empty: nothing.
function(examine_proof out proof)
    set(${out} "" PARENT_SCOPE)
    if(proof MATCHES "^lsmap-doctor (.*)$")
        if(NOT CMAKE_MATCH_1 IN_LIST checks)
            set(${out} "lsmap-doctor has no such check" PARENT_SCOPE)
        endif()
        return()
    endif()
    string(REGEX REPLACE "/.*$" "" name "${proof}")
    find_test(sources "${name}")
    if("${sources}" STREQUAL "")
        set(${out} "there is no such test" PARENT_SCOPE)
        return()
    endif()
    if(proof MATCHES "/([a-z0-9_]+)$")
        set(case ${CMAKE_MATCH_1})
        foreach(source IN LISTS sources)
            file(STRINGS ${source} found REGEX "TEST_CASE\\(${case}\\)")
            if(NOT "${found}" STREQUAL "")
                return()
            endif()
        endforeach()
        set(${out} "the test has no such case" PARENT_SCOPE)
    endif()
endfunction()

# Replaces what is special to lists in a variable.
macro(make_plain name)
    string(REPLACE ";" "," ${name} "${${name}}")
    string(REPLACE "[" "(" ${name} "${${name}}")
    string(REPLACE "]" ")" ${name} "${${name}}")
    string(REPLACE "\\" "/" ${name} "${${name}}")
endmacro()

# Sets `out` to a list "promise|proof|problem" of all that is wrong with the table in `text`, and `count`
# to the number of its proofs.
function(examine_table out count text)
    make_plain(text)
    string(REGEX MATCH "\\| threat \\| promise \\| mechanism \\| proof \\|\n(\\|[^\n]*\n)+" table "${text}")
    string(REGEX REPLACE "\n$" "" table "${table}")
    string(REPLACE "\n" ";" rows "${table}") # a row becomes an element
    set(problems "")
    set(proofs_count 0)
    foreach(row IN LISTS rows)
        if(row MATCHES "^\\| threat " OR row MATCHES "^\\|-")
            continue()
        endif()
        string(REGEX REPLACE "^\\| *([^|]*[^| ]) *\\|.*$" "\\1" threat "${row}")
        string(REGEX REPLACE "^.*\\|([^|]*)\\| *$" "\\1" column "${row}")
        string(REGEX MATCHALL "`[^`]*`" proofs "${column}")
        if("${proofs}" STREQUAL "")
            list(APPEND problems "${threat}|nothing|no proof is named")
        endif()
        foreach(proof IN LISTS proofs)
            string(REPLACE "`" "" proof "${proof}")
            math(EXPR proofs_count "${proofs_count} + 1")
            examine_proof(problem "${proof}")
            if(NOT problem STREQUAL "")
                list(APPEND problems "${threat}|${proof}|${problem}")
            endif()
        endforeach()
    endforeach()
    set(${out} "${problems}" PARENT_SCOPE)
    set(${count} ${proofs_count} PARENT_SCOPE)
endfunction()

# Sets `out` to a list "proof|problem" of what is named anywhere in `text` and does not exist.
function(examine_text out text)
    make_plain(text)
    string(REGEX MATCHALL
        "`((check|corpus|fuzz|golden|packages|system|unit|win32)\\.[a-z0-9_]+(/[a-z0-9_]+)?|lsmap-doctor [a-z_]+\\.[a-z_]+)`"
        proofs "${text}")
    set(problems "")
    foreach(proof IN LISTS proofs)
        string(REPLACE "`" "" proof "${proof}")
        examine_proof(problem "${proof}")
        if(NOT problem STREQUAL "")
            list(APPEND problems "${proof}|${problem}")
        endif()
    endforeach()
    set(${out} "${problems}" PARENT_SCOPE)
endfunction()

# A table of lies, but for the two rows in the middle.
examine_table(found found_count "| threat | promise | mechanism | proof |
|---|---|---|---|
| a | . | . | nothing at all |
| b | . | . | `unit.nonsense` |
| c | . | . | `unit.sid` `win32.nonsense` |
| d | . | . | `unit.sid/nonsense` |
| e | . | . | `lsmap-doctor pipe.nonsense` |
| f | . | . | `lsmap-doctor pipe.remote` `check.layering` `fuzz.utf` |
| g | . | . | `check.image_lsmapd` `win32.token` `unit.audit/audit_counts_a_flood_of_users_together` |
| h | . | . | `fuzz.nonsense` `check.nonsense` `golden.nonsense` |
")
set(expected
    "a|nothing|no proof is named"
    "b|unit.nonsense|there is no such test"
    "c|win32.nonsense|there is no such test"
    "d|unit.sid/nonsense|the test has no such case"
    "e|lsmap-doctor pipe.nonsense|lsmap-doctor has no such check"
    "h|fuzz.nonsense|there is no such test"
    "h|check.nonsense|there is no such test"
    "h|golden.nonsense|there is no such test")
set(problem "")
if(NOT "${found}" STREQUAL "${expected}")
    set(problem "found ${found}")
endif()
check_case("lies are found" "${problem}")

examine_text(found "`unit.sid` and `unit.nonsense`; `lsmap-doctor pipe.remote`, `lsmap-doctor pipe.nonsense`
(`win32.token/nonsense`) `packages.nonsense` `packages.msi` `lsmap-doctor` `lsmap.exe`")
set(expected
    "unit.nonsense|there is no such test"
    "lsmap-doctor pipe.nonsense|lsmap-doctor has no such check"
    "win32.token/nonsense|the test has no such case"
    "packages.nonsense|there is no such test")
set(problem "")
if(NOT "${found}" STREQUAL "${expected}")
    set(problem "found ${found}")
endif()
check_case("lies are found outside the table" "${problem}")

file(READ ${ROOT}/service/SECURITY.md text)
examine_text(found "${text}")
list(JOIN found "\n  " problem)
check_case("what is named outside the table exists" "${problem}")
examine_table(found found_count "${text}")
list(JOIN found "\n  " problem)
check_case("each proof exists" "${problem}")
set(problem "")
if(found_count LESS 40)
    set(problem "only ${found_count}: is the table still read?")
endif()
check_case("there are proofs" "${problem}")

# Each check of lsmap-doctor proves a promise.
set(problem "")
foreach(check IN LISTS checks)
    if(NOT text MATCHES "`lsmap-doctor ${check}`")
        string(APPEND problem "\n  ${check}")
    endif()
endforeach()
check_case("each check of lsmap-doctor proves a promise" "${problem}")
check_end()
