/* What session.c (what happens to a session) and session_serve.c (what it answers) share. */
#ifndef SERVICE_SESSION_PRIVATE_H
#define SERVICE_SESSION_PRIVATE_H

#include "service/session.h"

/* True while the next step of the answer asks the platform: it needs a slot. */
bool session_is_scanning(_In_ const struct session *session);

/* The answer, if there is one, is over, and holds nothing any more. */
void session_end_answer(_Inout_ struct session *session);

/* Tells the statistics once at which limit the connection ends. */
void session_count_reason(_Inout_ struct session *session);

#endif
