#include "tests/win32/hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "tests/win32/child.h"

#define INFO "{\"op\":\"info\"}\n"
#define ALL "{\"op\":\"processes\",\"all\":true}\n"

enum {
    CONNECTS = 10000,
    PIPELINED = 10000,
    LINE_SIZE = REQUEST_SIZE_MAX,
    DEPTH = 30000,
    IDLE_CONNECTIONS = 1000,
    CROWD_STACK_SIZE = 64 * 1024
};

static bool is_stopped(struct hostile *hostile)
{
    return InterlockedCompareExchange(&hostile->stop, 0, 0) != 0;
}

static void did(struct hostile *hostile)
{
    InterlockedIncrement(&hostile->deeds);
}

static void must(struct hostile *hostile, bool is_right)
{
    if (!is_right && !is_stopped(hostile))
        InterlockedIncrement(&hostile->wrong);
}

static void wait_second(struct hostile *hostile)
{
    for (DWORD waited = 0; waited < hostile->second_ms && !is_stopped(hostile); waited += 10)
        Sleep(10);
}

/* Other clients may have every instance at the moment: tries again. False when it has to stop. */
static bool enter(struct hostile *hostile, struct pipe_client *client)
{
    while (!is_stopped(hostile)) {
        if (pipe_client_open(client, hostile->rig) == ERROR_SUCCESS)
            return true;
        pipe_client_close(client);
        Sleep(1);
    }
    return false;
}

/* Sends nothing until the server closes the connection. */
static void silent(struct hostile *hostile)
{
    struct pipe_client client;
    while (enter(hostile, &client)) {
        struct pipe_reply reply;
        must(hostile, pipe_client_reply(&client, &reply));
        must(hostile, strstr(reply.last, "\"code\":\"timeout\"") != NULL ||
                          strstr(reply.last, "\"code\":\"busy\"") != NULL);
        pipe_client_close(&client);
        did(hostile);
    }
}

/* A request, one byte a second: it is never complete in time. */
static void one_byte_a_second(struct hostile *hostile)
{
    struct pipe_client client;
    while (enter(hostile, &client)) {
        for (size_t i = 0; i < sizeof INFO - 1 && !is_stopped(hostile); i++) {
            if (!pipe_client_send(&client, &INFO[i], 1))
                break;
            wait_second(hostile);
        }
        pipe_client_close(&client);
        did(hostile);
    }
}

/* Asks for much and reads nothing, until the server closes. */
static void never_reads(struct hostile *hostile)
{
    struct pipe_client client;
    while (enter(hostile, &client)) {
        (void)pipe_client_send_text(&client, ALL);
        for (DWORD second = 0; second < 12; second++)
            wait_second(hostile);
        pipe_client_close(&client);
        did(hostile);
    }
}

static void reads_one_byte_a_second(struct hostile *hostile)
{
    struct pipe_client client;
    while (enter(hostile, &client)) {
        (void)pipe_client_send_text(&client, ALL);
        for (int i = 0; i < 15 && !is_stopped(hostile) && pipe_client_receive(&client, 1); i++)
            wait_second(hostile);
        pipe_client_close(&client);
        did(hostile);
    }
}

static void connects_and_closes(struct hostile *hostile)
{
    struct pipe_client client;
    while (enter(hostile, &client)) {
        pipe_client_close(&client);
        did(hostile);
    }
}

static void half_a_line_then_closes(struct hostile *hostile)
{
    struct pipe_client client;
    while (enter(hostile, &client)) {
        (void)pipe_client_send(&client, INFO, (sizeof INFO - 1) / 2);
        pipe_client_close(&client);
        did(hostile);
    }
}

/* What is sent gets an error line, perhaps the last of the connection; the server never crashes. */
static void send_and_read_error(struct hostile *hostile, const char *bytes, size_t size)
{
    struct pipe_client client;
    while (enter(hostile, &client)) {
        struct pipe_reply reply;
        if (pipe_client_send(&client, bytes, size) && pipe_client_reply(&client, &reply))
            must(hostile, strstr(reply.last, "\"type\":\"error\"") != NULL);
        pipe_client_close(&client);
        did(hostile);
    }
}

static void a_line_without_end(struct hostile *hostile)
{
    static char line[LINE_SIZE + 1];
    memset(line, 'x', sizeof line);
    send_and_read_error(hostile, line, sizeof line);
}

static void garbage(struct hostile *hostile)
{
    static char bytes[4096];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (char)(seed >> 24);
    }
    bytes[sizeof bytes - 1] = '\n';
    send_and_read_error(hostile, bytes, sizeof bytes);
}

static void nuls(struct hostile *hostile)
{
    static char bytes[512];
    bytes[sizeof bytes - 1] = '\n';
    send_and_read_error(hostile, bytes, sizeof bytes);
}

static void deep_json(struct hostile *hostile)
{
    static char bytes[DEPTH + 1];
    memset(bytes, '[', DEPTH);
    bytes[DEPTH] = '\n';
    send_and_read_error(hostile, bytes, sizeof bytes);
}

static DWORD WINAPI send_pipelined(void *context)
{
    struct pipe_client *sender = context;
    for (int i = 0; i < PIPELINED; i++) {
        if (!pipe_client_send_text(sender, INFO))
            return 1;
    }
    return 0;
}

/* All requests at once on one connection: each is answered, in order, by one `end`. */
static void pipelined(struct hostile *hostile)
{
    struct pipe_client client;
    while (enter(hostile, &client)) {
        struct pipe_client sender = {.pipe = client.pipe};
        struct pipe_reply reply;
        int answered = 0;
        sender.event = CreateEventW(NULL, TRUE, FALSE, NULL);
        HANDLE thread = CreateThread(NULL, 0, send_pipelined, &sender, 0, NULL);
        while (answered < PIPELINED && !is_stopped(hostile) && pipe_client_reply(&client, &reply)) {
            if (strstr(reply.last, "\"type\":\"error\"") != NULL)
                break; /* a connection too many for this user */
            answered++;
            did(hostile);
        }
        CancelIoEx(client.pipe, NULL); /* the write of the sender, when it has to stop */
        if (thread != NULL) {
            while (WaitForSingleObject(thread, 10) != WAIT_OBJECT_0)
                CancelIoEx(client.pipe, NULL);
        }
        handle_close(&thread);
        handle_close(&sender.event);
        pipe_client_close(&client);
    }
}

/* Many connections that ask once and then stay idle. */
static void idle_connections(struct hostile *hostile)
{
    static struct pipe_client clients[IDLE_CONNECTIONS];
    size_t count = 0;
    while (count < IDLE_CONNECTIONS && enter(hostile, &clients[count])) {
        must(hostile, pipe_client_send_text(&clients[count], INFO));
        count++;
        did(hostile);
    }
    while (!is_stopped(hostile))
        Sleep(10);
    for (size_t i = 0; i < count; i++)
        pipe_client_close(&clients[i]);
}

const struct hostile_attack hostile_attacks[] = {
    {"silent", silent, 2},
    {"one byte a second", one_byte_a_second, 2},
    {"never reads", never_reads, 2},
    {"reads one byte a second", reads_one_byte_a_second, 1},
    {"connects and closes", connects_and_closes, CONNECTS},
    {"half a line, then closes", half_a_line_then_closes, 200},
    {"256 KiB without newline", a_line_without_end, 20},
    {"garbage", garbage, 100},
    {"NULs", nuls, 100},
    {"deep JSON", deep_json, 100},
    {"10,000 pipelined requests", pipelined, PIPELINED},
    {"1,000 idle connections", idle_connections, IDLE_CONNECTIONS},
};

const size_t hostile_attacks_count = sizeof hostile_attacks / sizeof hostile_attacks[0];

static DWORD WINAPI run(void *context)
{
    struct hostile *hostile = context;
    hostile->attack->run(hostile);
    return 0;
}

bool hostile_start(struct hostile *hostile, const struct hostile_attack *attack,
                   const struct pipe_rig *rig, DWORD second_ms)
{
    memset(hostile, 0, sizeof *hostile);
    hostile->rig = rig;
    hostile->second_ms = second_ms;
    hostile->attack = attack;
    hostile->thread = CreateThread(NULL, 0, run, hostile, 0, NULL);
    return hostile->thread != NULL;
}

bool hostile_wait(struct hostile *hostile)
{
    for (DWORD waited = 0; waited < 6 * RIG_WAIT_MS; waited += 10) {
        if (InterlockedCompareExchange(&hostile->deeds, 0, 0) >= hostile->attack->deeds_least)
            return true;
        Sleep(10);
    }
    return false;
}

void hostile_stop(struct hostile *hostile)
{
    InterlockedExchange(&hostile->stop, 1);
    WaitForSingleObject(hostile->thread, INFINITE);
    handle_close(&hostile->thread);
}

/* --- the crowd --- */

static DWORD WINAPI crowd_member(void *rig)
{
    while (rig != NULL) { /* until the process is ended */
        struct pipe_client client;
        if (pipe_client_open(&client, rig) == ERROR_SUCCESS)
            Sleep(CROWD_WAIT_MS);
        pipe_client_close(&client);
    }
    return 0;
}

void hostile_crowd_run(int argc, char **argv)
{
    static struct pipe_rig rig; /* nothing but its name */

    if (argc != 4 || strcmp(argv[1], "--crowd") != 0)
        return;
    (void)swprintf(rig.name, RIG_NAME_CAPACITY, L"%hs", argv[2]);
    for (long i = strtol(argv[3], NULL, 10); i > 0; i--)
        (void)CreateThread(NULL, CROWD_STACK_SIZE, crowd_member, &rig,
                           STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    Sleep(INFINITE);
}

bool hostile_crowd_start(const struct pipe_rig *rig, unsigned threads, HANDLE *process)
{
    wchar_t path[MAX_PATH], command[2 * MAX_PATH];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;

    if (GetModuleFileNameW(NULL, path, MAX_PATH) == 0)
        return false;
    (void)swprintf(command, 2 * MAX_PATH, L"\"%ls\" --crowd %ls %u", path, rig->name, threads);
    if (!child_start(path, command, FALSE, 0, &startup, &child))
        return false;
    handle_close(&child.hThread);
    *process = child.hProcess;
    return true;
}

void hostile_crowd_stop(HANDLE *process)
{
    (void)TerminateProcess(*process, 0);
    (void)WaitForSingleObject(*process, RIG_WAIT_MS);
    handle_close(process);
}
