/* The security descriptors of lsmapd, each under the sentence that says what it does. The only
 * place for SDDL. */
#ifndef SERVICE_ACCESS_H
#define SERVICE_ACCESS_H

/* The local group whose members may see every process, but no addresses. `lsmapd install` creates
 * it, `lsmapd uninstall` leaves it, `lsmapd uninstall --purge` removes it. */
#define READERS_GROUP_NAME "lsmap Readers"

/* Who may open the pipe of the service.
 *
 * SYSTEM owns it and alone may do everything, create further instances included. Administrators and
 * users logged on interactively may read, write and read its attributes: 0x12019b is
 * FILE_GENERIC_READ | FILE_GENERIC_WRITE without 0x4, FILE_CREATE_PIPE_INSTANCE, which is withheld
 * from all others so that nobody can put an instance of his own under our name. The same is given
 * to everybody whom the access list grants something (PIPE_SDDL_ENTRY_FORMAT, one for each SID), so
 * that a service account named there gets in. The label keeps programs below medium integrity from
 * writing and from reading. Nobody else is named, so nobody else gets in; anonymous and network
 * guests are not named. Interactive users stay named whatever the list says: who is denied is then
 * told why, and filtered administrators, whose group is not enabled, come in as such. Remote
 * clients are refused by PIPE_REJECT_REMOTE_CLIENTS, not here: a NETWORK ace would lock out
 * administrators in a remoting session. */
#define PIPE_SDDL_BEGIN "O:SYG:SYD:P(A;;GA;;;SY)(A;;0x12019b;;;BA)(A;;0x12019b;;;IU)"
#define PIPE_SDDL_ENTRY_FORMAT "(A;;0x12019b;;;%s)"
#define PIPE_SDDL_END "S:(ML;;NWNR;;;ME)"
#define PIPE_SDDL_SERVICE PIPE_SDDL_BEGIN PIPE_SDDL_END

/* Who may open the pipe of `lsmapd --console`, which runs as the user %s (a SID as text).
 *
 * That user owns it and may do everything; SYSTEM and Administrators may use it. Nobody else. */
#define PIPE_SDDL_CONSOLE_FORMAT \
    "O:%sD:P(A;;GA;;;%s)(A;;0x12019b;;;SY)(A;;0x12019b;;;BA)S:(ML;;NWNR;;;ME)"

/* What a caller may ask of the service, unless the setting AccessSddl says otherwise; the bits are
 * those of protocol.h.
 *
 * SYSTEM and Administrators (with their group enabled in the token): all, 0x1f. Users logged on
 * interactively: connect and their own processes, 0x3. Members of the group "lsmap Readers", whose
 * SID goes in for %s: all but addresses, 0x17. Nobody else: nothing. Owner and group are there
 * because AccessCheck wants them; what an owner may do by himself is none of our bits. */
#define ACCESS_SDDL_OWNER "O:SYG:SY"
#define ACCESS_SDDL_SERVICE ACCESS_SDDL_OWNER "D:P(A;;0x1f;;;SY)(A;;0x1f;;;BA)(A;;0x3;;;IU)"
#define ACCESS_SDDL_READERS_FORMAT ACCESS_SDDL_SERVICE "(A;;0x17;;;%s)"

/* The same for `--console`: the user %s who runs it may do through the pipe what he may do by
 * himself. */
#define ACCESS_SDDL_CONSOLE_FORMAT "O:SYG:SYD:P(A;;0x1f;;;%s)(A;;0x1f;;;SY)(A;;0x1f;;;BA)"

/* Who may do what with the service itself, as an object of the service control manager.
 *
 * SYSTEM and Administrators may do everything. Everybody who has logged on may read its
 * configuration, its status and this descriptor, 0x20005: the client needs the status to learn
 * which process serves the pipe. Start, stop, pause, change, delete and user-defined controls are
 * withheld from all but those two; the entry of INTERACTIVE that Windows gives by default, which
 * lets users send controls, is left out. */
#define SERVICE_SDDL "D:(A;;0xf01ff;;;SY)(A;;0xf01ff;;;BA)(A;;0x20005;;;AU)"

/* Who may touch the registry key of the settings, and the keys below it.
 *
 * SYSTEM and Administrators: everything, 0xf003f. Users may read, 0x20019: there is no secret in
 * it. Nothing is taken over from the parent key. */
#define KEY_SDDL "O:BAG:SYD:P(A;CI;0xf003f;;;SY)(A;CI;0xf003f;;;BA)(A;CI;0x20019;;;BU)"

/* Who may touch the folder of the programs, and what lies in it.
 *
 * SYSTEM and Administrators: everything, 0x1f01ff. Users may read and run, 0x1200a9. Nothing is
 * taken over from the folder above, so nobody else can put a DLL beside a program of SYSTEM. */
#define FOLDER_SDDL "O:BAG:SYD:P(A;OICI;0x1f01ff;;;SY)(A;OICI;0x1f01ff;;;BA)(A;OICI;0x1200a9;;;BU)"

#endif
