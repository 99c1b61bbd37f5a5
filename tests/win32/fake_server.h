/* A pipe server that misbehaves on purpose, for one client, on a thread of its own. */
#ifndef TESTS_WIN32_FAKE_SERVER_H
#define TESTS_WIN32_FAKE_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/annotations.h"
#include "common/win32/win.h"

enum { FAKE_NAME_CAPACITY = 64, FAKE_HEARD_CAPACITY = 8192 };

/* What it does once a client is there. */
struct fake_script {
    bool deaf;           /* answers without hearing a request */
    const char *reply;   /* written as it stands; NULL: nothing */
    size_t reply_size;   /* 0: the length of the text */
    size_t piece;        /* bytes of the reply in one write; 0: all */
    DWORD pause_ms;      /* between the pieces */
    bool hold;           /* then keeps the connection until the client goes; else hangs up */
    const wchar_t *sddl; /* of the pipe; NULL: it belongs to us */
    bool taken;          /* the only instance is in use by somebody else */
    unsigned busy_first; /* so many clients are sent away as busy before */
};

struct fake_server {
    struct fake_script script;
    wchar_t name[FAKE_NAME_CAPACITY]; /* full */
    HANDLE pipe, other, thread;       /* owned */
    char heard[FAKE_HEARD_CAPACITY];  /* what the client sent */
    DWORD heard_size;
    volatile LONG stopping; /* no more clients are sent away */
};

/* Makes the pipe and waits for a client. Returns a Win32 error. */
NODISCARD DWORD fake_server_start(_Out_ struct fake_server *server,
                                  _In_ const struct fake_script *script);

/* To be called when the client is gone. heard is then complete. */
void fake_server_stop(_Inout_ struct fake_server *server);

#endif
