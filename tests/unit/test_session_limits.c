#include "tests/rows/default_limits.h"
#include "tests/unit/session_shell.h"

static const char maps_all[] = "{\"id\":7,\"op\":\"maps\",\"all\":true}\n";

static uint64_t limit_hits(struct shell *shell, enum statistics_limit limit)
{
    static uint64_t values[STATISTICS_COUNT];

    statistics_read(&shell->statistics, 0, values);
    return values[(int)STATISTICS_LIMIT_HITS + (int)limit];
}

/* Serves and writes until a scan waits for a turn. */
static void act_until_scan(struct shell *shell)
{
    shell->no_turns = true;
    act_until(shell, SESSION_SCAN);
}

static void give_no_name(const struct caller *caller, char *name)
{
    (void)caller;
    name[0] = '\0';
}

static void session_scans_in_turns_only(struct test *t)
{
    static const struct {
        const char *name;
        const char *sent;
        uint32_t rights;
        bool scans;
    } rows[] = {
        {"info", "{\"op\":\"info\"}\n", RIGHTS_ALL, false},
        {"whoami", "{\"op\":\"whoami\"}\n", RIGHTS_ALL, true},
        {"stats", "{\"op\":\"stats\"}\n", RIGHTS_ALL, false},
        {"nonsense", "nonsense\n", RIGHTS_ALL, false},
        {"denied", "{\"op\":\"maps\",\"all\":true}\n", RIGHT_CONNECT, false},
        {"maps", "{\"op\":\"maps\",\"all\":true}\n", RIGHTS_ALL, true},
        {"maps of one", "{\"op\":\"maps\",\"pid\":100}\n", RIGHTS_ALL, true},
        {"processes", "{\"op\":\"processes\",\"all\":true}\n", RIGHTS_ALL, true},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shell *shell = shell_open();

        TEST_ROW(t, "%s", rows[i].name);
        shell->caller.granted = rows[i].rights;
        shell->no_turns = true;
        shell->session.context.user_name = give_no_name; /* as the service, it may take long */
        send(shell, rows[i].sent);
        CHECK_INT(t, rows[i].scans ? SESSION_SCAN : SESSION_READ, session_next(&shell->session));
        CHECK_INT(t, 0, shell->machine.virtual_.calls_total);
        CHECK(t, rows[i].scans ? shell->written_size == 0 : shell->written_size > 0);
        shell->no_turns = false;
        act_until(shell, SESSION_READ);
        CHECK_INT(t, 1, read_all(t, shell).terminals);
        CHECK_INT(t, SESSION_READ, session_next(&shell->session));
        CHECK_INT(t, rows[i].scans, shell->turns_count > 0);
        shell_close(t, shell);
    }
}

/* The answer is the same however short its turns are, and needs no turn to be written. */
static void session_waits_for_another_turn(struct test *t)
{
    struct shell *shell = shell_open();
    int turns = 0;

    send_only(shell, maps_all);
    for (int i = 0; i < 100000 && session_next(&shell->session) != SESSION_READ; i++) {
        if (session_next(&shell->session) != SESSION_SCAN) {
            CHECK(t, act(shell));
            continue;
        }
        if (!session_scan(&shell->session, NULL, shell->machine.clock_us + (uint64_t)(i % 3)))
            abort();
        session_on_served(&shell->session, shell->now_ms);
        turns++;
    }
    CHECK(t, !session_is_scanning(&shell->session));
    struct sums sums = read_all(t, shell);
    CHECK_INT(t, 3 + 1 + 3 + SMALL_MACHINE_VIEWS + 1, sums.lines);
    CHECK(t, span_equal(sums.last.type, SPAN("end")));
    CHECK(t, turns > 100);
    CHECK_INT(t, CONN_OPEN, shell->session.conn.close_reason);
    shell_close(t, shell);
}

static void session_is_busy_without_a_turn_in_time(struct test *t)
{
    struct shell *shell = shell_open();

    send_only(shell, maps_all);
    act_until_scan(shell);
    uint64_t deadline_ms = session_deadline_ms(&shell->session);
    CHECK_INT(t, shell->now_ms + DEFAULT_scan_wait_ms, deadline_ms);
    session_on_deadline(&shell->session, deadline_ms - 1);
    CHECK_INT(t, SESSION_SCAN, session_next(&shell->session));
    shell->now_ms = deadline_ms;
    session_on_deadline(&shell->session, deadline_ms);
    act_until(shell, SESSION_READ);
    CHECK_WRITTEN(
        t, shell,
        "{\"id\":7,\"type\":\"error\",\"code\":\"busy\",\"message\":\"This scan did not get its "
        "first turn within 5000 ms (limit scan_wait_ms); 1 scans run at once (limit scans).\","
        "\"hint\":\"Try again later.\"}\n");
    CHECK_INT(t, 0, shell->machine.virtual_.calls_total);
    shell->written_size = 0;
    send(shell, "{\"op\":\"info\"}\n"); /* and the connection stays */
    CHECK_INT(t, 2, read_all(t, shell).lines);
    shell_close(t, shell);
}

/* An answer that has begun is not given up as soon, but it is. */
static void session_gives_up_a_begun_answer_without_a_turn(struct test *t)
{
    struct shell *shell = shell_open();

    send_only(shell, maps_all);
    act_until(shell, SESSION_WRITE);
    CHECK_INT(t, 1, shell->machine.virtual_.open_count);
    act_until_scan(shell);
    uint64_t deadline_ms = session_deadline_ms(&shell->session);
    CHECK_INT(t, shell->now_ms + DEFAULT_answer_ms, deadline_ms);
    shell->now_ms = deadline_ms;
    session_on_deadline(&shell->session, deadline_ms);
    CHECK_INT(t, 0, shell->machine.virtual_.open_count);
    act_until(shell, SESSION_READ);
    struct sums sums = read_all(t, shell);
    CHECK_INT(t, 1, sums.terminals);
    CHECK(t, span_equal(sums.last.code, SPAN("timeout")));
    CHECK(t, contains(written(shell), "within 60000 ms (limit answer_ms)."));
    CHECK_INT(t, CONN_ANSWER_TIMEOUT, shell->session.conn.close_reason);
    CHECK_INT(t, 1, limit_hits(shell, LIMIT_ANSWER));
    shell_close(t, shell);
}

/* Takes 1000 bytes a second and asks at each deadline what to do, as the server does. Returns the
 * seconds until the answer holds nothing any more. */
static int trickle(struct test *t, struct shell *shell, size_t bytes)
{
    for (int seconds = 0; seconds < 1000; seconds++) {
        if (shell->machine.virtual_.open_count == 0)
            return seconds;
        shell->now_ms += 1000;
        act_until(shell, SESSION_WRITE);
        if (!CHECK(t, session_next(&shell->session) == SESSION_WRITE))
            return -1;
        if (shell->now_ms >= session_deadline_ms(&shell->session))
            CHECK(t, !session_check(&shell->session, 0, shell->now_ms));
        size_t size = conn_pending(&shell->session.conn).size;
        session_on_written(&shell->session, size < bytes ? size : bytes, shell->now_ms);
    }
    return -1;
}

static void session_ends_the_answer_of_a_slow_reader(struct test *t)
{
    struct shell *shell = shell_open();

    send_only(shell, maps_all);
    act_until(shell, SESSION_WRITE);
    uint64_t start_ms = shell->now_ms;
    int seconds = trickle(t, shell, 1000);
    CHECK_INT(t, DEFAULT_answer_ms / 1000, seconds);
    CHECK_INT(t, CONN_ANSWER_TIMEOUT, shell->session.conn.close_reason);
    CHECK_INT(t, 1, limit_hits(shell, LIMIT_ANSWER));
    /* The line that says so comes after what is being written, and has a deadline too. */
    shell->written_size = 0;
    CHECK(t, session_deadline_ms(&shell->session) <= shell->now_ms + DEFAULT_write_ms);
    act_until(shell, SESSION_READ);
    CHECK(t,
          contains(written(shell), "\"code\":\"timeout\",\"message\":\"The server waited for this "
                                   "answer's reader for 60000 ms (limit answer_ms).\""));
    CHECK(t, session_deadline_ms(&shell->session) <=
                 start_ms + DEFAULT_answer_ms + 1000 + CONN_DRAIN_TIMEOUT_MS);
    session_on_deadline(&shell->session, session_deadline_ms(&shell->session));
    CHECK_INT(t, SESSION_CLOSE, session_next(&shell->session));
    CHECK_INT(t, 1, limit_hits(shell, LIMIT_DRAIN));
    shell_close(t, shell);
}

/* However slowly it goes on, it is over in the time that the line has. */
static void session_cuts_a_slow_reader_for_good(struct test *t)
{
    struct shell *shell = shell_open();

    send_only(shell, maps_all);
    act_until(shell, SESSION_WRITE);
    CHECK(t, trickle(t, shell, 100) > 0);
    uint64_t aborted_ms = shell->now_ms;
    while (session_next(&shell->session) == SESSION_WRITE) {
        shell->now_ms += 1000;
        if (shell->now_ms >= session_deadline_ms(&shell->session) &&
            session_check(&shell->session, 0, shell->now_ms))
            session_on_deadline(&shell->session, shell->now_ms);
        else
            session_on_written(&shell->session, 1, shell->now_ms);
    }
    CHECK_INT(t, SESSION_CLOSE, session_next(&shell->session)); /* all time for it is over */
    CHECK(t, shell->now_ms <=
                 aborted_ms + CONN_ANSWER_WRITES * DEFAULT_write_ms + CONN_DRAIN_TIMEOUT_MS + 1000);
    shell_close(t, shell);
}

/* A pipe holds 64 KiB for a client that reads 1 KiB in a tenth of a second: the line is in it, after
 * much else, and must not be discarded. */
static void session_lets_a_slow_reader_read_the_line(struct test *t)
{
    enum { QUOTA = 64 * 1024, WRITE = 32 * 1024, READ = 1024, STEP_MS = 100 };
    static const char regions_all[] = "{\"op\":\"maps\",\"all\":true,\"detail\":\"regions\"}\n";
    struct shell *shell = shell_open();
    size_t in_pipe = 0, sent = 0;

    shell->limits.answer_ms = 1000;
    session_set_limits(&shell->session, &shell->limits);
    send_only(shell, regions_all);
    for (int step = 0; step < 10000 && session_next(&shell->session) != SESSION_CLOSE; step++) {
        shell->now_ms += STEP_MS;
        in_pipe -= in_pipe < READ ? in_pipe : READ;
        act_until(shell, SESSION_WRITE);
        bool is_overdue = shell->now_ms >= session_deadline_ms(&shell->session);
        if (session_next(&shell->session) == SESSION_READ) {
            if (in_pipe == 0)
                session_on_read(&shell->session, 0, shell->now_ms); /* it closes */
            else if (is_overdue && session_check(&shell->session, in_pipe, shell->now_ms))
                session_on_deadline(&shell->session, shell->now_ms);
            continue;
        }
        struct span pending = conn_pending(&shell->session.conn);
        size_t size = pending.size < WRITE ? pending.size : WRITE;
        if (is_overdue && session_check(&shell->session, 0, shell->now_ms))
            session_on_deadline(&shell->session, shell->now_ms);
        else if (in_pipe + size <= QUOTA) {
            memcpy(shell->written + sent, pending.data, size);
            sent += size;
            in_pipe += size;
            session_on_written(&shell->session, size, shell->now_ms);
        }
    }
    shell->written_size = sent - in_pipe; /* what the client got */
    REQUIRE(t, in_pipe == 0);
    CHECK_INT(t, CONN_ANSWER_TIMEOUT, shell->session.conn.close_reason);
    CHECK(t, sent > QUOTA);
    CHECK_INT(t, 1, read_all(t, shell).terminals);
    CHECK(t, contains(written(shell), "\"code\":\"timeout\""));
    shell_close(t, shell);
}

/* Time the scan takes, and time it waits for its turn, is not the reader's. */
static void session_counts_only_waiting_for_the_reader(struct test *t)
{
    struct shell *shell = shell_open();

    send_only(shell, maps_all);
    for (int i = 0; i < 100000 && session_next(&shell->session) != SESSION_READ; i++) {
        if (session_next(&shell->session) != SESSION_WRITE)
            shell->now_ms += DEFAULT_answer_ms / 2;
        REQUIRE(t, act(shell));
    }
    CHECK(t, span_equal(read_all(t, shell).last.type, SPAN("end")));
    CHECK_INT(t, 0, shell->session.reader_wait_ms);
    shell_close(t, shell);
}

static void session_closes_a_stalled_reader(struct test *t)
{
    struct shell *shell = shell_open();

    send_only(shell, maps_all);
    act_until(shell, SESSION_WRITE);
    shell->now_ms += DEFAULT_write_ms;
    CHECK_INT(t, shell->now_ms, session_deadline_ms(&shell->session));
    CHECK(t, !session_check(&shell->session, 0, shell->now_ms - 1));
    CHECK(t, session_check(&shell->session, 0, shell->now_ms));
    session_on_deadline(&shell->session, shell->now_ms);
    CHECK_INT(t, SESSION_READ, session_next(&shell->session)); /* what was sent can be read */
    CHECK_INT(t, 0, shell->machine.virtual_.open_count);
    shell->now_ms = session_deadline_ms(&shell->session);
    CHECK(t, session_check(&shell->session, SIZE_MAX, shell->now_ms));
    session_on_deadline(&shell->session, shell->now_ms);
    CHECK_INT(t, SESSION_CLOSE, session_next(&shell->session));
    CHECK_INT(t, 1, limit_hits(shell, LIMIT_WRITE));
    CHECK_INT(t, 0, limit_hits(shell, LIMIT_ANSWER));
    shell_close(t, shell);
}

static void session_stops_while_it_waits_for_a_turn(struct test *t)
{
    for (int is_begun = 0; is_begun <= 1; is_begun++) {
        struct shell *shell = shell_open();

        TEST_ROW(t, "%s", is_begun ? "begun" : "new");
        send_only(shell, maps_all);
        if (is_begun)
            act_until(shell, SESSION_WRITE);
        act_until_scan(shell);
        session_stop(&shell->session, shell->now_ms);
        CHECK_INT(t, SESSION_SERVE, session_next(&shell->session));
        CHECK_INT(t, 0, shell->machine.virtual_.open_count);
        act_until(shell, SESSION_READ);
        struct sums sums = read_all(t, shell);
        CHECK_INT(t, 1, sums.terminals);
        CHECK(t, span_equal(sums.last.code, SPAN("stopping")));
        shell_close(t, shell);
    }
}

/* When one query is slow, a stop waits for that one and not for more. */
static uint64_t slow_now_us(void *clock)
{
    uint64_t *clock_us = clock;

    return *clock_us += TURN_US;
}

static void session_returns_after_a_slow_step(struct test *t)
{
    struct shell *shell = shell_open();
    int turns = 0;

    shell->session.context.now_us = slow_now_us;
    send_only(shell, "{\"op\":\"processes\",\"all\":true}\n");
    while (session_next(&shell->session) != SESSION_WRITE && turns < 1000) {
        uint64_t calls = shell->machine.virtual_.calls_total;

        turns += session_next(&shell->session) == SESSION_SCAN;
        REQUIRE(t, act(shell));
        CHECK(t, shell->machine.virtual_.calls_total - calls <= 1);
    }
    CHECK(t, turns > SMALL_MACHINE_PROCESSES);
    shell_close(t, shell);
}

static void session_goes_by_the_operators_limits(struct test *t)
{
    struct shell *shell = shell_open();
    struct server_limits limits = shell->limits;

    limits.first_byte_ms = 111;
    limits.request_ms = 222;
    limits.idle_ms = 3333;
    limits.write_ms = 444;
    limits.connections = 5;
    session_deinit(&shell->session);
    session_init(&shell->session, &shell->machine.context, &limits, &shell->caller, shell->now_ms);
    CHECK_INT(t, shell->now_ms + 111, session_deadline_ms(&shell->session));
    send_only(shell, "{");
    CHECK_INT(t, shell->now_ms + 222, session_deadline_ms(&shell->session));
    send_only(shell, "\"op\":\"info\"}\n");
    act_until(shell, SESSION_WRITE);
    CHECK_INT(t, shell->now_ms + 444, session_deadline_ms(&shell->session));
    act_until(shell, SESSION_READ);
    CHECK(t, contains(written(shell), "\"connections\":5,"));
    CHECK(t, contains(written(shell), "\"write_ms\":444,"));
    CHECK_INT(t, shell->now_ms + 3333, session_deadline_ms(&shell->session));

    limits.write_ms = 555; /* from the next request on */
    limits.idle_ms = 6666;
    session_set_limits(&shell->session, &limits);
    send_only(shell, "{\"op\":\"info\"}\n");
    act_until(shell, SESSION_WRITE);
    CHECK_INT(t, shell->now_ms + 555, session_deadline_ms(&shell->session));
    shell->written_size = 0;
    act_until(shell, SESSION_READ);
    CHECK(t, contains(written(shell), "\"write_ms\":555,"));
    shell->now_ms += 6666;
    session_on_deadline(&shell->session, shell->now_ms);
    act_until(shell, SESSION_READ);
    CHECK(t, contains(written(shell), "No request came for 6666 ms (limit idle_ms)."));
    CHECK_INT(t, 1, limit_hits(shell, LIMIT_IDLE));
    shell_close(t, shell);
}

static void session_counts_limits_once(struct test *t)
{
    static char large[REQUEST_SIZE_MAX + 2];
    static const struct {
        const char *sent; /* NULL: a line that is too large */
        enum statistics_limit limit;
    } rows[] = {{"", LIMIT_FIRST_BYTE}, {"{", LIMIT_REQUEST}, {NULL, LIMIT_REQUEST_SIZE}};

    memset(large, 'x', sizeof large - 1);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shell *shell = shell_open();

        TEST_ROW(t, "%s", statistics_limit_names[rows[i].limit]);
        send(shell, rows[i].sent != NULL ? rows[i].sent : large);
        for (int k = 0; k < 4 && session_next(&shell->session) != SESSION_CLOSE; k++) {
            shell->now_ms = session_deadline_ms(&shell->session);
            session_on_deadline(&shell->session, shell->now_ms);
            act_until(shell, SESSION_READ);
        }
        CHECK_INT(t, SESSION_CLOSE, session_next(&shell->session));
        CHECK_INT(t, 1, limit_hits(shell, rows[i].limit));
        CHECK_INT(t, 1, limit_hits(shell, LIMIT_DRAIN));
        shell_close(t, shell);
    }
}

static void session_counts_bytes(struct test *t)
{
    static const char request[] = "{\"op\":\"info\"}\n";
    struct shell *shell = shell_open();
    uint64_t values[STATISTICS_COUNT];

    send(shell, request);
    statistics_read(&shell->statistics, 0, values);
    CHECK_INT(t, sizeof request - 1, values[STATISTICS_BYTES_RECEIVED]);
    CHECK_INT(t, shell->written_size, values[STATISTICS_BYTES_SENT]);
    shell_close(t, shell);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(session_scans_in_turns_only),
        TEST_CASE(session_waits_for_another_turn),
        TEST_CASE(session_is_busy_without_a_turn_in_time),
        TEST_CASE(session_gives_up_a_begun_answer_without_a_turn),
        TEST_CASE(session_ends_the_answer_of_a_slow_reader),
        TEST_CASE(session_cuts_a_slow_reader_for_good),
        TEST_CASE(session_lets_a_slow_reader_read_the_line),
        TEST_CASE(session_counts_only_waiting_for_the_reader),
        TEST_CASE(session_closes_a_stalled_reader),
        TEST_CASE(session_stops_while_it_waits_for_a_turn),
        TEST_CASE(session_returns_after_a_slow_step),
        TEST_CASE(session_goes_by_the_operators_limits),
        TEST_CASE(session_counts_limits_once),
        TEST_CASE(session_counts_bytes),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
