#include "common/scan/process.h"

#include "common/base/bounds.h"
#include "tests/rows/process_find.h"
#include "tests/test.h"

static struct span name_of(const struct process_list *list, size_t index)
{
    return process_list_name(list, &list->entries[index]);
}

static void an_empty_list_has_no_process(struct test *t)
{
    struct process_list *list = process_list_create();

    REQUIRE(t, list != NULL);
    CHECK_INT(t, 0, list->count);
    CHECK(t, process_find(list, 0) == NULL);
    process_list_release(list);
    process_list_release(NULL);
    CHECK(t, process_list_hold(NULL) == NULL);
}

static void entries_keep_their_facts_and_names(struct test *t)
{
    struct process_list *list = process_list_create();
    const struct process_entry system = {.pid = 4, .start_time = 7, .name_offset = 99};
    const struct process_entry lsass = {.pid = 672, .parent_pid = 540, .session_id = 1};
    char name[] = "lsass.exe";

    REQUIRE(t, list != NULL);
    REQUIRE(t, process_list_add(list, &system, SPAN("System")));
    REQUIRE(t, process_list_add(list, &lsass, span_from_string(name)));
    name[0] = '?'; /* the list has its own copy */
    CHECK_INT(t, 2, list->count);
    CHECK(t, span_equal(SPAN("System"), name_of(list, 0)));
    CHECK(t, span_equal(SPAN("lsass.exe"), name_of(list, 1)));
    CHECK_INT(t, 7, list->entries[0].start_time);
    CHECK_INT(t, 540, list->entries[1].parent_pid);
    CHECK_INT(t, 1, list->entries[1].session_id);
    CHECK(t, process_find(list, 672) == &list->entries[1]);
    CHECK(t, process_find(list, 673) == NULL);
    process_list_release(list);
}

static void a_nameless_process_has_an_empty_name(struct test *t)
{
    struct process_list *list = process_list_create();
    const struct process_entry entry = {.pid = 8};

    REQUIRE(t, list != NULL);
    REQUIRE(t, process_list_add(list, &entry, SPAN("")));
    CHECK_INT(t, 0, name_of(list, 0).size);
    CHECK(t, name_of(list, 0).data != NULL);
    REQUIRE(t, process_list_add(list, &entry, SPAN("a")));
    CHECK(t, span_equal(SPAN("a"), name_of(list, 1)));
    process_list_release(list);
}

static void a_list_lives_until_its_last_reference(struct test *t)
{
    struct process_list *list = process_list_create();
    const struct process_entry entry = {.pid = 8};

    REQUIRE(t, list != NULL);
    REQUIRE(t, process_list_add(list, &entry, SPAN("a.exe")));
    CHECK(t, process_list_hold(list) == list);
    process_list_release(list);
    CHECK_INT(t, 1, list->count);
    CHECK(t, span_equal(SPAN("a.exe"), name_of(list, 0)));
    process_list_release(list);
}

static void the_list_has_a_limit(struct test *t)
{
    struct process_list *list = process_list_create();

    REQUIRE(t, list != NULL);
    for (uint32_t pid = 0; pid < PROCESSES_MAX; pid++) {
        const struct process_entry entry = {.pid = pid};
        REQUIRE(t, process_list_add(list, &entry, SPAN("p.exe")));
    }
    const struct process_entry entry = {.pid = PROCESSES_MAX};
    size_t names_size = list->names.size;
    CHECK(t, !process_list_add(list, &entry, SPAN("p.exe")));
    CHECK_INT(t, PROCESSES_MAX, list->count);
    CHECK_INT(t, names_size, list->names.size);
    CHECK(t, process_find(list, PROCESSES_MAX - 1) == &list->entries[PROCESSES_MAX - 1]);
    CHECK(t, span_equal(SPAN("p.exe"), name_of(list, PROCESSES_MAX - 1)));
    process_list_release(list);
}

static void a_name_that_does_not_fit_changes_nothing(struct test *t)
{
    static const char letters[100] = {'x'};
    struct process_list *list = process_list_create();
    const struct process_entry entry = {.pid = 1};

    REQUIRE(t, list != NULL);
    list->names.capacity_max = 64;
    REQUIRE(t, process_list_add(list, &entry, SPAN("a")));
    CHECK(t, !process_list_add(list, &entry, (struct span){letters, sizeof letters}));
    CHECK_INT(t, 1, list->count);
    CHECK_INT(t, 1, list->names.size);
    process_list_release(list);
}

static void enums_have_wire_names(struct test *t)
{
    CHECK_STR(t, "none", process_access_name(PROCESS_ACCESS_NONE));
    CHECK_STR(t, "limited", process_access_name(PROCESS_ACCESS_LIMITED));
    CHECK_STR(t, "full", process_access_name(PROCESS_ACCESS_FULL));
    CHECK(t, process_arch_name(ARCH_UNKNOWN) == NULL);
    CHECK_STR(t, "x86", process_arch_name(ARCH_X86));
    CHECK_STR(t, "x64", process_arch_name(ARCH_X64));
    CHECK_STR(t, "arm", process_arch_name(ARCH_ARM));
    CHECK_STR(t, "arm64", process_arch_name(ARCH_ARM64));
}

static void protections_have_the_names_of_windows_tools(struct test *t)
{
    static const struct {
        int protection;
        const char *text;
    } rows[] = {
        {PROTECTION_UNKNOWN, ""},
        {-2, ""},
        {0x100, ""},
        {0x00, "none"},
        {0x60, "none"}, /* a signer without a type protects nothing */
        {0x01, "PPL-None"},
        {0x11, "PPL-Authenticode"},
        {0x21, "PPL-CodeGen"},
        {0x31, "PPL-Antimalware"},
        {0x41, "PPL-Lsa"},
        {0x51, "PPL-Windows"},
        {0x61, "PPL-WinTcb"},
        {0x62, "PP-WinTcb"},
        {0x72, "PP-WinSystem"},
        {0x81, "PPL-App"},
        {0x91, "PPL-9"},
        {0xf2, "PP-15"},
        {0x49, "PPL-Lsa"}, /* the audit bit does not change the name */
        {0x43, "P3-Lsa"},
        {0xff, "P7-15"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char text[PROTECTION_TEXT_CAPACITY] = "untouched";
        TEST_ROW(t, "protection %d", rows[i].protection);
        protection_format(text, rows[i].protection);
        CHECK_STR(t, rows[i].text, text);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(an_empty_list_has_no_process),
        TEST_CASE(entries_keep_their_facts_and_names),
        TEST_CASE(a_nameless_process_has_an_empty_name),
        TEST_CASE(a_list_lives_until_its_last_reference),
        TEST_CASE(the_list_has_a_limit),
        TEST_CASE(a_name_that_does_not_fit_changes_nothing),
        TEST_CASE(enums_have_wire_names),
        TEST_CASE(protections_have_the_names_of_windows_tools),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
