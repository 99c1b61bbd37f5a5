/* The paths of the options as patterns: what they mean where no file exists. */
#ifndef TESTS_ROWS_ASKED_PATHS_H
#define TESTS_ROWS_ASKED_PATHS_H

#include "client/options.h"
#include "client/spelling.h"

/* Release with asked_release(). */
static inline void asked_paths(struct asked_list *list, const struct options *options)
{
    asked_init(list);
    for (size_t i = 0; i < options->paths_count; i++) {
        (void)asked_add(list, ASKED_PATTERN, options->paths[i]);
        asked_add_glob(list, options->paths[i]);
    }
}

#endif
