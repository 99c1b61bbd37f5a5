/* Text for a console, appended to a buffer, and the columns that it takes there.
 *
 * File names come from processes that are not trusted. Control characters could drive the console of
 * the administrator who reads them; bidirectional controls and invisible characters could make a name
 * look like another. All are shown as U+FFFD, and so is what is not UTF-8.
 *
 * A character takes one column, two (East Asian wide characters, most pictographs) or none (combining
 * marks). Fonts and consoles differ on a few; then a column is off by one and no text is lost. */
#ifndef CLIENT_SHOW_TEXT_H
#define CLIENT_SHOW_TEXT_H

#include "common/text/buffer.h"

/* Appends text as it may be shown, unless `out` is NULL. Returns the columns that it takes. */
size_t display_text(_Inout_opt_ struct buffer *out, struct span text);
#define display_width(...) display_text(NULL, __VA_ARGS__)

/* Appends spaces, so that what was appended since `begin` takes `columns`. Longer text is not cut. */
void display_pad(_Inout_ struct buffer *out, size_t begin, size_t columns);

/* At most `columns` columns: what is too much is taken out of the middle and shown as U+2026; the
 * end, where a path has its file name, keeps the larger part. columns 0: never cut. */
void display_cut(_Inout_ struct buffer *out, struct span text, size_t columns);

/* The same for the name of a process, which may imitate what lsmap prints after one: a name with two
 * spaces in a row, a space that is not U+0020, a comma or a parenthesis after a space, is shown in
 * quotes, which no file name of Windows has. */
void display_name(_Inout_ struct buffer *out, struct span name, size_t columns);

enum { DISPLAY_SIZE_CAPACITY = 24, DISPLAY_COUNT_CAPACITY = 32 };

/* Bytes in units of 1024, at most five characters: "0", "512", "4K", "1.9M", "16E"; terminated. */
struct span display_size(_Out_writes_(DISPLAY_SIZE_CAPACITY) char *out, uint64_t bytes);

/* A number with its digits in groups of three: "1,234"; terminated. */
struct span display_count(_Out_writes_(DISPLAY_COUNT_CAPACITY) char *out, uint64_t count);

/* Appends "1,234 mappings": a number, and what follows one or many. */
void display_counted(struct buffer *out, uint64_t count, const char *one, const char *many);

enum {
    PROGRESS_QUIET_MS = 700,    /* a faster scan needs no line */
    PROGRESS_INTERVAL_MS = 100, /* between two drawings */
    PROGRESS_CAPACITY = 64
};

/* The line that shows the progress of a long scan: "lsmap: 1,234 processes", drawn over itself and
 * cleared at the end. */
struct progress {
    uint64_t due_ms; /* when it may be drawn; at first PROGRESS_QUIET_MS after the start */
    int shown_width; /* columns on the console; 0: the line is not there */
    char text[PROGRESS_CAPACITY];
};

/* The text that shows `count` processes; empty when it is too early. now_ms  A steady clock. */
struct span progress_draw(struct progress *progress, uint64_t now_ms, uint64_t count);

/* The text to write before anything else is written; empty when the line is not there. */
struct span progress_clear(struct progress *progress);

#endif
