#include "service/access.h"
#include "service/access_sddl.h"
#include "tests/test.h"

#define ENTRY "(A;;0x1;;;BA)"
#define ENTRY_8 ENTRY ENTRY ENTRY ENTRY ENTRY ENTRY ENTRY ENTRY
#define ENTRY_64 ENTRY_8 ENTRY_8 ENTRY_8 ENTRY_8 ENTRY_8 ENTRY_8 ENTRY_8 ENTRY_8

enum { WHY_SIZE_MAX = 95 }; /* what a finding of the settings has room for */

static void access_sddl_accepts(struct test *t)
{
    static const char *const rows[] = {
        ACCESS_SDDL_SERVICE,
        "D:",
        "D:P",
        "D:PAIAR",
        "D:(A;;0x1f;;;BA)",
        "D:(A;;31;;;BA)",
        "D:(A;;0x0000001F;;;SY)",
        "D:(D;;0x8;;;IU)(A;;0x1f;;;BA)",
        "O:BAD:P(A;;1;;;S-1-5-18)",
        "O:S-1-5-18G:S-1-5-21-1-2-3-513D:P(A;;0x3;;;S-1-5-21-4294967295-1-2-1001)",
        "G:SYD:",
        "D:P(A;;0x1;;;S-1-0x1234567890ab-1)",
        "D:" ENTRY_64,
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i]);
        const char *why = access_sddl_check(span_from_string(rows[i]));
        if (!CHECK(t, why == NULL))
            printf("  %s\n", why);
    }
}

static void access_sddl_refuses(struct test *t)
{
    static const struct {
        const char *sddl;
        const char *why; /* a part */
    } rows[] = {
        {"", "no D: part"},
        {"O:SYG:SY", "no D: part"}, /* no list at all: everybody may do everything */
        {"BA", "no D: part"},
        {"S:(ML;;NW;;;ME)D:", "no D: part"},
        {" D:", "no D: part"},
        {"d:", "no D: part"},
        {"O:D:", "its owner is no SID"},
        {"O:SG:SYD:", "no D: part"}, /* SG is taken for a SID */
        {"O:S-1-D:", "its owner is no SID"},
        {"G:1D:", "its group is no SID"},
        {"D:NO_ACCESS_CONTROL", "begin with"},
        {"D:X(A;;1;;;BA)", "begin with"},
        {"D:(XA;;1;;;BA;(a==b))", "begin with"},
        {"D:(OA;;1;;;BA)", "begin with"},
        {"D:(AU;;1;;;BA)", "begin with"},
        {"D:(A;IO;1;;;BA)", "flags"},
        {"D:(A;OICI;1;;;BA)", "flags"},
        {"D:(A;;;;;BA)", "rights"},
        {"D:(A;;0;;;BA)", "rights"},
        {"D:(A;;0x0;;;BA)", "rights"},
        {"D:(A;;0x;;;BA)", "rights"},
        {"D:(A;;0x20;;;BA)", "rights"},
        {"D:(A;;0x80000001;;;BA)", "rights"},
        {"D:(A;;0x1000000001;;;BA)", "rights"},
        {"D:(A;;0x0000000001;;;BA)", "rights"}, /* more than eight digits */
        {"D:(A;;4294967297;;;BA)", "rights"},
        {"D:(A;;010;;;BA)", "rights"}, /* Windows takes it as octal */
        {"D:(A;;-1;;;BA)", "rights"},
        {"D:(A;;GA;;;BA)", "rights"},
        {"D:(A;;CCDC;;;BA)", "rights"},
        {"D:(A;;1f;;;BA)", "object"},
        {"D:(A;;1;x;;BA)", "object"},
        {"D:(A;;1;;y;BA)", "object"},
        {"D:(A;;1;;;)", "SID"},
        {"D:(A;;1;;;B)", "SID"},
        {"D:(A;;1;;;ba)", "SID"},
        {"D:(A;;1;;;S-1-)", "SID"},
        {"D:(A;;1;;;S-2-5-18)", "SID"},
        {"D:(A;;1;;;BAX)", "does not end"},
        {"D:(A;;1;;;BA", "does not end"},
        {"D:(A;;1;;;S-1-5-18 )", "does not end"},
        {"D:(A;;1;;;BA);", "begin with"},
        {"D:(A;;1;;;BA) (A;;1;;;SY)", "begin with"},
        {"D:(A;;1;;;BA)S:(ML;;NW;;;ME)", "begin with"},
        {"D:(A;;1;;;BA)(D;;1;;;IU)", "an entry that denies stands behind one that allows"},
        {"D:(A", "begin with"},
        {"D:(A;", "flags"},
        {"D:(A;;", "rights"},
        {"D:(A;;1", "object"},
        {"D:" ENTRY_64 ENTRY, "more than 64"},
        {"D:\xC3\xA9", "begin with"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].sddl);
        const char *why = access_sddl_check(span_from_string(rows[i].sddl));
        REQUIRE(t, why != NULL);
        if (!CHECK(t, strstr(why, rows[i].why) != NULL))
            printf("  %s\n", why);
        CHECK(t, strlen(why) <= WHY_SIZE_MAX);
    }
}

/* Whatever is cut off or changed: it is refused, or still of the form that was meant. */
static void access_sddl_reads_no_further_than_the_text(struct test *t)
{
    static const char whole[] = "O:SYG:SYD:P(D;;0x1f;;;SY)(A;;0x8;;;S-1-5-21-1-2-3-1001)";

    for (size_t size = 0; size < sizeof whole - 1; size++) {
        char cut[sizeof whole];
        TEST_ROW(t, "the first %zu bytes", size);
        memcpy(cut, whole, size);
        const char *why = access_sddl_check((struct span){cut, size});
        bool is_whole_up_to_here = size >= 10 && (size <= 11 || cut[size - 1] == ')');
        CHECK_INT(t, is_whole_up_to_here, why == NULL);
    }
}

static void access_sddl_completes_owner_and_group(struct test *t)
{
    static const struct {
        const char *sddl;
        const char *complete;
    } rows[] = {
        {"D:P(A;;1;;;BA)", "O:SYG:SYD:P(A;;1;;;BA)"},
        {"O:BAD:P", "O:BAG:SYD:P"},
        {"G:S-1-5-18D:P", "O:SYG:S-1-5-18D:P"},
        {"O:S-1-5-32-544G:BAD:", "O:S-1-5-32-544G:BAD:"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct buffer out;
        TEST_ROW(t, "%s", rows[i].sddl);
        REQUIRE(t, access_sddl_check(span_from_string(rows[i].sddl)) == NULL);
        buffer_init(&out, 64);
        CHECK(t, access_sddl_complete(span_from_string(rows[i].sddl), &out));
        CHECK_MEM(t, rows[i].complete, strlen(rows[i].complete), out.data, out.size);
        CHECK(t, access_sddl_check(buffer_span(&out)) == NULL);
        buffer_release(&out);
        buffer_init(&out, strlen(rows[i].complete) - 1);
        CHECK(t, !access_sddl_complete(span_from_string(rows[i].sddl), &out));
        CHECK_INT(t, 0, out.size);
        buffer_release(&out);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(access_sddl_accepts),
        TEST_CASE(access_sddl_refuses),
        TEST_CASE(access_sddl_reads_no_further_than_the_text),
        TEST_CASE(access_sddl_completes_owner_and_group),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
