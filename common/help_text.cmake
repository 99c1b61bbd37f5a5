# lsmap_help_text(TEXT HEADER): makes a header of the texts in a file, a macro with a string for each.
#
# A line "== NAME" begins a text, which is HELP_NAME in the header.
function(lsmap_help_text text header)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${text})
    file(READ ${text} content)
    string(REGEX REPLACE "\n$" "" content "${content}")
    string(REPLACE "\\" "\\\\" content "${content}")
    string(REPLACE "\"" "\\\"" content "${content}")
    string(REPLACE "\n" "\\n\" \\\n    \"" content "${content}")
    string(REGEX REPLACE "\" \\\\\n    \"== ([A-Z_]+)\\\\n\" \\\\\n" "\"\n#define HELP_\\1 \\\\\n"
           content "\n\" \\\n    \"${content}\\n\"\n")
    string(REGEX REPLACE "^\n\"\n" "" content "${content}")
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${header} CONTENT "${content}" @ONLY)
endfunction()
