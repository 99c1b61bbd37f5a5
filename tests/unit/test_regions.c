#include "common/scan/regions.h"

#include "tests/test.h"

static void kinds_follow_the_type_bits(struct test *t)
{
    static const struct {
        uint32_t type;
        enum view_kind kind;
        const char *name;
    } rows[] = {
        {0, VIEW_PRIVATE, NULL},
        {MEMORY_REGION_PRIVATE, VIEW_PRIVATE, NULL},
        {MEMORY_REGION_DATA_FILE, VIEW_DATA, "data"},
        {MEMORY_REGION_IMAGE, VIEW_IMAGE, "image"},
        {MEMORY_REGION_PAGEFILE, VIEW_PAGEFILE, "pagefile"},
        {MEMORY_REGION_PHYSICAL, VIEW_PHYSICAL, "physical"},
        {0x20 | MEMORY_REGION_DATA_FILE, VIEW_DATA, "data"},         /* direct mapped: DAX */
        {0x80 | MEMORY_REGION_IMAGE, VIEW_IMAGE, "image"},           /* 64 KiB pages */
        {0x400 | MEMORY_REGION_PAGEFILE, VIEW_PAGEFILE, "pagefile"}, /* write watch */
        {0x40 | MEMORY_REGION_PRIVATE, VIEW_PRIVATE, NULL},          /* enclave */
        {0x100, VIEW_PRIVATE, NULL},                                 /* placeholder */
        {0x200, VIEW_PRIVATE, NULL},                                 /* AWE */
        {UINT32_MAX & ~0x1fu, VIEW_PRIVATE, NULL},
        {UINT32_MAX, VIEW_IMAGE, "image"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "type 0x%" PRIx32, rows[i].type);
        enum view_kind kind = view_kind_from_allocation(rows[i].type);
        CHECK_INT(t, rows[i].kind, kind);
        const char *name = view_kind_name(kind);
        CHECK(t, (name == NULL) == (rows[i].name == NULL));
        if (name != NULL && rows[i].name != NULL)
            CHECK_STR(t, rows[i].name, name);
    }
    TEST_ROW(t, "mapped");
    CHECK(t, view_kind_name(VIEW_MAPPED) == NULL);
}

static void protections_have_windows_names(struct test *t)
{
    static const struct {
        uint32_t protect;
        const char *text;
    } rows[] = {
        {0, ""},
        {0x01, "PAGE_NOACCESS"},
        {0x02, "PAGE_READONLY"},
        {0x04, "PAGE_READWRITE"},
        {0x08, "PAGE_WRITECOPY"},
        {0x10, "PAGE_EXECUTE"},
        {0x20, "PAGE_EXECUTE_READ"},
        {0x40, "PAGE_EXECUTE_READWRITE"},
        {0x80, "PAGE_EXECUTE_WRITECOPY"},
        {0x104, "PAGE_READWRITE|PAGE_GUARD"},
        {0x204, "PAGE_READWRITE|PAGE_NOCACHE"},
        {0x404, "PAGE_READWRITE|PAGE_WRITECOMBINE"},
        {0x100, "PAGE_GUARD"},
        {0x800, "0x800"},
        {0x40000020, "PAGE_EXECUTE_READ|0x40000000"},
        {0x80000000, "0x80000000"},
        {0x06, "0x6"}, /* two basic protections at once have no name */
        {0x106, "PAGE_GUARD|0x6"},
        {0xffffff80, "PAGE_EXECUTE_WRITECOPY|PAGE_GUARD|PAGE_NOCACHE|PAGE_WRITECOMBINE|0xfffff800"},
        {0xffffffff, "PAGE_GUARD|PAGE_NOCACHE|PAGE_WRITECOMBINE|0xfffff8ff"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char text[PROTECT_TEXT_CAPACITY];
        TEST_ROW(t, "protect 0x%" PRIx32, rows[i].protect);
        memset(text, '?', sizeof text);
        protect_format(text, rows[i].protect);
        REQUIRE(t, memchr(text, '\0', sizeof text) != NULL);
        CHECK_STR(t, rows[i].text, text);
    }
}

static void every_protection_fits(struct test *t)
{
    for (uint32_t low = 0; low < 0x1000; low++) {
        char text[PROTECT_TEXT_CAPACITY + 1];
        text[PROTECT_TEXT_CAPACITY] = 'x';
        TEST_ROW(t, "low bits 0x%" PRIx32, low);
        protect_format(text, 0xfffff000u | low);
        CHECK_INT(t, 'x', text[PROTECT_TEXT_CAPACITY]);
        /* A text that was cut would not end in its number. */
        const char *number = strstr(text, "0xfffff");
        REQUIRE(t, number != NULL);
        CHECK_INT(t, 10, strlen(number));
    }
}

static void states_have_windows_names(struct test *t)
{
    CHECK_STR(t, "MEM_COMMIT", memory_state_name(MEMORY_STATE_COMMIT));
    CHECK_STR(t, "MEM_RESERVE", memory_state_name(MEMORY_STATE_RESERVE));
    CHECK_STR(t, "MEM_FREE", memory_state_name(MEMORY_STATE_FREE));
    CHECK(t, memory_state_name(0) == NULL);
    CHECK(t, memory_state_name(MEMORY_STATE_COMMIT | MEMORY_STATE_RESERVE) == NULL);
}

static void pages_are_counted_by_their_bits(struct test *t)
{
    enum { P = MEMORY_PAGE_SIZE };
    static const struct {
        uint64_t block;
        uint64_t resident, shared, private_, locked;
    } rows[] = {
        {0, 0, 0, 0, 0},
        {0x1, P, 0, P, 0},              /* valid, share count 0: private */
        {0x1 | 1 << 1, P, 0, 0, 0},     /* one user of a shareable page */
        {0x1 | 2 << 1, P, P, 0, 0},     /* two */
        {0x1 | 7 << 1, P, P, 0, 0},     /* seven or more */
        {0x1 | 1 << 15, P, 0, P, 0},    /* shareable and copied */
        {0x1 | 1 << 22, P, 0, P, P},    /* locked */
        {7 << 1 | 1 << 22, 0, 0, 0, 0}, /* not valid: the other bits mean something else */
        {UINT64_MAX, P, P, 0, P},       /* all bits */
        {UINT64_MAX - 1, 0, 0, 0, 0},   /* all but valid */
        {0x1 | 0x7ff << 4, P, 0, P, 0}, /* protection bits are no counts */
        {0x1 | 0x3f << 16, P, 0, P, 0}, /* nor is the node */
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct page_counts counts = {0};
        TEST_ROW(t, "block 0x%" PRIx64, rows[i].block);
        page_counts_add(&counts, &(struct page){0x10000, rows[i].block}, 1);
        CHECK_INT(t, P, counts.counted);
        CHECK_INT(t, rows[i].resident, counts.resident);
        CHECK_INT(t, rows[i].shared, counts.shared);
        CHECK_INT(t, rows[i].private_, counts.private_);
        CHECK_INT(t, rows[i].locked, counts.locked);
    }
}

static void page_counts_add_up(struct test *t)
{
    const struct page pages[] = {{0, 1}, {0x1000, 0}, {0x2000, 7}, {0x3000, 1}};
    struct page_counts counts = {0};

    page_counts_add(&counts, NULL, 0);
    CHECK_INT(t, 0, counts.counted);
    page_counts_add(&counts, pages, 4);
    page_counts_add(&counts, pages, 2);
    CHECK_INT(t, 6 * MEMORY_PAGE_SIZE, counts.counted);
    CHECK_INT(t, 4 * MEMORY_PAGE_SIZE, counts.resident);
    CHECK_INT(t, 3 * MEMORY_PAGE_SIZE, counts.private_);
    CHECK_INT(t, 1 * MEMORY_PAGE_SIZE, counts.shared);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(kinds_follow_the_type_bits),      TEST_CASE(protections_have_windows_names),
        TEST_CASE(every_protection_fits),           TEST_CASE(states_have_windows_names),
        TEST_CASE(pages_are_counted_by_their_bits), TEST_CASE(page_counts_add_up),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
