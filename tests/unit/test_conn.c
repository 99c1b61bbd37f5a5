#include "tests/test.h"

#include "service/conn.h"

#include <stdlib.h>

#include "tests/unit/conn_peer.h"

static void conn_frames_lines(struct test *t)
{
    static const struct {
        const char *name;
        const char *sent;
        const char *served;
    } rows[] = {
        {"nothing", "", ""},
        {"an unfinished line", "a", ""},
        {"an empty line", "\n", "[]"},
        {"an empty line with return", "\r\n", "[]"},
        {"one line", "abc\n", "[abc]"},
        {"one line with return", "abc\r\n", "[abc]"},
        {"only one return is dropped", "abc\r\r\n", "[abc\r]"},
        {"a return inside", "a\rb\n", "[a\rb]"},
        {"two lines", "ab\ncd\n", "[ab][cd]"},
        {"two lines and a half", "ab\ncd\nef", "[ab][cd]"},
        {"three empty lines", "\n\n\n", "[][][]"},
        {"byte order mark",
         "\xEF\xBB\xBF"
         "a\n",
         "[a]"},
        {"byte order mark alone", "\xEF\xBB\xBF\n", "[]"},
        {"byte order mark and return", "\xEF\xBB\xBF\r\n", "[]"},
        {"only one byte order mark", "\xEF\xBB\xBF\xEF\xBB\xBF\n", "[\xEF\xBB\xBF]"},
        {"half a byte order mark", "\xEF\xBB\n", "[\xEF\xBB]"},
        {"a third of a byte order mark", "\xEF\n", "[\xEF]"},
        {"byte order mark on the second line",
         "a\n\xEF\xBB\xBF"
         "b\n",
         "[a][\xEF\xBB\xBF"
         "b]"},
        {"byte order mark after an empty line",
         "\n\xEF\xBB\xBF"
         "b\n",
         "[][\xEF\xBB\xBF"
         "b]"},
        {"byte order mark inside", "a\xEF\xBB\xBF\n", "[a\xEF\xBB\xBF]"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        for (size_t piece = 1; piece <= strlen(rows[i].sent) + 1; piece++) {
            struct peer peer;

            TEST_ROW(t, "%s, pieces of %zu", rows[i].name, piece);
            peer_init(&peer);
            (void)feed(&peer, rows[i].sent, strlen(rows[i].sent), piece);
            CHECK_SERVED(t, &peer, rows[i].served);
            CHECK_INT(t, CONN_READ, peer.conn.action);
            CHECK_INT(t, CONN_OPEN, peer.conn.close_reason);
            conn_deinit(&peer.conn);
        }
    }
}

static void conn_joins_every_split_of_two_requests(struct test *t)
{
    static const char text[] = "\xEF\xBB\xBF{\"op\":\"info\"}\r\n{\"op\":\"whoami\"}\n";
    size_t size = sizeof text - 1;

    for (size_t first = 0; first <= size; first++) {
        for (size_t second = first; second <= size; second++) {
            struct peer peer;

            TEST_ROW(t, "cut at %zu and %zu", first, second);
            peer_init(&peer);
            (void)feed(&peer, text, first, SIZE_MAX);
            (void)feed(&peer, text + first, second - first, SIZE_MAX);
            (void)feed(&peer, text + second, size - second, SIZE_MAX);
            CHECK_SERVED(t, &peer, "[{\"op\":\"info\"}][{\"op\":\"whoami\"}]");
            CHECK_WRITTEN(t, &peer, "{\"op\":\"info\"}\n{\"op\":\"whoami\"}\n");
            conn_deinit(&peer.conn);
        }
    }
}

static void conn_serves_a_thousand_pipelined_requests_in_order(struct test *t)
{
    enum { REQUESTS = 1000, LINE_CAPACITY = 16 };
    static char text[REQUESTS * LINE_CAPACITY];
    static const size_t pieces[] = {1, 7, 512, SIZE_MAX};
    size_t size = 0;

    for (int i = 0; i < REQUESTS; i++)
        size += (size_t)snprintf(text + size, LINE_CAPACITY, "request %d\n", i);
    for (size_t p = 0; p < TEST_COUNT(pieces); p++) {
        struct peer peer;

        TEST_ROW(t, "pieces of %zu", pieces[p]);
        peer_init(&peer);
        CHECK_INT(t, size, feed(&peer, text, size, pieces[p]));
        CHECK_INT(t, REQUESTS, peer.served_count);
        CHECK_INT(t, size, peer.written_total); /* an echo */
        CHECK_MEM(t, text, sizeof peer.written, peer.written, peer.written_size);
        CHECK_INT(t, CONN_READ, peer.conn.action);
        conn_deinit(&peer.conn);
    }
}

static void conn_limits_the_line(struct test *t)
{
    static const struct {
        const char *name;
        size_t size; /* newline included */
        bool has_newline;
        bool has_mark;
        const char *served_as; /* NULL: as a request */
    } rows[] = {
        {"one below", REQUEST_SIZE_MAX - 1, true, false, NULL},
        {"the longest", REQUEST_SIZE_MAX, true, false, NULL},
        {"the longest after a byte order mark", REQUEST_SIZE_MAX, true, true, NULL},
        {"one above", REQUEST_SIZE_MAX + 1, true, false, "<too_large>"},
        {"as long without a newline", REQUEST_SIZE_MAX, false, false, "<too_large>"},
        {"one below without a newline", REQUEST_SIZE_MAX - 1, false, false, ""},
        {"far above", 10 * REQUEST_SIZE_MAX, true, false, "<too_large>"},
    };
    static const size_t pieces[] = {1, 511, 4096, SIZE_MAX};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char *line = malloc(rows[i].size);

        REQUIRE(t, line != NULL);
        memset(line, 'x', rows[i].size);
        if (rows[i].has_newline)
            line[rows[i].size - 1] = '\n';
        for (size_t p = 0; p < TEST_COUNT(pieces); p++) {
            struct peer peer;

            TEST_ROW(t, "%s, pieces of %zu", rows[i].name, pieces[p]);
            peer_init(&peer);
            if (rows[i].has_mark)
                feed_text(&peer, "\xEF\xBB\xBF");
            (void)feed(&peer, line, rows[i].size, pieces[p]);
            if (rows[i].served_as != NULL) {
                CHECK_SERVED(t, &peer, rows[i].served_as);
            } else {
                CHECK_INT(t, 1, peer.served_count);
                CHECK_INT(t, rows[i].size, peer.written_total);
                CHECK_INT(t, CONN_OPEN, peer.conn.close_reason);
            }
            conn_deinit(&peer.conn);
        }
        free(line);
    }
}

static void conn_drains_after_too_large_then_closes(struct test *t)
{
    static char flood[REQUEST_SIZE_MAX];
    struct peer peer;
    size_t sent = 0;

    memset(flood, 'x', sizeof flood);
    peer_init(&peer);
    CHECK_INT(t, sizeof flood, feed(&peer, flood, sizeof flood, SIZE_MAX));
    CHECK_SERVED(t, &peer, "<too_large>");
    CHECK_WRITTEN(t, &peer, "too_large\n");
    CHECK_INT(t, CONN_READ, peer.conn.action);
    CHECK_INT(t, CONN_TOO_LARGE, peer.conn.close_reason);
    CHECK_INT(t, peer.now_ms + CONN_DRAIN_TIMEOUT_MS, peer.conn.deadline_ms);

    for (int i = 0; i < 100 && peer.conn.action == CONN_READ; i++)
        sent += feed(&peer, flood, sizeof flood, SIZE_MAX);
    CHECK_INT(t, CONN_DRAIN_SIZE_MAX, sent);
    CHECK_INT(t, CONN_CLOSE, peer.conn.action);
    CHECK_INT(t, CONN_TOO_LARGE, peer.conn.close_reason);
    CHECK_INT(t, 1, peer.served_count); /* newlines in what is discarded are no requests */
    conn_deinit(&peer.conn);
}

static void conn_serves_nothing_after_the_last_line(struct test *t)
{
    struct peer peer;

    peer_init(&peer);
    conn_stop(&peer.conn, peer.now_ms);
    run(&peer);
    feed_text(&peer, "a\nb\n");
    CHECK_SERVED(t, &peer, "<stopping>");
    CHECK_INT(t, CONN_READ, peer.conn.action);
    close_by_peer(&peer);
    CHECK_INT(t, CONN_CLOSE, peer.conn.action);
    CHECK_INT(t, CONN_STOPPED, peer.conn.close_reason);
    conn_deinit(&peer.conn);
}

static void conn_closes_when_the_peer_closes(struct test *t)
{
    static const struct {
        const char *name;
        const char *sent;
        const char *served;
    } rows[] = {
        {"at once", "", ""},
        {"after a byte order mark", "\xEF\xBB\xBF", ""},
        {"within a request, silently", "{\"op\":", ""},
        {"between requests", "a\n", "[a]"},
        {"within the second request", "a\nb", "[a]"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct peer peer;

        TEST_ROW(t, "%s", rows[i].name);
        peer_init(&peer);
        feed_text(&peer, rows[i].sent);
        close_by_peer(&peer);
        CHECK_SERVED(t, &peer, rows[i].served);
        CHECK_INT(t, CONN_CLOSE, peer.conn.action);
        CHECK_INT(t, CONN_PEER_CLOSED, peer.conn.close_reason);
        CHECK(t, peer.conn.deadline_ms == UINT64_MAX);
        conn_deinit(&peer.conn);
    }
}

static void conn_writes_a_long_reply_in_many_cycles(struct test *t)
{
    enum { CYCLES = 20 };
    struct peer peer;
    size_t total = 0;
    int serves = 0;

    peer_init(&peer);
    read_only(&peer, "a\nb\n");
    while (peer.conn.action == CONN_SERVE && serves < CYCLES) {
        CHECK_MEM(t, "a", 1, conn_request(&peer.conn).data, conn_request(&peer.conn).size);
        fill_output(&peer);
        total += peer.conn.out.size;
        serves++;
        conn_on_served(&peer.conn, serves < CYCLES, peer.now_ms);
        CHECK_INT(t, CONN_WRITE, peer.conn.action);
        while (peer.conn.action == CONN_WRITE)
            take_written(&peer, 10007);
    }
    CHECK_INT(t, CYCLES, serves);
    CHECK_INT(t, total, peer.written_total);
    CHECK_INT(t, CONN_SERVE, peer.conn.action);
    CHECK_MEM(t, "b", 1, conn_request(&peer.conn).data, conn_request(&peer.conn).size);
    conn_deinit(&peer.conn);
}

static void conn_serves_on_until_the_output_is_full(struct test *t)
{
    struct peer peer;

    peer_init(&peer);
    read_only(&peer, "a\n");
    conn_on_served(&peer.conn, true, peer.now_ms); /* nothing yet */
    CHECK_INT(t, CONN_SERVE, peer.conn.action);
    put(&peer, "row\n");
    conn_on_served(&peer.conn, true, peer.now_ms);
    CHECK_INT(t, CONN_SERVE, peer.conn.action);
    put(&peer, "end\n");
    conn_on_served(&peer.conn, false, peer.now_ms);
    CHECK_INT(t, CONN_WRITE, peer.conn.action);
    run(&peer);
    CHECK_WRITTEN(t, &peer, "row\nend\n");
    conn_deinit(&peer.conn);
}

static void conn_goes_on_after_an_empty_answer(struct test *t)
{
    struct peer peer;

    peer_init(&peer);
    read_only(&peer, "a\nb\n");
    conn_on_served(&peer.conn, false, peer.now_ms);
    CHECK_INT(t, CONN_SERVE, peer.conn.action);
    CHECK_MEM(t, "b", 1, conn_request(&peer.conn).data, conn_request(&peer.conn).size);
    conn_deinit(&peer.conn);
}

static void conn_holds_little_memory_when_idle(struct test *t)
{
    static char line[REQUEST_SIZE_MAX];
    struct peer peer;
    size_t capacity = 0;

    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    peer_init(&peer);
    CHECK_INT(t, 0, peer.conn.in.capacity);
    CHECK(t, conn_space(&peer.conn, &capacity) != NULL);
    CHECK_INT(t, CONN_SPACE_SIZE, capacity);

    (void)feed(&peer, line, sizeof line - 1, SIZE_MAX);
    CHECK_INT(t, REQUEST_SIZE_MAX, peer.conn.in.capacity);
    (void)feed(&peer, "\n", 1, SIZE_MAX);
    CHECK_INT(t, CONN_READ, peer.conn.action);
    CHECK_INT(t, 0, peer.conn.in.capacity);
    CHECK_INT(t, 0, peer.conn.out.capacity);
    CHECK(t, conn_space(&peer.conn, &capacity) != NULL);
    CHECK_INT(t, CONN_SPACE_SIZE, capacity);
    conn_deinit(&peer.conn);
}

/* A long request holds no memory while it is answered; what follows it does. */
static void conn_frees_a_request_that_is_read(struct test *t)
{
    static char line[REQUEST_SIZE_MAX];

    memset(line, 'x', sizeof line);
    line[1000] = '\n';
    for (size_t rest = 0; rest <= 2; rest++) {
        struct peer peer;

        TEST_ROW(t, "%zu bytes follow", rest);
        peer_init(&peer);
        for (size_t done = 0; done < 1001 + rest;) {
            size_t capacity = 0;
            char *space = conn_space(&peer.conn, &capacity);
            size_t part = 1001 + rest - done < capacity ? 1001 + rest - done : capacity;

            REQUIRE(t, space != NULL);
            memcpy(space, line + done, part);
            conn_on_read(&peer.conn, part, peer.now_ms);
            done += part;
        }
        CHECK_INT(t, 1000, conn_request(&peer.conn).size);
        conn_on_request_read(&peer.conn);
        CHECK_INT(t, CONN_SERVE, peer.conn.action);
        CHECK_INT(t, rest == 0, peer.conn.in.capacity == 0);
        put(&peer, "answer\n");
        conn_on_served(&peer.conn, false, peer.now_ms);
        run(&peer);
        CHECK_INT(t, CONN_READ, peer.conn.action);
        feed_text(&peer, "\n");
        CHECK_SERVED(t, &peer, rest == 0 ? "[]" : rest == 1 ? "[x]" : "[xx]");
        conn_deinit(&peer.conn);
    }
}

static void conn_searches_each_byte_once(struct test *t)
{
    struct peer peer;

    peer_init(&peer);
    for (size_t size = 1; size <= 2000; size++) {
        CHECK_INT(t, size - 1, peer.conn.search_offset);
        (void)feed(&peer, "x", 1, 1);
        CHECK_INT(t, size, peer.conn.search_offset);
    }
    conn_deinit(&peer.conn);
}

static void conn_doubles_the_space(struct test *t)
{
    struct peer peer;
    size_t capacity = 0;

    peer_init(&peer);
    for (size_t size = CONN_SPACE_SIZE; size < REQUEST_SIZE_MAX; size *= 2) {
        char *space = conn_space(&peer.conn, &capacity);

        REQUIRE(t, space != NULL);
        CHECK_INT(t, size, peer.conn.in.capacity);
        memset(space, 'x', capacity);
        conn_on_read(&peer.conn, capacity, peer.now_ms);
        CHECK_INT(t, CONN_READ, peer.conn.action);
    }
    conn_deinit(&peer.conn);
}

static void conn_closes_without_memory_to_read(struct test *t)
{
    struct peer peer;
    size_t capacity = 0;

    peer_init(&peer);
    peer.conn.in.capacity_max = CONN_SPACE_SIZE - 1;
    CHECK(t, conn_space(&peer.conn, &capacity) == NULL);
    CHECK_INT(t, CONN_CLOSE, peer.conn.action);
    CHECK_INT(t, CONN_NO_MEMORY, peer.conn.close_reason);
    conn_deinit(&peer.conn);
}

static void conn_gives_back_the_memory_of_a_huge_row(struct test *t)
{
    struct peer peer;

    peer_init(&peer);
    read_only(&peer, "a\nb");
    while (peer.conn.out.size < OUTPUT_ROW_SIZE_MAX)
        put(&peer, "0123456789abcde\n");
    conn_on_served(&peer.conn, true, peer.now_ms);
    take_written(&peer, SIZE_MAX);
    CHECK_INT(t, 0, peer.conn.out.capacity);
    conn_deinit(&peer.conn);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(conn_frames_lines),
        TEST_CASE(conn_joins_every_split_of_two_requests),
        TEST_CASE(conn_serves_a_thousand_pipelined_requests_in_order),
        TEST_CASE(conn_limits_the_line),
        TEST_CASE(conn_drains_after_too_large_then_closes),
        TEST_CASE(conn_serves_nothing_after_the_last_line),
        TEST_CASE(conn_closes_when_the_peer_closes),
        TEST_CASE(conn_writes_a_long_reply_in_many_cycles),
        TEST_CASE(conn_serves_on_until_the_output_is_full),
        TEST_CASE(conn_goes_on_after_an_empty_answer),
        TEST_CASE(conn_holds_little_memory_when_idle),
        TEST_CASE(conn_frees_a_request_that_is_read),
        TEST_CASE(conn_searches_each_byte_once),
        TEST_CASE(conn_doubles_the_space),
        TEST_CASE(conn_closes_without_memory_to_read),
        TEST_CASE(conn_gives_back_the_memory_of_a_huge_row),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
