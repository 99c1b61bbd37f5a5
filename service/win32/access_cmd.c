#include "service/win32/access_cmd.h"

#include <stdio.h>
#include <string.h>

#include "common/win32/token.h"
#include "service/win32/descriptor.h"
#include "service/win32/readers_group.h"
#include "service/win32/settings_registry.h"

enum {
    /* Each ACE of the rights makes at most one of the pipe, with a SID of its longest. */
    SDDL_SIZE_MAX = 1024 + ACCESS_ACES_MAX * (SID_TEXT_CAPACITY + 32),
    OUTPUT_SIZE_MAX = 256 * 1024
};

/* --- the setup --- */

void access_setup_release(struct access_setup *setup)
{
    buffer_release(&setup->access_sddl);
    buffer_release(&setup->pipe_sddl);
    descriptor_release(&setup->access);
}

/* Windows reads the SDDL. */
static DWORD read_access(struct access_setup *setup)
{
    DWORD error = descriptor_copy_sddl(setup->access_sddl.data, &setup->access);

    if (error == ERROR_SUCCESS && !access_dacl_is_plain(&setup->access.dacl)) {
        descriptor_release(&setup->access);
        error = ERROR_INVALID_SECURITY_DESCR;
    }
    return error;
}

static void init(struct access_setup *setup)
{
    *setup = (struct access_setup){0};
    buffer_init(&setup->access_sddl, SDDL_SIZE_MAX);
    buffer_init(&setup->pipe_sddl, SDDL_SIZE_MAX);
}

static DWORD use_custom(struct access_setup *setup, struct span sddl)
{
    return access_sddl_complete(sddl, &setup->access_sddl) ? read_access(setup)
                                                           : ERROR_NOT_ENOUGH_MEMORY;
}

/* Returns why a value of AccessSddl cannot be used; NULL when it can. */
static const char *find_fault(struct span sddl)
{
    const char *why = access_sddl_check(sddl);
    struct access_setup tried;

    if (why != NULL)
        return why;
    init(&tried);
    if (use_custom(&tried, sddl) != ERROR_SUCCESS)
        why = "not usable: Windows cannot read it as SDDL";
    access_setup_release(&tried);
    return why;
}

static DWORD use_built_in(struct access_setup *setup)
{
    char sid_text[SID_TEXT_CAPACITY];
    struct sid readers;

    if (readers_group_query(&readers) == ERROR_SUCCESS) {
        sid_format(sid_text, &readers);
        buffer_format(&setup->access_sddl, ACCESS_SDDL_READERS_FORMAT, sid_text);
    } else {
        buffer_text(&setup->access_sddl, ACCESS_SDDL_SERVICE);
    }
    buffer_append(&setup->access_sddl, (struct span){"", 1});
    return setup->access_sddl.failed ? ERROR_NOT_ENOUGH_MEMORY : read_access(setup);
}

DWORD access_setup_create(struct settings *settings, struct settings_findings *findings,
                          const struct settings *last, struct access_setup *setup)
{
    const struct span custom = span_from_string(settings->access_sddl);
    const char *why = custom.size > 0 ? find_fault(custom) : NULL;
    struct access_setup made;

    if (why != NULL)
        settings_refuse(settings, findings, SETTINGS_ACCESS_SDDL, SPAN("AccessSddl"), why);
    settings_close(settings, last);
    init(&made);
    DWORD error = settings->access_sddl[0] != '\0'
                      ? use_custom(&made, span_from_string(settings->access_sddl))
                      : use_built_in(&made);
    if (error == ERROR_SUCCESS && !access_pipe_sddl(&made.access.dacl, &made.pipe_sddl))
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (error == ERROR_SUCCESS)
        *setup = made;
    else
        access_setup_release(&made);
    return error;
}

/* --- the command --- */

/* The first security setting that is not used, and why. Returns false when there is none. */
static bool find_refusal(const struct settings_findings *findings, char *refusal, size_t capacity)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (!findings->items[i].is_security)
            continue;
        (void)snprintf(refusal, capacity, "%s is %s", findings->items[i].name,
                       findings->items[i].why);
        return true;
    }
    return false;
}

static bool print(const struct settings *settings, const struct settings_findings *findings,
                  const struct access_setup *setup, bool json)
{
    static struct access_row rows[ACCESS_ACES_MAX]; /* too large for the stack */
    char refusal[SETTINGS_NAME_CAPACITY + SETTINGS_WHY_CAPACITY];
    struct buffer out;

    struct access_table table = {
        .rows = rows,
        .count = access_rows(&setup->access.dacl, rows),
        .source = settings->is_closed                ? "closed"
                  : settings->access_sddl[0] != '\0' ? "AccessSddl"
                                                     : "built-in",
        .refusal = find_refusal(findings, refusal, sizeof refusal) ? refusal : NULL,
        .sddl = {setup->access_sddl.data, setup->access_sddl.size - 1},
        .filtered_admins = settings->filtered_admins,
    };
    for (size_t i = 0; i < table.count; i++)
        token_account_name(&rows[i].sid, rows[i].name, sizeof rows[i].name);
    buffer_init(&out, OUTPUT_SIZE_MAX);
    bool is_made = access_table_format(&table, json, &out);
    if (is_made)
        (void)fwrite(out.data, 1, out.size, stdout);
    buffer_release(&out);
    return is_made;
}

enum exit_code access_run(bool json)
{
    struct settings_findings findings = {0};
    struct settings settings;
    struct access_setup setup;

    settings_default(&settings, 1);
    settings_registry_read(HKEY_LOCAL_MACHINE, SETTINGS_REGISTRY_KEY, &settings, &findings);
    DWORD error = access_setup_create(&settings, &findings, NULL, &setup);
    if (error != ERROR_SUCCESS)
        return service_fail("cannot determine who has access", error);
    for (size_t i = 0; i < findings.count; i++)
        service_warn(false, "the value of %s is %s", findings.items[i].name, findings.items[i].why);
    bool is_printed = print(&settings, &findings, &setup, json);
    access_setup_release(&setup);
    return is_printed ? EXIT_CODE_OK
                      : service_fail("cannot show who has access", ERROR_NOT_ENOUGH_MEMORY);
}
