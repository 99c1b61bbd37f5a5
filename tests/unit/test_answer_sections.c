/* Op sections through answer.h: slices, one list at a time, the watchdog, what a row may hold. */
#include "tests/unit/answer_world.h"

#include <inttypes.h>

#include "tests/virtual/virtual_objects.h"

static struct virtual_objects objects;
static struct atomic listings;

static void begin_world(struct world *world)
{
    world_init(world);
    objects = (struct virtual_objects){.count = 0};
    atomic_set(&listings, 0);
    world->virtual_.objects = &objects;
    world->context.listings = &listings;
    for (int i = 0; i < 3; i++) {
        const char *const paths[] = {"\\BaseNamedObjects\\a", "\\Sessions\\1\\BaseNamedObjects\\b",
                                     "\\KnownDlls\\c"};
        virtual_objects_hold(&objects, 100, virtual_objects_add(&objects, paths[i], false));
    }
}

static void end_world(struct test *t, struct world *world)
{
    CHECK_INT(t, 0, objects.open_count);
    CHECK_INT(t, 0, atomic_get(&listings));
    virtual_objects_release(&objects);
    world_release(world);
}

static bool says(const struct world *world, const char *text)
{
    for (size_t i = 0; i + strlen(text) <= world->out.size; i++)
        if (memcmp(world->out.data + i, text, strlen(text)) == 0)
            return true;
    return false;
}

static const char request[] = "{\"op\":\"sections\",\"all\":true}";

static void it_runs_in_slices_like_a_scan(struct test *t)
{
    struct world world;

    begin_world(&world);
    struct answer *answer = ask(&world, request);
    CHECK(t, answer_is_scan(answer));
    CHECK_INT(t, 0, objects.calls_total); /* nothing is asked before its turn */
    unsigned slices = 1;
    for (uint64_t calls = 0; step(&world, answer); slices++) {
        const uint64_t total = objects.calls_total + world.virtual_.calls[VIRTUAL_LIST];
        CHECK(t, total - calls <= 2); /* a section is opened and asked */
        calls = total;
    }
    CHECK(t, slices > 10);
    CHECK(t, says(&world, "\"name\":\"Global\\\\a\"") && says(&world, "\"rows\":3,\"errors\":0"));
    CHECK(t, answer_tally(answer)->asks_others);
    CHECK_INT(t, OP_SECTIONS, answer_tally(answer)->op);
    CHECK_INT(t, CLASS_SECTIONS, answer_tally(answer)->class_);
    CHECK_INT(t, RESULT_OK, answer_tally(answer)->result);
    leave(&world, answer);
    end_world(t, &world);
}

/* Whoever disconnects, whenever: no handle stays open and the next one may ask. */
static void it_may_be_left_after_any_slice(struct test *t)
{
    bool has_ended = false;

    for (unsigned slices = 0; !has_ended; slices++) {
        struct world world;
        begin_world(&world);
        struct answer *answer = ask(&world, request);
        for (unsigned i = 0; i < slices; i++)
            has_ended = !step(&world, answer);
        leave(&world, answer);
        CHECK_INT(t, 0, objects.open_count);
        CHECK(t, serve(&world, request) > 0);
        CHECK(t, !says(&world, "busy"));
        end_world(t, &world);
    }
}

static void one_list_is_made_at_a_time(struct test *t)
{
    struct world world;

    begin_world(&world);
    struct answer *first = ask(&world, request);
    struct answer *second = ask(&world, request);
    CHECK(t, step(&world, first)); /* it has begun */
    CHECK(t, !step(&world, second));
    CHECK(t, says(&world, "\"code\":\"busy\"") && says(&world, "limit sections"));
    CHECK_INT(t, 1u << LIMIT_SECTIONS, answer_tally(second)->limits);
    leave(&world, second);
    CHECK(t, serve(&world, "{\"op\":\"maps\",\"pid\":100}") > 0); /* others go on */
    /* Once the snapshot is freed, another list is made, however slowly the first is read. */
    while (!says(&world, "Global"))
        CHECK(t, step(&world, first));
    buffer_clear(&world.out);
    CHECK(t, serve(&world, request) > 0);
    CHECK(t, says(&world, "\"rows\":3") && !says(&world, "busy"));
    while (step(&world, first))
        ;
    leave(&world, first);
    end_world(t, &world);
}

/* Lists that are read slowly keep their memory: of large ones a few may. */
static void few_large_lists_wait_for_their_readers(struct test *t)
{
    enum { NAMES = 100, NAME_LEN = 30000 };
    static uint16_t name[NAME_LEN];
    struct answer *slow[SECTIONS_LARGE_MAX];
    struct world world;

    begin_world(&world);
    const size_t folder = virtual_objects_find(&objects, "\\BaseNamedObjects");
    for (size_t i = 0; i < NAME_LEN; i++)
        name[i] = 'x';
    for (unsigned i = 0; i < NAMES; i++) {
        name[0] = (uint16_t)('A' + i);
        (void)virtual_objects_add_w(&objects, folder, name, NAME_LEN, false);
    }
    for (int i = 0; i < SECTIONS_LARGE_MAX; i++) {
        TEST_ROW(t, "list %d", i);
        slow[i] = ask(&world, request);
        while (!says(&world, "Global") && step(&world, slow[i]))
            ;
        CHECK(t, !says(&world, "busy"));
        buffer_clear(&world.out);
    }
    CHECK_INT(t, 2 * SECTIONS_LARGE_MAX, atomic_get(&listings));
    struct answer *late = ask(&world, request);
    while (step(&world, late))
        ;
    CHECK(t, says(&world, "\"code\":\"busy\"") && says(&world, "wait for their readers"));
    leave(&world, late);
    buffer_clear(&world.out);
    CHECK(t, serve(&world, "{\"op\":\"sections\",\"name\":\"*b\"}") > 0); /* a small one */
    CHECK(t, says(&world, "\"rows\":1"));
    leave(&world, slow[0]);
    struct answer *again = ask(&world, request);
    for (bool more = true; more;) {
        buffer_clear(&world.out);
        more = step(&world, again);
        CHECK(t, !says(&world, "busy"));
    }
    leave(&world, again);
    for (int i = 1; i < SECTIONS_LARGE_MAX; i++)
        leave(&world, slow[i]);
    end_world(t, &world);
}

/* The observer gives up the slice during a call. */
static struct watchdog watchdog;
static struct watch watch;
static struct watch_target hung;
static uint64_t hang_at;
static bool is_hung;

static uint64_t clock_ms(void)
{
    return 1;
}

static void hang(struct virtual_objects *tree, enum virtual_object_call call)
{
    (void)call;
    if (tree->calls_total == hang_at)
        is_hung = watchdog_abandon(&watchdog, &watch, 0, &hung) && atomic_get(&listings) == 1;
}

/* A call that does not return: the client gets an error, no handle is lost, and until the call
 * returns no other list is made. */
static void a_call_that_hangs_ends_the_request(struct test *t)
{
    for (hang_at = 1; hang_at <= 14; hang_at++) {
        struct world world;
        begin_world(&world);
        objects.on_call = hang;
        watchdog_init(&watchdog, clock_ms);
        watch = (struct watch){.seen_ms = 0};
        is_hung = false;
        struct answer *answer = ask(&world, request);
        TEST_ROW(t, "call %u", (unsigned)hang_at);
        while (answer_run(answer, &watch, 0, OUTPUT_SIZE) && !answer_is_over(answer))
            CHECK(t, answer_take(answer, &world.out));
        REQUIRE(t, is_hung);
        CHECK_INT(t, STAGE_SELECT, hung.stage);
        CHECK_INT(t, 0, objects.open_count);
        CHECK_INT(t, 0, atomic_get(&listings));
        REQUIRE(t, answer_resume(answer, &hung));
        CHECK(t, answer_is_over(answer) && answer_take(answer, &world.out));
        CHECK(t, says(&world, "\"code\":\"timeout\",\"message\":\"Windows did not give the list of "
                              "sections in time.\""));
        leave(&world, answer);
        end_world(t, &world);
    }
}

static void without_query_all_nothing_is_asked(struct test *t)
{
    struct world world;

    begin_world(&world);
    world.grant.rights = RIGHTS_ALL & ~(uint32_t)RIGHT_QUERY_ALL;
    CHECK(t, serve(&world, request) > 0);
    CHECK(t, says(&world, "\"code\":\"denied\""));
    CHECK(t, !says(&world, "Global"));
    CHECK_INT(t, 0, objects.calls_total);
    CHECK_INT(t, 0, world.virtual_.calls_total);
    end_world(t, &world);
}

/* 60,000 processes with long names hold one section: their number is right, and the row fits. */
static void holders_that_do_not_fit_are_counted(struct test *t)
{
    enum { HOLDERS = 60 * 1000 };
    static char name[] = "a-process-with-a-name-that-is-as-long-as-some-are\x01\x01\x01.exe";
    struct virtual_process *processes = calloc(HOLDERS, sizeof *processes);
    struct world world;

    REQUIRE(t, processes != NULL);
    begin_world(&world);
    const size_t a = virtual_objects_find(&objects, "\\BaseNamedObjects\\a");
    for (uint32_t i = 0; i < HOLDERS; i++) {
        processes[i] =
            (struct virtual_process){.entry = {.pid = 4 * (i + 1), .start_time = 1}, .name = name};
        virtual_objects_hold(&objects, 4 * (i + 1), a);
    }
    world.virtual_.processes = processes;
    world.virtual_.processes_count = HOLDERS;
    CHECK(t, serve(&world, "{\"op\":\"sections\",\"name\":\"Global\\\\a\"}") > 0);
    CHECK(t, says(&world, "\"processes\":60000,") && says(&world, "\"complete\":true"));
    const char *newline = memchr(world.out.data, '\n', world.out.size);
    CHECK(t, newline != NULL && newline - world.out.data < OUTPUT_ROW_SIZE_MAX);
    CHECK(t, newline != NULL && newline - world.out.data > OUTPUT_ROW_SIZE_MAX / 2);
    end_world(t, &world);
    free(processes);
}

/* The addresses of kernel objects go nowhere. */
static void no_address_is_returned(struct test *t)
{
    struct world world;

    begin_world(&world);
    CHECK(t, serve(&world, "{\"op\":\"sections\",\"all\":true,\"debug\":true}") > 0);
    CHECK(t, says(&world, "\"holders\":[{\"pid\":100"));
    for (size_t i = 0; i < objects.count; i++) {
        const uint64_t address = objects.items[i].address;
        char texts[3][32];

        snprintf(texts[0], sizeof texts[0], "%" PRIx64, address);
        snprintf(texts[1], sizeof texts[1], "%" PRIu64, address);
        snprintf(texts[2], sizeof texts[2], "-%" PRIu64, UINT64_MAX - address + 1); /* signed */
        for (size_t j = 0; j < TEST_COUNT(texts); j++) {
            TEST_ROW(t, "%s", texts[j]);
            CHECK(t, !says(&world, texts[j]));
        }
    }
    CHECK(t, !says(&world, "8a01") && !says(&world, "0x"));
    end_world(t, &world);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(it_runs_in_slices_like_a_scan),
        TEST_CASE(it_may_be_left_after_any_slice),
        TEST_CASE(one_list_is_made_at_a_time),
        TEST_CASE(few_large_lists_wait_for_their_readers),
        TEST_CASE(a_call_that_hangs_ends_the_request),
        TEST_CASE(without_query_all_nothing_is_asked),
        TEST_CASE(holders_that_do_not_fit_are_counted),
        TEST_CASE(no_address_is_returned),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
