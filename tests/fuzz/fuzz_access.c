/* Any ACEs and any text: an account that can change an object is named, the derived SDDL and the table
 * fit what was granted, and a text accepted as AccessSddl stays accepted when it is completed. */
#include "service/access.h"

#include <string.h>

#include "common/proto/protocol.h"
#include "tests/doctor/compare.h"
#include "tests/fuzz/script.h"

enum { ACES_MAX = ACCESS_ACES_MAX + 8, OUTPUT_SIZE_MAX = 1024 * 1024, NO_SID = 0xff };

static uint32_t take_mask(struct script *script)
{
    uint32_t mask = 0;

    for (int i = 0; i < 4; i++)
        mask |= (uint32_t)script_byte(script) << 8 * i;
    return mask;
}

/* A count of sub-authorities or NO_SID, the authority, the sub-authorities. */
static struct sid take_sid(struct script *script)
{
    uint8_t bytes[SID_SIZE_MAX] = {1};
    struct sid sid = {0};
    uint8_t count = script_byte(script);

    if (count == NO_SID)
        return sid;
    bytes[1] = count % 16;
    bytes[7] = script_byte(script);
    const size_t size = 8 + 4 * (size_t)bytes[1];
    for (size_t i = 8; i < size; i++)
        bytes[i] = script_byte(script);
    FUZZ_CHECK(sid_set(&sid, bytes, size));
    return sid;
}

static struct acl take_acl(struct script *script, bool is_present)
{
    struct acl acl = {.is_present = is_present};

    if (!is_present)
        return acl;
    acl.count = script_byte(script) % (ACES_MAX + 1);
    acl.aces = malloc(acl.count * sizeof *acl.aces + 1); /* exact, so that an overread is seen */
    FUZZ_CHECK(acl.aces != NULL);
    for (size_t i = 0; i < acl.count; i++) {
        struct ace ace = {.type = script_byte(script), .flags = script_byte(script)};
        ace.mask = take_mask(script);
        ace.sid = take_sid(script);
        acl.aces[i] = ace;
    }
    return acl;
}

static void check_strangers(const struct descriptor *descriptor)
{
    static const struct access_mapping mapping = {0x120089, 0x120116, 0x1200a0, 0x1f01ff};
    char reason[ACCESS_REASON_CAPACITY] = "";

    bool is_open = access_find_stranger(descriptor, 0xffff, reason);
    FUZZ_CHECK(is_open == (reason[0] != '\0'));
    FUZZ_CHECK(strlen(reason) < sizeof reason);
    FUZZ_CHECK(descriptors_match(descriptor, descriptor, &mapping, reason));
    /* Without one for many rights there is none for fewer. */
    FUZZ_CHECK(is_open || !access_find_stranger(descriptor, 0, reason));
}

static void check_rights(const struct acl *dacl)
{
    static struct access_row rows[ACCESS_ACES_MAX];
    struct access_table table = {.rows = rows, .source = "built-in", .sddl = SPAN("D:")};
    struct buffer out;

    if (!access_dacl_is_plain(dacl))
        return;
    buffer_init(&out, OUTPUT_SIZE_MAX);
    FUZZ_CHECK(access_pipe_sddl(dacl, &out));
    FUZZ_CHECK(out.data[out.size - 1] == '\0' && strlen(out.data) == out.size - 1);
    table.count = access_rows(dacl, rows);
    FUZZ_CHECK(table.count <= dacl->count);
    for (size_t i = 0; i < table.count; i++) {
        char sid[SID_TEXT_CAPACITY], ace[SID_TEXT_CAPACITY + 4];
        FUZZ_CHECK((rows[i].allowed & rows[i].denied) == 0);
        FUZZ_CHECK(((rows[i].allowed | rows[i].denied) & ~(uint32_t)RIGHTS_ALL) == 0);
        sid_format(sid, &rows[i].sid);
        strcat(strcat(strcpy(ace, ";"), sid), ")");
        /* Without a right there is no ACE. */
        FUZZ_CHECK(rows[i].allowed != 0 || rows[i].denied != 0 || strstr(out.data, ace) == NULL);
    }
    FUZZ_CHECK(access_table_format(&table, false, &out));
    FUZZ_CHECK(access_table_format(&table, true, &out));
    buffer_release(&out);
}

static void check_text(const char *text)
{
    struct buffer out;

    if (access_sddl_check(text) != NULL)
        return;
    buffer_init(&out, OUTPUT_SIZE_MAX);
    FUZZ_CHECK(access_sddl_complete(text, &out));
    FUZZ_CHECK(strlen(out.data) == out.size - 1 && strncmp(out.data, "O:", 2) == 0);
    FUZZ_CHECK(access_sddl_check(out.data) == NULL);
    buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script script = {.data = data, .size = size};
    const uint8_t bits = script_byte(&script);
    struct descriptor descriptor = {.is_protected = (bits & 1) != 0};
    size_t text_size = 0;

    descriptor.owner = take_sid(&script);
    descriptor.dacl = take_acl(&script, (bits & 2) != 0);
    descriptor.sacl = take_acl(&script, (bits & 4) != 0);
    check_strangers(&descriptor);
    check_rights(&descriptor.dacl);
    const uint8_t *bytes = script_bytes(&script, size, &text_size);
    char *text = calloc(text_size + 1, 1); /* exact, and terminated */
    FUZZ_CHECK(text != NULL);
    if (text_size > 0)
        memcpy(text, bytes, text_size);
    check_text(text);
    free(text);
    free(descriptor.sacl.aces);
    free(descriptor.dacl.aces);
    return 0;
}
