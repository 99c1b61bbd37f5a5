/* Who may connect and who may ask for what, made from the settings and the group of readers: for the
 * server, and as a table for `lsmapd access`. */
#ifndef SERVICE_WIN32_ACCESS_CMD_H
#define SERVICE_WIN32_ACCESS_CMD_H

#include "common/text/buffer.h"
#include "common/win32/win.h"
#include "service/access.h"
#include "service/settings.h"
#include "service/win32/service_control.h"

struct access_setup {
    struct buffer access_sddl; /* of the rights; terminated, the terminator counts */
    struct buffer pipe_sddl;   /* of the pipe; the same */
    struct descriptor access;  /* the rights as Windows read them */
};

/* Makes both from the settings, whose security part it completes: an AccessSddl that Windows cannot
 * read is refused, and settings_close() is called. Without AccessSddl they are the built-in ones of
 * access.h, with the group of readers when this machine has it.
 * last   The settings in force; NULL: none.
 * setup  Release it with access_setup_release().
 * Returns a Win32 error. */
NODISCARD DWORD access_setup_create(_Inout_ struct settings *settings,
                                    _Inout_ struct settings_findings *findings,
                                    _In_opt_ const struct settings *last,
                                    _Out_ struct access_setup *setup);

/* Accepts all zero. */
void access_setup_release(_Inout_ struct access_setup *setup);

/* `lsmapd access`: prints the rights that a service started now would grant, and the names of the
 * accounts, which may be looked up on the domain. A refused setting is named.
 * json  JSON lines instead of a table. */
enum exit_code access_run(bool json);

#endif
