#include "service/win32/access_setup.h"

#include <stdio.h>

#include "common/win32/text_w.h"
#include "service/access.h"
#include "service/win32/readers_group.h"
#include "service/win32/security_bytes.h"
#include "service/win32/settings_registry.h"

/* Each entry of the list makes at most one of the pipe, with a SID of its longest. */
enum { SDDL_SIZE_MAX = 1024 + ACCESS_ENTRIES_MAX * (SID_TEXT_CAPACITY + 32) };

void access_setup_release(struct access_setup *setup)
{
    buffer_release(&setup->access_sddl);
    buffer_release(&setup->pipe_sddl);
}

/* Windows reads the text in setup->access_sddl; the list is what it understood. */
static DWORD read_list(struct access_setup *setup)
{
    struct security_bytes bytes = {0};
    DWORD size = 0;

    DWORD error = security_bytes_of_sddl(setup->access_sddl.data, &bytes);
    if (error != ERROR_SUCCESS)
        return error;
    size = GetSecurityDescriptorLength(bytes.data);
    if (!access_list_parse(bytes.data, size, &setup->list))
        error = ERROR_INVALID_SECURITY_DESCR;
    security_bytes_release(&bytes);
    return error;
}

static bool terminate(struct buffer *text)
{
    return buffer_append(text, (struct span){"", 1});
}

static DWORD use_custom(struct access_setup *setup, const char *custom)
{
    if (!access_sddl_complete(span_from_string(custom), &setup->access_sddl) ||
        !terminate(&setup->access_sddl))
        return ERROR_NOT_ENOUGH_MEMORY;
    return read_list(setup);
}

static DWORD use_built_in(struct access_setup *setup)
{
    char text[sizeof ACCESS_SDDL_READERS_FORMAT + SID_TEXT_CAPACITY] = ACCESS_SDDL_SERVICE;
    char sid_text[SID_TEXT_CAPACITY];
    struct sid readers;

    if (readers_group_query(&readers) == ERROR_SUCCESS) {
        sid_format(sid_text, &readers);
        (void)snprintf(text, sizeof text, ACCESS_SDDL_READERS_FORMAT, sid_text);
    }
    buffer_clear(&setup->access_sddl);
    if (!buffer_append(&setup->access_sddl, span_from_string(text)) ||
        !terminate(&setup->access_sddl))
        return ERROR_NOT_ENOUGH_MEMORY;
    return read_list(setup);
}

DWORD access_setup_create(const char *custom, struct access_setup *setup)
{
    struct access_setup made = {0};
    DWORD error = ERROR_SUCCESS;

    buffer_init(&made.access_sddl, SDDL_SIZE_MAX);
    buffer_init(&made.pipe_sddl, SDDL_SIZE_MAX);
    if (custom[0] != '\0') {
        made.refusal = access_sddl_check(span_from_string(custom));
        if (made.refusal == NULL && use_custom(&made, custom) != ERROR_SUCCESS)
            made.refusal = "not usable: Windows cannot read it as SDDL";
        made.is_custom = made.refusal == NULL;
    }
    if (!made.is_custom)
        error = use_built_in(&made);
    if (error == ERROR_SUCCESS && !access_list_pipe_sddl(&made.list, &made.pipe_sddl))
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (error == ERROR_SUCCESS)
        *setup = made;
    else
        access_setup_release(&made);
    return error;
}

DWORD access_setup_install(const struct options *options, const char **what)
{
    wchar_t word[FILTERED_ADMINS_NAME_CAPACITY];
    const char *failed = "cannot create the group \"" READERS_GROUP_NAME "\"";

    DWORD error = readers_group_create();
    if (error == ERROR_SUCCESS && options->readers != NULL) {
        failed = "cannot add the account to the group \"" READERS_GROUP_NAME "\"";
        error = readers_group_add(options->readers);
    }
    if (error == ERROR_SUCCESS && options->has_filtered_admins) {
        failed = "cannot write the setting FilteredAdmins";
        error = text_w_from_utf8(word, FILTERED_ADMINS_NAME_CAPACITY,
                                 span_from_string(filtered_admins_name(options->filtered_admins)));
        if (error == ERROR_SUCCESS)
            error = settings_registry_write_text(L"FilteredAdmins", word);
    }
    if (error != ERROR_SUCCESS)
        *what = failed;
    return error;
}
