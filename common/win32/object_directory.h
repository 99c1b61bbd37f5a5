/* Directories of the object manager, sections and handles: the real `struct object_calls`.
 *
 * Asks for no right but DIRECTORY_QUERY and SECTION_QUERY; a DACL that refuses them is respected. */
#ifndef COMMON_WIN32_OBJECT_DIRECTORY_H
#define COMMON_WIN32_OBJECT_DIRECTORY_H

#include "common/scan/platform.h"

/* Any thread may call them; their context is not used. */
void object_directory_calls(_Out_ struct object_calls *calls);

#endif
