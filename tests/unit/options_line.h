/* Options from a command line as a person types it, split at spaces. */
#ifndef TESTS_UNIT_OPTIONS_LINE_H
#define TESTS_UNIT_OPTIONS_LINE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/options.h"

enum { OPTIONS_LINE_CAPACITY = 512, OPTIONS_LINE_ARGUMENTS_MAX = 12 };

/* A word of `''` is the empty argument. */
static inline bool options_line_parse(const char *line, struct options *options, char *message)
{
    static char text[OPTIONS_LINE_CAPACITY], program[] = "lsmap";
    static char *argv[OPTIONS_LINE_ARGUMENTS_MAX + 1];
    int argc = 1;

    argv[0] = program;
    (void)snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok(text, " "); word != NULL && argc < OPTIONS_LINE_ARGUMENTS_MAX;
         word = strtok(NULL, " ")) {
        if (strcmp(word, "''") == 0)
            word[0] = '\0';
        argv[argc++] = word;
    }
    argv[argc] = NULL;
    return options_parse(argc, argv, options, message);
}

/* Valid until the next call. Ends the test program when the line is refused. */
static inline const struct options *options_line(const char *line)
{
    static struct options options;
    char message[OPTIONS_ERROR_CAPACITY];

    if (!options_line_parse(line, &options, message)) {
        printf("%s: %s\n", line, message);
        abort();
    }
    return &options;
}

#endif
