#include "tests/documents/transcript.h"

enum { TEXT_END = -1, NUMBER = '#' };

static bool take_line(struct span *text, struct span *line)
{
    size_t size = 0;

    if (text->size == 0)
        return false;
    while (size < text->size && text->data[size] != '\n')
        size++;
    *line = (struct span){text->data, size};
    *text = span_from(*text, size < text->size ? size + 1 : size);
    if (size > 0 && line->data[size - 1] == '\r')
        line->size--;
    return true;
}

void transcript_init(struct transcript *transcript, struct span text)
{
    *transcript = (struct transcript){text, 1, false};
}

static bool next_line(struct transcript *transcript, struct span *line)
{
    if (!take_line(&transcript->rest, line))
        return false;
    transcript->line++;
    return true;
}

/* Advances to the first line of the next session. */
static bool find_block(struct transcript *transcript)
{
    struct span line;

    while (next_line(transcript, &line)) {
        if (span_equal(line, SPAN("```console")))
            return true;
    }
    return false;
}

bool transcript_next(struct transcript *transcript, struct transcript_step *step)
{
    struct transcript ahead;
    struct span line = {NULL, 0};

    if (!transcript->is_in_block && !find_block(transcript))
        return false;
    step->line = transcript->line;
    step->command = (struct span){NULL, 0};
    ahead = *transcript;
    if (next_line(&ahead, &line) && span_starts_with(line, SPAN("> "))) {
        step->command = span_from(line, 2);
        *transcript = ahead;
    }
    step->expected = (struct span){transcript->rest.data, 0};
    bool is_command = false;
    while (next_line(&ahead, &line) && !span_equal(line, SPAN("```"))) {
        is_command = span_starts_with(line, SPAN("> "));
        if (is_command)
            break;
        *transcript = ahead;
        step->expected.size = (size_t)(ahead.rest.data - step->expected.data);
    }
    if (!is_command)
        *transcript = ahead;
    transcript->is_in_block = is_command;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hexadecimal(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_one_of(char c, const char *set)
{
    while (*set != '\0' && *set != c)
        set++;
    return *set != '\0';
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Two capitals, as in FILE or PID; "C:\\Temp" has one. */
static bool has_no_placeholder(struct span command)
{
    for (size_t i = 0; i + 1 < command.size; i++) {
        if (span_starts_with(span_from(command, i), SPAN("...")) ||
            (is_capital(command.data[i]) && is_capital(command.data[i + 1])))
            return false;
    }
    return true;
}

bool transcript_next_mention(struct span *text, struct span *command)
{
    while (text->size > 0) {
        size_t size = 1;
        struct span code = span_from(*text, 1);
        bool is_found = text->data[0] == '`' && span_starts_with(code, SPAN("lsmap "));
        if (is_found) {
            size = 0;
            while (size < code.size && !is_one_of(code.data[size], "`\n"))
                size++;
            is_found = size < code.size && code.data[size] == '`';
            code.size = size++;
        }
        *text = span_from(*text, size);
        if (is_found && has_no_placeholder(code)) {
            *command = code;
            return true;
        }
    }
    return false;
}

/* Reads a line character by character, without the details that differ from run to run. */
struct reader {
    struct span line;
    size_t offset;
};

static char peek(const struct reader *reader, size_t ahead)
{
    size_t left = reader->line.size - reader->offset;
    return ahead < left ? reader->line.data[reader->offset + ahead] : '\0';
}

static void skip_number(struct reader *reader)
{
    if (peek(reader, 0) == '0' && peek(reader, 1) == 'x' && is_hexadecimal(peek(reader, 2))) {
        reader->offset += 2;
        while (is_hexadecimal(peek(reader, 0)))
            reader->offset++;
        return;
    }
    while (is_digit(peek(reader, 0)) ||
           (is_one_of(peek(reader, 0), ".:-T") && is_digit(peek(reader, 1))))
        reader->offset++;
    if (is_one_of(peek(reader, 0), "KMGTZ") && !is_letter(peek(reader, 1)))
        reader->offset++;
}

static int next(struct reader *reader)
{
    char before = reader->offset > 0 ? reader->line.data[reader->offset - 1] : ' ';
    char c = peek(reader, 0);

    if (reader->offset == reader->line.size)
        return TEXT_END;
    if (is_digit(c) && !is_letter(before) && before != '_' && !is_digit(before)) {
        skip_number(reader);
        return NUMBER;
    }
    reader->offset++;
    if (c != ' ')
        return (unsigned char)c;
    while (peek(reader, 0) == ' ')
        reader->offset++;
    return reader->offset == reader->line.size ? TEXT_END : ' ';
}

static struct reader read_line(struct span line)
{
    while (line.size > 0 && line.data[0] == ' ')
        line = span_from(line, 1);
    return (struct reader){line, 0};
}

static bool take_dots(struct reader *reader)
{
    if (!span_starts_with(span_from(reader->line, reader->offset), SPAN("...")))
        return false;
    reader->offset += 3;
    return true;
}

static bool line_matches(struct span expected_line, struct span actual_line)
{
    struct reader expected = read_line(expected_line), actual = read_line(actual_line);
    struct reader after_dots = expected, retry = actual;
    bool has_dots = false;

    for (;;) {
        if (take_dots(&expected)) {
            has_dots = true;
            after_dots = expected;
            retry = actual;
            continue;
        }
        int shown = next(&expected), found = next(&actual);
        if (shown == found && found == TEXT_END)
            return true;
        if (shown == found)
            continue;
        if (!has_dots || next(&retry) == TEXT_END) /* no text is left for the dots */
            return has_dots && after_dots.offset == after_dots.line.size;
        expected = after_dots;
        actual = retry;
    }
}

/* The text without empty lines at either end. */
static struct span trim(struct span text)
{
    while (text.size > 0 && is_one_of(text.data[0], "\r\n"))
        text = span_from(text, 1);
    while (text.size > 0 && is_one_of(text.data[text.size - 1], "\r\n"))
        text.size--;
    return text;
}

static bool is_dots(struct span line)
{
    return span_equal(line, SPAN("..."));
}

bool transcript_matches(struct span expected, struct span actual)
{
    struct span after_dots = {NULL, 0}, retry = {NULL, 0}, line, found;
    bool has_dots = false;

    expected = trim(expected);
    actual = trim(actual);
    while (actual.size > 0) {
        struct span rest = expected;
        if (take_line(&rest, &line) && is_dots(line)) {
            has_dots = true;
            expected = after_dots = rest;
            retry = actual;
            continue;
        }
        struct span left = actual;
        if (expected.size > 0 && take_line(&left, &found) && line_matches(line, found)) {
            expected = rest;
            actual = left;
            continue;
        }
        if (!has_dots || !take_line(&retry, &found))
            return false;
        expected = after_dots;
        actual = retry;
    }
    while (take_line(&expected, &line)) {
        if (!is_dots(line))
            return false;
    }
    return true;
}
