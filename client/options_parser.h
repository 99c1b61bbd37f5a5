/* What options.c, options_values.c and options_check.c share; nobody else includes it. */
#ifndef CLIENT_OPTIONS_PARSER_H
#define CLIENT_OPTIONS_PARSER_H

#include "client/options.h"
#include "common/text/suggest.h"

enum option_id {
    OPTION_ALL,
    OPTION_FILE,
    OPTION_AT,
    OPTION_KIND,
    OPTION_REGIONS,
    OPTION_PAGES,
    OPTION_NOT_UNDER,
    OPTION_OUTSIDE_SYSTEM,
    OPTION_SORT,
    OPTION_TOP,
    OPTION_BY_FILE,
    OPTION_BYTES,
    OPTION_JSON,
    OPTION_CSV,
    OPTION_PROMETHEUS,
    OPTION_HOST,
    OPTION_OUT,
    OPTION_WIDE,
    OPTION_NO_HEADER,
    OPTION_TIMEOUT,
    OPTION_DIRECT,
    OPTION_PIPE,
    OPTION_QUIET,
    OPTION_DEBUG,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

/* Commands an option makes sense for, as bits. */
enum {
    FOR_MAPS = 1,
    FOR_PS = 2,
    FOR_FACTS = 4, /* info, whoami, stats */
    FOR_DIFF = 8,
    FOR_SCANS = FOR_MAPS | FOR_PS,
    FOR_SERVERS = FOR_SCANS | FOR_FACTS,
    FOR_ALL = FOR_SERVERS | FOR_DIFF
};

/* One row of the table of options. */
struct option_entry {
    const char *name; /* without dashes */
    char letter;      /* 0: none */
    bool takes_value;
    int scope; /* FOR_* */
};

extern const struct option_entry option_table[OPTION_COUNT];

/* Where each option was given: index of its argument, 0 for not at all. */
struct given {
    int at[OPTION_COUNT];
    int command; /* the same for the command word */
    int process; /* and for the first PID or NAME */
};

enum { QUOTED_SIZE_MAX = 48 }; /* bytes of a user's text that a message repeats */

struct options_parser {
    int argc;
    char *const *argv;
    int index; /* of the argument being read */
    struct options *options;
    char *message; /* OPTIONS_ERROR_CAPACITY */
};

/* Writes "argument N: ..." and returns false, for `return options_refuse(...)`. */
PRINTF_FORMAT(2, 3)
bool options_refuse(_Inout_ struct options_parser *parser, const char *format, ...);

struct quoted {
    char text[QUOTED_SIZE_MAX * 3 + 4]; /* each byte may become U+FFFD; then "..." */
};

/* The user's text for a message: fit to be shown, cut, terminated. */
struct quoted options_quote(struct span text);

/* What comes behind a message about a word that is not known: `; did you mean "--json"?`, or
 * nothing when no word is near. */
struct hint {
    char text[64];
};

/* prefix  Before the word, such as "--". */
struct hint options_hint(_In_ const struct suggestion *suggestion, const char *prefix);

/* Read one value into parser->options. Return false with the message written. */
NODISCARD bool options_read_kinds(_Inout_ struct options_parser *parser, struct span value);
NODISCARD bool options_read_address(_Inout_ struct options_parser *parser, struct span value);
NODISCARD bool options_read_timeout(_Inout_ struct options_parser *parser, struct span value);
NODISCARD bool options_read_path(_Inout_ struct options_parser *parser, struct span value);
NODISCARD bool options_read_folder(_Inout_ struct options_parser *parser, struct span value);
NODISCARD bool options_read_order(_Inout_ struct options_parser *parser, struct span value);
NODISCARD bool options_read_top(_Inout_ struct options_parser *parser, struct span value);
NODISCARD bool options_read_out(_Inout_ struct options_parser *parser, struct span value);
NODISCARD bool options_read_pipe(_Inout_ struct options_parser *parser, struct span value);

/* Reads PID or NAME: digits alone are a process identifier. */
NODISCARD bool options_read_process(_Inout_ struct options_parser *parser, struct span value);

/* Reads the TOPIC of help. */
NODISCARD bool options_read_topic(_Inout_ struct options_parser *parser, struct span value);

/* Reads OLD or NEW of diff. */
NODISCARD bool options_read_file(_Inout_ struct options_parser *parser, struct span value);

/* Refuses what does not go together. The message names the argument that came too much. */
NODISCARD bool options_check(_Inout_ struct options_parser *parser, _In_ const struct given *given);

#endif
