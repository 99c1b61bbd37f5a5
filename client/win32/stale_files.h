/* What `lsmap stale` asks Windows about files: by path, with the rights of the caller.
 *
 * The paths come from other processes. So only files of local drives are opened, for their attributes
 * alone, and a symbolic link in the place of a file is not followed. */
#ifndef CLIENT_WIN32_STALE_FILES_H
#define CLIENT_WIN32_STALE_FILES_H

#include "client/stale.h"
#include "common/win32/win.h"

struct stale_files {
    struct buffer pending;    /* PendingFileRenameOperations */
    struct stale_calls calls; /* points back here: do not copy it */
};

/* Reads PendingFileRenameOperations; a list that cannot be read is empty. */
void stale_files_open(_Out_ struct stale_files *files);

/* Accepts one that is all zero. */
void stale_files_close(_Inout_ struct stale_files *files);

#endif
