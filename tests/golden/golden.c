/* Golden tests: request lines and the exact bytes of their replies, from a virtual platform.
 *
 *     golden [--update] FILE...
 *
 * A file contains, line by line: `# comment`; a layout (`layout PATH`, in the same folder, or
 * `layout`, its text, and `end`); settings (golden_world.h); `> REQUEST`, followed by the expected
 * lines of the reply, `< LINE`. With --update the file gets the actual replies: read the difference
 * before you keep it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/buffer.h"
#include "common/text/span.h"
#include "tests/golden/golden_world.h"

enum { FILE_SIZE_MAX = 4 * 1024 * 1024, LINE_CAPACITY = 1024 };

struct golden {
    const char *path;
    struct span text; /* what is not read yet */
    size_t line;      /* number of the line just read */
    struct golden_world world;
    struct buffer updated; /* the file with the actual replies */
    unsigned passed;
    unsigned failed;
};

static void append(struct buffer *buffer, struct span bytes)
{
    if (!buffer_append(buffer, bytes))
        abort();
}

/* Takes the next line, without its end. Returns false at the end of the file. */
static bool take_line(struct golden *golden, struct span *line)
{
    size_t size = 0;

    if (golden->text.size == 0)
        return false;
    while (size < golden->text.size && golden->text.data[size] != '\n')
        size++;
    *line = (struct span){golden->text.data, size};
    golden->text = span_from(golden->text, size < golden->text.size ? size + 1 : size);
    if (size > 0 && line->data[size - 1] == '\r')
        line->size--;
    golden->line++;
    return true;
}

static void keep_line(struct golden *golden, struct span line)
{
    append(&golden->updated, line);
    append(&golden->updated, SPAN("\n"));
}

static void fail(struct golden *golden, const char *message)
{
    golden->failed++;
    printf("%s:%zu: %s\n", golden->path, golden->line, message);
}

/* The lines of a reply as they are in the file. */
static void mark_lines(struct buffer *marked, struct span reply)
{
    size_t begin = 0;

    for (size_t i = 0; i < reply.size; i++) {
        if (reply.data[i] != '\n')
            continue;
        append(marked, SPAN("< "));
        append(marked, (struct span){reply.data + begin, i + 1 - begin});
        begin = i + 1;
    }
}

static void take_expected(struct golden *golden, struct buffer *expected)
{
    struct span line;

    while (span_starts_with(golden->text, SPAN("< ")) && take_line(golden, &line)) {
        append(expected, line);
        append(expected, SPAN("\n"));
    }
}

static void run_case(struct golden *golden, struct span request)
{
    struct buffer reply, actual, expected;

    buffer_init(&reply, FILE_SIZE_MAX);
    buffer_init(&actual, FILE_SIZE_MAX);
    buffer_init(&expected, FILE_SIZE_MAX);
    bool is_closed = golden_world_answer(&golden->world, request, &reply);
    mark_lines(&actual, buffer_span(&reply));
    size_t line = golden->line;
    take_expected(golden, &expected);
    append(&golden->updated, buffer_span(&actual));
    if (!is_closed) {
        fail(golden, "a process stayed open");
    } else if (span_equal(buffer_span(&expected), buffer_span(&actual))) {
        golden->passed++;
    } else {
        golden->failed++;
        printf("%s:%zu: the reply differs\nexpected:\n%.*sactual:\n%.*s", golden->path, line,
               (int)expected.size, expected.size > 0 ? expected.data : "", (int)actual.size,
               actual.size > 0 ? actual.data : "");
    }
    buffer_release(&reply);
    buffer_release(&actual);
    buffer_release(&expected);
}

/* `layout` and the lines up to `end`. */
static const char *take_layout(struct golden *golden)
{
    const char *begin = golden->text.data;
    struct span line;

    while (take_line(golden, &line)) {
        if (span_equal(line, SPAN("end"))) {
            const char *message = golden_world_layout(
                &golden->world, (struct span){begin, (size_t)(line.data - begin)});
            keep_line(golden, (struct span){begin, (size_t)(line.data - begin) + line.size});
            return message;
        }
    }
    return "the layout has no end";
}

/* `layout PATH`: in the folder of the golden file. */
static const char *take_layout_file(struct golden *golden, struct span name)
{
    char path[LINE_CAPACITY];
    size_t folder_size = strlen(golden->path);

    while (folder_size > 0 && strchr("/\\", golden->path[folder_size - 1]) == NULL)
        folder_size--;
    snprintf(path, sizeof path, "%.*s%.*s", (int)folder_size, golden->path, (int)name.size,
             name.data);
    return golden_world_layout_file(&golden->world, path);
}

static const char *take_setting(struct golden *golden, struct span line)
{
    char setting[LINE_CAPACITY];

    if (span_equal(line, SPAN("layout")))
        return take_layout(golden);
    if (span_starts_with(line, SPAN("layout ")))
        return take_layout_file(golden, span_from(line, 7));
    snprintf(setting, sizeof setting, "%.*s", (int)line.size, line.data);
    return golden_world_set(&golden->world, setting);
}

static void run_lines(struct golden *golden)
{
    struct span line;

    while (take_line(golden, &line)) {
        const char *message = NULL;
        keep_line(golden, line);
        if (span_starts_with(line, SPAN(">")))
            run_case(golden, span_from(line, line.size > 1 ? 2 : 1));
        else if (line.size > 0 && line.data[0] != '#')
            message = take_setting(golden, line);
        if (message != NULL) {
            fail(golden, message);
            return;
        }
    }
}

static bool read_file(const char *path, struct buffer *text)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL)
        return false;
    if (!buffer_reserve(text, FILE_SIZE_MAX))
        abort();
    text->size = fread(text->data, 1, FILE_SIZE_MAX, file);
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

    buffer_init(&text, FILE_SIZE_MAX);
    buffer_init(&golden->updated, FILE_SIZE_MAX);
    golden_world_init(&golden->world);
    golden->line = 0;
    if (!read_file(golden->path, &text)) {
        fail(golden, "the file cannot be read");
    } else {
        golden->text = buffer_span(&text);
        run_lines(golden);
        if (update && golden->failed > failed_before && golden->text.size == 0 &&
            !write_file(golden->path, buffer_span(&golden->updated)))
            fail(golden, "the file cannot be written");
    }
    golden_world_release(&golden->world);
    buffer_release(&golden->updated);
    buffer_release(&text);
}

int main(int argc, char **argv)
{
    struct golden golden = {0};
    const bool update = argc > 1 && strcmp(argv[1], "--update") == 0;

    for (int i = update ? 2 : 1; i < argc; i++) {
        golden.path = argv[i];
        run_file(&golden, update);
    }
    printf("%u passed, %u failed\n", golden.passed, golden.failed);
    return golden.failed > 0 || golden.passed == 0 ? 1 : 0;
}
