/* The local group "lsmap Readers", whose members may query every process, without addresses.
 *
 * With a group an operator names accounts without writing SDDL, and membership is in the token: the
 * service never asks a directory about a client. On a domain controller, which has no local groups,
 * it is a group of the domain. */
#ifndef SERVICE_WIN32_READERS_GROUP_H
#define SERVICE_WIN32_READERS_GROUP_H

#include "common/base/sid.h"
#include "common/win32/win.h"

/* Looks up the SID of the group on this machine; at the start and for commands, never for a request.
 * Returns a Win32 error, `sid` untouched: ERROR_NONE_MAPPED when there is no such group. */
NODISCARD DWORD readers_group_query(_Out_ struct sid *sid);

/* Each needs elevation, returns a Win32 error, and succeeds when there is nothing to do.
 * name  Of an account or a global group, UTF-8: DOMAIN\name, or a name of this machine.
 *       ERROR_NO_SUCH_MEMBER when there is none. */
NODISCARD DWORD readers_group_create(void);
NODISCARD DWORD readers_group_add(_In_ const char *name);
NODISCARD DWORD readers_group_remove(void);

/* Looks an account up that is to be added. ERROR_NONE_MAPPED when there is none. */
NODISCARD DWORD readers_group_check(_In_ const char *name);

/* True on a domain controller, where the group belongs to the domain. */
bool readers_group_is_shared(void);

#endif
