#include "tests/win32/fixture_run.h"

#include <stdlib.h>
#include <string.h>

#include "common/json/reader.h"

/* Copies the string just read, terminated; false when it does not fit. */
static bool take_text(const struct json_reader *reader, char *out, size_t capacity)
{
    size_t size = 0;
    if (!json_unescape(reader, out, capacity - 1, &size))
        return false;
    out[size] = '\0';
    return true;
}

static bool take_address(const struct json_reader *reader, uint64_t *address)
{
    char text[FIXTURE_TEXT_CAPACITY];
    char *end = NULL;

    if (!take_text(reader, text, sizeof text))
        return false;
    *address = strtoull(text, &end, 16);
    return *end == '\0';
}

static bool take_value(struct json_reader *reader, const char *key, struct fixture_view *view,
                       uint32_t *pid)
{
    uint64_t number = 0;
    enum json_event event = json_next(reader);

    if (event == JSON_STRING && strcmp(key, "label") == 0)
        return take_text(reader, view->label, sizeof view->label);
    if (event == JSON_STRING && strcmp(key, "kind") == 0)
        return take_text(reader, view->kind, sizeof view->kind);
    if (event == JSON_STRING && strcmp(key, "protect") == 0)
        return take_text(reader, view->protect, sizeof view->protect);
    if (event == JSON_STRING && strcmp(key, "path") == 0)
        return take_text(reader, view->path, sizeof view->path);
    if (event == JSON_STRING && strcmp(key, "base") == 0)
        return take_address(reader, &view->base);
    if (event == JSON_STRING && strcmp(key, "skipped") == 0) {
        view->skipped = "the fixture could not make it on this system";
        return true;
    }
    if (event == JSON_NULL)
        return strcmp(key, "path") == 0;
    if (event != JSON_NUMBER || !json_uint64(reader, &number))
        return false;
    if (strcmp(key, "size") == 0)
        view->size = number;
    else if (strcmp(key, "regions") == 0 && number <= UINT32_MAX)
        view->regions = (uint32_t)number;
    else if (strcmp(key, "pid") == 0 && number <= UINT32_MAX)
        *pid = (uint32_t)number;
    else
        return false;
    return true;
}

bool fixture_line_parse(struct span line, struct fixture_run *run)
{
    struct json_reader reader;
    struct fixture_view *view = &run->views[run->count];
    char key[FIXTURE_TEXT_CAPACITY];

    if (run->count >= FIXTURE_VIEWS_MAX)
        return false;
    *view = (struct fixture_view){0};
    json_reader_init(&reader, line, 1);
    if (json_next(&reader) != JSON_OBJECT_OPEN)
        return false;
    enum json_event event;
    while ((event = json_next(&reader)) == JSON_KEY) {
        if (!take_text(&reader, key, sizeof key) || !take_value(&reader, key, view, &run->pid))
            return false;
    }
    if (event != JSON_OBJECT_CLOSE || view->label[0] == '\0')
        return false;
    if (strcmp(view->label, "process") != 0)
        run->count++;
    return true;
}
