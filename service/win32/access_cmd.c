#include "service/win32/access_cmd.h"

#include <aclapi.h>
#include <lm.h>
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "common/win32/ntdll.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"
#include "service/win32/settings_registry.h"

enum {
    NAME_LENGTH_MAX = 512, /* COMPUTER\group, DOMAIN\account */
    /* Each ACE of the rights makes at most one of the pipe, with a SID of its longest. */
    SDDL_SIZE_MAX = 1024 + ACCESS_ACES_MAX * (SID_TEXT_CAPACITY + 32),
    OUTPUT_SIZE_MAX = 256 * 1024
};

/* --- security descriptors --- */

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
    LocalFree(*descriptor); /* accepts NULL */
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
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    BOOL has_dacl = FALSE, has_sacl = FALSE, is_default = FALSE;
    ACL *dacl = NULL, *sacl = NULL;
    PSID owner = NULL;
    DWORD revision = 0, error = ERROR_SUCCESS;

    *copy = (struct descriptor){0};
    if (!GetSecurityDescriptorOwner(descriptor, &owner, &is_default) ||
        !GetSecurityDescriptorDacl(descriptor, &has_dacl, &dacl, &is_default) ||
        !GetSecurityDescriptorSacl(descriptor, &has_sacl, &sacl, &is_default) ||
        !GetSecurityDescriptorControl(descriptor, &control, &revision))
        return GetLastError();
    copy->is_protected = (control & SE_DACL_PROTECTED) != 0;
    if (owner != NULL && !sid_set(&copy->owner, owner, GetLengthSid(owner)))
        error = ERROR_INVALID_SID;
    if (error == ERROR_SUCCESS && has_dacl && dacl != NULL)
        error = copy_acl(dacl, &copy->dacl);
    if (error == ERROR_SUCCESS && has_sacl && sacl != NULL)
        error = copy_acl(sacl, &copy->sacl);
    if (error != ERROR_SUCCESS)
        descriptor_release(copy);
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

/* --- the group of readers --- */

static wchar_t group_name[] = L"" READERS_GROUP_NAME;
static wchar_t group_comment[] = L"May ask lsmap for the mapped files of every process";

bool readers_group_is_shared(void)
{
    OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof version,
                                .wProductType = VER_NT_DOMAIN_CONTROLLER};

    return VerifyVersionInfoW(&version, VER_PRODUCT_TYPE,
                              VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL)) != 0;
}

static DWORD look_up(const wchar_t *name, struct sid *sid, SID_NAME_USE *use)
{
    wchar_t domain[NAME_LENGTH_MAX];
    BYTE bytes[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof bytes, domain_length = NAME_LENGTH_MAX;

    if (!LookupAccountNameW(NULL, name, bytes, &size, domain, &domain_length, use))
        return GetLastError();
    return sid_set(sid, bytes, GetLengthSid(bytes)) ? ERROR_SUCCESS : ERROR_INVALID_SID;
}

DWORD readers_group_query(struct sid *sid)
{
    wchar_t name[NAME_LENGTH_MAX] = L"" READERS_GROUP_NAME;
    wchar_t computer[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD length = MAX_COMPUTERNAME_LENGTH + 1;
    SID_NAME_USE use = SidTypeUnknown;
    struct sid found;

    /* "COMPUTER\lsmap Readers": without the computer's name Windows would ask the domain when there is
     * no such group, and wait for the answer. */
    if (!readers_group_is_shared()) {
        if (!GetComputerNameW(computer, &length))
            return GetLastError();
        (void)swprintf(name, NAME_LENGTH_MAX, L"%ls\\%ls", computer, group_name);
    }
    DWORD error = look_up(name, &found, &use);
    if (error == ERROR_SUCCESS && use != SidTypeAlias)
        error = ERROR_NONE_MAPPED; /* an account of that name is not the group */
    if (error == ERROR_SUCCESS)
        *sid = found;
    return error;
}

DWORD readers_group_create(void)
{
    typedef NET_API_STATUS(NET_API_FUNCTION * function)(LPCWSTR, DWORD, LPBYTE, LPDWORD);
    LOCALGROUP_INFO_1 info = {.lgrpi1_name = group_name, .lgrpi1_comment = group_comment};

    function add = (function)system_function(L"netapi32.dll", "NetLocalGroupAdd");
    if (add == NULL)
        return ERROR_PROC_NOT_FOUND;
    DWORD error = add(NULL, 1, (BYTE *)&info, NULL);
    return error == ERROR_ALIAS_EXISTS || error == NERR_GroupExists ? ERROR_SUCCESS : error;
}

DWORD readers_group_add(const char *name)
{
    typedef NET_API_STATUS(NET_API_FUNCTION * function)(LPCWSTR, LPCWSTR, DWORD, LPBYTE, DWORD);
    wchar_t name_w[NAME_LENGTH_MAX];
    LOCALGROUP_MEMBERS_INFO_3 member = {.lgrmi3_domainandname = name_w};

    DWORD error = text_w_from_utf8(name_w, NAME_LENGTH_MAX, span_from_string(name));
    if (error != ERROR_SUCCESS)
        return error;
    function add = (function)system_function(L"netapi32.dll", "NetLocalGroupAddMembers");
    if (add == NULL)
        return ERROR_PROC_NOT_FOUND;
    error = add(NULL, group_name, 3, (BYTE *)&member, 1);
    return error == ERROR_MEMBER_IN_ALIAS ? ERROR_SUCCESS : error;
}

DWORD readers_group_check(const char *name)
{
    wchar_t name_w[NAME_LENGTH_MAX];
    SID_NAME_USE use;
    struct sid sid;

    DWORD error = text_w_from_utf8(name_w, NAME_LENGTH_MAX, span_from_string(name));
    return error == ERROR_SUCCESS ? look_up(name_w, &sid, &use) : error;
}

DWORD readers_group_remove(void)
{
    typedef NET_API_STATUS(NET_API_FUNCTION * function)(LPCWSTR, LPCWSTR);

    function remove_group = (function)system_function(L"netapi32.dll", "NetLocalGroupDel");
    if (remove_group == NULL)
        return ERROR_PROC_NOT_FOUND;
    DWORD error = remove_group(NULL, group_name);
    return error == ERROR_NO_SUCH_ALIAS || error == NERR_GroupNotFound ? ERROR_SUCCESS : error;
}

/* --- what a server gets --- */

void access_setup_release(struct access_setup *setup)
{
    buffer_release(&setup->access_sddl);
    buffer_release(&setup->pipe_sddl);
    descriptor_release(&setup->access);
}

/* Writes the rights that the settings grant.
 * must_know  Fails when Windows does not say whether there is a group of readers. */
static DWORD write_access(const struct settings *settings, bool must_know, struct buffer *out)
{
    char sid_text[SID_TEXT_CAPACITY];
    struct sid readers;

    if (settings->access_sddl[0] != '\0')
        return access_sddl_complete(settings->access_sddl, out) ? ERROR_SUCCESS
                                                                : ERROR_NOT_ENOUGH_MEMORY;
    const DWORD error = readers_group_query(&readers);
    if (error == ERROR_SUCCESS) {
        sid_format(sid_text, &readers);
        buffer_format(out, ACCESS_SDDL_READERS_FORMAT, sid_text);
    } else if (must_know && error != ERROR_NONE_MAPPED) {
        return error;
    } else {
        buffer_text(out, ACCESS_SDDL_SERVICE);
    }
    return buffer_append(out, (struct span){"", 1}) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

/* Windows reads the SDDL. */
static DWORD make(const struct settings *settings, bool must_know, struct access_setup *setup)
{
    *setup = (struct access_setup){.access_sddl = {.capacity_max = SDDL_SIZE_MAX},
                                   .pipe_sddl = {.capacity_max = SDDL_SIZE_MAX}};
    DWORD error = write_access(settings, must_know, &setup->access_sddl);
    if (error == ERROR_SUCCESS)
        error = descriptor_copy_sddl(setup->access_sddl.data, &setup->access);
    if (error == ERROR_SUCCESS && !access_dacl_is_plain(&setup->access.dacl))
        error = ERROR_INVALID_SECURITY_DESCR;
    if (error == ERROR_SUCCESS && !access_pipe_sddl(&setup->access.dacl, &setup->pipe_sddl))
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (error != ERROR_SUCCESS)
        access_setup_release(setup);
    return error;
}

DWORD access_setup_create(struct settings *settings, const struct settings *last,
                          struct access_setup *setup)
{
    struct access_setup tried = {0};

    if (settings->access_sddl[0] != '\0') {
        const char *why = access_sddl_check(settings->access_sddl);
        if (why == NULL && make(settings, false, &tried) != ERROR_SUCCESS)
            why = "not usable: Windows cannot read it as SDDL";
        if (why != NULL)
            settings_refuse(settings, SETTINGS_ACCESS_SDDL, SPAN("AccessSddl"), why);
        access_setup_release(&tried);
    }
    settings_close(settings, last);
    return make(settings, last != NULL, setup);
}

enum exit_code access_run(bool json)
{
    static struct access_row rows[ACCESS_ACES_MAX];                    /* too large for the stack */
    char refusal[SETTINGS_NAME_CAPACITY + SETTINGS_WHY_CAPACITY] = ""; /* the first one */
    struct buffer out = {.capacity_max = OUTPUT_SIZE_MAX};
    struct settings settings;
    struct access_setup setup;

    settings_default(&settings, 1);
    settings_registry_read(HKEY_LOCAL_MACHINE, SETTINGS_REGISTRY_KEY, &settings);
    DWORD error = access_setup_create(&settings, NULL, &setup);
    if (error != ERROR_SUCCESS)
        return service_fail("cannot determine who has access", error);
    for (size_t i = 0; i < settings.findings_count; i++) {
        const struct settings_finding *finding = &settings.findings[i];
        service_warn(false, "the value of %s is %s", finding->name, finding->why);
        if (finding->is_security && refusal[0] == '\0')
            (void)snprintf(refusal, sizeof refusal, "%s is %s", finding->name, finding->why);
    }
    struct access_table table = {
        .rows = rows,
        .count = access_rows(&setup.access.dacl, rows),
        .source = settings.is_closed                ? "closed"
                  : settings.access_sddl[0] != '\0' ? "AccessSddl"
                                                    : "built-in",
        .refusal = refusal[0] != '\0' ? refusal : NULL,
        .sddl = {setup.access_sddl.data, setup.access_sddl.size - 1},
        .filtered_admins = settings.filtered_admins,
    };
    for (size_t i = 0; i < table.count; i++)
        token_account_name(&rows[i].sid, rows[i].name, sizeof rows[i].name);
    if (access_table_format(&table, json, &out))
        (void)fwrite(out.data, 1, out.size, stdout);
    else
        error = ERROR_NOT_ENOUGH_MEMORY;
    buffer_release(&out);
    access_setup_release(&setup);
    return error == ERROR_SUCCESS ? EXIT_CODE_OK
                                  : service_fail("cannot show who has access", error);
}
