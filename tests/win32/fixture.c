/* A process that maps known things and reports them, for tests that then list it.
 *
 *     fixture.exe [--dir DIR] [--event NAME] [--seconds N] [--tag TEXT]
 *
 * Prints JSON lines: one for the process ({"label":"process","pid":...}), one for each view
 * (label, kind, base, size, protect, regions, path), or label and `skipped` when this system cannot
 * map it; then the line `ready`. Then it waits for a line or the end of its input; with --event for the
 * named event instead; with --seconds alone only for that time. It waits at most --seconds (default
 * 60). A line `map` makes it map its own program as a data file instead, and `unmap` unmaps it. Its files are in a folder of their own below DIR (default: the temporary folder) and are deleted
 * when it ends. --tag is ignored: others find the process by its command line.
 * It holds named sections, PID being its own, which it does not map: Local\lsmap-fixture-PID of 12288
 * bytes, Global\lsmap-fixture-PID of 1 MiB that is reserved, Local\lsmap-fixture-PID-data and -image
 * of its own program.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/json/writer.h"
#include "common/text/buffer.h"
#include "common/win32/handle.h"
#include "common/win32/text_w.h"
#include "tests/win32/fixture_views.h"

enum {
    WAIT_SECONDS = 300,
    WAIT_SECONDS_MAX = 3600,
    ARGUMENTS_MAX = 16,
    COMMAND_LINE_MAX = 4096, /* UTF-16 units */
    OUTPUT_SIZE_MAX = 1024 * 1024
};

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct options {
    const wchar_t *dir;
    const wchar_t *event;
    bool has_seconds;
    DWORD seconds;
};

static bool emit(struct buffer *out, const struct fixture_view *view)
{
    struct json_writer writer;

    json_line_begin(&writer, out);
    json_text(&writer, "label", view->label);
    json_text(&writer, "kind", view->kind);
    if (view->skipped != NULL) {
        json_text(&writer, "skipped", view->skipped);
        return json_line_end(&writer);
    }
    json_address(&writer, "base", view->base);
    json_uint(&writer, "size", view->size);
    json_text(&writer, "protect", view->protect);
    json_uint(&writer, "regions", view->regions);
    json_text(&writer, "path", view->path[0] != '\0' ? view->path : NULL);
    return json_line_end(&writer);
}

static bool emit_process(struct buffer *out)
{
    struct json_writer writer;

    json_line_begin(&writer, out);
    json_text(&writer, "label", "process");
    json_uint(&writer, "pid", GetCurrentProcessId());
    return json_line_end(&writer);
}

static bool write_all(const struct buffer *out)
{
    HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
    size_t done = 0;

    while (done < out->size) {
        DWORD written = 0;
        if (!WriteFile(output, out->data + done, (DWORD)(out->size - done), &written, NULL) ||
            written == 0)
            return false;
        done += written;
    }
    return true;
}

static bool report(const struct fixture *fixture)
{
    struct buffer out;

    buffer_init(&out, OUTPUT_SIZE_MAX);
    bool ok = emit_process(&out);
    for (size_t i = 0; i < fixture->count; i++)
        ok = ok && emit(&out, &fixture->views[i]);
    ok = ok && buffer_append(&out, SPAN("ready\n")) && write_all(&out);
    buffer_release(&out);
    return ok;
}

/* The program file mapped as data; NULL: it cannot be mapped. */
static void *map_program(void)
{
    wchar_t path[MAX_PATH + 1] = L"";

    (void)GetModuleFileNameW(NULL, path, MAX_PATH);
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    HANDLE section = CreateFileMappingW(file, NULL, PAGE_READONLY, 0, 0, NULL);
    void *view = section != NULL ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;
    handle_close(&section); /* the view keeps both */
    handle_close(&file);
    return view;
}

static DWORD WINAPI wait_for_input(void *unused)
{
    char line[16];
    size_t size = 0;
    DWORD count;
    void *view = NULL;

    (void)unused;
    while (size < sizeof line &&
           ReadFile(GetStdHandle(STD_INPUT_HANDLE), line + size, 1, &count, NULL) && count == 1) {
        if (line[size++] != '\n')
            continue;
        const struct span text = {line, size};
        if (span_equal(text, SPAN("map\n")))
            view = map_program();
        else if (!span_equal(text, SPAN("unmap\n")))
            break;
        else if (view != NULL)
            (void)UnmapViewOfFile(view);
        size = 0;
    }
    return 0;
}

/* What to wait for; NULL: only the time. Created before `ready` is printed, so that its reader can
 * set the event. */
static HANDLE open_end(const struct options *options)
{
    if (options->event != NULL)
        return CreateEventW(NULL, TRUE, FALSE, options->event);
    if (options->has_seconds)
        return NULL;
    return CreateThread(NULL, 0, wait_for_input, NULL, 0, NULL);
}

static void wait_for_end(const struct options *options, HANDLE end)
{
    if (end != NULL)
        WaitForSingleObject(end, options->seconds * 1000);
    else
        Sleep(options->seconds * 1000);
}

/* Splits a command line of words and "quoted words" in place; the first word is the program. */
static size_t split(wchar_t *line, const wchar_t **words)
{
    size_t count = 0;

    while (count < ARGUMENTS_MAX) {
        line += wcsspn(line, L" \t");
        if (line[0] == L'\0')
            break;
        const wchar_t *end = L" \t";
        if (line[0] == L'"') {
            line++;
            end = L"\"";
        }
        words[count++] = line;
        line += wcscspn(line, end);
        if (line[0] == L'\0')
            break;
        *line++ = L'\0';
    }
    return count;
}

static bool parse(struct options *options, const wchar_t **words, size_t count)
{
    for (size_t i = 1; i < count; i += 2) {
        const wchar_t *value = i + 1 < count ? words[i + 1] : NULL;
        if (value == NULL)
            return false;
        if (wcscmp(words[i], L"--dir") == 0) {
            options->dir = value;
        } else if (wcscmp(words[i], L"--event") == 0) {
            options->event = value;
        } else if (wcscmp(words[i], L"--seconds") == 0) {
            options->seconds = wcstoul(value, NULL, 10);
            options->has_seconds = true;
        } else if (wcscmp(words[i], L"--tag") != 0) {
            return false;
        }
    }
    return options->seconds > 0 && options->seconds <= WAIT_SECONDS_MAX;
}

/* Until the process ends. What a system cannot make is missing. */
static void make_sections(void)
{
    wchar_t path[MAX_PATH + 1] = L"", name[64];
    const unsigned long pid = GetCurrentProcessId();

    (void)swprintf(name, 64, L"Local\\lsmap-fixture-%lu", pid);
    (void)CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 12288, name);
    (void)swprintf(name, 64, L"Global\\lsmap-fixture-%lu", pid);
    (void)CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 0x100000,
                             name);
    (void)GetModuleFileNameW(NULL, path, MAX_PATH);
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return;
    (void)swprintf(name, 64, L"Local\\lsmap-fixture-%lu-data", pid);
    (void)CreateFileMappingW(file, NULL, PAGE_READONLY, 0, 4096, name);
    (void)swprintf(name, 64, L"Local\\lsmap-fixture-%lu-image", pid);
    (void)CreateFileMappingW(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, name);
    handle_close(&file);
}

int main(void)
{
    static struct fixture fixture;
    static wchar_t line[COMMAND_LINE_MAX];
    wchar_t temporary[MAX_PATH + 1] = L".";
    const wchar_t *words[ARGUMENTS_MAX] = {NULL};
    struct options options = {.dir = temporary, .seconds = WAIT_SECONDS};
    const wchar_t *given = GetCommandLineW();

    if (wcslen(given) >= COMMAND_LINE_MAX)
        return EXIT_USAGE;
    memcpy(line, given, (wcslen(given) + 1) * sizeof line[0]);
    (void)GetTempPathW(MAX_PATH + 1, temporary);
    if (!parse(&options, words, split(line, words)))
        return EXIT_USAGE;

    HANDLE end = open_end(&options);
    make_sections();
    bool ok = fixture_make(&fixture, options.dir) == ERROR_SUCCESS && report(&fixture);
    if (ok)
        wait_for_end(&options, end);
    fixture_remove(&fixture);
    handle_close(&end);
    return ok ? EXIT_DONE : EXIT_FAILED;
}
