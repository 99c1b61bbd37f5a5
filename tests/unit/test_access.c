#include "service/access.h"
#include "tests/test.h"
#include "tests/unit/descriptor_rows.h"

#define ACE_TEXT "(A;;0x1;;;BA)"
#define ACE_TEXT_8 ACE_TEXT ACE_TEXT ACE_TEXT ACE_TEXT ACE_TEXT ACE_TEXT ACE_TEXT ACE_TEXT
#define ACE_TEXT_64 \
    ACE_TEXT_8 ACE_TEXT_8 ACE_TEXT_8 ACE_TEXT_8 ACE_TEXT_8 ACE_TEXT_8 ACE_TEXT_8 ACE_TEXT_8

enum { WHY_SIZE_MAX = 95 }; /* what a finding of the settings can hold */

static void access_sddl_accepts(struct test *t)
{
    static const char *const rows[] = {
        ACCESS_SDDL_SERVICE,
        "D:",
        "D:P",
        "D:PAIAR",
        "D:(A;;0x1f;;;BA)",
        "D:(A;;31;;;BA)",
        "D:(A;;0x0000001F;;;SY)",
        "D:(D;;0x8;;;IU)(A;;0x1f;;;BA)",
        "O:BAD:P(A;;1;;;S-1-5-18)",
        "O:S-1-5-18G:S-1-5-21-1-2-3-513D:P(A;;0x3;;;S-1-5-21-4294967295-1-2-1001)",
        "G:SYD:",
        "D:P(A;;0x1;;;S-1-0x1234567890ab-1)",
        "D:" ACE_TEXT_64,
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i]);
        const char *why = access_sddl_check(rows[i]);
        if (!CHECK(t, why == NULL))
            printf("  %s\n", why);
    }
}

static void access_sddl_refuses(struct test *t)
{
    static const struct {
        const char *sddl;
        const char *why; /* a part */
    } rows[] = {
        {"", "no D: part"},
        {"O:SYG:SY", "no D: part"}, /* without a DACL everyone has all rights */
        {"BA", "no D: part"},
        {"S:(ML;;NW;;;ME)D:", "no D: part"},
        {" D:", "no D: part"},
        {"d:", "no D: part"},
        {"O:D:", "its owner is not a SID"},
        {"O:SG:SYD:", "no D: part"}, /* SG looks like a SID */
        {"O:S-1-D:", "its owner is not a SID"},
        {"G:1D:", "its group is not a SID"},
        {"D:NO_ACCESS_CONTROL", "begin with"},
        {"D:X(A;;1;;;BA)", "begin with"},
        {"D:(XA;;1;;;BA;(a==b))", "begin with"},
        {"D:(OA;;1;;;BA)", "begin with"},
        {"D:(AU;;1;;;BA)", "begin with"},
        {"D:(A;IO;1;;;BA)", "flags"},
        {"D:(A;OICI;1;;;BA)", "flags"},
        {"D:(A;;;;;BA)", "rights"},
        {"D:(A;;0;;;BA)", "rights"},
        {"D:(A;;0x0;;;BA)", "rights"},
        {"D:(A;;0x;;;BA)", "rights"},
        {"D:(A;;0x20;;;BA)", "rights"},
        {"D:(A;;0x80000001;;;BA)", "rights"},
        {"D:(A;;0x1000000001;;;BA)", "rights"},
        {"D:(A;;0x0000000001;;;BA)", "rights"}, /* more than eight digits */
        {"D:(A;;4294967297;;;BA)", "rights"},
        {"D:(A;;010;;;BA)", "rights"}, /* octal for Windows */
        {"D:(A;;-1;;;BA)", "rights"},
        {"D:(A;;GA;;;BA)", "rights"},
        {"D:(A;;CCDC;;;BA)", "rights"},
        {"D:(A;;1f;;;BA)", "object"},
        {"D:(A;;1;x;;BA)", "object"},
        {"D:(A;;1;;y;BA)", "object"},
        {"D:(A;;1;;;)", "SID"},
        {"D:(A;;1;;;B)", "SID"},
        {"D:(A;;1;;;ba)", "SID"},
        {"D:(A;;1;;;S-1-)", "SID"},
        {"D:(A;;1;;;S-2-5-18)", "SID"},
        {"D:(A;;1;;;BAX)", "does not end"},
        {"D:(A;;1;;;BA", "does not end"},
        {"D:(A;;1;;;S-1-5-18 )", "does not end"},
        {"D:(A;;1;;;BA);", "begin with"},
        {"D:(A;;1;;;BA) (A;;1;;;SY)", "begin with"},
        {"D:(A;;1;;;BA)S:(ML;;NW;;;ME)", "begin with"},
        {"D:(A;;1;;;BA)(D;;1;;;IU)", "an ACE that denies follows one that allows"},
        {"D:(A", "begin with"},
        {"D:(A;", "flags"},
        {"D:(A;;", "rights"},
        {"D:(A;;1", "object"},
        {"D:" ACE_TEXT_64 ACE_TEXT, "more than 64"},
        {"D:\xC3\xA9", "begin with"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].sddl);
        const char *why = access_sddl_check(rows[i].sddl);
        REQUIRE(t, why != NULL);
        if (!CHECK(t, strstr(why, rows[i].why) != NULL))
            printf("  %s\n", why);
        CHECK(t, strlen(why) <= WHY_SIZE_MAX);
    }
}

/* A text that is cut off is refused, unless it is still of the accepted form. */
static void access_sddl_reads_only_the_text(struct test *t)
{
    static const char text[] = "O:SYG:SYD:P(D;;0x1f;;;SY)(A;;0x8;;;S-1-5-21-1-2-3-1001)";

    for (size_t size = 0; size < sizeof text - 1; size++) {
        char cut[sizeof text];
        TEST_ROW(t, "the first %zu bytes", size);
        memcpy(cut, text, size);
        cut[size] = '\0';
        const char *why = access_sddl_check(cut);
        bool is_complete = size >= 10 && (size <= 11 || cut[size - 1] == ')');
        CHECK_INT(t, is_complete, why == NULL);
    }
}

static void access_sddl_completes_owner_and_group(struct test *t)
{
    static const struct {
        const char *sddl;
        const char *complete;
    } rows[] = {
        {"D:P(A;;1;;;BA)", "O:SYG:SYD:P(A;;1;;;BA)"},
        {"O:BAD:P", "O:BAG:SYD:P"},
        {"G:S-1-5-18D:P", "O:SYG:S-1-5-18D:P"},
        {"O:S-1-5-32-544G:BAD:", "O:S-1-5-32-544G:BAD:"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const size_t size = strlen(rows[i].complete) + 1;
        struct buffer out;
        TEST_ROW(t, "%s", rows[i].sddl);
        REQUIRE(t, access_sddl_check(rows[i].sddl) == NULL);
        buffer_init(&out, 64);
        CHECK(t, access_sddl_complete(rows[i].sddl, &out));
        CHECK_MEM(t, rows[i].complete, size, out.data, out.size);
        CHECK(t, access_sddl_check(rows[i].complete) == NULL);
        buffer_release(&out);
        buffer_init(&out, size - 1);
        CHECK(t, !access_sddl_complete(rows[i].sddl, &out));
        buffer_release(&out);
    }
}

static void access_console_sddl_names_its_user(struct test *t)
{
    char pipe_sddl[ACCESS_SDDL_CONSOLE_CAPACITY] = "untouched";
    char access_sddl[ACCESS_SDDL_CONSOLE_CAPACITY] = "untouched";
    struct sid longest = {SID_SIZE_MAX, {1, 15}};

    CHECK(t, !access_console_sddl(&sids[NOBODY], false, pipe_sddl, access_sddl));
    CHECK_STR(t, "untouched", pipe_sddl);
    CHECK_STR(t, "untouched", access_sddl);
    CHECK(t, access_console_sddl(&sids[READERS], false, pipe_sddl, access_sddl));
    CHECK(t, strncmp(pipe_sddl, "O:S-1-5-21-1-1001D:P(A;;GA;;;S-1-5-21-1-1001)", 45) == 0);
    CHECK(t, strstr(access_sddl, "D:P(A;;0x1f;;;S-1-5-21-1-1001)(A;;") != NULL);
    memset(longest.bytes + 2, 0xff, SID_SIZE_MAX - 2);
    CHECK(t, access_console_sddl(&longest, true, pipe_sddl, access_sddl));
    CHECK(t, access_console_sddl(&longest, false, pipe_sddl, access_sddl));
    CHECK(t, strstr(pipe_sddl, "S:(ML;;NWNR;;;ME)") != NULL);
    CHECK(t, strstr(access_sddl, "(A;;0x1f;;;BA)") != NULL);
}

/* The user's programs that are not elevated have the user's SID: it must not be enough. */
static void an_elevated_console_keeps_its_filtered_half_out(struct test *t)
{
    char pipe_sddl[ACCESS_SDDL_CONSOLE_CAPACITY], access_sddl[ACCESS_SDDL_CONSOLE_CAPACITY];

    CHECK(t, access_console_sddl(&sids[READERS], true, pipe_sddl, access_sddl));
    CHECK_STR(t,
              "O:BAG:SYD:P(A;;GA;;;BA)(A;;0x12019b;;;SY)(A;;0x12019b;;;S-1-5-21-1-1001)"
              "S:(ML;;NWNR;;;HI)",
              pipe_sddl);
}

static void access_dacl_is_plain_refuses_the_rest(struct test *t)
{
    static const struct {
        const char *name;
        struct ace_row rows[ACE_ROWS_MAX];
        bool is_plain;
    } rows[] = {
        {"empty: no account has a right", {{0}}, true},
        {"the built-in one",
         {{ACE_ALLOW, 0, 0x1f, SYSTEM},
          {ACE_ALLOW, 0, 0x1f, ADMINISTRATORS},
          {ACE_ALLOW, 0, 0x03, INTERACTIVE},
          {ACE_ALLOW, 0, 0x17, READERS}},
         true},
        {"denied", {{ACE_DENY, 0, 0x1f, SYSTEM}}, true},
        {"allowed on a condition", {{ACE_ALLOW_CALLBACK, 0, 1, SYSTEM}}, false},
        {"only for children", {{ACE_ALLOW, ACE_INHERIT_ONLY, 1, SYSTEM}}, false},
        {"inherited", {{ACE_ALLOW, 0x10, 1, SYSTEM}}, false},
        {"an object", {{ACE_ALLOW_OBJECT, 0, 1, SYSTEM}}, false},
        {"the second one", {{ACE_ALLOW, 0, 1, SYSTEM}, {ACE_LABEL, 0, 1, MEDIUM}}, false},
    };
    static struct ace many[ACCESS_ACES_MAX + 1];
    struct ace aces[ACE_ROWS_MAX];
    struct acl acl;

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].name);
        acl = acl_from_rows(aces, rows[i].rows);
        CHECK_INT(t, rows[i].is_plain, access_dacl_is_plain(&acl));
        acl.is_present = false; /* everyone would have all rights */
        CHECK(t, !access_dacl_is_plain(&acl));
    }
    for (size_t i = 0; i < TEST_COUNT(many); i++)
        many[i] = (struct ace){ACE_ALLOW, 0, 1, sids[SYSTEM]};
    acl = (struct acl){.is_present = true, .count = TEST_COUNT(many), .aces = many};
    CHECK(t, !access_dacl_is_plain(&acl));
    acl.count--;
    CHECK(t, access_dacl_is_plain(&acl));
}

static void the_pipe_admits_each_sid_with_a_right(struct test *t)
{
#define READERS_ENTRY "(A;;0x12019b;;;S-1-5-21-1-1001)"
    static const struct {
        const char *name;
        struct ace_row rows[ACE_ROWS_MAX];
        const char *sddl;
    } rows[] = {
        {"no ACE", {{0}}, PIPE_SDDL_SERVICE},
        {"accounts that are always admitted",
         {{ACE_ALLOW, 0, 0x1f, SYSTEM},
          {ACE_ALLOW, 0, 1, ADMINISTRATORS},
          {ACE_ALLOW, 0, 1, INTERACTIVE}},
         PIPE_SDDL_SERVICE},
        {"readers", {{ACE_ALLOW, 0, 0x17, READERS}}, PIPE_SDDL_BEGIN READERS_ENTRY PIPE_SDDL_END},
        {"readers twice",
         {{ACE_ALLOW, 0, 0x1, READERS}, {ACE_ALLOW, 0, 0x2, READERS}},
         PIPE_SDDL_BEGIN READERS_ENTRY PIPE_SDDL_END},
        {"denied and granted",
         {{ACE_DENY, 0, 0x8, READERS}, {ACE_ALLOW, 0, 0x2, READERS}},
         PIPE_SDDL_BEGIN READERS_ENTRY PIPE_SDDL_END},
        {"only denied", {{ACE_DENY, 0, 0x1f, READERS}}, PIPE_SDDL_SERVICE},
        {"bits that are no rights", {{ACE_ALLOW, 0, 0x20000, READERS}}, PIPE_SDDL_SERVICE},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct ace aces[ACE_ROWS_MAX];
        const struct acl dacl = acl_from_rows(aces, rows[i].rows);
        struct buffer out;
        TEST_ROW(t, "%s", rows[i].name);
        buffer_init(&out, 4096);
        CHECK(t, access_pipe_sddl(&dacl, &out));
        CHECK_MEM(t, rows[i].sddl, strlen(rows[i].sddl) + 1, out.data, out.size);
        /* No other account gets the right to add an instance. */
        CHECK(t, strstr(out.data, "GA;;;SY") != NULL && (0x12019b & 0x4) == 0);
        buffer_release(&out);
        buffer_init(&out, strlen(rows[i].sddl));
        CHECK(t, !access_pipe_sddl(&dacl, &out));
        buffer_release(&out);
    }
}

/* As AccessCheck weighs them: a denied right stays denied, a granted one stays granted. */
static void rows_are_what_accesscheck_would_say(struct test *t)
{
    static const struct {
        const char *name;
        struct ace_row rows[ACE_ROWS_MAX];
        uint32_t allowed, denied; /* of readers */
        size_t count;
    } rows[] = {
        {"granted", {{ACE_ALLOW, 0, 0x3, READERS}}, 0x3, 0, 1},
        {"granted in parts",
         {{ACE_ALLOW, 0, 0x1, READERS}, {ACE_ALLOW, 0, 0x2, READERS}},
         0x3,
         0,
         1},
        {"denied first",
         {{ACE_DENY, 0, 0x8, READERS}, {ACE_ALLOW, 0, 0x1f, READERS}},
         0x17,
         0x8,
         1},
        {"denied too late",
         {{ACE_ALLOW, 0, 0x1f, READERS}, {ACE_DENY, 0, 0x8, READERS}},
         0x1f,
         0,
         1},
        {"granted, denied, granted",
         {{ACE_ALLOW, 0, 0x1, READERS}, {ACE_DENY, 0, 0x3, READERS}, {ACE_ALLOW, 0, 0x7, READERS}},
         0x5,
         0x2,
         1},
        {"another between",
         {{ACE_DENY, 0, 0x8, READERS}, {ACE_ALLOW, 0, 0x8, SYSTEM}, {ACE_ALLOW, 0, 0x9, READERS}},
         0x1,
         0x8,
         2},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        static struct access_row found[ACCESS_ACES_MAX];
        struct ace aces[ACE_ROWS_MAX];
        const struct acl dacl = acl_from_rows(aces, rows[i].rows);
        TEST_ROW(t, "%s", rows[i].name);
        CHECK_INT(t, rows[i].count, access_rows(&dacl, found));
        CHECK(t, sid_equal(&sids[READERS], &found[0].sid));
        CHECK_INT(t, rows[i].allowed, found[0].allowed);
        CHECK_INT(t, rows[i].denied, found[0].denied);
        CHECK_STR(t, "", found[0].name);
    }
}

static struct access_row sample_rows[] = {
    {.allowed = 0x1f, .name = "NT AUTHORITY\\SYSTEM"},
    {.allowed = 0x17, .denied = 0x08, .name = "PC\\Les\xC3\xA9\xC3\xA9"},
    {.denied = 0x1f},
};

static struct access_table sample_table(void)
{
    sample_rows[0].sid = sids[SYSTEM];
    sample_rows[1].sid = sids[READERS];
    sample_rows[2].sid = sids[INTERACTIVE];
    return (struct access_table){.rows = sample_rows,
                                 .count = TEST_COUNT(sample_rows),
                                 .source = "AccessSddl",
                                 .sddl = SPAN("D:..."),
                                 .filtered_admins = FILTERED_ADMINS_NO_ADDRESSES};
}

static void check_format(struct test *t, const struct access_table *table, bool json,
                         const char *text)
{
    struct buffer out;

    buffer_init(&out, 4096);
    CHECK(t, access_table_format(table, json, &out));
    CHECK_MEM(t, text, strlen(text), out.data, out.size);
    buffer_release(&out);
    for (size_t capacity = 0; capacity < strlen(text); capacity += 17) {
        buffer_init(&out, capacity);
        CHECK(t, !access_table_format(table, json, &out));
        buffer_release(&out);
    }
}

static void the_table_is_for_people(struct test *t)
{
    struct access_table table = sample_table();

    check_format(
        t, &table, false,
        "DACL: AccessSddl\n"
        "D:...\n"
        "\n"
        "WHO                                   SID              MAY ASK FOR\n"
        "NT AUTHORITY\\SYSTEM                   S-1-5-18         info, own processes, every "
        "process, addresses of others, statistics\n"
        "PC\\Les\xC3\xA9\xC3\xA9                              S-1-5-21-1-1001  info, own "
        "processes, "
        "every process, statistics; never addresses of others\n"
        "S-1-5-4                               S-1-5-4          nothing; never info, own "
        "processes, every process, addresses of others, statistics\n"
        "an administrator who did not elevate  -                also what the elevated token would "
        "get, except addresses of others (FilteredAdmins is no-addresses)\n");
    table.count = 0;
    table.source = "closed";
    table.refusal = "AccessSddl is not usable: an ACE does not begin with (A; or (D;";
    table.filtered_admins = FILTERED_ADMINS_OFF;
    check_format(t, &table, false,
                 "DACL: closed, because the value of AccessSddl is not usable: an ACE "
                 "does not begin "
                 "with (A; or (D;\n"
                 "D:...\n"
                 "\n"
                 "WHO                                   SID  MAY ASK FOR\n"
                 "an administrator who did not elevate  -    what is granted above to the other "
                 "groups of the user (FilteredAdmins is off)\n");
}

static void the_json_lines_are_for_scripts(struct test *t)
{
    struct access_table table = sample_table();

    check_format(t, &table, true,
                 "{\"type\":\"dacl\",\"source\":\"AccessSddl\",\"refused\":null,"
                 "\"sddl\":\"D:...\",\"filtered_admins\":\"no-addresses\"}\n"
                 "{\"type\":\"access\",\"sid\":\"S-1-5-18\",\"name\":\"NT AUTHORITY\\\\SYSTEM\","
                 "\"allowed\":[\"connect\",\"query_own\",\"query_all\",\"addresses\","
                 "\"statistics\"],\"denied\":[]}\n"
                 "{\"type\":\"access\",\"sid\":\"S-1-5-21-1-1001\","
                 "\"name\":\"PC\\\\Les\xC3\xA9\xC3\xA9\",\"allowed\":[\"connect\",\"query_own\","
                 "\"query_all\",\"statistics\"],\"denied\":[\"addresses\"]}\n"
                 "{\"type\":\"access\",\"sid\":\"S-1-5-4\",\"name\":null,\"allowed\":[],"
                 "\"denied\":[\"connect\",\"query_own\",\"query_all\",\"addresses\","
                 "\"statistics\"]}\n");
}

enum { READ = 0x1, WRITE = 0x2 };

/* The pipe of the service, as Windows stores it, and what differs from it. */
static void a_name_is_taken_over_only_from_ourselves(struct test *t)
{
    static const struct {
        const char *name;
        bool is_served;
        enum who owner;
        bool has_dacl;
        size_t count;
        struct ace_row second; /* the ACE of Administrators */
        bool may;
    } rows[] = {
        {"left by ourselves",
         false,
         SYSTEM,
         true,
         3,
         {ACE_ALLOW, 0, 0x12019b, ADMINISTRATORS},
         true},
        {"served", true, SYSTEM, true, 3, {ACE_ALLOW, 0, 0x12019b, ADMINISTRATORS}, false},
        {"another owner",
         false,
         ADMINISTRATORS,
         true,
         3,
         {ACE_ALLOW, 0, 0x12019b, ADMINISTRATORS},
         false},
        {"an unknown owner",
         false,
         NOBODY,
         true,
         3,
         {ACE_ALLOW, 0, 0x12019b, ADMINISTRATORS},
         false},
        {"no DACL", false, SYSTEM, false, 0, {ACE_ALLOW, 0, 0x12019b, ADMINISTRATORS}, false},
        {"an ACE less", false, SYSTEM, true, 2, {ACE_ALLOW, 0, 0x12019b, ADMINISTRATORS}, false},
        {"another right", false, SYSTEM, true, 3, {ACE_ALLOW, 0, 0x12019f, ADMINISTRATORS}, false},
        {"another account", false, SYSTEM, true, 3, {ACE_ALLOW, 0, 0x12019b, USERS}, false},
        {"another type", false, SYSTEM, true, 3, {ACE_DENY, 0, 0x12019b, ADMINISTRATORS}, false},
        {"another flag",
         false,
         SYSTEM,
         true,
         3,
         {ACE_ALLOW, ACE_INHERIT_ONLY, 0x12019b, ADMINISTRATORS},
         false},
    };
    struct ace ours[] = {{ACE_ALLOW, 0, ACCESS_GENERIC_ALL, sids[SYSTEM]},
                         {ACE_ALLOW, 0, 0x12019b, sids[ADMINISTRATORS]},
                         {ACE_ALLOW, 0, 0x12019b, sids[INTERACTIVE]}};
    const struct descriptor intended = {sids[SYSTEM], {true, 3, ours}, {false, 0, NULL}, true};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct ace theirs[] = {{ACE_ALLOW, 0, 0x1f01ff, sids[SYSTEM]},
                               {rows[i].second.type, rows[i].second.flags, rows[i].second.mask,
                                sids[rows[i].second.who]},
                               {ACE_ALLOW, 0, 0x12019b, sids[INTERACTIVE]}};
        const struct descriptor found = {
            sids[rows[i].owner], {rows[i].has_dacl, rows[i].count, theirs}, {false, 0, NULL}, true};

        TEST_ROW(t, "%s", rows[i].name);
        CHECK_INT(t, rows[i].may, access_may_take_over(rows[i].is_served, &intended, &found));
    }
}

static void access_finds_strangers(struct test *t)
{
    static const struct {
        const char *name;
        enum who owner;
        bool has_dacl;
        struct ace_row rows[ACE_ROWS_MAX];
        const char *reason; /* NULL: no stranger */
    } rows[] = {
        {"no DACL", SYSTEM, false, {{0}}, "it has no DACL: everyone has all rights"},
        {"an empty DACL", SYSTEM, true, {{0}}, NULL},
        {"the three trusted ones",
         ADMINISTRATORS,
         true,
         {{ACE_ALLOW, 0, WRITE, SYSTEM},
          {ACE_ALLOW, 0, WRITE, ADMINISTRATORS},
          {ACE_ALLOW, 0, WRITE, TRUSTED_INSTALLER}},
         NULL},
        {"owned by TrustedInstaller", TRUSTED_INSTALLER, true, {{0}}, NULL},
        {"owned by users", USERS, true, {{0}}, "it is owned by S-1-5-32-545"},
        {"no owner", NOBODY, true, {{0}}, "it has no owner"},
        {"owned by CREATOR OWNER", CREATOR_OWNER, true, {{0}}, "it is owned by S-1-3-0"},
        {"users may read", SYSTEM, true, {{ACE_ALLOW, 0, READ, USERS}}, NULL},
        {"users may write",
         SYSTEM,
         true,
         {{ACE_ALLOW, 0, WRITE | READ, USERS}},
         "S-1-5-32-545 may do 0x00000002"},
        {"children inherit that users may write",
         SYSTEM,
         true,
         {{ACE_ALLOW, 0x0b, WRITE, USERS}},
         NULL},
        {"users, and children inherit it",
         SYSTEM,
         true,
         {{ACE_ALLOW, 0x03, WRITE, USERS}},
         "S-1-5-32-545 may do 0x00000002"},
        {"the owner",
         SYSTEM,
         true,
         {{ACE_ALLOW, 0, WRITE, CREATOR_OWNER}, {ACE_ALLOW, 0, WRITE, OWNER_RIGHTS}},
         NULL},
        {"users are denied", SYSTEM, true, {{ACE_DENY, 0, WRITE, USERS}}, NULL},
        {"denied first, then allowed",
         SYSTEM,
         true,
         {{ACE_DENY, 0, WRITE, USERS}, {ACE_ALLOW, 0, WRITE, USERS}},
         "S-1-5-32-545 may do 0x00000002"},
        {"the second ACE",
         SYSTEM,
         true,
         {{ACE_ALLOW, 0, WRITE, SYSTEM}, {ACE_ALLOW, 0, WRITE, USERS}},
         "S-1-5-32-545 may do 0x00000002"},
        {"may change the DACL",
         SYSTEM,
         true,
         {{ACE_ALLOW, 0, 0x00040000, USERS}},
         "S-1-5-32-545 may do 0x00040000"},
        {"may become the owner",
         SYSTEM,
         true,
         {{ACE_ALLOW, 0, 0x00080000, USERS}},
         "S-1-5-32-545 may do 0x00080000"},
        {"generic write",
         SYSTEM,
         true,
         {{ACE_ALLOW, 0, 0x40000000, USERS}},
         "S-1-5-32-545 may do 0x40000000"},
        {"generic all",
         SYSTEM,
         true,
         {{ACE_ALLOW, 0, 0x10000000, USERS}},
         "S-1-5-32-545 may do 0x10000000"},
        {"generic read and execute", SYSTEM, true, {{ACE_ALLOW, 0, 0xa0000000, USERS}}, NULL},
        {"allowed on a condition",
         SYSTEM,
         true,
         {{ACE_ALLOW_CALLBACK, 0, WRITE, USERS}},
         "S-1-5-32-545 may do 0x00000002"},
        {"a type that is not read",
         SYSTEM,
         true,
         {{ACE_ALLOW_OBJECT, 0, WRITE, SYSTEM}},
         "an ACE of an unknown type may do 0x00000002"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct ace aces[ACE_ROWS_MAX];
        struct descriptor descriptor = {.owner = sids[rows[i].owner],
                                        .dacl = acl_from_rows(aces, rows[i].rows)};
        char reason[ACCESS_REASON_CAPACITY] = "untouched";
        TEST_ROW(t, "%s", rows[i].name);
        descriptor.dacl.is_present = rows[i].has_dacl;
        CHECK_INT(t, rows[i].reason != NULL, access_find_stranger(&descriptor, WRITE, reason));
        CHECK_STR(t, rows[i].reason != NULL ? rows[i].reason : "untouched", reason);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(access_sddl_accepts),
        TEST_CASE(access_sddl_refuses),
        TEST_CASE(access_sddl_reads_only_the_text),
        TEST_CASE(access_sddl_completes_owner_and_group),
        TEST_CASE(access_console_sddl_names_its_user),
        TEST_CASE(an_elevated_console_keeps_its_filtered_half_out),
        TEST_CASE(access_dacl_is_plain_refuses_the_rest),
        TEST_CASE(the_pipe_admits_each_sid_with_a_right),
        TEST_CASE(rows_are_what_accesscheck_would_say),
        TEST_CASE(the_table_is_for_people),
        TEST_CASE(the_json_lines_are_for_scripts),
        TEST_CASE(access_finds_strangers),
        TEST_CASE(a_name_is_taken_over_only_from_ourselves),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
