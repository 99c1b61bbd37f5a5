/* Who may connect and who may ask for what, as Windows has it: security descriptors, the local group
 * "lsmap Readers", and what a server gets from the settings, which `lsmapd access` shows as a table.
 *
 * What returns a DWORD returns a Win32 error, and then its outputs hold nothing to release. */
#ifndef SERVICE_WIN32_ACCESS_CMD_H
#define SERVICE_WIN32_ACCESS_CMD_H

#include "common/win32/win.h"

#include <accctrl.h>

#include "service/access.h"
#include "service/settings.h"
#include "service/win32/service_control.h"

/* --- security descriptors --- */

/* Makes a self-relative descriptor of terminated ASCII; releases it, and accepts NULL. */
NODISCARD DWORD descriptor_create(_In_ const char *sddl, _Out_ PSECURITY_DESCRIPTOR *descriptor);
void descriptor_free(_Inout_ PSECURITY_DESCRIPTOR *descriptor);

/* Copies as plain data: a descriptor, whose ACEs Windows walks; what an SDDL string means; owner and
 * DACL of an object that was opened with READ_CONTROL.
 * parts  What to read as well, such as LABEL_SECURITY_INFORMATION.
 * copy   Release it with descriptor_release(), which accepts all zero. */
NODISCARD DWORD descriptor_copy(PSECURITY_DESCRIPTOR descriptor, _Out_ struct descriptor *copy);
NODISCARD DWORD descriptor_copy_sddl(_In_ const char *sddl, _Out_ struct descriptor *copy);
NODISCARD DWORD descriptor_copy_object(HANDLE object, SE_OBJECT_TYPE type,
                                       SECURITY_INFORMATION parts, _Out_ struct descriptor *copy);
void descriptor_release(_Inout_ struct descriptor *copy);

/* --- the group of readers ---
 *
 * With a group an operator names accounts without writing SDDL, and membership is in the token: the
 * service never asks a directory about a client. */

/* Looks up the SID of the group on this machine; at the start and for commands, never for a request.
 * Returns ERROR_NONE_MAPPED when there is no such group. */
NODISCARD DWORD readers_group_query(_Out_ struct sid *sid);

/* Each but the last needs elevation and succeeds when there is nothing to do.
 * name  Of an account or a global group, UTF-8: DOMAIN\name, or a name of this machine. When there
 *       is none, ERROR_NO_SUCH_MEMBER; of the last, which only looks it up, ERROR_NONE_MAPPED. */
NODISCARD DWORD readers_group_create(void);
NODISCARD DWORD readers_group_add(_In_ const char *name);
NODISCARD DWORD readers_group_remove(void);
NODISCARD DWORD readers_group_check(_In_ const char *name);

/* True on a domain controller, which has no local groups: the group is one of the domain. */
bool readers_group_is_shared(void);

/* --- what a server gets --- */

struct access_setup {
    struct buffer access_sddl; /* of the rights; terminated, the terminator counts */
    struct buffer pipe_sddl;   /* of the pipe; the same */
    struct descriptor access;  /* the rights as Windows read them */
};

/* Makes all from the settings, whose security part it completes: an AccessSddl that Windows cannot
 * read is refused, and settings_close() is called. Without AccessSddl they are the built-in ones of
 * access.h, with the group of readers when this machine has it.
 * last   The settings in force; NULL: none.
 * setup  Release it with access_setup_release(), which accepts all zero. */
NODISCARD DWORD access_setup_create(struct settings *settings, const struct settings *last,
                                    struct access_setup *setup);
void access_setup_release(_Inout_ struct access_setup *setup);

/* `lsmapd access`: prints the rights that a service started now would grant, and the names of the
 * accounts, which may be looked up on the domain. A refused setting is named. */
enum exit_code access_run(bool json);

#endif
