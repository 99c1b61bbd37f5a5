/* The names of accounts, for people who read tables. Only the client asks for them: a domain
 * controller that has to be asked may not answer. */
#ifndef CLIENT_WIN32_ACCOUNTS_H
#define CLIENT_WIN32_ACCOUNTS_H

#include "common/text/buffer.h"

/* Appends the name of the account with this SID, as "S-1-5-18", without its domain; it is looked up
 * once. Returns false, nothing appended, when it has none. */
bool account_find(struct span sid, struct buffer *name);

#endif
