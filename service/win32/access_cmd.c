#include "service/win32/access_cmd.h"

#include <stdio.h>
#include <string.h>

#include "common/win32/text_w.h"
#include "service/win32/access_setup.h"
#include "service/win32/service_say.h"
#include "service/win32/settings_registry.h"

enum {
    NAME_LENGTH = 256, /* DNLEN and UNLEN are less */
    OUTPUT_CAPACITY_MAX = 256 * 1024
};

static void query_name(struct access_row *row)
{
    wchar_t account[NAME_LENGTH], domain[NAME_LENGTH], joined[2 * NAME_LENGTH];
    DWORD account_length = NAME_LENGTH, domain_length = NAME_LENGTH;
    SID_NAME_USE use;

    if (!LookupAccountSidW(NULL, row->sid.bytes, account, &account_length, domain, &domain_length,
                           &use))
        return;
    (void)swprintf(joined, 2 * NAME_LENGTH, L"%ls%ls%ls", domain, domain[0] != L'\0' ? L"\\" : L"",
                   account);
    if (text_w_to_utf8(row->name, sizeof row->name, joined) != ERROR_SUCCESS)
        row->name[0] = '\0';
}

/* Why the setting was not taken over from the registry; NULL when it was, or is not there. */
static const char *find_refusal(const struct settings_findings *findings, const char *name)
{
    for (size_t i = 0; i < findings->count; i++)
        if (_stricmp(findings->items[i].name, name) == 0)
            return findings->items[i].why;
    return NULL;
}

static bool print(const struct settings *settings, const struct settings_findings *findings,
                  const struct access_setup *setup, bool json)
{
    static struct access_row rows[ACCESS_ENTRIES_MAX]; /* too much for a stack */
    const char *refusal = find_refusal(findings, "AccessSddl");
    struct buffer out;

    struct access_table table = {
        .rows = rows,
        .count = access_table_rows(&setup->list, rows),
        .source = setup->is_custom ? "AccessSddl" : "built-in",
        .refusal = refusal != NULL ? refusal : setup->refusal,
        .sddl = {setup->access_sddl.data, setup->access_sddl.size - 1},
        .filtered_admins = (enum filtered_admins)settings->filtered_admins,
    };
    for (size_t i = 0; i < table.count; i++)
        query_name(&rows[i]);
    buffer_init(&out, OUTPUT_CAPACITY_MAX);
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
    settings_registry_read(&settings, &findings);
    for (size_t i = 0; i < findings.count; i++)
        service_warn("the value of %s is %s", findings.items[i].name, findings.items[i].why);
    DWORD error = access_setup_create(settings.access_sddl, &setup);
    if (error != ERROR_SUCCESS)
        return service_fail("cannot make the access list", error);
    bool is_printed = print(&settings, &findings, &setup, json);
    access_setup_release(&setup);
    return is_printed ? EXIT_CODE_OK
                      : service_fail("cannot show the access list", ERROR_NOT_ENOUGH_MEMORY);
}
