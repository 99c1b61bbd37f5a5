/* The system's PATH and the entry in "Installed apps". What install and uninstall leave there is checked
 * by system.product and by the test of the MSI. */
#include "common/win32/win.h"

#include <wchar.h>

#include "service/win32/install.h"
#include "tests/test.h"

#define FOLDER L"C:\\Program Files\\lsmap"

static void a_folder_is_in_the_list_once(struct test *t)
{
    static const struct {
        const char *what;
        const wchar_t *before, *added, *removed; /* NULL: no change */
    } rows[] = {
        {"empty", L"", FOLDER, NULL},
        {"others", L"C:\\a;C:\\b", L"C:\\a;C:\\b;" FOLDER, NULL},
        {"a semicolon at the end", L"C:\\a;", L"C:\\a;" FOLDER, NULL},
        {"alone", FOLDER, NULL, L""},
        {"last", L"C:\\a;" FOLDER, NULL, L"C:\\a"},
        {"first", FOLDER L";C:\\a", NULL, L"C:\\a"},
        {"between", L"C:\\a;" FOLDER L";%b%", NULL, L"C:\\a;%b%"},
        {"before a semicolon", L"C:\\a;" FOLDER L";", NULL, L"C:\\a"},
        {"twice", FOLDER L";C:\\a;" FOLDER, NULL, L"C:\\a"},
        {"other letters", L"c:\\program files\\LSMAP;C:\\a", NULL, L"C:\\a"},
        {"a backslash", L"C:\\a;" FOLDER L"\\", NULL, L"C:\\a"},
        {"a longer name", FOLDER L"2", FOLDER L"2;" FOLDER, NULL},
        {"a folder below", FOLDER L"\\x", FOLDER L"\\x;" FOLDER, NULL},
        {"empty items", L";;", L";;" FOLDER, NULL},
    };
    static wchar_t list[INSTALL_PATH_CAPACITY];

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        for (int add = 0; add < 2; add++) {
            const wchar_t *after = add ? rows[i].added : rows[i].removed;
            TEST_ROW(t, "%s, %s", rows[i].what, add ? "add" : "remove");
            wcscpy(list, rows[i].before);
            CHECK_INT(t, after != NULL, install_edit_path(list, FOLDER, add));
            CHECK_INT(t, 0, wcscmp(after != NULL ? after : rows[i].before, list));
        }
    }
}

static void a_folder_that_does_not_fit_is_not_added(struct test *t)
{
    static wchar_t list[INSTALL_PATH_CAPACITY];
    const size_t room = INSTALL_PATH_CAPACITY - wcslen(L";" FOLDER) - 1;

    wmemset(list, L'x', room);
    CHECK(t, install_edit_path(list, FOLDER, true));
    CHECK_INT(t, INSTALL_PATH_CAPACITY - 1, wcslen(list));
    wmemset(list, L'x', room + 1);
    list[room + 1] = L'\0';
    CHECK(t, !install_edit_path(list, FOLDER, true));
    CHECK_INT(t, room + 1, wcslen(list));
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_folder_is_in_the_list_once),
        TEST_CASE(a_folder_that_does_not_fit_is_not_added),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
