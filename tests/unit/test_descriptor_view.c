#include "tests/test.h"

#include "service/descriptor_view.h"
#include "tests/unit/descriptor_bytes.h"

enum { ALLOW = 0, DENY = 1, ALLOW_OBJECT = 5, ALLOW_CALLBACK = 9, LABEL = 17, HEIRS = 0x0b };
enum { WRITE = 0x2, READ = 0x1, PROTECTED = 0x1000 };

static const struct access_mapping mapping = {0x120089, 0x120116, 0x1200a0, 0x1f01ff};

/* A view into memory of exactly that size, so that a read beyond is seen. */
static bool parse(const struct descriptor_bytes *bytes, void **memory, struct descriptor_view *view)
{
    *memory = malloc(bytes->size > 0 ? bytes->size : 1);
    if (*memory == NULL)
        return false;
    memcpy(*memory, bytes->bytes, bytes->size);
    return descriptor_view_parse(*memory, bytes->size, view);
}

static void descriptor_view_finds_strangers(struct test *t)
{
    static const struct {
        const char *name;
        enum who owner;
        bool has_list;
        struct ace aces[ACES_MAX];
        const char *reason; /* NULL: nobody */
    } rows[] = {
        {"no access list",
         SYSTEM,
         false,
         {{0}},
         "it has no access list: everybody may do everything"},
        {"an empty list lets nobody in", SYSTEM, true, {{0}}, NULL},
        {"the three who may",
         ADMINISTRATORS,
         true,
         {{ALLOW, 0, WRITE, SYSTEM},
          {ALLOW, 0, WRITE, ADMINISTRATORS},
          {ALLOW, 0, WRITE, TRUSTED_INSTALLER}},
         NULL},
        {"owned by TrustedInstaller", TRUSTED_INSTALLER, true, {{0}}, NULL},
        {"owned by users", USERS, true, {{0}}, "it is owned by S-1-5-32-545"},
        {"owned by nobody", NOBODY, true, {{0}}, "it is owned by nobody"},
        {"owned by CREATOR OWNER", CREATOR_OWNER, true, {{0}}, "it is owned by S-1-3-0"},
        {"users may read", SYSTEM, true, {{ALLOW, 0, READ, USERS}}, NULL},
        {"users may write",
         SYSTEM,
         true,
         {{ALLOW, 0, WRITE | READ, USERS}},
         "S-1-5-32-545 may do 0x00000002"},
        {"heirs of users may write", SYSTEM, true, {{ALLOW, HEIRS, WRITE, USERS}}, NULL},
        {"users and their heirs",
         SYSTEM,
         true,
         {{ALLOW, 0x03, WRITE, USERS}},
         "S-1-5-32-545 may do 0x00000002"},
        {"the owner, whoever that is",
         SYSTEM,
         true,
         {{ALLOW, 0, WRITE, CREATOR_OWNER}, {ALLOW, 0, WRITE, OWNER_RIGHTS}},
         NULL},
        {"users are denied", SYSTEM, true, {{DENY, 0, WRITE, USERS}}, NULL},
        {"denied first, allowed then: counted all the same",
         SYSTEM,
         true,
         {{DENY, 0, WRITE, USERS}, {ALLOW, 0, WRITE, USERS}},
         "S-1-5-32-545 may do 0x00000002"},
        {"the second entry",
         SYSTEM,
         true,
         {{ALLOW, 0, WRITE, SYSTEM}, {ALLOW, 0, WRITE, USERS}},
         "S-1-5-32-545 may do 0x00000002"},
        {"may change the list",
         SYSTEM,
         true,
         {{ALLOW, 0, 0x00040000, USERS}},
         "S-1-5-32-545 may do 0x00040000"},
        {"may become the owner",
         SYSTEM,
         true,
         {{ALLOW, 0, 0x00080000, USERS}},
         "S-1-5-32-545 may do 0x00080000"},
        {"generic write",
         SYSTEM,
         true,
         {{ALLOW, 0, 0x40000000, USERS}},
         "S-1-5-32-545 may do 0x40000000"},
        {"generic all",
         SYSTEM,
         true,
         {{ALLOW, 0, 0x10000000, USERS}},
         "S-1-5-32-545 may do 0x10000000"},
        {"generic read and execute", SYSTEM, true, {{ALLOW, 0, 0xa0000000, USERS}}, NULL},
        {"allowed on a condition",
         SYSTEM,
         true,
         {{ALLOW_CALLBACK, 0, WRITE, USERS}},
         "S-1-5-32-545 may do 0x00000002"},
        {"an entry of a type that is not read",
         SYSTEM,
         true,
         {{ALLOW_OBJECT, 0, WRITE, SYSTEM}},
         "an entry of an unknown type may do 0x00000002"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct descriptor_bytes bytes;
        struct descriptor_view view;
        char reason[DESCRIPTOR_VIEW_REASON_CAPACITY] = "untouched";
        void *memory = NULL;
        TEST_ROW(t, "%s", rows[i].name);
        build(&bytes, rows[i].owner, rows[i].has_list ? rows[i].aces : NULL, NULL, 0);
        if (CHECK(t, parse(&bytes, &memory, &view))) {
            CHECK_INT(t, rows[i].reason != NULL,
                      descriptor_view_find_stranger(&view, WRITE, reason));
            CHECK_STR(t, rows[i].reason != NULL ? rows[i].reason : "untouched", reason);
        }
        free(memory);
    }
}

/* One side of a comparison. */
struct side {
    enum who owner;
    struct ace access[ACES_MAX];
    struct ace label[ACES_MAX];
    unsigned control;
};

static void descriptor_view_compares_what_was_meant(struct test *t)
{
    static const struct side base = {SYSTEM,
                                     {{ALLOW, 0, 0x10000000, SYSTEM}, {ALLOW, 0, 0x3, USERS}},
                                     {{LABEL, 0, 3, MEDIUM}},
                                     PROTECTED};
    static const struct {
        const char *name;
        struct side found;
        const char *reason; /* NULL: alike */
    } rows[] = {
        {"the same",
         {SYSTEM,
          {{ALLOW, 0, 0x10000000, SYSTEM}, {ALLOW, 0, 0x3, USERS}},
          {{LABEL, 0, 3, MEDIUM}},
          PROTECTED},
         NULL},
        {"generic bits resolved",
         {SYSTEM,
          {{ALLOW, 0, 0x1f01ff, SYSTEM}, {ALLOW, 0, 0x3, USERS}},
          {{LABEL, 0, 3, MEDIUM}},
          PROTECTED},
         NULL},
        {"another owner",
         {ADMINISTRATORS,
          {{ALLOW, 0, 0x1f01ff, SYSTEM}, {ALLOW, 0, 0x3, USERS}},
          {{LABEL, 0, 3, MEDIUM}},
          PROTECTED},
         "it is owned by S-1-5-32-544"},
        {"not protected",
         {SYSTEM,
          {{ALLOW, 0, 0x1f01ff, SYSTEM}, {ALLOW, 0, 0x3, USERS}},
          {{LABEL, 0, 3, MEDIUM}},
          0},
         "it takes over entries from its parent"},
        {"an entry more",
         {SYSTEM,
          {{ALLOW, 0, 0x1f01ff, SYSTEM}, {ALLOW, 0, 0x3, USERS}, {ALLOW, 0, 1, USERS}},
          {{LABEL, 0, 3, MEDIUM}},
          PROTECTED},
         "the access list has 3 entries instead of 2"},
        {"a wider mask",
         {SYSTEM,
          {{ALLOW, 0, 0x1f01ff, SYSTEM}, {ALLOW, 0, 0x7, USERS}},
          {{LABEL, 0, 3, MEDIUM}},
          PROTECTED},
         "entry 2 of the access list is not as meant: S-1-5-32-545, type 0, flags 0x00, mask "
         "0x00000007"},
        {"another SID",
         {SYSTEM,
          {{ALLOW, 0, 0x1f01ff, ADMINISTRATORS}, {ALLOW, 0, 0x3, USERS}},
          {{LABEL, 0, 3, MEDIUM}},
          PROTECTED},
         "entry 1 of the access list is not as meant: S-1-5-32-544, type 0, flags 0x00, mask "
         "0x001f01ff"},
        {"another order",
         {SYSTEM,
          {{ALLOW, 0, 0x3, USERS}, {ALLOW, 0, 0x1f01ff, SYSTEM}},
          {{LABEL, 0, 3, MEDIUM}},
          PROTECTED},
         "entry 1 of the access list is not as meant: S-1-5-32-545, type 0, flags 0x00, mask "
         "0x00000003"},
        {"taken over from above",
         {SYSTEM,
          {{ALLOW, 0x10, 0x1f01ff, SYSTEM}, {ALLOW, 0, 0x3, USERS}},
          {{LABEL, 0, 3, MEDIUM}},
          PROTECTED},
         "entry 1 of the access list is not as meant: S-1-5-18, type 0, flags 0x10, mask "
         "0x001f01ff"},
        {"a weaker label",
         {SYSTEM,
          {{ALLOW, 0, 0x1f01ff, SYSTEM}, {ALLOW, 0, 0x3, USERS}},
          {{LABEL, 0, 1, MEDIUM}},
          PROTECTED},
         "entry 1 of the label is not as meant: S-1-16-8192, type 17, flags 0x00, mask 0x00000001"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct descriptor_bytes meant_bytes, found_bytes;
        struct descriptor_view meant, found;
        char reason[DESCRIPTOR_VIEW_REASON_CAPACITY] = "untouched";
        void *meant_memory = NULL, *found_memory = NULL;
        TEST_ROW(t, "%s", rows[i].name);
        build(&meant_bytes, base.owner, base.access, base.label, base.control);
        build(&found_bytes, rows[i].found.owner, rows[i].found.access, rows[i].found.label,
              rows[i].found.control);
        if (CHECK(t, parse(&meant_bytes, &meant_memory, &meant)) &&
            CHECK(t, parse(&found_bytes, &found_memory, &found))) {
            CHECK_INT(t, rows[i].reason == NULL,
                      descriptor_view_equal(&meant, &found, &mapping, reason));
            CHECK_STR(t, rows[i].reason != NULL ? rows[i].reason : "untouched", reason);
        }
        free(meant_memory);
        free(found_memory);
    }
}

static void descriptor_view_tells_no_list_from_an_empty_one(struct test *t)
{
    static const struct ace none[ACES_MAX] = {{0}};
    struct descriptor_bytes empty_bytes, absent_bytes;
    struct descriptor_view empty, absent;
    char reason[DESCRIPTOR_VIEW_REASON_CAPACITY];

    build(&empty_bytes, SYSTEM, none, NULL, 0);
    build(&absent_bytes, SYSTEM, NULL, NULL, 0);
    REQUIRE(t, descriptor_view_parse(empty_bytes.bytes, empty_bytes.size, &empty));
    REQUIRE(t, descriptor_view_parse(absent_bytes.bytes, absent_bytes.size, &absent));
    CHECK(t, descriptor_view_equal(&empty, &empty, &mapping, reason));
    CHECK(t, !descriptor_view_equal(&empty, &absent, &mapping, reason));
    CHECK(t, !descriptor_view_equal(&absent, &empty, &mapping, reason));
}

/* Each byte of a good descriptor set to each of some values: whatever comes of it, nothing beyond
 * the bytes is read, and a view that is made can be used. Each shorter piece of it is refused. */
static void descriptor_view_survives_every_byte(struct test *t)
{
    static const struct ace access[ACES_MAX] = {{ALLOW, 0, 3, SYSTEM}, {DENY, 0, 3, USERS}};
    static const struct ace label[ACES_MAX] = {{LABEL, 0, 3, MEDIUM}};
    static const uint8_t values[] = {0, 1, 4, 7, 8, 15, 16, 0x7f, 0x80, 0xff};
    struct descriptor_bytes good, bytes;
    char reason[DESCRIPTOR_VIEW_REASON_CAPACITY];

    build(&good, SYSTEM, access, label, 0);
    for (size_t at = 0; at < good.size; at++) {
        struct descriptor_view view;
        void *memory = NULL;
        for (size_t i = 0; i < sizeof values; i++) {
            bytes = good;
            bytes.bytes[at] = values[i];
            if (parse(&bytes, &memory, &view)) {
                reason[0] = '\0';
                bool is_open = descriptor_view_find_stranger(&view, WRITE, reason);
                CHECK_INT(t, is_open, reason[0] != '\0');
                CHECK(t, descriptor_view_equal(&view, &view, &mapping, reason));
            }
            free(memory);
        }
        bytes = good;
        bytes.size = at;
        TEST_ROW(t, "the first %u bytes", (unsigned)at);
        CHECK(t, !parse(&bytes, &memory, &view));
        free(memory);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(descriptor_view_finds_strangers),
        TEST_CASE(descriptor_view_compares_what_was_meant),
        TEST_CASE(descriptor_view_tells_no_list_from_an_empty_one),
        TEST_CASE(descriptor_view_survives_every_byte),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
