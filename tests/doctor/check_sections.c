/* Named sections: one that is made here and held by a second process is listed, with both. */
#include "tests/doctor/checks.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "common/scan/sections.h"
#include "common/win32/handle.h"
#include "common/win32/platform_nt.h"

enum { NAME_CAPACITY = 64, SECTION_SIZE = 12288, START_MS = 10000, STEPS_MAX = 1000 * 1000 };

static const wchar_t HOLD[] = L"--hold-section";

static HANDLE section, child;
static DWORD child_pid, child_error;

static void make_name(wchar_t *name, const wchar_t *what, DWORD pid)
{
    (void)swprintf(name, NAME_CAPACITY, L"Local\\lsmap-doctor-%lu%ls", (unsigned long)pid, what);
}

bool section_child_run(int argc, wchar_t **argv)
{
    wchar_t name[NAME_CAPACITY];

    if (argc != 3 || wcscmp(argv[1], HOLD) != 0)
        return false;
    const DWORD parent_pid = wcstoul(argv[2], NULL, 10);
    HANDLE parent = OpenProcess(SYNCHRONIZE, FALSE, parent_pid);
    make_name(name, L"", parent_pid);
    HANDLE held = OpenFileMappingW(FILE_MAP_READ, FALSE, name);
    make_name(name, L"-ready", parent_pid);
    HANDLE ready = OpenEventW(EVENT_MODIFY_STATE, FALSE, name);
    if (parent != NULL && held != NULL && ready != NULL && SetEvent(ready))
        WaitForSingleObject(parent, INFINITE);
    handle_close(&ready);
    handle_close(&held);
    handle_close(&parent);
    return true;
}

void section_child_start(void)
{
    wchar_t name[NAME_CAPACITY], path[MAX_PATH + 1], command[MAX_PATH + 64];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION started = {.hProcess = NULL};
    const DWORD pid = GetCurrentProcessId();

    make_name(name, L"-ready", pid);
    HANDLE ready = CreateEventW(NULL, TRUE, FALSE, name);
    make_name(name, L"", pid);
    section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, SECTION_SIZE, name);
    const DWORD len = GetModuleFileNameW(NULL, path, MAX_PATH + 1);
    if (ready == NULL || section == NULL || len == 0 || len > MAX_PATH)
        goto failed;
    (void)swprintf(command, MAX_PATH + 64, L"\"%ls\" %ls %lu", path, HOLD, (unsigned long)pid);
    if (!CreateProcessW(path, command, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL, &startup,
                        &started))
        goto failed;
    child = started.hProcess;
    child_pid = started.dwProcessId;
    handle_close(&started.hThread);
    if (WaitForSingleObject(ready, START_MS) == WAIT_OBJECT_0) {
        handle_close(&ready);
        return;
    }
    SetLastError(ERROR_TIMEOUT);

failed:
    child_error = GetLastError();
    handle_close(&ready);
}

void section_child_stop(void)
{
    if (child != NULL)
        TerminateProcess(child, 0);
    handle_close(&child);
    handle_close(&section);
}

/* What is wrong with the row of our section; NULL: nothing. */
static const char *judge(const struct sections *sections, const struct section_row *row)
{
    bool has_self = false, has_child = false;

    if (row->nt_status != 0 || row->size != SECTION_SIZE)
        return "its size is another";
    for (uint32_t i = 0; i < row->holders_count; i++) {
        struct span name;
        const uint32_t pid = sections_holder(sections, i, &name)->pid;
        has_self = has_self || pid == GetCurrentProcessId();
        has_child = has_child || pid == child_pid;
    }
    if (!has_self || !has_child || row->holders_count != 2)
        return "its holders are not this process and the other one";
    return NULL;
}

static void list_section(struct machine *machine, const struct platform *platform)
{
    const enum doctor_check check = DOCTOR_SECTIONS_HOLDERS;
    char text[NAME_CAPACITY];
    const struct span glob = {text, (size_t)snprintf(text, sizeof text, "Local\\lsmap-doctor-%lu",
                                                     (unsigned long)GetCurrentProcessId())};
    const struct scan_query query = {.names = &glob, .names_count = 1};
    struct sections *sections = sections_create(platform, &query, NULL);
    struct scan_row row = {.type = SCAN_NONE};
    const char *wrong = "it is not listed";
    bool is_hidden = false;

    for (int i = 0; sections != NULL && i < STEPS_MAX && row.type != SCAN_END; i++) {
        sections_next(sections, &row);
        if (row.type == SCAN_SECTION) {
            wrong = judge(sections, row.section);
            is_hidden = !row.section->has_holders;
        }
    }
    sections_destroy(sections);
    if (is_hidden && (machine->is_wine || !machine->is_elevated))
        report_add(&machine->report, check, DOCTOR_SKIP, NULL,
                   "the section is listed; %s does not show its holders",
                   machine->is_wine ? "Wine" : "without elevation Windows");
    else
        report_add(&machine->report, check, wrong == NULL ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
                   "a section that two processes hold: %s",
                   wrong == NULL ? "listed with its size and both" : wrong);
}

void check_sections(struct machine *machine)
{
    struct platform platform = {.context = NULL};

    if (child_error != ERROR_SUCCESS) {
        machine_skip_error(machine, DOCTOR_SECTIONS_HOLDERS, NULL,
                           "the second process did not start", child_error);
        return;
    }
    const DWORD error = platform_nt_create(&platform, 0);
    if (error == ERROR_SUCCESS)
        list_section(machine, &platform);
    else
        machine_skip_error(machine, DOCTOR_SECTIONS_HOLDERS, NULL, "no platform", error);
    platform_nt_destroy(&platform);
}
