/* Which mapped files are stale: every rule, and what looks like staleness and is none. */
#include "client/stale.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGED_LATER = 2, CHANGED_BEFORE = 1 }; /* than the process started */

/* What Windows says about all paths of a case. */
struct fake {
    const char *pending; /* names, '|' for the terminator */
    enum stale_presence presence;
    int changed;
    const char *users; /* pids, blanks between them; NULL: Windows does not say */
    unsigned ended;    /* a pid that is gone; 0: none */
    unsigned looks, questions;
};

static void read_pending(void *context, struct buffer *names)
{
    const struct fake *fake = context;

    for (const char *p = fake->pending; p != NULL && *p != '\0'; p++)
        buffer_append(names, *p == '|' ? (struct span){"", 1} : (struct span){p, 1});
}

static enum stale_presence look(void *context, struct span path, uint64_t *change_time)
{
    struct fake *fake = context;

    (void)path;
    fake->looks++;
    /* 2020 and 2030; processes start in 2026 */
    *change_time = fake->changed == CHANGED_LATER ? UINT64_C(135379296000000000)
                                                  : UINT64_C(132223104000000000);
    return fake->presence;
}

static bool list_users(void *context, struct span path, struct buffer *pids)
{
    struct fake *fake = context;

    (void)path;
    fake->questions++;
    buffer_clear(pids);
    for (const char *p = fake->users; p != NULL && *p != '\0';) {
        char *end;
        uint32_t pid = (uint32_t)strtoul(p, &end, 10);
        if (!buffer_append(pids, (struct span){(const char *)&pid, sizeof pid}))
            return false;
        p = end;
    }
    return fake->users != NULL;
}

static bool is_running(void *context, uint32_t pid, struct span start)
{
    return span_equal(start, SPAN("2026-11-24T17:32:03.1234567Z")) &&
           pid != ((struct fake *)context)->ended;
}

static void add(struct test *t, struct stale *stale, const char *line)
{
    struct row_error error;
    struct row row;

    row_init(&row);
    CHECK(t, row_parse(&row, span_from_string(line), &error));
    stale_add(stale, &row);
    row_release(&row);
}

#define P(pid, services)                                                                \
    "{\"type\":\"process\",\"pid\":" pid ",\"start\":\"2026-11-24T17:32:03.1234567Z\"," \
    "\"name\":\"p" pid "\",\"access\":\"full\",\"services\":" services "}"
#define M(pid, kind, path, device_path)                                                 \
    "{\"type\":\"map\",\"pid\":" pid ",\"size\":1,\"kind\":\"" kind "\",\"path\":" path \
    ",\"device_path\":" device_path "}"
#define END "{\"type\":\"end\",\"processes\":1,\"rows\":1,\"errors\":0,\"complete\":true}"
#define SERVICES "[\"Dhcp\",\"EventLog\"]"

/* Decides, and appends "pid:reason " for each row. */
static void decide(struct test *t, const char *const *lines, struct fake *fake, char *out,
                   size_t size, uint64_t *unchecked)
{
    const struct stale_calls calls = {fake, read_pending, look, list_users, is_running};
    struct stale stale;
    struct row row;

    stale_init(&stale, &calls);
    for (size_t i = 0; lines[i] != NULL; i++)
        add(t, &stale, lines[i]);
    add(t, &stale, END);
    CHECK(t, !stale.failed);
    row_init(&row);
    out[0] = '\0';
    while (stale_next(&stale, &row)) {
        struct span reason = row_text(&row, MEMBER_REASON);
        size_t used = strlen(out);
        (void)snprintf(out + used, size - used, "%u:%.*s ",
                       (unsigned)row_number(&row, MEMBER_PID, 0), (int)reason.size, reason.data);
    }
    *unchecked = stale.unchecked;
    row_release(&row);
    stale_release(&stale);
}

static void each_case_has_its_reason(struct test *t)
{
    static const struct {
        const char *name;
        const char *lines[5];
        struct fake fake;
        const char *expected;
        unsigned looks, questions, unchecked;
    } rows[] = {
        /* (a) names that updates give */
        {"installer",
         {P("8", "[]"), M("8", "image", "\"C:\\\\Config.Msi\\\\1a2b.rbf\"", "null"), NULL},
         {NULL, STALE_PRESENT, CHANGED_LATER, "8", 0, 0, 0},
         "8:moved_aside ",
         0,
         0,
         0},
        {"installer, other case, device path only",
         {P("8", "[]"),
          M("8", "data", "null", "\"\\\\Device\\\\HarddiskVolume3\\\\CONFIG.MSI\\\\x.RBF\""), NULL},
         {NULL, STALE_UNKNOWN, 0, NULL, 0, 0, 0},
         "8:moved_aside ",
         0,
         0,
         0},
        {"pending delete of servicing",
         {P("8", "[]"),
          M("8", "image", "\"C:\\\\Windows\\\\WinSxS\\\\Temp\\\\PendingDeletes\\\\a.dll\"", "null"),
          NULL},
         {NULL, STALE_PRESENT, 0, "8", 0, 0, 0},
         "8:moved_aside ",
         0,
         0,
         0},
        {"pending rename of servicing",
         {P("8", "[]"),
          M("8", "image", "\"C:\\\\Windows\\\\WinSxS\\\\Temp\\\\PendingRenames\\\\a.dll\"", "null"),
          NULL},
         {NULL, STALE_PRESENT, 0, "8", 0, 0, 0},
         "8:moved_aside ",
         0,
         0,
         0},
        {"delete me",
         {P("8", "[]"), M("8", "image", "\"C:\\\\Windows\\\\$$DeleteMe.a.dll.01da.0001\"", "null"),
          NULL},
         {NULL, STALE_PRESENT, 0, "8", 0, 0, 0},
         "8:moved_aside ",
         0,
         0,
         0},
        {"deleted while open",
         {P("8", "[]"), M("8", "data", "\"D:\\\\$Extend\\\\$Deleted\\\\0012AB\"", "null"), NULL},
         {NULL, STALE_UNKNOWN, 0, NULL, 0, 0, 0},
         "8:moved_aside ",
         0,
         0,
         0},
        {"only like it",
         {P("8", "[]"), M("8", "data", "\"C:\\\\Config.Msi.old\\\\a.rbf\"", "null"),
          M("8", "data", "\"C:\\\\Temp\\\\PendingDeletes\\\\a\"", "null"),
          M("8", "data", "\"C:\\\\a$$DeleteMe.b\"", "null"), NULL},
         {NULL, STALE_PRESENT, CHANGED_BEFORE, "", 0, 0, 0},
         "",
         3,
         0,
         0},
        /* (b) PendingFileRenameOperations */
        {"to be deleted",
         {P("8", "[]"), M("8", "image", "\"C:\\\\App\\\\a.dll\"", "null"), NULL},
         {"\\??\\C:\\App\\A.DLL||", STALE_PRESENT, CHANGED_BEFORE, "8", 0, 0, 0},
         "8:pending ",
         0,
         0,
         0},
        {"to be replaced",
         {P("8", "[]"), M("8", "image", "\"C:\\\\App\\\\a.dll\"", "null"), NULL},
         {"\\??\\C:\\b||\\??\\C:\\Temp\\new.tmp|!\\??\\C:\\App\\a.dll|", STALE_PRESENT,
          CHANGED_BEFORE, "8", 0, 0, 0},
         "8:pending ",
         0,
         0,
         0},
        {"with a prefix, others before and after it",
         {P("8", "[]"), M("8", "image", "\"C:\\\\App\\\\a.dll\"", "null"), NULL},
         {"*1\\??\\C:\\z||*1\\??\\C:\\App\\a.dll||*1\\??\\C:\\App\\a|", STALE_PRESENT,
          CHANGED_BEFORE, "8", 0, 0, 0},
         "8:pending ",
         0,
         0,
         0},
        {"after the end of the list",
         {P("8", "[]"), M("8", "image", "\"C:\\\\App\\\\a.dll\"", "null"), NULL},
         {"\\??\\C:\\b|||\\??\\C:\\App\\a.dll||", STALE_PRESENT, CHANGED_BEFORE, "8", 0, 0, 0},
         "",
         1,
         0,
         0},
        {"another file of the folder",
         {P("8", "[]"), M("8", "image", "\"C:\\\\App\\\\a.dll\"", "null"), NULL},
         {"\\??\\C:\\App\\b.dll||\\??\\C:\\App||", STALE_PRESENT, CHANGED_BEFORE, "8", 0, 0, 0},
         "",
         1,
         0,
         0},
        /* (c) */
        {"missing: removed, or it or its folder was renamed",
         {P("8", "[]"), M("8", "image", "\"C:\\\\a.dll\"", "null"), NULL},
         {NULL, STALE_ABSENT, 0, "", 0, 0, 0},
         "8:missing ",
         1,
         0,
         0},
        {"its path could not be written",
         {P("8", "[]"), "{\"type\":\"map\",\"pid\":8,\"size\":1,\"kind\":\"data\",\"path\":"
                        "\"C:\\\\a\\ufffd\",\"path_lossy\":true,\"device_path\":null}"},
         {NULL, STALE_ABSENT, 0, "", 0, 0, 0},
         "",
         0,
         0,
         1},
        {"may not be looked at",
         {P("8", "[]"), M("8", "image", "\"C:\\\\a.dll\"", "null"), NULL},
         {NULL, STALE_UNKNOWN, 0, "", 0, 0, 0},
         "",
         1,
         0,
         1},
        {"without a path",
         {P("8", "[]"), M("8", "image", "null", "\"\\\\Device\\\\X\\\\a.dll\""), NULL},
         {NULL, STALE_ABSENT, 0, "", 0, 0, 0},
         "",
         0,
         0,
         1},
        /* (d) */
        {"replaced",
         {P("8", "[]"), M("8", "image", "\"C:\\\\a.dll\"", "null"), NULL},
         {NULL, STALE_PRESENT, CHANGED_LATER, "4 12", 0, 0, 0},
         "8:replaced ",
         1,
         1,
         0},
        {"changed, and used by the process: attributes, or a hard link of the new file",
         {P("8", "[]"), M("8", "image", "\"C:\\\\a.dll\"", "null"), NULL},
         {NULL, STALE_PRESENT, CHANGED_LATER, "4 8 12", 0, 0, 0},
         "",
         1,
         1,
         0},
        {"used by some",
         {P("8", "[]"), M("8", "image", "\"C:\\\\a.dll\"", "null"), P("12", SERVICES),
          M("12", "image", "\"c:\\\\A.dll\"", "null"), NULL},
         {NULL, STALE_PRESENT, CHANGED_LATER, "8", 0, 0, 0},
         "12:replaced ",
         1,
         1,
         0},
        {"changed before the process started: restored with old times, not found",
         {P("8", "[]"), M("8", "image", "\"C:\\\\a.dll\"", "null"), NULL},
         {NULL, STALE_PRESENT, CHANGED_BEFORE, "4", 0, 0, 0},
         "",
         1,
         0,
         0},
        {"Windows does not say",
         {P("8", "[]"), M("8", "image", "\"C:\\\\a.dll\"", "null"), NULL},
         {NULL, STALE_PRESENT, CHANGED_LATER, NULL, 0, 0, 0},
         "",
         1,
         1,
         1},
        {"ended meanwhile",
         {P("8", "[]"), M("8", "image", "\"C:\\\\a.dll\"", "null"), NULL},
         {NULL, STALE_PRESENT, CHANGED_LATER, "4", 8, 0, 0},
         "",
         1,
         1,
         0},
        /* the rest */
        {"one row for a file, however often it is mapped",
         {P("8", "[]"), M("8", "image", "\"C:\\\\a.dll\"", "null"),
          M("8", "data", "\"C:\\\\A.DLL\"", "null"), NULL},
         {NULL, STALE_ABSENT, 0, "", 0, 0, 0},
         "8:missing ",
         1,
         0,
         0},
        {"drivers and memory without a file are left out",
         {P("4", "[]"), M("4", "driver", "\"C:\\\\a.sys\"", "null"),
          M("4", "pagefile", "null", "null"), NULL},
         {NULL, STALE_ABSENT, 0, "", 0, 0, 0},
         "",
         0,
         0,
         0},
        {"in the order of processes",
         {P("12", "[]"), M("12", "data", "\"C:\\\\z\"", "null"), P("8", "[]"),
          M("8", "data", "\"C:\\\\a\"", "null"), NULL},
         {NULL, STALE_ABSENT, 0, "", 0, 0, 0},
         "12:missing 8:missing ",
         2,
         0,
         0},
        {"nothing", {NULL}, {NULL, STALE_ABSENT, 0, "", 0, 0, 0}, "", 0, 0, 0},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fake fake = rows[i].fake;
        char found[256];
        uint64_t unchecked;
        TEST_ROW(t, "%s", rows[i].name);
        decide(t, rows[i].lines, &fake, found, sizeof found, &unchecked);
        CHECK_STR(t, rows[i].expected, found);
        CHECK_INT(t, rows[i].looks, fake.looks);
        CHECK_INT(t, rows[i].questions, fake.questions);
        CHECK_INT(t, rows[i].unchecked, unchecked);
    }
}

/* The kernel is asked about so many files; the others are counted. */
static void questions_are_bounded(struct test *t)
{
    struct fake fake = {NULL, STALE_PRESENT, CHANGED_LATER, "", 0, 0, 0};
    const struct stale_calls calls = {&fake, read_pending, look, list_users, is_running};
    struct stale stale;
    struct row row;
    char line[256];
    unsigned found = 0;

    stale_init(&stale, &calls);
    add(t, &stale, P("8", "[]"));
    for (unsigned i = 0; i < STALE_QUESTIONS_MAX + 10; i++) {
        (void)snprintf(line, sizeof line, M("8", "data", "\"C:\\\\f%u\"", "null"), i);
        add(t, &stale, line);
    }
    add(t, &stale, END);
    row_init(&row);
    while (stale_next(&stale, &row))
        found++;
    CHECK_INT(t, STALE_QUESTIONS_MAX, found);
    CHECK_INT(t, STALE_QUESTIONS_MAX, fake.questions);
    CHECK_INT(t, 10, stale.unchecked);
    row_release(&row);
    stale_release(&stale);
}

static void a_row_has_what_is_needed(struct test *t)
{
    static const char expected[] =
        "{\"type\":\"stale\",\"pid\":8,\"start\":\"2026-11-24T17:32:03.1234567Z\","
        "\"process\":\"p8\",\"services\":" SERVICES ",\"path\":\"C:\\\\a\\\"\",\"reason\":"
        "\"missing\"}\n";
    struct fake fake = {NULL, STALE_ABSENT, 0, "", 0, 0, 0};
    const struct stale_calls calls = {&fake, read_pending, look, list_users, is_running};
    struct stale stale;
    struct buffer out;
    struct row row;

    stale_init(&stale, &calls);
    add(t, &stale, P("8", SERVICES));
    add(t, &stale, M("8", "data", "\"C:\\\\a\\\"\"", "null"));
    add(t, &stale, END);
    row_init(&row);
    buffer_init(&out, 1024);
    REQUIRE(t, stale_next(&stale, &row));
    CHECK(t, row_write(&row, &out));
    CHECK_MEM(t, expected, strlen(expected), out.data, out.size);
    CHECK(t, !stale_next(&stale, &row));
    buffer_release(&out);
    row_release(&row);
    stale_release(&stale);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(each_case_has_its_reason),
        TEST_CASE(questions_are_bounded),
        TEST_CASE(a_row_has_what_is_needed),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
