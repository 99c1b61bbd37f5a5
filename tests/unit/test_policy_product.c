/* The policy on every combination of facts, compared with a second statement of its rule. */
#include "common/proto/protocol.h"
#include "tests/test.h"

#include "service/policy.h"

enum { OWN = RIGHT_CONNECT | RIGHT_QUERY_OWN, READER = RIGHTS_ALL & ~RIGHT_ADDRESSES };

/* S-1-5-21-1-2-3-1001 */
static const struct sid ordinary_user = {
    28, {1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0xe9, 3, 0, 0}};
/* S-1-5-7 */
static const struct sid anonymous_logon = {12, {1, 1, 0, 0, 0, 0, 0, 5, 7, 0, 0, 0}};

static const struct {
    const char *name;
    enum caller_level level;
} levels[] = {
    {"level unknown", CALLER_LEVEL_UNKNOWN},         {"anonymous", CALLER_LEVEL_ANONYMOUS},
    {"identification", CALLER_LEVEL_IDENTIFICATION}, {"impersonation", CALLER_LEVEL_IMPERSONATION},
    {"delegation", CALLER_LEVEL_DELEGATION},         {"primary", CALLER_LEVEL_PRIMARY}};

static const struct {
    const char *name;
    const struct sid *user;
} users[] = {{"no user", &(const struct sid){0, {0}}},
             {"ANONYMOUS LOGON", &anonymous_logon},
             {"a user", &ordinary_user}};

static const struct {
    const char *name;
    uint32_t rid;
    bool is_enough;
} integrities[] = {{"integrity unknown", 0xffffffffu, false},
                   {"untrusted", 0, false},
                   {"low", 0x1000, false},
                   {"below medium", 0x1fff, false},
                   {"medium", 0x2000, true},
                   {"medium plus", 0x2100, true},
                   {"high", 0x3000, true},
                   {"system", 0x4000, true}};

static const char *const app_containers[] = {"AppContainer unknown", "no AppContainer",
                                             "AppContainer"};
static const char *const restrictions[] = {"restriction unknown", "unrestricted", "restricted"};
static const char *const elevations[] = {"elevation unknown", "not split", "elevated", "filtered"};
static const char *const sessions[] = {"session unknown", "session 1"};
static const char *const modes[] = {"off", "no-addresses", "full"};
static const uint32_t granted_masks[] = {0, OWN, READER, 0xffffffff};
static const uint32_t linked_masks[] = {0, RIGHT_CONNECT | RIGHT_ADDRESSES, 0xffffffff};

enum { LINKED_COMBINATIONS = 8 }; /* known, same user, administrator: a bit each */

/* One value of each fact. */
struct combination {
    unsigned level, user, integrity, app_container, restricted, elevation, session;
    unsigned linked, mode, granted, linked_granted;
};

static struct combination combination_at(unsigned long n)
{
    struct combination c;

    c.level = (unsigned)(n % TEST_COUNT(levels)), n /= TEST_COUNT(levels);
    c.user = (unsigned)(n % TEST_COUNT(users)), n /= TEST_COUNT(users);
    c.integrity = (unsigned)(n % TEST_COUNT(integrities)), n /= TEST_COUNT(integrities);
    c.app_container = (unsigned)(n % TEST_COUNT(app_containers)), n /= TEST_COUNT(app_containers);
    c.restricted = (unsigned)(n % TEST_COUNT(restrictions)), n /= TEST_COUNT(restrictions);
    c.elevation = (unsigned)(n % TEST_COUNT(elevations)), n /= TEST_COUNT(elevations);
    c.session = (unsigned)(n % TEST_COUNT(sessions)), n /= TEST_COUNT(sessions);
    c.linked = (unsigned)(n % LINKED_COMBINATIONS), n /= LINKED_COMBINATIONS;
    c.mode = (unsigned)(n % TEST_COUNT(modes)), n /= TEST_COUNT(modes);
    c.granted = (unsigned)(n % TEST_COUNT(granted_masks)), n /= TEST_COUNT(granted_masks);
    c.linked_granted = (unsigned)n;
    return c;
}

static void name_row(struct test *t, const struct combination *c)
{
    TEST_ROW(t, "%s, %s, %s, %s, %s, %s, %s, linked %s%s%s, %s, granted 0x%x and 0x%x",
             levels[c->level].name, users[c->user].name, integrities[c->integrity].name,
             app_containers[c->app_container], restrictions[c->restricted],
             elevations[c->elevation], sessions[c->session], c->linked & 1u ? "known" : "unknown",
             c->linked & 2u ? " same user" : "", c->linked & 4u ? " administrator" : "",
             modes[c->mode], (unsigned)granted_masks[c->granted],
             (unsigned)linked_masks[c->linked_granted]);
}

/* The rule stated from the other side: which callers are admitted, by index into the tables. */
static uint32_t expected_rights(const struct combination *c)
{
    const uint32_t all = 0x1f, all_but_addresses = 0x17;
    bool is_admitted = c->level >= 2 && c->user == 2 && integrities[c->integrity].is_enough &&
                       c->app_container == 1 && c->restricted >= 1 && c->elevation >= 1 &&
                       c->session == 1;
    bool is_filtered_admin = c->elevation == 3 && c->linked == 7 && c->restricted == 1;
    uint32_t of_link[] = {0, all_but_addresses, all};

    if (!is_admitted)
        return 0;
    return (granted_masks[c->granted] & all) |
           (is_filtered_admin ? linked_masks[c->linked_granted] & of_link[c->mode] : 0);
}

static void make_caller(const struct combination *c, struct caller *caller)
{
    caller->user = *users[c->user].user;
    caller->level = levels[c->level].level;
    caller->elevation = (enum caller_elevation)c->elevation;
    caller->integrity = integrities[c->integrity].rid;
    caller->session_id = c->session == 1 ? 1 : UINT32_MAX;
    caller->app_container = (enum caller_fact)c->app_container;
    caller->restricted = (enum caller_fact)c->restricted;
    caller->granted = granted_masks[c->granted];
    caller->linked = (struct caller_linked){.is_known = (c->linked & 1u) != 0,
                                            .is_same_user = (c->linked & 2u) != 0,
                                            .is_admin = (c->linked & 4u) != 0,
                                            .granted = linked_masks[c->linked_granted]};
}

static void every_combination_of_facts(struct test *t)
{
    static struct grant grant;
    struct caller caller = {.logon_id = 7};
    unsigned long count = TEST_COUNT(levels) * TEST_COUNT(users) * TEST_COUNT(integrities) *
                          TEST_COUNT(app_containers) * TEST_COUNT(restrictions) *
                          TEST_COUNT(elevations) * TEST_COUNT(sessions) * LINKED_COMBINATIONS *
                          TEST_COUNT(modes) * TEST_COUNT(granted_masks) * TEST_COUNT(linked_masks);
    unsigned long let_in = 0;

    CHECK_INT(t, 2985984, count);
    for (unsigned long n = 0; n < count; n++) {
        struct combination c = combination_at(n);
        uint32_t expected = expected_rights(&c);

        make_caller(&c, &caller);
        policy_decide((enum filtered_admins)c.mode, &caller, &grant);
        let_in += grant.rights != 0;
        if (grant.rights == expected && grant.reason != NULL)
            continue;
        name_row(t, &c); /* three million names would take longer than the decisions */
        CHECK_INT(t, expected, grant.rights);
        REQUIRE(t, grant.reason != NULL);
    }
    CHECK(t, let_in > 1000); /* it is no product of denials */
}

/* A refusal quotes the reason in a line of its own. */
static void every_reason_is_a_short_sentence(struct test *t)
{
    for (unsigned long n = 0; n < 2985984; n += 7) { /* prime to every dimension */
        struct combination c = combination_at(n);
        struct caller caller = {.logon_id = 7};

        make_caller(&c, &caller);
        struct grant grant;
        policy_decide((enum filtered_admins)c.mode, &caller, &grant);
        size_t size = strlen(grant.reason);
        if (size >= 20 && size <= POLICY_REASON_SIZE_MAX && grant.reason[size - 1] == '.' &&
            strchr(grant.reason, '\n') == NULL)
            continue;
        name_row(t, &c);
        CHECK_STR(t, "a short sentence", grant.reason);
        return;
    }
}

static void the_modes_are_words(struct test *t)
{
    for (size_t i = 0; i < TEST_COUNT(modes); i++)
        CHECK_STR(t, modes[i], filtered_admins_name((enum filtered_admins)i));
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(every_combination_of_facts),
        TEST_CASE(every_reason_is_a_short_sentence),
        TEST_CASE(the_modes_are_words),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
