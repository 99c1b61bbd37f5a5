/* The kernel's list of processes from arbitrary bytes: the first byte chooses the class, addresses of
 * names are offsets. */
#include "common/scan/process.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/scan/nt_status.h"
#include "common/text/utf.h"
#include "tests/fuzz/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const bool is_full = (data[0] & 1) != 0;
    const size_t answer_size = size - 1;
    char *answer =
        malloc(answer_size > 0 ? answer_size : 1); /* exact, so that ASan sees an overread */
    struct process_list *list = process_list_create();
    FUZZ_CHECK(answer != NULL && list != NULL);
    if (answer_size > 0)
        memcpy(answer, data + 1, answer_size);
    for (size_t offset = 0; answer_size - offset >= sizeof(struct system_process);) {
        struct system_process process;
        memcpy(&process, answer + offset, sizeof process);
        process.name_address += (uintptr_t)answer;
        memcpy(answer + offset, &process, sizeof process);
        if (process.next_offset < sizeof process || process.next_offset > answer_size - offset)
            break;
        offset += process.next_offset;
    }
    const uint32_t nt_status =
        process_snapshot_read((struct span){answer, answer_size}, is_full, list);
    FUZZ_CHECK(nt_status == NTSTATUS_OK || nt_status == NTSTATUS_INFO_LENGTH_MISMATCH ||
               nt_status == NTSTATUS_NO_MEMORY);
    for (size_t i = 0; i < list->count; i++) {
        const struct process_entry *entry = &list->entries[i];
        FUZZ_CHECK(entry->pid != 0 && utf8_is_valid(process_list_name(list, entry), NULL));
        FUZZ_CHECK(is_full || entry->owner.size == 0);
        FUZZ_CHECK(entry->owner.size <= SID_SIZE_MAX);
    }
    process_list_release(list);
    free(answer);
    return 0;
}
