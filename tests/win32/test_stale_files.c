/* What `lsmap stale` asks Windows about files. */
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "client/win32/file_users.h"
#include "common/text/timestamp.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "tests/test.h"
#include "tests/win32/out_folder.h"

enum { PATH_CAPACITY = 3 * MAX_PATH, NAMES_SIZE_MAX = 1024 * 1024 };

static enum stale_presence look(const char *path, uint64_t *time)
{
    return stale_files.look(NULL, span_from_string(path), time);
}

static void paths_are_looked_at(struct test *t)
{
    static const char *const elsewhere[] = {"\\\\server\\share\\a.dll",
                                            "\\\\?\\UNC\\server\\share\\a",
                                            "a.dll",
                                            "C:a.dll",
                                            "\\Device\\Null",
                                            "",
                                            "\\\\.\\pipe\\lsmap",
                                            "?:\\a"};
    struct out_folder folder;
    char path[PATH_CAPACITY];
    uint64_t first = 0, second = 0;

    REQUIRE(t, out_folder_make(&folder));
    REQUIRE(t, text_w_to_utf8(path, sizeof path, folder.file) == ERROR_SUCCESS);
    CHECK_INT(t, STALE_ABSENT, look(path, &first));
    CHECK(t, out_folder_write(folder.file, "a"));
    CHECK_INT(t, STALE_PRESENT, look(path, &first));
    Sleep(50);
    CHECK(t, out_folder_write(folder.file, "ab"));
    CHECK_INT(t, STALE_PRESENT, look(path, &second));
    CHECK(t, first > 0 && second > first);
    CHECK_INT(t, STALE_ABSENT, look("C:\\no such folder\\a.dll", &first));
    for (size_t i = 0; i < TEST_COUNT(elsewhere); i++) {
        TEST_ROW(t, "%s", elsewhere[i]);
        CHECK_INT(t, STALE_UNKNOWN, look(elsewhere[i], &first));
    }
    out_folder_remove(&folder);
}

static void processes_are_running_or_not(struct test *t)
{
    FILETIME created, ended, kernel, user;
    char start[TIMESTAMP_CAPACITY];
    const DWORD self = GetCurrentProcessId();

    REQUIRE(t, GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user));
    const uint64_t time = (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
    timestamp_format(start, time);
    CHECK(t, stale_files.is_running(NULL, self, SPAN("")));
    CHECK(t, stale_files.is_running(NULL, self, span_from_string(start)));
    timestamp_format(start, time - 1); /* one that had the identifier before */
    CHECK(t, !stale_files.is_running(NULL, self, span_from_string(start)));
    CHECK(t, !stale_files.is_running(NULL, 0x7ffffff0, SPAN("")));
}

/* What Windows keeps for its next start, in the words of the registry. */
static void pending_renames_are_read(struct test *t)
{
    static const wchar_t key[] = L"SYSTEM\\CurrentControlSet\\Control\\Session Manager";
    static const wchar_t value[] = L"PendingFileRenameOperations";
    struct buffer names;
    struct out_folder folder;
    char path[PATH_CAPACITY], expected[PATH_CAPACITY + 8];

    if (!system_is_wine())
        TEST_SKIP(t, "it would change what Windows does at its next start");
    REQUIRE(t, out_folder_make(&folder));
    CHECK(t, out_folder_write(folder.file, "a"));
    REQUIRE(t, text_w_to_utf8(path, sizeof path, folder.file) == ERROR_SUCCESS);
    (void)RegDeleteKeyValueW(HKEY_LOCAL_MACHINE, key, value); /* what another test left */
    REQUIRE(t, MoveFileExW(folder.file, NULL, MOVEFILE_DELAY_UNTIL_REBOOT));
    buffer_init(&names, NAMES_SIZE_MAX);
    stale_files.read_pending(NULL, &names);
    (void)snprintf(expected, sizeof expected, "\\??\\%s", path);
    size_t size = strlen(expected);
    CHECK(t, names.size > size);
    CHECK(t, names.size > size && memcmp(names.data, expected, size) == 0);
    CHECK(t, names.size > size + 1 && names.data[size] == '\0' && names.data[size + 1] == '\0');
    buffer_clear(&names);
    (void)RegDeleteKeyValueW(HKEY_LOCAL_MACHINE, key, value);
    stale_files.read_pending(NULL, &names);
    CHECK_INT(t, 0, names.size);
    buffer_release(&names);
    out_folder_remove(&folder);
}

static void users_of_a_file_are_listed(struct test *t)
{
    struct out_folder folder;
    struct buffer pids;
    char path[PATH_CAPACITY];

    if (system_is_wine())
        TEST_SKIP(t, "Wine does not say who uses a file");
    REQUIRE(t, out_folder_make(&folder));
    CHECK(t, out_folder_write(folder.file, "a"));
    REQUIRE(t, text_w_to_utf8(path, sizeof path, folder.file) == ERROR_SUCCESS);
    buffer_init(&pids, FILE_USERS_MAX * sizeof(uint32_t));
    HANDLE used =
        CreateFileW(folder.file, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(t, used != INVALID_HANDLE_VALUE);
    CHECK(t, stale_files.list_users(NULL, span_from_string(path), &pids));
    bool is_listed = false;
    for (size_t i = 0; i < pids.size / sizeof(uint32_t); i++)
        is_listed =
            is_listed || ((const uint32_t *)(const void *)pids.data)[i] == GetCurrentProcessId();
    CHECK(t, is_listed);
    (void)CloseHandle(used);
    buffer_release(&pids);
    out_folder_remove(&folder);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(paths_are_looked_at),
        TEST_CASE(processes_are_running_or_not),
        TEST_CASE(pending_renames_are_read),
        TEST_CASE(users_of_a_file_are_listed),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
