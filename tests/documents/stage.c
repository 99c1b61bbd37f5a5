#include "tests/documents/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "tests/system/command.h"

#define FOLDER L"C:\\Demo"

enum { PATH_LENGTH = 1024, READY_MS = 20 * 1000, REMOVED_TRIES = 100, REMOVED_POLL_MS = 100 };

static const struct {
    const wchar_t *path;
    LONG size;
} files[] = {
    {FOLDER L"\\prices.dat", 3 * 1024 * 1024},
    {FOLDER L"\\names.dat", 64 * 1024},
    {FOLDER L"\\orders.dat", 256 * 1024},
};
enum { FILES_COUNT = sizeof files / sizeof files[0] };

static wchar_t package[PATH_LENGTH];  /* the unpacked one */
static wchar_t programs[PATH_LENGTH]; /* where it is installed */

static bool make_file(const wchar_t *path, LONG size)
{
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    bool made = SetFilePointer(file, size, NULL, FILE_BEGIN) == (DWORD)size && SetEndOfFile(file);
    CloseHandle(file);
    return made;
}

/* Lets a program or script be found as if its folder were one of the search path's. */
static void prepend_path(const wchar_t *folder)
{
    static wchar_t path[16 * PATH_LENGTH];
    int length = swprintf(path, PATH_LENGTH, L"%ls;", folder);

    if (length > 0)
        GetEnvironmentVariableW(L"PATH", path + length, 15 * PATH_LENGTH);
    SetEnvironmentVariableW(L"PATH", path);
}

static bool run_script(const wchar_t *script)
{
    wchar_t line[2 * PATH_LENGTH];
    struct command command;
    (void)swprintf(line, 2 * PATH_LENGTH, L"cmd.exe /d /c \"\"%ls\\%ls\" /quiet\"", package,
                   script);
    bool good = command_run(&command, line) == ERROR_SUCCESS && command.exit_code == 0;

    if (!good)
        printf("%.*s\n", (int)command.output.size,
               command.output.size > 0 ? command.output.data : "");
    command_release(&command);
    return good;
}

static bool service_exists(void)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = OpenServiceW(manager, L"lsmapd", SERVICE_QUERY_STATUS);
    bool exists = service != NULL;

    if (service != NULL)
        CloseServiceHandle(service);
    if (manager != NULL)
        CloseServiceHandle(manager);
    return exists;
}

static const char *build_folder(struct stage *stage, const wchar_t *demo)
{
    if (!CreateDirectoryW(FOLDER, NULL))
        return "C:\\Demo cannot be made, or is there already";
    stage->has_folder = true;
    for (int i = 0; i < FILES_COUNT; i++) {
        if (!make_file(files[i].path, files[i].size))
            return "a data file cannot be made";
    }
    if (!CopyFileW(demo, FOLDER L"\\demo.exe", FALSE))
        return "demo.exe cannot be copied";
    return SetCurrentDirectoryW(FOLDER) ? NULL : "C:\\Demo cannot be entered";
}

const char *stage_build(struct stage *stage)
{
    wchar_t name[PATH_LENGTH], demo[PATH_LENGTH];

    if (service_exists())
        return "lsmap is installed on this machine";
    if (GetEnvironmentVariableW(L"LSMAP_PACKAGE", name, PATH_LENGTH) == 0 ||
        GetFullPathNameW(name, PATH_LENGTH, package, NULL) == 0 ||
        GetEnvironmentVariableW(L"DEMO_EXE", name, PATH_LENGTH) == 0 ||
        GetFullPathNameW(name, PATH_LENGTH, demo, NULL) == 0 ||
        GetEnvironmentVariableW(L"ProgramFiles", name, PATH_LENGTH) == 0)
        return "LSMAP_PACKAGE and DEMO_EXE must be set";
    (void)swprintf(programs, PATH_LENGTH, L"%ls\\lsmap", name);
    prepend_path(package);
    prepend_path(programs);
    /* The README looks at explorer. Wine starts it for the first program that asks for the desktop,
     * and ends it with the last one; that is this process. */
    (void)GetDesktopWindow();
    const char *problem = build_folder(stage, demo);
    if (problem != NULL)
        return problem;
    stage->has_service = true; /* also when it fails: half of it may be there */
    if (!run_script(L"install.cmd"))
        return "install.cmd failed";
    stage->ready = CreateEventW(NULL, FALSE, FALSE, L"lsmap-demo-ready");
    if (stage->ready == NULL || !stage_start_demo(stage, L"demo.exe prices.dat names.dat"))
        return "demo.exe does not start";
    return NULL;
}

bool stage_start_demo(struct stage *stage, const wchar_t *line)
{
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION information = {0};
    wchar_t *copy = stage->demos_count < STAGE_DEMOS_MAX ? _wcsdup(line) : NULL;

    if (copy == NULL)
        return false;
    BOOL started = CreateProcessW(FOLDER L"\\demo.exe", copy, NULL, NULL, FALSE, CREATE_NO_WINDOW,
                                  NULL, FOLDER, &startup, &information);
    free(copy);
    if (!started)
        return false;
    CloseHandle(information.hThread);
    stage->demos[stage->demos_count++] = information.hProcess;
    return WaitForSingleObject(stage->ready, READY_MS) == WAIT_OBJECT_0;
}

bool stage_uninstall(void)
{
    return run_script(L"uninstall.cmd");
}

/* Whatever a document left in it, but no folders. */
static void remove_folder(void)
{
    wchar_t path[PATH_LENGTH];
    WIN32_FIND_DATAW found;
    HANDLE search = FindFirstFileW(FOLDER L"\\*", &found);

    if (search != INVALID_HANDLE_VALUE) {
        do {
            (void)swprintf(path, PATH_LENGTH, FOLDER L"\\%ls", found.cFileName);
            DeleteFileW(path);
        } while (FindNextFileW(search, &found));
        FindClose(search);
    }
    /* A script that was run here may still be ending. */
    for (int i = 0; i < REMOVED_TRIES && !RemoveDirectoryW(FOLDER); i++)
        Sleep(REMOVED_POLL_MS);
}

/* uninstall.cmd, run from the folder itself, leaves that to another a moment later. */
static void wait_until_removed(void)
{
    for (int i = 0; i < REMOVED_TRIES; i++) {
        if (GetFileAttributesW(programs) == INVALID_FILE_ATTRIBUTES)
            break;
        Sleep(REMOVED_POLL_MS);
    }
}

void stage_strike(struct stage *stage)
{
    for (size_t i = 0; i < stage->demos_count; i++) {
        TerminateProcess(stage->demos[i], 0);
        WaitForSingleObject(stage->demos[i], READY_MS);
        handle_close(&stage->demos[i]);
    }
    handle_close(&stage->ready);
    SetCurrentDirectoryW(L"C:\\");
    if (stage->has_service) {
        stage_uninstall();
        wait_until_removed();
    }
    if (stage->has_folder)
        remove_folder();
}
