/* Name queries: on real memory, and on invented kernels that want more room. */
#include "tests/test.h"

#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/win32/handle.h"
#include "common/win32/platform_nt.h"

enum { SCRATCH_SIZE = 256 * 1024 };

static struct platform platform;

static void name_distinguishes_files_from_sections_without(struct test *t)
{
    struct process_facts facts;
    struct buffer name, path;
    struct address_space *space = NULL;
    bool lossy = true;

    buffer_init(&name, NAME_SIZE_MAX);
    buffer_init(&path, SCRATCH_SIZE);
    REQUIRE(t, platform.open(platform.context, GetCurrentProcessId(), &facts, &name, &space) ==
                   NTSTATUS_OK);
    HANDLE section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x10000, NULL);
    void *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    void *range = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(t, view != NULL && range != NULL);

    uint64_t module = (uint64_t)(uintptr_t)GetModuleHandleW(NULL);
    CHECK_INT(t, NTSTATUS_OK, platform.name(platform.context, space, module, &name, &lossy));
    CHECK(t, !lossy);
    CHECK(t, platform.path(platform.context, buffer_span(&name), &path));
    CHECK_INT(t, NTSTATUS_FILE_INVALID,
              platform.name(platform.context, space, (uintptr_t)view, &name, &lossy));
    CHECK_INT(t, 0, name.size);
    CHECK_INT(t, NTSTATUS_INVALID_ADDRESS,
              platform.name(platform.context, space, (uintptr_t)range, &name, &lossy));

    VirtualFree(range, 0, MEM_RELEASE);
    UnmapViewOfFile(view);
    handle_close(&section);
    platform.close(platform.context, space);
    buffer_release(&name);
    buffer_release(&path);
}

/* A kernel for one name query: requires a large buffer. */
struct fake_name {
    uint16_t size; /* bytes of the name */
    nt_result refusal;
    bool outside;    /* points its text outside the answer */
    bool terminated; /* counts a terminator as part of the name */
    int calls;
};

static struct fake_name fake;
static struct address_space space;

static nt_result fake_query(HANDLE process, const void *address, void *room, ULONG size)
{
    struct nt_string *answer = room;
    size_t wanted = sizeof *answer + fake.size;

    (void)process;
    (void)address;
    fake.calls++;
    if (size < wanted)
        return fake.refusal;
    *answer = (struct nt_string){fake.size, fake.size, (wchar_t *)(void *)(answer + 1)};
    if (fake.outside)
        answer->data += 1;
    size_t len = fake.size / sizeof(wchar_t);
    for (size_t i = 0; i < len; i++)
        ((wchar_t *)(void *)(answer + 1))[i] = fake.terminated && i + 1 == len ? L'\0' : L'x';
    return 0;
}

static void name_query_grows_within_bounds(struct test *t)
{
    const nt_result overflow = (nt_result)NTSTATUS_BUFFER_OVERFLOW;
    const nt_result mismatch = (nt_result)NTSTATUS_INFO_LENGTH_MISMATCH;
    const nt_result denied = (nt_result)NTSTATUS_ACCESS_DENIED;
    const struct {
        struct fake_name fake;
        uint32_t status;
        int calls;
    } rows[] = {
        {{0, overflow, false, false, 0}, NTSTATUS_OK, 1},
        {{8, overflow, false, true, 0}, NTSTATUS_OK, 1},
        {{1008, overflow, false, false, 0}, NTSTATUS_OK, 1},   /* fills 1 KiB exactly */
        {{1010, overflow, false, false, 0}, NTSTATUS_OK, 2},   /* one unit more */
        {{0xfffe, overflow, false, false, 0}, NTSTATUS_OK, 2}, /* 32,767 units */
        {{0xfffe, mismatch, false, false, 0}, NTSTATUS_OK, 2},
        {{1010, denied, false, false, 0}, NTSTATUS_ACCESS_DENIED, 1},
        {{1006, overflow, true, false, 0}, NTSTATUS_OK, 1}, /* moved, but still inside */
        {{1008, overflow, true, false, 0}, NTSTATUS_INFO_LENGTH_MISMATCH, 1},
    };
    struct buffer name;
    bool lossy;

    buffer_init(&name, NAME_SIZE_MAX);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "row %zu", i);
        fake = rows[i].fake;
        uint32_t status = platform_nt_query_name(&space, fake_query, NULL, &name, &lossy);
        CHECK_INT(t, rows[i].status, status);
        CHECK_INT(t, rows[i].calls, fake.calls);
        CHECK_INT(t, status == NTSTATUS_OK ? fake.size / sizeof(wchar_t) - fake.terminated : 0,
                  name.size);
    }
    buffer_release(&name);
}

static nt_result never_enough(HANDLE process, const void *address, void *room, ULONG size)
{
    (void)process;
    (void)address;
    (void)room;
    (void)size;
    fake.calls++;
    return (nt_result)NTSTATUS_BUFFER_OVERFLOW;
}

static void name_query_gives_up_on_a_kernel_that_always_wants_more(struct test *t)
{
    struct buffer name;
    bool lossy;

    buffer_init(&name, NAME_SIZE_MAX);
    fake.calls = 0;
    CHECK_INT(t, NTSTATUS_BUFFER_OVERFLOW,
              platform_nt_query_name(&space, never_enough, NULL, &name, &lossy));
    CHECK_INT(t, 2, fake.calls);
    buffer_release(&name);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(name_distinguishes_files_from_sections_without),
        TEST_CASE(name_query_grows_within_bounds),
        TEST_CASE(name_query_gives_up_on_a_kernel_that_always_wants_more),
    };

    if (platform_nt_create(&platform, 0) != ERROR_SUCCESS)
        return 1;
    int failed = test_main(argc, argv, cases, TEST_COUNT(cases));
    platform_nt_destroy(&platform);
    return failed;
}
