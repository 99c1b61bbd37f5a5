/* What the walk finds and what the file system says, put together. */
#include <string.h>

#include "client/spelling.h"
#include "common/scan/nt_status.h"
#include "tests/test.h"

static struct asked_list list;

static struct span span(const char *text)
{
    return span_from_string(text);
}

static void glob_is(struct test *t, size_t index, const char *expected)
{
    REQUIRE(t, index < list.globs_count);
    CHECK_MEM(t, expected, strlen(expected), list.globs[index].data, list.globs[index].size);
}

static size_t globs_of(size_t item)
{
    size_t count = 0;

    for (size_t i = 0; i < list.globs_count; i++)
        count += list.owners[i] == item;
    return count;
}

static void folders_are_everything_below_them(struct test *t)
{
    asked_init(&list);
    (void)asked_add(&list, ASKED_FOLDER, span("C:\\Demo"));
    asked_add_glob(&list, span("C:\\Demo"));
    asked_add_glob(&list, span("c:\\DEMO")); /* the same */
    (void)asked_add(&list, ASKED_FOLDER, span("D:\\"));
    asked_add_glob(&list, span("D:\\"));
    (void)asked_add(&list, ASKED_FILE, span("C:\\Demo\\a"));
    asked_add_glob(&list, span("C:\\Demo\\a"));
    CHECK_INT(t, 3, list.globs_count);
    glob_is(t, 0, "C:\\Demo\\*");
    glob_is(t, 1, "D:\\*");
    glob_is(t, 2, "C:\\Demo\\a");
    CHECK_INT(t, 1, globs_of(0));
    CHECK(t, !list.failed && list.dropped == 0);
    asked_release(&list);
}

/* A request takes 64 names, and 256 KiB. */
static void names_beyond_a_request_are_counted(struct test *t)
{
    static char longest[3 * REQUEST_PATH_LEN_MAX];
    char name[16];

    asked_init(&list);
    (void)asked_add(&list, ASKED_FILE, span("C:\\a"));
    for (int i = 0; i < REQUEST_PATHS_MAX + 3; i++) {
        (void)snprintf(name, sizeof name, "C:\\%d", i);
        asked_add_glob(&list, span(name));
    }
    CHECK_INT(t, REQUEST_PATHS_MAX, list.globs_count);
    CHECK_INT(t, 3, list.dropped);
    asked_release(&list);

    for (size_t i = 0; i < sizeof longest; i += 3)
        memcpy(longest + i, "\xE6\x97\xA5", 3);
    asked_init(&list);
    for (size_t i = 0; i < 2; i++) {
        (void)asked_add(&list, ASKED_PATTERN, (struct span){longest, sizeof longest});
        asked_add_glob(&list, (struct span){longest, sizeof longest});
    }
    CHECK_INT(t, 1, list.globs_count); /* the longest one fits, but no second */
    CHECK_INT(t, 1, list.dropped);
    CHECK(t, !list.failed);
    asked_release(&list);
}

/* Each file has its first name before any has its others; a lost link is counted, a lost spelling not. */
static void first_names_come_first(struct test *t)
{
    enum { FILES = 33 };
    char name[32];
    struct row row;
    struct request request;

    asked_init(&list);
    for (unsigned i = 0; i < FILES; i++) {
        (void)snprintf(name, sizeof name, "C:\\%u", i);
        asked_add(&list, ASKED_FILE, span(name))->users_status = NTSTATUS_OK;
        asked_add_glob(&list, span(name));
        asked_add_user(&list, i);
        (void)snprintf(name, sizeof name, "\\Device\\V\\%u", i);
        asked_keep_other(&list, span(name), false);
    }
    asked_keep_other(&list, span("C:\\32"), true); /* the same */
    asked_keep_other(&list, span("C:\\link"), true);
    asked_add_others(&list);
    CHECK_INT(t, REQUEST_PATHS_MAX, list.globs_count);
    glob_is(t, FILES - 1, "C:\\32");
    glob_is(t, FILES, "\\Device\\V\\0");
    CHECK_INT(t, 2, globs_of(0));
    CHECK_INT(t, 1, globs_of(FILES - 1));
    CHECK_INT(t, 1, list.dropped);
    CHECK(t, !list.failed);
    row_init(&row);
    for (unsigned i = 0; i < FILES; i++) { /* each has its own file mapped, but for one */
        row_begin(&row, ROW_MAP);
        row_set_number(&row, MEMBER_PID, i);
        (void)snprintf(name, sizeof name, "C:\\%u", i == 2 ? 3 : i);
        row_set_text(&row, MEMBER_PATH, i == 0 ? span("\\Device\\V\\0") : span(name));
        who_add(&list, &row);
    }
    request_init(&request, OP_MAPS);
    CHECK(t, who_request(&list, &request));
    CHECK_INT(t, 1, request.pids_count);
    CHECK_INT(t, 2, request.pids[0]);
    row_release(&row);
    asked_release(&list);
}

/* "exists" is said only of what is known to. */
static void existence_is_said_when_it_is_known(struct test *t)
{
    static const struct {
        enum asked_kind kind;
        const char *error, *line;
    } rows[] = {
        {ASKED_CLOSED, "Access denied.",
         "lsmap: C:\\x exists; no process has it mapped; open files were not looked at: Access "
         "denied.\n"},
        {ASKED_UNKNOWN, "The network is busy.",
         "lsmap: C:\\x could not be looked at; no process has it mapped; open files were not "
         "looked "
         "at: The network is busy.\n"},
        {ASKED_MISSING, "", "lsmap: C:\\x does not exist; no process has it mapped\n"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct buffer out;
        TEST_ROW(t, "row %zu", i);
        buffer_init(&out, 256);
        asked_init(&list);
        struct asked *item = asked_add(&list, rows[i].kind, span("C:\\x"));
        (void)snprintf(item->error, sizeof item->error, "%s", rows[i].error);
        who_report(&list, false, false, &out);
        CHECK_MEM(t, rows[i].line, strlen(rows[i].line), out.data != NULL ? out.data : "",
                  out.size);
        CHECK_INT(t, rows[i].kind != ASKED_MISSING, who_has_gap(&list, NTSTATUS_NOT_IMPLEMENTED));
        asked_release(&list);
        buffer_release(&out);
    }
}

static void make_row(struct row *row, enum row_type type, uint32_t pid, const char *path)
{
    row_begin(row, type);
    row_set_number(row, MEMBER_PID, pid);
    row_set_text(row, MEMBER_NAME, span("a"));
    row_set_text(row, MEMBER_PATH, span(path));
}

/* The process 7 uses a file or folder, as the file system says. */
static void the_walk_and_the_file_system_are_put_together(struct test *t)
{
    static const struct {
        const char *name;
        enum asked_kind kind;
        bool has_mapping; /* of `path` */
        const char *path;
        bool is_incomplete; /* its walk */
        bool is_asked, is_open, is_noted;
    } rows[] = {
        {"mapped", ASKED_FILE, true, "C:\\x", false, false, false, false},
        {"mapped, in another case", ASKED_FILE, true, "c:\\X", false, false, false, false},
        {"mapped, read in part", ASKED_FILE, true, "C:\\x", true, false, false, false},
        {"only open", ASKED_FILE, false, "", false, true, true, false},
        {"another file mapped", ASKED_FILE, true, "C:\\xy", false, true, true, false},
        {"not read", ASKED_FILE, false, "", true, true, true, true},
        {"a folder is open, a file below it mapped", ASKED_FOLDER, true, "C:\\x\\y", false, true,
         true, false},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct request request;
        struct row row, open;
        TEST_ROW(t, "%s", rows[i].name);
        asked_init(&list);
        row_init(&row);
        row_init(&open);
        request_init(&request, OP_MAPS);
        asked_add(&list, rows[i].kind, span("C:\\x"))->users_status = NTSTATUS_OK;
        asked_add_glob(&list, span("C:\\x"));
        asked_add_user(&list, 7);
        if (rows[i].has_mapping) {
            make_row(&row, ROW_MAP, 8, "C:\\x"); /* of another process */
            who_add(&list, &row);
            make_row(&row, ROW_MAP, 7, rows[i].path);
            who_add(&list, &row);
        }
        make_row(&row, ROW_PROCESS_ERROR, rows[i].is_incomplete ? 7 : 8, "");
        who_add(&list, &row);
        CHECK_INT(t, rows[i].is_asked, who_request(&list, &request));
        CHECK_INT(t, rows[i].is_asked ? 1 : 0, request.pids_count);
        make_row(&row, ROW_PROCESS, 8, "");
        CHECK(t, !who_open(&list, &row, &open));
        make_row(&row, ROW_PROCESS, 7, "");
        CHECK_INT(t, rows[i].is_open, who_open(&list, &row, &open));
        if (rows[i].is_open) {
            struct span path = row_text(&open, MEMBER_PATH);
            CHECK_INT(t, ROW_OPEN, open.type);
            CHECK_MEM(t, "C:\\x", 4, path.data, path.size);
        }
        CHECK_INT(t, rows[i].is_noted, list.notes.size > 0);
        CHECK(t, !who_open(&list, &row, &open)); /* once */
        asked_release(&list);
        row_release(&row);
        row_release(&open);
    }
}

static void the_second_request_has_each_process_once(struct test *t)
{
    struct request request;

    asked_init(&list);
    request_init(&request, OP_MAPS);
    request.own = true;
    for (uint32_t item = 0; item < 2; item++) {
        (void)asked_add(&list, ASKED_FILE, span("C:\\x"));
        for (uint32_t pid = 1; pid <= REQUEST_PIDS_MAX + 2; pid++)
            asked_add_user(&list, pid);
    }
    CHECK(t, who_request(&list, &request));
    CHECK_INT(t, OP_PROCESSES, request.op);
    CHECK(t, request.own && !request.all);
    CHECK_INT(t, REQUEST_PIDS_MAX, request.pids_count);
    CHECK_INT(t, 4, list.dropped);
    asked_release(&list);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(folders_are_everything_below_them),
        TEST_CASE(names_beyond_a_request_are_counted),
        TEST_CASE(first_names_come_first),
        TEST_CASE(existence_is_said_when_it_is_known),
        TEST_CASE(the_walk_and_the_file_system_are_put_together),
        TEST_CASE(the_second_request_has_each_process_once),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
