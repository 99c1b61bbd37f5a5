#include "service/win32/settings_registry.h"

#include <string.h>

#include "common/win32/text_w.h"

enum {
    ATTEMPTS_MAX = 3,
    VALUES_MAX = 64,          /* read; there are far fewer settings */
    VALUE_NAME_CAPACITY = 64, /* UTF-16 units; names of settings are shorter */
    VALUE_DATA_CAPACITY = SETTINGS_TEXT_CAPACITY * (int)sizeof(wchar_t)
};

struct value {
    wchar_t name[VALUE_NAME_CAPACITY];
    DWORD type;
    DWORD size; /* bytes of data */
    union {
        BYTE bytes[VALUE_DATA_CAPACITY + sizeof(wchar_t)]; /* and our own terminator */
        wchar_t text[SETTINGS_TEXT_CAPACITY + 1];
    } data;
};

/* The registry keeps the size that was written, with or without terminators. Text after one is not
 * valid. */
static bool read_text(struct value *value, char text[SETTINGS_TEXT_CAPACITY])
{
    size_t length = value->size / sizeof(wchar_t);

    while (length > 0 && value->data.text[length - 1] == L'\0')
        length--;
    value->data.text[length] = L'\0';
    return value->size % sizeof(wchar_t) == 0 && wcslen(value->data.text) == length &&
           text_w_to_utf8(text, SETTINGS_TEXT_CAPACITY, value->data.text) == ERROR_SUCCESS;
}

static void read_value(struct value *value, struct settings *settings)
{
    struct settings_raw raw = {0};
    char name[VALUE_NAME_CAPACITY * 3], text[SETTINGS_TEXT_CAPACITY];
    DWORD number = 0;

    if (text_w_to_utf8(name, sizeof name, value->name) != ERROR_SUCCESS || name[0] == '\0')
        return; /* the key's default value is no setting */
    if (value->type == REG_DWORD && value->size == sizeof number) {
        memcpy(&number, value->data.bytes, sizeof number);
        raw = (struct settings_raw){.is_number = true, .number = number};
    } else if (value->type == REG_SZ && read_text(value, text)) {
        raw = (struct settings_raw){.is_text = true, .text = span_from_string(text)};
    }
    settings_apply(settings, span_from_string(name), &raw);
}

/* What cannot be read may be a security setting. */
static void refuse(struct settings *settings, const char *why)
{
    settings_refuse(settings, SETTINGS_SECURITY, SPAN("Parameters"), why);
}

/* Returns false when the key changed meanwhile: values are read by their number, so one may have been
 * passed over. */
static bool read_values(HKEY key, struct settings *settings)
{
    struct value value;
    FILETIME before = {0}, after = {0};
    LSTATUS error;
    DWORD index = 0;

    (void)RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                           &before);
    do {
        DWORD name_length = VALUE_NAME_CAPACITY;
        value.name[0] = L'\0';
        value.size = VALUE_DATA_CAPACITY;
        error = RegEnumValueW(key, index, value.name, &name_length, NULL, &value.type,
                              value.data.bytes, &value.size);
        if (error == ERROR_SUCCESS)
            read_value(&value, settings);
        else if (error == ERROR_MORE_DATA) /* longer than any of ours */
            refuse(settings, "a value with a name or data too long");
        else if (error != ERROR_NO_MORE_ITEMS)
            refuse(settings, "a value that cannot be read");
    } while (error != ERROR_NO_MORE_ITEMS && ++index < VALUES_MAX);
    if (error != ERROR_NO_MORE_ITEMS)
        refuse(settings, "a key with too many values");
    (void)RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &after);
    return CompareFileTime(&before, &after) == 0;
}

void settings_registry_read(HKEY root, const wchar_t *path, struct settings *settings)
{
    const struct settings initial = *settings;
    int attempt = 0;
    HKEY key = NULL;

    LSTATUS error = RegOpenKeyExW(root, path, 0, KEY_QUERY_VALUE, &key);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        return;
    if (error != ERROR_SUCCESS) {
        refuse(settings, "a key that cannot be read");
        return;
    }
    do
        *settings = initial;
    while (!read_values(key, settings) && ++attempt < ATTEMPTS_MAX);
    if (attempt == ATTEMPTS_MAX)
        refuse(settings, "a key that changes while it is read");
    RegCloseKey(key);
}
