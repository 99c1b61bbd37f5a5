/* The tests see the inside of a list. */
#include "common/scan/sections.c"

#include "tests/test.h"
#include "tests/virtual/virtual_objects.h"
#include "tests/virtual/virtual_platform.h"

enum { LISTING_SIZE_MAX = 64 * 1024 * 1024, STEPS_MAX = 10 * 1000 * 1000 };

static const uint32_t PAGEFILE = 0x8000000, DATA = 0x800000, IMAGE = 0x1800000;

struct world {
    struct virtual_process processes[4];
    struct virtual_platform virtual_;
    struct virtual_objects objects;
    struct platform platform;
    struct buffer listing; /* what a list gave, one line each */
    size_t rows, errors, steps;
    size_t closed_max; /* handles in one step */
    unsigned count;    /* of the test's own */
};

static void world_init(struct world *world)
{
    static const struct {
        uint32_t pid;
        const char *name;
    } processes[] = {{4, "System"}, {100, "app.exe"}, {200, "helper.exe"}, {300, "other.exe"}};

    memset(world, 0, sizeof *world);
    for (size_t i = 0; i < 4; i++)
        world->processes[i] = (struct virtual_process){
            .entry = {.pid = processes[i].pid, .start_time = 1000 + i}, .name = processes[i].name};
    virtual_platform_init(&world->virtual_, world->processes, 4, &world->platform);
    world->virtual_.objects = &world->objects;
    world->objects.context = world;
    buffer_init(&world->listing, LISTING_SIZE_MAX);
}

static void world_release(struct world *world)
{
    virtual_objects_release(&world->objects);
    buffer_release(&world->listing);
}

static void put_row(struct world *world, const struct sections *sections,
                    const struct section_row *row)
{
    struct buffer *out = &world->listing;
    struct span name;

    buffer_format(out, "%.*s = %.*s session %d", (int)row->name.size, row->name.data,
                  (int)row->object.size, row->object.data, (int)row->session);
    if (row->nt_status != 0)
        buffer_format(out, " status %08x", (unsigned)row->nt_status);
    else
        buffer_format(out, " size %u attributes %x", (unsigned)row->size,
                      (unsigned)row->attributes);
    buffer_text(out, row->is_lossy ? " lossy" : "");
    buffer_text(out, row->has_holders ? " held by" : " held by ?");
    for (uint32_t i = 0; i < row->holders_count; i++)
        buffer_format(out, " (%u)", (unsigned)sections_holder(sections, i, &name)->pid);
    buffer_text(out, "\n");
    world->rows++;
}

/* Runs a list to its end. Returns its text. */
static const char *play(struct world *world, const struct scan_query *query)
{
    struct sections *sections = sections_create(&world->platform, query, NULL);
    struct buffer *out = &world->listing;
    struct scan_row row;

    buffer_clear(out);
    world->rows = world->errors = 0;
    for (world->steps = 0; sections != NULL && world->steps < STEPS_MAX; world->steps++) {
        const size_t open = world->objects.open_count;
        sections_next(sections, &row);
        if (open > world->objects.open_count + world->closed_max)
            world->closed_max = open - world->objects.open_count;
        if (row.type == SCAN_SECTION) {
            put_row(world, sections, row.section);
            if (world->objects.open_count != 0)
                buffer_text(out, "a handle is open while rows are read\n");
#define X(member, size)                \
    if (sections->member.data != NULL) \
        buffer_text(out, "memory is kept while rows are read: " #member "\n");
            MAKING_LIST(X)
#undef X
        } else if (row.type == SCAN_ERROR || row.type == SCAN_FAILED) {
            buffer_format(out, "%s %s %.*s %08x: %s\n",
                          row.type == SCAN_FAILED ? "failed" : "error",
                          scan_stage_name(row.error.stage), (int)row.error.process.size,
                          row.error.process.data != NULL ? row.error.process.data : "",
                          (unsigned)row.error.nt_status, row.error.message);
            world->errors++;
        }
        if (row.type == SCAN_END || row.type == SCAN_FAILED)
            break;
    }
    if (sections == NULL || world->steps == STEPS_MAX)
        buffer_text(out, "no end\n");
    else if (row.type == SCAN_END &&
             (sections_counts(sections)->rows != world->rows + world->errors ||
              sections_counts(sections)->errors != world->errors))
        buffer_text(out, "wrong counts\n");
    sections_destroy(sections);
    if (world->objects.open_count != 0)
        buffer_format(out, "%zu handles are open at the end\n", world->objects.open_count);
    buffer_append(out, (struct span){"", 1});
    return out->data;
}

static size_t add_section(struct world *world, const char *path, uint64_t size, uint32_t attributes)
{
    const size_t index = virtual_objects_add(&world->objects, path, false);

    world->objects.items[index].size = size;
    world->objects.items[index].attributes = attributes;
    return index;
}

static const struct scan_query everything = {.all = true};

/* --- what is listed --- */

static void each_namespace_has_its_names(struct test *t)
{
    struct world world;

    world_init(&world);
    (void)add_section(&world, "\\BaseNamedObjects\\g", 1, PAGEFILE);
    (void)add_section(&world, "\\BaseNamedObjects\\cygwin\\shared", 2, PAGEFILE);
    (void)add_section(&world, "\\Sessions\\12\\BaseNamedObjects\\l", 3, DATA);
    (void)add_section(&world, "\\Sessions\\12\\BaseNamedObjects\\d\\e", 4, PAGEFILE);
    (void)add_section(&world, "\\Sessions\\0\\AppContainerNamedObjects\\S-1-15-2-1\\a", 5,
                      PAGEFILE);
    (void)add_section(&world, "\\KnownDlls\\ntdll.dll", 6, IMAGE);
    (void)add_section(&world, "\\KnownDlls32\\ntdll.dll", 7, IMAGE);
    /* none of these is looked at */
    (void)add_section(&world, "\\x", 8, PAGEFILE);
    (void)add_section(&world, "\\Device\\x", 8, PAGEFILE);
    (void)add_section(&world, "\\Sessions\\x", 8, PAGEFILE);
    (void)add_section(&world, "\\Sessions\\BNOLINKS\\x", 8, PAGEFILE);
    (void)add_section(&world, "\\Sessions\\1\\x", 8, PAGEFILE);
    (void)add_section(&world, "\\Sessions\\1\\DosDevices\\x", 8, PAGEFILE);
    (void)add_section(&world, "\\Sessions\\1\\AppContainerNamedObjects\\x", 8, PAGEFILE);
    world.objects.items[virtual_objects_add(&world.objects, "\\BaseNamedObjects\\Local", false)]
        .type = "SymbolicLink";
    world.objects.items[virtual_objects_add(&world.objects, "\\BaseNamedObjects\\m", false)].type =
        "Mutant";
    CHECK_STR(t,
              "Global\\g = \\BaseNamedObjects\\g session 0 size 1 attributes 8000000 held by\n"
              "\\KnownDlls\\ntdll.dll = \\KnownDlls\\ntdll.dll session -1 size 6 attributes "
              "1800000 held by\n"
              "\\KnownDlls32\\ntdll.dll = \\KnownDlls32\\ntdll.dll session -1 size 7 attributes "
              "1800000 held by\n"
              "Global\\cygwin\\shared = \\BaseNamedObjects\\cygwin\\shared session 0 size 2 "
              "attributes 8000000 held by\n"
              "Local\\l = \\Sessions\\12\\BaseNamedObjects\\l session 12 size 3 attributes 800000 "
              "held by\n"
              "AppContainerNamedObjects\\S-1-15-2-1\\a = "
              "\\Sessions\\0\\AppContainerNamedObjects\\S-1-15-2-1\\a session 0 size 5 attributes "
              "8000000 held by\n"
              "Local\\d\\e = \\Sessions\\12\\BaseNamedObjects\\d\\e session 12 size 4 attributes "
              "8000000 held by\n",
              play(&world, &everything));
    world_release(&world);
}

static void holders_are_the_processes_with_handles(struct test *t)
{
    struct world world;

    world_init(&world);
    const size_t a = add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE);
    const size_t b = add_section(&world, "\\BaseNamedObjects\\b", 2, PAGEFILE);
    const size_t c = add_section(&world, "\\BaseNamedObjects\\c", 3, PAGEFILE);
    virtual_objects_hold(&world.objects, 100, a);
    virtual_objects_hold(&world.objects, 100, b);
    virtual_objects_hold(&world.objects, 100, a); /* a second handle of the same process */
    virtual_objects_hold(&world.objects, 200, a);
    virtual_objects_hold(&world.objects, 4, b);
    virtual_objects_hold(&world.objects, 9999, c); /* has ended */
    /* Our own process holds one besides that which it was asked by: that one counts. */
    world.processes[3].entry.pid = VIRTUAL_OWN_PID;
    virtual_objects_hold(&world.objects, VIRTUAL_OWN_PID, c);
    world.objects.handles[world.objects.handles_count - 1].handle = 0x10000;
    CHECK_STR(t,
              "Global\\a = \\BaseNamedObjects\\a session 0 size 1 attributes 8000000 held by (100) "
              "(200)\n"
              "Global\\b = \\BaseNamedObjects\\b session 0 size 2 attributes 8000000 held by (4) "
              "(100)\n"
              "Global\\c = \\BaseNamedObjects\\c session 0 size 3 attributes 8000000 held by "
              "(77776)\n",
              play(&world, &everything));
    CHECK_INT(t, 1, world.objects.calls[VIRTUAL_OBJECT_HANDLES]);
    world_release(&world);
}

static void a_query_selects_by_name_and_holder(struct test *t)
{
    static const struct {
        const char *glob;
        uint32_t pid;
        const char *names; /* last letters */
        unsigned opened;   /* sections */
    } rows[] = {
        {"*", 0, "abcd", 4},
        {"A", 0, "a", 1},
        {"Global\\*", 0, "ab", 2},
        {"local\\?", 0, "c", 1},
        {"\\Sessions\\*", 0, "c", 1},
        {"\\KNOWNDLLS\\d", 0, "d", 1},
        {"\\a", 0, "", 0},
        {"BaseNamedObjects\\a", 0, "", 0},
        {NULL, 100, "ac", 4},
        {"Global\\*", 100, "a", 2},
        {"Global\\*", 300, "", 2},
        {NULL, 12345, "", 4},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct span glob = span_from_string(rows[i].glob != NULL ? rows[i].glob : "");
        const struct scan_query query = {.names = &glob,
                                         .names_count = rows[i].glob != NULL,
                                         .pids = &rows[i].pid,
                                         .pids_count = rows[i].pid != 0};
        char names[8] = "";
        struct world world;

        world_init(&world);
        const size_t a = add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE);
        (void)add_section(&world, "\\BaseNamedObjects\\b", 1, PAGEFILE);
        const size_t c = add_section(&world, "\\Sessions\\1\\BaseNamedObjects\\c", 1, PAGEFILE);
        (void)add_section(&world, "\\KnownDlls\\d", 1, PAGEFILE);
        virtual_objects_hold(&world.objects, 100, a);
        virtual_objects_hold(&world.objects, 100, c);
        const char *text = play(&world, &query);
        for (const char *at = text; (at = strstr(at, " session")) != NULL; at++)
            strncat(names, at - 1, 1);
        /* the order is that of the walk: KnownDlls before Sessions */
        TEST_ROW(t, "%s %u", rows[i].glob != NULL ? rows[i].glob : "-", (unsigned)rows[i].pid);
        CHECK_INT(t, strlen(rows[i].names), strlen(names));
        for (const char *name = rows[i].names; *name != '\0'; name++)
            CHECK(t, strchr(names, *name) != NULL);
        CHECK_INT(t, rows[i].opened, world.objects.calls[VIRTUAL_OBJECT_SECTION]);
        CHECK_INT(t, rows[i].opened > 0, world.objects.calls[VIRTUAL_OBJECT_HANDLES]);
        CHECK_INT(t, 0, world.errors);
        world_release(&world);
    }
}

static void names_are_counted_utf16(struct test *t)
{
    static const uint16_t lossy[] = {'a', 0xd800}, nul[] = {'a', 0, 'b'};
    struct world world;

    world_init(&world);
    const size_t folder = virtual_objects_add(&world.objects, "\\BaseNamedObjects", true);
    (void)virtual_objects_add_w(&world.objects, folder, lossy, 2, false);
    (void)virtual_objects_add_w(&world.objects, folder, nul, 3, false);
    const char *text = play(&world, &everything);
    CHECK_INT(t, 2, world.rows);
    CHECK_STR(
        t,
        "Global\\a = \\BaseNamedObjects\\a session 0 size 4096 attributes 8000000 held by\n"
        "Global\\a\xef\xbf\xbd = \\BaseNamedObjects\\a\xef\xbf\xbd session 0 size 4096 attributes "
        "8000000 lossy held by\n",
        text); /* printf ends a text at a NUL, the row does not */
    world_release(&world);
}

/* --- what Windows refuses --- */

static void what_is_refused_is_a_row_or_an_error(struct test *t)
{
    struct world world;

    world_init(&world);
    const size_t a = add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE);
    const size_t b = add_section(&world, "\\BaseNamedObjects\\b", 2, PAGEFILE);
    (void)add_section(&world, "\\BaseNamedObjects\\secret\\s", 2, PAGEFILE);
    (void)add_section(&world, "\\Sessions\\2\\BaseNamedObjects\\s", 2, PAGEFILE);
    virtual_objects_hold(&world.objects, 100, b);
    world.objects.items[a].open_status = NTSTATUS_ACCESS_DENIED;
    world.objects.items[b].query_status = 0xC000000D;
    world.objects.items[virtual_objects_find(&world.objects, "\\BaseNamedObjects\\secret")]
        .open_status = NTSTATUS_ACCESS_DENIED;
    world.objects.items[virtual_objects_find(&world.objects, "\\Sessions\\2")].open_status =
        NTSTATUS_ACCESS_DENIED;
    CHECK_STR(t,
              "error directory \\BaseNamedObjects\\secret c0000022: Windows refuses to list this "
              "directory of objects.\n"
              "error directory \\Sessions\\2 c0000022: Windows refuses to list this directory of "
              "objects.\n"
              "Global\\a = \\BaseNamedObjects\\a session 0 status c0000022 held by ?\n"
              "Global\\b = \\BaseNamedObjects\\b session 0 status c000000d held by (100)\n",
              play(&world, &everything));
    world_release(&world);
}

/* A process that was asked for may hold it: it is listed, not dropped. */
static void a_refused_section_may_be_held_by_anyone(struct test *t)
{
    static const char refused[] =
        "Global\\a = \\BaseNamedObjects\\a session 0 status c0000022 held by ?\n";
    static const struct {
        uint32_t pid;
        bool has_other; /* a section that is not refused, held by process 100 */
        const char *text;
    } rows[] = {
        {200, true, ""},
        {100, true,
         "Global\\b = \\BaseNamedObjects\\b session 0 size 1 attributes 8000000 held by (100)\n"},
        {100, false, ""},
        {0, false, ""},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct scan_query query = {
            .all = rows[i].pid == 0, .pids = &rows[i].pid, .pids_count = rows[i].pid != 0};
        char expected[256];
        struct world world;

        world_init(&world);
        const size_t a = add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE);
        world.objects.items[a].open_status = NTSTATUS_ACCESS_DENIED;
        if (rows[i].has_other)
            virtual_objects_hold(&world.objects, 100,
                                 add_section(&world, "\\BaseNamedObjects\\b", 1, PAGEFILE));
        snprintf(expected, sizeof expected, "%s%s", refused, rows[i].text);
        TEST_ROW(t, "pid %u", (unsigned)rows[i].pid);
        CHECK_STR(t, expected, play(&world, &query));
        CHECK_INT(t, 0, world.errors);
        CHECK_INT(t, rows[i].has_other, world.objects.calls[VIRTUAL_OBJECT_HANDLES]);
        world_release(&world);
    }
}

static const char HIDDEN[] = "error handles  00000000: Windows hides which handle belongs to which "
                             "section from a program without SeDebugPrivilege, so no holders are "
                             "known.\n";

static void without_addresses_no_holder_is_known(struct test *t)
{
    const uint32_t pid = 100;
    const struct scan_query by_pid = {.pids = &pid, .pids_count = 1};
    char expected[512];
    struct world world;

    world_init(&world);
    virtual_objects_hold(&world.objects, 100,
                         add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE));
    world.objects.hides_addresses = true;
    snprintf(expected, sizeof expected,
             "%sGlobal\\a = \\BaseNamedObjects\\a session 0 size 1 attributes 8000000 held by ?\n",
             HIDDEN);
    CHECK_STR(t, expected, play(&world, &everything));
    CHECK_STR(t, HIDDEN, play(&world, &by_pid));
    world.objects.hides_addresses = false;
    world.objects.handles_missing = 1;
    CHECK(t, strstr(play(&world, &everything), "error handles  00000000: Windows did not list all "
                                               "handles and processes") != NULL);
    CHECK_INT(t, 1, world.rows);
    world.objects.handles_status = NTSTATUS_ACCESS_DENIED;
    CHECK(t, strstr(play(&world, &everything), "error handles  c0000022") != NULL);
    CHECK_INT(t, 1, world.rows);
    world_release(&world);
}

/* Only what was seen to be hidden is called so. */
static void drop_own_handles(struct virtual_objects *objects, struct buffer *answer)
{
    const uint64_t none = 0;

    if (answer->size > 0 && objects->calls[VIRTUAL_OBJECT_HANDLES] > 0)
        memcpy(answer->data, &none, sizeof none);
}

static void a_snapshot_without_our_handles_is_not_all(struct test *t)
{
    struct world world;

    world_init(&world);
    (void)add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE);
    world.objects.distort = drop_own_handles;
    CHECK_STR(t,
              "error handles  00000000: Windows did not list all handles and processes, so no "
              "holders are known.\n"
              "Global\\a = \\BaseNamedObjects\\a session 0 size 1 attributes 8000000 held by ?\n",
              play(&world, &everything));
    world_release(&world);
}

static void every_call_may_fail(struct test *t)
{
    bool has_ended = false;

    for (uint64_t k = 1; !has_ended; k++) {
        struct world world;

        world_init(&world);
        virtual_objects_hold(&world.objects, 100,
                             add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE));
        (void)add_section(&world, "\\Sessions\\1\\BaseNamedObjects\\b", 1, PAGEFILE);
        world.objects.fail_at = k;
        world.objects.fail_with = 0xC000009A;
        const char *text = play(&world, &everything);
        TEST_ROW(t, "call %u", (unsigned)k);
        has_ended = world.objects.calls_total < k;
        CHECK(t, has_ended || strstr(text, "c000009a") != NULL);
        CHECK(t, strstr(text, "open") == NULL && strstr(text, "no end") == NULL);
        world_release(&world);
    }
    for (uint64_t k = 1; k <= 2; k++) { /* the two lists of processes */
        struct world world;

        world_init(&world);
        (void)add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE);
        world.virtual_.fail_at = k;
        world.virtual_.fail_with = 0xC000009A;
        CHECK(t, strstr(play(&world, &everything), "error handles  c000009a: Windows did not list "
                                                   "all handles and processes") != NULL);
        CHECK_INT(t, 1, world.rows);
        world_release(&world);
    }
}

/* --- what changes meanwhile --- */

/* A pid is used again between the snapshot of the handles and the second list of processes. */
static void reuse_pid(struct virtual_objects *objects, enum virtual_object_call call)
{
    struct world *world = objects->context;

    if (call == VIRTUAL_OBJECT_HANDLES)
        world->processes[1].entry.start_time++;
}

static void a_pid_that_was_reused_is_no_holder(struct test *t)
{
    struct world world;

    world_init(&world);
    const size_t a = add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE);
    virtual_objects_hold(&world.objects, 100, a);
    virtual_objects_hold(&world.objects, 200, a);
    world.objects.on_call = reuse_pid;
    CHECK(t, strstr(play(&world, &everything), "held by (200)\n") != NULL);
    world_release(&world);
}

/* The section goes before it is opened, or another object takes its name. */
static void change_a(struct virtual_objects *objects, enum virtual_object_call call)
{
    const size_t a = virtual_objects_find(objects, "\\BaseNamedObjects\\a");
    struct world *world = objects->context;

    if (call != VIRTUAL_OBJECT_READ || a == SIZE_MAX || objects->calls[call] < 2)
        return;
    if (world->count == 0)
        virtual_objects_remove(objects, a);
    else
        objects->items[a].type = "Mutant";
}

static void change_b(struct virtual_objects *objects, enum virtual_object_call call)
{
    struct world *world = objects->context;
    const size_t a = virtual_objects_find(objects, "\\BaseNamedObjects\\a");

    if (call != VIRTUAL_OBJECT_OPEN || a == SIZE_MAX || objects->calls[call] != 3)
        return;
    if (world->count == 0)
        virtual_objects_remove(objects, a);
    else
        objects->items[a].type = "Mutant";
}

static void what_goes_before_it_is_opened_is_left_out(struct test *t)
{
    for (unsigned i = 0; i < 4; i++) {
        struct world world;

        world_init(&world);
        (void)add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE);
        (void)add_section(&world, "\\BaseNamedObjects\\b", 1, PAGEFILE);
        world.count = i / 2;
        world.objects.on_call = i % 2 == 0 ? change_a : change_b;
        const char *text = play(&world, &everything);
        TEST_ROW(t, "%u", i);
        CHECK_INT(t, 0, world.errors);
        CHECK_INT(t, 1, world.rows);
        CHECK(t, strstr(text, "Global\\b") != NULL);
        world_release(&world);
    }
}

static void fill_directory(struct world *world, unsigned first, unsigned count)
{
    size_t folder = virtual_objects_find(&world->objects, "\\BaseNamedObjects");
    char text[32];
    uint16_t name[32];

    if (world->objects.count == 0 || folder == SIZE_MAX)
        folder = virtual_objects_add(&world->objects, "\\BaseNamedObjects", true);
    for (unsigned i = first; i < first + count; i++) {
        const int size = snprintf(text, sizeof text, "section-with-a-name-%07u", i);
        for (int j = 0; j < size; j++)
            name[j] = (uint16_t)text[j];
        (void)virtual_objects_add_w(&world->objects, folder, name, (size_t)size, false);
    }
}

static void a_directory_of_many_calls_is_read_until_two_passes_agree(struct test *t)
{
    struct world world;

    world_init(&world);
    fill_directory(&world, 0, 3000);
    (void)play(&world, &everything);
    CHECK_INT(t, 3000, world.rows);
    CHECK_INT(t, 0, world.errors);
    CHECK_INT(t, DIRECTORY_CALL_SIZE, world.objects.read_size_max);
    CHECK(t, world.objects.calls[VIRTUAL_OBJECT_READ] >= 2 * 5);
    world_release(&world);
}

/* A section moves to the end: its place in front is taken by the next one, which a call skips. */
static void move_first(struct virtual_objects *objects, enum virtual_object_call call)
{
    struct world *world = objects->context;

    if (call != VIRTUAL_OBJECT_READ || objects->calls[call] < 3 || world->count == 0)
        return;
    world->count--;
    for (size_t i = 0; i < objects->count; i++) {
        if (objects->items[i].is_directory || objects->items[i].address == 0)
            continue;
        const struct virtual_object *object = &objects->items[i];
        (void)virtual_objects_add_w(objects, object->parent, object->name, object->name_len, false);
        virtual_objects_remove(objects, i);
        return;
    }
}

static void changes_during_the_walk_skip_no_name_silently(struct test *t)
{
    static const unsigned changes[] = {1, 2, 3, 1000000};

    for (size_t i = 0; i < TEST_COUNT(changes); i++) {
        struct world world;

        world_init(&world);
        fill_directory(&world, 0, 2000);
        world.count = changes[i];
        world.objects.on_call = move_first;
        const char *text = play(&world, &everything);
        TEST_ROW(t, "%u changes", changes[i]);
        if (changes[i] < 4) {
            CHECK_INT(t, 2000, world.rows);
            CHECK_INT(t, 0, world.errors);
        } else { /* it never rests: what was found is listed, once, and the rest is not hidden */
            CHECK(t, strstr(text, "error directory \\BaseNamedObjects 00000000: This directory of "
                                  "objects changed each time") != NULL);
            CHECK_INT(t, 1, world.errors);
            CHECK(t, world.rows > 1900 && world.rows <= 2000);
        }
        world_release(&world);
    }
}

static void add_one(struct virtual_objects *objects, enum virtual_object_call call)
{
    struct world *world = objects->context;

    if (call == VIRTUAL_OBJECT_READ && objects->calls[call] >= 3)
        fill_directory(world, 100000 + world->count++, 1);
}

static void a_directory_that_grows_has_an_end(struct test *t)
{
    struct world world;

    world_init(&world);
    fill_directory(&world, 0, 2000);
    world.objects.on_call = add_one;
    (void)play(&world, &everything);
    CHECK(t, world.rows >= 2000);
    CHECK_INT(t, 1, world.errors);
    CHECK(t, world.objects.calls[VIRTUAL_OBJECT_READ] < 40);
    world_release(&world);
}

/* More events than a call takes are added before each call. */
static void add_events(struct virtual_objects *objects, enum virtual_object_call call)
{
    static const uint16_t name[] = {'e'};
    const size_t folder = virtual_objects_find(objects, "\\BaseNamedObjects");

    for (int i = 0; call == VIRTUAL_OBJECT_READ && objects->calls[call] >= 2 && i < 2048; i++) {
        const size_t event = virtual_objects_add_w(objects, folder, name, 1, false);
        objects->items[event].type = "Event";
    }
}

static void events_that_grow_for_ever_have_an_end(struct test *t)
{
    struct world world;

    world_init(&world);
    (void)add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE);
    (void)add_section(&world, "\\KnownDlls\\b", 2, IMAGE);
    world.objects.on_call = add_events;
    CHECK_STR(t,
              "error directory \\BaseNamedObjects 00000000: Windows' list of this directory of "
              "objects was not read to its end: it has too many entries (524288 were read).\n"
              "Global\\a = \\BaseNamedObjects\\a session 0 size 1 attributes 8000000 held by\n"
              "\\KnownDlls\\b = \\KnownDlls\\b session -1 size 2 attributes 1800000 held by\n",
              play(&world, &everything));
    CHECK(t, world.objects.calls[VIRTUAL_OBJECT_READ] < 524288 / 1000);
    world_release(&world);
}

static void one_entry_a_call_works_too(struct test *t)
{
    struct world world;

    world_init(&world);
    fill_directory(&world, 0, 20);
    (void)add_section(&world, "\\Sessions\\1\\BaseNamedObjects\\b", 1, PAGEFILE);
    world.objects.has_single_only = true;
    (void)play(&world, &everything);
    CHECK_INT(t, 21, world.rows);
    CHECK_INT(t, 0, world.errors);
    world_release(&world);
}

static void a_name_larger_than_a_call_does_not_hide_what_follows(struct test *t)
{
    uint16_t *name = malloc(32767 * sizeof *name);

    REQUIRE(t, name != NULL);
    for (size_t i = 0; i < 32767; i++)
        name[i] = 'x';
    for (int is_single = 0; is_single < 2; is_single++) {
        struct world world;

        world_init(&world);
        const size_t folder = virtual_objects_add(&world.objects, "\\BaseNamedObjects", true);
        (void)virtual_objects_add_w(&world.objects, folder, name, 32766, false);
        (void)add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE);
        world.objects.has_single_only = is_single != 0;
        (void)play(&world, &everything);
        TEST_ROW(t, "single %d", is_single);
        CHECK_INT(t, 2, world.rows);
        CHECK_INT(t, 0, world.errors);
        CHECK_INT(t, DIRECTORY_CALL_SIZE, world.objects.read_size_max);
        world_release(&world);
    }
    free(name);
}

/* Names that are long, or patterns that cost, take more steps. What costs even more is not compared. */
static void a_step_compares_so_much_and_no_more(struct test *t)
{
    enum { NAME_LEN = 30000, PATTERN_SIZE = 500 };
    static uint16_t name[NAME_LEN];
    static char costly[PATTERN_SIZE]; /* "*????...b" */
    static const struct {
        const char *what;
        size_t len, patterns_count;
        bool is_costly;
        unsigned count;         /* of names */
        unsigned steps, errors; /* steps: at least */
    } rows[] = {
        {"short", 8, 1, false, 200, 1, 0},          {"long names", NAME_LEN, 1, false, 200, 60, 0},
        {"many patterns", 8, 64, false, 200, 1, 0}, {"costly", 700, 1, true, 200, 200, 0},
        {"too costly", NAME_LEN, 1, true, 4, 4, 4},
    };
    struct span names[64];

    memset(costly, '?', sizeof costly);
    costly[0] = '*';
    costly[PATTERN_SIZE - 1] = 'b';
    for (size_t i = 0; i < NAME_LEN; i++)
        name[i] = 'x';
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct scan_query query = {.names = names, .names_count = rows[i].patterns_count};
        struct world world;

        for (size_t j = 0; j < 64; j++)
            names[j] = rows[i].is_costly ? (struct span){costly, sizeof costly} : SPAN("nothing");
        world_init(&world);
        const size_t folder = virtual_objects_add(&world.objects, "\\BaseNamedObjects", true);
        for (unsigned j = 0; j < rows[i].count; j++) {
            name[0] = (uint16_t)('A' + j);
            (void)virtual_objects_add_w(&world.objects, folder, name, rows[i].len, false);
        }
        (void)play(&world, &query);
        TEST_ROW(t, "%s", rows[i].what);
        CHECK_INT(t, rows[i].errors, world.rows + world.errors);
        CHECK(t, world.steps - world.objects.calls_total >= rows[i].steps);
        CHECK(t, world.steps - world.objects.calls_total < 3 * rows[i].steps + 8);
        world_release(&world);
    }
}

static void directories_are_bounded(struct test *t)
{
    char path[200] = "\\BaseNamedObjects";
    struct world world;

    world_init(&world);
    for (int i = 0; i < 30; i++) {
        strcat(path, "\\d");
        (void)virtual_objects_add(&world.objects, path, true);
    }
    strcat(path, "\\s");
    (void)virtual_objects_add(&world.objects, path, false);
    (void)play(&world, &everything);
    CHECK_INT(t, 1, world.rows);
    CHECK_INT(t, 0, world.errors);
    const size_t folder = virtual_objects_find(&world.objects, "\\BaseNamedObjects");
    for (unsigned i = 0; i < DIRECTORIES_MAX; i++) {
        const uint16_t name[] = {(uint16_t)('a' + i % 16), (uint16_t)('a' + i / 16 % 16),
                                 (uint16_t)('a' + i / 256)};
        (void)virtual_objects_add_w(&world.objects, folder, name, 3, true);
    }
    CHECK(t, strstr(play(&world, &everything), "There are more named sections") != NULL);
    CHECK_INT(t, 1, world.errors);
    world_release(&world);
}

static void a_path_that_is_too_long_is_reported(struct test *t)
{
    uint16_t *name = malloc(32767 * sizeof *name);
    struct world world;

    REQUIRE(t, name != NULL);
    for (size_t i = 0; i < 32767; i++)
        name[i] = 0x4e00; /* three bytes in UTF-8 */
    world_init(&world);
    const size_t folder = virtual_objects_add(&world.objects, "\\BaseNamedObjects", true);
    (void)virtual_objects_add_w(&world.objects, folder, name, 30000, false);
    (void)add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE);
    CHECK(t, strstr(play(&world, &everything),
                    "error directory \\BaseNamedObjects 00000000: The "
                    "path of an object in this directory is longer") != NULL);
    CHECK_INT(t, 1, world.rows);
    world_release(&world);
    free(name);
}

/* --- large systems --- */

static void a_list_has_a_limit(struct test *t)
{
    struct world world;

    world_init(&world);
    fill_directory(&world, 0, SECTIONS_MAX + 10);
    const char *text = play(&world, &everything);
    CHECK_INT(t, SECTIONS_MAX, world.rows);
    CHECK_INT(t, 1, world.errors);
    CHECK(t, strstr(text, "error directory  00000000: There are more named sections") != NULL);
    CHECK(t, world.objects.open_peak <= SECTIONS_MAX + 16);
    world_release(&world);
}

static void a_hundred_thousand_sections_and_a_million_handles(struct test *t)
{
    struct world world;

    world_init(&world);
    fill_directory(&world, 0, 100000);
    for (uint32_t i = 0; i < 1000000; i++)
        virtual_objects_hold(&world.objects, 100 + 100 * (i / 400000), 2 + i % 300000 % 100000);
    (void)play(&world, &everything);
    CHECK_INT(t, 100000, world.rows);
    CHECK_INT(t, 0, world.errors);
    CHECK_INT(t, 1, world.objects.calls[VIRTUAL_OBJECT_HANDLES]);
    CHECK_INT(t, 2, world.virtual_.calls[VIRTUAL_LIST]);
    CHECK_INT(t, 100000, world.objects.calls[VIRTUAL_OBJECT_SECTION]); /* each opened once */
    CHECK(t, world.closed_max > 1 && world.closed_max <= 1024);
    /* each handle is read twice, each section opened, closed and reported once */
    CHECK(t, world.steps < 2 * 1100000 / HANDLES_PER_STEP + 3 * 100000);
    world_release(&world);
}

/* A process with many handles to a section is one holder; the bound is one of holders. */
static void many_handles_of_few_processes_are_few_holders(struct test *t)
{
    struct world world;

    world_init(&world);
    const size_t a = add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE);
    const size_t b = add_section(&world, "\\BaseNamedObjects\\b", 2, PAGEFILE);
    for (unsigned i = 0; i < 2 * HOLDERS_MAX + 10; i++)
        virtual_objects_hold(&world.objects, i % 3 == 0 ? 100 : 200, i % 2 == 0 ? a : b);
    virtual_objects_hold(&world.objects, 4, b);
    CHECK_STR(t,
              "Global\\a = \\BaseNamedObjects\\a session 0 size 1 attributes 8000000 held by (100) "
              "(200)\n"
              "Global\\b = \\BaseNamedObjects\\b session 0 size 2 attributes 8000000 held by (4) "
              "(100) (200)\n",
              play(&world, &everything));
    world_release(&world);
}

static void holders_have_a_limit(struct test *t)
{
    enum { PROCESSES = 1100, SECTIONS = 1000 };
    struct virtual_process *processes = calloc(PROCESSES, sizeof *processes);
    struct world world;

    REQUIRE(t, processes != NULL);
    world_init(&world);
    fill_directory(&world, 0, SECTIONS);
    for (uint32_t i = 0; i < PROCESSES; i++) {
        processes[i] =
            (struct virtual_process){.entry = {.pid = 4 + i, .start_time = 1}, .name = "x.exe"};
        for (size_t j = 0; j < SECTIONS; j++)
            virtual_objects_hold(&world.objects, 4 + i, 2 + j);
    }
    world.virtual_.processes = processes;
    world.virtual_.processes_count = PROCESSES;
    CHECK(t, strstr(play(&world, &everything), "There are more than 1048576 holders") != NULL);
    CHECK_INT(t, SECTIONS, world.rows);
    CHECK_INT(t, 1, world.errors);
    world_release(&world);
    free(processes);
}

static void it_may_be_destroyed_at_any_step(struct test *t)
{
    bool has_ended = false;

    for (unsigned steps = 0; !has_ended; steps++) {
        struct scan_row row = {.type = SCAN_NONE};
        struct world world;

        world_init(&world);
        virtual_objects_hold(&world.objects, 100,
                             add_section(&world, "\\BaseNamedObjects\\a", 1, PAGEFILE));
        struct sections *sections = sections_create(&world.platform, &everything, NULL);
        REQUIRE(t, sections != NULL);
        for (unsigned i = 0; i < steps; i++)
            sections_next(sections, &row);
        has_ended = row.type == SCAN_END;
        sections_destroy(sections);
        CHECK_INT(t, 0, world.objects.open_count);
        world_release(&world);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(each_namespace_has_its_names),
        TEST_CASE(holders_are_the_processes_with_handles),
        TEST_CASE(a_query_selects_by_name_and_holder),
        TEST_CASE(names_are_counted_utf16),
        TEST_CASE(what_is_refused_is_a_row_or_an_error),
        TEST_CASE(a_refused_section_may_be_held_by_anyone),
        TEST_CASE(without_addresses_no_holder_is_known),
        TEST_CASE(a_snapshot_without_our_handles_is_not_all),
        TEST_CASE(every_call_may_fail),
        TEST_CASE(a_pid_that_was_reused_is_no_holder),
        TEST_CASE(what_goes_before_it_is_opened_is_left_out),
        TEST_CASE(a_directory_of_many_calls_is_read_until_two_passes_agree),
        TEST_CASE(changes_during_the_walk_skip_no_name_silently),
        TEST_CASE(a_directory_that_grows_has_an_end),
        TEST_CASE(events_that_grow_for_ever_have_an_end),
        TEST_CASE(one_entry_a_call_works_too),
        TEST_CASE(a_name_larger_than_a_call_does_not_hide_what_follows),
        TEST_CASE(a_step_compares_so_much_and_no_more),
        TEST_CASE(directories_are_bounded),
        TEST_CASE(a_path_that_is_too_long_is_reported),
        TEST_CASE(a_list_has_a_limit),
        TEST_CASE(a_hundred_thousand_sections_and_a_million_handles),
        TEST_CASE(many_handles_of_few_processes_are_few_holders),
        TEST_CASE(holders_have_a_limit),
        TEST_CASE(it_may_be_destroyed_at_any_step),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
