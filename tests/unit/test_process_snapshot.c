/* The kernel's list of processes, complete, cut and full of lies. */
#include "common/scan/process.h"

#include <stdlib.h>

#include "common/scan/nt_status.h"
#include "tests/test.h"
#include "tests/virtual/process_answer.h"

enum { ANSWER_SIZE_MAX = 16 * 1024 };

static const struct sid system_user = {12, {1, 1, 0, 0, 0, 0, 0, 5, 18}};
static const struct sid alice = {
    28, {1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 233, 3}};
static const struct sid no_user = {0, {0}};

static struct buffer answer;

static void begin(void)
{
    buffer_init(&answer, ANSWER_SIZE_MAX);
    if (!buffer_reserve(&answer, ANSWER_SIZE_MAX)) /* it must not move */
        abort();
}

/* Idle, System, lsass.exe and a program of alice, as class 5 or 148. */
static void make(bool is_full)
{
    static const struct {
        uint32_t pid, thread_count;
        const struct sid *owner;
        const char *name;
    } processes[] = {
        {0, 2, &system_user, ""},
        {4, 3, &system_user, "System"},
        {672, 0, &no_user, "\\Device\\HarddiskVolume3\\Windows\\lsass.exe"},
        {4321, 1, &alice, "\\Device\\HarddiskVolume3\\caf\xC3\xA9\\na\xC3\xAFve.exe"},
    };

    begin();
    for (size_t i = 0; i < TEST_COUNT(processes); i++) {
        const size_t first = answer.size;
        process_answer_add(&answer, processes[i].pid, processes[i].thread_count,
                           is_full ? processes[i].owner : NULL,
                           span_from_string(processes[i].name));
        if (i + 1 < TEST_COUNT(processes))
            process_answer_link(&answer, first);
    }
}

/* Reads the first `size` bytes, in memory of exactly that size: names move along. */
static uint32_t read_exact(size_t size, bool is_full, struct process_list *list)
{
    char *exact = malloc(size > 0 ? size : 1);
    if (exact == NULL)
        abort();
    memcpy(exact, answer.data, size);
    for (size_t offset = 0; size - offset >= sizeof(struct system_process);) {
        struct system_process process;
        memcpy(&process, exact + offset, sizeof process);
        if (process.name_address != 0)
            process.name_address += (uintptr_t)exact - (uintptr_t)answer.data;
        memcpy(exact + offset, &process, sizeof process);
        if (process.next_offset == 0 || process.next_offset > size - offset)
            break;
        offset += process.next_offset;
    }
    const uint32_t nt_status = process_snapshot_read((struct span){exact, size}, is_full, list);
    free(exact);
    return nt_status;
}

static void both_classes_give_the_same_processes(struct test *t)
{
    static const struct {
        uint32_t pid;
        const char *name;
        const struct sid *owner;
    } rows[] = {{4, "System", &system_user},
                {672, "lsass.exe", &no_user},
                {4321, "na\xC3\xAFve.exe", &alice}};

    for (int is_full = 0; is_full < 2; is_full++) {
        struct process_list *list = process_list_create();
        TEST_ROW(t, "class %d", is_full ? 148 : 5);
        make(is_full != 0);
        CHECK_INT(t, NTSTATUS_OK, read_exact(answer.size, is_full != 0, list));
        CHECK_INT(t, TEST_COUNT(rows), list->count);
        for (size_t i = 0; i < list->count && i < TEST_COUNT(rows); i++) {
            const struct process_entry *entry = &list->entries[i];
            const struct span name = process_list_name(list, entry);
            CHECK_INT(t, rows[i].pid, entry->pid);
            CHECK_INT(t, 1000 + rows[i].pid, entry->start_time);
            CHECK_INT(t, 4, entry->parent_pid);
            CHECK_INT(t, 1, entry->session_id);
            CHECK_MEM(t, rows[i].name, strlen(rows[i].name), name.data, name.size);
            CHECK_INT(t, is_full ? rows[i].owner->size : 0, entry->owner.size);
            CHECK(t, entry->owner.size == 0 || sid_equal(rows[i].owner, &entry->owner));
        }
        process_list_release(list);
        buffer_release(&answer);
    }
}

/* Cut anywhere it is an error, or the owner or name of the last process is not known. */
static void an_answer_that_is_cut_loses_only_its_end(struct test *t)
{
    for (int is_full = 0; is_full < 2; is_full++) {
        make(is_full != 0);
        for (size_t size = 0; size < answer.size; size++) {
            struct process_list *list = process_list_create();
            const uint32_t nt_status = read_exact(size, is_full != 0, list);
            TEST_ROW(t, "class %d, %zu bytes", is_full ? 148 : 5, size);
            CHECK(t, nt_status == NTSTATUS_OK || nt_status == NTSTATUS_INFO_LENGTH_MISMATCH);
            CHECK_INT(t, nt_status == NTSTATUS_OK, list->count == 3);
            process_list_release(list);
        }
        buffer_release(&answer);
    }
}

/* One process of class 148 with a lie in it: its owner is then unknown, and it is there all the same. */
static void an_owner_that_is_no_sid_inside_is_unknown(struct test *t)
{
    static const struct {
        size_t offset;  /* in the entry */
        uint32_t value; /* written there */
        bool is_known;
    } rows[] = {
        {4, 1, true},           /* the true number of threads */
        {4, 0xffffffff, false}, /* more than the entry holds */
        {4, 31580641, false},   /* times 136 it is 40 above 4 GiB */
        {256 + 136 + 52, 0, false},
        {256 + 136 + 52, 8, false},          /* inside the extension, before its own end */
        {256 + 136 + 52, 368, true},         /* the true offset */
        {256 + 136 + 52, 0xffffffff, false}, /* before the beginning, if it wrapped */
        {256 + 136 + 52, 368 + 48, false},   /* at the end of the entry */
        {256 + 136 + 52, 368 + 47, false},
        {256 + 136 + 368, 0x0501, true},  /* revision and count of the SID */
        {256 + 136 + 368, 0x0502, false}, /* another revision */
        {256 + 136 + 368, 0x1001, false}, /* 16 sub-authorities */
        {256 + 136 + 368, 0xff01, false},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct process_list *list = process_list_create();
        uint32_t value = rows[i].value;
        TEST_ROW(t, "row %zu", i);
        begin();
        process_answer_add(&answer, 4321, 1, &alice, SPAN("a.exe"));
        memcpy(answer.data + rows[i].offset, &value, rows[i].offset < 700 ? sizeof value : 2);
        CHECK_INT(t, NTSTATUS_OK, read_exact(answer.size, true, list));
        CHECK_INT(t, 1, list->count);
        if (list->count == 1)
            CHECK_INT(t, rows[i].is_known ? alice.size : 0, list->entries[0].owner.size);
        process_list_release(list);
        buffer_release(&answer);
    }
}

static void a_chain_goes_forward_and_stays_inside(struct test *t)
{
    static const uint32_t offsets[] = {1, 8, 103, 0x7fffffff, 0xffffffff};

    for (size_t i = 0; i < TEST_COUNT(offsets); i++) {
        struct process_list *list = process_list_create();
        TEST_ROW(t, "next at %" PRIu32, offsets[i]);
        make(false);
        memcpy(answer.data, &offsets[i], sizeof offsets[i]);
        const uint32_t nt_status = read_exact(answer.size, false, list);
        CHECK(t, nt_status == NTSTATUS_OK || nt_status == NTSTATUS_INFO_LENGTH_MISMATCH);
        CHECK(t, list->count < answer.size); /* it ended */
        process_list_release(list);
        buffer_release(&answer);
    }
}

static void a_name_outside_is_no_name(struct test *t)
{
    static const int64_t moves[] = {-1000000, -1, 1, 1000000};

    for (size_t i = 0; i < TEST_COUNT(moves); i++) {
        struct process_list *list = process_list_create();
        struct system_process process;
        TEST_ROW(t, "moved by %d", (int)moves[i]);
        begin();
        process_answer_add(&answer, 4, 0, NULL, SPAN("System"));
        memcpy(&process, answer.data, sizeof process);
        process.name_address += (uint64_t)moves[i];
        memcpy(answer.data, &process, sizeof process);
        CHECK_INT(t, NTSTATUS_OK, read_exact(answer.size, false, list));
        CHECK_INT(t, 1, list->count);
        CHECK_INT(t, 0, list->count == 1 ? list->entries[0].name_size : 1);
        process_list_release(list);
        buffer_release(&answer);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(both_classes_give_the_same_processes),
        TEST_CASE(an_answer_that_is_cut_loses_only_its_end),
        TEST_CASE(an_owner_that_is_no_sid_inside_is_unknown),
        TEST_CASE(a_chain_goes_forward_and_stays_inside),
        TEST_CASE(a_name_outside_is_no_name),
    };

    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
