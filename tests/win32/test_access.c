/* DACLs as Windows reads them: SDDL there and back, AccessCheck on real and restricted tokens, the
 * group of readers, and `lsmapd access`. */
#include "common/win32/win.h"

#include <sddl.h>
#include <stdio.h>

#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/token.h"
#include "service/access.h"
#include "service/win32/access_cmd.h"
#include "service/win32/client_token.h"
#include "tests/system/command.h"
#include "tests/test.h"
#include "tests/win32/lsmapd_path.h"

/* An impersonation token of this process, with groups disabled; NULL on failure. */
static HANDLE create_token(const WELL_KNOWN_SID_TYPE *disabled, DWORD count)
{
    BYTE sids[2][SECURITY_MAX_SID_SIZE];
    SID_AND_ATTRIBUTES groups[2] = {{0}};
    HANDLE token = NULL, restricted = NULL, impersonation = NULL;

    for (DWORD i = 0; i < count; i++) {
        DWORD size = SECURITY_MAX_SID_SIZE;
        if (!CreateWellKnownSid(disabled[i], NULL, sids[i], &size))
            return NULL;
        groups[i].Sid = sids[i];
    }
    if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &token) &&
        CreateRestrictedToken(token, 0, count, count > 0 ? groups : NULL, 0, NULL, 0, NULL,
                              &restricted) &&
        !DuplicateTokenEx(restricted, TOKEN_QUERY | TOKEN_IMPERSONATE, NULL, SecurityIdentification,
                          TokenImpersonation, &impersonation))
        impersonation = NULL;
    handle_close(&restricted);
    handle_close(&token);
    return impersonation;
}

/* The rights that a DACL grants a token. */
static uint32_t granted_by(struct test *t, const char *sddl, HANDLE token)
{
    struct client_access access = {.filtered_admins = FILTERED_ADMINS_OFF};
    struct caller caller = {.granted = 0};

    CHECK_INT(t, ERROR_SUCCESS, descriptor_create(sddl, &access.descriptor));
    CHECK_INT(t, ERROR_SUCCESS, client_token_facts(token, &access, &caller));
    descriptor_free(&access.descriptor);
    return caller.granted;
}

enum { SDDL_CAPACITY = 1024 };

/* Replaces each dollar sign of the pattern by the SID. */
static void fill_in(char out[SDDL_CAPACITY], const char *pattern, const char *sid)
{
    size_t size = 0;

    for (; *pattern != '\0' && size + SID_TEXT_CAPACITY < SDDL_CAPACITY; pattern++) {
        if (*pattern == '$') {
            memcpy(out + size, sid, strlen(sid));
            size += strlen(sid);
        } else {
            out[size++] = *pattern;
        }
    }
    out[size] = '\0';
}

/* Custom DACLs against the token of this process, unchanged and with Administrators disabled. */
static void accesscheck_reads_custom_dacls_as_we_do(struct test *t)
{
    static const WELL_KNOWN_SID_TYPE administrators[] = {WinBuiltinAdministratorsSid};
    static const struct {
        const char *sddl; /* $: our own SID */
        uint32_t full, filtered;
        bool needs_windows;
    } rows[] = {
        {"D:(A;;0x1f;;;$)", 0x1f, 0x1f, false},
        {"D:P(A;;0x3;;;$)", 0x3, 0x3, false},
        {"D:(A;;16;;;$)", 0x10, 0x10, false},
        {"D:(A;;0x1;;;$)(A;;0x2;;;$)", 0x3, 0x3, false},
        {"D:(D;;0x8;;;$)(A;;0x1f;;;$)", 0x17, 0x17, false},
        {"D:(A;;0x1f;;;BA)(A;;0x1;;;$)", 0x1f, 0x1, false},
        {"D:(D;;0x4;;;BA)(A;;0x1f;;;$)", 0x1b, 0x1b, true},
        {"D:(A;;0x1f;;;S-1-5-21-1-2-3-1001)", 0, 0, false},
        {"D:", 0, 0, false},
        {"O:BAG:BAD:(A;;0x2;;;$)", 0x2, 0x2, false},
    };
    struct caller self;
    char sid[SID_TEXT_CAPACITY], text[SDDL_CAPACITY];

    REQUIRE(t, token_facts(GetCurrentProcessToken(), &self) == ERROR_SUCCESS);
    sid_format(sid, &self.user);
    HANDLE full = create_token(NULL, 0), filtered = create_token(administrators, 1);
    REQUIRE(t, full != NULL && filtered != NULL);
    bool is_admin = (granted_by(t, "O:SYG:SYD:(A;;0x1;;;BA)", full) & 1u) != 0;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct buffer complete;
        buffer_init(&complete, 1024);
        TEST_ROW(t, "%s", rows[i].sddl);
        if (!is_admin && strstr(rows[i].sddl, "BA)") != NULL)
            continue; /* there is no group to disable */
        if (rows[i].needs_windows && system_is_wine())
            continue; /* Wine ignores ACEs that deny a deny-only group */
        fill_in(text, rows[i].sddl, sid);
        CHECK(t, access_sddl_check(text) == NULL);
        CHECK(t, access_sddl_complete(text, &complete));
        CHECK_INT(t, rows[i].full, granted_by(t, complete.data, full));
        CHECK_INT(t, rows[i].filtered, granted_by(t, complete.data, filtered));
        buffer_release(&complete);
    }
    handle_close(&filtered);
    handle_close(&full);
}

/* The ACEs as Windows walks them. Written back as SDDL they pass our check and are the same. */
static void a_dacl_survives_the_way_there_and_back(struct test *t)
{
    static const struct {
        const char *sddl;
        struct ace first;
        size_t count;
    } rows[] = {
        {ACCESS_SDDL_SERVICE, {ACE_ALLOW, 0, 0x1f, {12, {1, 1, 0, 0, 0, 0, 0, 5, 18}}}, 3},
        {"O:SYG:SYD:P(D;;0x8;;;IU)(A;;0x1f;;;SY)(A;;0x17;;;S-1-5-21-1-2-3-1001)",
         {ACE_DENY, 0, 0x8, {12, {1, 1, 0, 0, 0, 0, 0, 5, 4}}},
         3},
        {"O:BAG:SYD:(A;;0x1;;;WD)", {ACE_ALLOW, 0, 0x1, {12, {1, 1, 0, 0, 0, 0, 0, 1, 0}}}, 1},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        PSECURITY_DESCRIPTOR descriptor = NULL;
        struct descriptor copy = {0}, again = {0};
        char *text = NULL;

        TEST_ROW(t, "%s", rows[i].sddl);
        CHECK(t, access_sddl_check(rows[i].sddl) == NULL);
        REQUIRE(t, descriptor_create(rows[i].sddl, &descriptor) == ERROR_SUCCESS);
        REQUIRE(t, ConvertSecurityDescriptorToStringSecurityDescriptorA(
                       descriptor, SDDL_REVISION_1,
                       OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |
                           DACL_SECURITY_INFORMATION,
                       &text, NULL));
        CHECK_INT(t, ERROR_SUCCESS, descriptor_copy(descriptor, &copy));
        CHECK_INT(t, ERROR_SUCCESS, descriptor_copy_sddl(text, &again));
        CHECK(t, access_dacl_is_plain(&copy.dacl));
        CHECK_INT(t, rows[i].count, copy.dacl.count);
        CHECK_INT(t, rows[i].count, again.dacl.count);
        CHECK(t, !copy.sacl.is_present);
        for (size_t k = 0; k < copy.dacl.count && k < again.dacl.count; k++) {
            const struct ace *ace = k == 0 ? &rows[i].first : &copy.dacl.aces[k];
            CHECK(t, sid_equal(&ace->sid, &again.dacl.aces[k].sid));
            CHECK_INT(t, ace->mask, again.dacl.aces[k].mask);
            CHECK_INT(t, ace->type, again.dacl.aces[k].type);
        }
        LocalFree(text);
        descriptor_release(&again);
        descriptor_release(&copy);
        descriptor_free(&descriptor);
    }
}

/* What the pure code must distinguish. */
static void a_descriptor_is_copied_as_it_is(struct test *t)
{
    struct descriptor copy = {0};

    if (!system_is_wine()) { /* whose NO_ACCESS_CONTROL is an empty DACL */
        REQUIRE(t, descriptor_copy_sddl("D:NO_ACCESS_CONTROL", &copy) == ERROR_SUCCESS);
        CHECK(t, !copy.dacl.is_present); /* everyone has all rights */
        descriptor_release(&copy);
    }
    REQUIRE(t, descriptor_copy_sddl("O:SYG:SY", &copy) == ERROR_SUCCESS);
    CHECK(t, !copy.dacl.is_present && !copy.is_protected);
    CHECK(t, sid_equal(&sid_system, &copy.owner));
    descriptor_release(&copy);
    REQUIRE(t, descriptor_copy_sddl("D:P", &copy) == ERROR_SUCCESS);
    CHECK(t, copy.dacl.is_present && copy.is_protected);
    CHECK_INT(t, 0, copy.dacl.count);
    CHECK_INT(t, 0, copy.owner.size);
    descriptor_release(&copy);
    REQUIRE(t,
            descriptor_copy_sddl("D:(A;OICIIO;GA;;;BA)S:(ML;;NWNR;;;ME)", &copy) == ERROR_SUCCESS);
    CHECK(t, copy.dacl.count == 1 && (copy.dacl.aces[0].flags & ACE_INHERIT_ONLY) != 0);
    CHECK(t, copy.dacl.count == 1 && copy.dacl.aces[0].mask == ACCESS_GENERIC_ALL);
    CHECK(t, copy.sacl.count == 1 && copy.sacl.aces[0].type == ACE_LABEL);
    CHECK(t, copy.sacl.count == 1 && copy.sacl.aces[0].sid.size == 12);
    descriptor_release(&copy);
}

/* With this value of AccessSddl and no valid settings before. */
static DWORD make_setup(const char *sddl, struct settings *settings, struct access_setup *setup)
{
    settings_default(settings, 1);
    (void)snprintf(settings->access_sddl, sizeof settings->access_sddl, "%s", sddl);
    return access_setup_create(settings, NULL, setup);
}

/* A text that passes our check but Windows cannot read is refused, and fails closed. */
static void a_setting_is_used_or_refused(struct test *t)
{
    static const char closed[] = "O:SYG:SY" ACCESS_SDDL_CLOSED;
    static const struct {
        const char *setting;
        const char *sddl; /* its beginning */
    } rows[] = {
        {"", ACCESS_SDDL_SERVICE},
        {"D:P(A;;0x3;;;IU)", "O:SYG:SYD:P(A;;0x3;;;IU)"},
        {"D:P(A;;0x1;;;ZQ)", closed},
        {"D:(A;;0x1;;;S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16-17)", closed},
        {"everything", closed},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct settings settings;
        struct access_setup setup;
        PSECURITY_DESCRIPTOR pipe = NULL;
        TEST_ROW(t, "\"%s\"", rows[i].setting);
        REQUIRE(t, make_setup(rows[i].setting, &settings, &setup) == ERROR_SUCCESS);
        CHECK_MEM(t, rows[i].sddl, strlen(rows[i].sddl), setup.access_sddl.data,
                  strlen(rows[i].sddl));
        CHECK_INT(t, rows[i].sddl == closed, settings.is_closed);
        CHECK_INT(t, rows[i].sddl == closed ? FILTERED_ADMINS_OFF : FILTERED_ADMINS_DEFAULT,
                  settings.filtered_admins);
        CHECK_INT(t, ERROR_SUCCESS, descriptor_create(setup.pipe_sddl.data, &pipe));
        descriptor_free(&pipe);
        access_setup_release(&setup);
    }
}

/* An account that a custom DACL names can open the pipe, and cannot add an instance. */
static void the_pipe_admits_whom_a_setting_names(struct test *t)
{
    static const WELL_KNOWN_SID_TYPE both[] = {WinBuiltinAdministratorsSid, WinInteractiveSid};
    GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                               FILE_ALL_ACCESS};
    struct settings settings;
    struct access_setup setup;
    PSECURITY_DESCRIPTOR pipe = NULL;
    PRIVILEGE_SET privileges = {0};
    DWORD size = sizeof privileges, granted = 0;
    BOOL is_allowed = FALSE;
    struct caller self;
    char sid[SID_TEXT_CAPACITY], text[256];

    REQUIRE(t, token_facts(GetCurrentProcessToken(), &self) == ERROR_SUCCESS);
    sid_format(sid, &self.user);
    if (strcmp(sid, "S-1-5-18") == 0)
        TEST_SKIP(t, "this runs as SYSTEM, which has all rights");
    (void)snprintf(text, sizeof text, "D:(A;;0x7;;;%s)", sid);
    REQUIRE(t, make_setup(text, &settings, &setup) == ERROR_SUCCESS);
    HANDLE token = create_token(both, 2);
    REQUIRE(t, token != NULL);
    REQUIRE(t, descriptor_create(setup.pipe_sddl.data, &pipe) == ERROR_SUCCESS);
    CHECK(t, AccessCheck(pipe, token, MAXIMUM_ALLOWED, &mapping, &privileges, &size, &granted,
                         &is_allowed));
    CHECK(t, is_allowed);
    CHECK_INT(t, 0x12019b, granted & 0x12019b);
    CHECK_INT(t, 0, granted & FILE_CREATE_PIPE_INSTANCE);
    descriptor_free(&pipe);
    access_setup_release(&setup);
    handle_close(&token);
}

/* A new DACL and a new policy apply to clients that connect afterwards. */
static void the_dacl_can_be_changed_while_it_serves(struct test *t)
{
    struct client_access access = {.filtered_admins = FILTERED_ADMINS_OFF};
    PSECURITY_DESCRIPTOR other = NULL;
    struct caller self, caller;
    char sid[SID_TEXT_CAPACITY], text[256];

    REQUIRE(t, token_facts(GetCurrentProcessToken(), &self) == ERROR_SUCCESS);
    sid_format(sid, &self.user);
    HANDLE token = create_token(NULL, 0);
    REQUIRE(t, token != NULL);
    REQUIRE(t, descriptor_create("O:SYG:SYD:", &access.descriptor) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, client_token_facts(token, &access, &caller));
    CHECK_INT(t, 0, caller.granted);
    CHECK_INT(t, FILTERED_ADMINS_OFF, access.filtered_admins);
    (void)snprintf(text, sizeof text, "O:SYG:SYD:(A;;0x5;;;%s)", sid);
    REQUIRE(t, descriptor_create(text, &other) == ERROR_SUCCESS);
    client_access_set(&access, other, FILTERED_ADMINS_FULL);
    CHECK_INT(t, ERROR_SUCCESS, client_token_facts(token, &access, &caller));
    CHECK_INT(t, 0x5, caller.granted);
    CHECK_INT(t, FILTERED_ADMINS_FULL, access.filtered_admins);
    descriptor_free(&access.descriptor);
    handle_close(&token);
}

/* A descriptor that AccessCheck refuses is an error and grants nothing. */
static void what_cannot_be_checked_is_an_error(struct test *t)
{
    struct client_access access = {.filtered_admins = FILTERED_ADMINS_FULL};
    struct caller caller = {.session_id = 77};

    HANDLE token = create_token(NULL, 0);
    REQUIRE(t, token != NULL);
    REQUIRE(t, descriptor_create("D:(A;;0x1f;;;WD)", &access.descriptor) == ERROR_SUCCESS);
    DWORD error = client_token_facts(token, &access, &caller); /* no owner, no group */
    if (system_is_wine() && error == ERROR_SUCCESS)
        TEST_SKIP(t, "Wine accepts a descriptor without owner and group");
    CHECK(t, error != ERROR_SUCCESS);
    CHECK_INT(t, 77, caller.session_id); /* untouched */
    descriptor_free(&access.descriptor);
    handle_close(&token);
}

/* With the token of this process: a test cannot make a filtered administrator. */
static void a_filtered_token_brings_its_other_half(struct test *t)
{
    struct client_access access = {.filtered_admins = FILTERED_ADMINS_FULL};
    struct caller caller;

    HANDLE token = create_token(NULL, 0);
    REQUIRE(t, token != NULL);
    REQUIRE(t, descriptor_create(ACCESS_SDDL_SERVICE, &access.descriptor) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, client_token_facts(token, &access, &caller));
    CHECK(t, caller.elevation == ELEVATION_LIMITED || !caller.linked.is_known);
    descriptor_free(&access.descriptor);
    handle_close(&token);
    if (caller.elevation != ELEVATION_LIMITED)
        TEST_SKIP(t, "this process is no filtered administrator (Wine has none)");
    CHECK(t, caller.linked.is_known);
    CHECK(t, caller.linked.is_same_user);
}

static void the_group_of_readers_can_be_queried(struct test *t)
{
    struct sid sid = {.size = 77};
    struct settings settings;
    struct access_setup setup;

    DWORD error = readers_group_query(&sid);
    REQUIRE(t, make_setup("", &settings, &setup) == ERROR_SUCCESS);
    if (error == ERROR_SUCCESS) {
        char text[SID_TEXT_CAPACITY];
        sid_format(text, &sid);
        CHECK(t, strstr(setup.access_sddl.data, text) != NULL);
        CHECK(t, strstr(setup.pipe_sddl.data, text) != NULL);
    } else {
        CHECK_INT(t, ERROR_NONE_MAPPED, error);
        CHECK_INT(t, 77, sid.size); /* untouched */
        CHECK_STR(t, ACCESS_SDDL_SERVICE, setup.access_sddl.data);
        CHECK_STR(t, PIPE_SDDL_SERVICE, setup.pipe_sddl.data);
    }
    access_setup_release(&setup);
    if (error != ERROR_SUCCESS)
        TEST_SKIP(t, "there is no such group (Wine has no local groups)");
}

static void the_group_of_readers_is_created_and_removed(struct test *t)
{
    struct sid before, sid;
    wchar_t allowed[2];

    if (system_is_wine())
        TEST_SKIP(t, "Wine reports success but creates no local group");
    if (GetEnvironmentVariableW(L"LSMAP_TEST_INSTALL", allowed, 2) != 1)
        TEST_SKIP(t, "this would create a group here; set LSMAP_TEST_INSTALL=1 to allow it");
    if (readers_group_query(&before) == ERROR_SUCCESS)
        TEST_SKIP(t, "the group exists already");
    DWORD error = readers_group_create();
    if (error == ERROR_ACCESS_DENIED)
        TEST_SKIP(t, "needs an elevated prompt");
    CHECK_INT(t, ERROR_SUCCESS, error);
    CHECK_INT(t, ERROR_SUCCESS, readers_group_create());
    CHECK_INT(t, ERROR_SUCCESS, readers_group_query(&sid));
    CHECK_INT(t, ERROR_SUCCESS, readers_group_add("NT AUTHORITY\\NETWORK SERVICE"));
    CHECK_INT(t, ERROR_SUCCESS, readers_group_add("NT AUTHORITY\\NETWORK SERVICE"));
    CHECK(t, readers_group_add("lsmap-test-nobody") != ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, readers_group_remove());
    CHECK_INT(t, ERROR_SUCCESS, readers_group_remove());
    CHECK_INT(t, ERROR_NONE_MAPPED, readers_group_query(&sid));
}

/* Runs lsmapd; `command` receives its output. Returns its exit code, -1 when it did not run. */
static int run_lsmapd(struct command *command, const wchar_t *arguments)
{
    wchar_t path[MAX_PATH], line[MAX_PATH + 64];

    if (!lsmapd_path(path))
        return -1;
    (void)swprintf(line, MAX_PATH + 64, L"\"%ls\" %ls", path, arguments);
    return command_run(command, line) == ERROR_SUCCESS ? (int)command->exit_code : -1;
}

static bool says(const struct command *command, const char *part)
{
    const struct span text = buffer_span(&command->output);
    size_t size = strlen(part);

    for (size_t i = 0; i + size <= text.size; i++)
        if (memcmp(text.data + i, part, size) == 0)
            return true;
    printf("  not said: %s\n  but: %.*s\n", part, (int)text.size, text.size > 0 ? text.data : "");
    return false;
}

static void lsmapd_access_shows_who_may_ask(struct test *t)
{
    struct command command;

    CHECK_INT(t, 0, run_lsmapd(&command, L"access"));
    CHECK(t, says(&command, "DACL: "));
    CHECK(t, says(&command, "S-1-5-32-544"));
    CHECK(t, says(&command, "an administrator who did not elevate"));
    command_release(&command);
    CHECK_INT(t, 0, run_lsmapd(&command, L"access --json"));
    CHECK(t, says(&command, "{\"type\":\"dacl\",\"source\":"));
    CHECK(t, says(&command, "{\"type\":\"access\",\"sid\":\"S-1-5-18\""));
    command_release(&command);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(accesscheck_reads_custom_dacls_as_we_do),
        TEST_CASE(a_dacl_survives_the_way_there_and_back),
        TEST_CASE(a_descriptor_is_copied_as_it_is),
        TEST_CASE(a_setting_is_used_or_refused),
        TEST_CASE(the_pipe_admits_whom_a_setting_names),
        TEST_CASE(the_dacl_can_be_changed_while_it_serves),
        TEST_CASE(what_cannot_be_checked_is_an_error),
        TEST_CASE(a_filtered_token_brings_its_other_half),
        TEST_CASE(the_group_of_readers_can_be_queried),
        TEST_CASE(the_group_of_readers_is_created_and_removed),
        TEST_CASE(lsmapd_access_shows_who_may_ask),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
