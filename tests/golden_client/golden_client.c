/* Golden tests of the client: a server's reply, a command line, and the very bytes that are
 * printed.
 *
 *     golden_client [--update] FILE...
 *
 * A file holds, line by line:
 *
 *     # comment
 *     reply            the lines up to `end` are what the server says to each request
 *     file NAME        the lines up to `end` are a file for `lsmap diff`
 *     exists KIND NAME     `-f NAME` finds a file or folder. Then a space and "0x..." for the
 *                      NTSTATUS of the question who has it open, or the pids
 *     columns N        of the console results go to; 0: they go to a file
 *     host             --host finds a fixed machine, boot, scan and time
 *     > ARGUMENTS      runs lsmap; "..." holds spaces together. What is expected follows:
 *     < LINE           of stdout; a CR before the newline is written as \r
 *     ! LINE           of stderr
 *     = NUMBER         the exit code
 *
 * With --update what is printed is written anew: read the difference before you keep it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/options.h"
#include "client/rows/envelope.h"
#include "client/run.h"
#include "client/spelling.h"
#include "client/watch.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum {
    TEXT_SIZE_MAX = 16 * 1024 * 1024,
    LINE_CAPACITY = 4096,
    ARGUMENTS_MAX = 32,
    FILES_MAX = 16,
    NAME_CAPACITY = 64
};

struct named_file {
    char name[NAME_CAPACITY];
    struct span text;
};

/* A text given out from its begin, of a reply up to its terminal line. */
struct stream {
    struct span text;
    struct span reply; /* what is given out for the present request */
};

struct golden {
    const char *path;
    struct span text; /* what is not read yet */
    size_t line;      /* number of the line just read */
    struct span reply;
    struct named_file files[FILES_MAX];
    size_t files_count;
    struct span existing[FILES_MAX]; /* lines of `exists` */
    size_t existing_count;
    size_t columns;
    const char *host;         /* for --host; NULL: not set */
    struct buffer out, error; /* of the run */
    struct buffer updated;    /* the file as it would be with the output of now */
    unsigned passed, failed;
};

static void append(struct buffer *buffer, struct span bytes)
{
    if (!buffer_append(buffer, bytes))
        abort();
}

static bool take_line(struct golden *golden, struct span *line)
{
    size_t size = 0;

    if (golden->text.size == 0)
        return false;
    while (size < golden->text.size && golden->text.data[size] != '\n')
        size++;
    *line = (struct span){golden->text.data, size};
    golden->text = span_from(golden->text, size < golden->text.size ? size + 1 : size);
    golden->line++;
    append(&golden->updated, *line);
    append(&golden->updated, SPAN("\n"));
    return true;
}

static bool fail(struct golden *golden, const char *message)
{
    golden->failed++;
    printf("%s:%zu: %s\n", golden->path, golden->line, message);
    return false;
}

/* The lines up to `end`. */
static bool take_block(struct golden *golden, struct span *block)
{
    const char *begin = golden->text.data;
    struct span line;

    while (take_line(golden, &line)) {
        if (span_equal(line, SPAN("end"))) {
            *block = (struct span){begin, (size_t)(line.data - begin)};
            return true;
        }
    }
    return fail(golden, "the block has no end");
}

static size_t take_bytes(struct stream *stream, char *data, size_t capacity)
{
    size_t size = stream->text.size < capacity ? stream->text.size : capacity;

    if (size > 0)
        memcpy(data, stream->text.data, size);
    stream->text = span_from(stream->text, size);
    return size;
}

/* Each request has the next reply. */
static bool hear_request(void *context, struct span bytes, struct failure *failure)
{
    static const struct span end = {"\"type\":\"end\"", 12};
    struct stream *stream = context;
    size_t size = 0, line = 0;

    (void)bytes;
    (void)failure;
    for (bool is_over = false; size < stream->text.size && !is_over; line = size) {
        while (size < stream->text.size && stream->text.data[size++] != '\n') {
        }
        for (size_t i = line; i < size; i++)
            is_over = is_over || span_starts_with(span_from(stream->text, i), end);
    }
    stream->reply = (struct span){stream->text.data, size};
    stream->text = span_from(stream->text, size);
    return true;
}

static bool give_reply(void *context, char *data, size_t capacity, size_t *size,
                       struct failure *failure)
{
    struct stream *stream = context, reply = {.text = stream->reply};

    *size = take_bytes(&reply, data, capacity);
    stream->reply = reply.text;
    return *size > 0 || failure_set(failure, FAILURE_CLOSED, NULL);
}

static bool keep_result(void *context, struct span bytes)
{
    struct golden *golden = context;

    append(&golden->out, bytes);
    return true;
}

static void keep_diagnostic(void *context, struct span line)
{
    struct golden *golden = context;

    append(&golden->error, line);
}

static bool span_contains(struct span text, const char *part)
{
    const size_t size = strlen(part);

    for (size_t i = 0; i + size <= text.size; i++)
        if (memcmp(text.data + i, part, size) == 0)
            return true;
    return false;
}

/* A Windows where the names of files say what has become of them. */
static enum stale_presence look(void *context, struct span path, uint64_t *change_time)
{
    (void)context;
    *change_time = span_contains(path, "replaced") ? UINT64_C(150000000000000000) : 1;
    return span_contains(path, "hidden")    ? STALE_UNKNOWN
           : span_contains(path, "missing") ? STALE_ABSENT
                                            : STALE_PRESENT;
}

static bool list_users(void *context, struct span path, struct buffer *pids)
{
    (void)context;
    (void)path;
    buffer_clear(pids);
    return true;
}

static bool is_running(void *context, uint32_t pid, struct span start)
{
    (void)start;
    (void)context;
    return pid != 0;
}

static void read_pending(void *context, struct buffer *names)
{
    static const char pending[] = "\\??\\C:\\App\\pending.dll\0";

    (void)context;
    append(names, (struct span){pending, sizeof pending});
}

static const struct stale_calls stale_calls = {NULL, read_pending, look, list_users, is_running};

static const struct named_file *find_file(const struct golden *golden, struct span name)
{
    for (size_t i = 0; i < golden->files_count; i++)
        if (span_equal(name, span_from_string(golden->files[i].name)))
            return &golden->files[i];
    return NULL;
}

/* What is left of the two files of `diff`. */
struct streams {
    struct golden *golden;
    const struct options *options;
    bool is_open[2];
    struct stream streams[2];
};

static bool give_file(void *context, size_t side, char *data, size_t capacity, size_t *size,
                      struct failure *failure)
{
    struct streams *streams = context;

    if (!streams->is_open[side]) {
        const struct named_file *file = find_file(streams->golden, streams->options->files[side]);
        if (file == NULL)
            return failure_set(failure, FAILURE_FILE, "there is no such file");
        streams->streams[side].text = file->text;
        streams->is_open[side] = true;
    }
    *size = take_bytes(&streams->streams[side], data, capacity);
    return true;
}

/* The accounts of this machine. */
static bool find_account(struct span sid, struct buffer *name)
{
    static const struct {
        struct span sid, name;
    } accounts[] = {{{"S-1-5-18", 8}, {"SYSTEM", 6}},
                    {{"S-1-5-19", 8}, {"LOCAL SERVICE", 13}},
                    {{"S-1-5-21-1-2-3-1001", 19}, {"alice", 5}}};

    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++)
        if (span_equal(sid, accounts[i].sid))
            return buffer_append(name, accounts[i].name);
    return false;
}

/* "file C:\\a 7 8", "folder C:\\b 0xc0000003": what one `exists` says. Returns false when it is of another
 * name. */
static bool take_existing(struct span line, struct asked_list *list, struct span name)
{
    bool is_folder = span_starts_with(line, SPAN("folder "));
    struct span rest = span_from(line, is_folder ? 7 : 5);

    if (!span_starts_with(rest, name) || (rest.size > name.size && rest.data[name.size] != ' '))
        return false;
    struct asked *item = asked_add(list, is_folder ? ASKED_FOLDER : ASKED_FILE, name);
    asked_add_glob(list, name);
    rest = span_from(rest, name.size);
    item->users_status =
        span_starts_with(rest, SPAN(" 0x")) ? (uint32_t)strtoul(rest.data, NULL, 16) : 0;
    while (item->users_status == 0 && rest.size > 0) {
        char *end = NULL;
        asked_add_user(list, (uint32_t)strtoul(rest.data, &end, 10));
        rest = span_from(rest, (size_t)(end - rest.data));
    }
    return true;
}

static void resolve(const struct golden *golden, struct asked_list *list, struct span name)
{
    for (size_t i = 0; i < golden->existing_count; i++)
        if (take_existing(golden->existing[i], list, name))
            return;
    (void)asked_add(list,
                    memchr(name.data, '\\', name.size) != NULL && !spelling_has_wildcard(name)
                        ? ASKED_MISSING
                        : ASKED_PATTERN,
                    name);
    asked_add_glob(list, name);
}

static uint64_t fixed_time(void *context)
{
    (void)context;
    return UINT64_C(134082703231234567); /* in November 2025 */
}

static enum outcome run_command(struct golden *golden, const struct options *options,
                                const struct output *output)
{
    static const struct span folders[] = {
        {"C:\\Windows", 10}, {"C:\\Program Files", 16}, {"C:\\Program Files (x86)", 22}};
    static const uint8_t random[ENVELOPE_RANDOM_SIZE] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                         8, 9, 10, 11, 12, 13, 14, 15};
    struct stream stream = {.text = golden->reply};
    static struct asked_list paths, images;
    struct span outside[OPTIONS_FOLDERS_MAX + 4];
    size_t outside_count = options->not_under_count;
    const struct transport transport = {&stream, hear_request, give_reply, NULL};
    struct envelope envelope;
    struct run_settings settings = {.options = options,
                                    .transport = &transport,
                                    .output = output,
                                    .width = golden->columns,
                                    .account = find_account,
                                    .paths = &paths,
                                    .images = &images,
                                    .folders = outside,
                                    .now = fixed_time};

    settings.stale = options->command == COMMAND_STALE ? &stale_calls : NULL;
    if (options->command == COMMAND_DIFF)
        return run_diff(&settings, give_file,
                        &(struct streams){.golden = golden, .options = options});
    if (options->host && golden->host != NULL) {
        envelope_init(&envelope, golden->host, UINT64_C(134082667230000000), random);
        settings.envelope = &envelope;
    }
    memcpy(outside, options->not_under, outside_count * sizeof outside[0]);
    for (size_t i = 0; i < 3 && options->outside_system; i++)
        outside[outside_count++] = folders[i];
    settings.folders_count = outside_count;
    asked_init(&paths);
    for (size_t i = 0; i < options->paths_count; i++)
        resolve(golden, &paths, options->paths[i]);
    asked_init(&images);
    for (size_t i = 0; i < options->images_count; i++)
        (void)asked_add(&images, ASKED_FILE, options->images[i]);
    enum outcome outcome = run_request(&settings);
    asked_release(&paths);
    asked_release(&images);
    return outcome;
}

/* Splits in place; returns their number, the program's name included. */
static int split(char *text, char **argv)
{
    static char program[] = "lsmap";
    int argc = 0;

    argv[argc++] = program;
    while (*text != '\0' && argc < ARGUMENTS_MAX) {
        char stop = ' ';
        if (*text == ' ') {
            text++;
            continue;
        }
        if (*text == '"') {
            stop = '"';
            text++;
        }
        argv[argc++] = text;
        while (*text != '\0' && *text != stop)
            text++;
        if (*text != '\0')
            *text++ = '\0';
    }
    argv[argc] = NULL;
    return argc;
}

static int run_line(struct golden *golden, struct span arguments)
{
    const struct output output = {
        .context = golden, .write = keep_result, .complain = keep_diagnostic};
    char text[LINE_CAPACITY], message[OPTIONS_ERROR_CAPACITY], *argv[ARGUMENTS_MAX + 1];
    static struct options options;

    buffer_clear(&golden->out);
    buffer_clear(&golden->error);
    snprintf(text, sizeof text, "%.*s", (int)arguments.size, arguments.data);
    int argc = split(text, argv);
    if (options_parse(argc, argv, &options, message))
        return (int)run_command(golden, &options, &output);
    append(&golden->error, SPAN("lsmap: "));
    append(&golden->error, span_from_string(message));
    append(&golden->error, SPAN("\n"));
    return OUTCOME_USAGE;
}

/* The lines as the file writes them. */
static void mark_lines(struct buffer *marked, struct span mark, struct span text)
{
    for (size_t begin = 0; begin < text.size;) {
        size_t end = begin;
        while (end < text.size && text.data[end] != '\n')
            end++;
        bool has_cr = end > begin && text.data[end - 1] == '\r';
        append(marked, end > begin ? mark : (struct span){mark.data, 1}); /* no space at the end */
        append(marked, (struct span){text.data + begin, end - begin - (has_cr ? 1 : 0)});
        append(marked, has_cr ? SPAN("\\r\n") : SPAN("\n"));
        begin = end + 1;
    }
}

static bool is_expectation(struct span text)
{
    return span_starts_with(text, SPAN("<")) || span_starts_with(text, SPAN("!")) ||
           span_starts_with(text, SPAN("="));
}

static void run_case(struct golden *golden, struct span arguments)
{
    size_t line = golden->line, kept = golden->updated.size;
    struct buffer actual;
    struct span expected = {golden->text.data, 0}, skipped;
    char code[16];

    buffer_init(&actual, TEXT_SIZE_MAX);
    snprintf(code, sizeof code, "= %d\n", run_line(golden, arguments));
    mark_lines(&actual, SPAN("< "), buffer_span(&golden->out));
    mark_lines(&actual, SPAN("! "), buffer_span(&golden->error));
    append(&actual, span_from_string(code));
    while (is_expectation(golden->text) && take_line(golden, &skipped))
        expected.size = (size_t)(skipped.data + skipped.size - expected.data) + 1;
    golden->updated.size = kept;
    append(&golden->updated, buffer_span(&actual));
    if (span_equal(expected, buffer_span(&actual))) {
        golden->passed++;
    } else {
        golden->failed++;
        printf("%s:%zu: the output differs\nexpected:\n%.*sactual:\n%.*s", golden->path, line,
               (int)expected.size, expected.data, (int)actual.size, actual.data);
    }
    buffer_release(&actual);
}

static bool take_file(struct golden *golden, struct span name)
{
    if (golden->files_count == FILES_MAX)
        golden->files_count = 0; /* the oldest ones are not needed any more */
    struct named_file *file = &golden->files[golden->files_count++];
    snprintf(file->name, sizeof file->name, "%.*s", (int)name.size, name.data);
    return take_block(golden, &file->text);
}

static bool take_setting(struct golden *golden, struct span line)
{
    if (span_equal(line, SPAN("reply"))) {
        golden->existing_count = 0;
        return take_block(golden, &golden->reply);
    }
    if (span_starts_with(line, SPAN("exists ")) && golden->existing_count < FILES_MAX) {
        golden->existing[golden->existing_count++] = span_from(line, 7);
        return true;
    }
    if (span_starts_with(line, SPAN("file ")))
        return take_file(golden, span_from(line, 5));
    if (span_starts_with(line, SPAN("columns "))) {
        golden->columns = (size_t)strtoul(line.data + 8, NULL, 10);
        return true;
    }
    if (!span_equal(line, SPAN("host")))
        return fail(golden, "unknown setting");
    golden->host = "PC";
    return true;
}

static void run_lines(struct golden *golden)
{
    struct span line;

    while (take_line(golden, &line)) {
        if (span_starts_with(line, SPAN("> ")))
            run_case(golden, span_from(line, 2));
        else if (line.size > 0 && line.data[0] != '#' && !take_setting(golden, line))
            return;
    }
}

static bool read_file(const char *path, struct buffer *text)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL)
        return false;
    if (!buffer_reserve(text, TEXT_SIZE_MAX))
        abort();
    text->size = fread(text->data, 1, TEXT_SIZE_MAX, file);
    bool ok = feof(file) != 0;
    (void)fclose(file);
    return ok;
}

static bool write_file(const char *path, struct span text)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL)
        return false;
    bool ok = fwrite(text.data, 1, text.size, file) == text.size;
    return fclose(file) == 0 && ok;
}

static void run_file(struct golden *golden, bool update)
{
    struct buffer text;
    const unsigned failed_before = golden->failed;

    buffer_init(&text, TEXT_SIZE_MAX);
    buffer_clear(&golden->updated);
    golden->line = 0;
    golden->reply = (struct span){NULL, 0};
    golden->files_count = golden->existing_count = 0;
    golden->columns = 0;
    if (!read_file(golden->path, &text)) {
        (void)fail(golden, "the file cannot be read");
    } else {
        golden->text = buffer_span(&text);
        run_lines(golden);
        if (update && golden->failed > failed_before && golden->text.size == 0 &&
            !write_file(golden->path, buffer_span(&golden->updated)))
            (void)fail(golden, "the file cannot be written");
    }
    buffer_release(&text);
}

int main(int argc, char **argv)
{
    static struct golden golden;
    const bool update = argc > 1 && strcmp(argv[1], "--update") == 0;

    buffer_init(&golden.out, TEXT_SIZE_MAX);
    buffer_init(&golden.error, TEXT_SIZE_MAX);
    buffer_init(&golden.updated, TEXT_SIZE_MAX);
    for (int i = update ? 2 : 1; i < argc; i++) {
        golden.path = argv[i];
        run_file(&golden, update);
    }
    buffer_release(&golden.out);
    buffer_release(&golden.error);
    buffer_release(&golden.updated);
    printf("%u passed, %u failed\n", golden.passed, golden.failed);
    return golden.failed > 0 || golden.passed == 0 ? 1 : 0;
}
