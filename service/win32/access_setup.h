/* Who may connect and who may ask what, made from the settings: the SDDL of the pipe and of the
 * rights. For the start of the server and for `lsmapd access`. */
#ifndef SERVICE_WIN32_ACCESS_SETUP_H
#define SERVICE_WIN32_ACCESS_SETUP_H

#include "common/text/buffer.h"
#include "common/win32/win.h"
#include "service/access_table.h"
#include "service/options.h"

struct access_setup {
    struct buffer access_sddl; /* terminated; the terminator counts */
    struct buffer pipe_sddl;   /* the same */
    struct access_list list;   /* what the first says, as Windows read it */
    bool is_custom;            /* from the setting */
    const char *refusal;       /* why the setting is not used; NULL: it is, or there is none */
};

/* Makes both from the setting AccessSddl. When there is none, or Windows cannot read it, from
 * access.h, with the group of readers when this machine has it.
 * custom  The setting, checked by access_sddl_check(); "" when there is none.
 * setup   Release it with access_setup_release().
 * Returns a Win32 error. */
NODISCARD DWORD access_setup_create(_In_ const char *custom, _Out_ struct access_setup *setup);

/* Accepts all zero. */
void access_setup_release(_Inout_ struct access_setup *setup);

/* `lsmapd install`: the group of readers, its new member, the setting FilteredAdmins; as far as the
 * options say. To be called when the service's key is there.
 * what  Receives on failure what could not be done, static text.
 * Returns a Win32 error. */
NODISCARD DWORD access_setup_install(_In_ const struct options *options, _Out_ const char **what);

#endif
