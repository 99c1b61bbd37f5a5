/* The security descriptors of lsmapd: the only place for SDDL. What works on ACEs gets those that
 * Windows has read (service/win32/access_cmd.h), which are what AccessCheck acts on. */
#ifndef SERVICE_ACCESS_H
#define SERVICE_ACCESS_H

#include "common/text/buffer.h"
#include "service/policy.h"

/* The local group whose members may query every process, without addresses. `lsmapd install`
 * creates it, `lsmapd uninstall --purge` removes it. */
#define READERS_GROUP_NAME "lsmap Readers"

/* Who may open the pipe of the service. SYSTEM owns it and has all rights. Administrators and users
 * logged on interactively have 0x12019b: FILE_GENERIC_READ | FILE_GENERIC_WRITE without 0x4,
 * FILE_CREATE_PIPE_INSTANCE, so that only SYSTEM can add an instance under our name. Each SID to
 * which AccessSddl grants a right gets the same (PIPE_SDDL_ACE_FORMAT). Nobody else gets in, neither
 * anonymous nor network guests; the label keeps programs below medium integrity out. Interactive
 * users are always named: a denied user gets the reason, and a filtered administrator, whose group is
 * not enabled, connects as one. Remote clients are refused by PIPE_REJECT_REMOTE_CLIENTS: an ACE for
 * NETWORK would lock out administrators in a remoting session. */
#define PIPE_SDDL_BEGIN "O:SYG:SYD:P(A;;GA;;;SY)(A;;0x12019b;;;BA)(A;;0x12019b;;;IU)"
#define PIPE_SDDL_ACE_FORMAT "(A;;0x12019b;;;%s)"
#define PIPE_SDDL_END "S:(ML;;NWNR;;;ME)"
#define PIPE_SDDL_SERVICE PIPE_SDDL_BEGIN PIPE_SDDL_END

/* Who may open the pipe of `lsmapd --console`, which runs as the user %s (a SID as text): that user,
 * who owns it and has all rights, SYSTEM and Administrators. */
#define PIPE_SDDL_CONSOLE_FORMAT \
    "O:%sD:P(A;;GA;;;%s)(A;;0x12019b;;;SY)(A;;0x12019b;;;BA)S:(ML;;NWNR;;;ME)"

/* The same when that user is elevated: the Administrators own it and have all rights; SYSTEM and the
 * user may read and write, without 0x4. The label keeps out programs below high integrity, so the
 * user's own programs that are not elevated get neither the answers nor the name. */
#define PIPE_SDDL_ELEVATED_FORMAT \
    "O:BAG:SYD:P(A;;GA;;;BA)(A;;0x12019b;;;SY)(A;;0x12019b;;;%s)S:(ML;;NWNR;;;HI)"

/* What a caller may ask of the service without the setting AccessSddl, as RIGHT_* of protocol.h.
 * SYSTEM and Administrators (the group must be enabled in the token): all. Users logged on
 * interactively: connect and their own processes. Members of "lsmap Readers", whose SID replaces %s:
 * all but addresses. AccessCheck requires owner and group; the implicit rights of an owner are none
 * of our bits. */
#define ACCESS_SDDL_OWNER "O:SY"
#define ACCESS_SDDL_GROUP "G:SY"
#define ACCESS_SDDL_SERVICE \
    ACCESS_SDDL_OWNER ACCESS_SDDL_GROUP "D:P(A;;0x1f;;;SY)(A;;0x1f;;;BA)(A;;0x3;;;IU)"
#define ACCESS_SDDL_READERS_FORMAT ACCESS_SDDL_SERVICE "(A;;0x17;;;%s)"

/* While the security settings are not valid and no valid ones are known: as a value of AccessSddl. */
#define ACCESS_SDDL_CLOSED "D:P(A;;0x1f;;;SY)(A;;0x1f;;;BA)"

/* For `--console`: the user %s who runs it has all rights, as SYSTEM and Administrators. */
#define ACCESS_SDDL_CONSOLE_FORMAT "O:SYG:SYD:P(A;;0x1f;;;%s)(A;;0x1f;;;SY)(A;;0x1f;;;BA)"

/* Who may control the service. SYSTEM and Administrators have all rights. Authenticated users may
 * read its configuration, its status and this descriptor, 0x20005: the client needs the status to
 * know which process serves the pipe. The ACE of INTERACTIVE that Windows adds by default, which lets
 * users send controls, is left out. */
#define SERVICE_SDDL "D:(A;;0xf01ff;;;SY)(A;;0xf01ff;;;BA)(A;;0x20005;;;AU)"

/* Who may use the registry key of the settings and its subkeys. SYSTEM and Administrators: all
 * rights, 0xf003f. Users may read, 0x20019: it holds no secret. Nothing is inherited. */
#define KEY_SDDL "O:BAG:SYD:P(A;CI;0xf003f;;;SY)(A;CI;0xf003f;;;BA)(A;CI;0x20019;;;BU)"

/* Who may use the folder of the programs and what is in it. SYSTEM and Administrators: all rights,
 * 0x1f01ff. Users may read and run, 0x1200a9. Nothing is inherited, so no other account can put a DLL
 * beside a program that runs as SYSTEM. */
#define FOLDER_SDDL "O:BAG:SYD:P(A;OICI;0x1f01ff;;;SY)(A;OICI;0x1f01ff;;;BA)(A;OICI;0x1200a9;;;BU)"

enum { ACCESS_SDDL_CONSOLE_CAPACITY = 2 * SID_TEXT_CAPACITY + 256 }; /* and the text around them */

/* Makes the SDDL of the pipe and of the rights for the user who runs `lsmapd --console`.
 * is_elevated  The group Administrators is enabled.
 * Returns false, both untouched, for an unknown user. */
NODISCARD bool access_console_sddl(_In_ const struct sid *user, bool is_elevated,
                                   _Out_writes_(ACCESS_SDDL_CONSOLE_CAPACITY) char *pipe_sddl,
                                   _Out_writes_(ACCESS_SDDL_CONSOLE_CAPACITY) char *access_sddl);

/* --- descriptors as plain data --- */

/* Types and flags of ACEs. Source: winnt.h, *_ACE_TYPE and INHERIT_ONLY_ACE. */
enum {
    ACE_ALLOW = 0,
    ACE_DENY = 1,
    ACE_DENY_OBJECT = 6,
    ACE_ALLOW_CALLBACK = 9,
    ACE_DENY_CALLBACK = 10,
    ACE_DENY_CALLBACK_OBJECT = 12,
    ACE_LABEL = 17,
    ACE_INHERIT_ONLY = 0x08
};

struct ace {
    uint8_t type;
    uint8_t flags;
    uint32_t mask;
    struct sid sid; /* size 0: not read, because the type has another layout */
};

struct acl {
    bool is_present; /* without a DACL everyone has all rights */
    size_t count;
    struct ace *aces; /* owned by the code that filled it */
};

struct descriptor {
    struct sid owner; /* size 0: none */
    struct acl dacl;
    struct acl sacl;   /* the label, when that was asked for */
    bool is_protected; /* the DACL inherits nothing */
};

/* Rights common to all objects. Source: winnt.h. */
#define ACCESS_WRITE_DAC 0x00040000u
#define ACCESS_WRITE_OWNER 0x00080000u
#define ACCESS_GENERIC_ALL 0x10000000u
#define ACCESS_GENERIC_WRITE 0x40000000u

enum { ACCESS_REASON_CAPACITY = 320 };

/* Looks for an account that could change the object, other than SYSTEM, Administrators and
 * TrustedInstaller: as its owner, by an ACE that allows one of `rights`, or because there is no
 * DACL. INHERIT_ONLY ACEs do not count, and ACEs for CREATOR OWNER and OWNER RIGHTS mean the owner.
 * ACEs that deny are ignored; an ACE of an unknown type counts as one that allows.
 * rights  Specific bits, besides WRITE_DAC, WRITE_OWNER and the generic bits that include writing.
 * reason  Receives who and what, terminated: "S-1-5-32-545 may do 0x00000002". Untouched on false. */
NODISCARD bool access_find_stranger(_In_ const struct descriptor *descriptor, uint32_t rights,
                                    _Out_writes_(ACCESS_REASON_CAPACITY) char *reason);

/* The name of our pipe exists: may it be served, because its server has died and only the handle of a
 * client keeps it? New instances have the descriptor of the first: so owner and DACL must be ours.
 * is_served  A server has an instance open. */
bool access_may_take_over(bool is_served, _In_ const struct descriptor *intended,
                          _In_ const struct descriptor *found);

/* --- the setting AccessSddl --- */

enum { ACCESS_SDDL_ACES_MAX = 64, ACCESS_ACES_MAX = ACCESS_SDDL_ACES_MAX + 8 /* built-in ones */ };

/* Checks the text before Windows reads it. SDDL can say much that means nothing here, or the
 * opposite of what it looks like: without a D: part everyone has all rights, an INHERIT_ONLY ACE has
 * no effect, GA is none of our rights. So only this form is accepted, without blanks:
 *
 *     [O:SID] [G:SID] D:[P|AI|AR]... (D;;RIGHTS;;;SID)... (A;;RIGHTS;;;SID)...
 *
 * ACEs that deny come first: after one that allows the same right they would have no effect. RIGHTS
 * is a number from 0x1 to 0x1f. SID is S-1-... or two letters such as BA; only Windows knows whether
 * it is valid.
 * Returns NULL, or why it is refused: static text of less than 96 bytes after "the value is". */
const char *access_sddl_check(const char *sddl);

/* Appends a checked text, with owner and group where it has none. Here and below: the terminator is
 * appended and counts, and false says that `out` has failed. */
NODISCARD bool access_sddl_complete(const char *sddl, _Inout_ struct buffer *out);

/* True for a DACL that is present, has at most ACCESS_ACES_MAX ACEs, and only such that plainly
 * allow or deny, without flags. The functions below take such a DACL. */
bool access_dacl_is_plain(_In_ const struct acl *dacl);

/* Appends PIPE_SDDL_SERVICE with an ACE for each SID to which `dacl` grants a right. */
NODISCARD bool access_pipe_sddl(_In_ const struct acl *dacl, _Inout_ struct buffer *out);

/* --- the table of `lsmapd access` --- */

/* What the DACL says about one SID, earlier ACEs first, as AccessCheck weighs them. A caller has the
 * rights of all SIDs in its token; a denied right wins over one granted by a later ACE. */
struct access_row {
    struct sid sid;
    uint32_t allowed;
    uint32_t denied;
    char name[CALLER_USER_CAPACITY]; /* UTF-8, terminated; "": not known */
};

/* Makes a row for each SID in the order of the ACEs, names left "". Returns their number. */
size_t access_rows(const struct acl *dacl, struct access_row rows[ACCESS_ACES_MAX]);

struct access_table {
    const struct access_row *rows;
    size_t count;
    const char *source;  /* "built-in", "AccessSddl" or "closed" */
    const char *refusal; /* which security setting is not used and why: "AccessSddl is too long";
                            NULL: all are, or are not set */
    struct span sddl;
    enum filtered_admins filtered_admins;
};

/* Appends text, or JSON lines: one of type dacl, then one of type access for each SID. */
NODISCARD bool access_table_format(const struct access_table *table, bool json, struct buffer *out);

#endif
