/* Settings read from a registry key, with values of every type and size. */
#include "service/win32/settings_registry.h"

#include "tests/rows/default_limits.h"
#include "tests/test.h"

#define KEY L"Software\\lsmapd-test-settings"

static HKEY key;

static void open_key(struct test *t)
{
    RegDeleteTreeW(HKEY_CURRENT_USER, KEY);
    CHECK_INT(
        t, ERROR_SUCCESS,
        RegCreateKeyExW(HKEY_CURRENT_USER, KEY, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL));
}

static void close_key(void)
{
    RegCloseKey(key);
    RegDeleteTreeW(HKEY_CURRENT_USER, KEY);
}

static void set(struct test *t, const wchar_t *name, DWORD type, const void *data, size_t size)
{
    CHECK_INT(t, ERROR_SUCCESS, RegSetValueExW(key, name, 0, type, data, (DWORD)size));
}

static void read_all(struct settings *settings)
{
    settings_default(settings, 1);
    settings_registry_read(HKEY_CURRENT_USER, KEY, settings);
}

static void no_key_is_the_defaults(struct test *t)
{
    struct settings settings;

    RegDeleteTreeW(HKEY_CURRENT_USER, KEY);
    read_all(&settings);
    CHECK_INT(t, 0, settings.findings_count);
    CHECK_INT(t, DEFAULT_connections, settings.limits.connections);
}

static void good_values_are_taken(struct test *t)
{
    static const wchar_t sddl[] = L"D:(A;;0x1f;;;SY)";
    struct settings settings;
    const DWORD connections = 7, idle_ms = 1234;

    open_key(t);
    set(t, L"Connections", REG_DWORD, &connections, sizeof connections);
    set(t, L"IDLEMS", REG_DWORD, &idle_ms, sizeof idle_ms);
    set(t, L"FilteredAdmins", REG_SZ, L"off", sizeof L"off");
    set(t, L"AccessSddl", REG_SZ, sddl, sizeof sddl);
    set(t, L"", REG_SZ, L"ignored", sizeof L"ignored"); /* the key's default value */
    read_all(&settings);
    CHECK_INT(t, 0, settings.findings_count);
    CHECK_INT(t, 7, settings.limits.connections);
    CHECK_INT(t, 1234, settings.limits.idle_ms);
    CHECK_INT(t, FILTERED_ADMINS_OFF, settings.filtered_admins);
    CHECK_STR(t, "D:(A;;0x1f;;;SY)", settings.access_sddl);
    close_key();
}

/* Texts as programs write them: without terminator, with several, with half a character. */
static void texts_are_read_whatever_their_size(struct test *t)
{
    static const struct {
        const char *name;
        wchar_t text[16];
        size_t size;     /* bytes */
        const char *why; /* NULL: it is good */
    } rows[] = {
        {"no terminator", L"off", 3 * sizeof(wchar_t), NULL},
        {"terminator", L"off", 4 * sizeof(wchar_t), NULL},
        {"terminators", L"off\0\0\0", 7 * sizeof(wchar_t), NULL},
        {"half a character", L"off", 3 * sizeof(wchar_t) + 1, "not a text (REG_SZ)"},
        {"one byte", L"o", 1, "not a text (REG_SZ)"},
        {"text after a terminator", L"off\0x", 5 * sizeof(wchar_t), "not a text (REG_SZ)"},
        {"nothing", L"", 0, "not off, no-addresses or full"},
        {"only a terminator", L"", sizeof(wchar_t), "not off, no-addresses or full"},
        {"unpaired surrogate", {0xD800, 'o', 0}, 3 * sizeof(wchar_t), ""},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct settings settings;

        TEST_ROW(t, "%s", rows[i].name);
        open_key(t);
        set(t, L"FilteredAdmins", REG_SZ, rows[i].text, rows[i].size);
        read_all(&settings);
        if (rows[i].why == NULL) {
            CHECK_INT(t, 0, settings.findings_count);
            CHECK_INT(t, FILTERED_ADMINS_OFF, settings.filtered_admins);
        } else {
            CHECK_INT(t, FILTERED_ADMINS_DEFAULT, settings.filtered_admins);
            CHECK_INT(t, SETTINGS_FILTERED_ADMINS, settings.refused);
            CHECK_INT(t, 1, settings.findings_count);
            CHECK_STR(t, "FilteredAdmins", settings.findings[0].name);
            if (rows[i].why[0] != '\0')
                CHECK_STR(t, rows[i].why, settings.findings[0].why);
        }
        close_key();
    }
}

static void wrong_types_and_sizes_are_found(struct test *t)
{
    static const struct {
        DWORD type;
        DWORD size;
    } rows[] = {
        {REG_DWORD, 0},     {REG_DWORD, 1},    {REG_DWORD, 3}, {REG_DWORD, 5},
        {REG_QWORD, 8},     {REG_BINARY, 4},   {REG_NONE, 4},  {REG_SZ, 4},
        {REG_EXPAND_SZ, 8}, {REG_MULTI_SZ, 8}, {REG_LINK, 8},  {0x7fffffff, 4},
    };
    static const BYTE data[8] = {5};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct settings settings;

        TEST_ROW(t, "type %lu, %lu bytes", (unsigned long)rows[i].type,
                 (unsigned long)rows[i].size);
        open_key(t);
        /* Some systems refuse to write some of these, which is as good. */
        if (RegSetValueExW(key, L"Connections", 0, rows[i].type, data, rows[i].size) ==
            ERROR_SUCCESS) {
            read_all(&settings);
            CHECK_INT(t, DEFAULT_connections, settings.limits.connections);
            CHECK_INT(t, 1, settings.findings_count);
            CHECK_STR(t, "Connections", settings.findings[0].name);
            CHECK_STR(t, "not a number (REG_DWORD)", settings.findings[0].why);
        }
        close_key();
    }
}

static void what_is_too_long_is_found_and_the_rest_is_read(struct test *t)
{
    static wchar_t text[40000], name[200];
    struct settings settings;
    const DWORD connections = 9;

    for (size_t i = 0; i + 1 < TEST_COUNT(text); i++)
        text[i] = L'x';
    for (size_t i = 0; i + 1 < TEST_COUNT(name); i++)
        name[i] = L'n';
    open_key(t);
    set(t, L"AccessSddl", REG_SZ, text, sizeof text);
    set(t, name, REG_DWORD, &connections, sizeof connections);
    set(t, L"Connections", REG_DWORD, &connections, sizeof connections);
    read_all(&settings);
    CHECK_INT(t, 2, settings.findings_count);
    CHECK_INT(t, 9, settings.limits.connections);
    CHECK_STR(t, "", settings.access_sddl);
    CHECK_INT(t, SETTINGS_SECURITY, settings.refused);
    close_key();
}

static void there_is_an_end_to_values(struct test *t)
{
    struct settings settings;
    const DWORD number = 1;

    open_key(t);
    for (int i = 0; i < 200; i++) {
        const wchar_t name[] = {L'v', (wchar_t)(L'a' + i / 26), (wchar_t)(L'a' + i % 26), 0};
        set(t, name, REG_DWORD, &number, sizeof number);
    }
    read_all(&settings);
    CHECK_INT(t, SETTINGS_FINDINGS_MAX, settings.findings_count);
    CHECK_INT(t, SETTINGS_SECURITY, settings.refused); /* one may be among the rest */
    close_key();
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(no_key_is_the_defaults),
        TEST_CASE(good_values_are_taken),
        TEST_CASE(texts_are_read_whatever_their_size),
        TEST_CASE(wrong_types_and_sizes_are_found),
        TEST_CASE(what_is_too_long_is_found_and_the_rest_is_read),
        TEST_CASE(there_is_an_end_to_values),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
