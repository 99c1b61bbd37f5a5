#include "client/rows/diff.h"
#include "tests/unit/client_rows.h"
#include "tests/unit/row_lines.h"

struct heard {
    struct buffer out;
    size_t stop_at; /* rows */
    size_t rows;
};

static bool hear(void *context, struct row *row)
{
    struct heard *heard = context;

    return heard->rows++ != heard->stop_at && row_write(row, &heard->out);
}

/* Reads a file. Returns NULL, or why it cannot be compared. */
static const char *read_rows(struct snapshot *snapshot, const char *lines)
{
    if (lines[0] != '\0' && !snapshot_feed(snapshot, span_from_string(lines)))
        return snapshot->why;
    (void)snapshot_feed(snapshot, SPAN(""));
    return snapshot->why;
}

#define MAP_AT(base) M("1", "1", base, "1", "\"C:\\\\a\"")
#define PROCESS_OF(start) \
    "{\"type\":\"process\",\"pid\":1,\"start\":" start ",\"name\":\"a\",\"access\":\"full\"}\n"
#define ROWS(count) \
    "{\"type\":\"end\",\"processes\":1,\"rows\":" count ",\"errors\":0,\"complete\":true}\n"
#define UNMATCHED(pid, code) \
    "{\"type\":\"process_error\",\"pid\":" pid ",\"code\":\"" code "\",\"stage\":\"select\"}\n"
#define X "\"0x0000000000001000\""
#define Y "\"0x0000000000002000\""
#define Z "\"0x0000000000003000\""

/* Views of one file at some addresses: how many changes, and at which address. */
static void views_of_one_file_are_counted(struct test *t)
{
    static const struct {
        const char *before, *after;
        size_t changes;
        const char *part; /* of the output */
    } rows[] = {
        {PROCESS_OF("null") ROWS("1"), PROCESS_OF("null") MAP_AT(X) ROWS("2"), 1,
         "\"came\",\"pid\":1,\"start\":null,\"process\":\"a\",\"base\":" X},
        {PROCESS_OF("null") MAP_AT(X) ROWS("2"), PROCESS_OF("null") ROWS("1"), 1, "\"went\""},
        {PROCESS_OF("null") MAP_AT(X) ROWS("2"), PROCESS_OF("null") MAP_AT(Y) ROWS("2"), 0, NULL},
        {PROCESS_OF("null") MAP_AT(X) ROWS("2"), PROCESS_OF("null") MAP_AT(Y) MAP_AT(X) ROWS("3"),
         1, "\"base\":" Y},
        {PROCESS_OF("null") MAP_AT(Z) ROWS("2"),
         PROCESS_OF("null") MAP_AT(X) MAP_AT(Y) MAP_AT(Z) ROWS("4"), 2, "\"base\":" Y},
        {PROCESS_OF("null") MAP_AT(X) MAP_AT(Y) MAP_AT(Z) ROWS("4"),
         PROCESS_OF("null") MAP_AT(Y) ROWS("2"), 2, "\"base\":" Z},
        {PROCESS_OF("null") MAP_AT("null") ROWS("2"),
         PROCESS_OF("null") MAP_AT("null") MAP_AT("null") ROWS("3"), 1, "\"base\":null"},
        {PROCESS_OF("\"S\"") MAP_AT(X) ROWS("2"), PROCESS_OF("\"T\"") MAP_AT(X) ROWS("2"), 2,
         "\"went\",\"pid\":1,\"start\":\"S\",\"name\":\"a\",\"views\":1"},
        {PROCESS_OF("null") ROWS("1"), PROCESS_OF("null") ROWS("1"), 0, NULL},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        for (int swap = 0; swap < 2; swap++) { /* both ways the same number */
            struct snapshot *snapshots = calloc(2, sizeof *snapshots);
            struct heard heard = {.stop_at = SIZE_MAX};
            struct diff diff = {.on_row = hear, .context = &heard};
            REQUIRE(t, snapshots != NULL);
            TEST_ROW(t, "row %zu, %d", i, swap);
            buffer_init(&heard.out, ROW_LINE_SIZE_MAX);
            snapshot_init(&snapshots[0]);
            snapshot_init(&snapshots[1]);
            CHECK(t, read_rows(&snapshots[0], rows[i].before) == NULL);
            CHECK(t, read_rows(&snapshots[1], rows[i].after) == NULL);
            CHECK(t, diff_snapshots(&diff, &snapshots[swap], &snapshots[1 - swap]));
            CHECK_INT(t, rows[i].changes, diff.changes);
            REQUIRE(t, buffer_append(&heard.out, (struct span){"", 1}));
            if (swap == 0 && rows[i].part != NULL &&
                !CHECK(t, strstr(heard.out.data, rows[i].part) != NULL))
                printf("%s\n", heard.out.data);
            buffer_release(&heard.out);
            snapshot_release(&snapshots[0]);
            snapshot_release(&snapshots[1]);
            free(snapshots);
        }
    }
}

static void a_reader_may_stop_it(struct test *t)
{
    for (size_t stop = 0; stop < 3; stop++) {
        struct snapshot *snapshots = calloc(2, sizeof *snapshots);
        struct heard heard = {.stop_at = stop};
        struct diff diff = {.on_row = hear, .context = &heard};
        REQUIRE(t, snapshots != NULL);
        buffer_init(&heard.out, ROW_LINE_SIZE_MAX);
        snapshot_init(&snapshots[0]);
        snapshot_init(&snapshots[1]);
        CHECK(t, read_rows(&snapshots[0], PROCESS_OF("\"S\"") ROWS("1")) == NULL);
        CHECK(t, read_rows(&snapshots[1], PROCESS_OF("\"T\"") ROWS("1")) == NULL);
        CHECK(t, !diff_snapshots(&diff, &snapshots[0], &snapshots[1]));
        CHECK_INT(t, stop + 1, heard.rows);
        buffer_release(&heard.out);
        snapshot_release(&snapshots[0]);
        snapshot_release(&snapshots[1]);
        free(snapshots);
    }
}

static void what_cannot_be_compared(struct test *t)
{
    static const struct {
        const char *rows, *why; /* NULL: it can */
    } rows[] = {
        {"", "there are no rows"},
        {PROCESS_OF("null"), "it is cut off"},
        {PROCESS_OF("null") ROWS("2"), "rows are missing"},
        {PROCESS_OF("null") ROWS("0"), "rows are missing"},
        {ROWS("0"), NULL},
        {ROWS("0") PROCESS_OF("null"), "it is cut off"},
        {PROCESS_OF("null") ROWS("0") ROWS("1"), NULL}, /* sorted: all ends at the end */
        {MAP_AT(X) ROWS("1"), NULL},                    /* its process was not listed */
        {E("1", "7") ROWS("1"), NULL},
        {R("1", "7") "{\"type\":\"later\"}\n" ROWS("2"), NULL},
        {ERROR("1"), "the request failed"},
        {"{\"type\":\"file\"}\n", "files cannot be compared"},
        {"{\"type\":\"map_change\"}\n", "this is the output of diff"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct snapshot *snapshot = calloc(1, sizeof *snapshot);
        REQUIRE(t, snapshot != NULL);
        TEST_ROW(t, "row %zu", i);
        snapshot_init(snapshot);
        const char *why = read_rows(snapshot, rows[i].rows);
        CHECK_INT(t, rows[i].why == NULL, why == NULL);
        if (rows[i].why != NULL && why != NULL)
            CHECK(t, strncmp(rows[i].why, why, strlen(rows[i].why)) == 0);
        snapshot_release(snapshot);
        free(snapshot);
    }
}

/* A pid or name that matched nothing is no process that could not be read; denied, it may be one. */
static void unmatched_selectors_are_no_processes(struct test *t)
{
    static const struct {
        const char *before; /* the first file */
        uint64_t changes, not_compared;
    } rows[] = {
        {UNMATCHED("1", "no_such_process") ROWS("1"), 1, 0},
        {UNMATCHED("1", "denied") ROWS("1"), 0, 1},
        {UNMATCHED("null", "no_such_process") ROWS("1"), 1, 0},
        {UNMATCHED("null", "denied") ROWS("1"), 1, 0},
        {E("1", "1") ROWS("1"), 0, 1},
        /* all that a pid stood for */
        {PROCESS_OF("\"S\"") PROCESS_OF("\"T\"") E("1", "1") ROWS("3"), 0, 1},
        {PROCESS_OF("\"S\"") E("1", "1") PROCESS_OF("\"T\"") ROWS("3"), 0, 1},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct snapshot *snapshots = calloc(2, sizeof *snapshots);
        struct heard heard = {.stop_at = SIZE_MAX};
        struct diff diff = {.on_row = hear, .context = &heard};
        REQUIRE(t, snapshots != NULL);
        TEST_ROW(t, "row %zu", i);
        buffer_init(&heard.out, ROW_LINE_SIZE_MAX);
        snapshot_init(&snapshots[0]);
        snapshot_init(&snapshots[1]);
        CHECK(t, read_rows(&snapshots[0], rows[i].before) == NULL);
        CHECK(t, read_rows(&snapshots[1], PROCESS_OF("null") ROWS("1")) == NULL);
        CHECK(t, diff_snapshots(&diff, &snapshots[0], &snapshots[1]));
        CHECK_INT(t, rows[i].changes, diff.changes);
        CHECK_INT(t, rows[i].not_compared, diff.not_compared);
        buffer_release(&heard.out);
        snapshot_release(&snapshots[0]);
        snapshot_release(&snapshots[1]);
        free(snapshots);
    }
}

static void bounds_are_reported(struct test *t)
{
    static struct snapshot snapshot;

    snapshot_init(&snapshot);
    CHECK(t, snapshot_feed(&snapshot, SPAN(PROCESS_OF("null"))));
    snapshot.store.count = STORE_VIEWS_MAX;
    CHECK(t, !snapshot_feed(&snapshot, SPAN(MAP_AT(X))));
    CHECK(t, strstr(snapshot.why, "more than a million mappings") == snapshot.why);
    CHECK_INT(t, 2, snapshot.line);
    snapshot.store.count = 0;
    snapshot.processes.capacity_max = snapshot.processes.size;
    snapshot.processes.capacity = snapshot.processes.size;
    snapshot.why = NULL;
    CHECK(t, !snapshot_feed(&snapshot, SPAN(PROCESS_OF("null"))));
    CHECK(t, strstr(snapshot.why, "too many processes") != NULL);
    CHECK_INT(t, 1, snapshot.processes_count);
    snapshot_release(&snapshot);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(views_of_one_file_are_counted), TEST_CASE(a_reader_may_stop_it),
        TEST_CASE(what_cannot_be_compared),       TEST_CASE(unmatched_selectors_are_no_processes),
        TEST_CASE(bounds_are_reported),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
