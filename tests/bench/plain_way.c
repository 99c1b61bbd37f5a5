/* The plain way to list mapped files, for comparison: VirtualQueryEx and GetMappedFileNameW for
 * every region.
 *
 * Libraries for scripts do this (psutil makes both queries for every region, free ones included).
 * Prints one line for each named region, then the cost. Processes that cannot be opened are left out.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/win32/win.h"

#include <psapi.h>
#include <tlhelp32.h>

struct cost {
    unsigned long processes, regions, names, rows;
};

static void print_row(DWORD pid, const MEMORY_BASIC_INFORMATION *region, const wchar_t *name)
{
    char text[3 * MAX_PATH + 1];
    const int size = WideCharToMultiByte(CP_UTF8, 0, name, -1, text, (int)sizeof text, NULL, NULL);
    if (size > 0)
        printf("{\"pid\":%lu,\"base\":\"%p\",\"size\":%llu,\"protect\":%lu,\"path\":\"%s\"}\n",
               (unsigned long)pid, region->BaseAddress, (unsigned long long)region->RegionSize,
               (unsigned long)region->Protect, text);
}

static void list_process(HANDLE process, DWORD pid, struct cost *cost)
{
    MEMORY_BASIC_INFORMATION region;
    char *address = NULL;
    cost->processes++;
    while (VirtualQueryEx(process, address, &region, sizeof region) == sizeof region) {
        wchar_t name[MAX_PATH + 1];
        cost->regions++;
        cost->names++;
        if (GetMappedFileNameW(process, address, name, MAX_PATH) > 0) {
            cost->rows++;
            print_row(pid, &region, name);
        }
        address = (char *)region.BaseAddress + region.RegionSize;
    }
}

int main(void)
{
    struct cost cost = {0};
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (snapshot == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "plain_way: the process list failed: error %lu\n", GetLastError());
        return 1;
    }
    static char output[65536];
    setvbuf(stdout, output, _IOFBF, sizeof output);
    for (BOOL more = Process32FirstW(snapshot, &entry); more;
         more = Process32NextW(snapshot, &entry)) {
        HANDLE process =
            OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, entry.th32ProcessID);
        if (process != NULL) {
            list_process(process, entry.th32ProcessID, &cost);
            CloseHandle(process);
        }
    }
    CloseHandle(snapshot);
    fprintf(stderr,
            "plain way: %lu processes, %lu regions, %lu region + %lu name queries, %lu rows\n",
            cost.processes, cost.regions, cost.regions, cost.names, cost.rows);
    return 0;
}
