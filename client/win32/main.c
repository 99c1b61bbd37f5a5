/* lsmap.exe: arguments in, exit code out. */
#include <stdio.h>
#include <stdlib.h>

#include "console.h"
#include "direct_link.h"
#include "options.h"
#include "outcome.h"
#include "pipe_client.h"
#include "protocol.h"
#include "run.h"
#include "text_w.h"
#include "usage.h"
#include "version.h"
#include "win.h"

static void complain(const struct console *console, const char *text)
{
    char line[OPTIONS_ERROR_CAPACITY + 64];
    int size = snprintf(line, sizeof line, PRODUCT_NAME ": %s\n", text);

    if (size > 0)
        console->output.complain(console->output.context, (struct span){line, (size_t)size});
}

/* Asks this process, or the server behind the pipe. */
static enum outcome ask(struct console *console, const struct options *options)
{
    struct failure failure = {FAILURE_MEMORY, ""};
    struct pipe_client client = {0};
    struct direct *direct = NULL;
    struct run_settings settings = {
        .options = options,
        .output = &console->output,
        .pipe = options->pipe[0] != '\0' ? options->pipe : PIPE_NAME_DEFAULT,
        .width = console->width,
    };
    enum outcome outcome;

    if (options->direct) {
        direct = direct_create(&failure);
        settings.link = direct != NULL ? direct_link(direct) : NULL;
    } else if (pipe_client_open(&client, settings.pipe, options->timeout_s, &failure)) {
        settings.link = &client.link;
    }
    outcome =
        settings.link != NULL ? run_requests(&settings) : run_complain_failure(&settings, &failure);
    pipe_client_close(&client);
    direct_destroy(direct);
    return outcome;
}

static enum outcome obey(struct console *console, const struct options *options)
{
    const struct output *output = &console->output;

    switch (options->command) {
    case COMMAND_USAGE:
        output->complain(output->context, span_from_string(usage_short));
        return OUTCOME_USAGE;
    case COMMAND_HELP:
        (void)output->write(output->context, span_from_string(usage_help));
        return OUTCOME_COMPLETE;
    case COMMAND_VERSION:
        (void)output->write(output->context, SPAN(PRODUCT_NAME " " LSMAP_VERSION_STRING "\n"));
        return OUTCOME_COMPLETE;
    case COMMAND_MAPS:
    case COMMAND_PS:
    case COMMAND_INFO:
    case COMMAND_WHOAMI:
    case COMMAND_STATS:
        break;
    }
    return ask(console, options);
}

static enum outcome run(struct console *console, int argc, char *const *argv)
{
    struct options options;
    char message[OPTIONS_ERROR_CAPACITY], text[OPTIONS_ERROR_CAPACITY + 32];

    if (!options_parse(argc, argv, &options, message)) {
        (void)snprintf(text, sizeof text, "%s (see " PRODUCT_NAME " --help)", message);
        complain(console, text);
        return OUTCOME_USAGE;
    }
    enum outcome outcome = obey(console, &options);
    if (console_failed(console)) {
        char error[160];
        (void)snprintf(text, sizeof text, "the output could not be written: %s",
                       text_w_error(error, sizeof error, console->write_error));
        complain(console, text);
        outcome = outcome_worse(outcome, OUTCOME_SOME_FAILED);
    }
    return outcome;
}

static void free_arguments(int argc, char **argv)
{
    for (int i = 0; argv != NULL && i < argc; i++)
        free(argv[i]);
    free(argv);
}

/* The arguments as UTF-8; NULL without memory. */
static char **copy_arguments(int argc, wchar_t **argv_w)
{
    char **argv = calloc((size_t)argc + 1, sizeof *argv);

    for (int i = 0; argv != NULL && i < argc; i++) {
        argv[i] = text_w_to_utf8_alloc(argv_w[i]);
        if (argv[i] == NULL) {
            free_arguments(argc, argv);
            return NULL;
        }
    }
    return argv;
}

int wmain(int argc, wchar_t **argv_w); /* no header declares it */

int wmain(int argc, wchar_t **argv_w)
{
    struct console console;
    enum outcome outcome = OUTCOME_SOME_FAILED;

    /* Before anything may load a library: never one beside a file that is looked at. */
    (void)SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    console_open(&console);
    char **argv = copy_arguments(argc, argv_w);
    if (argv != NULL)
        outcome = run(&console, argc, argv);
    else
        complain(&console, "out of memory");
    free_arguments(argc, argv);
    console_close(&console);
    return outcome;
}
