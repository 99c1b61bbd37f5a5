# Warnings and hardening, once for every target: link lsmap_flags.
#
# Options are for C alone: CMake would hand them to the resource compiler too.

include_guard()

if(WIN32)
    enable_language(RC)
    # Static C runtime: nothing to ship beside the exe, and no DLL to plant there.
    set(CMAKE_MSVC_RUNTIME_LIBRARY "MultiThreaded$<$<CONFIG:Debug>:Debug>")
endif()

# What the names of packages say: x64 or arm64.
set(LSMAP_ARCHITECTURE ${CMAKE_SYSTEM_PROCESSOR})
if(MSVC)
    set(LSMAP_ARCHITECTURE ${CMAKE_C_COMPILER_ARCHITECTURE_ID})
endif()
string(TOLOWER ${LSMAP_ARCHITECTURE} LSMAP_ARCHITECTURE)
string(REPLACE amd64 x64 LSMAP_ARCHITECTURE ${LSMAP_ARCHITECTURE})

add_library(lsmap_flags INTERFACE)

if(MSVC)
    target_compile_options(lsmap_flags INTERFACE
        $<$<COMPILE_LANGUAGE:C>:/W4 /WX /permissive- /utf-8 /Zc:preprocessor>
        # An undeclared function and an unused static one (a test left out of its table) are errors.
        $<$<COMPILE_LANGUAGE:C>:/we4013 /we4505>
        # Standard C since C99, which /W4 calls an extension: aggregates initialised from variables.
        $<$<COMPILE_LANGUAGE:C>:/wd4204 /wd4221>
        $<$<COMPILE_LANGUAGE:C>:/sdl /GS /guard:cf /Brepro>)
    # Its libraries are an optional component of Visual Studio.
    if(EXISTS "${CMAKE_C_COMPILER}/../../../../lib/spectre/${LSMAP_ARCHITECTURE}")
        target_compile_options(lsmap_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:/Qspectre>)
    endif()
    target_compile_definitions(lsmap_flags INTERFACE
        # fopen and snprintf are not replaced by Microsoft's own.
        $<$<COMPILE_LANGUAGE:C>:_CRT_SECURE_NO_WARNINGS>)
    target_link_options(lsmap_flags INTERFACE
        /WX /INCREMENTAL:NO /Brepro /guard:cf /DYNAMICBASE /HIGHENTROPYVA /NXCOMPAT
        # Shadow stacks; arm64 has none, and its linker warns.
        $<$<STREQUAL:${LSMAP_ARCHITECTURE},x64>:/CETCOMPAT>
        # The DLLs we import come from system32 only.
        /DEPENDENTLOADFLAG:0x800)
else()
    target_compile_options(lsmap_flags INTERFACE
        $<$<COMPILE_LANGUAGE:C>:-Wall -Wextra -Wpedantic -Werror -Wconversion -Wsign-conversion>
        $<$<COMPILE_LANGUAGE:C>:-Wshadow -Wstrict-prototypes -Wmissing-prototypes>
        $<$<COMPILE_LANGUAGE:C>:-Wold-style-definition -Wformat=2 -Wundef -Wvla>
        $<$<COMPILE_LANGUAGE:C>:-Wimplicit-fallthrough -Wswitch-enum -Wwrite-strings -Wcast-qual>
        $<$<COMPILE_LANGUAGE:C>:-fstack-protector-strong>
        # Messages of ASSERT and CHECK name the file from the root, wherever the checkout lies.
        $<$<COMPILE_LANGUAGE:C>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=>
        # Fortify needs the optimiser.
        "$<$<AND:$<COMPILE_LANGUAGE:C>,$<CONFIG:Release>>:SHELL:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>")
    target_link_options(lsmap_flags INTERFACE -fstack-protector-strong)
endif()

if(MINGW)
    # C99 formats (%zu, PRIu64) in msvcrt's printf family, the same in the tests as in the product:
    # what is tested is what runs. It costs each exe about 25 KiB.
    target_compile_definitions(lsmap_flags INTERFACE
        $<$<COMPILE_LANGUAGE:C>:__USE_MINGW_ANSI_STDIO=1>)
    # Not -fdata-sections: with it zeros are part of the file.
    target_compile_options(lsmap_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:-ffunction-sections>)
    target_link_options(lsmap_flags INTERFACE
        # Without -static the stack protector imports libssp-0.dll.
        -static
        -Wl,--gc-sections,--dynamicbase,--high-entropy-va,--nxcompat,--no-insert-timestamp
        $<$<CONFIG:Release>:-s>)
endif()

# Makes `target` a program whose entry point is wmain.
function(lsmap_wide_main target)
    if(MINGW)
        target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C>:-municode>)
        target_link_options(${target} PRIVATE -municode)
    elseif(MSVC)
        target_link_options(${target} PRIVATE /SUBSYSTEM:CONSOLE)
    endif()
endfunction()

# lsmap_resources(TARGET RC FILE...): VERSIONINFO, the manifest and what else the .rc file names.
function(lsmap_resources target rc)
    target_sources(${target} PRIVATE ${rc})
    set_source_files_properties(${rc} PROPERTIES OBJECT_DEPENDS
        "${ARGN};${lsmap_BINARY_DIR}/common/version.h")
    if(MSVC)
        target_link_options(${target} PRIVATE /MANIFEST:NO) # the .rc has it
    endif()
endfunction()
