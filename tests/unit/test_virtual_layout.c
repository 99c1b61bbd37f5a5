#include "tests/virtual/virtual_layout.h"

#include "tests/test.h"

#ifndef LAYOUTS_DIR
#define LAYOUTS_DIR "tests/layouts"
#endif

#define PROCESS "process pid=7 name=a.exe\n"

static void a_layout_is_read_completely(struct test *t)
{
    static const char text[] =
        "# comment\n\n"
        "process pid=672 parent=0x21c session=1 start=9 access=limited arch=x64 protection=0x41 "
        "integrity=0x3000 limit=0x7fff0000 name=with space.exe\r\n"
        "image \\Device\\HarddiskVolume3\\a b.exe\n"
        "fault pages=0xc0000022 exit_after=12\n"
        "0x10000 0x1000 commit image 0x10000 0x80 0x2 \\Device\\V\\\xC3\xA9 1.dll\n"
        "0x11000 0x2000 commit image 0x10000 0x80 0x20\n"
        "65536000 4096 reserve private 0x3e80000 0x4 0x0\n"
        "process pid=8 name=b";
    struct virtual_layout layout;
    struct virtual_layout_error error;

    REQUIRE(t, virtual_layout_parse(span_from_string(text), &layout, &error));
    CHECK_INT(t, 2, layout.processes_count);
    const struct virtual_process *process = &layout.processes[0];
    CHECK_STR(t, "with space.exe", process->name);
    CHECK_STR(t, "\\Device\\HarddiskVolume3\\a b.exe", process->image);
    CHECK_INT(t, 672, process->entry.pid);
    CHECK_INT(t, 540, process->entry.parent_pid);
    CHECK_INT(t, 1, process->entry.session_id);
    CHECK_INT(t, 9, process->facts.start_time);
    CHECK_INT(t, PROCESS_ACCESS_LIMITED, process->facts.access);
    CHECK_INT(t, ARCH_X64, process->facts.arch);
    CHECK_INT(t, 0x41, process->facts.protection);
    CHECK_INT(t, 0x3000, process->facts.integrity);
    CHECK_INT(t, 0x7fff0000, process->facts.address_limit);
    CHECK_INT(t, 0xc0000022, process->faults.pages);
    CHECK_INT(t, 12, process->faults.exit_after);
    REQUIRE(t, process->regions_count == 3);
    const struct virtual_region *runs = process->regions;
    CHECK_INT(t, 0x10000, runs[0].base);
    CHECK_INT(t, 0x20, runs[1].protect);
    CHECK_INT(t, 17, runs[0].name_len); /* units, not bytes */
    CHECK_INT(t, 0xE9, runs[0].name[10]);
    CHECK(t, runs[1].name == runs[0].name);
    CHECK_INT(t, 65536000, runs[2].base);
    CHECK_INT(t, MEMORY_STATE_RESERVE, runs[2].state);
    CHECK(t, runs[2].name == NULL);
    CHECK_STR(t, "b", layout.processes[1].name);
    CHECK_INT(t, 0, layout.processes[1].regions_count);
    virtual_layout_release(&layout);
    virtual_layout_release(&layout);
}

static void errors_have_their_line(struct test *t)
{
    static const struct {
        const char *text;
        size_t line;
    } rows[] = {
        {"0x10000 0x1000 commit private 0x10000 4 4\n", 1},
        {"image a\n", 1},
        {"process name=a\n", 1},
        {"process pid=1\n", 1},
        {"process pid=1 color=red name=a\n", 1},
        {"process pid=x name=a\n", 1},
        {"process pid=4294967296 name=a\n", 1},
        {"process pid=1 access=some name=a\n", 1},
        {PROCESS "\n# x\nnonsense\n", 4},
        {PROCESS "fault pages\n", 2},
        {PROCESS "fault color=1\n", 2},
        {PROCESS "0x10000 0x1000 commit private 0x10000 4\n", 2},
        {PROCESS "0x10000 0x1000 free private 0x10000 4 4\n", 2},
        {PROCESS "0x10000 0x1000 commit heap 0x10000 4 4\n", 2},
        {PROCESS "0x10800 0x1000 commit private 0x10800 4 4\n", 2},
        {PROCESS "0x10000 0x0 commit private 0x10000 4 4\n", 2},
        {PROCESS "0x10000 0x800 commit private 0x10000 4 4\n", 2},
        {PROCESS "0x11000 0x1000 commit private 0x10000 4 4\n", 2},
        {PROCESS "0x10000 0x1000 commit private 0x10000 4 4 \\a\n", 2},
        {PROCESS "0x10000 0x1000 commit pagefile 0x10000 4 4 \\a\n", 2},
        {PROCESS "0xfffffffffffff000 0x2000 commit private 0xfffffffffffff000 4 4\n", 2},
        {PROCESS "0x10000 0x2000 commit data 0x10000 4 4 \\a\n"
                 "0x11000 0x1000 commit data 0x10000 4 2\n",
         3},
        {PROCESS "0x10000 0x1000 commit data 0x10000 4 4 \\a\n"
                 "0x11000 0x1000 commit data 0x10000 4 2 \\b\n",
         3},
        {PROCESS "0x10000 0x1000 commit data 0x10000 4 4 \\a\n"
                 "0x11000 0x1000 commit image 0x10000 4 2\n",
         3},
        {PROCESS "0x10000 0x1000 commit data 0x10000 4 4 \\a\n"
                 "0x11000 0x1000 commit data 0x10000 4 4\n", /* for the kernel these are one */
         3},
        {PROCESS "0x20000 0x1000 commit private 0x20000 4 4\n"
                 "0x10000 0x1000 commit private 0x10000 4 4\n",
         3},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct virtual_layout layout = {.text_size = 77};
        struct virtual_layout_error error;
        TEST_ROW(t, "row %zu", i);
        bool ok = virtual_layout_parse(span_from_string(rows[i].text), &layout, &error);
        CHECK(t, !ok);
        if (ok) {
            virtual_layout_release(&layout);
            continue;
        }
        CHECK_INT(t, rows[i].line, error.line);
        CHECK(t, error.message != NULL);
        CHECK_INT(t, 77, layout.text_size); /* untouched */
    }
}

static void a_missing_file_is_an_error(struct test *t)
{
    struct virtual_layout layout;
    struct virtual_layout_error error;

    CHECK(t, !virtual_layout_read(LAYOUTS_DIR "/no such file.txt", &layout, &error));
    CHECK_INT(t, 0, error.line);
}

/* The recorded files have real alignments, and enough of everything to be worth replaying. */
static void recorded_layouts_look_like_windows(struct test *t)
{
    static const char *const names[] = {"service", "protected", "browser", "dotnet", "wow64"};

    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        struct virtual_layout layout;
        struct virtual_layout_error error;
        char path[512];
        TEST_ROW(t, "%s", names[i]);
        (void)snprintf(path, sizeof path, "%s/%s.txt", LAYOUTS_DIR, names[i]);
        bool ok = virtual_layout_read(path, &layout, &error);
        if (!ok)
            printf("  %s:%zu: %s\n", path, error.line, error.message);
        REQUIRE(t, ok);
        CHECK_INT(t, 1, layout.processes_count);
        CHECK(t, layout.regions_count >= 100 && layout.regions_count <= 700);
        size_t images = 0, unaligned = 0;
        for (size_t k = 0; k < layout.regions_count; k++) {
            const struct virtual_region *run = &layout.regions[k];
            images += run->base == run->allocation_base && run->type == MEMORY_REGION_IMAGE;
            unaligned += run->allocation_base % MEMORY_GRANULARITY != 0;
        }
        CHECK(t, images > 40);
        CHECK(t, unaligned <= 1); /* the second page shared with the kernel */
        virtual_layout_release(&layout);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_layout_is_read_completely),
        TEST_CASE(errors_have_their_line),
        TEST_CASE(a_missing_file_is_an_error),
        TEST_CASE(recorded_layouts_look_like_windows),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
