#include "test.h"

#include "policy.h"
#include "rights.h"

enum { OWN = RIGHT_CONNECT | RIGHT_QUERY_OWN };

/* An ordinary user at medium integrity; each row changes what it is about. */
static struct caller ordinary(void)
{
    /* S-1-5-21-1-2-3-1001 */
    static const uint8_t sid[] = {1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0,    0, 1, 0,
                                  0, 0, 2, 0, 0, 0, 3, 0, 0,  0, 0xe9, 3, 0, 0};
    struct caller caller = {.name = "HOST\\user",
                            .elevation = ELEVATION_DEFAULT,
                            .integrity = INTEGRITY_MEDIUM,
                            .session_id = 1,
                            .granted = OWN};

    caller.user.size = sizeof sid;
    memcpy(caller.user.bytes, sid, sizeof sid);
    return caller;
}

static const char reason_all[] = "The access list of the service grants this user every process.";
static const char reason_own[] =
    "The access list of the service grants this user his own processes.";
static const char reason_filtered[] =
    "Administrators is not enabled in this token: run elevated to see every process.";
static const char reason_none[] =
    "The access list of the service does not name this user or a group of his.";
static const char reason_no_processes[] =
    "The access list of the service grants this user no processes.";

static void policy_passes_on_what_the_access_list_grants(struct test *t)
{
    static const struct {
        const char *name;
        uint32_t granted;
        enum caller_elevation elevation;
        uint32_t integrity;
        bool is_restricted;
        uint32_t rights;
        const char *reason;
    } rows[] = {
        {"nothing granted", 0, ELEVATION_DEFAULT, INTEGRITY_MEDIUM, false, 0, reason_none},
        {"connect only", RIGHT_CONNECT, ELEVATION_DEFAULT, INTEGRITY_MEDIUM, false, RIGHT_CONNECT,
         reason_no_processes},
        {"a standard user", OWN, ELEVATION_DEFAULT, INTEGRITY_MEDIUM, false, OWN, reason_own},
        {"a filtered administrator", OWN, ELEVATION_LIMITED, INTEGRITY_MEDIUM, false, OWN,
         reason_filtered},
        {"a filtered administrator granted all by name", RIGHTS_ALL, ELEVATION_LIMITED,
         INTEGRITY_MEDIUM, false, RIGHTS_ALL, reason_all},
        {"an elevated administrator", RIGHTS_ALL, ELEVATION_FULL, INTEGRITY_HIGH, false, RIGHTS_ALL,
         reason_all},
        {"a reader without addresses", OWN | RIGHT_QUERY_ALL, ELEVATION_DEFAULT, INTEGRITY_MEDIUM,
         false, OWN | RIGHT_QUERY_ALL, reason_all},
        {"a service at system integrity", RIGHTS_ALL, ELEVATION_DEFAULT, 0x4000, false, RIGHTS_ALL,
         reason_all},
        {"medium plus", OWN, ELEVATION_DEFAULT, 0x2100, false, OWN, reason_own},
        {"a restricted token that the list grants", OWN, ELEVATION_DEFAULT, INTEGRITY_MEDIUM, true,
         OWN, reason_own},
        {"unknown elevation", OWN, ELEVATION_UNKNOWN, INTEGRITY_MEDIUM, false, OWN, reason_own},
        {"bits that are no rights", 0xffffffff, ELEVATION_FULL, INTEGRITY_HIGH, false, RIGHTS_ALL,
         reason_all},
        {"only bits that are no rights", 0xffffffe0, ELEVATION_FULL, INTEGRITY_HIGH, false, 0,
         reason_none},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct caller caller = ordinary();
        struct grant grant;

        TEST_ROW(t, "%s", rows[i].name);
        caller.granted = rows[i].granted;
        caller.elevation = rows[i].elevation;
        caller.integrity = rows[i].integrity;
        caller.is_restricted = rows[i].is_restricted;
        policy_decide(&caller, &grant);
        CHECK_INT(t, rows[i].rights, grant.rights);
        CHECK_STR(t, rows[i].reason, grant.reason);
        CHECK_MEM(t, caller.user.bytes, caller.user.size, grant.caller.user.bytes,
                  grant.caller.user.size);
        CHECK_STR(t, caller.name, grant.caller.name);
    }
}

enum fact {
    FACT_ANONYMOUS,
    FACT_NO_USER,
    FACT_APP_CONTAINER,
    FACT_UNKNOWN_INTEGRITY,
    FACT_UNTRUSTED,
    FACT_LOW,
    FACT_BELOW_MEDIUM,
    FACTS
};

static void set_fact(struct caller *caller, enum fact fact)
{
    switch (fact) {
    case FACT_ANONYMOUS:
        caller->is_anonymous = true;
        break;
    case FACT_NO_USER:
        caller->user.size = 0;
        break;
    case FACT_APP_CONTAINER:
        caller->is_app_container = true;
        break;
    case FACT_UNKNOWN_INTEGRITY:
        caller->integrity = INTEGRITY_UNKNOWN;
        break;
    case FACT_UNTRUSTED:
        caller->integrity = 0;
        break;
    case FACT_LOW:
        caller->integrity = INTEGRITY_LOW;
        break;
    case FACT_BELOW_MEDIUM:
        caller->integrity = INTEGRITY_MEDIUM - 1;
        break;
    case FACTS:
        break;
    }
}

/* Each of these facts alone takes everything away, from a user as from an administrator. */
static void policy_denies(struct test *t)
{
    static const char low[] = "Programs below medium integrity may not ask.";
    static const struct {
        const char *name;
        const char *reason;
    } rows[FACTS] = {
        [FACT_ANONYMOUS] = {"anonymous",
                            "The client hides who it is: open the pipe with identification level: "
                            "SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION."},
        [FACT_NO_USER] = {"unknown user", "The user of the client could not be learnt."},
        [FACT_APP_CONTAINER] = {"AppContainer", "Programs in an AppContainer may not ask."},
        [FACT_UNKNOWN_INTEGRITY] = {"unknown integrity",
                                    "The integrity level of the client could not be learnt."},
        [FACT_UNTRUSTED] = {"untrusted", low},
        [FACT_LOW] = {"low", low},
        [FACT_BELOW_MEDIUM] = {"just below medium", low},
    };
    static const uint32_t granted[] = {0, OWN, RIGHTS_ALL, 0xffffffff};

    for (int fact = 0; fact < FACTS; fact++) {
        for (size_t g = 0; g < TEST_COUNT(granted); g++) {
            struct caller caller = ordinary();
            struct grant grant;

            TEST_ROW(t, "%s, granted 0x%" PRIx32, rows[fact].name, granted[g]);
            caller.granted = granted[g];
            caller.elevation = ELEVATION_FULL;
            caller.integrity = INTEGRITY_HIGH;
            set_fact(&caller, (enum fact)fact);
            policy_decide(&caller, &grant);
            CHECK_INT(t, 0, grant.rights);
            CHECK_STR(t, rows[fact].reason, grant.reason);
        }
    }
}

/* Whatever the facts: never a right that the access list did not give. */
static void policy_never_adds_a_right(struct test *t)
{
    for (uint32_t granted = 0; granted <= RIGHTS_ALL; granted++) {
        for (unsigned facts = 0; facts < 1u << FACTS; facts++) {
            struct caller caller = ordinary();
            struct grant grant;

            TEST_ROW(t, "granted 0x%" PRIx32 ", facts 0x%x", granted, facts);
            caller.granted = granted;
            for (int fact = 0; fact < FACTS; fact++)
                if ((facts >> fact & 1u) != 0)
                    set_fact(&caller, (enum fact)fact);
            policy_decide(&caller, &grant);
            CHECK_INT(t, facts == 0 ? granted : 0, grant.rights);
        }
    }
}

static void policy_gives_an_unknown_client_nothing(struct test *t)
{
    struct grant grant;

    memset(&grant, 0xff, sizeof grant);
    policy_deny_unknown(&grant);
    CHECK_INT(t, 0, grant.rights);
    CHECK_INT(t, 0, grant.caller.user.size);
    CHECK_STR(t, "", grant.caller.name);
    CHECK_INT(t, ELEVATION_UNKNOWN, grant.caller.elevation);
    CHECK_INT(t, INTEGRITY_UNKNOWN, grant.caller.integrity);
    CHECK_INT(t, UINT32_MAX, grant.caller.session_id);
    CHECK_INT(t, 0, grant.caller.granted);
    CHECK_STR(t, "Windows did not tell who the client is.", grant.reason);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(policy_passes_on_what_the_access_list_grants),
        TEST_CASE(policy_denies),
        TEST_CASE(policy_never_adds_a_right),
        TEST_CASE(policy_gives_an_unknown_client_nothing),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
