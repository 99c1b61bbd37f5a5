/* Which processes are the caller's own. */
#include <string.h>

#include "common/scan/nt_status.h"
#include "common/scan/scan_state.h"

/* Own is what runs as the same user and not above his integrity: a program of his that is elevated
 * answers to Windows' own rules, which keep it from his others. A fact that is unknown denies. */
static bool is_own(const struct scan *scan)
{
    return sid_equal(&scan->facts.owner, &scan->query.user) &&
           scan->facts.integrity != INTEGRITY_UNKNOWN &&
           scan->query.integrity != INTEGRITY_UNKNOWN &&
           scan->facts.integrity <= scan->query.integrity;
}

static void facts_set_unknown(struct process_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    facts->protection = PROTECTION_UNKNOWN;
    facts->integrity = INTEGRITY_UNKNOWN;
}

void scan_open_process(struct scan *scan)
{
    facts_set_unknown(&scan->facts);
    buffer_clear(&scan->image_device);
    buffer_clear(&scan->image);
    scan->counts.opens++;
    scan->open_status = scan->platform->open(scan->platform->context, scan->process->pid,
                                             &scan->facts, &scan->image_device, &scan->space);
    if (scan->open_status != NTSTATUS_OK) {
        scan->space = NULL;
        facts_set_unknown(&scan->facts);
        buffer_clear(&scan->image_device);
    }
    scan->is_own = scan->space != NULL && is_own(scan);
}

/* Who may see his own processes only and asks for pids must not learn, not even from the time it
 * takes, whether another process has one. So all processes are opened whatever he asked for, those
 * that are not his leave the list, and what is not in the list does not exist for the rest of the
 * scan. Asking for all costs as much, so this lets nobody load the machine more than he can anyway.
 */
void scan_own_step(struct scan *scan)
{
    if (scan->index == scan->list.count) {
        scan->list.count = scan->own_count;
        scan->index = 0;
        scan->step = STEP_SELECT;
        return;
    }
    scan->process = &scan->list.entries[scan->index++];
    scan_open_process(scan);
    if (scan->is_own)
        scan->list.entries[scan->own_count++] = *scan->process;
    scan_close_process(scan);
    scan->process = NULL;
    scan->is_own = false;
}
