#include "tests/test.h"

#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/token.h"

/* The same facts by other calls than those of token.c. */
static void facts_of_this_process(struct test *t)
{
    struct caller caller;
    char text[SID_TEXT_CAPACITY];
    DWORD session_id = 0;

    REQUIRE(t, token_facts(GetCurrentProcessToken(), &caller) == ERROR_SUCCESS);
    sid_format(text, &caller.user);
    CHECK(t, strncmp(text, "S-1-", 4) == 0);
    CHECK(t, IsValidSid(caller.user.bytes));
    CHECK_INT(t, GetLengthSid(caller.user.bytes), caller.user.size);
    CHECK(t, ProcessIdToSessionId(GetCurrentProcessId(), &session_id));
    CHECK_INT(t, session_id, caller.session_id);
    CHECK(t, caller.elevation != ELEVATION_UNKNOWN);
    CHECK(t, caller.integrity != INTEGRITY_UNKNOWN);
    CHECK(t, caller.integrity >= SECURITY_MANDATORY_MEDIUM_RID);
    CHECK_INT(t, CALLER_LEVEL_PRIMARY, caller.level);
    CHECK_INT(t, FACT_NO, caller.app_container);
    CHECK_INT(t, FACT_NO, caller.restricted);
    CHECK(t, !caller.linked.is_known);
    CHECK_INT(t, 0, caller.granted);
}

static void name_is_that_of_the_account(struct test *t)
{
    struct caller caller;
    char user[CALLER_USER_CAPACITY] = "";
    DWORD size = sizeof user;

    REQUIRE(t, token_facts(GetCurrentProcessToken(), &caller) == ERROR_SUCCESS);
    REQUIRE(t, GetUserNameA(user, &size));
    char name[CALLER_USER_CAPACITY];
    token_user_name(&caller, name);
    const char *separator = strchr(name, '\\');
    CHECK(t, separator != NULL);
    if (separator != NULL)
        CHECK(t, lstrcmpiA(user, separator + 1) == 0);
}

static void user_and_integrity_alone_are_the_same(struct test *t)
{
    struct caller caller;
    struct sid user = {0};
    uint32_t integrity = 0;
    HANDLE token = NULL;

    REQUIRE(t, token_facts(GetCurrentProcessToken(), &caller) == ERROR_SUCCESS);
    REQUIRE(t, OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    CHECK_INT(t, ERROR_SUCCESS, token_user(token, &user));
    CHECK_INT(t, ERROR_SUCCESS, token_integrity(token, &integrity));
    CHECK(t, sid_equal(&caller.user, &user));
    CHECK_INT(t, caller.integrity, integrity);
    handle_close(&token);
}

static void failure_leaves_outputs_alone(struct test *t)
{
    struct caller caller = {.session_id = 77, .logon_id = 5};
    struct sid user = {.size = 3};
    uint32_t integrity = 99;
    HANDLE token = NULL;

    /* A token that was opened without TOKEN_QUERY cannot be read. */
    REQUIRE(t, OpenProcessToken(GetCurrentProcess(), TOKEN_DUPLICATE, &token));
    CHECK_INT(t, ERROR_ACCESS_DENIED, token_facts(token, &caller));
    CHECK_INT(t, ERROR_ACCESS_DENIED, token_user(token, &user));
    /* Wine invents a label for every token. */
    if (!system_is_wine()) {
        CHECK_INT(t, ERROR_ACCESS_DENIED, token_integrity(token, &integrity));
        CHECK_INT(t, 99, integrity);
    }
    CHECK_INT(t, 77, caller.session_id);
    CHECK_INT(t, 5, caller.logon_id);
    CHECK_INT(t, 3, user.size);
    handle_close(&token);
    CHECK_INT(t, ERROR_INVALID_HANDLE, token_facts(NULL, &caller));
}

/* An impersonation token of this process at the given level. */
static HANDLE impersonation(SECURITY_IMPERSONATION_LEVEL level)
{
    HANDLE process = NULL;
    HANDLE token = NULL;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_DUPLICATE | TOKEN_QUERY, &process))
        return NULL;
    if (!DuplicateTokenEx(process, TOKEN_QUERY, NULL, level, TokenImpersonation, &token))
        token = NULL;
    handle_close(&process);
    return token;
}

static void identification_is_enough_and_anonymous_is_known(struct test *t)
{
    struct caller self, caller;

    REQUIRE(t, token_facts(GetCurrentProcessToken(), &self) == ERROR_SUCCESS);
    HANDLE token = impersonation(SecurityIdentification);
    REQUIRE(t, token != NULL);
    CHECK_INT(t, ERROR_SUCCESS, token_facts(token, &caller));
    CHECK(t, sid_equal(&self.user, &caller.user));
    CHECK_INT(t, CALLER_LEVEL_IDENTIFICATION, caller.level);
    handle_close(&token);

    token = impersonation(SecurityAnonymous);
    REQUIRE(t, token != NULL);
    DWORD error = token_facts(token, &caller);
    CHECK(t, error != ERROR_SUCCESS || caller.level == CALLER_LEVEL_ANONYMOUS);
    handle_close(&token);
}

static void restricting_sids_are_known(struct test *t)
{
    struct caller caller;
    uint8_t world[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof world;
    SID_AND_ATTRIBUTES restricting = {world, 0};
    HANDLE process = NULL, token = NULL;

    if (system_is_wine())
        TEST_SKIP(t, "Wine ignores restricting SIDs");
    REQUIRE(t, CreateWellKnownSid(WinWorldSid, NULL, world, &size));
    REQUIRE(t, OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &process));
    CHECK(t, CreateRestrictedToken(process, 0, 0, NULL, 0, NULL, 1, &restricting, &token));
    CHECK_INT(t, ERROR_SUCCESS, token_facts(token, &caller));
    CHECK_INT(t, FACT_YES, caller.restricted);
    handle_close(&token);
    handle_close(&process);
}

/* Enabled, deny-only, and in a token that Windows cannot read, unknown. */
static void a_deny_only_group_is_a_fact_of_its_own(struct test *t)
{
    struct caller caller;
    uint8_t administrators[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof administrators;
    SID_AND_ATTRIBUTES disabled = {administrators, 0};
    HANDLE process = NULL, token = NULL;

    REQUIRE(t, CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, administrators, &size));
    REQUIRE(t, OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &process));
    const enum caller_administrator own = token_administrator(process);
    CHECK(t, own != ADMINISTRATOR_UNKNOWN);
    CHECK(t, CreateRestrictedToken(process, 0, 1, &disabled, 0, NULL, 0, NULL, &token));
    CHECK_INT(t, ERROR_SUCCESS, token_facts(token, &caller));
    CHECK_INT(t, own == ADMINISTRATOR_NO ? ADMINISTRATOR_NO : ADMINISTRATOR_DENY_ONLY,
              caller.administrator);
    handle_close(&token);
    handle_close(&process);
}

/* The linked token, if there is one, is of the same user and can be used with AccessCheck. Wine
 * invents one for every token. */
static void the_linked_token_is_usable(struct test *t)
{
    struct caller self;
    struct sid user;
    HANDLE process = NULL, linked = NULL;
    TOKEN_TYPE type = TokenPrimary;
    DWORD size = 0;

    REQUIRE(t, token_facts(GetCurrentProcessToken(), &self) == ERROR_SUCCESS);
    REQUIRE(t, OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &process));
    DWORD error = token_linked(process, &linked);
    handle_close(&process);
    if (self.elevation == ELEVATION_DEFAULT)
        CHECK_INT(t, ERROR_NO_SUCH_LOGON_SESSION, error);
    if (error != ERROR_SUCCESS)
        TEST_SKIP(t, "this process has no split token");
    CHECK_INT(t, ERROR_SUCCESS, token_user(linked, &user));
    CHECK(t, sid_equal(&self.user, &user));
    CHECK(t, GetTokenInformation(linked, TokenType, &type, sizeof type, &size));
    CHECK_INT(t, TokenImpersonation, type); /* as AccessCheck requires */
    if (!system_is_wine())                  /* there both tokens are members */
        CHECK(t, (token_administrator(linked) == ADMINISTRATOR_ENABLED) !=
                     (self.administrator == ADMINISTRATOR_ENABLED));
    handle_close(&linked);
}

static void a_handle_that_is_no_token_has_no_linked_token(struct test *t)
{
    HANDLE linked = NULL;

    CHECK(t, token_linked(NULL, &linked) != ERROR_SUCCESS);
    CHECK(t, linked == NULL);
    CHECK_INT(t, ADMINISTRATOR_UNKNOWN, token_administrator(INVALID_HANDLE_VALUE));
}

static void facts_leave_no_handle(struct test *t)
{
    struct caller caller;
    DWORD before = 0, after = 0;

    REQUIRE(t, token_facts(GetCurrentProcessToken(), &caller) == ERROR_SUCCESS);
    REQUIRE(t, GetProcessHandleCount(GetCurrentProcess(), &before));
    for (int i = 0; i < 20; i++)
        CHECK_INT(t, ERROR_SUCCESS, token_facts(GetCurrentProcessToken(), &caller));
    REQUIRE(t, GetProcessHandleCount(GetCurrentProcess(), &after));
    CHECK_INT(t, before, after);
}

static void system_info_is_filled(struct test *t)
{
    struct server_info info;
    char host[256] = "";
    DWORD size = sizeof host;

    system_info_query(&info, "direct");
    CHECK_STR(t, "direct", info.mode);
    CHECK(t, GetComputerNameA(host, &size));
    CHECK(t, info.host[0] != '\0');
    CHECK(t, strncmp(info.os_build, "10.0.", 5) == 0 || system_is_wine());
    CHECK_INT(t, system_is_wine(), info.wine[0] != '\0');
    uint64_t up_s = (info.started - info.boot_time) / (10 * 1000 * 1000);
    uint64_t ticks_s = GetTickCount64() / 1000;
    CHECK(t, info.boot_time > 0 && info.boot_time < info.started);
    /* A clock that was set since the start moves them apart on Windows. */
    if (system_is_wine())
        CHECK(t, up_s <= ticks_s + 1 && ticks_s <= up_s + 1);
}

static void clocks_go_forward(struct test *t)
{
    uint64_t us = system_now_us(NULL);
    uint64_t ms = system_now_ms();
    Sleep(50);
    uint64_t passed_us = system_now_us(NULL) - us;
    CHECK(t, passed_us >= 40 * 1000 && passed_us < 30 * 1000 * 1000);
    CHECK(t, system_now_ms() - ms >= 30);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(facts_of_this_process),
        TEST_CASE(name_is_that_of_the_account),
        TEST_CASE(user_and_integrity_alone_are_the_same),
        TEST_CASE(failure_leaves_outputs_alone),
        TEST_CASE(identification_is_enough_and_anonymous_is_known),
        TEST_CASE(restricting_sids_are_known),
        TEST_CASE(a_deny_only_group_is_a_fact_of_its_own),
        TEST_CASE(the_linked_token_is_usable),
        TEST_CASE(a_handle_that_is_no_token_has_no_linked_token),
        TEST_CASE(facts_leave_no_handle),
        TEST_CASE(system_info_is_filled),
        TEST_CASE(clocks_go_forward),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
