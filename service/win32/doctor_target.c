/* The pipe that the checks try: the service's when it runs, else one made just like it. */
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"
#include "service/settings.h"
#include "service/win32/access_setup.h"
#include "service/win32/descriptor.h"
#include "service/win32/doctor_checks.h"
#include "service/win32/pipe.h"
#include "service/win32/settings_registry.h"

/* What the service made of its settings when it started, unless they were changed since. */
static DWORD take_service_pipe(struct doctor_context *context)
{
    struct settings settings;
    struct settings_findings findings = {0};
    struct access_setup setup = {0};

    settings_default(&settings, 1);
    settings_registry_read(&settings, &findings);
    DWORD error = access_setup_create(settings.access_sddl, &setup);
    if (error == ERROR_SUCCESS && setup.pipe_sddl.size > sizeof context->pipe_sddl)
        error = ERROR_BUFFER_OVERFLOW;
    if (error == ERROR_SUCCESS) {
        memcpy(context->pipe_sddl, setup.pipe_sddl.data, setup.pipe_sddl.size);
        error = text_w_from_utf8(context->pipe_name, DOCTOR_PIPE_NAME_LENGTH,
                                 span_from_string(PIPE_NAME_DEFAULT));
    }
    access_setup_release(&setup);
    return error;
}

/* The guard, once, and an instance that listens. */
static DWORD make_instance(struct doctor_context *context)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;

    DWORD error = descriptor_create(context->pipe_sddl, &descriptor);
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security, .lpSecurityDescriptor = descriptor};
    if (error == ERROR_SUCCESS && context->guard == NULL)
        error = pipe_create_guard(context->pipe_name, &security, &context->guard);
    if (error == ERROR_SUCCESS)
        error = pipe_create_instance(context->pipe_name, &security, &context->instance);
    descriptor_free(&descriptor);
    return error;
}

static DWORD make_own_pipe(struct doctor_context *context)
{
    char access_sddl[DESCRIPTOR_SDDL_CAPACITY];
    struct caller self;

    context->is_own_pipe = true;
    swprintf(context->pipe_name, DOCTOR_PIPE_NAME_LENGTH, L"\\\\.\\pipe\\lsmapd-doctor-%lu",
             (unsigned long)GetCurrentProcessId());
    DWORD error = token_facts_self(&self);
    if (error == ERROR_SUCCESS)
        error = descriptor_console_sddl(&self.user, context->pipe_sddl, access_sddl);
    return error == ERROR_SUCCESS ? make_instance(context) : error;
}

void doctor_target_open(struct doctor_context *context)
{
    context->pipe_error =
        context->service_pid != 0 ? take_service_pipe(context) : make_own_pipe(context);
}

void doctor_target_renew(struct doctor_context *context)
{
    if (!context->is_own_pipe || context->pipe_error != ERROR_SUCCESS)
        return;
    handle_close(&context->instance);
    context->pipe_error = make_instance(context);
}

void doctor_target_close(struct doctor_context *context)
{
    handle_close(&context->instance);
    handle_close(&context->guard);
}
