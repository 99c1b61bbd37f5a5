/* `lsmap -f` finds a file however it is spelled. One is mapped by this process, under its plain name; no
 * service is needed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "client/outcome.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "tests/test.h"
#include "tests/win32/child.h"
#include "tests/win32/lsmap_process.h"

#include <winioctl.h>

enum { TEXT_CAPACITY = 2048, LONG_NAME_LEN = 120 };

static wchar_t folder[MAX_PATH]; /* the current one, its final name */
static wchar_t file[MAX_PATH];   /* in it, mapped */
static HANDLE mapped_file;
static void *view;

static bool make_file(const wchar_t *path, HANDLE *opened)
{
    HANDLE made = CreateFileW(path, GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              CREATE_ALWAYS, 0, NULL);

    if (made == INVALID_HANDLE_VALUE)
        return false;
    bool good = SetFilePointer(made, 4096, NULL, FILE_BEGIN) == 4096 && SetEndOfFile(made);
    if (opened != NULL)
        *opened = made;
    else
        handle_close(&made);
    return good;
}

static void *map(HANDLE opened)
{
    HANDLE section = CreateFileMappingW(opened, NULL, PAGE_READONLY, 0, 0, NULL);
    void *mapped = section != NULL ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;

    handle_close(&section);
    return mapped;
}

static bool build(void)
{
    wchar_t temporary[MAX_PATH], final[MAX_PATH];

    if (GetTempPathW(MAX_PATH, temporary) == 0)
        return false;
    (void)swprintf(folder, MAX_PATH, L"%lslsmap spellings-%lu", temporary, GetCurrentProcessId());
    if (!CreateDirectoryW(folder, NULL) || !SetCurrentDirectoryW(folder))
        return false;
    HANDLE opened = CreateFileW(folder, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    DWORD len = GetFinalPathNameByHandleW(opened, final, MAX_PATH, 0);
    handle_close(&opened);
    if (len < 4 || len >= MAX_PATH)
        return false;
    (void)swprintf(folder, MAX_PATH, L"%ls", final + 4); /* without \\?\ */
    (void)swprintf(file, MAX_PATH, L"%ls\\mapped file.dat", folder);
    if (!CreateDirectoryW(L"sub", NULL) || !make_file(file, &mapped_file))
        return false;
    view = map(mapped_file);
    return view != NULL;
}

static void strike(void)
{
    if (view != NULL)
        UnmapViewOfFile(view);
    handle_close(&mapped_file);
    DeleteFileW(file);
    DeleteFileW(L"link.dat");
    DeleteFileW(L"symlink.dat");
    RemoveDirectoryW(L"symlink");
    RemoveDirectoryW(L"junction");
    RemoveDirectoryW(L"sub");
    SetCurrentDirectoryW(L"C:\\");
    RemoveDirectoryW(folder);
}

/* Runs lsmap for one spelling. Returns whether it names this process. */
static bool finds(struct test *t, const wchar_t *spelling, const wchar_t *more)
{
    struct lsmap_process process = {0};
    wchar_t arguments[TEXT_CAPACITY];
    char name[512], pid[16];

    (void)snprintf(name, sizeof name, "%ls", spelling);
    TEST_ROW(t, "%s", name);
    (void)swprintf(arguments, TEXT_CAPACITY, L"--direct --pids -f \"%ls\" %ls", spelling, more);
    (void)snprintf(pid, sizeof pid, "%lu\r\n", GetCurrentProcessId());
    if (!CHECK(t, lsmap_process_run(&process, arguments)))
        return false;
    pid[strlen(pid) - 2] = '\n';
    pid[strlen(pid) - 1] = '\0';
    bool found = process.exit_code == OUTCOME_COMPLETE && strstr(process.out, pid) != NULL;
    if (!found)
        printf("%s: exit code %lu, %s%s\n", name, process.exit_code, process.out, process.error);
    lsmap_process_release(&process);
    return found;
}

static void each_text_leads_to_the_file(struct test *t)
{
    wchar_t text[16][MAX_PATH];
    const wchar_t *last = wcsrchr(folder, L'\\') + 1;
    size_t count = 0;

    wcscpy(text[count++], file);
    wcscpy(text[count++], L"mapped file.dat");
    wcscpy(text[count++], L"MAPPED FILE.DAT");
    wcscpy(text[count++], L".\\mapped file.dat");
    wcscpy(text[count++], L"./mapped file.dat");
    wcscpy(text[count++], L"sub\\..\\mapped file.dat");
    (void)swprintf(text[count++], MAX_PATH, L"..\\%ls\\mapped file.dat", last);
    (void)swprintf(text[count++], MAX_PATH, L"%ls\\\\mapped file.dat", folder);
    (void)swprintf(text[count++], MAX_PATH, L"%lc:mapped file.dat", folder[0]);
    (void)swprintf(text[count++], MAX_PATH, L"%ls", file + 2); /* \x, on the current drive */
    (void)swprintf(text[count++], MAX_PATH, L"\\\\?\\%ls", file);
    (void)swprintf(text[count++], MAX_PATH, L"\\\\.\\%ls", file);
    wcscpy(text[count], file);
    for (wchar_t *p = text[count++]; *p != L'\0'; p++)
        *p = *p == L'\\' ? L'/' : *p;
    (void)swprintf(text[count], MAX_PATH, L"//?/%ls", file);
    for (wchar_t *p = text[count++]; *p != L'\0'; p++)
        *p = *p == L'\\' ? L'/' : *p;
    for (size_t i = 0; i < count; i++)
        CHECK(t, finds(t, text[i], L""));
    CHECK(t, finds(t, L"no such file", L"-f *file.dat")); /* united */
}

static void a_folder_is_everything_below_it(struct test *t)
{
    wchar_t text[MAX_PATH];

    CHECK(t, finds(t, folder, L""));
    (void)swprintf(text, MAX_PATH, L"%ls\\\\", folder); /* doubled: the quote would end it */
    CHECK(t, finds(t, text, L""));
    CHECK(t, finds(t, L".", L""));
    CHECK(t, finds(t, L"sub\\..", L""));
    CHECK(t, !finds(t, L"sub", L"")); /* nothing of it is mapped */
}

static void a_short_name_leads_to_the_file(struct test *t)
{
    wchar_t text[MAX_PATH];

    DWORD len = GetShortPathNameW(file, text, MAX_PATH);
    REQUIRE(t, len > 0 && len < MAX_PATH);
    if (_wcsicmp(text, file) == 0)
        TEST_SKIP(t, "this file system has no short names");
    CHECK(t, finds(t, text, L""));
}

static void a_hard_link_leads_to_the_file(struct test *t)
{
    if (!CreateHardLinkW(L"link.dat", file, NULL))
        TEST_SKIP(t, "this file system has no hard links");
    CHECK(t, finds(t, L"mapped file.dat", L""));
    bool found = finds(t, L"link.dat", L"");
    if (system_is_wine())
        TEST_SKIP(t, "Wine does not list the names of a file");
    CHECK(t, found);
}

/* What subst does. */
static void a_letter_of_subst_leads_to_the_file(struct test *t)
{
    static const wchar_t letter[] = L"Y:";

    if (system_is_wine())
        TEST_SKIP(t, "under Wine such a letter is a volume of its own");
    REQUIRE(t, DefineDosDeviceW(0, letter, folder));
    bool found = finds(t, L"Y:\\mapped file.dat", L"");
    bool below = finds(t, L"Y:\\\\", L""); /* doubled: the quote would end it */
    (void)DefineDosDeviceW(DDD_REMOVE_DEFINITION, letter, NULL);
    CHECK(t, found);
    CHECK(t, below);
}

/* Makes a symbolic link in the current folder. Wine only pretends to; its host can. */
static bool make_link(const wchar_t *path, const wchar_t *target, DWORD flags)
{
    wchar_t line[MAX_PATH];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child = {0};

    if (!system_is_wine())
        return CreateSymbolicLinkW(path, target,
                                   flags | SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE) != 0;
    (void)swprintf(line, MAX_PATH, L"ln -s \"%ls\" %ls", target, path);
    if (!child_start(L"Z:\\bin\\ln", line, FALSE, 0, &startup, &child))
        return false;
    for (int i = 0; i < 100 && GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES; i++)
        Sleep(50);
    handle_close(&child.hThread);
    handle_close(&child.hProcess);
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static void a_link_leads_to_the_file(struct test *t)
{
    if (!make_link(L"symlink.dat", L"mapped file.dat", 0) ||
        !make_link(L"symlink", L".", SYMBOLIC_LINK_FLAG_DIRECTORY))
        TEST_SKIP(t, "no symbolic link can be created");
    CHECK(t, finds(t, L"symlink.dat", L""));
    CHECK(t, finds(t, L"symlink\\mapped file.dat", L""));
    CHECK(t, finds(t, L"symlink", L""));
}

/* The data of a mount point; source: the WDK's REPARSE_DATA_BUFFER. */
struct mount_point {
    DWORD tag;
    WORD data_size, reserved;
    WORD substitute_offset, substitute_size, print_offset, print_size;
    wchar_t names[2 * MAX_PATH];
};

static bool make_junction(const wchar_t *path, const wchar_t *target)
{
    struct mount_point data = {.tag = IO_REPARSE_TAG_MOUNT_POINT};
    DWORD size = 0;

    if (!CreateDirectoryW(path, NULL))
        return false;
    HANDLE junction = CreateFileW(path, GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                                  FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (junction == INVALID_HANDLE_VALUE)
        return false;
    int len = swprintf(data.names, 2 * MAX_PATH, L"\\??\\%ls", target);
    data.substitute_size = (WORD)((size_t)len * sizeof(wchar_t));
    data.print_offset = (WORD)(data.substitute_size + sizeof(wchar_t));
    data.data_size = (WORD)(8 + data.substitute_size + 2 * sizeof(wchar_t));
    bool good = DeviceIoControl(junction, FSCTL_SET_REPARSE_POINT, &data, 8u + data.data_size, NULL,
                                0, &size, NULL) != 0;
    handle_close(&junction);
    return good;
}

static void a_junction_leads_to_the_file(struct test *t)
{
    if (!make_junction(L"junction", folder))
        TEST_SKIP(t, "no junction can be created");
    CHECK(t, finds(t, L"junction\\mapped file.dat", L""));
    CHECK(t, finds(t, L"junction", L""));
}

/* Longer than MAX_PATH, and mapped by that name. */
static void a_long_path_leads_to_the_file(struct test *t)
{
    static wchar_t paths[3][4 * LONG_NAME_LEN + MAX_PATH], name[LONG_NAME_LEN + 1];
    HANDLE opened = NULL;
    void *mapped = NULL;

    wmemset(name, L'n', LONG_NAME_LEN);
    (void)swprintf(paths[0], TEST_COUNT(paths[0]), L"\\\\?\\%ls\\%ls", folder, name);
    (void)swprintf(paths[1], TEST_COUNT(paths[1]), L"%ls\\%ls", paths[0], name);
    (void)swprintf(paths[2], TEST_COUNT(paths[2]), L"%ls\\long.dat", paths[1]);
    if (CreateDirectoryW(paths[0], NULL) && CreateDirectoryW(paths[1], NULL) &&
        make_file(paths[2], &opened))
        mapped = map(opened);
    bool good = CHECK(t, mapped != NULL) && CHECK(t, finds(t, paths[2], L"")) &&
                CHECK(t, finds(t, paths[2] + 4, L""));
    if (mapped != NULL)
        UnmapViewOfFile(mapped);
    handle_close(&opened);
    DeleteFileW(paths[2]);
    RemoveDirectoryW(paths[1]);
    RemoveDirectoryW(paths[0]);
    (void)good;
}

/* Runs lsmap and checks its exit code and stderr, in which %s stands for the folder. */
static void check_words(struct test *t, const wchar_t *arguments, DWORD exit_code,
                        const char *expected)
{
    struct lsmap_process process = {0};
    char narrow[MAX_PATH * 3], text[TEXT_CAPACITY];

    (void)snprintf(narrow, sizeof narrow, "%ls", folder);
    (void)snprintf(text, sizeof text, "lsmap: %s\\%s", narrow, expected);
    TEST_ROW(t, "%ls", arguments);
    REQUIRE(t, lsmap_process_run(&process, arguments));
    CHECK_INT(t, exit_code, process.exit_code);
    CHECK_STR(t, "", process.out);
    process.error[strlen(text) < sizeof process.error ? strlen(text) : 0] = '\0';
    CHECK_STR(t, text, process.error);
    lsmap_process_release(&process);
}

static void what_nobody_has_is_said_to_exist_or_not(struct test *t)
{
    REQUIRE(t, make_file(L"unused.dat", NULL));
    check_words(t, L"--direct -f unused.dat", OUTCOME_NOTHING,
                "unused.dat exists; no process has it mapped");
    check_words(t, L"--direct -f .\\nosuch.dat", OUTCOME_NOTHING,
                "nosuch.dat does not exist; no process has it mapped\n");
    check_words(t, L"--direct -f sub", OUTCOME_NOTHING, "sub exists; no process has ");
    CHECK(t, DeleteFileW(L"unused.dat"));
}

/* A program named by its path, and another of the same name elsewhere. */
static void a_program_is_named_by_its_path(struct test *t)
{
    struct lsmap_process process = {0};
    wchar_t self[MAX_PATH], arguments[TEXT_CAPACITY], short_name[MAX_PATH];
    char pid[16];

    (void)snprintf(pid, sizeof pid, "%lu\n", GetCurrentProcessId());
    REQUIRE(t, GetModuleFileNameW(NULL, self, MAX_PATH) > 0);
    (void)swprintf(arguments, TEXT_CAPACITY, L"ps --direct --pids \"%ls\"", self);
    REQUIRE(t, lsmap_process_run(&process, arguments));
    CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
    CHECK(t, strstr(process.out, pid) != NULL);
    lsmap_process_release(&process);
    (void)swprintf(short_name, MAX_PATH, L"sub\\%ls", wcsrchr(self, L'\\') + 1);
    (void)swprintf(arguments, TEXT_CAPACITY, L"ps --direct --pids %ls", short_name);
    REQUIRE(t, lsmap_process_run(&process, arguments));
    CHECK_INT(t, OUTCOME_NOTHING, process.exit_code);
    CHECK_STR(t, "", process.out);
    CHECK(t, strstr(process.error, "lsmap: no process runs \"") != NULL);
    lsmap_process_release(&process);
}

/* --wait: ends when the file is unmapped, with a line for each change. */
static DWORD WINAPI unmap_soon(void *context)
{
    Sleep(10 * 1000); /* lsmap has looked at it by then */
    UnmapViewOfFile(context);
    return 0;
}

static void waiting_ends_when_nobody_has_the_file(struct test *t)
{
    struct lsmap_process process = {0};
    HANDLE opened = NULL;
    char pid[16];

    REQUIRE(t, make_file(L"waited.dat", &opened));
    void *mapped = map(opened);
    handle_close(&opened);
    CHECK(t, lsmap_process_run(&process, L"--direct -f waited.dat --wait --timeout 3"));
    CHECK_INT(t, OUTCOME_BUSY, process.exit_code);
    /* The last question may be cut off by the end of the time. */
    CHECK(t, strstr(process.error, "still in use") != NULL ||
                 strstr(process.error, "no complete answer") != NULL);
    lsmap_process_release(&process);
    HANDLE thread = CreateThread(NULL, 0, unmap_soon, mapped, 0, NULL);
    CHECK(t, lsmap_process_run(&process, L"--direct -f waited.dat --wait"));
    /* A process of another test that is just starting may be one that cannot be read. */
    if (process.exit_code != OUTCOME_INCOMPLETE ||
        strstr(process.error, "could not be read") == NULL)
        CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
    (void)snprintf(pid, sizeof pid, " (%lu)", GetCurrentProcessId());
    const char *came = strstr(process.out, "+ ");
    const char *went = strstr(process.out, "\n- ");
    CHECK(t, came != NULL && strstr(came, pid) != NULL);
    CHECK(t, went != NULL && strstr(went, pid) != NULL && came < went);
    lsmap_process_release(&process);
    WaitForSingleObject(thread, INFINITE);
    handle_close(&thread);
    CHECK(t, DeleteFileW(L"waited.dat"));
}

static void folders_to_leave_out_are_resolved(struct test *t)
{
    struct lsmap_process process = {0};
    wchar_t arguments[TEXT_CAPACITY];

    (void)swprintf(arguments, TEXT_CAPACITY, L"--direct -k data --csv --no-header %lu",
                   GetCurrentProcessId());
    REQUIRE(t, lsmap_process_run(&process, arguments));
    CHECK(t, strstr(process.out, "mapped file.dat") != NULL);
    lsmap_process_release(&process);
    wcscat(arguments, L" --not-under .");
    REQUIRE(t, lsmap_process_run(&process, arguments));
    CHECK(t, strstr(process.out, "mapped file.dat") == NULL);
    lsmap_process_release(&process);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(each_text_leads_to_the_file),
        TEST_CASE(a_folder_is_everything_below_it),
        TEST_CASE(a_short_name_leads_to_the_file),
        TEST_CASE(a_hard_link_leads_to_the_file),
        TEST_CASE(a_letter_of_subst_leads_to_the_file),
        TEST_CASE(a_link_leads_to_the_file),
        TEST_CASE(a_junction_leads_to_the_file),
        TEST_CASE(a_long_path_leads_to_the_file),
        TEST_CASE(what_nobody_has_is_said_to_exist_or_not),
        TEST_CASE(a_program_is_named_by_its_path),
        TEST_CASE(waiting_ends_when_nobody_has_the_file),
        TEST_CASE(folders_to_leave_out_are_resolved),
    };

    if (GetEnvironmentVariableW(L"LSMAP_EXE", NULL, 0) == 0 || !build()) {
        puts("LSMAP_EXE must be the path of lsmap.exe, and a folder must be made");
        strike();
        return 1;
    }
    int code = test_main(argc, argv, cases, TEST_COUNT(cases));
    strike();
    return code;
}
