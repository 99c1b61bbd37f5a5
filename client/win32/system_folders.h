/* Where Windows and the programs installed for all users live: what --outside-system leaves out. */
#ifndef CLIENT_WIN32_SYSTEM_FOLDERS_H
#define CLIENT_WIN32_SYSTEM_FOLDERS_H

#include <stddef.h>

#include "common/base/annotations.h"
#include "common/text/span.h"

enum { SYSTEM_FOLDERS_COUNT_MAX = 4, SYSTEM_FOLDER_CAPACITY = 1024 };

struct system_folders {
    char texts[SYSTEM_FOLDERS_COUNT_MAX][SYSTEM_FOLDER_CAPACITY];
    struct span folders[SYSTEM_FOLDERS_COUNT_MAX]; /* UTF-8; of texts */
    size_t count;
};

/* One that cannot be found is left out. */
void system_folders_query(_Out_ struct system_folders *folders);

#endif
