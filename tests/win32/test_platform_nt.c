/* The calls of the real platform, one by one, on this process and on others. */
#include "tests/rows/memory_query.h"
#include "tests/rows/process_find.h"
#include "tests/test.h"

#include <stdlib.h>

#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/text/fold.h"
#include "common/win32/handle.h"
#include "common/win32/platform_nt.h"
#include "common/win32/system_info.h"
#include "common/win32/token.h"

#include <sddl.h> /* after <windows.h> */

enum { SCRATCH_SIZE = 256 * 1024, REPEATS = 50 };

static struct platform platform;
static struct buffer image; /* filled by open(); shared by all tests */

static struct address_space *open_self(struct process_facts *facts)
{
    struct address_space *space = NULL;
    uint32_t status = platform.open(platform.context, GetCurrentProcessId(), facts, &image, &space);
    return status == NTSTATUS_OK ? space : NULL;
}

static void list_holds_this_process(struct test *t)
{
    struct process_list *list = process_list_create();
    FILETIME created, exited, kernel, user;

    REQUIRE(t, list != NULL);
    CHECK_INT(t, NTSTATUS_OK, platform.list(platform.context, true, list));
    const struct process_entry *self = process_find(list, GetCurrentProcessId());
    CHECK(t, list->count > 1);
    CHECK(t, process_find(list, 0) == NULL);
    CHECK(t, self != NULL);
    if (self != NULL) {
        struct span name = process_list_name(list, self);
        CHECK(t, GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user));
        CHECK_INT(t, (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime,
                  self->start_time);
        CHECK(t, name.size > 4 && fold_equal(span_from(name, name.size - 4), SPAN(".exe")));
        DWORD session_id = 0;
        CHECK(t, ProcessIdToSessionId(GetCurrentProcessId(), &session_id));
        CHECK_INT(t, session_id, self->session_id);
    }
    process_list_release(list);
}

static void open_returns_the_facts_of_this_process(struct test *t)
{
    struct process_facts facts;
    struct buffer path;
    struct caller caller;
    SYSTEM_INFO info;

    buffer_init(&path, SCRATCH_SIZE);
    struct address_space *space = open_self(&facts);
    REQUIRE(t, space != NULL);
    REQUIRE(t, token_facts(GetCurrentProcessToken(), &caller) == ERROR_SUCCESS);
    GetNativeSystemInfo(&info);
    CHECK_INT(t, PROCESS_ACCESS_FULL, facts.access);
    CHECK_INT(t, ARCH_X64, facts.arch);
    CHECK(t, facts.start_time > 0);
    CHECK_INT(t, (uintptr_t)info.lpMaximumApplicationAddress, facts.address_limit - 1);
    CHECK(t, sid_equal(&caller.user, &facts.owner));
    CHECK_INT(t, caller.integrity, facts.integrity);
    CHECK(t, image.size > 0 && image.data[0] == '\\');
    CHECK(t, platform.path(platform.context, buffer_span(&image), &path));
    CHECK(t, path.size > 7 && memcmp(path.data + 1, ":\\", 2) == 0);
    if (system_is_wine())
        CHECK_INT(t, PROTECTION_UNKNOWN, facts.protection);
    else
        CHECK_INT(t, 0, facts.protection);
    platform.close(platform.context, space);
    buffer_release(&path);
}

static void open_returns_no_such_process(struct test *t)
{
    struct process_facts facts;
    struct address_space *space = NULL;
    /* Windows ignores the two low bits of a pid. */
    const uint32_t pids[] = {0, 0xfffffff0, GetCurrentProcessId() + 1, GetCurrentProcessId() + 3};

    for (size_t i = 0; i < TEST_COUNT(pids); i++) {
        TEST_ROW(t, "pid %" PRIu32, pids[i]);
        uint32_t status = platform.open(platform.context, pids[i], &facts, &image, &space);
        CHECK(t, nt_status_is_exited(status));
        CHECK(t, space == NULL);
    }
}

/* Starts a suspended copy of this program that grants everyone what a protected process does:
 * PROCESS_QUERY_LIMITED_INFORMATION (0x1000), besides SYNCHRONIZE (0x100000), and nothing more. */
static DWORD start_limited(PROCESS_INFORMATION *started)
{
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    STARTUPINFOW startup = {.cb = sizeof startup};
    wchar_t self[MAX_PATH + 1];
    DWORD error = ERROR_SUCCESS;

    DWORD len = GetModuleFileNameW(NULL, self, MAX_PATH + 1);
    if (len == 0 || len > MAX_PATH)
        return ERROR_BUFFER_OVERFLOW;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
            L"D:(A;;0x101000;;;WD)", SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL))
        return GetLastError();
    if (!CreateProcessW(self, NULL, &attributes, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL,
                        &startup, started))
        error = GetLastError();
    LocalFree(attributes.lpSecurityDescriptor);
    return error;
}

/* With SeDebugPrivilege enabled, DACLs are not checked. */
static void disable_debug_privilege(void)
{
    TOKEN_PRIVILEGES none = {.PrivilegeCount = 1};
    HANDLE token = NULL;

    if (!LookupPrivilegeValueW(NULL, SE_DEBUG_NAME, &none.Privileges[0].Luid) ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token))
        return;
    AdjustTokenPrivileges(token, FALSE, &none, 0, NULL, NULL);
    handle_close(&token);
}

static void open_falls_back_to_the_limited_right(struct test *t)
{
    PROCESS_INFORMATION started = {0};
    struct process_facts facts = {0};
    struct address_space *space = NULL;

    disable_debug_privilege();
    REQUIRE(t, start_limited(&started) == ERROR_SUCCESS);
    uint32_t status = platform.open(platform.context, started.dwProcessId, &facts, &image, &space);
    CHECK_INT(t, NTSTATUS_OK, status);
    CHECK_INT(t, PROCESS_ACCESS_LIMITED, facts.access);
    CHECK(t, facts.start_time > 0);
    CHECK(t, image.size > 0);
    platform.close(platform.context, space);
    TerminateProcess(started.hProcess, 0);
    handle_close(&started.hThread);
    handle_close(&started.hProcess);
}

static void region_describes_a_known_range(struct test *t)
{
    struct process_facts facts;
    struct region region;

    struct address_space *space = open_self(&facts);
    REQUIRE(t, space != NULL);
    char *range = VirtualAlloc(NULL, 0x20000, MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(t, range != NULL);
    REQUIRE(t, VirtualAlloc(range + 0x3000, 0x2000, MEM_COMMIT, PAGE_READONLY) != NULL);
    uint64_t base = (uint64_t)(uintptr_t)range;

    CHECK_INT(t, NTSTATUS_OK, memory_region(&platform, space, base + 0x4000, &region));
    CHECK_INT(t, base, region.allocation_base);
    CHECK_INT(t, PAGE_READWRITE, region.allocation_protect);
    CHECK_INT(t, MEMORY_STATE_COMMIT, region.state);
    CHECK_INT(t, PAGE_READONLY, region.protect);
    CHECK_INT(t, MEMORY_TYPE_PRIVATE, region.type);
    CHECK_INT(t, base + 0x5000, region.base + region.size);

    CHECK_INT(t, NTSTATUS_OK, memory_region(&platform, space, base + 0x5000, &region));
    CHECK_INT(t, MEMORY_STATE_RESERVE, region.state);

    VirtualFree(range, 0, MEM_RELEASE);
    CHECK_INT(t, NTSTATUS_OK, memory_region(&platform, space, base, &region));
    CHECK_INT(t, MEMORY_STATE_FREE, region.state);
    CHECK_INT(t, 0, region.allocation_base);
    CHECK_INT(t, 0, region.type);

    CHECK_INT(t, NTSTATUS_INVALID_PARAMETER,
              memory_region(&platform, space, facts.address_limit, &region));
    platform.close(platform.context, space);
}

/* Wine answers the newer classes for the pseudo handle of the calling process only. */
static struct address_space *self_space(void)
{
    static struct address_space space;
    space.process = GetCurrentProcess();
    return &space;
}

static void allocation_describes_a_known_range(struct test *t)
{
    struct allocation allocation = {0};

    char *range = VirtualAlloc(NULL, 0x20000, MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(t, range != NULL);
    REQUIRE(t, VirtualAlloc(range + 0x3000, 0x2000, MEM_COMMIT, PAGE_READONLY) != NULL);
    uint64_t base = (uint64_t)(uintptr_t)range;
    const uint32_t status = memory_allocation(&platform, self_space(), base + 0x4000, &allocation);
    VirtualFree(range, 0, MEM_RELEASE);
    if (system_is_wine()) {
        CHECK_INT(t, NTSTATUS_INVALID_INFO_CLASS, status);
        TEST_SKIP(t, "Wine does not know the class");
        return;
    }
    CHECK_INT(t, NTSTATUS_OK, status);
    CHECK_INT(t, base, allocation.base);
    CHECK_INT(t, PAGE_READWRITE, allocation.protect);
    CHECK_INT(t, 0x20000, allocation.size);
    CHECK_INT(t, 0x2000, allocation.committed);
    CHECK_INT(t, MEMORY_REGION_PRIVATE, allocation.type);
}

static void allocation_of_another_process_is_known_or_unsupported(struct test *t)
{
    struct process_facts facts;
    struct allocation allocation;

    struct address_space *space = open_self(&facts); /* a real handle */
    REQUIRE(t, space != NULL);
    uint64_t module = (uint64_t)(uintptr_t)GetModuleHandleW(NULL);
    uint32_t status = memory_allocation(&platform, space, module, &allocation);
    if (system_is_wine()) {
        CHECK(t, nt_status_is_unsupported(status));
    } else {
        CHECK_INT(t, NTSTATUS_OK, status);
        CHECK_INT(t, module, allocation.base);
        CHECK_INT(t, MEMORY_REGION_IMAGE, allocation.type & MEMORY_REGION_IMAGE);
    }
    platform.close(platform.context, space);
}

static void pages_show_what_is_resident(struct test *t)
{
    struct page pages[PAGES_BATCH_MAX];
    const SIZE_T size = (SIZE_T)PAGES_BATCH_MAX * MEMORY_PAGE_SIZE;

    char *range = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(t, range != NULL);
    range[MEMORY_PAGE_SIZE] = 1;
    CHECK_INT(t, NTSTATUS_OK, memory_pages(&platform, self_space(), (uintptr_t)range, pages, 2));
    CHECK_INT(t, 0, pages[0].attributes & 1);
    CHECK_INT(t, 1, pages[1].attributes & 1);
    range[size - 1] = 1;
    CHECK_INT(t, NTSTATUS_OK,
              memory_pages(&platform, self_space(), (uintptr_t)range, pages, PAGES_BATCH_MAX));
    CHECK_INT(t, 1, pages[PAGES_BATCH_MAX - 1].attributes & 1);
    VirtualFree(range, 0, MEM_RELEASE);
}

static void administrators_see_what_is_shared(struct test *t)
{
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof sid;
    BOOL is_admin = FALSE;

    REQUIRE(t, CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &size) &&
                   CheckTokenMembership(NULL, sid, &is_admin));
    CHECK_INT(t, !is_admin, platform.hides_shares);
}

static void open_and_close_leave_no_handle(struct test *t)
{
    struct process_facts facts;
    DWORD before = 0, after = 0;

    platform.close(platform.context, open_self(&facts));
    REQUIRE(t, GetProcessHandleCount(GetCurrentProcess(), &before));
    for (int i = 0; i < REPEATS; i++)
        platform.close(platform.context, open_self(&facts));
    REQUIRE(t, GetProcessHandleCount(GetCurrentProcess(), &after));
    CHECK_INT(t, before, after);
}

static void debug_privilege_is_enabled_or_not_held(struct test *t)
{
    DWORD error = platform_nt_enable_debug();
    CHECK(t, error == ERROR_SUCCESS || error == ERROR_NOT_ALL_ASSIGNED);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(list_holds_this_process),
        TEST_CASE(open_returns_the_facts_of_this_process),
        TEST_CASE(open_returns_no_such_process),
        TEST_CASE(open_falls_back_to_the_limited_right),
        TEST_CASE(region_describes_a_known_range),
        TEST_CASE(allocation_describes_a_known_range),
        TEST_CASE(allocation_of_another_process_is_known_or_unsupported),
        TEST_CASE(pages_show_what_is_resident),
        TEST_CASE(administrators_see_what_is_shared),
        TEST_CASE(open_and_close_leave_no_handle),
        TEST_CASE(debug_privilege_is_enabled_or_not_held),
    };

    if (platform_nt_create(&platform, 0) != ERROR_SUCCESS)
        return 1;
    buffer_init(&image, SCRATCH_SIZE);
    int failed = test_main(argc, argv, cases, TEST_COUNT(cases));
    buffer_release(&image);
    platform_nt_destroy(&platform);
    return failed;
}
