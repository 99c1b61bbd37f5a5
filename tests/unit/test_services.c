/* Which services a process is said to have, by the age of the list and of the process. */
#include "common/scan/process.h"

#include "tests/test.h"

enum { ASKED_AT = 1000, NAMES_SIZE_MAX = 1024 };

static void begin(struct test *t, struct services *services)
{
    services_begin(services, ASKED_AT);
    CHECK(t, services_add(services, 900, SPAN("Dhcp")));
    CHECK(t, services_add(services, 0, SPAN("Stopping"))); /* has no process any more */
    CHECK(t, services_add(services, 904, SPAN("CDPUserSvc_5e7a1")));
    CHECK(t, services_add(services, 900, SPAN("EventLog")));
}

static void a_process_has_the_services_of_its_pid(struct test *t)
{
    static const struct {
        uint32_t pid;
        uint64_t start_time;
        bool is_known;
        struct span names;
    } rows[] = {
        {900, 5, true, {"Dhcp\0EventLog\0", 14}},
        {904, 5, true, {"CDPUserSvc_5e7a1\0", 17}},
        {908, 5, true, {"", 0}}, /* no service */
        {0, 5, true, {"", 0}},   /* nor without a process */
        {900, ASKED_AT, true, {"Dhcp\0EventLog\0", 14}},
        {900, ASKED_AT + 1, false, {"", 0}},      /* another process has the pid now */
        {908, ASKED_AT + 1, false, {"", 0}},      /* it may be a service that the list lacks */
        {900, 0, true, {"Dhcp\0EventLog\0", 14}}, /* its start is not known */
    };
    struct services services;
    struct buffer names;

    begin(t, &services);
    buffer_init(&names, NAMES_SIZE_MAX);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "row %zu", i);
        CHECK(t, services_find(&services, rows[i].pid, rows[i].start_time, &names) ==
                     rows[i].is_known);
        CHECK_MEM(t, rows[i].names.data, rows[i].names.size, names.data, names.size);
    }
    buffer_release(&names);
    services_release(&services);
}

static void a_list_never_taken_knows_nothing(struct test *t)
{
    struct services services = {.asked_at = 0};
    struct buffer names;

    buffer_init(&names, NAMES_SIZE_MAX);
    CHECK(t, !services_find(&services, 900, 0, &names));
    CHECK(t, !services_find(&services, 900, 5, &names));
    services_release(&services);
    begin(t, &services);
    services_release(&services); /* released is as good as never taken */
    CHECK(t, !services_find(&services, 900, 5, &names));
    buffer_release(&names);
}

static void names_are_checked(struct test *t)
{
    static char longest[SERVICE_NAME_SIZE_MAX + 1];
    struct services services;

    memset(longest, 'x', sizeof longest);
    services_begin(&services, ASKED_AT);
    CHECK(t, !services_add(&services, 900, SPAN("")));
    CHECK(t, !services_add(&services, 900, (struct span){"a\0b", 3}));
    CHECK(t, !services_add(&services, 900, (struct span){longest, sizeof longest}));
    CHECK(t, services_add(&services, 900, (struct span){longest, sizeof longest - 1}));
    CHECK_INT(t, 1, services.count);
    services_release(&services);
}

static void the_list_and_the_answer_are_bounded(struct test *t)
{
    struct services services;
    struct buffer names;
    size_t count = 0;

    services_begin(&services, ASKED_AT);
    while (count <= SERVICES_MAX && services_add(&services, 900, SPAN("name")))
        count++;
    CHECK_INT(t, SERVICES_MAX, count);
    buffer_init(&names, NAMES_SIZE_MAX); /* no half a list of names */
    CHECK(t, !services_find(&services, 900, 5, &names));
    CHECK(t, services_find(&services, 904, 5, &names));
    buffer_release(&names);
    services_release(&services);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_process_has_the_services_of_its_pid),
        TEST_CASE(a_list_never_taken_knows_nothing),
        TEST_CASE(names_are_checked),
        TEST_CASE(the_list_and_the_answer_are_bounded),
    };

    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
