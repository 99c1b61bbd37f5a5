/* The command line of lsmapd: arguments to a plain struct. Prints nothing. */
#ifndef SERVICE_COMMAND_LINE_H
#define SERVICE_COMMAND_LINE_H

#include "common/proto/protocol.h"
#include "common/text/cli.h"
#include "service/settings.h"

enum lsmapd_command {
    LSMAPD_SERVICE, /* no arguments: started by the service control manager, or by mistake */
    LSMAPD_CONSOLE,
    LSMAPD_INSTALL,
    LSMAPD_UNINSTALL,
    LSMAPD_STOP,
    LSMAPD_STATUS,
    LSMAPD_ACCESS,
    LSMAPD_VERSION,
    LSMAPD_HELP
};

struct command_line {
    enum lsmapd_command command;
    bool check;               /* install: check the arguments, change nothing */
    bool enable;              /* install: also a disabled service starts */
    bool no_start;            /* install: register only */
    bool packaged;            /* install: by a package with an entry in the installed apps */
    bool trust_folder;        /* install: from a folder that others can change, too */
    bool quiet;               /* install, uninstall, stop, status: print errors only */
    bool json;                /* access: JSON lines instead of text */
    bool purge;               /* uninstall: the group of readers, too */
    const char *readers;      /* install: account that becomes a reader; NULL: none */
    bool has_filtered_admins; /* install: settings.filtered_admins is given */
    struct settings settings; /* the defaults, changed by --limit and --filtered-admins */
    char pipe_name[PIPE_NAME_CAPACITY]; /* full name, UTF-8, terminated */
};

/* Reads the arguments, the program's name left out. --help or --version wins over everything else,
 * mistakes included; of both, the first.
 * arguments   `count` terminated texts in UTF-8; `line` refers to them.
 * processors  Of the machine, for the defaults.
 * line        Set on success, untouched on failure.
 * message     Set on failure: what is wrong and where, one line, terminated; untouched on success. */
NODISCARD bool command_line_parse(size_t count, const char *const *arguments, unsigned processors,
                                  _Out_ struct command_line *line,
                                  _Out_writes_(CLI_MESSAGE_CAPACITY) char *message);

extern const char command_line_help[]; /* what `lsmapd --help` prints */

#endif
