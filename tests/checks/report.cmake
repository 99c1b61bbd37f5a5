# Counts the cases of a check: ends with the same last line as a test program, and fails if a case failed.

set_property(GLOBAL PROPERTY checks_passed 0)
set_property(GLOBAL PROPERTY checks_failed 0)

# Records one case. `problem` says what is wrong; empty: the case passed.
function(check_case name problem)
    set(counter checks_passed)
    if(NOT problem STREQUAL "")
        set(counter checks_failed)
        message(NOTICE "${name}: ${problem}")
    endif()
    get_property(count GLOBAL PROPERTY ${counter})
    math(EXPR count "${count} + 1")
    set_property(GLOBAL PROPERTY ${counter} ${count})
endfunction()

# Prints the counts and ends the script. It is a failure to have no case.
function(check_end)
    get_property(passed GLOBAL PROPERTY checks_passed)
    get_property(failed GLOBAL PROPERTY checks_failed)
    message(NOTICE "${passed} passed, ${failed} failed")
    if(failed GREATER 0 OR passed EQUAL 0)
        message(FATAL_ERROR "check failed")
    endif()
endfunction()
