#include "service/win32/descriptor.h"

#include <assert.h>
#include <sddl.h>
#include <stdio.h>

#include "service/access.h"

DWORD descriptor_create(const char *sddl, PSECURITY_DESCRIPTOR *descriptor)
{
    PSECURITY_DESCRIPTOR created = NULL;

    if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(sddl, SDDL_REVISION_1, &created,
                                                              NULL))
        return GetLastError();
    *descriptor = created;
    return ERROR_SUCCESS;
}

void descriptor_free(PSECURITY_DESCRIPTOR *descriptor)
{
    if (*descriptor != NULL)
        LocalFree(*descriptor);
    *descriptor = NULL;
}

/* Both formats hold the SID at most twice and less than 256 characters beside it. */
static_assert(sizeof(PIPE_SDDL_CONSOLE_FORMAT) < 256, "the format fits");
static_assert(sizeof(ACCESS_SDDL_CONSOLE_FORMAT) < 256, "the format fits");
static_assert(DESCRIPTOR_SDDL_CAPACITY >= 256 + 2 * SID_TEXT_CAPACITY, "format and SIDs fit");

DWORD descriptor_console_sddl(const struct sid *user, char *pipe_sddl, char *access_sddl)
{
    char text[SID_TEXT_CAPACITY];

    sid_format(text, user);
    if (text[0] == '\0')
        return ERROR_INVALID_SID;
    snprintf(pipe_sddl, DESCRIPTOR_SDDL_CAPACITY, PIPE_SDDL_CONSOLE_FORMAT, text, text);
    snprintf(access_sddl, DESCRIPTOR_SDDL_CAPACITY, ACCESS_SDDL_CONSOLE_FORMAT, text);
    return ERROR_SUCCESS;
}
