#include "client/trust.h"
#include "common/proto/protocol.h"
#include "tests/test.h"

#include <string.h>

enum who { NOBODY, SYSTEM, ADMINISTRATORS, USERS, ALICE, BOB };

/* The SID of `who` as Windows lays it out; size 0 for NOBODY. */
static struct sid sid_of(enum who who)
{
    static const struct sid sids[] = {
        [USERS] = {16, {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x21, 2, 0, 0}},
        [ALICE] = {16, {1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0xe8, 3, 0, 0}},
        [BOB] = {16, {1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0xe9, 3, 0, 0}},
    };

    return who == SYSTEM ? sid_system : who == ADMINISTRATORS ? sid_administrators : sids[who];
}

static void only_the_right_server_is_trusted(struct test *t)
{
    static const struct {
        const char *name;
        bool is_default;
        enum who owner, user;
        uint32_t server, service;
        int failure;        /* -1: trusted */
        const char *detail; /* a part of it */
        bool has_ended;     /* the process that Windows names as the server */
    } rows[] = {
        {"the service again, after a crash", true, SYSTEM, ALICE, 39, 40, -1, "", true},
        {"a dead process, no service", true, SYSTEM, ALICE, 39, 0, FAILURE_FOREIGN_SERVER,
         "not running", true},
        {"a dead process of another", true, BOB, ALICE, 39, 40, FAILURE_FOREIGN_OWNER,
         "S-1-5-21-1001", true},
        {"the service", true, SYSTEM, ALICE, 40, 40, -1, "", false},
        {"the service, for an unknown user", true, SYSTEM, NOBODY, 40, 40, -1, "", false},
        {"owner unknown", true, NOBODY, ALICE, 40, 40, FAILURE_FOREIGN_SERVER, "owner", false},
        {"another process", true, SYSTEM, ALICE, 41, 40, FAILURE_FOREIGN_SERVER, "process 41",
         false},
        {"server unknown", true, SYSTEM, ALICE, 0, 40, FAILURE_FOREIGN_SERVER, "process 0", false},
        {"no service", true, SYSTEM, ALICE, 40, 0, FAILURE_FOREIGN_SERVER, "not running", false},
        {"both unknown", true, SYSTEM, ALICE, 0, 0, FAILURE_FOREIGN_SERVER, "not running", false},
        {"administrators own the service's pipe", true, ADMINISTRATORS, ALICE, 40, 40,
         FAILURE_FOREIGN_OWNER, "S-1-5-32-544, not to SYSTEM", false},
        {"I own the service's pipe", true, ALICE, ALICE, 40, 40, FAILURE_FOREIGN_OWNER,
         "S-1-5-21-1000, not to SYSTEM", false},
        {"my own pipe", false, ALICE, ALICE, 40, 0, -1, "", false},
        {"a pipe of SYSTEM", false, SYSTEM, ALICE, 40, 0, -1, "", false},
        {"a pipe of administrators", false, ADMINISTRATORS, ALICE, 40, 0, -1, "", false},
        {"a pipe of somebody else", false, BOB, ALICE, 40, 0, FAILURE_FOREIGN_OWNER,
         "S-1-5-21-1001, not to SYSTEM, Administrators or yourself", false},
        {"a pipe of users", false, USERS, ALICE, 40, 0, FAILURE_FOREIGN_OWNER, "S-1-5-32-545",
         false},
        {"unknown owner", false, NOBODY, ALICE, 40, 0, FAILURE_FOREIGN_SERVER, "owner", false},
        {"unknown owner and user", false, NOBODY, NOBODY, 40, 0, FAILURE_FOREIGN_SERVER, "owner",
         false},
        {"unknown user", false, BOB, NOBODY, 40, 0, FAILURE_FOREIGN_OWNER, "S-1-5-21-1001", false},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct trust_facts facts = {rows[i].is_default,   sid_of(rows[i].owner),
                                          sid_of(rows[i].user), rows[i].server,
                                          rows[i].service,      rows[i].has_ended};
        struct failure failure = {FAILURE_MEMORY, ""};
        TEST_ROW(t, "%s", rows[i].name);
        CHECK_INT(t, rows[i].failure < 0, trust_decide(&facts, &failure));
        CHECK_INT(t, rows[i].failure < 0 ? FAILURE_MEMORY : rows[i].failure, failure.kind);
        CHECK(t, strstr(failure.detail, rows[i].detail) != NULL);
    }
}

static void the_default_pipe_is_known_in_any_case(struct test *t)
{
    static const struct {
        const char *name;
        bool is_default;
    } rows[] = {
        {PIPE_NAME_DEFAULT, true},
        {"\\\\.\\PIPE\\PROTECTEDPREFIX\\administrators\\LSMAP", true},
        {"\\\\.\\pipe\\lsmap", false},
        {PIPE_NAME_DEFAULT "d", false},
        {"", false},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].name);
        CHECK_INT(t, rows[i].is_default, trust_is_default_pipe(span_from_string(rows[i].name)));
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(only_the_right_server_is_trusted),
        TEST_CASE(the_default_pipe_is_known_in_any_case),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
