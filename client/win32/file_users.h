/* What Windows says about files, asked with the rights of the caller: which processes use one, and what
 * `lsmap stale` has to know. One thread.
 *
 * Windows looks at the handles and the mapped views of every process for those of the same file: all
 * hard links of it, but not its other streams. So a process that only has the file mapped is named,
 * too. A folder is used by those who have it open, not by those who use what is in it. Each question
 * walks every process: dozens are fine, thousands are not. No handle of another process is touched. */
#ifndef CLIENT_WIN32_FILE_USERS_H
#define CLIENT_WIN32_FILE_USERS_H

#include "client/stale.h"
#include "common/win32/win.h"

enum { FILE_USERS_MAX = 16 * 1024 }; /* processes; a longer list is an error */

/* Opens a file or folder without disturbing anybody: FILE_READ_ATTRIBUTES, all sharing. As long as it is
 * open it cannot be removed completely.
 * path   As CreateFileW() takes it.
 * flags  FILE_FLAG_OPEN_REPARSE_POINT: a link itself, which is not followed; else 0.
 * Returns a Win32 error, *file untouched. */
NODISCARD DWORD file_users_open(const wchar_t *path, DWORD flags, _Out_ HANDLE *file);

/* Lists the processes that use the file.
 * file  With FILE_READ_ATTRIBUTES; it is not counted itself, other handles of this process are.
 * pids  Cleared, then receives a uint32_t for each.
 * Returns an NTSTATUS; file systems and Wine may not know the question. */
NODISCARD uint32_t file_users_query(HANDLE file, _Inout_ struct buffer *pids);

/* The paths of `stale` come from other processes. So only files of local drives are opened, and a
 * symbolic link in the place of a file is not followed. */
extern const struct stale_calls stale_files;

#endif
