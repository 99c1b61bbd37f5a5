/* Who has a file open or mapped. Wine does not know the question. */
#include <wchar.h>

#include "client/win32/file_users.h"
#include "common/scan/nt_status.h"
#include "common/win32/handle.h"
#include "tests/test.h"

static HANDLE make_file(wchar_t *path)
{
    wchar_t folder[MAX_PATH];

    if (GetTempPathW(MAX_PATH, folder) == 0 ||
        swprintf(path, MAX_PATH, L"%lslsmap-users-%lu.dat", folder, GetCurrentProcessId()) < 0)
        return NULL;
    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, CREATE_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    (void)SetFilePointer(file, 4096, NULL, FILE_BEGIN);
    (void)SetEndOfFile(file);
    return file;
}

/* Whether this process uses the file. */
static uint32_t uses(const wchar_t *path, bool *is_user)
{
    HANDLE file = NULL;
    struct buffer pids;
    uint32_t status = NTSTATUS_ACCESS_DENIED;

    buffer_init(&pids, FILE_USERS_MAX * sizeof(uint32_t));
    *is_user = false;
    if (file_users_open(path, 0, &file) == ERROR_SUCCESS)
        status = file_users_query(file, &pids);
    for (size_t i = 0; i + sizeof(uint32_t) <= pids.size; i += sizeof(uint32_t)) {
        uint32_t pid;
        memcpy(&pid, pids.data + i, sizeof pid);
        *is_user = *is_user || pid == GetCurrentProcessId();
    }
    buffer_release(&pids);
    handle_close(&file);
    return status;
}

static void who_opened_or_mapped_a_file_uses_it(struct test *t)
{
    wchar_t path[MAX_PATH];
    bool is_user = false;
    HANDLE file = make_file(path);

    REQUIRE(t, file != NULL);
    uint32_t status = uses(path, &is_user);
    bool is_open = is_user;
    HANDLE section = CreateFileMappingW(file, NULL, PAGE_READONLY, 0, 0, NULL);
    void *view = section != NULL ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;
    handle_close(&section);
    handle_close(&file);
    CHECK(t, view != NULL);
    uint32_t mapped_status = uses(path, &is_user);
    bool is_mapped = is_user;
    if (view != NULL)
        UnmapViewOfFile(view);
    uint32_t unused_status = uses(path, &is_user);
    DeleteFileW(path);
    if (nt_status_is_unsupported(status))
        TEST_SKIP(t, "this system does not say who uses a file");
    CHECK_INT(t, NTSTATUS_OK, status);
    CHECK_INT(t, NTSTATUS_OK, mapped_status);
    CHECK_INT(t, NTSTATUS_OK, unused_status);
    CHECK(t, is_open);
    CHECK(t, is_mapped);
    CHECK(t, !is_user);
}

static void a_missing_file_is_an_error(struct test *t)
{
    HANDLE file = NULL;

    CHECK_INT(t, ERROR_FILE_NOT_FOUND, file_users_open(L"C:\\lsmap-no-such-file", 0, &file));
    CHECK(t, file == NULL);
}

static void folders_can_be_opened(struct test *t)
{
    HANDLE file = NULL;

    CHECK_INT(t, ERROR_SUCCESS, file_users_open(L"C:\\", 0, &file));
    handle_close(&file);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(who_opened_or_mapped_a_file_uses_it),
        TEST_CASE(a_missing_file_is_an_error),
        TEST_CASE(folders_can_be_opened),
    };

    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
