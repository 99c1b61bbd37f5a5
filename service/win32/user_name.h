/* DOMAIN\user of a token, for `whoami`, without a question to the network.
 *
 * A domain controller that does not answer must never stall a request, so names are taken only from
 * what this machine knows: the logon session of the token, and our own name.
 */
#ifndef SERVICE_WIN32_USER_NAME_H
#define SERVICE_WIN32_USER_NAME_H

#include "caller.h"
#include "win.h"

/* The user this process runs as. */
struct user_name_self {
    struct sid user;                 /* size 0: unknown */
    char name[CALLER_USER_CAPACITY]; /* "" when not known */
};

/* Learns it; once, at the start. What is not known is left empty. */
void user_name_query_self(_Out_ struct user_name_self *self);

/* The name of the user of `token` (TOKEN_QUERY), terminated UTF-8; "" when this machine does not
 * know it (Wine has no logon sessions) or it does not fit. */
void user_name_query(_In_ HANDLE token, _In_ const struct sid *user,
                     _In_ const struct user_name_self *self,
                     _Out_writes_(CALLER_USER_CAPACITY) char *name);

#endif
