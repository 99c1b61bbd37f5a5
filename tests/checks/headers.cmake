# Every header compiles alone, first in its translation unit.
#     cmake -D ROOT=DIR -D GENERATED=DIR -D COMPILER=PROGRAM -D LANGUAGE=c|c++ -D FLAG=TEXT -D WIN32=BOOL
#           -P headers.cmake
#
# WIN32 true: headers that need Windows; false: all others. As C++ those of the product only: C++ programs
# may use them.

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/report.cmake)

set(standard_c -std=c17 -Wall -Wextra -Wpedantic -Wundef -Wstrict-prototypes)
set(standard_c++ -std=c++17 -Wall -Wextra)
set(flags ${FLAG})
if(WIN32)
    list(APPEND flags -DUNICODE -D_UNICODE -D_WIN32_WINNT=0x0A00 -DWINVER=0x0A00)
endif()

# Checks the headers below the folders; those that need Windows if WIN32 is true, otherwise all others.
function(check_folders)
    set(headers "")
    foreach(folder IN LISTS ARGN)
        file(GLOB_RECURSE found ${ROOT}/${folder}/*.h)
        list(APPEND headers ${found})
    endforeach()
    foreach(header IN LISTS headers)
        set(of_windows FALSE)
        if(header MATCHES "/(win32|system|documents|doctor)/" OR header MATCHES "/echo_server.h$")
            set(of_windows TRUE)
        endif()
        if((WIN32 AND NOT of_windows) OR (of_windows AND NOT WIN32))
            continue()
        endif()
        execute_process(
            COMMAND ${COMPILER} -x ${LANGUAGE} ${standard_${LANGUAGE}} -Werror ${flags} -fsyntax-only
                -I${ROOT} -I${GENERATED} -include ${header} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/empty.c
            RESULT_VARIABLE result ERROR_VARIABLE output)
        if(result EQUAL 0)
            set(output "")
        elseif("${output}" STREQUAL "")
            set(output "${COMPILER}: ${result}")
        endif()
        check_case(${header} "${output}")
    endforeach()
endfunction()

check_folders(common service client)
if(LANGUAGE STREQUAL c)
    check_folders(tests)
endif()
check_end()
