/* What reading lsmapd's command line remembers, and what each option does. For options.c and
 * options_values.c alone. */
#ifndef SERVICE_OPTIONS_PARSER_H
#define SERVICE_OPTIONS_PARSER_H

#include "service/options.h"

enum option {
    OPTION_FILTERED_ADMINS,
    OPTION_JSON,
    OPTION_LIMIT,
    OPTION_NO_START,
    OPTION_PIPE,
    OPTION_PURGE,
    OPTION_QUIET,
    OPTION_READERS,
    OPTIONS_COUNT
};

struct parser {
    const char *const *arguments;
    size_t count;
    size_t index; /* of the next argument */
    struct options options;
    bool has_command;
    size_t given[OPTIONS_COUNT]; /* index from 1 of each option's last argument; 0: none */
    struct options_error error;
    enum status status; /* the first failure sticks */
};

struct option_rule {
    const char *name;
    const char *slash_name; /* as the scripts take it; NULL: none */
    const char *value;      /* "a pipe name must follow"; NULL: takes no value */
    bool is_repeatable;
    unsigned commands;   /* FOR() the commands it belongs to */
    const char *belongs; /* "--pipe belongs to --console" */
    void (*take)(struct parser *parser, const char *value);
};

extern const struct option_rule option_rules[OPTIONS_COUNT];

/* Says what is wrong with an argument, and which it is.
 * index  From 1, as people count. */
void options_fail_at(_Inout_ struct parser *parser, size_t index, const char *what);

/* The same for the argument that was taken last. */
void options_fail(_Inout_ struct parser *parser, const char *what);

#define FOR(command) (1u << (command))

#endif
