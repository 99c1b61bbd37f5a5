/* Reads security descriptors as plain bytes: who could change a thing, and are two of them alike?
 *
 * Pure. The bytes are those of a self-relative descriptor as Windows returns it ([MS-DTYP] 2.4.6);
 * they are checked, never trusted. What it does not understand counts against the descriptor.
 * Deny entries are not weighed against allow entries: one that would take a right away again does
 * not make an allow entry harmless here.
 */
#ifndef SERVICE_DESCRIPTOR_VIEW_H
#define SERVICE_DESCRIPTOR_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/base/sid.h"
#include "common/text/span.h"

/* Rights common to all objects, and the generic ones. Source: winnt.h. */
enum access_bit {
    ACCESS_DELETE = 0x00010000,
    ACCESS_WRITE_DAC = 0x00040000,
    ACCESS_WRITE_OWNER = 0x00080000,
    ACCESS_GENERIC_ALL = 0x10000000,
    ACCESS_GENERIC_EXECUTE = 0x20000000,
    ACCESS_GENERIC_WRITE = 0x40000000
};

#define ACCESS_GENERIC_READ 0x80000000u /* does not fit an enum */

/* What generic bits mean for a kind of object, as Windows' GENERIC_MAPPING. */
struct access_mapping {
    uint32_t read;
    uint32_t write;
    uint32_t execute;
    uint32_t all;
};

struct descriptor_view {
    struct sid owner;        /* size 0: none */
    struct sid group;        /* size 0: none */
    struct span access_list; /* the ACL; size 0: none, which lets everybody do everything */
    struct span system_list; /* holds the label when that was read; size 0: none */
    bool is_protected;       /* takes nothing over from its parent */
};

enum { DESCRIPTOR_VIEW_REASON_CAPACITY = 320 };

/* bytes   Self-relative descriptor; must outlive the view.
 * view    Set on success, untouched on failure.
 * Returns false when the bytes are no well-formed descriptor, down to each entry's size. */
NODISCARD bool descriptor_view_parse(_In_reads_bytes_(size) const void *bytes, size_t size,
                                     _Out_ struct descriptor_view *view);

/* Looks for somebody who could change the thing: an owner, or an entry that allows one of `rights`,
 * other than SYSTEM, Administrators and TrustedInstaller. Entries for heirs only do not count;
 * CREATOR OWNER and OWNER RIGHTS are the owner. No list at all is everybody.
 *
 * rights  Specific bits; those that change owner and access list, and the generic bits that stand
 *         for writing, are always looked for.
 * reason  Receives who and what, terminated: "S-1-5-32-545 may do 0x00000002". Untouched on false.
 * Returns true when there is somebody. */
NODISCARD bool
descriptor_view_find_stranger(_In_ const struct descriptor_view *view, uint32_t rights,
                              _Out_writes_(DESCRIPTOR_VIEW_REASON_CAPACITY) char *reason);

/* Compares what is there with what was meant: owner when one is meant, entries of both lists in
 * their order, generic bits resolved by `mapping`. Whether an entry was taken over from the parent
 * makes a difference; the mark that Windows sets on the list for that does not.
 *
 * reason  Receives the first difference, terminated. Untouched on true. */
NODISCARD bool descriptor_view_equal(_In_ const struct descriptor_view *meant,
                                     _In_ const struct descriptor_view *found,
                                     _In_ const struct access_mapping *mapping,
                                     _Out_writes_(DESCRIPTOR_VIEW_REASON_CAPACITY) char *reason);

#endif
