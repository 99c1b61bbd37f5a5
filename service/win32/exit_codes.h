/* What lsmapd.exe exits with. install.cmd and other scripts rely on the numbers. */
#ifndef SERVICE_WIN32_EXIT_CODES_H
#define SERVICE_WIN32_EXIT_CODES_H

enum exit_code {
    EXIT_CODE_OK = 0,            /* done; `status`: the service runs */
    EXIT_CODE_FAILED = 1,        /* Windows refused or failed, the message says what; `status`: the
                                    service is installed and does not run */
    EXIT_CODE_USAGE = 2,         /* the command line is wrong */
    EXIT_CODE_DENIED = 3,        /* needs an elevated prompt */
    EXIT_CODE_NOT_INSTALLED = 4, /* `status`: there is no such service */
    EXIT_CODE_TIMED_OUT = 5      /* the service control manager did not finish in time */
};

#endif
