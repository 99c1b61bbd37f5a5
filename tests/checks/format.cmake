# Every C file is formatted as .clang-format says.
#     cmake -D ROOT=DIR -D CLANG_FORMAT=PROGRAM -P format.cmake

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/report.cmake)

set(problems "")
foreach(folder common service client tests)
    file(GLOB_RECURSE files ${ROOT}/${folder}/*.c ${ROOT}/${folder}/*.h)
    execute_process(COMMAND ${CLANG_FORMAT} --style=file --dry-run -Werror ${files}
        RESULT_VARIABLE result ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        string(APPEND problems "\n${result}\n${output}")
    endif()
endforeach()
check_case("formatted as .clang-format says" "${problems}")
check_end()
