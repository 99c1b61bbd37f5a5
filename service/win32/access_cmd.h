/* Who may connect and who may ask for what, made from the settings and the group of readers: for the
 * server, and as a table for `lsmapd access`. */
#ifndef SERVICE_WIN32_ACCESS_CMD_H
#define SERVICE_WIN32_ACCESS_CMD_H

#include <stdbool.h>

#include "common/text/buffer.h"
#include "common/win32/win.h"
#include "service/access.h"
#include "service/win32/service_control.h"

struct access_setup {
    struct buffer access_sddl; /* of the rights; terminated, the terminator counts */
    struct buffer pipe_sddl;   /* of the pipe; the same */
    struct descriptor access;  /* the rights as Windows read them */
    bool is_custom;            /* from the setting */
    const char *refusal;       /* why the setting is not used; NULL: it is, or it is not set */
};

/* Makes both from the setting AccessSddl. When it is not set or refused, they are the built-in ones
 * of access.h, with the group of readers when this machine has it.
 * custom  The setting; "": not set.
 * setup   Release it with access_setup_release().
 * Returns a Win32 error. */
NODISCARD DWORD access_setup_create(_In_ const char *custom, _Out_ struct access_setup *setup);

/* Accepts all zero. */
void access_setup_release(_Inout_ struct access_setup *setup);

/* `lsmapd access`: prints the rights that a service started now would grant, and the names of the
 * accounts, which may be looked up on the domain. A refused setting is named.
 * json  JSON lines instead of a table. */
enum exit_code access_run(bool json);

#endif
