/* The local group "lsmap Readers": whoever is in it sees every process, but no addresses.
 *
 * A group lets an operator name accounts without writing SDDL, and membership is in the token: the
 * service never asks a directory about a client. On a domain controller it is a group of the
 * domain, because there are no local ones.
 */
#ifndef SERVICE_WIN32_READERS_GROUP_H
#define SERVICE_WIN32_READERS_GROUP_H

#include "common/base/annotations.h"
#include "common/base/sid.h"
#include "common/win32/win.h"

/* The SID of the group, looked up on this machine; for the start and for commands, never for a
 * request.
 * Returns a Win32 error, `sid` untouched: ERROR_NONE_MAPPED when there is no such group. */
NODISCARD DWORD readers_group_query(_Out_ struct sid *sid);

/* Creates the group when it is not there. Needs elevation. Returns a Win32 error. */
NODISCARD DWORD readers_group_create(void);

/* Adds a member; who is in it already is success. Needs elevation.
 * name  Of an account or a global group, UTF-8: DOMAIN\name, or a name of this machine.
 * Returns a Win32 error: ERROR_NO_SUCH_MEMBER when nobody has that name. */
NODISCARD DWORD readers_group_add(_In_ const char *name);

/* Removes the group; success when it is not there. Needs elevation. Returns a Win32 error. */
NODISCARD DWORD readers_group_remove(void);

#endif
