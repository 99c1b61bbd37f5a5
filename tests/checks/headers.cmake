# Every header compiles alone, first in its translation unit.
#     cmake -D ROOT=DIR -D GENERATED=DIR -D COMPILER=PROGRAM -D LANGUAGE=c|c++ -D FLAG=TEXT -D WIN32=BOOL
#           -P headers.cmake
#
# WIN32 true: those of win32/ folders; false: all others. As C++ those of the product only, so that
# they can be used from there.

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/report.cmake)

set(standard_c -std=c17 -Wall -Wextra -Wpedantic -Wundef -Wstrict-prototypes)
set(standard_c++ -std=c++17 -Wall -Wextra)
set(flags ${FLAG})
if(WIN32)
    list(APPEND flags -DUNICODE -D_UNICODE -D_WIN32_WINNT=0x0A00 -DWINVER=0x0A00)
endif()

function(check_folder folder)
    set(includes -I${GENERATED})
    foreach(other IN LISTS folder ARGN)
        list(APPEND includes -I${ROOT}/${other})
    endforeach()
    file(GLOB headers ${ROOT}/${folder}/*.h)
    foreach(header IN LISTS headers)
        execute_process(
            COMMAND ${COMPILER} -x ${LANGUAGE} ${standard_${LANGUAGE}} -Werror ${flags} -fsyntax-only
                ${includes} -include ${header} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/empty.c
            RESULT_VARIABLE result ERROR_VARIABLE output)
        if(result EQUAL 0)
            set(output "")
        elseif("${output}" STREQUAL "")
            set(output "${COMPILER}: ${result}")
        endif()
        check_case(${header} "${output}")
    endforeach()
endfunction()

# Each folder with the others on its include path.
if(WIN32)
    check_folder(common/win32 common)
    check_folder(service/win32 service common common/win32)
    check_folder(client/win32 client common common/win32)
else()
    check_folder(common)
    check_folder(service common)
    check_folder(client common)
endif()
if(LANGUAGE STREQUAL c AND WIN32)
    check_folder(tests/win32 tests common common/win32 service service/win32)
    check_folder(tests/system tests tests/win32 common common/win32 client)
elseif(LANGUAGE STREQUAL c)
    check_folder(tests common)
    check_folder(tests/unit tests common service client)
    check_folder(tests/fuzz tests common service client)
    check_folder(tests/golden tests common service)
endif()
check_end()
