/* Which mapped files are stale: what `lsmap stale` relies on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "client/win32/file_users.h"
#include "common/win32/handle.h"
#include "common/win32/text_w.h"
#include "tests/doctor/checks.h"
#include "tests/doctor/temp_file.h"

enum { FILE_SIZE = 0x1000, WRITE_PAUSE_MS = 50 };

/* What is asked about one file. */
struct question {
    struct machine *machine;
    struct span path;
    struct buffer pids;
};

/* Whether Windows lists this process as a user of the file. */
static void judge_users(struct question *question, const char *when, bool expected)
{
    struct doctor_report *report = &question->machine->report;
    bool is_listed = false;

    if (!stale_files.list_users(NULL, question->path, &question->pids)) {
        report_add(report, DOCTOR_FILE_STALE, DOCTOR_SKIP, when,
                   "the file system does not say who uses a file");
        return;
    }
    for (size_t i = 0; i + sizeof(uint32_t) <= question->pids.size; i += sizeof(uint32_t)) {
        uint32_t pid;
        memcpy(&pid, question->pids.data + i, sizeof pid);
        is_listed = is_listed || pid == GetCurrentProcessId();
    }
    report_add(report, DOCTOR_FILE_STALE, is_listed == expected ? DOCTOR_PASS : DOCTOR_FAIL, when,
               "Windows %s this process as a user of the file",
               is_listed ? "lists" : "does not list");
}

static void judge_presence(struct question *question, const char *when,
                           enum stale_presence expected, uint64_t later_than)
{
    uint64_t change_time = 0;
    enum stale_presence presence = stale_files.look(NULL, question->path, &change_time);
    bool is_later = expected != STALE_PRESENT || change_time > later_than;

    report_add(&question->machine->report, DOCTOR_FILE_STALE,
               presence == expected && is_later ? DOCTOR_PASS : DOCTOR_FAIL, when,
               "a file is %s its path%s", presence == STALE_PRESENT ? "at" : "not at",
               is_later ? "" : ", without a later change time");
}

static bool write_file(const wchar_t *path)
{
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    DWORD written = 0;

    if (file == INVALID_HANDLE_VALUE)
        return false;
    bool is_written = WriteFile(file, "new", 3, &written, NULL) != 0;
    handle_close(&file);
    return is_written;
}

/* Opened, mapped only, renamed aside, replaced, gone. */
static void ask(struct question *question, struct temp_file *file, const wchar_t *aside)
{
    FILETIME now;

    judge_users(question, "open", true);
    handle_close(&file->section);
    handle_close(&file->file);
    judge_users(question, "mapped only", true);
    GetSystemTimeAsFileTime(&now);
    if (!MoveFileW(file->path, aside)) {
        machine_skip_error(question->machine, DOCTOR_FILE_STALE, NULL, "the file cannot be renamed",
                           GetLastError());
        return;
    }
    judge_presence(question, "renamed aside", STALE_ABSENT, 0);
    Sleep(WRITE_PAUSE_MS);
    if (write_file(file->path)) {
        judge_presence(question, "replaced", STALE_PRESENT,
                       (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
        judge_users(question, "used after it was replaced", false);
    }
    if (DeleteFileW(file->path))
        judge_presence(question, "deleted", STALE_ABSENT, 0);
}

void check_stale(struct machine *machine)
{
    struct question question = {.machine = machine};
    struct temp_file file;
    wchar_t aside[MAX_PATH + 8], path[MAX_PATH];
    char *text = NULL;

    if (machine_skips_wine(machine, DOCTOR_FILE_STALE, "does not say who uses a file"))
        return;
    if (!temp_file_create(&file, FILE_SIZE)) {
        machine_skip_error(machine, DOCTOR_FILE_STALE, NULL, "no temporary file", GetLastError());
        return;
    }
    (void)swprintf(aside, MAX_PATH + 8, L"%ls.old", file.path);
    if (GetLongPathNameW(file.path, path, MAX_PATH) == 0)
        wcscpy(path, file.path);
    text = text_w_to_utf8_alloc(path);
    question.path = span_from_string(text != NULL ? text : "");
    buffer_init(&question.pids, FILE_USERS_MAX * sizeof(uint32_t));
    ask(&question, &file, aside);
    buffer_release(&question.pids);
    free(text);
    temp_file_delete(&file);
    (void)DeleteFileW(aside);
}
