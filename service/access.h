/* The security descriptors of lsmapd, each under the sentence that says what it does. The only
 * place for SDDL. */
#ifndef SERVICE_ACCESS_H
#define SERVICE_ACCESS_H

/* Who may open the pipe of the service.
 *
 * SYSTEM owns it and alone may do everything, create further instances included. Administrators and
 * users logged on interactively may read, write and read its attributes: 0x12019b is
 * FILE_GENERIC_READ | FILE_GENERIC_WRITE without 0x4, FILE_CREATE_PIPE_INSTANCE, which is withheld
 * from all others so that nobody can put an instance of his own under our name. The label keeps
 * programs below medium integrity from writing and from reading. Nobody else is named, so nobody
 * else gets in; anonymous and network guests are not named. Remote clients are refused by
 * PIPE_REJECT_REMOTE_CLIENTS, not here: a NETWORK ace would lock out administrators in a remoting
 * session. */
#define PIPE_SDDL_SERVICE \
    "O:SYG:SYD:P(A;;GA;;;SY)(A;;0x12019b;;;BA)(A;;0x12019b;;;IU)S:(ML;;NWNR;;;ME)"

/* Who may open the pipe of `lsmapd --console`, which runs as the user %s (a SID as text).
 *
 * That user owns it and may do everything; SYSTEM and Administrators may use it. Nobody else. */
#define PIPE_SDDL_CONSOLE_FORMAT \
    "O:%sD:P(A;;GA;;;%s)(A;;0x12019b;;;SY)(A;;0x12019b;;;BA)S:(ML;;NWNR;;;ME)"

/* What a caller may ask of the service; the bits are those of rights.h.
 *
 * SYSTEM and Administrators (with their group enabled in the token): all, 0x1f. Users logged on
 * interactively: connect and their own processes, 0x3. Nobody else: nothing. Owner and group are
 * there because AccessCheck wants them; a group-less owner right is not granted by our bits. */
#define ACCESS_SDDL_SERVICE "O:SYG:SYD:P(A;;0x1f;;;SY)(A;;0x1f;;;BA)(A;;0x3;;;IU)"

/* The same for `--console`: the user %s who runs it may do through the pipe what he may do by
 * himself. */
#define ACCESS_SDDL_CONSOLE_FORMAT "O:SYG:SYD:P(A;;0x1f;;;%s)(A;;0x1f;;;SY)(A;;0x1f;;;BA)"

#endif
