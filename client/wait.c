#include "client/wait.h"

/* Where the answers go, to be compared. */
struct answers {
    const struct output *output;
    struct buffer before, now;
};

static bool keep_lines(void *context, struct span bytes)
{
    return buffer_append(&((struct answers *)context)->now, bytes);
}

static void pass_complaint(void *context, struct span lines)
{
    const struct output *output = ((struct answers *)context)->output;

    output->complain(output->context, lines);
}

/* Shows what changed since the answer before. Returns false when nobody reads. */
static bool show_changes(struct answers *answers)
{
    struct buffer lines, now = answers->now;

    buffer_init(&lines, 2 * WAIT_ANSWER_SIZE_MAX);
    who_changes(buffer_span(&answers->before), buffer_span(&now), &lines);
    bool good =
        lines.size == 0 || answers->output->write(answers->output->context, buffer_span(&lines));
    buffer_release(&lines);
    answers->now = answers->before;
    answers->before = now;
    buffer_clear(&answers->now);
    return good;
}

enum outcome run_wait(struct options *options, const struct output *output,
                      const struct wait_calls *calls)
{
    const uint64_t wait_ms = (uint64_t)options->wait_s * 1000;
    const uint64_t begin_ms = calls->now_ms(calls->context);
    struct answers answers = {.output = output};
    const struct output kept = {
        .context = &answers, .write = keep_lines, .complain = pass_complaint};
    enum outcome outcome = OUTCOME_COMPLETE;

    buffer_init(&answers.before, WAIT_ANSWER_SIZE_MAX);
    buffer_init(&answers.now, WAIT_ANSWER_SIZE_MAX);
    options->no_header = true;
    for (uint64_t left_ms = wait_ms; outcome == OUTCOME_COMPLETE; options->is_again = true) {
        if (options->is_again)
            calls->wait(calls->context,
                        wait_ms > 0 && left_ms < WAIT_POLL_MS ? (unsigned)left_ms : WAIT_POLL_MS);
        const uint64_t waited_ms = calls->now_ms(calls->context) - begin_ms;
        left_ms = waited_ms < wait_ms ? wait_ms - waited_ms : 0;
        if (wait_ms > 0 && left_ms == 0) {
            output->complain(output->context,
                             SPAN(PRODUCT_NAME ": still in use: the time of --timeout is over\n"));
            outcome = OUTCOME_BUSY;
            break;
        }
        if (wait_ms > 0 && left_ms < (uint64_t)TIMEOUT_DEFAULT_S * 1000)
            options->timeout_s = (unsigned)((left_ms + 999) / 1000);
        outcome = calls->ask(calls->context, options, &kept);
        if ((outcome == OUTCOME_COMPLETE || outcome == OUTCOME_INCOMPLETE ||
             outcome == OUTCOME_NOTHING) &&
            !show_changes(&answers))
            outcome = OUTCOME_INCOMPLETE;
    }
    buffer_release(&answers.before);
    buffer_release(&answers.now);
    return outcome == OUTCOME_NOTHING ? OUTCOME_COMPLETE : outcome;
}
