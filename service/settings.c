#include "service/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "service/access.h"

static const struct {
    const char *name;
    size_t offset; /* of a uint32_t in struct settings */
    uint32_t least, most;
} numbers[] = {
#define X(member, value_name, initial, least, most) \
    {(value_name), offsetof(struct settings, limits.member), (least), (most)},
    SERVER_LIMITS_LIST(X)
#undef X
        {"TrustFolder", offsetof(struct settings, trust_folder), 0, 1},
};

#define NOT_A_TEXT "not a text (REG_SZ)"

void settings_refuse(struct settings *settings, unsigned refused, struct span name, const char *why)
{
    const size_t size = name.size < SETTINGS_NAME_CAPACITY ? name.size : SETTINGS_NAME_CAPACITY - 1;

    settings->refused |= refused;
    if (settings->findings_count == SETTINGS_FINDINGS_MAX && refused == 0)
        return;
    if (settings->findings_count == SETTINGS_FINDINGS_MAX)
        settings->findings_count--; /* the operator must learn of this one */
    struct settings_finding *finding = &settings->findings[settings->findings_count++];
    for (size_t i = 0; i < size; i++) { /* any text in the registry; the event log expands `%` */
        const char c = name.data[i];
        finding->name[i] = c > 0x20 && c < 0x7f && c != '%' ? c : '?';
    }
    finding->name[size] = '\0';
    (void)snprintf(finding->why, sizeof finding->why, "%s", why);
    finding->is_security = refused != 0;
}

/* Each apply_*() returns NULL when it has set the value, else why not. */

static const char *apply_number(struct settings *settings, size_t index,
                                const struct settings_raw *raw, char why[SETTINGS_WHY_CAPACITY])
{
    const uint32_t number = (uint32_t)raw->number;

    if (!raw->is_number)
        return "not a number (REG_DWORD)";
    if (raw->number < numbers[index].least || raw->number > numbers[index].most) {
        (void)snprintf(why, SETTINGS_WHY_CAPACITY, "not between %" PRIu32 " and %" PRIu32,
                       numbers[index].least, numbers[index].most);
        return why;
    }
    memcpy((char *)settings + numbers[index].offset, &number, sizeof number);
    return NULL;
}

static const char *apply_access_sddl(struct settings *settings, struct span text)
{
    if (text.size >= SETTINGS_TEXT_CAPACITY)
        return "too long";
    if (text.size > 0 && memchr(text.data, '\0', text.size) != NULL)
        return NOT_A_TEXT;
    if (text.size > 0)
        memcpy(settings->access_sddl, text.data, text.size);
    settings->access_sddl[text.size] = '\0';
    return NULL;
}

void settings_apply(struct settings *settings, struct span name, const struct settings_raw *raw)
{
    char text[SETTINGS_WHY_CAPACITY];
    const char *why = raw->is_number ? "unknown" : "unknown, perhaps a misspelt security setting";
    unsigned refused = raw->is_number ? 0 : SETTINGS_SECURITY;

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (!span_equal_ascii_nocase(name, span_from_string(numbers[i].name)))
            continue;
        why = apply_number(settings, i, raw, text);
        refused = 0;
    }
    if (span_equal_ascii_nocase(name, SPAN("FilteredAdmins"))) {
        refused = SETTINGS_FILTERED_ADMINS;
        why = !raw->is_text ? NOT_A_TEXT : "not off, no-addresses or full";
        if (raw->is_text && filtered_admins_parse(raw->text, &settings->filtered_admins))
            why = NULL;
    }
    if (span_equal_ascii_nocase(name, SPAN("AccessSddl"))) {
        refused = SETTINGS_ACCESS_SDDL;
        why = raw->is_text ? apply_access_sddl(settings, raw->text) : NOT_A_TEXT;
    }
    if (why != NULL)
        settings_refuse(settings, refused, name, why);
}

void settings_close(struct settings *settings, const struct settings *last)
{
    const bool has_last = last != NULL && !last->is_closed;
    const unsigned replaced = has_last ? settings->refused : SETTINGS_SECURITY;

    if (settings->refused == 0)
        return;
    if ((replaced & SETTINGS_FILTERED_ADMINS) != 0)
        settings->filtered_admins = has_last ? last->filtered_admins : FILTERED_ADMINS_OFF;
    if ((replaced & SETTINGS_ACCESS_SDDL) != 0)
        (void)snprintf(settings->access_sddl, sizeof settings->access_sddl, "%s",
                       has_last ? last->access_sddl : ACCESS_SDDL_CLOSED);
    settings->is_closed = !has_last;
}

void settings_default(struct settings *settings, unsigned processors)
{
    *settings = (struct settings){.filtered_admins = FILTERED_ADMINS_DEFAULT};
    server_limits_default(&settings->limits, processors);
}
