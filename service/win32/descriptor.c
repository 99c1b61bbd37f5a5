#include "service/win32/descriptor.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdlib.h>
#include <string.h>

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

/* Leaves the SID of a type with another layout unknown. */
static bool copy_ace(void *found, struct ace *copy)
{
    /* These types have the same layout. */
    ACCESS_ALLOWED_ACE *ace = found;
    PSID sid = &ace->SidStart;

    *copy =
        (struct ace){.type = ace->Header.AceType, .flags = ace->Header.AceFlags, .mask = ace->Mask};
    switch (copy->type) {
    case ACE_ALLOW:
    case ACE_DENY:
    case ACE_ALLOW_CALLBACK:
    case ACE_DENY_CALLBACK:
    case ACE_LABEL:
        return IsValidSid(sid) && sid_set(&copy->sid, sid, GetLengthSid(sid));
    default:
        return true;
    }
}

static DWORD copy_acl(ACL *acl, struct acl *copy)
{
    /* An ACL without ACEs has memory too, so that the count alone says that it is empty. */
    struct ace *aces = calloc((size_t)acl->AceCount + 1, sizeof *aces);

    if (aces == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (DWORD i = 0; i < acl->AceCount; i++) {
        void *ace = NULL;
        if (!GetAce(acl, i, &ace) || !copy_ace(ace, &aces[i])) {
            free(aces);
            return ERROR_INVALID_ACL;
        }
    }
    *copy = (struct acl){.is_present = true, .count = acl->AceCount, .aces = aces};
    return ERROR_SUCCESS;
}

DWORD descriptor_copy(PSECURITY_DESCRIPTOR descriptor, struct descriptor *copy)
{
    struct descriptor made = {0};
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    BOOL has_dacl = FALSE, has_sacl = FALSE, is_default = FALSE;
    ACL *dacl = NULL, *sacl = NULL;
    PSID owner = NULL;
    DWORD revision = 0, error = ERROR_SUCCESS;

    if (!GetSecurityDescriptorOwner(descriptor, &owner, &is_default) ||
        !GetSecurityDescriptorDacl(descriptor, &has_dacl, &dacl, &is_default) ||
        !GetSecurityDescriptorSacl(descriptor, &has_sacl, &sacl, &is_default) ||
        !GetSecurityDescriptorControl(descriptor, &control, &revision))
        return GetLastError();
    made.is_protected = (control & SE_DACL_PROTECTED) != 0;
    if (owner != NULL && !sid_set(&made.owner, owner, GetLengthSid(owner)))
        error = ERROR_INVALID_SID;
    if (error == ERROR_SUCCESS && has_dacl && dacl != NULL)
        error = copy_acl(dacl, &made.dacl);
    if (error == ERROR_SUCCESS && has_sacl && sacl != NULL)
        error = copy_acl(sacl, &made.sacl);
    if (error == ERROR_SUCCESS)
        *copy = made;
    else
        descriptor_release(&made);
    return error;
}

DWORD descriptor_copy_sddl(const char *sddl, struct descriptor *copy)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;

    DWORD error = descriptor_create(sddl, &descriptor);
    if (error == ERROR_SUCCESS)
        error = descriptor_copy(descriptor, copy);
    descriptor_free(&descriptor);
    return error;
}

DWORD descriptor_copy_object(HANDLE object, SE_OBJECT_TYPE type, SECURITY_INFORMATION parts,
                             struct descriptor *copy)
{
    const SECURITY_INFORMATION always = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    PSECURITY_DESCRIPTOR descriptor = NULL;

    DWORD error =
        GetSecurityInfo(object, type, always | parts, NULL, NULL, NULL, NULL, &descriptor);
    if (error == ERROR_SUCCESS)
        error = descriptor_copy(descriptor, copy);
    descriptor_free(&descriptor);
    return error;
}

void descriptor_release(struct descriptor *copy)
{
    free(copy->dacl.aces);
    free(copy->sacl.aces);
    memset(copy, 0, sizeof *copy);
}
