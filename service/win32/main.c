/* lsmapd.exe: command line to action. */

#include <stdio.h>

#include "common/proto/protocol.h"
#include "common/version.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "service/command_line.h"
#include "service/win32/access_cmd.h"
#include "service/win32/daemon.h"
#include "service/win32/hardening.h"
#include "service/win32/install.h"

static enum exit_code act(const struct command_line *line)
{
    switch (line->command) {
    case LSMAPD_SERVICE:
        return daemon_run_service();
    case LSMAPD_CONSOLE:
        return daemon_run_console(line->pipe_name, &line->settings);
    case LSMAPD_INSTALL:
        return install_run(line);
    case LSMAPD_UNINSTALL:
        return uninstall_run(line);
    case LSMAPD_STOP:
        return stop_run(line->quiet);
    case LSMAPD_STATUS:
        return status_run(line->quiet);
    case LSMAPD_ACCESS:
        return access_run(line->json);
    case LSMAPD_VERSION:
        fputs(SERVICE_NAME " " LSMAP_VERSION_STRING "\n", stdout);
        return EXIT_CODE_OK;
    case LSMAPD_HELP:
        fputs(command_line_help, stdout);
        return EXIT_CODE_OK;
    }
    return EXIT_CODE_USAGE;
}

int wmain(int argc, wchar_t **argv); /* no header declares it */

int wmain(int argc, wchar_t **argv)
{
    struct command_line line;
    char message[CLI_MESSAGE_CAPACITY];

    /* First of all: a DLL beside the program or in the current folder is never loaded. */
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    (void)hardening_apply();

    enum exit_code code = EXIT_CODE_FAILED;
    const UINT code_page = GetConsoleOutputCP();
    const int count = argc > 1 ? argc - 1 : 0;
    char **arguments = text_w_arguments(count, argv + 1);
    SetConsoleOutputCP(CP_UTF8);
    if (arguments != NULL && command_line_parse((size_t)count, (const char *const *)arguments,
                                                system_processors(), &line, message)) {
        code = act(&line);
    } else if (arguments != NULL) {
        fprintf(stderr, SERVICE_NAME ": %s (see lsmapd --help)\n", message);
        code = EXIT_CODE_USAGE;
    }
    fflush(stdout);
    if (code_page != 0)
        SetConsoleOutputCP(code_page); /* the prompt has its own */
    return (int)code;
}
