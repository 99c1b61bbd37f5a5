# CPack runs this after it has installed everything into a folder: the zip, and, where wixl is (Debian's
# package), the MSI and the manifest for winget.

execute_process(
    COMMAND ${CPACK_LSMAP_PACK} ${CPACK_TEMPORARY_DIRECTORY} ${CPACK_PACKAGE_VERSION}
        ${CPACK_LSMAP_ARCHITECTURE} ${CPACK_TOPLEVEL_DIRECTORY}
    COMMAND_ERROR_IS_FATAL ANY)
file(GLOB CPACK_EXTERNAL_BUILT_PACKAGES ${CPACK_TOPLEVEL_DIRECTORY}/${CPACK_PACKAGE_FILE_NAME}.*)
