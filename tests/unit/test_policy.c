/* Who gets which rights, and the reason; every combination of facts is in test_policy_product.c. */
#include "common/proto/protocol.h"
#include "tests/test.h"

#include "service/policy.h"

enum {
    OWN = RIGHT_CONNECT | RIGHT_QUERY_OWN,
    READER = RIGHTS_ALL & ~RIGHT_ADDRESSES,
    INTEGRITY_SYSTEM = 0x4000
};

/* S-1-5-21-1-2-3-1001 */
static const struct sid ordinary_user = {
    28, {1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0xe9, 3, 0, 0}};

/* A standard user at medium integrity; each test changes what it tests. */
static struct caller standard_user(void)
{
    return (struct caller){.user = ordinary_user,
                           .level = CALLER_LEVEL_IDENTIFICATION,
                           .elevation = ELEVATION_DEFAULT,
                           .integrity = INTEGRITY_MEDIUM,
                           .session_id = 1,
                           .app_container = FACT_NO,
                           .restricted = FACT_NO,
                           .granted = OWN};
}

/* An administrator who did not elevate. */
static struct caller filtered_admin(void)
{
    struct caller caller = standard_user();

    caller.elevation = ELEVATION_LIMITED;
    caller.linked = (struct caller_linked){
        .is_known = true, .is_same_user = true, .is_admin = true, .granted = RIGHTS_ALL};
    return caller;
}

static struct grant decide(enum filtered_admins mode, const struct caller *caller)
{
    struct grant grant;

    memset(&grant, 0xff, sizeof grant);
    policy_decide(mode, caller, &grant);
    return grant;
}

static void the_dacl_decides(struct test *t)
{
    static const char every[] = "The DACL of the service grants this user every process.";
    static const char own[] = "The DACL of the service grants this user the user's own processes.";
    static const char none[] =
        "The DACL of the service names neither this user nor one of the user's groups.";
    static const char no_processes[] = "The DACL of the service grants this user no processes.";
    static const struct {
        const char *name;
        uint32_t granted;
        enum caller_elevation elevation;
        uint32_t integrity;
        enum caller_fact restricted;
        uint32_t rights;
        const char *reason;
    } rows[] = {
        {"nothing granted", 0, ELEVATION_DEFAULT, INTEGRITY_MEDIUM, FACT_NO, 0, none},
        {"connect only", RIGHT_CONNECT, ELEVATION_DEFAULT, INTEGRITY_MEDIUM, FACT_NO, RIGHT_CONNECT,
         no_processes},
        {"a standard user", OWN, ELEVATION_DEFAULT, INTEGRITY_MEDIUM, FACT_NO, OWN, own},
        {"an elevated administrator", RIGHTS_ALL, ELEVATION_FULL, INTEGRITY_HIGH, FACT_NO,
         RIGHTS_ALL, every},
        {"a reader", READER, ELEVATION_DEFAULT, INTEGRITY_MEDIUM, FACT_NO, READER, every},
        {"a service of the system", RIGHTS_ALL, ELEVATION_DEFAULT, INTEGRITY_SYSTEM, FACT_NO,
         RIGHTS_ALL, every},
        {"medium plus", OWN, ELEVATION_DEFAULT, 0x2100, FACT_NO, OWN, own},
        {"a restricted token that is granted rights", OWN, ELEVATION_DEFAULT, INTEGRITY_MEDIUM,
         FACT_YES, OWN, own},
        {"bits that are no rights", 0xffffffff, ELEVATION_FULL, INTEGRITY_HIGH, FACT_NO, RIGHTS_ALL,
         every},
        {"only bits that are no rights", 0xffffffe0, ELEVATION_FULL, INTEGRITY_HIGH, FACT_NO, 0,
         none},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct caller caller = standard_user();

        TEST_ROW(t, "%s", rows[i].name);
        caller.granted = rows[i].granted;
        caller.elevation = rows[i].elevation;
        caller.integrity = rows[i].integrity;
        caller.restricted = rows[i].restricted;
        struct grant grant = decide(FILTERED_ADMINS_FULL, &caller);
        CHECK_INT(t, rows[i].rights, grant.rights);
        CHECK_STR(t, rows[i].reason, grant.reason);
        CHECK(t, sid_equal(&caller.user, &grant.caller.user));
        CHECK_INT(t, caller.logon_id, grant.caller.logon_id);
    }
}

static void a_filtered_administrator_gets_a_reason(struct test *t)
{
    static const struct {
        const char *name;
        enum filtered_admins mode;
        uint32_t granted;
        struct caller_linked linked;
        enum caller_fact restricted;
        uint32_t rights;
        const char *reason; /* a part of it */
    } rows[] = {
        {"full",
         FILTERED_ADMINS_FULL,
         OWN,
         {true, true, true, RIGHTS_ALL},
         FACT_NO,
         RIGHTS_ALL,
         "grants what your elevated one would get, because FilteredAdmins is \"full\""},
        {"no addresses",
         FILTERED_ADMINS_NO_ADDRESSES,
         OWN,
         {true, true, true, RIGHTS_ALL},
         FACT_NO,
         READER,
         "would get, except addresses, because FilteredAdmins is \"no-addresses\""},
        {"off",
         FILTERED_ADMINS_OFF,
         OWN,
         {true, true, true, RIGHTS_ALL},
         FACT_NO,
         OWN,
         "because FilteredAdmins is \"off\": run elevated"},
        {"off, but a reader",
         FILTERED_ADMINS_OFF,
         READER,
         {true, true, true, RIGHTS_ALL},
         FACT_NO,
         READER,
         "The DACL of the service grants this user every process."},
        {"no addresses, but granted to the user",
         FILTERED_ADMINS_NO_ADDRESSES,
         RIGHTS_ALL,
         {true, true, true, RIGHTS_ALL},
         FACT_NO,
         RIGHTS_ALL,
         "The DACL of the service grants this user every process."},
        {"administrators are granted little",
         FILTERED_ADMINS_FULL,
         RIGHT_CONNECT,
         {true, true, true, OWN},
         FACT_NO,
         OWN,
         "because FilteredAdmins is \"full\""},
        {"administrators are granted nothing",
         FILTERED_ADMINS_FULL,
         OWN,
         {true, true, true, 0},
         FACT_NO,
         OWN,
         "because FilteredAdmins is \"full\""},
        {"no other half",
         FILTERED_ADMINS_FULL,
         OWN,
         {false, true, true, RIGHTS_ALL},
         FACT_NO,
         OWN,
         "its elevated half could not be read: run elevated"},
        {"another user's half",
         FILTERED_ADMINS_FULL,
         OWN,
         {true, false, true, RIGHTS_ALL},
         FACT_NO,
         OWN,
         "belongs to another user, as with Administrator protection: run elevated"},
        {"a half that is no administrator's",
         FILTERED_ADMINS_FULL,
         OWN,
         {true, true, false, RIGHTS_ALL},
         FACT_NO,
         OWN,
         "but not an administrator's"},
        {"restricted",
         FILTERED_ADMINS_FULL,
         OWN,
         {true, true, true, RIGHTS_ALL},
         FACT_YES,
         OWN,
         "filtered token that is also restricted"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct caller caller = filtered_admin();

        TEST_ROW(t, "%s", rows[i].name);
        caller.granted = rows[i].granted;
        caller.linked = rows[i].linked;
        caller.restricted = rows[i].restricted;
        struct grant grant = decide(rows[i].mode, &caller);
        CHECK_INT(t, rows[i].rights, grant.rights);
        if (!CHECK(t, strstr(grant.reason, rows[i].reason) != NULL))
            printf("  %s\n", grant.reason);
    }
}

/* Only the filtered half of a split token has another half that counts. */
static void the_other_half_counts_for_filtered_tokens_alone(struct test *t)
{
    static const enum caller_elevation elevations[] = {ELEVATION_DEFAULT, ELEVATION_FULL};

    for (size_t i = 0; i < TEST_COUNT(elevations); i++) {
        struct caller caller = filtered_admin();

        TEST_ROW(t, "%s", caller_elevation_names[elevations[i]]);
        caller.elevation = elevations[i];
        CHECK_INT(t, OWN, decide(FILTERED_ADMINS_FULL, &caller).rights);
    }
}

static const char cure[] =
    "The client hides its identity: open the pipe with identification level: "
    "SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION.";

/* A deny-only group Administrators grants nothing; it explains. */
static void a_deny_only_administrator_without_another_half_gets_a_reason(struct test *t)
{
    static const char no_half[] = "deny-only, and Windows returns no elevated half";
    static const struct {
        const char *name;
        enum caller_elevation elevation;
        enum caller_administrator administrator;
        uint32_t granted;
        const char *reason; /* a part of it */
    } rows[] = {
        {"UAC asks for credentials", ELEVATION_LIMITED, ADMINISTRATOR_DENY_ONLY, OWN, no_half},
        {"a filtered token that is not an administrator's", ELEVATION_LIMITED, ADMINISTRATOR_NO,
         OWN, "its elevated half could not be read"},
        {"unknown", ELEVATION_LIMITED, ADMINISTRATOR_UNKNOWN, OWN,
         "its elevated half could not be read"},
        {"a network logon", ELEVATION_DEFAULT, ADMINISTRATOR_DENY_ONLY, 0, no_half},
        {"a network logon of a reader", ELEVATION_DEFAULT, ADMINISTRATOR_DENY_ONLY, READER,
         "grants this user every process"},
        {"a standard user", ELEVATION_DEFAULT, ADMINISTRATOR_NO, OWN, "the user's own processes"},
        {"an administrator", ELEVATION_FULL, ADMINISTRATOR_ENABLED, RIGHTS_ALL, "every process"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct caller caller = filtered_admin();

        TEST_ROW(t, "%s", rows[i].name);
        caller.elevation = rows[i].elevation;
        caller.administrator = rows[i].administrator;
        caller.granted = rows[i].granted;
        caller.linked.is_known = false;
        struct grant grant = decide(FILTERED_ADMINS_FULL, &caller);
        CHECK_INT(t, rows[i].granted, grant.rights);
        CHECK(t, strlen(grant.reason) <= POLICY_REASON_SIZE_MAX);
        if (!CHECK(t, strstr(grant.reason, rows[i].reason) != NULL))
            printf("  %s\n", grant.reason);
    }
}

/* Each of these facts alone denies everything, even to an elevated administrator. */
static void one_fact_is_enough_to_deny(struct test *t)
{
    static const char low[] = "Programs below medium integrity are refused.";
    struct caller callers[14];
    static const struct {
        const char *name;
        const char *reason;
    } rows[] = {
        {"anonymous level", cure},
        {"anonymous logon", cure},
        {"unknown level", "The impersonation level of the client could not be determined."},
        {"unknown user", "The user of the client could not be determined."},
        {"unknown integrity", "The integrity level of the client could not be determined."},
        {"unknown AppContainer",
         "Whether the client runs in an AppContainer could not be determined."},
        {"unknown restriction",
         "Whether the client's token is restricted could not be determined."},
        {"unknown elevation", "Whether the client's token is filtered could not be determined."},
        {"unknown session", "The session of the client could not be determined."},
        {"AppContainer", "Programs in an AppContainer are refused."},
        {"untrusted", low},
        {"low", low},
        {"just below medium", low},
        {"everything unknown", "The impersonation level of the client could not be determined."},
    };

    for (size_t i = 0; i < TEST_COUNT(callers); i++) {
        callers[i] = standard_user();
        callers[i].elevation = ELEVATION_FULL;
        callers[i].integrity = INTEGRITY_HIGH;
        callers[i].granted = RIGHTS_ALL;
    }
    callers[0].level = CALLER_LEVEL_ANONYMOUS;
    callers[1].user = sid_anonymous_logon;
    callers[2].level = CALLER_LEVEL_UNKNOWN;
    callers[3].user.size = 0;
    callers[4].integrity = INTEGRITY_UNKNOWN;
    callers[5].app_container = FACT_UNKNOWN;
    callers[6].restricted = FACT_UNKNOWN;
    callers[7].elevation = ELEVATION_UNKNOWN;
    callers[8].session_id = UINT32_MAX;
    callers[9].app_container = FACT_YES;
    callers[10].integrity = 0;
    callers[11].integrity = INTEGRITY_LOW;
    callers[12].integrity = INTEGRITY_MEDIUM - 1;
    callers[13] = caller_unknown;
    callers[13].granted = RIGHTS_ALL;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].name);
        struct grant grant = decide(FILTERED_ADMINS_FULL, &callers[i]);
        CHECK_INT(t, 0, grant.rights);
        CHECK_STR(t, rows[i].reason, grant.reason);
    }
}

/* FilteredAdmins only adds rights, and never one that neither half was granted. */
static void every_pair_of_masks_of_a_filtered_administrator(struct test *t)
{
    for (uint32_t granted = 0; granted <= RIGHTS_ALL; granted++) {
        for (uint32_t linked = 0; linked <= RIGHTS_ALL; linked++) {
            struct caller caller = filtered_admin();

            TEST_ROW(t, "granted 0x%x, linked 0x%x", (unsigned)granted, (unsigned)linked);
            caller.granted = granted;
            caller.linked.granted = linked;
            CHECK_INT(t, granted | linked, decide(FILTERED_ADMINS_FULL, &caller).rights);
            CHECK_INT(t, granted | (linked & 0x17u),
                      decide(FILTERED_ADMINS_NO_ADDRESSES, &caller).rights);
            CHECK_INT(t, granted, decide(FILTERED_ADMINS_OFF, &caller).rights);
        }
    }
}

static void an_unknown_client_gets_nothing(struct test *t)
{
    struct grant grant;

    memset(&grant, 0xff, sizeof grant);
    policy_decide(FILTERED_ADMINS_FULL, NULL, &grant);
    CHECK_INT(t, 0, grant.rights);
    CHECK_INT(t, 0, grant.caller.user.size);
    CHECK_INT(t, 0, grant.caller.logon_id);
    CHECK_INT(t, CALLER_LEVEL_UNKNOWN, grant.caller.level);
    CHECK_INT(t, ELEVATION_UNKNOWN, grant.caller.elevation);
    CHECK_INT(t, INTEGRITY_UNKNOWN, grant.caller.integrity);
    CHECK_INT(t, UINT32_MAX, grant.caller.session_id);
    CHECK_INT(t, FACT_UNKNOWN, grant.caller.app_container);
    CHECK_INT(t, FACT_UNKNOWN, grant.caller.restricted);
    CHECK_INT(t, 0, grant.caller.granted);
    CHECK(t, !grant.caller.linked.is_known);
    CHECK_STR(t, "The identity of the client could not be determined.", grant.reason);
}

static void filtered_admins_are_words(struct test *t)
{
    static const struct {
        const char *word;
        int mode; /* -1: refused */
    } rows[] = {
        {"full", FILTERED_ADMINS_FULL},
        {"no-addresses", FILTERED_ADMINS_NO_ADDRESSES},
        {"off", FILTERED_ADMINS_OFF},
        {"OFF", FILTERED_ADMINS_OFF},
        {"Full", FILTERED_ADMINS_FULL},
        {"", -1},
        {"on", -1},
        {"no_addresses", -1},
        {"full ", -1},
        {"0", -1},
        {"ful", -1},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        enum filtered_admins mode = FILTERED_ADMINS_NO_ADDRESSES;
        TEST_ROW(t, "\"%s\"", rows[i].word);
        CHECK_INT(t, rows[i].mode >= 0,
                  filtered_admins_parse(span_from_string(rows[i].word), &mode));
        CHECK_INT(t, rows[i].mode >= 0 ? rows[i].mode : FILTERED_ADMINS_NO_ADDRESSES, mode);
    }
    CHECK_INT(t, FILTERED_ADMINS_FULL, FILTERED_ADMINS_DEFAULT);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(the_dacl_decides),
        TEST_CASE(a_filtered_administrator_gets_a_reason),
        TEST_CASE(a_deny_only_administrator_without_another_half_gets_a_reason),
        TEST_CASE(the_other_half_counts_for_filtered_tokens_alone),
        TEST_CASE(one_fact_is_enough_to_deny),
        TEST_CASE(every_pair_of_masks_of_a_filtered_administrator),
        TEST_CASE(an_unknown_client_gets_nothing),
        TEST_CASE(filtered_admins_are_words),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
