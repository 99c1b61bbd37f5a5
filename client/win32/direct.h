/* lsmap without the service: the server's answer, given in this process with its own rights. */
#ifndef CLIENT_WIN32_DIRECT_H
#define CLIENT_WIN32_DIRECT_H

#include <stdbool.h>

#include "client/exchange.h"
#include "client/outcome.h"

struct direct; /* opaque: direct_link.c */

/* Makes a link whose requests are answered here. Enables SeDebugPrivilege when it is held.
 * Returns NULL with `failure` set. */
struct direct *direct_create(_Out_ struct failure *failure);

/* Valid until direct_destroy(). */
const struct transport *direct_transport(_In_ const struct direct *direct);

/* Accepts NULL. */
void direct_destroy(struct direct *direct);

#endif
