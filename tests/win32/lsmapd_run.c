#include "tests/win32/lsmapd_run.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "service/win32/service_control.h"
#include "service/win32/settings_registry.h"
#include "tests/win32/child.h"
#include "tests/win32/lsmapd_path.h"

enum { RUN_TIMEOUT_MS = 60 * 1000, OUTPUT_CAPACITY = 2048 };

static DWORD run(const wchar_t *path, const wchar_t *arguments, char *output, DWORD capacity)
{
    wchar_t command[MAX_PATH + 128];
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof inherit, .bInheritHandle = TRUE};
    STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process = {0};
    HANDLE reader = NULL, writer = NULL;
    DWORD code = LSMAPD_EXIT_NONE, size = 0, total = 0;

    output[0] = '\0';
    if (!CreatePipe(&reader, &writer, &inherit, 0))
        return code;
    SetHandleInformation(reader, HANDLE_FLAG_INHERIT, 0);
    swprintf(command, MAX_PATH + 128, L"\"%ls\" %ls", path, arguments);
    startup.hStdOutput = writer;
    startup.hStdError = writer;
    BOOL is_started = child_start(path, command, TRUE, CREATE_NO_WINDOW, &startup, &process);
    handle_close(&writer);
    while (is_started && total + 1 < capacity &&
           ReadFile(reader, output + total, capacity - 1 - total, &size, NULL) && size > 0)
        total += size;
    output[total] = '\0';
    if (is_started && WaitForSingleObject(process.hProcess, RUN_TIMEOUT_MS) == WAIT_OBJECT_0)
        GetExitCodeProcess(process.hProcess, &code);
    handle_close(&process.hProcess);
    handle_close(&process.hThread);
    handle_close(&reader);
    return code;
}

/* A build tree belongs to a user, so a service there is refused without --trust-folder. Wine does not
 * look. */
DWORD lsmapd_run(const wchar_t *arguments, char *output, DWORD capacity)
{
    wchar_t path[MAX_PATH], complete[256];
    char error[256];
    const bool is_install = !system_is_wine() && wcsncmp(arguments, L"install", 7) == 0;

    output[0] = '\0';
    swprintf(complete, 256, L"%ls%ls", arguments, is_install ? L" --trust-folder" : L"");
    if (!lsmapd_path(path))
        return LSMAPD_EXIT_NONE;
    const DWORD code = run(path, complete, output, capacity);
    /* Wine's service control manager starts a process as child.h says. */
    text_w_error(error, sizeof error, ERROR_INTERNAL_ERROR);
    return system_is_wine() && code != EXIT_CODE_OK && strstr(output, error) != NULL
               ? run(path, complete, output, capacity)
               : code;
}

DWORD doctor_run(const wchar_t *arguments, char *output, DWORD capacity)
{
    wchar_t path[MAX_PATH];
    DWORD length = GetEnvironmentVariableW(L"LSMAP_DOCTOR_EXE", path, MAX_PATH);

    output[0] = '\0';
    return length > 0 && length < MAX_PATH ? run(path, arguments, output, capacity)
                                           : LSMAPD_EXIT_NONE;
}

void lsmapd_check_run(struct test *t, const wchar_t *arguments, DWORD code, const char *text)
{
    char output[OUTPUT_CAPACITY];

    TEST_ROW(t, "lsmapd %ls", arguments);
    DWORD actual = lsmapd_run(arguments, output, sizeof output);
    CHECK_INT(t, code, actual);
    bool is_said = text[0] != '\0' ? strstr(output, text) != NULL : output[0] == '\0';
    if (!CHECK(t, is_said))
        printf("  wanted \"%s\", printed: %s\n", text, output);
}

DWORD lsmapd_set_text(const wchar_t *name, const wchar_t *text)
{
    return (DWORD)RegSetKeyValueW(HKEY_LOCAL_MACHINE, SETTINGS_REGISTRY_KEY, name, REG_SZ, text,
                                  (DWORD)((wcslen(text) + 1) * sizeof *text));
}

const char *lsmapd_reason_to_skip(void)
{
    static wchar_t path[MAX_PATH];
    wchar_t allowed[2];
    SC_HANDLE service = NULL;

    if (!lsmapd_path(path))
        return "lsmapd.exe was not found; name it in LSMAPD_EXE";
    if (!system_is_wine() && GetEnvironmentVariableW(L"LSMAP_TEST_INSTALL", allowed, 2) != 1)
        return "this would install the service here; set LSMAP_TEST_INSTALL=1 to allow it";
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    if (manager == NULL)
        return "needs an elevated prompt";
    bool is_installed = service_open(SERVICE_QUERY_STATUS, &service) == ERROR_SUCCESS;
    service_close(&service);
    service_close(&manager);
    return is_installed ? "the service is installed already" : NULL;
}
