#include "client/watch.h"

#include <string.h>

#ifdef __SANITIZE_ADDRESS__
/* Of <sanitizer/allocator_interface.h>, which gcc 12 of Debian lacks. */
size_t __sanitizer_get_current_allocated_bytes(void);
#endif

#include "tests/unit/client_play.h"

/* A process with views: P(pid, start) and M(pid, path), one answer: A(rows of it, counts). */
#define P(pid, start)                                                                     \
    "{\"id\":1,\"type\":\"process\",\"pid\":" pid ",\"start\":\"2026-01-01T00:00:0" start \
    ".0000000Z\",\"name\":\"a.exe\",\"access\":\"full\"}\n"
#define M(pid, base, path)                                  \
    "{\"id\":1,\"type\":\"map\",\"pid\":" pid               \
    ",\"process\":\"a.exe\",\"base\":\"0x000000000000" base \
    "\",\"size\":4096,\"kind\":\"data\",\"path\":\"" path "\"}\n"
#define CAME "\"type\":\"map_change\",\"change\":\"came\""
#define WENT "\"type\":\"map_change\",\"change\":\"went\""

enum { ANSWERS_MAX = 12 };

/* A server that gives one answer after the other; NULL: it is away. */
struct server {
    const char *answers[ANSWERS_MAX];
    size_t count, asked, closed, opened;
    bool is_open;
    struct script script;
    struct transport transport;
    unsigned waited_ms;
};

static const struct transport *ready(void *context, struct failure *failure)
{
    struct server *server = context;
    const char *answer = server->answers[server->asked++];

    if (answer == NULL) {
        (void)failure_set(failure, FAILURE_NOT_RUNNING, NULL);
        return NULL;
    }
    server->opened += !server->is_open;
    server->is_open = true;
    server->script.reply = answer;
    server->script.offset = 0;
    return &server->transport;
}

static void close_server(void *context)
{
    struct server *server = context;

    server->closed += server->is_open;
    server->is_open = false;
}

static bool wait_server(void *context, unsigned ms)
{
    struct server *server = context;

    server->waited_ms += ms;
    return server->asked < server->count;
}

static uint64_t now(void *context)
{
    (void)context;
    return UINT64_C(134000000000000000);
}

/* What a watch prints and how it ends, for these answers. */
struct case_ {
    const char *what;
    const char *answers[ANSWERS_MAX];
    size_t count;
    bool initial, json;
    const char *out;   /* the table, or a part of the JSON */
    const char *error; /* a part; "": nothing */
    enum outcome outcome;
    size_t opened;
};

#define SNAP_A P("7", "1") M("7", "1000", "C:\\\\a") END("1", "1", "2", "0", "true")
#define SNAP_AB \
    P("7", "1") M("7", "1000", "C:\\\\a") M("7", "2000", "C:\\\\b") END("1", "1", "3", "0", "true")
#define SNAP_NONE END("1", "0", "0", "0", "true")
#define SNAP_REUSED P("7", "2") M("7", "1000", "C:\\\\a") END("1", "1", "2", "0", "true")
#define SNAP_FAILED P("7", "1") PROCESS_ERROR("1") END("1", "1", "2", "1", "false")
#define CUT P("7", "1")

static const struct case_ cases_[] = {
    {"the first answer is silent", {SNAP_A, SNAP_A}, 2, false, false, "", "", OUTCOME_COMPLETE, 1},
    {"unless it is asked for", {SNAP_A}, 1, true, false, "+ a.exe (7)", "", OUTCOME_COMPLETE, 1},
    {"a view comes", {SNAP_A, SNAP_AB}, 2, false, true, CAME, "", OUTCOME_COMPLETE, 1},
    {"with the time", {SNAP_A, SNAP_AB}, 2, false, true, "\"time\":\"20", "", OUTCOME_COMPLETE, 1},
    {"a view goes", {SNAP_AB, SNAP_A}, 2, false, true, WENT, "", OUTCOME_COMPLETE, 1},
    {"a process comes",
     {SNAP_NONE, SNAP_A},
     2,
     false,
     false,
     "+ a.exe (7)",
     "",
     OUTCOME_COMPLETE,
     1},
    {"a process goes",
     {SNAP_A, SNAP_NONE},
     2,
     false,
     false,
     "- a.exe (7)",
     "",
     OUTCOME_COMPLETE,
     1},
    {"a pid is used again",
     {SNAP_A, SNAP_REUSED},
     2,
     false,
     false,
     "+ a.exe (7)",
     "",
     OUTCOME_COMPLETE,
     1},
    {"a process that failed has no news, and that is said",
     {SNAP_A, SNAP_FAILED, SNAP_A},
     3,
     false,
     false,
     "",
     "1 process is not compared",
     OUTCOME_COMPLETE,
     1},
    {"nothing is new after a restart",
     {SNAP_A, NULL, NULL, SNAP_A},
     4,
     false,
     false,
     "",
     "is not running",
     OUTCOME_COMPLETE,
     2},
    {"only what changed meanwhile",
     {SNAP_A, NULL, SNAP_AB},
     3,
     false,
     false,
     "C:\\b",
     "answers again",
     OUTCOME_COMPLETE,
     2},
    {"an answer that is cut off is dropped",
     {SNAP_A, CUT, SNAP_A},
     3,
     false,
     false,
     "",
     "closed the connection",
     OUTCOME_COMPLETE,
     2},
    {"busy passes",
     {SNAP_A, ERROR("\"id\":1,", "busy"), SNAP_A},
     3,
     false,
     false,
     "",
     "busy",
     OUTCOME_COMPLETE,
     2},
    {"denied does not",
     {SNAP_A, ERROR("\"id\":1,", "denied"), SNAP_A},
     3,
     false,
     false,
     "",
     "(denied)",
     OUTCOME_DENIED,
     1},
    {"the first answer must come",
     {NULL, SNAP_A},
     2,
     false,
     false,
     "",
     "is not running",
     OUTCOME_NO_SERVICE,
     0},
};

static struct asked_list nothing_asked;

static void run(struct test *t, const struct case_ *row, struct server *server, struct play *play,
                unsigned interval_s, size_t writes_max)
{
    const struct watch_server functions = {server, ready, close_server, wait_server};

    play_begin(play, "");
    play->printed.writes_max = writes_max;
    *server = (struct server){.count = row->count, .script = play->script};
    memcpy(server->answers, row->answers, sizeof server->answers);
    server->transport = (struct transport){&server->script, script_send, script_receive, NULL};
    play->options.command = COMMAND_WATCH;
    play->options.interval_s = interval_s;
    play->options.initial = row->initial;
    play->options.format = row->json ? FORMAT_JSON : FORMAT_TABLE;
    const struct output output = {
        .context = &play->printed, .write = print_result, .complain = print_diagnostic};
    const struct run_settings settings = {.options = &play->options,
                                          .output = &output,
                                          .paths = &nothing_asked,
                                          .images = &nothing_asked,
                                          .now = now};
    CHECK_INT(t, row->outcome, run_watch(&settings, &functions));
    play->script.sent = server->script.sent;
}

static bool has(const struct buffer *buffer, const char *part)
{
    return buffer->data != NULL && strstr(buffer->data, part) != NULL;
}

static void changes_are_printed(struct test *t)
{
    for (size_t i = 0; i < TEST_COUNT(cases_); i++) {
        const struct case_ *row = &cases_[i];
        struct server server;
        struct play play;
        TEST_ROW(t, "%s", row->what);
        run(t, row, &server, &play, 2, SIZE_MAX);
        const struct {
            const char *part;
            struct buffer *printed;
        } texts[] = {{row->out, &play.printed.out}, {row->error, &play.printed.error}};
        for (size_t j = 0; j < TEST_COUNT(texts); j++) {
            struct buffer *printed = texts[j].printed;
            bool is_empty = printed->size == 0;
            (void)buffer_append(printed, (struct span){"", 1}); /* the terminator */
            if (!CHECK(t, texts[j].part[0] == '\0' ? is_empty : has(printed, texts[j].part)))
                printf("%s", printed->data);
        }
        CHECK_INT(t, row->opened, server.opened);
        CHECK(t, server.waited_ms <= 2000 * row->count);
        play_end(&play);
    }
}

/* Nobody reads the results any more, such as after `| select -first 1`. */
static void it_ends_with_its_reader(struct test *t)
{
    static const struct case_ row = {
        "", {SNAP_NONE, SNAP_A, SNAP_NONE, SNAP_A}, 4, false, false, "", "", OUTCOME_COMPLETE, 1};
    struct server server;
    struct play play;

    run(t, &row, &server, &play, 2, 0);
    CHECK_INT(t, 2, server.asked);
    CHECK_INT(t, 0, play.printed.out.size + play.printed.error.size);
    play_end(&play);
}

/* A server closes a connection that is idle: at long intervals each question has its own. */
static void long_intervals_reconnect(struct test *t)
{
    static const struct case_ row = {"", {SNAP_A, SNAP_A, SNAP_A}, 3, false, false, "",
                                     "", OUTCOME_COMPLETE,         3};
    struct server server;
    struct play play;

    run(t, &row, &server, &play, 151, SIZE_MAX);
    CHECK_INT(t, 3, server.opened);
    CHECK_INT(t, 0, play.printed.error.size);
    play_end(&play);
}

/* Files that do not fit into the request are not watched, and this is said; without memory nothing is. */
static void lost_paths_are_no_secret(struct test *t)
{
    static const struct {
        const char *what;
        size_t dropped;
        bool failed;
        const char *error;
        enum outcome outcome;
        size_t asked;
    } rows[] = {
        {"all there", 0, false, "", OUTCOME_COMPLETE, 2},
        {"dropped", 3, false, "3 were not looked for\n", OUTCOME_COMPLETE, 2},
        {"no memory", 0, true, "out of memory\n", OUTCOME_BROKEN, 0},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct case_ row = {"", {SNAP_A, SNAP_A}, 2, false, false, "",
                                  "", rows[i].outcome,  1};
        struct server server;
        struct play play;
        TEST_ROW(t, "%s", rows[i].what);
        nothing_asked.dropped = rows[i].dropped;
        nothing_asked.failed = rows[i].failed;
        run(t, &row, &server, &play, 2, SIZE_MAX);
        CHECK_INT(t, rows[i].asked, server.asked);
        (void)buffer_append(&play.printed.error, (struct span){"", 1});
        CHECK(t, rows[i].error[0] == '\0' ? play.printed.error.size == 1
                                          : has(&play.printed.error, rows[i].error));
        play_end(&play);
    }
    nothing_asked = (struct asked_list){.count = 0};
}

/* Bytes that are allocated now; 0: not known. */
static size_t allocated(void)
{
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();
#else
    return 0;
#endif
}

enum { POLLS = 1000, CYCLE = 8 };

/* Asked POLLS times, each cycle with the same answers. */
struct long_watch {
    struct server server;
    size_t polls, changes;
    size_t first, most; /* bytes at the begin of the second cycle, at most at that of a later one */
};

static const struct transport *ready_again(void *context, struct failure *failure)
{
    static const char *const answers[CYCLE] = {SNAP_A, SNAP_AB,     NULL,   SNAP_A,
                                               CUT,    SNAP_FAILED, SNAP_A, SNAP_NONE};
    struct long_watch *watch = context;
    const size_t bytes = watch->polls % CYCLE == 0 ? allocated() : 0;

    if (watch->polls == CYCLE)
        watch->first = bytes;
    if (watch->polls > 0 && bytes > watch->most)
        watch->most = bytes;
    buffer_clear(&watch->server.script.sent);
    watch->server.asked = 0;
    watch->server.answers[0] = answers[watch->polls++ % CYCLE];
    return ready(&watch->server, failure);
}

static void close_again(void *context)
{
    close_server(&((struct long_watch *)context)->server);
}

static bool wait_again(void *context, unsigned ms)
{
    (void)ms;
    return ((struct long_watch *)context)->polls < POLLS;
}

static bool count_changes(void *context, struct span lines)
{
    struct long_watch *watch = context;

    for (size_t i = 0; i < lines.size; i++)
        watch->changes += lines.data[i] == '\n';
    return true;
}

static void say_nothing(void *context, struct span lines)
{
    (void)context;
    (void)lines;
}

/* With changes, lost answers and failed processes, the last poll needs no more than the first ones. */
static void a_thousand_polls_need_no_memory(struct test *t)
{
    struct long_watch watch = {.polls = 0};
    struct play play;

    play_begin(&play, "");
    watch.server.script = play.script;
    watch.server.transport =
        (struct transport){&watch.server.script, script_send, script_receive, NULL};
    play.options.command = COMMAND_WATCH;
    play.options.format = FORMAT_JSON;
    const struct output output = {
        .context = &watch, .write = count_changes, .complain = say_nothing};
    const struct run_settings settings = {.options = &play.options,
                                          .output = &output,
                                          .paths = &nothing_asked,
                                          .images = &nothing_asked,
                                          .now = now};
    CHECK_INT(
        t, OUTCOME_COMPLETE,
        run_watch(&settings, &(struct watch_server){&watch, ready_again, close_again, wait_again}));
    CHECK_INT(t, POLLS, watch.polls);
    CHECK(t, watch.changes > POLLS / 4);
    CHECK_INT(t, watch.first, watch.most);
    printf("  %zu polls, %zu changes, %zu bytes allocated at the most\n", watch.polls,
           watch.changes, watch.most);
    play.script.sent = watch.server.script.sent;
    play_end(&play);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(changes_are_printed),
        TEST_CASE(it_ends_with_its_reader),
        TEST_CASE(long_intervals_reconnect),
        TEST_CASE(lost_paths_are_no_secret),
        TEST_CASE(a_thousand_polls_need_no_memory),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
