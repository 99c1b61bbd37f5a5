/* What the operator may set: a table of names, types, ranges and defaults.
 *
 * Pure: raw values come in, from the registry (service/win32/settings_registry.c) or from --limit,
 * checked settings come out. A value that is not good is never used: its default stays, and it is
 * found by name. Names are compared without case, as the registry does.
 */
#ifndef SERVICE_SETTINGS_H
#define SERVICE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/proto/protocol.h"
#include "common/text/span.h"
#include "service/policy.h"

enum {
    SETTINGS_TEXT_CAPACITY = 2048, /* bytes of a text in UTF-8, its terminator included */
    SETTINGS_NAME_CAPACITY = 64,
    SETTINGS_WHY_CAPACITY = 96,
    SETTINGS_FINDINGS_MAX = 16 /* more are not told one by one */
};

struct settings {
    struct server_limits limits;
    uint32_t filtered_admins;                 /* enum filtered_admins */
    char access_sddl[SETTINGS_TEXT_CAPACITY]; /* terminated; "": the built-in one */
    unsigned processors;                      /* what the defaults were made for */
};

enum settings_raw_type {
    SETTINGS_RAW_NUMBER,
    SETTINGS_RAW_TEXT,
    SETTINGS_RAW_OTHER /* neither: a type we do not use, or no valid text */
};

/* A value as it was found. */
struct settings_raw {
    enum settings_raw_type type;
    uint64_t number;  /* of SETTINGS_RAW_NUMBER */
    struct span text; /* of SETTINGS_RAW_TEXT: UTF-8 */
};

/* What was not good. Both texts are terminated, one line, and safe for an event log. */
struct settings_finding {
    char name[SETTINGS_NAME_CAPACITY];
    char why[SETTINGS_WHY_CAPACITY]; /* "not between 1 and 1024" */
};

struct settings_findings {
    size_t count;
    struct settings_finding items[SETTINGS_FINDINGS_MAX];
};

/* processors  Of the machine; 0 counts as 1. */
void settings_default(_Out_ struct settings *settings, unsigned processors);

/* Takes one value over, or adds to the findings why not. */
void settings_apply(_Inout_ struct settings *settings, _Inout_ struct settings_findings *findings,
                    struct span name, _In_ const struct settings_raw *raw);

/* Takes NAME=VALUE over, as `--limit` gives it. Returns NULL, or what is wrong: a text in
 * `findings`, which receives it. */
const char *settings_apply_argument(_Inout_ struct settings *settings,
                                    _Inout_ struct settings_findings *findings,
                                    struct span argument);

/* What only the system can judge was not good: back to the default, and into the findings.
 * name  Of the table. */
void settings_refuse(_Inout_ struct settings *settings, _Inout_ struct settings_findings *findings,
                     _In_ const char *name, _In_ const char *why);

/* Adds a finding that is of no value of the table. `name` may hold anything. */
void settings_find(_Inout_ struct settings_findings *findings, struct span name,
                   _In_ const char *why);

#endif
