/* Any bytes as a security descriptor: read within their bounds, and equal to themselves. */
#include <string.h>

#include "service/descriptor_view.h"
#include "tests/fuzz/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct access_mapping mapping = {0x120089, 0x120116, 0x1200a0, 0x1f01ff};
    char reason[DESCRIPTOR_VIEW_REASON_CAPACITY] = "";
    struct descriptor_view view = {0};
    uint8_t *bytes = malloc(size > 0 ? size : 1);

    FUZZ_CHECK(bytes != NULL);
    if (size > 0)
        memcpy(bytes, data, size);
    if (descriptor_view_parse(bytes, size, &view)) {
        bool is_open = descriptor_view_find_stranger(&view, 0xffff, reason);
        FUZZ_CHECK(is_open == (reason[0] != '\0'));
        FUZZ_CHECK(strlen(reason) < sizeof reason);
        FUZZ_CHECK(descriptor_view_equal(&view, &view, &mapping, reason));
        /* Who can do less is no stranger for more. */
        FUZZ_CHECK(is_open || !descriptor_view_find_stranger(&view, 0, reason));
    } else {
        FUZZ_CHECK(view.owner.size == 0 && view.access_list.size == 0);
    }
    free(bytes);
    return 0;
}
