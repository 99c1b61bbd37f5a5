/* The command line of lsmap, read strictly: UTF-8 arguments in; a plain struct, or one sentence that says
 * what is wrong, out. */
#ifndef CLIENT_OPTIONS_H
#define CLIENT_OPTIONS_H

#include "client/rows/sort.h"
#include "common/proto/protocol.h"
#include "common/proto/request.h"
#include "common/text/cli.h"

enum command {
    COMMAND_USAGE, /* no argument at all: the short usage, an error */
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMAND_MAPS,
    COMMAND_PS,
    COMMAND_STALE,
    COMMAND_INFO,
    COMMAND_WHOAMI,
    COMMAND_STATS,
    COMMAND_SECTIONS,
    COMMAND_WATCH,
    COMMAND_DIFF
};

enum output_format {
    FORMAT_TABLE,     /* for people */
    FORMAT_JSON,      /* the server's lines as they came */
    FORMAT_CSV,       /* one table, see csv.h */
    FORMAT_PIDS,      /* the identifiers of processes, one a line */
    FORMAT_PROMETHEUS /* sums by process name, or the numbers of a server; see prometheus.h */
};

enum {
    OPTIONS_FOLDERS_MAX = 32, /* --not-under on one command line */
    OPTIONS_ERROR_CAPACITY = CLI_MESSAGE_CAPACITY,
    OPTIONS_QUESTION_CAPACITY = 1024,
    TIMEOUT_DEFAULT_S = 30,
    TIMEOUT_MAX_S = 24 * 60 * 60,
    INTERVAL_DEFAULT_S = 2, /* of watch */
    INTERVAL_MAX_S = 24 * 60 * 60
};

/* The spans point into argv. */
struct options {
    enum command command;
    /* What is asked of a server, but its op, id and paths; `kinds` 0: the default. Of diff only `all`. */
    struct request request;
    struct span images[REQUEST_NAMES_MAX]; /* paths of programs, as given */
    size_t images_count;
    struct span paths[REQUEST_PATHS_MAX]; /* -f, as given */
    size_t paths_count;
    bool who;                                   /* who has these files: one line for each process */
    bool wait;                                  /* until nobody has them */
    bool is_again;                              /* not the first question of --wait */
    unsigned interval_s;                        /* between two answers of watch */
    bool initial;                               /* what is there at first counts as come */
    struct span not_under[OPTIONS_FOLDERS_MAX]; /* only what is outside these folders */
    size_t not_under_count;
    bool outside_system; /* and outside those of Windows and of installed programs */
    enum order sort;
    uint64_t top;         /* only so many rows; 0: all */
    bool by_file;         /* one row for each file */
    struct span files[2]; /* of diff: old and new */
    enum output_format format;
    bool ascii;       /* JSON with nothing outside ASCII */
    bool bom;         /* the results begin with a byte order mark */
    bool host;        /* rows carry the envelope of envelope.h */
    const char *out;  /* file the results go to, terminated; NULL: stdout */
    const char *text; /* what usage, help and version show, terminated; else not used */
    bool exact;       /* sizes in bytes */
    bool no_header;
    bool wide;                                /* never cut a path */
    bool quiet;                               /* no totals, no line for each process that failed */
    bool direct;                              /* scan in this process, without the service */
    char pipe[PIPE_NAME_CAPACITY];            /* full name, terminated */
    unsigned timeout_s;                       /* for the complete answer */
    char question[OPTIONS_QUESTION_CAPACITY]; /* what selects rows; cut, terminated */
    unsigned wait_s;                          /* for the end of --wait; 0: no limit */
};

/* The options and commands; a command's number is its enum command. */
extern const struct cli_syntax options_syntax;

/* What `lsmap help TOPIC` knows. Its texts, as those of --help and without arguments, stand in
 * show/help.txt; each fits a console of 80 columns and 24 lines. */
enum { HELP_TOPICS_COUNT = 9 };
extern const char *const help_topics[HELP_TOPICS_COUNT];

/* True for a command that asks for processes or sections. */
bool options_is_scan(_In_ const struct options *options);

/* Reads the arguments; argv[0] is the program and not read.
 * options  Set on success, untouched on failure.
 * message  Receives, on failure, one terminated line that is fit to be shown: what is wrong, where.
 * Returns false when lsmap must end with the exit code for usage. */
NODISCARD bool options_parse(int argc, char *const *argv, struct options *options, char *message);

#endif
