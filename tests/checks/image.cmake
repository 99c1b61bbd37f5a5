# A built program has the imports, flags and size that image_allowed.txt allows, and its resources.
#     cmake -D IMAGE=FILE -D OBJDUMP=PROGRAM -D WINDRES=PROGRAM -D VERSION=X.Y.Z -P image.cmake

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/report.cmake)

get_filename_component(name ${IMAGE} NAME)
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/image_allowed.txt rules REGEX "^[^#]")

execute_process(COMMAND ${OBJDUMP} -p ${IMAGE} OUTPUT_VARIABLE dump COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "DLL Name: [^\n]+" imports "${dump}")
foreach(import IN LISTS imports)
    string(REGEX REPLACE "DLL Name: +" "" import "${import}")
    string(TOLOWER "${import}" import)
    set(problem "")
    if(NOT "${name} imports ${import}" IN_LIST rules)
        set(problem "not in image_allowed.txt")
    endif()
    check_case("${name} imports ${import}" "${problem}")
endforeach()

string(REGEX MATCH "DllCharacteristics[ \t]+[0-9a-f]+\n([ \t]+[A-Z_]+\n)*" characteristics "${dump}")
foreach(rule IN LISTS rules)
    if(rule MATCHES "^all characteristic (.*)$")
        set(characteristic ${CMAKE_MATCH_1})
        set(problem "")
        if(NOT characteristics MATCHES "[ \t]${characteristic}\n")
            set(problem "not set")
        endif()
        check_case("${name} ${characteristic}" "${problem}")
    elseif(rule MATCHES "^${name} size (.*)$")
        set(size_max ${CMAKE_MATCH_1})
        file(SIZE ${IMAGE} size)
        set(problem "")
        if(size GREATER size_max)
            set(problem "${size} bytes")
        endif()
        check_case("${name} is at most ${size_max} bytes" "${problem}")
    endif()
endforeach()

execute_process(COMMAND ${WINDRES} -i ${IMAGE} -O rc OUTPUT_VARIABLE resources
    COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "." "\\." version "${VERSION}")
string(REPLACE "." ", ?" numbers "${VERSION}")
foreach(expected
        "FILEVERSION ${numbers}, ?0"
        "PRODUCTVERSION ${numbers}, ?0"
        "VALUE \"FileVersion\", \"${version}\""
        "VALUE \"ProductName\", \"lsmap\""
        "VALUE \"OriginalFilename\", \"${name}\"")
    set(problem "")
    if(NOT resources MATCHES "${expected}")
        set(problem "not in the resources")
    endif()
    check_case("${name} ${expected}" "${problem}")
endforeach()
check_end()
