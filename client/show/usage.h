/* The help texts of lsmap. */
#ifndef CLIENT_SHOW_USAGE_H
#define CLIENT_SHOW_USAGE_H

/* For `lsmap` without arguments: three lines, on stderr. */
extern const char usage_short[];

/* For --help: fits a console of 80 columns and 24 lines, on stdout. */
extern const char usage_help[];

#endif
