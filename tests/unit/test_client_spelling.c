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
        const char *folder; /* relative, before a wildcard */
    } rows[] = {
        {"", false, true, ""},
        {"*", true, true, ""},
        {"ntdll.dll", false, true, ""},
        {"nt*.dll", true, true, ""},
        {"a?", true, true, ""},
        {".\\x", false, false, ".\\"},
        {".\\*.dll", true, false, ".\\"},
        {"./sub/*.dll", true, false, "./sub/"},
        {"..\\*\\x", true, false, "..\\"},
        {"sub\\a*\\b", true, false, "sub\\"},
        {"*\\x", true, false, ""},
        {"C:x*", true, false, "C:"},
        {"C:sub\\x*", true, false, "C:sub\\"},
        {"C:\\x*", true, false, ""},
        {"C:/x*", true, false, ""},
        {"\\x*", true, false, ""},
        {"\\\\server\\share\\*", true, false, ""},
        {"\\\\?\\C:\\x", false, false, ""},
        {"//?/C:/x", false, false, ""},
        {"\\\\?\\C:\\x?", true, false, ""},
        {"\\\\.\\C:\\x", false, false, ""},
        {"\\??\\C:\\x", true, false, ""}, /* a name of the kernel, as Wine has them */
        {"C:", false, false, "C:"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].text);
        CHECK_INT(t, rows[i].has_wildcard, spelling_has_wildcard(span(rows[i].text)));
        CHECK_INT(t, rows[i].is_bare, spelling_is_bare(span(rows[i].text)));
        struct span folder = spelling_relative_folder(span(rows[i].text));
        CHECK_MEM(t, rows[i].folder, strlen(rows[i].folder), folder.data, folder.size);
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
        buffer_text(&out, "=");
        bool opened = spelling_to_open(span(rows[i].full), &out);
        CHECK_INT(t, rows[i].opened != NULL, opened);
        struct span rest = span_from(buffer_span(&out), 1);
        const char *expected = rows[i].opened != NULL ? rows[i].opened : "";
        CHECK_MEM(t, expected, strlen(expected), rest.data, rest.size);
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
        struct span listed = spelling_from_final(span(rows[i].final), &scratch);
        CHECK_MEM(t, rows[i].listed, strlen(rows[i].listed), listed.data, listed.size);
        buffer_release(&scratch);
    }
}

static bool has(const struct asked_list *list, size_t index, const char *path)
{
    return asked_has_path(list, &list->items[index], span(path), span(""));
}

static void folders_are_everything_below_them(struct test *t)
{
    static struct asked_list list;

    asked_init(&list);
    (void)asked_add(&list, ASKED_FOLDER, span("C:\\Demo"));
    asked_add_glob(&list, span("C:\\Demo"));
    asked_add_glob(&list, span("c:\\DEMO")); /* the same */
    (void)asked_add(&list, ASKED_FOLDER, span("D:\\"));
    asked_add_glob(&list, span("D:\\"));
    (void)asked_add(&list, ASKED_FILE, span("C:\\Demo\\a"));
    asked_add_glob(&list, span("C:\\Demo\\a"));
    asked_add_glob(&list, span("\\Device\\HarddiskVolume3\\Demo\\a"));
    CHECK_INT(t, 4, list.globs_count);
    CHECK(t, has(&list, 0, "C:\\demo\\sub\\x"));
    CHECK(t, !has(&list, 0, "C:\\Demo.old\\x"));
    CHECK(t, !has(&list, 0, "C:\\Demo"));
    CHECK(t, has(&list, 1, "d:\\x"));
    CHECK(t, has(&list, 2, "C:\\DEMO\\A"));
    CHECK(t, !has(&list, 2, "C:\\Demo\\ab"));
    CHECK(t, asked_has_path(&list, &list.items[2], span(""),
                            span("\\Device\\HarddiskVolume3\\Demo\\A")));
    CHECK(t, !list.failed && list.globs_dropped == 0);
    asked_release(&list);
}

/* A request takes 64 names, and 256 KiB. */
static void names_beyond_a_request_are_counted(struct test *t)
{
    static struct asked_list list;
    static char longest[REQUEST_PATH_LEN_MAX];
    char name[16];

    asked_init(&list);
    (void)asked_add(&list, ASKED_FILE, span("C:\\a"));
    for (int i = 0; i < REQUEST_PATHS_MAX + 3; i++) {
        (void)snprintf(name, sizeof name, "C:\\%d", i);
        asked_add_glob(&list, span(name));
    }
    CHECK_INT(t, REQUEST_PATHS_MAX, list.globs_count);
    CHECK_INT(t, 3, list.globs_dropped);
    asked_release(&list);

    memset(longest, '\x01', sizeof longest);
    asked_init(&list);
    for (size_t i = 0; i < 2; i++) {
        (void)asked_add(&list, ASKED_PATTERN, (struct span){longest, sizeof longest});
        asked_add_glob(&list, (struct span){longest, sizeof longest});
    }
    CHECK_INT(t, 1, list.globs_count); /* the longest one fits, but no second */
    CHECK_INT(t, 1, list.globs_dropped);
    CHECK(t, !list.failed);
    asked_release(&list);
}

static void users_are_kept_by_path(struct test *t)
{
    static struct asked_list list;

    asked_init(&list);
    (void)asked_add(&list, ASKED_FILE, span("a"));
    asked_add_user(&list, 7);
    asked_add_user(&list, UINT32_MAX);
    (void)asked_add(&list, ASKED_FILE, span("b"));
    asked_add_user(&list, 8);
    CHECK_INT(t, 2, list.items[0].users_count);
    CHECK_INT(t, 2, list.items[1].users_index);
    CHECK_INT(t, UINT32_MAX, asked_user(&list, 1));
    CHECK_INT(t, 8, asked_user(&list, list.items[1].users_index));
    asked_release(&list);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(texts_are_told_apart),
        TEST_CASE(only_disks_and_shares_are_opened),
        TEST_CASE(final_names_are_listed_as_lsmap_lists_them),
        TEST_CASE(folders_are_everything_below_them),
        TEST_CASE(names_beyond_a_request_are_counted),
        TEST_CASE(users_are_kept_by_path),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
