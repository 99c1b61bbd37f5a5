#include "service/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/text/number.h"
#include "service/access_sddl.h"

enum setting_type { SETTING_NUMBER, SETTING_WORD, SETTING_TEXT };

struct setting {
    const char *name;
    enum setting_type type;
    size_t offset;            /* in struct settings; of a uint32_t, or of a text */
    uint32_t least, most;     /* NUMBER */
    const char *const *words; /* WORD: the index of a word is its value; NULL ends them */
    const char *words_why;    /* WORD: "not off, ... or on" */
    const char *(*check)(struct span text); /* TEXT: NULL when it is good, else why not */
};

static const char *const filtered_admins_words[] = {
    [FILTERED_ADMINS_OFF] = "off",
    [FILTERED_ADMINS_NO_ADDRESSES] = "no-addresses",
    [FILTERED_ADMINS_FULL] = "full",
    NULL,
};

static const struct setting settings_table[] = {
#define X(member, value_name, initial, minimum, maximum) \
    {.name = (value_name),                               \
     .type = SETTING_NUMBER,                             \
     .offset = offsetof(struct settings, limits.member), \
     .least = (minimum),                                 \
     .most = (maximum)},
    SERVER_LIMITS_LIST(X)
#undef X
        {.name = "FilteredAdmins",
         .type = SETTING_WORD,
         .offset = offsetof(struct settings, filtered_admins),
         .words = filtered_admins_words,
         .words_why = "not off, no-addresses or full"},
    {.name = "AccessSddl",
     .type = SETTING_TEXT,
     .offset = offsetof(struct settings, access_sddl),
     .check = access_sddl_check},
};

enum { SETTINGS_COUNT = sizeof settings_table / sizeof settings_table[0] };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_named(struct span name, const char *other)
{
    size_t i = 0;

    while (i < name.size && other[i] != '\0' && lower(name.data[i]) == lower(other[i]))
        i++;
    return i == name.size && other[i] == '\0';
}

static const struct setting *find_setting(struct span name)
{
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        if (is_named(name, settings_table[i].name))
            return &settings_table[i];
    return NULL;
}

static void *member_of(struct settings *settings, const struct setting *setting)
{
    return (char *)settings + setting->offset;
}

/* --- findings --- */

/* The event log expands `%`; a name comes from whoever may write the key. */
static char harmless(char c)
{
    return (unsigned char)c > 0x20 && (unsigned char)c < 0x7f && c != '%' ? c : '?';
}

void settings_find(struct settings_findings *findings, struct span name, const char *why)
{
    struct settings_finding *finding = &findings->items[findings->count];
    size_t size = name.size < SETTINGS_NAME_CAPACITY ? name.size : SETTINGS_NAME_CAPACITY - 1;

    if (findings->count == SETTINGS_FINDINGS_MAX)
        return;
    for (size_t i = 0; i < size; i++)
        finding->name[i] = harmless(name.data[i]);
    finding->name[size] = '\0';
    (void)snprintf(finding->why, sizeof finding->why, "%s", why);
    findings->count++;
}

/* --- one value --- */

/* Returns NULL when the number was taken over, else why not; the text may be in `why`. */
static const char *apply_number(struct settings *settings, const struct setting *setting,
                                const struct settings_raw *raw, char why[SETTINGS_WHY_CAPACITY])
{
    if (raw->type != SETTINGS_RAW_NUMBER)
        return "not a number (REG_DWORD)";
    if (raw->number < setting->least || raw->number > setting->most) {
        (void)snprintf(why, SETTINGS_WHY_CAPACITY, "not between %" PRIu32 " and %" PRIu32,
                       setting->least, setting->most);
        return why;
    }
    uint32_t number = (uint32_t)raw->number;
    memcpy(member_of(settings, setting), &number, sizeof number);
    return NULL;
}

static const char *apply_word(struct settings *settings, const struct setting *setting,
                              const struct settings_raw *raw)
{
    if (raw->type != SETTINGS_RAW_TEXT)
        return "not a text (REG_SZ)";
    for (uint32_t i = 0; setting->words[i] != NULL; i++) {
        if (is_named(raw->text, setting->words[i])) {
            memcpy(member_of(settings, setting), &i, sizeof i);
            return NULL;
        }
    }
    return setting->words_why;
}

static const char *apply_text(struct settings *settings, const struct setting *setting,
                              const struct settings_raw *raw)
{
    char *target = member_of(settings, setting);

    if (raw->type != SETTINGS_RAW_TEXT)
        return "not a text (REG_SZ)";
    if (raw->text.size >= SETTINGS_TEXT_CAPACITY)
        return "too long";
    if (raw->text.size > 0) { /* "" is how an operator says: the default */
        if (memchr(raw->text.data, '\0', raw->text.size) != NULL)
            return "not a text (REG_SZ)";
        const char *why = setting->check(raw->text);
        if (why != NULL)
            return why;
        memcpy(target, raw->text.data, raw->text.size);
    }
    target[raw->text.size] = '\0';
    return NULL;
}

void settings_apply(struct settings *settings, struct settings_findings *findings, struct span name,
                    const struct settings_raw *raw)
{
    const struct setting *setting = find_setting(name);
    char text[SETTINGS_WHY_CAPACITY];
    const char *why = "unknown";

    if (setting != NULL && setting->type == SETTING_NUMBER)
        why = apply_number(settings, setting, raw, text);
    else if (setting != NULL && setting->type == SETTING_WORD)
        why = apply_word(settings, setting, raw);
    else if (setting != NULL)
        why = apply_text(settings, setting, raw);
    if (why != NULL)
        settings_find(findings, name, why);
}

/* --- arguments --- */

/* A plain decimal number; anything else is a text. */
static struct settings_raw raw_from_text(struct span text)
{
    struct settings_raw raw = {.type = SETTINGS_RAW_TEXT, .text = text};
    uint64_t number;

    if (text.size > 10 || !number_from_decimal(text, &number)) /* digits of a 32-bit number */
        return raw;
    return (struct settings_raw){.type = SETTINGS_RAW_NUMBER, .number = number};
}

const char *settings_apply_argument(struct settings *settings, struct settings_findings *findings,
                                    struct span argument)
{
    const char *equals = argument.size > 0 ? memchr(argument.data, '=', argument.size) : NULL;
    size_t count = findings->count;

    if (equals == NULL)
        return "not NAME=VALUE";
    size_t name_size = (size_t)(equals - argument.data);
    struct settings_raw raw = raw_from_text(span_from(argument, name_size + 1));
    settings_apply(settings, findings, (struct span){argument.data, name_size}, &raw);
    if (findings->count == count)
        return count == SETTINGS_FINDINGS_MAX ? "too many are wrong" : NULL;
    return findings->items[count].why;
}

/* --- all --- */

void settings_default(struct settings *settings, unsigned processors)
{
    *settings =
        (struct settings){.filtered_admins = FILTERED_ADMINS_DEFAULT, .processors = processors};
    server_limits_default(&settings->limits, processors);
}

void settings_refuse(struct settings *settings, struct settings_findings *findings,
                     const char *name, const char *why)
{
    const struct setting *setting = find_setting(span_from_string(name));

    ASSERT(setting != NULL);
    struct settings initial;
    settings_default(&initial, settings->processors);
    memcpy(member_of(settings, setting), member_of(&initial, setting),
           setting->type == SETTING_TEXT ? (size_t)SETTINGS_TEXT_CAPACITY : sizeof(uint32_t));
    settings_find(findings, span_from_string(name), why);
}
