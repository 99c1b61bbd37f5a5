/* Plays the pipe server for the tests of session.c: does what the session asks, on a small machine,
 * and collects what is written. Scans get their turns at once unless a test says otherwise. */
#ifndef TESTS_UNIT_SESSION_SHELL_H
#define TESTS_UNIT_SESSION_SHELL_H

#include <stdlib.h>

#include "service/session.h"
#include "tests/rows/reply_lines.h"
#include "tests/rows/small_machine.h"
#include "tests/test.h"

enum { WRITTEN_CAPACITY = 1024 * 1024, TURN_US = 100 };

/* Plays the pipe server. */
struct shell {
    struct small_machine machine;
    struct session session;
    enum filtered_admins filtered_admins;
    struct caller caller;
    bool has_caller; /* false: the client cannot be identified */
    uint64_t now_ms;
    bool no_turns; /* no scan gets a turn */
    size_t turns_count;
    struct server_limits limits;
    struct statistics statistics;
    size_t identified_count;
    size_t writes_count;
    size_t written_size;
    char written[WRITTEN_CAPACITY];
};

/* Big, and one at a time. */
static inline struct shell *shell_open(void)
{
    static struct shell shell;

    shell.now_ms = 1000;
    shell.identified_count = 0;
    shell.writes_count = 0;
    shell.written_size = 0;
    small_machine_init(&shell.machine);
    shell.caller = small_machine_caller(RIGHTS_ALL);
    shell.has_caller = true;
    shell.no_turns = false;
    shell.turns_count = 0;
    statistics_init(&shell.statistics, 0);
    shell.machine.context.statistics = &shell.statistics;
    server_limits_default(&shell.limits, 1);
    session_init(&shell.session, &shell.machine.context, &shell.limits, &shell.caller,
                 shell.now_ms);
    return &shell;
}

static inline void shell_close(struct test *t, struct shell *shell)
{
    session_deinit(&shell->session);
    CHECK_INT(t, 0, shell->machine.virtual_.open_count);
}

/* Does one action that needs no client. Returns false when there is none. */
static inline bool act(struct shell *shell)
{
    switch (session_next(&shell->session)) {
    case SESSION_SCAN:
        if (shell->no_turns)
            return false;
        shell->turns_count++;
        if (!session_scan(&shell->session, NULL, shell->machine.clock_us + TURN_US))
            abort();
        session_on_served(&shell->session, shell->now_ms);
        return true;
    case SESSION_IDENTIFY:
        shell->identified_count++;
        session_on_caller(&shell->session, shell->filtered_admins,
                          shell->has_caller ? &shell->caller : NULL);
        return true;
    case SESSION_SERVE:
        session_serve(&shell->session, shell->now_ms);
        return true;
    case SESSION_WRITE: {
        struct span pending = conn_pending(&shell->session.conn);
        if (pending.size > WRITTEN_CAPACITY - shell->written_size)
            abort();
        memcpy(shell->written + shell->written_size, pending.data, pending.size);
        shell->written_size += pending.size;
        shell->writes_count++;
        session_on_written(&shell->session, pending.size, shell->now_ms);
        return true;
    }
    case SESSION_READ:
    case SESSION_CLOSE:
        break;
    }
    return false;
}

/* Acts until `action` is next, or nothing can be done without the client. */
static inline void act_until(struct shell *shell, enum session_action action)
{
    for (int i = 0; i < 100000; i++)
        if (session_next(&shell->session) == action || !act(shell))
            return;
    abort();
}

/* Sends, and identifies the client after each read but the last. */
static inline void send_only(struct shell *shell, const char *text)
{
    size_t size = strlen(text);

    while (size > 0) {
        if (session_next(&shell->session) == SESSION_IDENTIFY)
            (void)act(shell);
        if (session_next(&shell->session) != SESSION_READ)
            return;
        size_t capacity = 0;
        char *space = session_space(&shell->session, &capacity);
        size_t part = size < capacity ? size : capacity;

        if (space == NULL)
            abort();
        memcpy(space, text, part);
        session_on_read(&shell->session, part, shell->now_ms);
        text += part;
        size -= part;
    }
}

static inline void send(struct shell *shell, const char *text)
{
    send_only(shell, text);
    act_until(shell, SESSION_READ);
}

static inline struct span written(const struct shell *shell)
{
    return (struct span){shell->written, shell->written_size};
}

#define CHECK_WRITTEN(t, shell, text) \
    CHECK_MEM(t, text, strlen(text), (shell)->written, (shell)->written_size)

static inline bool contains(struct span text, const char *part)
{
    size_t size = strlen(part);

    for (size_t i = 0; i + size <= text.size; i++)
        if (memcmp(text.data + i, part, size) == 0)
            return true;
    return false;
}

struct sums {
    size_t lines;
    size_t terminals;
    struct reply_line last;
};

/* Every byte belongs to a valid line. */
static inline struct sums read_all(struct test *t, const struct shell *shell)
{
    struct span text = written(shell);
    struct sums sums = {0};

    while (text.size > 0) {
        CHECK(t, reply_line_next(&text, &sums.last));
        sums.lines++;
        sums.terminals += sums.last.is_terminal;
    }
    return sums;
}

#endif
