/* lsmap.exe: arguments in, exit code out. */
#include <stdio.h>
#include <string.h>

#include "client/watch.h"
#include "client/win32/console.h"
#include "client/win32/direct.h"
#include "client/win32/file_users.h"
#include "client/win32/pipe.h"
#include "client/win32/resolve.h"
#include "common/base/bounds.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"
#include "common/win32/win.h"

#include <sddl.h>

enum {
    SYSTEM_FOLDERS_MAX = 4,
    FOLDER_LEN_MAX = 300,
    FOLDER_CAPACITY = 1024,
    ACCOUNTS_MAX = 64,
    ACCOUNT_LEN_MAX = 257
};

/* What the paths of the options mean now. */
struct places {
    struct asked_list paths, names; /* names: of programs, then of folders */
    char texts[SYSTEM_FOLDERS_MAX][FOLDER_CAPACITY];
    struct span outside[(size_t)OPTIONS_FOLDERS_MAX + SYSTEM_FOLDERS_MAX]; /* what is left out */
    size_t outside_count;
};

/* Something failed that is not the server's fault. error  Of Windows; ERROR_SUCCESS: none. */
static enum outcome complain(const struct console *console, const char *what, DWORD error)
{
    char line[OPTIONS_ERROR_CAPACITY + 256], reason[160] = "";
    const bool is_known = error != ERROR_SUCCESS;

    (void)snprintf(line, sizeof line, PRODUCT_NAME ": %s%s%s\n", what, is_known ? ": " : "",
                   is_known ? text_w_error(reason, sizeof reason, error) : reason);
    console->output.complain(console->output.context, span_from_string(line));
    return OUTCOME_BROKEN;
}

/* Where Windows and the programs installed for all users are: what --outside-system leaves out. A folder
 * that cannot be found does not count. */
static void add_system_folders(struct places *places)
{
    /* Of 32-bit and 64-bit programs. The user's own variables decide what the user sees, and
     * nothing else. */
    static const wchar_t *const variables[SYSTEM_FOLDERS_MAX] = {
        NULL, L"ProgramFiles", L"ProgramFiles(x86)", L"ProgramW6432"};
    wchar_t path[FOLDER_LEN_MAX];

    for (size_t i = 0; i < SYSTEM_FOLDERS_MAX; i++) {
        /* Not GetWindowsDirectoryW: on a terminal server that may be a folder of the user. */
        const DWORD len = variables[i] == NULL
                              ? GetSystemWindowsDirectoryW(path, FOLDER_LEN_MAX)
                              : GetEnvironmentVariableW(variables[i], path, FOLDER_LEN_MAX);
        if (len > 0 && len < FOLDER_LEN_MAX &&
            text_w_to_utf8(places->texts[i], FOLDER_CAPACITY, path) == ERROR_SUCCESS)
            places->outside[places->outside_count++] = span_from_string(places->texts[i]);
    }
}

static void places_init(struct places *places, const struct options *options)
{
    asked_init(&places->paths);
    asked_init(&places->names);
    places->outside_count = 0;
    for (size_t i = 0; i < options->paths_count; i++)
        resolve_path(&places->paths, options->paths[i], false);
    asked_add_others(&places->paths);
    for (size_t i = 0; i < options->images_count; i++)
        resolve_path(&places->names, options->images[i], true);
    for (size_t i = 0; i < options->not_under_count; i++) {
        resolve_path(&places->names, options->not_under[i], true);
        places->outside[places->outside_count++] =
            places->names.items[places->names.count - 1].name;
    }
    if (options->outside_system)
        add_system_folders(places);
}

/* --- names of accounts --- */

struct account {
    char sid[SID_TEXT_CAPACITY];
    char name[6 * ACCOUNT_LEN_MAX]; /* with its domain; "": it has none */
};

/* For people who read tables. Only the client asks for names: a domain controller that has to be asked
 * may not answer. Each is looked up once; when the list is full the oldest go. */
static bool find_account(struct span sid, struct buffer *name)
{
    static struct account accounts[ACCOUNTS_MAX];
    static size_t looked_up;
    struct account *account = accounts, *end = accounts + ACCOUNTS_MAX;
    struct sid known;
    PSID bytes = NULL;

    if (sid.size == 0 || sid.size >= SID_TEXT_CAPACITY || memchr(sid.data, '\0', sid.size) != NULL)
        return false;
    while (account < end && !span_equal(sid, span_from_string(account->sid)))
        account++;
    if (account == end) {
        account = &accounts[looked_up++ % ACCOUNTS_MAX];
        memcpy(account->sid, sid.data, sid.size);
        account->sid[sid.size] = '\0';
        account->name[0] = '\0';
        if (ConvertStringSidToSidA(account->sid, &bytes) &&
            sid_set(&known, bytes, GetLengthSid(bytes)))
            token_account_name(&known, account->name, sizeof account->name);
        (void)LocalFree(bytes);
    }
    const char *backslash = strrchr(account->name, '\\');
    const char *user = backslash != NULL ? backslash + 1 : account->name;
    return *user != '\0' && buffer_text(name, user);
}

/* --- questions --- */

/* What --host adds to rows. info  Must outlive the envelope. */
static DWORD query_host(struct server_info *info, struct envelope *envelope)
{
    uint8_t random[ENVELOPE_RANDOM_SIZE] = {0};
    const DWORD error = system_random(random, sizeof random);

    system_info_query(info, "client");
    envelope_init(envelope, info->host, info->boot_time, random);
    return error;
}

/* The server of the pipe, or this process itself. */
struct server {
    const struct options *options;
    struct pipe_client client;
    struct direct *direct; /* owned */
};

static void close_server(void *context)
{
    struct server *server = context;

    pipe_client_close(&server->client);
    direct_close(server->direct);
    server->direct = NULL;
}

/* For one request. */
static const struct transport *open_server(void *context, struct failure *failure)
{
    struct server *server = context;
    const unsigned timeout_s = server->options->timeout_s;

    if (server->options->direct) {
        close_server(server);
        return direct_open(&server->direct, timeout_s, failure) ? &server->direct->transport : NULL;
    }
    if (server->client.pipe != NULL)
        server->client.left_ms = timeout_s * 1000;
    else if (!pipe_client_open(&server->client, server->options->pipe, timeout_s, failure))
        return NULL;
    return &server->client.transport;
}

static bool sleep_ms(void *context, unsigned ms)
{
    (void)context;
    Sleep(ms);
    return true;
}

/* One question. Its files are closed again: an open handle would keep a removed file from going. */
static enum outcome ask(void *context, const struct options *options, struct buffer *results)
{
    struct console *console = context;
    static struct places places; /* large */
    struct failure failure = {FAILURE_MEMORY, ""};
    struct server_info info;
    struct envelope envelope;
    struct server server = {.options = options};
    struct run_settings settings = {
        .options = options,
        .output = &console->output,
        .results = results,
        .width = console->width,
        .account = find_account,
        .paths = &places.paths,
        .images = &places.names,
        .folders = places.outside,
        .stale = options->command == COMMAND_STALE ? &stale_files : NULL,
        .envelope = options->host ? &envelope : NULL,
        .now = system_now_filetime,
    };
    enum outcome outcome;

    DWORD error = options->host ? query_host(&info, &envelope) : ERROR_SUCCESS;
    if (error != ERROR_SUCCESS)
        return complain(console, "no identifier for the scan", error);
    places_init(&places, options);
    settings.folders_count = places.outside_count;
    if (places.paths.failed || places.names.failed)
        outcome = run_complain(&settings, &failure);
    else if (options->command == COMMAND_WATCH)
        outcome = run_watch(&settings,
                            &(struct watch_server){&server, open_server, close_server, sleep_ms});
    else if ((settings.transport = open_server(&server, &failure)) != NULL)
        outcome = run_request(&settings);
    else
        outcome = run_complain(&settings, &failure);
    close_server(&server);
    asked_release(&places.paths);
    asked_release(&places.names);
    return outcome;
}

static uint64_t now_ms(void *context)
{
    (void)context;
    return system_now_ms();
}

/* The files of `diff`; the end of the process closes them. */
static bool read_file(void *context, size_t side, char *data, size_t capacity, size_t *size,
                      struct failure *failure)
{
    static HANDLE files[2];
    static wchar_t path[NAME_LENGTH_MAX + 1];
    const struct options *options = context;
    char text[FAILURE_DETAIL_CAPACITY];
    const bool is_open = files[side] != NULL;
    DWORD got = 0, error = ERROR_SUCCESS;

    if (!is_open)
        error = text_w_from_utf8(path, NAME_LENGTH_MAX + 1, options->files[side]);
    if (!is_open && error == ERROR_SUCCESS)
        error = handle_open_file(&files[side], path, GENERIC_READ,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                 OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN);
    if (error == ERROR_SUCCESS && !ReadFile(files[side], data, (DWORD)capacity, &got, NULL))
        error = GetLastError();
    if (error != ERROR_SUCCESS && error != ERROR_BROKEN_PIPE && error != ERROR_HANDLE_EOF)
        return failure_set(failure, is_open ? FAILURE_SYSTEM : FAILURE_FILE, "%s",
                           text_w_error(text, sizeof text, error));
    *size = got; /* a pipe ends with ERROR_BROKEN_PIPE */
    return true;
}

static enum outcome obey(struct console *console, struct options *options)
{
    const struct output *output = &console->output;

    if (options->command == COMMAND_DIFF)
        return run_diff(
            &(struct run_settings){.options = options, .output = output, .width = console->width},
            read_file, options);
    if (options->wait)
        return run_wait(options, output, &(struct wait_calls){console, ask, sleep_ms, now_ms});
    if (options->command >= COMMAND_MAPS)
        return ask(console, options, NULL);
    if (options->command == COMMAND_USAGE) {
        output->complain(output->context, span_from_string(options->text));
        return OUTCOME_USAGE;
    }
    (void)output->write(output->context, span_from_string(options->text));
    return OUTCOME_COMPLETE;
}

/* The results go to the file of --out, which gets its name only when all of them are there. */
static enum outcome obey_into_file(struct console *console, struct options *options)
{
    char file[OPTIONS_ERROR_CAPACITY];
    enum outcome outcome = OUTCOME_BROKEN;
    bool is_kept = true;

    DWORD error = console_to_file(console, options->out);
    if (error == ERROR_SUCCESS) {
        outcome = obey(console, options);
        is_kept = outcome == OUTCOME_COMPLETE || outcome == OUTCOME_INCOMPLETE ||
                  outcome == OUTCOME_NOTHING;
        error = console_end_file(console, is_kept);
        if (error == ERROR_SUCCESS && is_kept)
            return outcome;
    }
    (void)snprintf(file, sizeof file, "%s was not written%s",
                   cli_quote(span_from_string(options->out)).text,
                   error == ERROR_SHARING_VIOLATION ? ": another program has it open" : "");
    (void)complain(console, file, error == ERROR_SHARING_VIOLATION ? ERROR_SUCCESS : error);
    return is_kept ? OUTCOME_BROKEN : outcome; /* what is not kept ends without an error */
}

static enum outcome run(struct console *console, int argc, char *const *argv)
{
    struct options options;
    char message[OPTIONS_ERROR_CAPACITY], text[OPTIONS_ERROR_CAPACITY + 32];

    if (!options_parse(argc, argv, &options, message)) {
        (void)snprintf(text, sizeof text, "%s (see " PRODUCT_NAME " --help)", message);
        (void)complain(console, text, ERROR_SUCCESS);
        return OUTCOME_USAGE;
    }
    enum outcome outcome =
        options.out != NULL ? obey_into_file(console, &options) : obey(console, &options);
    return console_failed(console)
               ? complain(console, "the output could not be written", console->write_error)
               : outcome;
}

int wmain(int argc, wchar_t **argv_w); /* no header declares it */

int wmain(int argc, wchar_t **argv_w)
{
    static struct console console;

    /* Before anything can load a library: DLLs come from the system folder only. */
    (void)SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    console_open(&console);
    char **argv = text_w_arguments(argc, argv_w);
    return (int)(argv != NULL ? run(&console, argc, argv)
                              : complain(&console, "out of memory", ERROR_SUCCESS));
}
