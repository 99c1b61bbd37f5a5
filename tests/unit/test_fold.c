#include "common/text/fold.h"

#include "tests/test.h"

static void fold_maps_simple_pairs(struct test *t)
{
    static const struct {
        uint32_t code_point;
        uint32_t upper;
    } rows[] = {
        {0, 0},
        {'`', '`'},
        {'a', 'A'},
        {'z', 'Z'},
        {'{', '{'},
        {'A', 'A'},
        {'\\', '\\'},
        {0xE9, 0xC9},     /* e with acute */
        {0xC9, 0xC9},     /* the same, capital */
        {0xF7, 0xF7},     /* division sign, between letters */
        {0xFF, 0x178},    /* y with diaeresis, far away */
        {0xDF, 0xDF},     /* sharp s has no simple upper case */
        {0x1E9E, 0x1E9E}, /* capital sharp s */
        {0xB5, 0xB5},     /* micro sign, not Greek */
        {0x131, 0x131},   /* Turkish dotless i is not I */
        {0x130, 0x130},   /* nor is the dotted I i */
        {0x17F, 0x17F},   /* long s is not S */
        {0x11F, 0x11E},   /* Turkish soft g */
        {0x15F, 0x15E},   /* s with cedilla */
        {0x142, 0x141},   /* Polish l with stroke, an even lower case */
        {0x1C6, 0x1C4},   /* digraph dz with caron */
        {0x1C5, 0x1C5},   /* its title form stays */
        {0x3C3, 0x3A3},   /* sigma */
        {0x3C2, 0x3C2},   /* final sigma stays */
        {0x3AC, 0x386},   /* alpha with tonos */
        {0x3D0, 0x3D0},   /* beta symbol */
        {0x43F, 0x41F},   /* Cyrillic pe */
        {0x451, 0x401},   /* Cyrillic io */
        {0x4CF, 0x4C0},   /* palochka */
        {0x561, 0x531},   /* Armenian ayb */
        {0x5D0, 0x5D0},   /* Hebrew has no case */
        {0x1E01, 0x1E00}, /* Latin Extended Additional */
        {0x1F80, 0x1F88}, /* Greek with iota subscript: one letter, not two */
        {0x2170, 0x2160}, /* Roman numeral one */
        {0x2126, 0x2126}, /* ohm sign is not omega */
        {0x24D0, 0x24B6}, /* circled a */
        {0x2C65, 0x23A},  /* far away, downwards */
        {0x4E2D, 0x4E2D}, /* Han */
        {0xD83D, 0xD83D}, /* a surrogate */
        {0xFF41, 0xFF21}, /* fullwidth a */
        {0xFF5A, 0xFF3A}, /* fullwidth z */
        {0xFF5B, 0xFF5B},
        {0xFFFF, 0xFFFF},
        {0x10428, 0x10428}, /* Deseret: above the BMP nothing folds */
        {0x10FFFF, 0x10FFFF},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "U+%04X", (unsigned)rows[i].code_point);
        CHECK_INT(t, rows[i].upper, fold_code_point(rows[i].code_point));
    }
}

/* `python3 common/fold_table.py --checksum`: FNV-1a over all units, low byte first. */
static void fold_equals_the_generator_for_every_unit(struct test *t)
{
    uint64_t checksum = 0xcbf29ce484222325u;
    unsigned changed = 0;
    for (uint32_t unit = 0; unit <= 0xFFFF; unit++) {
        uint32_t upper = fold_code_point(unit);
        TEST_ROW(t, "U+%04X", (unsigned)unit);
        CHECK(t, upper <= 0xFFFF);
        CHECK_INT(t, upper, fold_code_point(upper)); /* folding twice changes nothing */
        changed += upper != unit;
        checksum = (checksum ^ (upper & 0xFF)) * 0x100000001b3u;
        checksum = (checksum ^ (upper >> 8)) * 0x100000001b3u;
    }
    TEST_ROW(t, "all");
    CHECK_INT(t, 1163, changed);
    CHECK(t, checksum == 0xbe6a33e075111552u);
}

static void fold_equal_compares_names(struct test *t)
{
    static const struct {
        const char *a;
        const char *b;
        bool equal;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"ntdll.dll", "NTDLL.DLL", true},
        {"ntdll.dll", "ntdll.dl", false},
        {"\xC3\xA9t\xC3\xA9", "\xC3\x89T\xC3\x89", true}, /* "ete" with accents */
        {"stra\xC3\x9F"
         "e",
         "STRASSE", false},                                             /* sharp s is not SS */
        {"\xC3\xBF", "\xC5\xB8", true},                                 /* y with diaeresis */
        {"\xD0\x9F\xD1\x80\xD0\xB8", "\xD0\xBF\xD0\xA0\xD0\x98", true}, /* Cyrillic */
        {"\xCF\x83", "\xCE\xA3", true},                                 /* sigma */
        {"\xCF\x82", "\xCE\xA3", false},                                /* final sigma */
        {"\xEF\xBD\x81", "\xEF\xBC\xA1", true},                         /* fullwidth a */
        {"\xE2\xB1\xA5", "\xC8\xBA", true},                             /* of different sizes */
        {"\xF0\x90\x90\xA8", "\xF0\x90\x90\x80", false},                /* Deseret */
        {"e\xCC\x81", "\xC3\xA9", false}, /* what is composed is not decomposed */
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct span a = span_from_string(rows[i].a);
        const struct span b = span_from_string(rows[i].b);
        TEST_ROW(t, "row %zu", i);
        CHECK_INT(t, rows[i].equal, fold_equal(a, b));
        CHECK_INT(t, rows[i].equal, fold_equal(b, a));
        CHECK(t, fold_equal(a, a));
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(fold_maps_simple_pairs),
        TEST_CASE(fold_equals_the_generator_for_every_unit),
        TEST_CASE(fold_equal_compares_names),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
