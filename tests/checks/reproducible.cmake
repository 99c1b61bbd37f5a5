# A second build, in another folder, has the same bytes.
#     cmake -D ROOT=DIR -D BUILD=DIR -D PROGRAMS=FILE,... -P reproducible.cmake

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/report.cmake)

set(second ${BUILD}/second_build)
file(REMOVE_RECURSE ${second})
execute_process(
    COMMAND ${CMAKE_COMMAND} --preset mingw -B ${second} -D BUILD_TESTING=OFF
    WORKING_DIRECTORY ${ROOT} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(
    COMMAND ${CMAKE_COMMAND} --build ${second} --parallel 2
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "," ";" PROGRAMS "${PROGRAMS}")
foreach(program IN LISTS PROGRAMS)
    file(SHA256 ${BUILD}/${program} first_hash)
    file(SHA256 ${second}/${program} second_hash)
    set(problem "")
    if(NOT first_hash STREQUAL second_hash)
        set(problem "differs from ${second}/${program}")
    endif()
    check_case(${program} "${problem}")
endforeach()
check_end()
