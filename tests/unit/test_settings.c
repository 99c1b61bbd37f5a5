#include "tests/test.h"

#include "service/access.h"
#include "service/policy.h"
#include "service/settings.h"

/* clang-format off */
#define NUMBER(value) {.is_number = true, .number = (value)}
#define TEXT(value) {.is_text = true, .text = {(value), sizeof(value) - 1}}
#define OTHER {.is_number = false}
/* clang-format on */

static bool equal(const struct settings *a, const struct settings *b)
{
    return memcmp(&a->limits, &b->limits, sizeof a->limits) == 0 &&
           a->filtered_admins == b->filtered_admins && strcmp(a->access_sddl, b->access_sddl) == 0;
}

static void defaults_are_in_their_ranges(struct test *t)
{
    static const struct {
        unsigned processors;
        uint32_t scans;
    } rows[] = {{0, 1}, {1, 1}, {2, 2}, {64, 64}, {65, 64}, {UINT32_MAX, 64}};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct settings settings;

        TEST_ROW(t, "%u processors", rows[i].processors);
        settings_default(&settings, rows[i].processors);
#define X(member, name, initial, least, most) \
    CHECK(t, settings.limits.member >= (least) && settings.limits.member <= (most));
        SERVER_LIMITS_LIST(X)
#undef X
        CHECK_INT(t, rows[i].scans, settings.limits.scans);
        CHECK_INT(t, 128, settings.limits.connections);
        CHECK_INT(t, 32, settings.limits.connections_per_user);
        CHECK_INT(t, FILTERED_ADMINS_DEFAULT, settings.filtered_admins);
        CHECK_STR(t, "", settings.access_sddl);
    }
}

/* Each number: both bounds are accepted, values beyond them are not. */
static void numbers_are_taken_in_their_range(struct test *t)
{
    static const struct {
        const char *name;
        size_t offset;
        uint32_t least, most;
    } rows[] = {
#define X(member, name, initial, minimum, maximum) \
    {name, offsetof(struct settings, limits.member), minimum, maximum},
        SERVER_LIMITS_LIST(X)
#undef X
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const uint64_t values[] = {
            rows[i].least, rows[i].most, 0, (uint64_t)rows[i].least - 1, (uint64_t)rows[i].most + 1,
            UINT32_MAX,    UINT64_MAX};

        for (size_t k = 0; k < TEST_COUNT(values); k++) {
            bool is_good = k < 2;
            struct settings settings, defaults;
            struct settings_raw raw = NUMBER(values[k]);
            uint32_t value = 0;

            TEST_ROW(t, "%s = %" PRIu64, rows[i].name, values[k]);
            settings_default(&settings, 2);
            settings_default(&defaults, 2);
            settings_apply(&settings, span_from_string(rows[i].name), &raw);
            memcpy(&value, (const char *)&settings + rows[i].offset, sizeof value);
            CHECK_INT(t, is_good ? 0 : 1, settings.findings_count);
            if (is_good) {
                CHECK(t, value == values[k]);
            } else {
                CHECK(t, equal(&settings, &defaults));
                CHECK_STR(t, rows[i].name, settings.findings[0].name);
                CHECK(t, strncmp(settings.findings[0].why, "not between ", 12) == 0);
            }
        }
    }
}

static void bad_values_are_found_and_not_used(struct test *t)
{
    static const struct {
        const char *name;
        struct settings_raw raw;
        const char *found; /* NULL: the name */
        const char *why;
    } rows[] = {
        {"Connections", NUMBER(0), NULL, "not between 1 and 1024"},
        {"connections", NUMBER(1025), NULL, "not between 1 and 1024"},
        {"Connections", TEXT("128"), NULL, "not a number (REG_DWORD)"},
        {"Connections", OTHER, NULL, "not a number (REG_DWORD)"},
        {"Scans", NUMBER(65), NULL, "not between 1 and 64"},
        {"AnswerMs", NUMBER(0), NULL, "not between 1000 and 3600000"},
        {"FilteredAdmins", NUMBER(1), NULL, "not a text (REG_SZ)"},
        {"FilteredAdmins", OTHER, NULL, "not a text (REG_SZ)"},
        {"FilteredAdmins", TEXT(""), NULL, "not off, no-addresses or full"},
        {"FilteredAdmins", TEXT("fulll"), NULL, "not off, no-addresses or full"},
        {"FilteredAdmins", TEXT("ful"), NULL, "not off, no-addresses or full"},
        {"AccessSddl", NUMBER(1), NULL, "not a text (REG_SZ)"},
        {"AccessSddl", OTHER, NULL, "not a text (REG_SZ)"},
        {"AccessSddl", TEXT("D:\0x"), NULL, "not a text (REG_SZ)"},
        {"TrustFolder", NUMBER(2), NULL, "not between 0 and 1"},
        {"TrustFolder", TEXT("1"), NULL, "not a number (REG_DWORD)"},
        {"FilterdAdmins", TEXT("off"), NULL, "unknown, perhaps a misspelt security setting"},
        {"Conections", NUMBER(5), NULL, "unknown"},
        {"Connection", NUMBER(5), NULL, "unknown"},
        {"Connections ", NUMBER(5), "Connections?", "unknown"},
        {"", NUMBER(5), NULL, "unknown"},
        {"AcessSddl", OTHER, NULL,
         "unknown, perhaps a misspelt security setting"}, /* as REG_EXPAND_SZ */
        {"%1%n\n\xC3\xA9", OTHER, "?1?n???", "unknown, perhaps a misspelt security setting"},
        {"a-name-of-more-than-sixty-three-bytes-is-cut-in-what-is-said-about-it", OTHER,
         "a-name-of-more-than-sixty-three-bytes-is-cut-in-what-is-said-ab",
         "unknown, perhaps a misspelt security setting"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct settings settings, defaults;

        TEST_ROW(t, "row %zu, %s", i, rows[i].name);
        settings_default(&settings, 2);
        settings_default(&defaults, 2);
        settings_apply(&settings, span_from_string(rows[i].name), &rows[i].raw);
        CHECK(t, equal(&settings, &defaults));
        REQUIRE(t, settings.findings_count == 1);
        CHECK_STR(t, rows[i].found != NULL ? rows[i].found : rows[i].name,
                  settings.findings[0].name);
        CHECK_STR(t, rows[i].why, settings.findings[0].why);
    }
}

static void words_are_read_without_case(struct test *t)
{
    static const struct {
        const char *word;
        enum filtered_admins value;
    } rows[] = {{"off", FILTERED_ADMINS_OFF},   {"no-addresses", FILTERED_ADMINS_NO_ADDRESSES},
                {"full", FILTERED_ADMINS_FULL}, {"OFF", FILTERED_ADMINS_OFF},
                {"Full", FILTERED_ADMINS_FULL}, {"No-Addresses", FILTERED_ADMINS_NO_ADDRESSES}};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        for (uint32_t before = 0; before <= FILTERED_ADMINS_FULL; before++) {
            struct settings settings;
            struct settings_raw raw = {.is_text = true, .text = span_from_string(rows[i].word)};

            TEST_ROW(t, "%s", rows[i].word);
            settings_default(&settings, 1);
            settings.filtered_admins = (enum filtered_admins)before;
            settings_apply(&settings, SPAN("filteredADMINS"), &raw);
            CHECK_INT(t, 0, settings.findings_count);
            CHECK_INT(t, rows[i].value, settings.filtered_admins);
        }
    }
}

static void a_text_is_taken_up_to_its_size(struct test *t)
{
    static char text[SETTINGS_TEXT_CAPACITY + 1];
    static const char start[] = "D:(A;;GA;;;SY)";

    for (size_t size = SETTINGS_TEXT_CAPACITY - 2; size <= SETTINGS_TEXT_CAPACITY; size++) {
        struct settings settings;
        struct settings_raw raw = {.is_text = true, .text = {text, size}};
        size_t unit = sizeof start - 3; /* the ACE alone */

        TEST_ROW(t, "%zu bytes", size);
        memcpy(text, "D:", 2);
        for (size_t i = 2; i < size; i++)
            text[i] = start[2 + (i - 2) % unit];
        settings_default(&settings, 1);
        settings_apply(&settings, SPAN("AccessSddl"), &raw);
        CHECK_INT(t, size < SETTINGS_TEXT_CAPACITY ? 0 : 1, settings.findings_count);
        if (size < SETTINGS_TEXT_CAPACITY) {
            CHECK_MEM(t, text, size, settings.access_sddl, strlen(settings.access_sddl));
        } else {
            CHECK_STR(t, "too long", settings.findings[0].why);
            CHECK_STR(t, "", settings.access_sddl);
        }
    }
}

static void an_empty_text_is_the_default(struct test *t)
{
    struct settings settings;
    const struct settings_raw raw = TEXT("");

    settings_default(&settings, 1);
    memcpy(settings.access_sddl, "D:x", 4);
    settings_apply(&settings, SPAN("AccessSddl"), &raw);
    CHECK_STR(t, "", settings.access_sddl);
    CHECK_INT(t, 0, settings.findings_count);
}

/* A security setting that is not valid, or may be one under another name. */
static void security_settings_are_refused(struct test *t)
{
    static const struct {
        const char *name;
        struct settings_raw raw;
        unsigned refused;
    } rows[] = {
        {"FilteredAdmins", TEXT("off"), 0},
        {"FilteredAdmins", TEXT("offf"), SETTINGS_FILTERED_ADMINS},
        {"filteredadmins", NUMBER(0), SETTINGS_FILTERED_ADMINS},
        {"AccessSddl", TEXT(""), 0},
        {"AccessSddl", OTHER, SETTINGS_ACCESS_SDDL},
        {"FilteredAdmin", TEXT("off"), SETTINGS_SECURITY},
        {"AcessSddl", OTHER, SETTINGS_SECURITY}, /* as REG_EXPAND_SZ */
        {"Connections", TEXT("7"), 0},
        {"Connections", NUMBER(0), 0},
        {"TrustFolder", NUMBER(7), 0},
        {"Nothing", NUMBER(7), 0},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct settings settings;
        TEST_ROW(t, "row %zu, %s", i, rows[i].name);
        settings_default(&settings, 1);
        settings_apply(&settings, span_from_string(rows[i].name), &rows[i].raw);
        CHECK_INT(t, rows[i].refused, settings.refused);
        CHECK_INT(t, rows[i].refused != 0,
                  settings.findings_count > 0 && settings.findings[0].is_security);
    }
}

/* The last valid ones, else nobody but SYSTEM and elevated Administrators. */
static void security_settings_fail_closed(struct test *t)
{
    static const char sddl[] = "D:P(A;;0x3;;;IU)", last_sddl[] = "D:P(A;;0x1;;;WD)";
    static const struct {
        const char *name;
        unsigned refused;
        bool has_last, is_last_closed;
        enum filtered_admins filtered_admins;
        const char *access_sddl;
        bool is_closed;
    } rows[] = {
        {"valid", 0, false, false, FILTERED_ADMINS_FULL, sddl, false},
        {"valid again", 0, true, true, FILTERED_ADMINS_FULL, sddl, false},
        {"a word at the start", SETTINGS_FILTERED_ADMINS, false, false, FILTERED_ADMINS_OFF,
         ACCESS_SDDL_CLOSED, true},
        {"a DACL at the start", SETTINGS_ACCESS_SDDL, false, false, FILTERED_ADMINS_OFF,
         ACCESS_SDDL_CLOSED, true},
        {"a word later", SETTINGS_FILTERED_ADMINS, true, false, FILTERED_ADMINS_NO_ADDRESSES, sddl,
         false},
        {"a DACL later", SETTINGS_ACCESS_SDDL, true, false, FILTERED_ADMINS_FULL, last_sddl, false},
        {"everything later", SETTINGS_SECURITY, true, false, FILTERED_ADMINS_NO_ADDRESSES,
         last_sddl, false},
        {"still", SETTINGS_ACCESS_SDDL, true, true, FILTERED_ADMINS_OFF, ACCESS_SDDL_CLOSED, true},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct settings settings, last;
        TEST_ROW(t, "%s", rows[i].name);
        settings_default(&settings, 1);
        strcpy(settings.access_sddl, sddl);
        settings.refused = rows[i].refused;
        settings_default(&last, 1);
        last.filtered_admins = FILTERED_ADMINS_NO_ADDRESSES;
        strcpy(last.access_sddl, last_sddl);
        last.is_closed = rows[i].is_last_closed;
        settings_close(&settings, rows[i].has_last ? &last : NULL);
        CHECK_INT(t, rows[i].filtered_admins, settings.filtered_admins);
        CHECK_STR(t, rows[i].access_sddl, settings.access_sddl);
        CHECK_INT(t, rows[i].is_closed, settings.is_closed);
    }
    CHECK(t, access_sddl_check(ACCESS_SDDL_CLOSED) == NULL);
}

/* Many other findings do not hide it. */
static void a_refused_security_setting_is_always_found(struct test *t)
{
    struct settings settings;
    const struct settings_raw other = NUMBER(7), word = TEXT("no");

    settings_default(&settings, 1);
    for (int i = 0; i < SETTINGS_FINDINGS_MAX; i++)
        settings_apply(&settings, SPAN("x"), &other);
    settings_apply(&settings, SPAN("FilteredAdmins"), &word);
    CHECK_INT(t, SETTINGS_FILTERED_ADMINS, settings.refused);
    CHECK_INT(t, SETTINGS_FINDINGS_MAX, settings.findings_count);
    CHECK_STR(t, "FilteredAdmins", settings.findings[SETTINGS_FINDINGS_MAX - 1].name);
}

static void findings_are_bounded(struct test *t)
{
    struct settings settings;
    const struct settings_raw raw = OTHER;

    settings_default(&settings, 1);
    for (int i = 0; i < 3 * SETTINGS_FINDINGS_MAX; i++)
        settings_apply(&settings, SPAN("x"), &raw);
    CHECK_INT(t, SETTINGS_FINDINGS_MAX, settings.findings_count);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(defaults_are_in_their_ranges),
        TEST_CASE(numbers_are_taken_in_their_range),
        TEST_CASE(bad_values_are_found_and_not_used),
        TEST_CASE(words_are_read_without_case),
        TEST_CASE(a_text_is_taken_up_to_its_size),
        TEST_CASE(an_empty_text_is_the_default),
        TEST_CASE(security_settings_are_refused),
        TEST_CASE(security_settings_fail_closed),
        TEST_CASE(a_refused_security_setting_is_always_found),
        TEST_CASE(findings_are_bounded),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
