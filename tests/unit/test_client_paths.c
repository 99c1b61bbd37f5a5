#include "client/rows/filter.h"
#include "client/rows/store.h"
#include "tests/test.h"

static void folders_hold_whole_components(struct test *t)
{
    static const struct {
        const char *path, *folder;
        bool under;
    } rows[] = {
        {"C:\\Windows\\a.dll", "C:\\Windows", true},
        {"C:\\Windows\\a.dll", "C:\\Windows\\", true},
        {"C:\\Windows\\a.dll", "C:\\Windows\\\\", true},
        {"C:\\Windows", "C:\\Windows", true},
        {"C:\\Windows.old\\a.dll", "C:\\Windows", false},
        {"C:\\Window", "C:\\Windows", false},
        {"C:\\", "C:\\Windows", false},
        {"", "C:\\Windows", false},
        {"c:\\WINDOWS\\a.dll", "C:\\Windows", true},
        {"C:\\Windows\\a.dll", "c:/windows/", true},
        {"C:\\a", "C:\\", true},
        {"C:\\a", "C:", true},
        {"D:\\a", "C:\\", false},
        {"C:\\a\\b", "\\\\?\\C:\\a", true},
        {"\\\\?\\Volume{1}\\b", "\\\\?\\Volume{1}", true},
        {"\\\\server\\share\\a", "\\\\server\\share", true},
        {"\\\\server\\share2\\a", "\\\\server\\share", false},
        {"\\Device\\HarddiskVolume12\\a", "\\Device\\HarddiskVolume1", false},
        {"C:\\\xC3\x89t\xC3\xA9\\a", "C:\\\xC3\xA9T\xC3\x89", true}, /* e acute in both cases */
        {"C:\\stra\xC3\x9F"
         "e\\a",
         "C:\\STRASSE", false},                      /* as Windows sees it */
        {"C:\\e\xCC\x81\\a", "C:\\\xC3\xA9", false}, /* names are not normalised */
        {"C:\\\xF0\x9F\x98\x80\\a", "C:\\\xF0\x9F\x98\x80", true},
        {"C:\\a/b", "C:\\a", false}, /* a slash is no separator in a path of the kernel's */
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s under %s", rows[i].path, rows[i].folder);
        CHECK_INT(t, rows[i].under,
                  path_is_under(span_from_string(rows[i].path), span_from_string(rows[i].folder)));
    }
    /* all separators gone: only what begins with one is under it */
    CHECK(t, path_is_under(SPAN("\\Device\\x"), SPAN("\\")));
    CHECK(t, !path_is_under(SPAN("C:\\x"), SPAN("\\")));
}

static void the_order_is_one(struct test *t)
{
    static const char *const in_order[] = {
        "",          "C:\\",  "C:\\a", "C:\\a\\x", "C:\\a\\y",     "C:\\a b",
        "C:\\a.txt", "C:\\b", "D:\\",  "\xC3\xA9", "\xE6\x97\xA5", "\xF0\x9F\x98\x80",
    };
    for (size_t i = 0; i < TEST_COUNT(in_order); i++) {
        for (size_t k = 0; k < TEST_COUNT(in_order); k++) {
            int order = path_compare(span_from_string(in_order[i]), span_from_string(in_order[k]));
            TEST_ROW(t, "%s and %s", in_order[i], in_order[k]);
            CHECK_INT(t, (i > k) - (i < k), order);
        }
    }
    TEST_ROW(t, "case");
    CHECK_INT(t, 0, path_compare(SPAN("C:\\\xC3\x89.DLL"), SPAN("c:\\\xC3\xA9.dll")));
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(folders_hold_whole_components),
        TEST_CASE(the_order_is_one),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
