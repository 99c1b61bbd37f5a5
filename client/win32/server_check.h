/* Facts about the server of a pipe, and about a service whose pipe does not exist. */
#ifndef CLIENT_WIN32_SERVER_CHECK_H
#define CLIENT_WIN32_SERVER_CHECK_H

#include "client/outcome.h"
#include "client/trust.h"
#include "common/win32/win.h"

/* Gathers what trust_decide() needs about the server at the other end.
 * pipe   Opened with READ_CONTROL.
 * facts  What cannot be read has its unknown value, which is never trusted. */
void server_check_facts(_In_ HANDLE pipe, bool is_default, _Out_ struct trust_facts *facts);

/* Asks the service control manager why the service's pipe does not exist. */
enum failure_kind server_check_absence(void);

#endif
