/* The settings of the operator, from the registry (service/win32/settings_registry.h) or --limit. A value
 * that is not valid leaves the default and becomes a finding. Names are compared without case.
 *
 * The settings that decide who gets what fail closed: when one of them is not valid or cannot be
 * read, settings_close() takes the last valid one, or, when there is none, leaves only what SYSTEM
 * and elevated Administrators get. An unknown value that is not a number counts as a misspelt one of them. */
#ifndef SERVICE_SETTINGS_H
#define SERVICE_SETTINGS_H

#include "common/proto/protocol.h"
#include "service/policy.h"

enum {
    SETTINGS_TEXT_CAPACITY = 2048, /* bytes of a text in UTF-8, its terminator included */
    SETTINGS_NAME_CAPACITY = 64,
    SETTINGS_WHY_CAPACITY = 96,
    SETTINGS_FINDINGS_MAX = 16 /* further ones are dropped */
};

/* A value that is not used. Both texts are terminated, one line, and safe for an event log. */
struct settings_finding {
    char name[SETTINGS_NAME_CAPACITY];
    char why[SETTINGS_WHY_CAPACITY]; /* "not between 1 and 1024" */
    bool is_security;                /* it concerns a security setting */
};

struct settings {
    struct server_limits limits;
    enum filtered_admins filtered_admins;
    char access_sddl[SETTINGS_TEXT_CAPACITY]; /* terminated; "": the built-in one. Not checked: see
                                                 access_setup_create() */
    uint32_t trust_folder; /* 1: the service starts from a folder that others can change, too */
    unsigned refused;      /* SETTINGS_*: not valid, so not those of the operator */
    bool is_closed;        /* by settings_close(): no valid ones were known */
    size_t findings_count;
    struct settings_finding findings[SETTINGS_FINDINGS_MAX];
};

/* The security settings, as bits. */
enum {
    SETTINGS_FILTERED_ADMINS = 1,
    SETTINGS_ACCESS_SDDL = 2,
    SETTINGS_SECURITY = SETTINGS_FILTERED_ADMINS | SETTINGS_ACCESS_SDDL
};

/* A value as it was found; neither: of a type that no setting has, or not a valid text. */
struct settings_raw {
    bool is_number, is_text;
    uint64_t number;
    struct span text; /* UTF-8 */
};

void settings_default(_Out_ struct settings *settings, unsigned processors);

/* Sets one value, or refuses it: adds a finding about a name that may hold anything, and bits to
 * `refused`. */
void settings_apply(struct settings *settings, struct span name, const struct settings_raw *raw);
void settings_refuse(struct settings *settings, unsigned refused, struct span name,
                     const char *why);

/* Replaces the refused security settings by those in force; `last` NULL: it is the start. */
void settings_close(_Inout_ struct settings *settings, _In_opt_ const struct settings *last);

#endif
