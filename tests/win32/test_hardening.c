/* What the service gives up and who may touch it: privileges, policies, DLL folders, descriptors.
 */
#include "common/win32/win.h"

#include <stdio.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "service/access.h"
#include "service/win32/access_cmd.h"
#include "service/win32/hardening.h"
#include "tests/doctor/hardening_check.h"
#include "tests/doctor/tokens.h"
#include "tests/test.h"

static void the_list_of_privileges_is_exact(struct test *t)
{
    static const struct {
        const char *name;
        const wchar_t *names;
        bool is_good;
    } rows[] = {
        {"nothing", NULL, false},
        {"empty", L"\0", false},
        {"the list", L"SeDebugPrivilege\0SeImpersonatePrivilege\0", true},
        {"the other way round", L"SeImpersonatePrivilege\0SeDebugPrivilege\0", true},
        {"with the one that is always there",
         L"SeChangeNotifyPrivilege\0SeDebugPrivilege\0SeImpersonatePrivilege\0", true},
        {"one missing", L"SeDebugPrivilege\0", false},
        {"one twice", L"SeDebugPrivilege\0SeDebugPrivilege\0", false},
        {"one more", L"SeDebugPrivilege\0SeImpersonatePrivilege\0SeTcbPrivilege\0", false},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].name);
        CHECK_INT(t, rows[i].is_good, privileges_are_listed(rows[i].names));
    }
}

static void other_privileges_are_removed_for_good(struct test *t)
{
    char reason[PRIVILEGES_REASON_CAPACITY] = "";
    HANDLE token = NULL;
    bool is_good = false;

    REQUIRE(t, tokens_own(&token) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, privileges_compare(token, &is_good, reason));
    if (strstr(reason, "lacks ") != NULL) {
        handle_close(&token);
        TEST_SKIP(t, "needs an elevated prompt");
    }
    CHECK(t, !is_good); /* an administrator has many more */
    CHECK(t, strstr(reason, "has Se") != NULL);
    CHECK_INT(t, ERROR_SUCCESS, hardening_drop_privileges());
    CHECK_INT(t, ERROR_SUCCESS, privileges_compare(token, &is_good, reason));
    if (!CHECK(t, is_good))
        printf("  %s\n", reason);
    CHECK(t, strstr(reason, "SeDebugPrivilege") != NULL);
    CHECK_INT(t, ERROR_SUCCESS, hardening_drop_privileges()); /* nothing is left to remove */
    handle_close(&token);
}

static void the_policies_are_on(struct test *t)
{
    CHECK_STR(t, "", hardening_apply());
    if (system_is_wine())
        TEST_SKIP(t, "Wine accepts the policies without effect");
    for (size_t i = 0; i < POLICIES_COUNT; i++) {
        bool is_on = false;
        TEST_ROW(t, "%s", policy_name(i));
        CHECK(t, policy_is_known(i));
        CHECK_INT(t, ERROR_SUCCESS, policy_query(GetCurrentProcess(), i, &is_on));
        CHECK(t, is_on);
    }
}

/* A copy of this program beside it, under the name of a DLL: a module like another to the loader.
 */
static bool plant(wchar_t path[MAX_PATH], const wchar_t *name)
{
    wchar_t self[MAX_PATH];
    DWORD length = GetModuleFileNameW(NULL, self, MAX_PATH);

    if (length == 0 || length >= MAX_PATH)
        return false;
    wcscpy(path, self);
    wchar_t *last = wcsrchr(path, L'\\');
    if (last == NULL || (size_t)(last - path) + wcslen(name) + 2 > MAX_PATH)
        return false;
    wcscpy(last + 1, name);
    return CopyFileW(self, path, FALSE) != 0;
}

static void a_dll_beside_the_program_is_not_loaded(struct test *t)
{
    wchar_t path[MAX_PATH], name[64];

    swprintf(name, 64, L"planted%lu.dll", (unsigned long)GetCurrentProcessId());
    REQUIRE(t, plant(path, name));
    HMODULE module = LoadLibraryW(name);
    CHECK(t, module != NULL); /* without what wmain() of lsmapd does first */
    if (module != NULL)
        FreeLibrary(module);
    CHECK(t, SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32));
    module = LoadLibraryW(name);
    CHECK(t, module == NULL);
    if (module != NULL)
        FreeLibrary(module);
    CHECK(t, DeleteFileW(path));
}

/* The rights that a descriptor with this SDDL grants a token. */
static DWORD granted(HANDLE token, const char *sddl)
{
    GENERIC_MAPPING mapping = {0};
    PRIVILEGE_SET privileges = {0};
    PSECURITY_DESCRIPTOR descriptor = NULL;
    DWORD size = sizeof privileges, mask = 0;
    BOOL is_allowed = FALSE;

    if (descriptor_create(sddl, &descriptor) != ERROR_SUCCESS)
        return 0xffffffff;
    if (!AccessCheck(descriptor, token, MAXIMUM_ALLOWED, &mapping, &privileges, &size, &mask,
                     &is_allowed))
        mask = 0xffffffff;
    descriptor_free(&descriptor);
    return is_allowed || mask == 0xffffffff ? mask : 0;
}

static DWORD impersonation_of(HANDLE token, HANDLE *impersonation)
{
    return DuplicateTokenEx(token, TOKEN_QUERY, NULL, SecurityIdentification, TokenImpersonation,
                            impersonation)
               ? ERROR_SUCCESS
               : GetLastError();
}

/* Three tokens, three objects: an administrator, a user without that group, a stranger. */
static void users_may_look_and_not_touch(struct test *t)
{
    enum { STOP = SERVICE_STOP | SERVICE_START | SERVICE_CHANGE_CONFIG | DELETE | WRITE_DAC };
    static const struct {
        const char *name;
        const char *sddl; /* with an owner, which AccessCheck requires */
        DWORD everything;
        DWORD users;
    } rows[] = {
        {"service", "O:SYG:SY" SERVICE_SDDL, SERVICE_ALL_ACCESS,
         SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS | READ_CONTROL},
        {"key", KEY_SDDL, KEY_ALL_ACCESS, 0},
        {"folder", FOLDER_SDDL, FILE_ALL_ACCESS, 0},
    };
    HANDLE own = NULL, administrator = NULL, plain = NULL, stranger = NULL;

    REQUIRE(t, tokens_own(&own) == ERROR_SUCCESS);
    REQUIRE(t, impersonation_of(own, &administrator) == ERROR_SUCCESS);
    REQUIRE(t, tokens_plain(&plain) == ERROR_SUCCESS);
    REQUIRE(t, tokens_stranger(&stranger) == ERROR_SUCCESS);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].name);
        /* Wine adds SYNCHRONIZE to the rights of an owner. */
        CHECK_INT(t, rows[i].everything & ~(DWORD)SYNCHRONIZE,
                  granted(administrator, rows[i].sddl) & ~(DWORD)SYNCHRONIZE);
        CHECK_INT(t, rows[i].users, granted(plain, rows[i].sddl));
        CHECK_INT(t, 0, granted(stranger, rows[i].sddl));
    }
    CHECK_INT(t, 0, rows[0].users & STOP);
    handle_close(&stranger);
    handle_close(&plain);
    handle_close(&administrator);
    handle_close(&own);
}

static void nobody_else_can_change_the_places(struct test *t)
{
    static const char *const sddl[] = {KEY_SDDL, FOLDER_SDDL};

    for (size_t i = 0; i < TEST_COUNT(sddl); i++) {
        struct descriptor descriptor = {0};
        char reason[ACCESS_REASON_CAPACITY] = "";
        TEST_ROW(t, "%s", sddl[i]);
        REQUIRE(t, descriptor_copy_sddl(sddl[i], &descriptor) == ERROR_SUCCESS);
        CHECK(t, descriptor.is_protected);
        CHECK(t, !access_find_stranger(&descriptor, 0x6 | DELETE, reason));
        CHECK(t, access_find_stranger(&descriptor, 0x1, reason)); /* users may read */
        descriptor_release(&descriptor);
    }
}

static void windows_own_folder_is_safe_and_the_temporary_one_is_not(struct test *t)
{
    char reason[HARDENING_REASON_CAPACITY] = "";
    wchar_t folder[MAX_PATH], path[MAX_PATH];

    if (system_is_wine())
        TEST_SKIP(t, "Wine derives DACLs from the host's file modes");
    CHECK_INT(t, ERROR_SUCCESS,
              hardening_check_folder(L"C:\\Windows\\System32\\ntdll.dll", reason));
    CHECK_STR(t, "", reason);
    REQUIRE(t, GetTempPathW(MAX_PATH, folder) != 0);
    REQUIRE(t, GetTempFileNameW(folder, L"lsm", 0, path) != 0);
    CHECK_INT(t, ERROR_SUCCESS, hardening_check_folder(path, reason));
    CHECK(t, reason[0] != '\0');
    CHECK(t, DeleteFileW(path));
}

static void a_service_runs_from_a_fixed_drive(struct test *t)
{
    static const struct {
        UINT type;
        const char *problem; /* a part; NULL: none */
    } rows[] = {{DRIVE_FIXED, NULL},        {DRIVE_RAMDISK, NULL},
                {DRIVE_REMOTE, "network"},  {DRIVE_REMOVABLE, "removable"},
                {DRIVE_CDROM, "removable"}, {DRIVE_NO_ROOT_DIR, "unknown"},
                {DRIVE_UNKNOWN, "unknown"}};
    char reason[HARDENING_REASON_CAPACITY] = "";

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const char *problem = hardening_drive_problem(rows[i].type);
        TEST_ROW(t, "type %u", rows[i].type);
        CHECK_INT(t, rows[i].problem != NULL, problem != NULL);
        CHECK(t, problem == NULL || strstr(problem, rows[i].problem) != NULL);
    }
    hardening_check_program(L"\\\\server\\share\\lsmapd.exe", reason);
    CHECK_STR(t, "the program is on a network drive", reason);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(the_list_of_privileges_is_exact),
        TEST_CASE(users_may_look_and_not_touch),
        TEST_CASE(nobody_else_can_change_the_places),
        TEST_CASE(windows_own_folder_is_safe_and_the_temporary_one_is_not),
        TEST_CASE(a_service_runs_from_a_fixed_drive),
        TEST_CASE(a_dll_beside_the_program_is_not_loaded),
        TEST_CASE(other_privileges_are_removed_for_good),
        TEST_CASE(the_policies_are_on), /* last: it cannot be undone */
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
