#include "client/options_parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/show/help.h"
#include "client/show/text.h"
#include "common/scan/regions.h"
#include "common/text/buffer.h"
#include "common/text/number.h"

bool options_refuse(struct options_parser *parser, const char *format, ...)
{
    va_list arguments;
    int size = snprintf(parser->message, OPTIONS_ERROR_CAPACITY, "argument %d: ", parser->index);

    va_start(arguments, format);
    if (size > 0)
        (void)vsnprintf(parser->message + size, OPTIONS_ERROR_CAPACITY - (size_t)size, format,
                        arguments);
    va_end(arguments);
    return false;
}

struct quoted options_quote(struct span text)
{
    struct quoted quoted = {""};
    struct buffer shown;
    size_t size = text.size;

    if (size > QUOTED_SIZE_MAX) {
        size = QUOTED_SIZE_MAX;
        while (size > 0 && ((unsigned char)text.data[size] & 0xc0) == 0x80)
            size--; /* not inside a character */
    }
    buffer_init(&shown, sizeof quoted.text - 4);
    if (display_text(&shown, (struct span){text.data, size}) && shown.size > 0)
        memcpy(quoted.text, shown.data, shown.size);
    if (size < text.size)
        memcpy(quoted.text + shown.size, "...", 4);
    buffer_release(&shown);
    return quoted;
}

struct hint options_hint(const struct suggestion *suggestion, const char *prefix)
{
    struct hint hint = {""};

    if (suggestion->best.data != NULL)
        (void)snprintf(hint.text, sizeof hint.text, "; did you mean \"%s%.*s\"?", prefix,
                       (int)suggestion->best.size, suggestion->best.data);
    return hint;
}

static const char *const kind_words[] = {"image", "data", "pagefile", "all"};

/* The VIEW_* bits of a word; 0 for none. */
static uint32_t kind_from_word(struct span word)
{
    static const enum view_kind kinds[] = {VIEW_IMAGE, VIEW_DATA, VIEW_PAGEFILE};
    uint32_t all = 0;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (span_equal_ascii_nocase(word, span_from_string(view_kind_name(kinds[i]))))
            return (uint32_t)kinds[i];
        all |= (uint32_t)kinds[i];
    }
    return span_equal_ascii_nocase(word, SPAN("all")) ? all : 0;
}

/* Refuses a word that is none of a few, of which one may have been meant. */
static bool refuse_word(struct options_parser *parser, struct span word, const char *const *words,
                        size_t count, const char *why)
{
    struct suggestion suggestion;

    suggestion_init(&suggestion, word);
    for (size_t i = 0; i < count; i++)
        suggestion_offer(&suggestion, span_from_string(words[i]));
    return options_refuse(parser, "\"%s\" %s%s", options_quote(word).text, why,
                          options_hint(&suggestion, "").text);
}

bool options_read_kinds(struct options_parser *parser, struct span value)
{
    for (size_t begin = 0; begin <= value.size;) {
        size_t end = begin;
        while (end < value.size && value.data[end] != ',')
            end++;
        struct span word = {value.data + begin, end - begin};
        uint32_t kind = kind_from_word(word);
        if (kind == 0)
            return refuse_word(parser, word, kind_words, sizeof kind_words / sizeof kind_words[0],
                               "is no kind of mapping; known are image, data, pagefile and all");
        parser->options->kinds |= kind;
        begin = end + 1;
    }
    return true;
}

bool options_read_address(struct options_parser *parser, struct span value)
{
    if (!number_from_address(value, &parser->options->address))
        return options_refuse(parser,
                              "\"%s\" is no address; write it in hexadecimal, as "
                              "0x7ffb3c0a0000",
                              options_quote(value).text);
    parser->options->has_address = true;
    return true;
}

bool options_read_timeout(struct options_parser *parser, struct span value)
{
    uint64_t seconds;

    if (!number_from_decimal(value, &seconds) || seconds < 1 || seconds > TIMEOUT_MAX_S)
        return options_refuse(parser, "--timeout takes whole seconds from 1 to %d, not \"%s\"",
                              TIMEOUT_MAX_S, options_quote(value).text);
    parser->options->timeout_s = (unsigned)seconds;
    return true;
}

static bool check_glob(struct options_parser *parser, struct span value, const char *what)
{
    if (value.size == 0)
        return options_refuse(parser, "the %s is empty", what);
    if (value.size > REQUEST_GLOB_SIZE_MAX)
        return options_refuse(parser, "the %s is longer than %d bytes", what,
                              REQUEST_GLOB_SIZE_MAX);
    return true;
}

bool options_read_path(struct options_parser *parser, struct span value)
{
    if (!check_glob(parser, value, "pattern"))
        return false;
    parser->options->path = value;
    return true;
}

static bool is_letter(char character)
{
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z');
}

bool options_read_folder(struct options_parser *parser, struct span value)
{
    struct options *options = parser->options;
    bool has_drive = value.size >= 3 && is_letter(value.data[0]) && value.data[1] == ':' &&
                     (value.data[2] == '\\' || value.data[2] == '/');

    if (!has_drive && !span_starts_with(value, SPAN("\\")) && !span_starts_with(value, SPAN("/")))
        return options_refuse(parser,
                              "\"%s\" is no full path of a folder; write it as "
                              "C:\\FOLDER",
                              options_quote(value).text);
    if (options->not_under_count == OPTIONS_FOLDERS_MAX)
        return options_refuse(parser, "more than %d folders", OPTIONS_FOLDERS_MAX);
    options->not_under[options->not_under_count++] = value;
    return true;
}

bool options_read_order(struct options_parser *parser, struct span value)
{
    static const struct {
        const char *word;
        enum order order;
    } orders[] = {{"size", ORDER_SIZE}, {"path", ORDER_PATH}, {"address", ORDER_ADDRESS}};

    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (span_equal_ascii_nocase(value, span_from_string(orders[i].word))) {
            parser->options->sort = orders[i].order;
            return true;
        }
    }
    return options_refuse(parser, "--sort takes size, path or address, not \"%s\"",
                          options_quote(value).text);
}

bool options_read_top(struct options_parser *parser, struct span value)
{
    uint64_t count;

    if (!number_from_decimal(value, &count) || count == 0)
        return options_refuse(parser, "--top takes a whole number from 1 on, not \"%s\"",
                              options_quote(value).text);
    parser->options->top = count;
    return true;
}

bool options_read_file(struct options_parser *parser, struct span value)
{
    struct span *files = parser->options->files;

    if (value.size == 0)
        return options_refuse(parser, "the name of the file is empty");
    if (files[1].data != NULL)
        return options_refuse(parser, "diff takes two files");
    files[files[0].data != NULL ? 1 : 0] = value;
    return true;
}

bool options_read_out(struct options_parser *parser, struct span value)
{
    if (value.size == 0)
        return options_refuse(parser, "the name of the file is empty");
    parser->options->out = value.data; /* the end of an argument, so it is terminated */
    return true;
}

bool options_read_topic(struct options_parser *parser, struct span value)
{
    struct suggestion suggestion;

    if (parser->options->topic.size > 0)
        return options_refuse(parser, "help takes one topic");
    if (help_topic(value) == NULL) {
        suggestion_init(&suggestion, value);
        for (size_t i = 0; i < help_topics_count; i++)
            suggestion_offer(&suggestion, span_from_string(help_topics[i].name));
        return options_refuse(parser, "no help on \"%s\"%s", options_quote(value).text,
                              options_hint(&suggestion, "").text);
    }
    parser->options->topic = value;
    return true;
}

bool options_read_pipe(struct options_parser *parser, struct span value)
{
    const char *wrong =
        pipe_name_normalize(value, parser->options->pipe, sizeof parser->options->pipe, NULL);

    if (wrong != NULL)
        return options_refuse(parser, "the pipe name \"%s\" %s", options_quote(value).text, wrong);
    return true;
}

static bool is_digits(struct span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!number_is_digit(text.data[i]))
            return false;
    return text.size > 0;
}

static bool read_pid(struct options_parser *parser, struct span value)
{
    struct options *options = parser->options;
    uint64_t pid;

    if (!number_from_decimal(value, &pid) || pid > UINT32_MAX)
        return options_refuse(parser, "\"%s\" is too large for a process identifier",
                              options_quote(value).text);
    for (size_t i = 0; i < options->pids_count; i++)
        if (options->pids[i] == pid)
            return true;
    if (options->pids_count == REQUEST_PIDS_MAX)
        return options_refuse(parser, "more than %d process identifiers", REQUEST_PIDS_MAX);
    options->pids[options->pids_count++] = (uint32_t)pid;
    return true;
}

bool options_read_process(struct options_parser *parser, struct span value)
{
    struct options *options = parser->options;

    if (is_digits(value))
        return read_pid(parser, value);
    if (!check_glob(parser, value, "process name"))
        return false;
    if (options->names_count == OPTIONS_NAMES_MAX)
        return options_refuse(parser, "more than %d process names", OPTIONS_NAMES_MAX);
    options->names[options->names_count++] = value;
    return true;
}
