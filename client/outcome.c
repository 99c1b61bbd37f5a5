#include "client/outcome.h"

#include <stdio.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/proto/protocol.h"

enum outcome outcome_worse(enum outcome a, enum outcome b)
{
    static const enum outcome worst_first[] = {
        OUTCOME_INTERRUPTED, OUTCOME_BROKEN, OUTCOME_NO_SERVICE,  OUTCOME_DENIED,
        OUTCOME_BUSY,        OUTCOME_USAGE,  OUTCOME_SOME_FAILED, OUTCOME_NOTHING};

    for (size_t i = 0; i < sizeof worst_first / sizeof worst_first[0]; i++)
        if (a == worst_first[i] || b == worst_first[i])
            return worst_first[i];
    return OUTCOME_COMPLETE;
}

/* In a text, {pipe}, {seconds} and {detail} are replaced. */
static const struct {
    enum outcome outcome;
    const char *text;
} failures[FAILURE_COUNT] = {
    [FAILURE_NOT_INSTALLED] = {OUTCOME_NO_SERVICE,
                               "the " SERVICE_NAME " service is not installed: run install.cmd as "
                               "administrator, or scan with your own rights by --direct"},
    [FAILURE_NOT_RUNNING] = {OUTCOME_NO_SERVICE, "the " SERVICE_NAME " service is not running: "
                                                 "start it with `sc.exe start " SERVICE_NAME "`"},
    [FAILURE_STARTING] = {OUTCOME_NO_SERVICE,
                          "the " SERVICE_NAME " service is starting or stopping: try again in a "
                          "few seconds, or look with `sc.exe query " SERVICE_NAME "`"},
    [FAILURE_NO_PIPE] = {OUTCOME_NO_SERVICE,
                         "the " SERVICE_NAME " service runs but its pipe {pipe} does not exist: "
                         "see its entries in the event log"},
    [FAILURE_NO_SERVER] = {OUTCOME_NO_SERVICE, "no server listens on {pipe}: start one with "
                                               "`" SERVICE_NAME " --console --pipe NAME`"},
    [FAILURE_DENIED] = {OUTCOME_DENIED,
                        "you may not connect to the " SERVICE_NAME " service: administrators, "
                        "users at this computer and members of \"lsmap Readers\" may; --direct "
                        "scans with your own rights"},
    [FAILURE_DENIED_PIPE] = {OUTCOME_DENIED,
                             "you may not open {pipe}: run lsmap as the user who runs its server"},
    [FAILURE_BUSY] = {OUTCOME_BUSY, "the server is busy: no free connection within {seconds} "
                                    "seconds; try again, or wait longer with --timeout"},
    [FAILURE_TIMED_OUT] = {OUTCOME_BUSY, "no answer within {seconds} seconds: try again, or wait "
                                         "longer with --timeout"},
    [FAILURE_CLOSED] = {OUTCOME_BROKEN,
                        "the server broke off in mid-reply, what was printed is not complete: "
                        "try again"},
    [FAILURE_NO_REPLY] = {OUTCOME_BROKEN,
                          "the server closed the connection without an answer: try again"},
    [FAILURE_PROTOCOL] = {OUTCOME_BROKEN, "the server does not keep to the protocol ({detail}), "
                                          "what was printed is not complete: are lsmap and its "
                                          "server of the same release?"},
    [FAILURE_FOREIGN_OWNER] = {OUTCOME_BROKEN,
                               "the pipe {pipe} is not to be trusted, nothing was sent: it "
                               "belongs to {detail}"},
    [FAILURE_FOREIGN_SERVER] = {OUTCOME_BROKEN, "the pipe {pipe} is not to be trusted, nothing was "
                                                "sent: {detail}"},
    [FAILURE_SYSTEM] = {OUTCOME_BROKEN, "{detail}"},
    [FAILURE_MEMORY] = {OUTCOME_BROKEN, "out of memory"},
    [FAILURE_TOO_MANY] = {OUTCOME_BROKEN, "{detail}"},
    [FAILURE_FILE] = {OUTCOME_USAGE, "{detail}"},
    [FAILURE_FILE_ROWS] = {OUTCOME_BROKEN, "{detail}"},
};

enum outcome failure_outcome(enum failure_kind kind)
{
    ASSERT((unsigned)kind < FAILURE_COUNT);
    return failures[kind].outcome;
}

/* Copies what fits, always terminated. */
static void append(char *out, size_t *size, const char *text, size_t text_size)
{
    size_t room = FAILURE_TEXT_CAPACITY - 1 - *size;

    if (text_size > room)
        text_size = room;
    memcpy(out + *size, text, text_size);
    *size += text_size;
    out[*size] = '\0';
}

void failure_describe(const struct failure *failure, const char *pipe, unsigned timeout_s,
                      char *out)
{
    char seconds[16];
    const struct {
        const char *word;
        const char *value;
    } words[] = {{"{pipe}", pipe}, {"{seconds}", seconds}, {"{detail}", failure->detail}};
    size_t size = 0;

    ASSERT((unsigned)failure->kind < FAILURE_COUNT);
    (void)snprintf(seconds, sizeof seconds, "%u", timeout_s);
    out[0] = '\0';
    for (const char *text = failures[failure->kind].text; *text != '\0';) {
        size_t step = 1;
        const char *from = text;
        size_t from_size = 1;
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            size_t word_size = strlen(words[i].word);
            if (strncmp(text, words[i].word, word_size) != 0)
                continue;
            step = word_size;
            from = words[i].value;
            from_size = strlen(from);
        }
        append(out, &size, from, from_size);
        text += step;
    }
}

bool failure_set(struct failure *failure, enum failure_kind kind, const char *detail)
{
    failure->kind = kind;
    (void)snprintf(failure->detail, sizeof failure->detail, "%s", detail != NULL ? detail : "");
    return false;
}
