/* The names of protocol v1 that both ends must spell alike. common/PROTOCOL.md is the
 * specification. */
#ifndef COMMON_PROTO_PROTOCOL_H
#define COMMON_PROTO_PROTOCOL_H

enum { PROTOCOL_VERSION = 1 };

#define PRODUCT_NAME "lsmap"
#define SERVICE_NAME "lsmapd"
#define SERVICE_DISPLAY_NAME "lsmap mapped file service"

/* Only members of Administrators (and SYSTEM) may create a pipe below
 * ProtectedPrefix\Administrators, so that nobody else can take the name first. */
#define PIPE_PREFIX "\\\\.\\pipe\\"
#define PIPE_NAME_DEFAULT PIPE_PREFIX "ProtectedPrefix\\Administrators\\lsmap"

#endif
