/* Sessions with the k-th allocation failing, for all k: each ends, what it wrote are complete valid
 * lines, nothing leaks, and the next session works.
 *
 * The linker hands us malloc, calloc and realloc (--wrap); free stays, so that the sanitizer sees
 * what is lost.
 */
#include <stdlib.h>

#include "common/scan/sections.h"
#include "tests/test.h"
#include "tests/unit/session_shell.h"
#include "tests/virtual/virtual_objects.h"

enum { CALLS_MAX = 2000 };

static unsigned long calls;   /* since it was set to 0 */
static unsigned long fail_at; /* the call that fails; 0: none */
static bool fail_on;          /* all later ones fail, too */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

static bool fails(void)
{
    calls++;
    return fail_at != 0 && (fail_on ? calls >= fail_at : calls == fail_at);
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return fails() ? NULL : __real_realloc(block, size);
}

static const char requests[] = "{\"id\":1,\"op\":\"info\"}\n"
                               "{\"id\":2,\"op\":\"whoami\"}\n"
                               "{\"id\":3,\"op\":\"processes\",\"all\":true}\n"
                               "no JSON\n"
                               "{\"op\":\"maps\"}\n"
                               "{\"id\":4,\"op\":\"maps\",\"pid\":[100,200,300]}\n"
                               "{\"id\":5,\"op\":\"maps\",\"all\":true,\"detail\":\"regions\"}\n"
                               "{\"id\":6,\"op\":\"maps\",\"name\":\"s*\",\"detail\":\"pages\"}\n"
                               "{\"id\":7,\"op\":\"maps\",\"all\":true,\"path\":\"*.dll\"}\n"
                               "{\"id\":8,\"op\":\"stats\"}\n"
                               "{\"id\":\"last\",\"op\":\"info\"}\n";

enum { REQUESTS = 11 };

/* What send_only() and act_until() do, but for memory: without it the session closes. */
static void converse(struct shell *shell)
{
    const char *text = requests;
    size_t left = sizeof requests - 1;

    while (left > 0 && session_next(&shell->session) == SESSION_READ) {
        size_t capacity = 0;
        char *space = session_space(&shell->session, &capacity);
        if (space == NULL)
            break;
        const size_t part = left < capacity ? left : capacity;
        memcpy(space, text, part);
        session_on_read(&shell->session, part, shell->now_ms);
        act_until(shell, SESSION_READ);
        text += part;
        left -= part;
    }
}

/* Returns the terminal lines of a session. Every byte it wrote belongs to a valid line. */
static size_t hold_session(struct test *t)
{
    struct shell *shell = shell_open();

    calls = 0;
    converse(shell);
    const enum session_action end = session_next(&shell->session);
    CHECK(t, end == SESSION_READ || end == SESSION_CLOSE);
    const struct sums sums = read_all(t, shell);
    if (end == SESSION_READ)
        CHECK_INT(t, REQUESTS, sums.terminals);
    shell_close(t, shell);
    return sums.terminals;
}

static void fail_each(struct test *t)
{
    unsigned long at = 1, closed = 0;

    for (; at < CALLS_MAX; at++) {
        TEST_ROW(t, "allocation %lu fails", at);
        fail_at = at;
        const size_t terminals = hold_session(t);
        fail_at = 0;
        closed += terminals < REQUESTS;
        if (calls < at)
            break; /* it was never made: all have failed once */
        CHECK_INT(t, REQUESTS, hold_session(t));
    }
    CHECK(t, at > 10 && at < CALLS_MAX);
    printf("  each of %lu allocations failed; %lu sessions closed before their last answer\n",
           at - 1, closed);
}

static void each_allocation_fails_once(struct test *t)
{
    fail_on = false;
    fail_each(t);
}

static void from_each_allocation_on_all_fail(struct test *t)
{
    fail_on = true;
    fail_each(t);
}

/* Else the above would show nothing. */
static void the_session_without_faults_answers_all(struct test *t)
{
    fail_at = 0;
    CHECK_INT(t, REQUESTS, hold_session(t));
    CHECK(t, calls > 10);
}

/* Lists the sections of a platform. Returns false when an error says that something is missing.
 * sum  Receives the rows, and the holders of each. */
static bool list_sections(const struct platform *platform, uint64_t *sum)
{
    static const struct scan_query query = {.all = true};
    struct scan_row row = {.type = SCAN_NONE};
    bool is_good = true;

    calls = 0;
    *sum = 0;
    struct sections *sections = sections_create(platform, &query, NULL);
    if (sections == NULL)
        return false;
    while (row.type != SCAN_END) {
        sections_next(sections, &row);
        is_good = is_good && row.type != SCAN_ERROR;
        if (row.type == SCAN_SECTION)
            *sum += row.section->has_holders ? 100 + row.section->holders_count : 1;
    }
    sections_destroy(sections);
    return is_good;
}

/* No list lacks a section, a holder or the knowledge of holders without an error that says so. */
static void a_list_of_sections_says_what_it_lacks(struct test *t)
{
    static struct virtual_process process = {.entry = {.pid = 100, .start_time = 1}, .name = "a"};
    struct virtual_objects objects = {.count = 0};
    struct virtual_platform virtual_;
    struct platform platform;
    uint64_t sum = 0;

    fail_at = 0;
    virtual_platform_init(&virtual_, &process, 1, &platform);
    virtual_.objects = &objects;
    for (int i = 0; i < 3; i++) {
        const char *const paths[] = {"\\BaseNamedObjects\\a", "\\BaseNamedObjects\\d\\b",
                                     "\\Sessions\\1\\BaseNamedObjects\\c"};
        virtual_objects_hold(&objects, 100, virtual_objects_add(&objects, paths[i], false));
    }
    CHECK(t, list_sections(&platform, &sum));
    CHECK_INT(t, 303, sum);
    for (int i = 0; i < 2; i++) {
        fail_on = i == 1;
        bool was_made = true;
        unsigned long at = 1;
        for (; at < CALLS_MAX && was_made; at++) {
            fail_at = at;
            const bool is_good = list_sections(&platform, &sum);
            was_made = calls >= at;
            fail_at = 0;
            TEST_ROW(t, "allocation %lu fails, all later ones: %d", at, fail_on);
            CHECK(t, !is_good || sum == 303);
            CHECK_INT(t, 0, objects.open_count);
        }
        CHECK(t, at > 20 && at < CALLS_MAX);
    }
    virtual_objects_release(&objects);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(the_session_without_faults_answers_all),
        TEST_CASE(each_allocation_fails_once),
        TEST_CASE(from_each_allocation_on_all_fail),
        TEST_CASE(a_list_of_sections_says_what_it_lacks),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
