#include "client/watch.h"
#include "tests/unit/client_play.h"

static void replies_have_their_outcome(struct test *t)
{
    static const struct {
        const char *name;
        const char *reply;
        enum outcome outcome;
        const char *error; /* all of stderr */
    } rows[] = {
        {"complete", GOOD, OUTCOME_COMPLETE, ""},
        {"a process failed", PROCESS("1") PROCESS_ERROR("1") END("1", "1", "2", "1", "false"),
         OUTCOME_INCOMPLETE, "lsmap: 1 process could not be read: No: a (7)\n"},
        {"nothing", END("1", "0", "0", "0", "true"), OUTCOME_NOTHING, ""},
        {"denied", ERROR("\"id\":1,", "denied"), OUTCOME_DENIED, "lsmap: m (denied): h\n"},
        {"busy, of the connection", ERROR("", "busy"), OUTCOME_BUSY, "lsmap: m (busy): h\n"},
        {"stopping", ERROR("\"id\":1,", "stopping"), OUTCOME_NO_SERVICE,
         "lsmap: m (stopping): h\n"},
        {"timeout after rows", PROCESS("1") ERROR("\"id\":1,", "timeout"), OUTCOME_BUSY,
         "lsmap: m (timeout): h\nlsmap: the output is incomplete\n"},
        {"a code of a later server", ERROR("\"id\":1,", "later"), OUTCOME_BROKEN,
         "lsmap: m (later): h\n"},
        {"unknown rows count too",
         "{\"id\":1,\"type\":\"later\"}\n" END("1", "0", "1", "0", "true"), OUTCOME_NOTHING, ""},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        for (size_t step = 0; step < 3; step++) { /* at once, and byte by byte */
            struct play play;
            TEST_ROW(t, "%s, step %zu", rows[i].name, step);
            play_begin(&play, rows[i].reply);
            play.script.step = step;
            CHECK_INT(t, rows[i].outcome, play_run(&play));
            play_check(t, rows[i].error, &play.printed.error);
            play_check(t, "{\"id\":1,\"op\":\"maps\",\"all\":true}\n", &play.script.sent);
            play_end(&play);
        }
    }
}

static void json_is_passed_as_it_came(struct test *t)
{
    static const char reply[] =
        PROCESS("1") "{ \"id\" : 1, \"type\":\"\\u006dap\",\"pid\":7,"
                     "\"size\":1,\"new\":[1e3] }\r\n" END("1", "1", "2", "0", "true");
    static const size_t steps[] = {0, 1, 7};

    for (size_t i = 0; i < TEST_COUNT(steps); i++) {
        struct play play;
        play_begin(&play, reply);
        play.script.step = steps[i];
        play.options.format = FORMAT_JSON;
        CHECK_INT(t, OUTCOME_COMPLETE, play_run(&play));
        play_check(t, reply, &play.printed.out);
        CHECK_INT(t, 1, play.printed.writes); /* not to a console: one large piece */
        play_end(&play);
    }
}

static void a_table_is_printed(struct test *t)
{
    struct play play;

    play_begin(&play, GOOD);
    CHECK_INT(t, OUTCOME_COMPLETE, play_run(&play));
    play_check(t,
               "  ADDRESS          SIZE  KIND      PROT  PATH\n"
               "a (7)  access full\n"
               "  -                  4K  -         -     C:\\x\n"
               "\n1 mapping, 4K, in 1 process\n",
               &play.printed.out);
    play_end(&play);
    play_begin(&play, GOOD);
    play.options.quiet = true;
    play.width = 80;
    play.script.step = 1; /* a person sees each row as it comes */
    CHECK_INT(t, OUTCOME_COMPLETE, play_run(&play));
    CHECK_INT(t, 2, play.printed.writes);
    play_end(&play);
}

/* The request as it goes over the wire: what is asked, without looking at the struct. */
static void each_command_has_its_request(struct test *t)
{
    static const struct {
        struct options options;
        const char *line;
    } rows[] = {
        {{.command = COMMAND_INFO, .request.all = true}, "{\"id\":1,\"op\":\"info\"}\n"},
        {{.command = COMMAND_WHOAMI, .request.all = true}, "{\"id\":1,\"op\":\"whoami\"}\n"},
        {{.command = COMMAND_STATS, .request.all = true}, "{\"id\":1,\"op\":\"stats\"}\n"},
        {{.command = COMMAND_PS, .request.all = true},
         "{\"id\":1,\"op\":\"processes\",\"all\":true}\n"},
        {{.command = COMMAND_PS, .request.pids = {7}, .request.pids_count = 1},
         "{\"id\":1,\"op\":\"processes\",\"pid\":7}\n"},
        {{.command = COMMAND_MAPS, .request.all = true, .request.own = true},
         "{\"id\":1,\"op\":\"maps\",\"all\":true,\"own\":true}\n"},
        {{.command = COMMAND_MAPS, .request.pids = {12, 4}, .request.pids_count = 2},
         "{\"id\":1,\"op\":\"maps\",\"pid\":[12,4]}\n"},
        {{.command = COMMAND_MAPS, .request.names = {{"a*", 2}}, .request.names_count = 1},
         "{\"id\":1,\"op\":\"maps\",\"name\":\"a*\"}\n"},
        {{.command = COMMAND_MAPS,
          .request.pids = {12, 4},
          .request.pids_count = 2,
          .request.names = {{"a*", 2}, {"\xC3\xA9.exe", 6}},
          .request.names_count = 2},
         "{\"id\":1,\"op\":\"maps\",\"pid\":[12,4],\"name\":[\"a*\",\"\xC3\xA9.exe\"]}\n"},
        {{.command = COMMAND_MAPS, .request.all = true, .request.kinds = KIND_DATA},
         "{\"id\":1,\"op\":\"maps\",\"all\":true,\"kinds\":[\"data\"]}\n"},
        {{.command = COMMAND_MAPS,
          .request.all = true,
          .paths = {{"C:\\a\"b", 6}},
          .paths_count = 1},
         "{\"id\":1,\"op\":\"maps\",\"all\":true,\"path\":\"C:\\\\a\\\"b\"}\n"},
        {{.command = COMMAND_MAPS,
          .request.pids = {7},
          .request.pids_count = 1,
          .request.has_address = true,
          .request.address = 0x1000},
         "{\"id\":1,\"op\":\"maps\",\"pid\":7,\"address\":\"0x0000000000001000\"}\n"},
        {{.command = COMMAND_MAPS, .request.all = true, .request.detail = DETAIL_REGIONS},
         "{\"id\":1,\"op\":\"maps\",\"all\":true,\"detail\":\"regions\"}\n"},
        {{.command = COMMAND_MAPS,
          .request.all = true,
          .request.detail = DETAIL_PAGES,
          .request.debug = true},
         "{\"id\":1,\"op\":\"maps\",\"all\":true,\"detail\":\"pages\",\"debug\":true}\n"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play play;
        TEST_ROW(t, "row %zu", i);
        play_begin(&play, "");
        play.options = rows[i].options;
        CHECK_INT(t, OUTCOME_BROKEN, play_run(&play));
        play_check(t, rows[i].line, &play.script.sent);
        play_end(&play);
    }
}

static void the_longest_request_fits_a_line(struct test *t)
{
    static char path[REQUEST_PATH_LEN_MAX];
    struct play play;

    memset(path, '\x01', sizeof path); /* six bytes each when escaped */
    play_begin(&play, END("1", "0", "0", "0", "true"));
    play.options.request.all = false;
    play.options.paths[0] = (struct span){path, sizeof path};
    play.options.paths_count = 1;
    play.options.request.pids_count = REQUEST_PIDS_MAX;
    for (size_t i = 0; i < REQUEST_PIDS_MAX; i++)
        play.options.request.pids[i] = UINT32_MAX - (uint32_t)i;
    CHECK_INT(t, OUTCOME_NOTHING, play_run(&play));
    CHECK(t, play.script.sent.size > 6 * sizeof path + 10 * REQUEST_PIDS_MAX);
    CHECK(t, play.script.sent.size <= REQUEST_SIZE_MAX);
    play_end(&play);
}

#define DENIED(pid, name)                                                    \
    "{\"id\":1,\"type\":\"process_error\",\"pid\":" pid ",\"process\":" name \
    ",\"code\":\"denied\",\"stage\":\"select\",\"nt_status\":null,\"message\":\"No.\"}\n"
#define END_OWN(processes, rows, unmatched)                                 \
    "{\"id\":1,\"type\":\"end\",\"processes\":" processes ",\"rows\":" rows \
    ",\"errors\":0,\"complete\":true,\"scope\":\"own\",\"unmatched\":" unmatched "}\n"

/* Pids and names that matched nothing: 7 when all of them, 3 when all were denied, else 1. */
static void unmatched_selectors_are_reported(struct test *t)
{
    static const struct {
        const char *reply;
        enum outcome outcome;
        const char *error;
    } rows[] = {
        {PROCESS("1") UNMATCHED("1", "4711", "null") END_UNMATCHED("1", "1", "2", "1"),
         OUTCOME_INCOMPLETE, "lsmap: no process has pid 4711 (lsmap ps shows them)\n"},
        {UNMATCHED("1", "4711", "null") END_UNMATCHED("1", "0", "1", "1"), OUTCOME_NOTHING,
         "lsmap: no process has pid 4711 (lsmap ps shows them)\n"},
        {UNMATCHED("1", "null", "\"foo*\"") END_UNMATCHED("1", "0", "1", "1"), OUTCOME_NOTHING,
         "lsmap: no process is named \"foo*\""},
        {DENIED("4711", "null") END_OWN("0", "1", "1"), OUTCOME_DENIED,
         "lsmap: no process of yours has pid 4711"},
        {PROCESS("1") DENIED("4711", "null") END_OWN("1", "2", "1"), OUTCOME_INCOMPLETE,
         "lsmap: no process of yours has pid 4711"},
        /* not read is worse than not found */
        {PROCESS_ERROR("1")
             UNMATCHED("1", "4711", "null") "{\"id\":1,\"type\":\"end\",\"processes\":0,\"rows\":2,"
                                            "\"errors\":1,\"complete\":false,"
                                            "\"unmatched\":1}\n",
         OUTCOME_INCOMPLETE, "lsmap: no process has pid 4711"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        for (int quiet = 0; quiet < 2; quiet++) {
            struct play play;
            TEST_ROW(t, "row %zu, quiet %d", i, quiet);
            play_begin(&play, rows[i].reply);
            play.options.request.all = false;
            play.options.request.pids_count = 2;
            play.options.quiet = quiet != 0;
            CHECK_INT(t, rows[i].outcome, play_run(&play));
            CHECK_INT(t, !quiet,
                      span_starts_with(buffer_span(&play.printed.error),
                                       span_from_string(rows[i].error)));
            CHECK(t, !quiet || play.printed.error.size == 0);
            play_end(&play);
        }
    }
}

/* A list that was asked for without --own, but covers one user only. */
static void a_restricted_list_is_reported(struct test *t)
{
    static const struct {
        struct options options;
        enum outcome outcome;
    } rows[] = {
        {{.command = COMMAND_PS, .request.all = true}, OUTCOME_INCOMPLETE},
        {{.command = COMMAND_PS, .request.all = true, .request.own = true}, OUTCOME_COMPLETE},
        {{.command = COMMAND_PS, .request.names = {{"a", 1}}, .request.names_count = 1},
         OUTCOME_INCOMPLETE},
        {{.command = COMMAND_PS, .request.pids = {7}, .request.pids_count = 1}, OUTCOME_COMPLETE},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play play;
        TEST_ROW(t, "row %zu", i);
        play_begin(&play, PROCESS("1") END_OWN("1", "1", "0"));
        play.options = rows[i].options;
        CHECK_INT(t, rows[i].outcome, play_run(&play));
        CHECK_INT(t, rows[i].outcome == OUTCOME_COMPLETE, play.printed.error.size == 0);
        play_end(&play);
    }
}

/* What came before the connection broke is printed, also what an order kept back. */
static void a_broken_reply_prints_what_came(struct test *t)
{
    for (int sorted = 0; sorted < 2; sorted++) {
        struct play play;
        TEST_ROW(t, "sorted: %d", sorted);
        play_begin(&play, PROCESS("1") MAP("1"));
        play.options.format = FORMAT_JSON;
        play.options.sort = sorted ? ORDER_SIZE : ORDER_NONE;
        CHECK_INT(t, OUTCOME_BROKEN, play_run(&play));
        play_check(t, PROCESS("1") MAP("1"), &play.printed.out);
        play_check(t,
                   "lsmap: the server closed the connection before the end of its reply: try "
                   "again\nlsmap: the output is incomplete\n",
                   &play.printed.error);
        play_end(&play);
    }
}

/* A server at its limit is asked again as long as there is time; its refusal is not shown
 * before. */
static void a_busy_server_is_asked_again(struct test *t)
{
    static const struct {
        const char *name, *reply;
        int attempts;
        enum outcome outcome;
        const char *error, *out;
        size_t asked;
    } rows[] = {
        {"then it answers", ERROR("", "busy") ERROR("", "busy") GOOD, 9, OUTCOME_COMPLETE, "",
         PROCESS("1") MAP("1") END("1", "1", "2", "0", "true"), 3},
        {"to this request", ERROR("\"id\":1,", "busy") GOOD, 9, OUTCOME_COMPLETE, "",
         PROCESS("1") MAP("1") END("1", "1", "2", "0", "true"), 2},
        {"never", ERROR("", "busy") ERROR("", "busy") ERROR("", "busy"), 3, OUTCOME_BUSY,
         "lsmap: m (busy): h\n", ERROR("", "busy"), 3},
        {"after rows", PROCESS("1") ERROR("\"id\":1,", "busy") GOOD, 9, OUTCOME_BROKEN, NULL, NULL,
         1},
        {"another refusal", ERROR("", "stopping"), 9, OUTCOME_NO_SERVICE,
         "lsmap: m (stopping): h\n", ERROR("", "stopping"), 1},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play play;
        size_t asked = 0;
        TEST_ROW(t, "%s", rows[i].name);
        play_begin(&play, rows[i].reply);
        play.script.attempts = rows[i].attempts;
        play.script.by_line = true;
        play.options.format = FORMAT_JSON;
        enum outcome outcome = play_run(&play);
        if (rows[i].error != NULL) {
            CHECK_INT(t, rows[i].outcome, outcome);
            play_check(t, rows[i].error, &play.printed.error);
            play_check(t, rows[i].out, &play.printed.out);
        }
        for (size_t k = 0; k < play.script.sent.size; k++)
            asked += play.script.sent.data[k] == '\n';
        CHECK_INT(t, rows[i].asked, asked);
        play_end(&play);
    }
}

static void nothing_found_is_reported(struct test *t)
{
    static const struct {
        struct options options;
        const char *reply, *error;
        enum outcome outcome;
    } rows[] = {
        {{.command = COMMAND_MAPS, .request.all = true, .paths = {{"x.dll", 5}}, .paths_count = 1},
         END("1", "0", "0", "0", "true"),
         "lsmap: no process has a file mapped that matches \"x.dll\"\n",
         OUTCOME_NOTHING},
        {{.command = COMMAND_MAPS, .request.all = true, .paths = {{"x\x1b", 2}}, .paths_count = 1},
         PROCESS_ERROR("1") END("1", "0", "1", "1", "false"),
         "lsmap: no process has a file mapped that matches \"x\xEF\xBF\xBD\"; not all could be "
         "read\nlsmap: 1 process could not be read: No: a (7)\n",
         OUTCOME_INCOMPLETE},
        {{.command = COMMAND_MAPS,
          .request.pids = {7},
          .request.pids_count = 1,
          .request.has_address = true,
          .request.address = 0x1000},
         "{\"id\":1,\"type\":\"end\",\"processes\":0,\"rows\":0,\"errors\":0,\"complete\":true,"
         "\"scope\":\"own\"}\n",
         "lsmap: none of these processes has a file mapped at 0x1000; only your own processes were "
         "looked at\n",
         OUTCOME_NOTHING},
        {{.command = COMMAND_MAPS,
          .request.pids = {7, 8},
          .request.pids_count = 2,
          .paths = {{"b", 1}},
          .paths_count = 1}, /* of the one that exists */
         UNMATCHED("1", "8", "null") END_UNMATCHED("1", "0", "1", "1"),
         "lsmap: none of these processes has a file mapped that matches \"b\"\n"
         "lsmap: no process has pid 8 (lsmap ps shows them)\n",
         OUTCOME_NOTHING},
        {{.command = COMMAND_MAPS,
          .request.pids = {8},
          .request.pids_count = 1,
          .paths = {{"b", 1}},
          .paths_count = 1},
         UNMATCHED("1", "8", "null") END_UNMATCHED("1", "0", "1", "1"),
         "lsmap: no process has pid 8 (lsmap ps shows them)\n",
         OUTCOME_NOTHING},
        {{.command = COMMAND_MAPS,
          .request.all = true,
          .not_under = {{"C:", 2}},
          .not_under_count = 1},
         GOOD,
         "lsmap: nothing is mapped outside these folders\n",
         OUTCOME_NOTHING},
        {{.command = COMMAND_MAPS,
          .request.names = {{"a", 1}},
          .request.names_count = 1,
          .paths = {{"b", 1}},
          .paths_count = 1},
         END("1", "0", "0", "0", "true"),
         "lsmap: no process named \"a\" has a file mapped that matches \"b\"\n",
         OUTCOME_NOTHING},
        {{.command = COMMAND_PS,
          .request.names = {{"a", 1}},
          .request.names_count = 1,
          .quiet = true},
         END("1", "0", "0", "0", "true"),
         "",
         OUTCOME_NOTHING},
        {{.command = COMMAND_INFO, .request.all = true},
         "{\"id\":1,\"type\":\"info\",\"product\":\"lsmap\",\"protocol\":1}\n"
         "{\"id\":1,\"type\":\"end\",\"processes\":0,\"rows\":1,\"errors\":0,\"complete\":true}\n",
         "",
         OUTCOME_COMPLETE},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play play;
        TEST_ROW(t, "row %zu", i);
        play_begin(&play, rows[i].reply);
        play.options = rows[i].options;
        CHECK_INT(t, rows[i].outcome, play_run(&play));
        play_check(t, rows[i].error, &play.printed.error);
        play_end(&play);
    }
}

static void the_cost_is_reported_on_demand(struct test *t)
{
    struct play play;

    play_begin(&play,
               PROCESS("1") "{\"id\":1,\"type\":\"end\",\"processes\":1,\"rows\":1,\"errors\":0,"
                            "\"complete\":true,\"elapsed_us\":1234,\"queries\":{\"list\":1,"
                            "\"open\":57}}\n");
    play.options.request.debug = true;
    CHECK_INT(t, OUTCOME_COMPLETE, play_run(&play));
    play_check(t, "lsmap: 1,234 us, queries: list 1, open 57\n", &play.printed.error);
    play_end(&play);
    play_begin(&play, GOOD); /* an older server */
    play.options.request.debug = true;
    CHECK_INT(t, OUTCOME_COMPLETE, play_run(&play));
    play_check(t, "lsmap: 1,234 us, queries: not known\n", &play.printed.error);
    play_end(&play);
}

/* A reader that has enough ends the command without a message. */
static void a_closed_output_is_no_error(struct test *t)
{
    struct play play;

    for (size_t writes = 0; writes < 3; writes++) {
        play_begin(&play, GOOD);
        play.printed.writes_max = writes;
        play.width = 80;
        play.script.step = 1;
        CHECK_INT(t, OUTCOME_COMPLETE, play_run(&play));
        play_check(t, "", &play.printed.error);
        play_end(&play);
    }
}

/* A file of `diff`: some bytes, then a failure. */
struct broken_file {
    struct span text;
    bool fails;
    enum failure_kind kind;
};

static bool read_broken(void *context, size_t side, char *data, size_t capacity, size_t *size,
                        struct failure *failure)
{
    struct broken_file *file = (struct broken_file *)context + side;

    *size = file->text.size < capacity ? file->text.size : capacity;
    if (*size == 0 && file->fails)
        return failure_set(failure, file->kind, "the disk is gone");
    if (*size > 0)
        memcpy(data, file->text.data, *size);
    file->text = span_from(file->text, *size);
    return true;
}

/* A read that fails in the middle of a file is reported with the file; nothing is compared. */
static void a_broken_file_is_reported(struct test *t)
{
    for (size_t side = 0; side < 2; side++) {
        for (int begun = 0; begun < 2; begun++) {
            struct play play;
            struct broken_file files[2] = {{SPAN(GOOD), false, FAILURE_SYSTEM},
                                           {SPAN(GOOD), false, FAILURE_SYSTEM}};
            TEST_ROW(t, "side %zu, begun %d", side, begun);
            files[side].fails = true;
            files[side].kind = begun ? FAILURE_SYSTEM : FAILURE_FILE;
            files[side].text = begun ? SPAN(PROCESS("1") MAP("1")) : SPAN("");
            play_begin(&play, "");
            play.options.command = COMMAND_DIFF;
            play.options.files[0] = SPAN("old");
            play.options.files[1] = SPAN("new");
            const struct output output = {
                .context = &play.printed, .write = print_result, .complain = print_diagnostic};
            const struct run_settings settings = {.options = &play.options, .output = &output};
            CHECK_INT(t, begun ? OUTCOME_BROKEN : OUTCOME_USAGE,
                      run_diff(&settings, read_broken, files));
            play_check(
                t, side == 0 ? "lsmap: old: the disk is gone\n" : "lsmap: new: the disk is gone\n",
                &play.printed.error);
            play_check(t, "", &play.printed.out);
            play_end(&play);
        }
    }
}

/* What is read does not touch what is to be written. */
static void a_comparison_may_begin_with_a_mark(struct test *t)
{
    struct broken_file files[2] = {{SPAN(GOOD), false, FAILURE_SYSTEM},
                                   {SPAN(GOOD), false, FAILURE_SYSTEM}};
    struct play play;

    play_begin(&play, "");
    play.options.command = COMMAND_DIFF;
    play.options.format = FORMAT_JSON;
    play.options.bom = true;
    const struct output output = {
        .context = &play.printed, .write = print_result, .complain = print_diagnostic};
    const struct run_settings settings = {.options = &play.options, .output = &output};
    CHECK_INT(t, OUTCOME_COMPLETE, run_diff(&settings, read_broken, files));
    CHECK(t,
          span_starts_with(buffer_span(&play.printed.out), SPAN("\xEF\xBB\xBF{\"type\":\"end\"")));
    play_end(&play);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(replies_have_their_outcome),
        TEST_CASE(json_is_passed_as_it_came),
        TEST_CASE(a_table_is_printed),
        TEST_CASE(each_command_has_its_request),
        TEST_CASE(the_longest_request_fits_a_line),
        TEST_CASE(unmatched_selectors_are_reported),
        TEST_CASE(a_restricted_list_is_reported),
        TEST_CASE(a_broken_reply_prints_what_came),
        TEST_CASE(a_busy_server_is_asked_again),
        TEST_CASE(nothing_found_is_reported),
        TEST_CASE(the_cost_is_reported_on_demand),
        TEST_CASE(a_closed_output_is_no_error),
        TEST_CASE(a_broken_file_is_reported),
        TEST_CASE(a_comparison_may_begin_with_a_mark),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
