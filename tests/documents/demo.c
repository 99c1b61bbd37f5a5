/* The example process of the documents: maps the files named on its command line, read-only, and
 * waits until it is terminated.
 *
 *     demo.exe FILE...
 *
 * The first file is mapped at DEMO_BASE, so that a document can ask what is at that address. Further ones
 * are mapped below the program, so that the order of the views does not depend on Wine's version.
 *
 * Holds the named section Local\demo-prices, which all examples share.
 *
 * Sets the event "lsmap-demo-ready" when all files are mapped. Ends by itself after ten minutes, and
 * at once with 1 if a file cannot be mapped.
 */
#include "common/win32/win.h"

#include <stdint.h>
#include <stdio.h>

enum { DEMO_MAX_MS = 10 * 60 * 1000 };
#define DEMO_BASE 0x600000000u
#define FURTHER_BASE 0x120000000u
#define FURTHER_STEP 0x001000000u

/* The view is never unmapped; the handles are not needed to keep it. */
static DWORD map_file(const char *path, uintptr_t base)
{
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    DWORD error = ERROR_SUCCESS;
    HANDLE section = CreateFileMappingW(file, NULL, PAGE_READONLY, 0, 0, NULL);
    if (section == NULL || MapViewOfFileEx(section, FILE_MAP_READ, 0, 0, 0, (void *)base) == NULL)
        error = GetLastError();
    if (section != NULL)
        CloseHandle(section);
    CloseHandle(file);
    return error;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const uintptr_t further = FURTHER_BASE + (uintptr_t)i * FURTHER_STEP;
        DWORD error = map_file(argv[i], i == 1 ? (uintptr_t)DEMO_BASE : further);
        if (error != ERROR_SUCCESS) {
            (void)fprintf(stderr, "demo: cannot map %s: error %lu\n", argv[i], error);
            return 1;
        }
    }
    if (CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536,
                           L"Local\\demo-prices") == NULL)
        return 1;
    HANDLE ready = OpenEventW(EVENT_MODIFY_STATE, FALSE, L"lsmap-demo-ready");
    if (ready != NULL)
        SetEvent(ready);
    Sleep(DEMO_MAX_MS);
    return 0;
}
