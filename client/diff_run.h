/* The whole of `lsmap diff OLD NEW` but its ends: reads two files of rows, prints what changed, and
 * says how it ended. Pure, as run.h is.
 *
 * Ends with OUTCOME_COMPLETE when nothing changed, as diff tools do with 0, and DIFF_DIFFERS when
 * something did. A file that is cut off, or no file of rows, is not compared: OUTCOME_BROKEN.
 */
#ifndef CLIENT_DIFF_RUN_H
#define CLIENT_DIFF_RUN_H

#include "client/byte_source.h"
#include "client/options.h"
#include "client/outcome.h"
#include "client/run.h"
#include "common/base/annotations.h"

enum { DIFF_DIFFERS = OUTCOME_INCOMPLETE };

struct diff_settings {
    const struct options *options;
    const struct output *output;
    size_t width;                         /* columns of the console results go to; 0: none */
    const struct byte_source *sources[2]; /* old, new */
};

enum outcome diff_run(_In_ const struct diff_settings *settings);

/* Complains that a file cannot be opened, or read; returns the outcome.
 * why  One clause, such as Windows' words. */
enum outcome diff_complain_file(_In_ const struct diff_settings *settings, struct span file,
                                const char *why);

#endif
