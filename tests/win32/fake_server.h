/* A pipe server that misbehaves on purpose, for one client, on its own thread. */
#ifndef TESTS_WIN32_FAKE_SERVER_H
#define TESTS_WIN32_FAKE_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/annotations.h"
#include "common/win32/win.h"

enum { FAKE_NAME_CAPACITY = 64, FAKE_RECEIVED_CAPACITY = 8192 };

/* What it does when a client has connected. */
struct fake_script {
    bool ignores_request; /* answers without reading a request */
    const char *reply;    /* written unchanged; NULL: nothing */
    size_t reply_size;    /* 0: the length of the text */
    size_t piece;         /* bytes of the reply in one write; 0: all */
    DWORD pause_ms;       /* between the pieces */
    bool hold;            /* keeps the connection until the client closes it; false: closes it */
    const wchar_t *sddl;  /* of the pipe; NULL: it belongs to us */
    bool taken;           /* another client has the only instance */
    unsigned busy_first;  /* clients that are refused as busy before */
};

struct fake_server {
    struct fake_script script;
    wchar_t name[FAKE_NAME_CAPACITY];      /* full */
    HANDLE pipe, other, thread;            /* owned */
    char received[FAKE_RECEIVED_CAPACITY]; /* what the client sent */
    DWORD received_size;
    volatile LONG stopping; /* no more clients are refused */
};

/* Makes the pipe and waits for a client. Returns a Win32 error. */
NODISCARD DWORD fake_server_start(_Out_ struct fake_server *server,
                                  _In_ const struct fake_script *script);

/* Call it when the client has ended. `received` is complete then. */
void fake_server_stop(_Inout_ struct fake_server *server);

#endif
