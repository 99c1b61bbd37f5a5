/* Tokens checked against the descriptors of access.h, and the client of a real pipe. */
#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/token.h"
#include "service/access.h"
#include "service/win32/access_cmd.h"
#include "service/win32/client_token.h"
#include "service/win32/pipe.h"
#include "tests/test.h"

enum { PIPE_USE = 0x12019b }; /* what a client of the pipe needs, and no more */

/* An impersonation token of this process with up to two groups disabled; NULL on failure. */
static HANDLE create_token(WELL_KNOWN_SID_TYPE *disabled, DWORD count)
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
        !DuplicateTokenEx(restricted, TOKEN_QUERY | TOKEN_IMPERSONATE, NULL, SecurityImpersonation,
                          TokenImpersonation, &impersonation))
        impersonation = NULL;
    handle_close(&restricted);
    handle_close(&token);
    return impersonation;
}

static bool is_member(HANDLE token, WELL_KNOWN_SID_TYPE group)
{
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof sid;
    BOOL is_enabled = FALSE;

    return CreateWellKnownSid(group, NULL, sid, &size) &&
           CheckTokenMembership(token, sid, &is_enabled) && is_enabled;
}

static uint32_t expected_service_rights(HANDLE token)
{
    uint32_t rights = 0;

    if (is_member(token, WinInteractiveSid))
        rights |= RIGHT_CONNECT | RIGHT_QUERY_OWN;
    if (is_member(token, WinBuiltinAdministratorsSid) || is_member(token, WinLocalSystemSid))
        rights |= RIGHTS_ALL;
    return rights;
}

static void every_descriptor_is_valid(struct test *t)
{
    static const char *const sddl[] = {PIPE_SDDL_SERVICE, ACCESS_SDDL_SERVICE};
    char pipe_sddl[ACCESS_SDDL_CONSOLE_CAPACITY], access_sddl[ACCESS_SDDL_CONSOLE_CAPACITY];
    PSECURITY_DESCRIPTOR descriptor = NULL;
    const struct sid unknown = {0};
    struct caller self;

    for (size_t i = 0; i < TEST_COUNT(sddl); i++) {
        TEST_ROW(t, "%s", sddl[i]);
        CHECK_INT(t, ERROR_SUCCESS, descriptor_create(sddl[i], &descriptor));
        CHECK(t, IsValidSecurityDescriptor(descriptor));
        descriptor_free(&descriptor);
    }
    REQUIRE(t, token_facts(GetCurrentProcessToken(), &self) == ERROR_SUCCESS);
    CHECK(t, access_console_sddl(&self.user, false, pipe_sddl, access_sddl));
    CHECK_INT(t, ERROR_SUCCESS, descriptor_create(pipe_sddl, &descriptor));
    descriptor_free(&descriptor);
    CHECK_INT(t, ERROR_SUCCESS, descriptor_create(access_sddl, &descriptor));
    descriptor_free(&descriptor);
    CHECK(t, !access_console_sddl(&unknown, false, pipe_sddl, access_sddl));
    CHECK(t, descriptor_create("not sddl", &descriptor) != ERROR_SUCCESS);
    CHECK(t, descriptor == NULL);
}

/* The rights to the pipe. Only its owner has FILE_CREATE_PIPE_INSTANCE. */
static void the_pipe_lets_clients_in_and_nothing_more(struct test *t)
{
    WELL_KNOWN_SID_TYPE both[] = {WinBuiltinAdministratorsSid, WinInteractiveSid};
    GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                               FILE_ALL_ACCESS};
    PSECURITY_DESCRIPTOR descriptor = NULL;

    REQUIRE(t, descriptor_create(PIPE_SDDL_SERVICE, &descriptor) == ERROR_SUCCESS);
    for (DWORD disabled = 0; disabled <= 2; disabled += 2) {
        HANDLE token = create_token(both, disabled);
        PRIVILEGE_SET privileges = {0};
        DWORD size = sizeof privileges, granted = 0;
        BOOL is_allowed = FALSE;
        TEST_ROW(t, "%lu groups disabled", (unsigned long)disabled);
        REQUIRE(t, token != NULL);
        bool is_named = expected_service_rights(token) != 0;
        CHECK(t, AccessCheck(descriptor, token, MAXIMUM_ALLOWED, &mapping, &privileges, &size,
                             &granted, &is_allowed));
        CHECK_INT(t, is_named ? PIPE_USE : 0, is_allowed ? granted & PIPE_USE : 0);
        if (!is_member(token, WinLocalSystemSid))
            CHECK_INT(t, 0, is_allowed ? granted & FILE_CREATE_PIPE_INSTANCE : 0);
        handle_close(&token);
    }
    descriptor_free(&descriptor);
}

/* The pipe of an elevated console: its user may add no instance without the group Administrators. */
static void the_filtered_half_adds_no_instance_to_an_elevated_console(struct test *t)
{
    WELL_KNOWN_SID_TYPE administrators[] = {WinBuiltinAdministratorsSid};
    GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                               FILE_ALL_ACCESS};
    char pipe_sddl[ACCESS_SDDL_CONSOLE_CAPACITY], access_sddl[ACCESS_SDDL_CONSOLE_CAPACITY];
    PSECURITY_DESCRIPTOR descriptor = NULL;
    struct caller self;

    REQUIRE(t, token_facts(GetCurrentProcessToken(), &self) == ERROR_SUCCESS);
    if (self.administrator != ADMINISTRATOR_ENABLED)
        TEST_SKIP(t, "needs an elevated prompt");
    REQUIRE(t, access_console_sddl(&self.user, true, pipe_sddl, access_sddl));
    REQUIRE(t, descriptor_create(pipe_sddl, &descriptor) == ERROR_SUCCESS);
    for (DWORD disabled = 0; disabled <= 1; disabled++) {
        HANDLE token = create_token(administrators, disabled);
        PRIVILEGE_SET privileges = {0};
        DWORD size = sizeof privileges, granted = 0;
        BOOL is_allowed = FALSE;
        TEST_ROW(t, "%lu groups disabled", (unsigned long)disabled);
        REQUIRE(t, token != NULL);
        CHECK(t, AccessCheck(descriptor, token, MAXIMUM_ALLOWED, &mapping, &privileges, &size,
                             &granted, &is_allowed));
        CHECK_INT(t, PIPE_USE, granted & PIPE_USE);
        CHECK_INT(t, disabled == 0 ? FILE_CREATE_PIPE_INSTANCE | WRITE_DAC : 0,
                  granted & (FILE_CREATE_PIPE_INSTANCE | WRITE_DAC));
        handle_close(&token);
    }
    descriptor_free(&descriptor);
}

static void the_service_grants_by_group(struct test *t)
{
    WELL_KNOWN_SID_TYPE groups[] = {WinBuiltinAdministratorsSid, WinInteractiveSid};
    struct client_access access = {0};
    struct caller self, caller;

    REQUIRE(t, token_facts(GetCurrentProcessToken(), &self) == ERROR_SUCCESS);
    REQUIRE(t, descriptor_create(ACCESS_SDDL_SERVICE, &access.descriptor) == ERROR_SUCCESS);
    for (DWORD disabled = 0; disabled <= 2; disabled++) {
        HANDLE token = create_token(groups, disabled);
        TEST_ROW(t, "%lu groups disabled", (unsigned long)disabled);
        REQUIRE(t, token != NULL);
        CHECK(t, disabled < 1 || !is_member(token, WinBuiltinAdministratorsSid));
        CHECK_INT(t, ERROR_SUCCESS, client_token_facts(token, &access, &caller));
        CHECK_INT(t, expected_service_rights(token), caller.granted);
        CHECK(t, disabled < 2 || caller.granted == 0 || is_member(token, WinLocalSystemSid));
        CHECK(t, sid_equal(&self.user, &caller.user));
        CHECK_INT(t, CALLER_LEVEL_IMPERSONATION, caller.level);
        handle_close(&token);
    }
    descriptor_free(&access.descriptor);
}

static void the_console_grants_all_to_its_user(struct test *t)
{
    WELL_KNOWN_SID_TYPE groups[] = {WinBuiltinAdministratorsSid, WinInteractiveSid};
    char pipe_sddl[ACCESS_SDDL_CONSOLE_CAPACITY], access_sddl[ACCESS_SDDL_CONSOLE_CAPACITY];
    struct client_access access = {0};
    struct caller self, caller;

    REQUIRE(t, token_facts(GetCurrentProcessToken(), &self) == ERROR_SUCCESS);
    REQUIRE(t, access_console_sddl(&self.user, false, pipe_sddl, access_sddl));
    REQUIRE(t, descriptor_create(access_sddl, &access.descriptor) == ERROR_SUCCESS);
    HANDLE token = create_token(groups, 2);
    REQUIRE(t, token != NULL);
    CHECK_INT(t, ERROR_SUCCESS, client_token_facts(token, &access, &caller));
    CHECK_INT(t, RIGHTS_ALL, caller.granted);
    handle_close(&token);
    descriptor_free(&access.descriptor);
}

/* A connected pair: the client has written one byte and the server has read it. */
struct pair {
    HANDLE guard, server, client;
};

static bool pair_read(struct pair *pair)
{
    OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    char byte;
    DWORD size = 0;

    bool is_read = (ReadFile(pair->server, &byte, 1, NULL, &overlapped) ||
                    GetLastError() == ERROR_IO_PENDING) &&
                   GetOverlappedResult(pair->server, &overlapped, &size, TRUE) && size == 1;
    handle_close(&overlapped.hEvent);
    return is_read;
}

/* level  SECURITY_IDENTIFICATION or SECURITY_ANONYMOUS. */
static bool pair_open(struct pair *pair, DWORD level)
{
    static const wchar_t name[] = L"\\\\.\\pipe\\lsmapd-test-caller";
    DWORD size = 0;

    memset(pair, 0, sizeof *pair);
    if (pipe_create_guard(name, NULL, &pair->guard) != ERROR_SUCCESS ||
        pipe_create_instance(name, 0, NULL, &pair->server) != ERROR_SUCCESS)
        return false;
    pair->client = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                               SECURITY_SQOS_PRESENT | level, NULL);
    if (pair->client == INVALID_HANDLE_VALUE) {
        pair->client = NULL;
        return false;
    }
    return WriteFile(pair->client, "x", 1, &size, NULL) && pair_read(pair);
}

static void pair_close(struct pair *pair)
{
    handle_close(&pair->client);
    handle_close(&pair->server);
    handle_close(&pair->guard);
}

static void the_client_of_a_pipe_is_known_and_we_are_ourselves_again(struct test *t)
{
    struct client_access access = {0};
    struct caller self, caller, known;
    struct pair pair;
    HANDLE token = NULL;

    REQUIRE(t, token_facts(GetCurrentProcessToken(), &self) == ERROR_SUCCESS);
    REQUIRE(t, descriptor_create(ACCESS_SDDL_SERVICE, &access.descriptor) == ERROR_SUCCESS);
    CHECK(t, pair_open(&pair, SECURITY_IDENTIFICATION));
    CHECK_INT(t, ERROR_SUCCESS, client_token_query(pair.server, &access, NULL, &caller));
    CHECK(t, sid_equal(&self.user, &caller.user));
    CHECK_INT(t, self.session_id, caller.session_id);
    CHECK(t, !OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
    CHECK_INT(t, ERROR_NO_TOKEN, GetLastError());
    /* once it is known only its identity is asked for, and the facts stay */
    known = caller;
    known.granted = 0x55;
    for (int is_other = 0; is_other <= 1; is_other++) {
        TEST_ROW(t, "%s", is_other ? "another logon session" : "the same");
        known.logon_id += (uint64_t)is_other;
        caller = caller_unknown;
        CHECK_INT(t, ERROR_SUCCESS, client_token_query(pair.server, &access, &known, &caller));
        CHECK(t, sid_equal(&self.user, &caller.user));
        CHECK_INT(t, !is_other, caller_is_same(&known, &caller));
        CHECK_INT(t, is_other ? 0 : 0x55, caller.granted);
        CHECK(t, !OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
    }
    pair_close(&pair);
    descriptor_free(&access.descriptor);
}

static void a_pipe_without_client_tells_nothing(struct test *t)
{
    static const wchar_t name[] = L"\\\\.\\pipe\\lsmapd-test-nobody";
    struct client_access access = {0};
    struct caller caller = {.session_id = 77};
    HANDLE pipe = NULL;

    REQUIRE(t, pipe_create_instance(name, 0, NULL, &pipe) == ERROR_SUCCESS);
    CHECK(t, client_token_query(pipe, &access, NULL, &caller) != ERROR_SUCCESS);
    CHECK_INT(t, 77, caller.session_id); /* untouched */
    handle_close(&pipe);
}

static void an_anonymous_client_is_known_as_such(struct test *t)
{
    struct client_access access = {0};
    struct caller caller;
    struct pair pair;

    if (system_is_wine())
        TEST_SKIP(t, "Wine impersonates the server itself, whatever level the client gave");
    REQUIRE(t, descriptor_create(ACCESS_SDDL_SERVICE, &access.descriptor) == ERROR_SUCCESS);
    CHECK(t, pair_open(&pair, SECURITY_ANONYMOUS));
    CHECK_INT(t, ERROR_SUCCESS, client_token_query(pair.server, &access, NULL, &caller));
    CHECK_INT(t, CALLER_LEVEL_ANONYMOUS, caller.level);
    CHECK_INT(t, 0, caller.granted);
    CHECK_INT(t, 0, caller.user.size);
    pair_close(&pair);
    descriptor_free(&access.descriptor);
}

/* The client opens the pipe while its thread has fewer groups than its process. */
static void a_client_thread_with_fewer_groups_gets_fewer_rights(struct test *t)
{
    WELL_KNOWN_SID_TYPE groups[] = {WinBuiltinAdministratorsSid};
    struct client_access access = {0};
    struct caller caller;
    struct pair pair;

    if (system_is_wine())
        TEST_SKIP(t, "Wine impersonates the server itself, not the client's thread");
    REQUIRE(t, descriptor_create(ACCESS_SDDL_SERVICE, &access.descriptor) == ERROR_SUCCESS);
    HANDLE token = create_token(groups, 1);
    REQUIRE(t, token != NULL);
    CHECK(t, SetThreadToken(NULL, token));
    bool is_open = pair_open(&pair, SECURITY_IDENTIFICATION);
    REQUIRE(t, RevertToSelf());
    CHECK(t, is_open);
    CHECK_INT(t, ERROR_SUCCESS, client_token_query(pair.server, &access, NULL, &caller));
    CHECK_INT(t, expected_service_rights(token), caller.granted);
    handle_close(&token);
    pair_close(&pair);
    descriptor_free(&access.descriptor);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(every_descriptor_is_valid),
        TEST_CASE(the_pipe_lets_clients_in_and_nothing_more),
        TEST_CASE(the_filtered_half_adds_no_instance_to_an_elevated_console),
        TEST_CASE(the_service_grants_by_group),
        TEST_CASE(the_console_grants_all_to_its_user),
        TEST_CASE(the_client_of_a_pipe_is_known_and_we_are_ourselves_again),
        TEST_CASE(a_pipe_without_client_tells_nothing),
        TEST_CASE(an_anonymous_client_is_known_as_such),
        TEST_CASE(a_client_thread_with_fewer_groups_gets_fewer_rights),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
