/* What a path means, decided on its text. */
#include <string.h>

#include "client/spelling.h"
#include "tests/test.h"

static struct span span(const char *text)
{
    return span_from_string(text);
}

static void texts_are_told_apart(struct test *t)
{
    static const struct {
        const char *text;
        bool has_wildcard, is_bare;
    } rows[] = {
        {"", false, true},
        {"*", true, true},
        {"ntdll.dll", false, true},
        {"nt*.dll", true, true},
        {"a?", true, true},
        {".\\x", false, false},
        {".\\*.dll", true, false},
        {"./sub/*.dll", true, false},
        {"..\\*\\x", true, false},
        {"sub\\a*\\b", true, false},
        {"*\\x", true, false},
        {"C:x*", true, false},
        {"C:sub\\x*", true, false},
        {"C:\\x*", true, false},
        {"C:/x*", true, false},
        {"\\x*", true, false},
        {"\\\\server\\share\\*", true, false},
        {"\\\\?\\C:\\x", false, false},
        {"//?/C:/x", false, false},
        {"\\\\?\\C:\\x?", true, false},
        {"\\\\.\\C:\\x", false, false},
        {"\\??\\C:\\x", true, false}, /* a name of the kernel, as Wine has them */
        {"C:", false, false},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].text);
        CHECK_INT(t, rows[i].has_wildcard, spelling_has_wildcard(span(rows[i].text)));
        CHECK_INT(t, rows[i].is_bare, spelling_is_bare(span(rows[i].text)));
    }
}

/* Listed paths begin with a drive, a server or a name of the kernel. */
static void patterns_are_those_of_listed_paths(struct test *t)
{
    static const struct {
        const char *text, *pattern;
        bool can_match;
    } rows[] = {
        {"*", "*", true},
        {"nt*.dll", "nt*.dll", true},
        {"?:\\x", "?:\\x", true},
        {"*\\x", "*\\x", true},
        {"C:\\x*", "C:\\x*", true},
        {"C:/x*", "C:/x*", true},
        {"C:*", "C:*", true},
        {"C:x*", "C:x*", false},
        {"\\\\?\\C:\\x*", "C:\\x*", true},
        {"\\\\.\\C:\\x*", "C:\\x*", true},
        {"//?/C:/x*", "C:/x*", true},
        {"\\\\?\\C:x*", "C:x*", false},
        {"\\\\server\\share\\*", "\\\\server\\share\\*", true},
        {"\\\\?\\Volume{1}\\*", "\\\\?\\Volume{1}\\*", true},
        {"\\x*", "\\x*", false},
        {"/x*", "/x*", false},
        {"\\*", "\\*", true},
        {"\\device\\HarddiskVolume*", "\\device\\HarddiskVolume*", true},
        {"\\??\\C:\\x", "\\??\\C:\\x", true},
        {"sub\\*", "sub\\*", false},
        {".\\*", ".\\*", false},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct span pattern = spelling_of_pattern(span(rows[i].text));
        TEST_ROW(t, "%s", rows[i].text);
        CHECK_MEM(t, rows[i].pattern, strlen(rows[i].pattern), pattern.data, pattern.size);
        CHECK_INT(t, rows[i].can_match, spelling_can_match(pattern));
    }
}

/* Pipes, ports and consoles are never opened. */
static void only_disks_and_shares_are_opened(struct test *t)
{
    static const struct {
        const char *full, *opened; /* NULL: it is not opened */
    } rows[] = {
        {"C:\\x", "\\\\?\\C:\\x"},
        {"c:\\", "\\\\?\\c:\\"},
        {"\\\\?\\C:\\x", "\\\\?\\C:\\x"},
        {"\\\\.\\C:\\x", "\\\\?\\C:\\x"},
        {"\\\\server\\share\\x", "\\\\?\\UNC\\server\\share\\x"},
        {"\\\\server\\share", "\\\\?\\UNC\\server\\share"},
        {"\\\\?\\UNC\\server\\share\\x", "\\\\?\\UNC\\server\\share\\x"},
        {"\\\\?\\Volume{1}\\x", "\\\\?\\Volume{1}\\x"},
        {"\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3\\x",
         "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3\\x"},
        {"\\Device\\HarddiskVolume3\\x", "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3\\x"},
        {"\\device\\harddiskvolumeshadowcopy1\\x",
         "\\\\?\\GLOBALROOT\\device\\harddiskvolumeshadowcopy1\\x"},
        {"", NULL},
        {"C:", NULL},
        {"\\\\.\\C:", NULL},
        {"\\\\.\\pipe\\x", NULL},
        {"\\\\?\\pipe\\x", NULL},
        {"\\\\.\\nul", NULL},
        {"\\\\.\\COM1", NULL},
        {"\\\\.\\PhysicalDrive0", NULL},
        {"\\\\server", NULL},
        {"\\\\server\\", NULL},
        {"\\\\server\\pipe\\x", NULL},
        {"\\\\server\\PIPE", NULL},
        {"\\\\server\\pipeline\\x", "\\\\?\\UNC\\server\\pipeline\\x"},
        {"\\\\server\\mailslot\\x", NULL},
        {"\\\\?\\UNC\\server\\pipe\\x", NULL},
        {"\\\\?\\unc\\server\\pipe\\x", NULL},
        {"\\\\?\\GLOBALROOT\\Device\\NamedPipe\\x", NULL},
        {"\\Device\\NamedPipe\\x", NULL},
        {"\\Device\\Mup\\server\\share\\x", NULL},
        {"relative", NULL},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct buffer out;
        TEST_ROW(t, "%s", rows[i].full);
        buffer_init(&out, 256);
        bool opened = spelling_to_open(span(rows[i].full), &out);
        CHECK_INT(t, rows[i].opened != NULL, opened);
        if (opened && rows[i].opened != NULL)
            CHECK_MEM(t, rows[i].opened, strlen(rows[i].opened), out.data, out.size);
        buffer_release(&out);
    }
}

static void final_names_are_listed_as_lsmap_lists_them(struct test *t)
{
    static const struct {
        const char *final, *listed;
    } rows[] = {
        {"\\\\?\\C:\\Demo\\x", "C:\\Demo\\x"},
        {"\\\\?\\UNC\\server\\share\\x", "\\\\server\\share\\x"},
        {"\\\\?\\Volume{1}\\x", "\\\\?\\Volume{1}\\x"},
        {"\\Device\\HarddiskVolume3\\x", "\\Device\\HarddiskVolume3\\x"},
        {"C:\\x", "C:\\x"},
        {"", ""},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct buffer scratch;
        TEST_ROW(t, "%s", rows[i].final);
        buffer_init(&scratch, 256);
        spelling_from_final(span(rows[i].final), &scratch);
        CHECK_MEM(t, rows[i].listed, strlen(rows[i].listed), scratch.data, scratch.size);
        buffer_release(&scratch);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(texts_are_told_apart),
        TEST_CASE(patterns_are_those_of_listed_paths),
        TEST_CASE(only_disks_and_shares_are_opened),
        TEST_CASE(final_names_are_listed_as_lsmap_lists_them),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
