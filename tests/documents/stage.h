/* The machine for the commands of the documents: lsmap installed from the package that a user
 * unpacks, and C:\Demo with demo.exe, data files, and a process that has two of them mapped.
 *
 * One stage at a time; refuses a machine where lsmap is installed or C:\Demo exists.
 */
#ifndef TESTS_DOCUMENTS_STAGE_H
#define TESTS_DOCUMENTS_STAGE_H

#include <stdbool.h>

#include "common/base/annotations.h"
#include "common/win32/win.h"

enum { STAGE_DEMOS_MAX = 8 };

struct stage {
    HANDLE demos[STAGE_DEMOS_MAX]; /* owned */
    size_t demos_count;
    HANDLE ready; /* owned: an event that demo.exe sets when its files are mapped */
    bool has_folder;
    bool has_service;
};

/* Sets everything up. LSMAP_PACKAGE names the folder of the unpacked package, DEMO_EXE the program.
 * Afterwards the current folder is C:\Demo, and lsmap, lsmapd and the scripts are in the search path.
 * stage  All zero; call stage_strike() in any case.
 * Returns NULL, or what went wrong. */
NODISCARD const char *stage_build(_Inout_ struct stage *stage);

/* Removes lsmap, for a document that shows how it is installed. */
bool stage_uninstall(void);

/* Starts another process, such as "demo.exe prices.dat". Returns false if it does not get ready. */
NODISCARD bool stage_start_demo(_Inout_ struct stage *stage, const wchar_t *line);

/* Ends the processes, removes lsmap and the folder. */
void stage_strike(_Inout_ struct stage *stage);

#endif
