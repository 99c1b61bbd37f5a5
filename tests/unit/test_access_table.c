#include "tests/test.h"

#include <stdlib.h>

#include "service/access.h"
#include "service/access_table.h"

/* Entries as a descriptor holds them: type, flags, mask, SID. Source: [MS-DTYP] 2.4. */
struct raw_entry {
    uint8_t type;
    uint8_t flags;
    uint32_t mask;
    const struct sid *sid;
};

enum { ALLOW = 0, DENY = 1, ALLOW_CALLBACK = 9, INHERIT_ONLY = 8, RAW_CAPACITY = 8192 };

static const struct sid system_sid = {12, {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}};
static const struct sid interactive = {12, {1, 1, 0, 0, 0, 0, 0, 5, 4, 0, 0, 0}};
static const struct sid administrators = {16,
                                          {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 0x02, 0, 0}};
/* S-1-5-21-1-1001 */
static const struct sid readers = {
    20, {1, 3, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 0xe9, 3, 0, 0}};

static void put16(uint8_t *out, size_t value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

/* A self-relative descriptor with a DACL of these entries. Returns its size. */
static size_t make_descriptor(uint8_t *out, const struct raw_entry *entries, size_t count)
{
    size_t size = 20 + 8;

    memset(out, 0, RAW_CAPACITY);
    out[0] = 1;
    put16(out + 2, 0x8004); /* self-relative, DACL present */
    out[16] = 20;
    for (size_t i = 0; i < count; i++) {
        uint8_t *entry = out + size;
        size_t entry_size = 8 + (size_t)entries[i].sid->size;
        entry[0] = entries[i].type;
        entry[1] = entries[i].flags;
        put16(entry + 2, entry_size);
        put16(entry + 4, entries[i].mask & 0xffff);
        put16(entry + 6, entries[i].mask >> 16);
        memcpy(entry + 8, entries[i].sid->bytes, entries[i].sid->size);
        size += entry_size;
    }
    out[20] = 2;
    put16(out + 22, size - 20);
    put16(out + 24, count);
    return size;
}

static bool parse(const struct raw_entry *entries, size_t count, struct access_list *list)
{
    uint8_t bytes[RAW_CAPACITY];
    size_t size = make_descriptor(bytes, entries, count);
    uint8_t *exact = malloc(size); /* so that a byte too far is seen */

    if (exact == NULL)
        abort();
    memcpy(exact, bytes, size);
    bool is_parsed = access_list_parse(exact, size, list);
    free(exact);
    return is_parsed;
}

static const struct raw_entry built_in[] = {{ALLOW, 0, 0x1f, &system_sid},
                                            {ALLOW, 0, 0x1f, &administrators},
                                            {ALLOW, 0, 0x03, &interactive},
                                            {ALLOW, 0, 0x17, &readers}};

static void a_list_is_read_as_it_stands(struct test *t)
{
    struct access_list list;

    REQUIRE(t, parse(built_in, TEST_COUNT(built_in), &list));
    REQUIRE(t, list.count == TEST_COUNT(built_in));
    for (size_t i = 0; i < list.count; i++) {
        TEST_ROW(t, "entry %zu", i);
        CHECK(t, sid_equal(built_in[i].sid, &list.entries[i].sid));
        CHECK_INT(t, built_in[i].mask, list.entries[i].mask);
        CHECK(t, !list.entries[i].is_deny);
    }
    CHECK(t, parse(NULL, 0, &list)); /* an empty list: nobody gets anything */
    CHECK_INT(t, 0, list.count);
}

static void what_is_not_plain_is_refused(struct test *t)
{
    static const struct raw_entry callback[] = {{ALLOW_CALLBACK, 0, 1, &system_sid}};
    static const struct raw_entry heirs[] = {{ALLOW, INHERIT_ONLY, 1, &system_sid}};
    static const struct raw_entry many = {ALLOW, 0, 1, &system_sid};
    struct raw_entry entries[ACCESS_ENTRIES_MAX + 1];
    struct access_list list = {.count = 77};
    uint8_t bytes[RAW_CAPACITY];

    CHECK(t, !parse(callback, 1, &list));
    CHECK(t, !parse(heirs, 1, &list));
    for (size_t i = 0; i < TEST_COUNT(entries); i++)
        entries[i] = many;
    CHECK(t, !parse(entries, TEST_COUNT(entries), &list));
    CHECK_INT(t, 77, list.count); /* untouched */
    CHECK(t, parse(entries, ACCESS_ENTRIES_MAX, &list));

    size_t size = make_descriptor(bytes, built_in, TEST_COUNT(built_in));
    put16(bytes + 2, 0x8000); /* no DACL: everybody might do everything */
    CHECK(t, !access_list_parse(bytes, size, &list));
    size = make_descriptor(bytes, built_in, TEST_COUNT(built_in));
    for (size_t cut = 0; cut < size; cut++) {
        TEST_ROW(t, "the first %zu bytes", cut);
        CHECK(t, !access_list_parse(bytes, cut, &list));
    }
}

static void the_pipe_admits_whom_the_list_grants_something(struct test *t)
{
#define READERS_ENTRY "(A;;0x12019b;;;S-1-5-21-1-1001)"
    static const struct {
        const char *name;
        struct raw_entry entries[4];
        size_t count;
        const char *sddl;
    } rows[] = {
        {"nobody", {{0}}, 0, PIPE_SDDL_SERVICE},
        {"who is in anyway",
         {{ALLOW, 0, 0x1f, &system_sid},
          {ALLOW, 0, 1, &administrators},
          {ALLOW, 0, 1, &interactive}},
         3,
         PIPE_SDDL_SERVICE},
        {"readers", {{ALLOW, 0, 0x17, &readers}}, 1, PIPE_SDDL_BEGIN READERS_ENTRY PIPE_SDDL_END},
        {"readers twice",
         {{ALLOW, 0, 0x1, &readers}, {ALLOW, 0, 0x2, &readers}},
         2,
         PIPE_SDDL_BEGIN READERS_ENTRY PIPE_SDDL_END},
        {"denied and granted",
         {{DENY, 0, 0x8, &readers}, {ALLOW, 0, 0x2, &readers}},
         2,
         PIPE_SDDL_BEGIN READERS_ENTRY PIPE_SDDL_END},
        {"only denied", {{DENY, 0, 0x1f, &readers}}, 1, PIPE_SDDL_SERVICE},
        {"bits that are no rights", {{ALLOW, 0, 0x20000, &readers}}, 1, PIPE_SDDL_SERVICE},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct access_list list;
        struct buffer out;
        TEST_ROW(t, "%s", rows[i].name);
        REQUIRE(t, parse(rows[i].entries, rows[i].count, &list));
        buffer_init(&out, 4096);
        CHECK(t, access_list_pipe_sddl(&list, &out));
        CHECK_MEM(t, rows[i].sddl, strlen(rows[i].sddl) + 1, out.data, out.size);
        /* What lets others put an instance under our name is given to nobody. */
        CHECK(t, strstr(out.data, "GA;;;SY") != NULL && (0x12019b & 0x4) == 0);
        buffer_release(&out);
        buffer_init(&out, strlen(rows[i].sddl));
        CHECK(t, !access_list_pipe_sddl(&list, &out));
        CHECK_INT(t, 0, out.size);
        buffer_release(&out);
    }
}

/* As AccessCheck weighs them: what was denied stays denied, what was granted stays granted. */
static void rows_are_what_accesscheck_would_say(struct test *t)
{
    static const struct {
        const char *name;
        struct raw_entry entries[4];
        size_t count;
        uint32_t allowed, denied; /* of readers */
        size_t rows;
    } rows[] = {
        {"granted", {{ALLOW, 0, 0x3, &readers}}, 1, 0x3, 0, 1},
        {"granted in parts", {{ALLOW, 0, 0x1, &readers}, {ALLOW, 0, 0x2, &readers}}, 2, 0x3, 0, 1},
        {"denied first", {{DENY, 0, 0x8, &readers}, {ALLOW, 0, 0x1f, &readers}}, 2, 0x17, 0x8, 1},
        {"denied too late", {{ALLOW, 0, 0x1f, &readers}, {DENY, 0, 0x8, &readers}}, 2, 0x1f, 0, 1},
        {"granted, denied, granted",
         {{ALLOW, 0, 0x1, &readers}, {DENY, 0, 0x3, &readers}, {ALLOW, 0, 0x7, &readers}},
         3,
         0x5,
         0x2,
         1},
        {"another between",
         {{DENY, 0, 0x8, &readers}, {ALLOW, 0, 0x8, &system_sid}, {ALLOW, 0, 0x9, &readers}},
         3,
         0x1,
         0x8,
         2},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct access_row found[ACCESS_ENTRIES_MAX];
        struct access_list list;
        TEST_ROW(t, "%s", rows[i].name);
        REQUIRE(t, parse(rows[i].entries, rows[i].count, &list));
        CHECK_INT(t, rows[i].rows, access_table_rows(&list, found));
        CHECK(t, sid_equal(&readers, &found[0].sid));
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
    sample_rows[0].sid = system_sid;
    sample_rows[1].sid = readers;
    sample_rows[2].sid = interactive;
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
        "access list: AccessSddl\n"
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
        "an administrator who did not elevate  -                also what his elevated token would "
        "get, but addresses of others (FilteredAdmins is no-addresses)\n");
    table.count = 0;
    table.source = "built-in";
    table.refusal = "not usable: an entry does not begin with (A; or (D;";
    table.filtered_admins = FILTERED_ADMINS_OFF;
    check_format(t, &table, false,
                 "access list: built-in, because the value of AccessSddl is not usable: an entry "
                 "does not begin "
                 "with (A; or (D;\n"
                 "D:...\n"
                 "\n"
                 "WHO                                   SID  MAY ASK FOR\n"
                 "an administrator who did not elevate  -    what is granted above to his other "
                 "groups (FilteredAdmins is off)\n");
}

static void the_json_lines_are_for_scripts(struct test *t)
{
    struct access_table table = sample_table();

    check_format(t, &table, true,
                 "{\"type\":\"access_list\",\"source\":\"AccessSddl\",\"refused\":null,"
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

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_list_is_read_as_it_stands),
        TEST_CASE(what_is_not_plain_is_refused),
        TEST_CASE(the_pipe_admits_whom_the_list_grants_something),
        TEST_CASE(rows_are_what_accesscheck_would_say),
        TEST_CASE(the_table_is_for_people),
        TEST_CASE(the_json_lines_are_for_scripts),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
