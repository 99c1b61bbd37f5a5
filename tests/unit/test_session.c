#include "tests/rows/default_limits.h"
#include "tests/test.h"

#include "service/session.h"

#include <stdlib.h>

#include "tests/unit/session_shell.h"

static void session_is_small(struct test *t)
{
    CHECK(t, sizeof(struct session) < 1024);
}

static void session_identifies_after_each_read(struct test *t)
{
    struct shell *shell = shell_open();

    CHECK_INT(t, SESSION_READ, session_next(&shell->session));
    send(shell, "{"); /* it is not known yet who writes */
    CHECK_INT(t, 1, shell->identified_count);
    send_only(shell, "\"id\":1,\"op\":\"whoami\"}");
    CHECK_INT(t, SESSION_IDENTIFY, session_next(&shell->session));
    CHECK(t, session_known_caller(&shell->session) != NULL); /* the facts are not read again */
    CHECK(t, act(shell));
    CHECK_INT(t, SESSION_READ, session_next(&shell->session));
    send(shell, "\n");
    CHECK_INT(t, 3, shell->identified_count);
    CHECK(t, contains(written(shell), "\"sid\":\"S-1-5-21-1-2-3-100\""));
    send(shell, "{\"id\":2,\"op\":\"whoami\"}\n{\"op\":\"info\"}\n"); /* one read */
    CHECK_INT(t, 4, shell->identified_count);
    CHECK_INT(t, 3, read_all(t, shell).terminals);
    shell_close(t, shell);
}

/* A program that may see everything is given the pipe of one that may not, as its stdout. */
static void session_ends_when_another_program_writes(struct test *t)
{
    static const struct {
        const char *first, *second; /* what each of the two writes */
        const char *differs;
    } rows[] = {
        {"{\"op\":\"processes\",\"all\":true}", "\n", "user"},
        {"{\"op\":\"processes\",\"all\":true}", "\n", "logon"},
        {"{\"op\":\"processes\",\"all\":true}", "\n", "integrity"},
        {"{\"op\":\"processes\",\"all\":true}", "\n", "unknown"},
        {"{", "\"op\":\"processes\",\"all\":true}\n", "user"},
        {"{\"op\":\"info\"}\n", "{\"op\":\"processes\",\"all\":true}\n", "user"},
        {"{\"op\":\"info\"}\n", "a line of its log\n", "user"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shell *shell = shell_open();
        struct caller other;

        TEST_ROW(t, "row %zu, %s", i, rows[i].differs);
        shell->caller.logon_id = 5;
        send(shell, rows[i].first);
        CHECK_INT(t, SESSION_READ, session_next(&shell->session));
        other = shell->caller;
        if (rows[i].differs[0] == 'l')
            other.logon_id = 6;
        else if (rows[i].differs[0] == 'i')
            other.integrity = 0x4000;
        else if (rows[i].differs[0] == 'u' && rows[i].differs[1] == 's')
            other.user = sid_system;
        else
            shell->has_caller = false;
        shell->caller = other;
        shell->written_size = 0;
        send(shell, rows[i].second);
        struct sums sums = read_all(t, shell);
        CHECK_INT(t, 1, sums.lines);
        CHECK(t, span_equal(sums.last.code, SPAN("denied")));
        CHECK(t, contains(written(shell), "Another program than before"));
        CHECK_INT(t, CONN_REFUSED, shell->session.conn.close_reason);
        CHECK_INT(t, 0, shell->machine.virtual_.calls_total);
        session_on_deadline(&shell->session, session_deadline_ms(&shell->session));
        CHECK_INT(t, SESSION_CLOSE, session_next(&shell->session));
        shell_close(t, shell);
    }
}

/* The bytes of two programs can come with one read, and only the last of the two is identified. */
static void session_reads_single_bytes_unless_the_opener_writes(struct test *t)
{
    static const struct {
        const char *name;
        uint64_t opener, writer; /* their logon sessions; 0: unknown */
        bool may_read_more;
    } rows[] = {
        {"the opener writes", 5, 5, true},      {"another writes", 5, 6, false},
        {"the opener is unknown", 0, 5, false}, {"the writer is unknown", 5, 0, false},
        {"both are unknown", 0, 0, false},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shell *shell = shell_open();
        struct caller opener = shell->caller;
        size_t capacity = 0;

        TEST_ROW(t, "%s", rows[i].name);
        opener.logon_id = rows[i].opener;
        if (rows[i].opener == 0)
            opener = caller_unknown;
        shell->caller.logon_id = rows[i].writer;
        shell->has_caller = rows[i].writer != 0;
        session_deinit(&shell->session);
        session_init(&shell->session, &shell->machine.context, &shell->limits, &opener,
                     shell->now_ms);
        REQUIRE(t, session_space(&shell->session, &capacity) != NULL);
        CHECK_INT(t, 1, capacity);
        send(shell, "{");
        CHECK_INT(t, 1, shell->identified_count);
        REQUIRE(t, session_space(&shell->session, &capacity) != NULL);
        CHECK_INT(t, rows[i].may_read_more, capacity > 1);
        send(shell, "\"op\":\"whoami\"}\n");
        CHECK_INT(t, 1, read_all(t, shell).terminals);
        CHECK_INT(t, rows[i].may_read_more ? 2 : sizeof "{\"op\":\"whoami\"}\n" - 1,
                  shell->identified_count);
        shell_close(t, shell);
    }
}

static void session_decides_anew_when_the_settings_change(struct test *t)
{
    static const char request[] = "{\"op\":\"whoami\"}\n";
    struct shell *shell = shell_open();

    send(shell, request);
    CHECK(t, contains(written(shell), "\"query_all\""));
    shell->caller.granted = RIGHT_CONNECT;
    shell->written_size = 0;
    send(shell, request); /* nobody knows yet */
    CHECK(t, contains(written(shell), "\"query_all\""));
    session_set_limits(&shell->session, &shell->limits);
    CHECK(t, session_known_caller(&shell->session) == NULL);
    shell->written_size = 0;
    send(shell, request);
    CHECK(t, !contains(written(shell), "\"query_all\""));
    CHECK(t, contains(written(shell), "\"connect\""));
    shell_close(t, shell);
}

/* Requests that came with one read are no way to keep rights. */
static void session_decides_anew_for_each_line_of_a_read(struct test *t)
{
    static const char *const firsts[] = {"{\"op\":\"info\"}\n", /* and one that scans */
                                         "{\"op\":\"processes\"}\n"};
    static const struct {
        const char *name;
        bool is_changed, is_another, is_unknown; /* between the two answers */
    } rows[] = {{"nothing changes", false, false, false},
                {"fewer rights", true, false, false},
                {"another program by now", true, true, false},
                {"not identified any more", true, false, true}};

    for (size_t i = 0; i < TEST_COUNT(rows) * TEST_COUNT(firsts); i++) {
        struct shell *shell = shell_open();
        const size_t row = i / TEST_COUNT(firsts);
        char lines[128];

        TEST_ROW(t, "%s, %zu", rows[row].name, i % TEST_COUNT(firsts));
        send(shell, "{\"op\":\"whoami\"}\n"); /* so that there is room for two lines */
        (void)snprintf(lines, sizeof lines, "%s{\"op\":\"whoami\"}\n",
                       firsts[i % TEST_COUNT(firsts)]);
        shell->identified_count = 0;
        send_only(shell, lines);
        act_until(shell, SESSION_WRITE);
        CHECK_INT(t, 1, shell->identified_count);
        CHECK(t, act(shell)); /* the answer of the first */
        CHECK_INT(t, SESSION_SERVE, session_next(&shell->session));
        shell->written_size = 0;
        shell->caller.granted = RIGHT_CONNECT;
        shell->caller.user = rows[row].is_another ? sid_system : shell->caller.user;
        shell->has_caller = !rows[row].is_unknown;
        if (rows[row].is_changed) {
            session_set_limits(&shell->session, &shell->limits);
            CHECK_INT(t, SESSION_IDENTIFY, session_next(&shell->session));
        }
        act_until(shell, SESSION_READ);
        CHECK_INT(t, rows[row].is_changed ? 2 : 1, shell->identified_count);
        CHECK_INT(t, 1, read_all(t, shell).terminals);
        CHECK_INT(t, !rows[row].is_changed, contains(written(shell), "\"query_all\""));
        CHECK_INT(t, row < 2, contains(written(shell), "\"connect\""));
        CHECK_INT(t, row >= 2, contains(written(shell), "\"denied\""));
        shell_close(t, shell);
    }
}

static void session_gives_the_unidentified_nothing(struct test *t)
{
    static const char *const ops[] = {"info", "whoami", "processes\",\"all\":true,\"id\":\"",
                                      "maps\",\"all\":true,\"id\":\""};

    for (size_t i = 0; i < TEST_COUNT(ops); i++) {
        struct shell *shell = shell_open();
        char request[96];

        TEST_ROW(t, "%s", ops[i]);
        shell->has_caller = false;
        (void)snprintf(request, sizeof request, "{\"op\":\"%s\"}\n", ops[i]);
        send(shell, request);
        struct sums sums = read_all(t, shell);
        CHECK_INT(t, 1, sums.lines);
        CHECK(t, span_equal(sums.last.code, SPAN("denied")));
        CHECK(t, contains(written(shell), "The identity of the client could not be determined."));
        CHECK_INT(t, 0, shell->machine.virtual_.calls_total);
        CHECK_INT(t, SESSION_READ, session_next(&shell->session)); /* and stays usable */
        shell_close(t, shell);
    }
}

static void session_gives_the_anonymous_the_cure(struct test *t)
{
    struct shell *shell = shell_open();

    shell->caller.level = CALLER_LEVEL_ANONYMOUS;
    send(shell, "{\"op\":\"info\"}\n");
    CHECK(t, contains(written(shell), "SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION"));
    CHECK_INT(t, 1, read_all(t, shell).lines);
    shell_close(t, shell);
}

/* A filtered administrator, from the token to the rows. */
static void session_serves_a_filtered_administrator_as_the_operator_says(struct test *t)
{
    static const struct {
        enum filtered_admins mode;
        const char *says[3];
    } rows[] = {
        {FILTERED_ADMINS_FULL,
         {"because FilteredAdmins is \\\"full\\\"", "\"scope\":\"all\"", "\"base\":\"0x"}},
        {FILTERED_ADMINS_NO_ADDRESSES,
         {"because FilteredAdmins is \\\"no-addresses\\\"", "\"scope\":\"all\"", "\"base\":null"}},
        {FILTERED_ADMINS_OFF,
         {"because FilteredAdmins is \\\"off\\\"", "\"scope\":\"own\"", "\"code\":\"denied\""}},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shell *shell = shell_open();

        TEST_ROW(t, "%s", filtered_admins_name(rows[i].mode));
        shell->filtered_admins = rows[i].mode;
        shell->caller.granted = RIGHT_CONNECT | RIGHT_QUERY_OWN;
        shell->caller.elevation = ELEVATION_LIMITED;
        shell->caller.linked = (struct caller_linked){
            .is_known = true, .is_same_user = true, .is_admin = true, .granted = RIGHTS_ALL};
        send(shell, "{\"op\":\"whoami\"}\n{\"op\":\"processes\",\"all\":true}\n"
                    "{\"op\":\"maps\",\"pid\":200}\n");
        for (size_t k = 0; k < TEST_COUNT(rows[i].says); k++)
            CHECK(t, contains(written(shell), rows[i].says[k]));
        shell_close(t, shell);
    }
}

static void session_goes_on_after_a_bad_request(struct test *t)
{
    struct shell *shell = shell_open();

    send(shell, "nonsense\n\n{\"id\":3,\"op\":\"info\"}\n");
    struct sums sums = read_all(t, shell);
    CHECK_INT(t, 4, sums.lines);
    CHECK_INT(t, 3, sums.terminals);
    CHECK(t, span_equal(sums.last.type, SPAN("end")));
    CHECK(t, span_equal(sums.last.id, SPAN("3")));
    shell_close(t, shell);
}

static void session_answers_pipelined_requests_in_order(struct test *t)
{
    enum { REQUESTS = 1000 };
    static char text[REQUESTS * 32];
    struct shell *shell = shell_open();
    size_t size = 0;
    int terminals = 0;

    for (int i = 0; i < REQUESTS; i++)
        size += (size_t)snprintf(text + size, 32, "{\"id\":%d,\"op\":\"whoami\"}\n", i);
    for (size_t i = 0; i < size && session_next(&shell->session) == SESSION_READ;) {
        size_t capacity = 0;
        char *space = session_space(&shell->session, &capacity);
        size_t part = size - i < capacity ? size - i : capacity;

        REQUIRE(t, space != NULL);
        memcpy(space, text + i, part);
        session_on_read(&shell->session, part, shell->now_ms);
        act_until(shell, SESSION_READ);
        i += part;
    }
    for (struct span rest = written(shell); rest.size > 0;) {
        struct reply_line line;
        char id[16];

        REQUIRE(t, reply_line_next(&rest, &line));
        (void)snprintf(id, sizeof id, "%d", terminals);
        CHECK(t, span_equal(span_from_string(id), line.id));
        terminals += line.is_terminal;
    }
    CHECK_INT(t, REQUESTS, terminals);
    shell_close(t, shell);
}

static const char maps_all[] = "{\"id\":7,\"op\":\"maps\",\"all\":true}\n";

static void session_writes_a_long_answer_in_bounded_pieces(struct test *t)
{
    struct shell *shell = shell_open();

    send_only(shell, maps_all);
    for (int i = 0; i < 100000 && session_next(&shell->session) != SESSION_READ; i++) {
        CHECK(t, shell->session.conn.out.size < OUTPUT_SIZE + 1024);
        (void)act(shell);
    }
    struct sums sums = read_all(t, shell);
    CHECK(t, shell->written_size > OUTPUT_SIZE);
    CHECK(t, shell->writes_count > 1);
    /* three processes, one of them with its error, the views, the end */
    CHECK_INT(t, 3 + 1 + 3 + SMALL_MACHINE_VIEWS + 1, sums.lines);
    CHECK_INT(t, 1, sums.terminals);
    CHECK(t, span_equal(sums.last.type, SPAN("end")));
    shell_close(t, shell);
}

/* A turn is bounded, so that a stop is heard and others get theirs. */
static void session_scans_in_bounded_turns(struct test *t)
{
    struct shell *shell = shell_open();
    uint64_t calls = 0;

    send_only(shell, "{\"op\":\"maps\",\"all\":true,\"path\":\"no such file\"}\n");
    while (session_next(&shell->session) != SESSION_READ) {
        uint64_t before = shell->machine.virtual_.calls_total;

        REQUIRE(t, act(shell));
        CHECK(t, shell->machine.virtual_.calls_total - before <= 8 * TURN_US);
        calls += shell->machine.virtual_.calls_total - before;
    }
    CHECK(t, calls >= SMALL_MACHINE_VIEWS);
    shell_close(t, shell);
}

/* Each request is reported once, when it has ended. */
static void session_reports_each_answer(struct test *t)
{
    static const struct {
        const char *line;
        uint32_t granted;
        enum statistics_result result;
        uint64_t denials;
    } rows[] = {
        {"{\"op\":\"info\"}\n", RIGHTS_ALL, RESULT_OK, 0},
        {"{\"op\":\"whoami\"}\n", 0, RESULT_DENIED, 1},
        {"{\"op\":\"maps\",\"pid\":200}\n", RIGHT_QUERY_OWN, RESULT_PARTIAL, 1},
        {"nonsense\n", RIGHTS_ALL, RESULT_INVALID, 0},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shell *shell = shell_open();

        TEST_ROW(t, "%s", rows[i].line);
        shell->caller.granted = rows[i].granted;
        send_only(shell, rows[i].line);
        CHECK(t, session_take_ended(&shell->session) == NULL);
        act_until(shell, SESSION_READ);
        const struct statistics_answer *ended = session_take_ended(&shell->session);
        REQUIRE(t, ended != NULL);
        CHECK_INT(t, rows[i].result, ended->result);
        CHECK_INT(t, rows[i].denials, ended->denials);
        CHECK(t, session_take_ended(&shell->session) == NULL);
        shell_close(t, shell);
    }
}

static void session_holds_nothing_between_requests(struct test *t)
{
    struct shell *shell = shell_open();

    send(shell, maps_all);
    CHECK_INT(t, SESSION_READ, session_next(&shell->session));
    CHECK(t, shell->session.answer == NULL);
    CHECK_INT(t, 0, shell->session.conn.in.capacity);
    CHECK_INT(t, 0, shell->session.conn.out.capacity);
    CHECK_INT(t, 0, shell->machine.virtual_.open_count);
    shell_close(t, shell);
}

static const char stopping_line[] =
    "{\"type\":\"error\",\"code\":\"stopping\",\"message\":\"The server is stopping.\","
    "\"hint\":\"Connect again when it has started.\"}\n";

/* A fault is reported without identifying the client. */
static void session_reports_faults(struct test *t)
{
    static const struct {
        const char *name;
        const char *sent;
        uint64_t wait_ms;
        const char *line;
    } rows[] = {
        {"no first byte", "", DEFAULT_first_byte_ms,
         "{\"type\":\"error\",\"code\":\"timeout\","
         "\"message\":\"No request came within 5000 ms of connecting (limit first_byte_ms).\","
         "\"hint\":\"Send a request as soon as the pipe is open.\"}\n"},
        {"an unfinished request", "{", DEFAULT_request_ms,
         "{\"type\":\"error\",\"code\":\"timeout\","
         "\"message\":\"The request was not complete 5000 ms after its first byte (limit "
         "request_ms).\","
         "\"hint\":\"End each request with a newline and send it at once.\"}\n"},
        {"idle", "{\"op\":\"info\"}\n", DEFAULT_idle_ms,
         "{\"type\":\"error\",\"code\":\"timeout\","
         "\"message\":\"No request came for 300000 ms (limit idle_ms).\","
         "\"hint\":\"Connect again when there is something to ask.\"}\n"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shell *shell = shell_open();

        TEST_ROW(t, "%s", rows[i].name);
        send(shell, rows[i].sent);
        shell->identified_count = 0;
        shell->written_size = 0;
        shell->now_ms += rows[i].wait_ms;
        CHECK_INT(t, shell->now_ms, session_deadline_ms(&shell->session));
        session_on_deadline(&shell->session, shell->now_ms);
        act_until(shell, SESSION_READ);
        CHECK_WRITTEN(t, shell, rows[i].line);
        CHECK_INT(t, 0, shell->identified_count);
        shell->now_ms += CONN_DRAIN_TIMEOUT_MS;
        session_on_deadline(&shell->session, shell->now_ms);
        CHECK_INT(t, SESSION_CLOSE, session_next(&shell->session));
        shell_close(t, shell);
    }
}

static void session_reports_too_large(struct test *t)
{
    static char line[REQUEST_SIZE_MAX + 2];
    struct shell *shell = shell_open();

    memset(line, 'x', sizeof line - 1);
    send(shell, line);
    CHECK_WRITTEN(t, shell,
                  "{\"type\":\"error\",\"code\":\"too_large\","
                  "\"message\":\"The request is longer than 262144 bytes (limit request_size).\","
                  "\"hint\":\"Send each request as one line ended by a newline.\"}\n");
    shell_close(t, shell);
}

static void session_reports_a_refusal(struct test *t)
{
    static const struct {
        const char *name;
        const char *sent;
        enum session_action before;
    } rows[] = {
        {"before any request", "", SESSION_READ},
        {"instead of identifying", "{\"id\":1,\"op\":\"info\"}\n{\"op\":\"info\"}\n",
         SESSION_IDENTIFY},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shell *shell = shell_open();

        TEST_ROW(t, "%s", rows[i].name);
        send_only(shell, rows[i].sent);
        CHECK_INT(t, rows[i].before, session_next(&shell->session));
        session_refuse(&shell->session, STATUS_BUSY, "32 connections are open already.");
        act_until(shell, SESSION_READ);
        CHECK_WRITTEN(t, shell,
                      "{\"type\":\"error\",\"code\":\"busy\","
                      "\"message\":\"32 connections are open already.\","
                      "\"hint\":\"Try again later.\"}\n");
        CHECK_INT(t, (int)i, shell->identified_count);
        session_on_read(&shell->session, 0, shell->now_ms);
        CHECK_INT(t, SESSION_CLOSE, session_next(&shell->session));
        CHECK_INT(t, CONN_REFUSED, shell->session.conn.close_reason);
        shell_close(t, shell);
    }
}

static void session_stops_between_requests(struct test *t)
{
    static const char *const sent[] = {"", "{\"op\":", "{\"op\":\"info\"}\n",
                                       "{\"op\":\"info\"}\n{"};

    for (size_t i = 0; i < TEST_COUNT(sent); i++) {
        struct shell *shell = shell_open();

        TEST_ROW(t, "after \"%s\"", sent[i]);
        send(shell, sent[i]);
        shell->written_size = 0;
        session_stop(&shell->session, shell->now_ms);
        act_until(shell, SESSION_READ);
        CHECK_WRITTEN(t, shell, stopping_line);
        CHECK_INT(t, shell->now_ms + CONN_STOP_TIMEOUT_MS, session_deadline_ms(&shell->session));
        shell_close(t, shell);
    }
}

static void session_stops_before_the_client_is_identified(struct test *t)
{
    struct shell *shell = shell_open();

    send_only(shell, maps_all);
    session_stop(&shell->session, shell->now_ms);
    act_until(shell, SESSION_READ);
    struct sums sums = read_all(t, shell);
    CHECK_INT(t, 1, sums.lines);
    CHECK(t, span_equal(sums.last.code, SPAN("stopping")));
    CHECK(t, span_equal(sums.last.id, SPAN("7")));
    CHECK_INT(t, 2, shell->identified_count); /* before its line is parsed all the same */
    CHECK_INT(t, 0, shell->machine.virtual_.calls_total);
    shell_close(t, shell);
}

/* A line of another writer, the settings changed, and the server stops: the line ends with `stopping`. */
static void session_stops_whoever_writes(struct test *t)
{
    for (int is_known = 0; is_known <= 1; is_known++) {
        struct shell *shell = shell_open();

        TEST_ROW(t, "%s", is_known ? "another user" : "unknown");
        send(shell, "{\"op\":\"info\"}\n");
        (void)read_all(t, shell);
        shell->written_size = 0;
        send_only(shell, maps_all);
        session_set_limits(&shell->session, &shell->limits);
        session_stop(&shell->session, shell->now_ms);
        shell->caller.user = sid_system;
        shell->has_caller = is_known;
        act_until(shell, SESSION_READ);
        CHECK(t, span_equal(read_all(t, shell).last.code, SPAN("stopping")));
        CHECK_INT(t, 0, shell->machine.virtual_.calls_total);
        shell_close(t, shell);
    }
}

/* Wherever the stop comes, the lines are complete and the last one is `stopping`. */
static void session_stops_at_each_action_of_an_answer(struct test *t)
{
    bool is_over = false;

    for (int actions = 0; !is_over && actions < 1000; actions++) {
        struct shell *shell = shell_open();

        TEST_ROW(t, "after %d actions", actions);
        send_only(shell, maps_all);
        for (int i = 0; i < actions; i++)
            is_over = !act(shell);
        session_stop(&shell->session, shell->now_ms);
        act_until(shell, SESSION_READ);
        struct sums sums = read_all(t, shell);
        CHECK(t, span_equal(sums.last.code, SPAN("stopping")));
        CHECK_INT(t, is_over || sums.last.id.data == NULL ? 2 : 1, sums.terminals);
        CHECK_INT(t, 0, shell->machine.virtual_.open_count);
        shell_close(t, shell);
    }
    CHECK(t, is_over);
}

static void session_closes_the_process_when_the_client_is_lost(struct test *t)
{
    for (int stalled = 0; stalled <= 1; stalled++) {
        struct shell *shell = shell_open();

        TEST_ROW(t, "%s", stalled ? "stalled" : "gone");
        send_only(shell, maps_all);
        act_until(shell, SESSION_WRITE);
        CHECK_INT(t, 1, shell->machine.virtual_.open_count);
        if (stalled)
            session_on_deadline(&shell->session, shell->now_ms + DEFAULT_write_ms);
        else
            session_on_error(&shell->session);
        /* one that is stalled can still read what was sent */
        CHECK_INT(t, stalled ? SESSION_READ : SESSION_CLOSE, session_next(&shell->session));
        const struct statistics_answer *ended = session_take_ended(&shell->session);
        REQUIRE(t, ended != NULL);
        CHECK_INT(t, RESULT_CANCELLED, ended->result);
        CHECK_INT(t, 0, shell->machine.virtual_.open_count);
        CHECK(t, shell->session.answer == NULL);
        shell_close(t, shell);
    }
}

/* Memory runs out where an answer or a fault is written: no half line, no hang. */
static void session_closes_without_memory_to_answer(struct test *t)
{
    static const char *const sent[] = {"{\"op\":\"info\"}\n", "nonsense\n",
                                       "{\"op\":\"maps\",\"all\":true}\n"};

    for (size_t i = 0; i <= TEST_COUNT(sent); i++) {
        struct shell *shell = shell_open();

        TEST_ROW(t, "%s", i < TEST_COUNT(sent) ? sent[i] : "a fault");
        shell->session.conn.out.capacity_max = 16;
        if (i < TEST_COUNT(sent))
            send_only(shell, sent[i]);
        else
            session_stop(&shell->session, shell->now_ms);
        act_until(shell, SESSION_READ);
        CHECK_INT(t, SESSION_CLOSE, session_next(&shell->session));
        CHECK_INT(t, 0, shell->written_size);
        CHECK(t, shell->session.answer == NULL);
        shell_close(t, shell);
    }
}

static void session_closes_without_memory_to_read(struct test *t)
{
    struct shell *shell = shell_open();
    size_t capacity = 77;

    shell->session.conn.in.capacity_max = 16;
    CHECK(t, conn_space(&shell->session.conn, &capacity) == NULL);
    CHECK_INT(t, SESSION_CLOSE, session_next(&shell->session));
    CHECK_INT(t, CONN_NO_MEMORY, shell->session.conn.close_reason);
    shell_close(t, shell);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(session_is_small),
        TEST_CASE(session_identifies_after_each_read),
        TEST_CASE(session_ends_when_another_program_writes),
        TEST_CASE(session_reads_single_bytes_unless_the_opener_writes),
        TEST_CASE(session_decides_anew_when_the_settings_change),
        TEST_CASE(session_decides_anew_for_each_line_of_a_read),
        TEST_CASE(session_gives_the_unidentified_nothing),
        TEST_CASE(session_gives_the_anonymous_the_cure),
        TEST_CASE(session_serves_a_filtered_administrator_as_the_operator_says),
        TEST_CASE(session_goes_on_after_a_bad_request),
        TEST_CASE(session_answers_pipelined_requests_in_order),
        TEST_CASE(session_writes_a_long_answer_in_bounded_pieces),
        TEST_CASE(session_scans_in_bounded_turns),
        TEST_CASE(session_reports_each_answer),
        TEST_CASE(session_holds_nothing_between_requests),
        TEST_CASE(session_reports_faults),
        TEST_CASE(session_reports_too_large),
        TEST_CASE(session_reports_a_refusal),
        TEST_CASE(session_stops_between_requests),
        TEST_CASE(session_stops_before_the_client_is_identified),
        TEST_CASE(session_stops_whoever_writes),
        TEST_CASE(session_stops_at_each_action_of_an_answer),
        TEST_CASE(session_closes_the_process_when_the_client_is_lost),
        TEST_CASE(session_closes_without_memory_to_answer),
        TEST_CASE(session_closes_without_memory_to_read),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
