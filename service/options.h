/* The command line of lsmapd: arguments to a plain struct.
 *
 * Pure. Says what is wrong and where; prints nothing, decides nothing.
 */
#ifndef SERVICE_OPTIONS_H
#define SERVICE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/annotations.h"
#include "common/base/status.h"
#include "common/proto/pipe_name.h"
#include "common/text/span.h"
#include "service/policy.h"

enum options_command {
    COMMAND_SERVICE, /* no arguments: started by the service control manager, or by mistake */
    COMMAND_CONSOLE,
    COMMAND_INSTALL,
    COMMAND_UNINSTALL,
    COMMAND_STOP,
    COMMAND_STATUS,
    COMMAND_ACCESS,
    COMMAND_VERSION,
    COMMAND_HELP
};

enum { OPTIONS_LIMITS_MAX = 32 };

struct options {
    enum options_command command;
    bool no_start;            /* install: register only */
    bool quiet;               /* install, uninstall, stop, status: say errors
                                 only */
    bool json;                /* access: JSON lines instead of text */
    bool purge;               /* uninstall: the group of readers, too */
    const char *readers;      /* install: account that becomes a reader; NULL: none */
    bool has_filtered_admins; /* install: the setting is given */
    enum filtered_admins filtered_admins;
    const char *limits[OPTIONS_LIMITS_MAX]; /* --console: NAME=VALUE each, checked */
    size_t limits_count;
    char pipe_name[PIPE_NAME_CAPACITY]; /* full name, UTF-8, terminated; the default one unless
                                           --console was given another */
};

enum { OPTIONS_MESSAGE_CAPACITY = 320 };

struct options_error {
    char message[OPTIONS_MESSAGE_CAPACITY]; /* one line of UTF-8 without newline, terminated */
};

/* Reads the arguments, the program's name left out. --help or --version anywhere in
 * them wins over everything else, the first of the two.
 *
 * arguments  `count` terminated texts in UTF-8.
 * options    Set on success, untouched on failure. Its texts are the arguments'.
 * error      Set on failure, untouched on success.
 *
 * Returns STATUS_OK, or STATUS_BAD_REQUEST with what and where in error->message. */
NODISCARD enum status options_parse(size_t count, _In_reads_(count) const char *const *arguments,
                                    _Out_ struct options *options,
                                    _Out_ struct options_error *error);

/* What `lsmapd --help` prints: lines of UTF-8, each with its newline. */
const char *options_help(void);

#endif
