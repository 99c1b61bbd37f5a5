#include "client/win32/accounts.h"

#include <string.h>

#include "common/base/sid.h"
#include "common/win32/text_w.h"
#include "common/win32/win.h"

#include <sddl.h>

enum { ACCOUNTS_MAX = 64, NAME_LEN_MAX = 257, NAME_CAPACITY = 3 * NAME_LEN_MAX };

struct account {
    char sid[SID_TEXT_CAPACITY];
    char name[NAME_CAPACITY]; /* "": it has none */
};

/* Those that were looked up; when it is full the oldest go. */
static struct account accounts[ACCOUNTS_MAX];
static size_t accounts_count;

static void look_up(struct account *account)
{
    wchar_t sid_w[SID_TEXT_CAPACITY], name_w[NAME_LEN_MAX], domain_w[NAME_LEN_MAX];
    DWORD name_len = NAME_LEN_MAX, domain_len = NAME_LEN_MAX;
    SID_NAME_USE use;
    PSID sid = NULL;

    account->name[0] = '\0';
    if (text_w_from_utf8(sid_w, SID_TEXT_CAPACITY, span_from_string(account->sid)) !=
            ERROR_SUCCESS ||
        !ConvertStringSidToSidW(sid_w, &sid))
        return;
    if (LookupAccountSidW(NULL, sid, name_w, &name_len, domain_w, &domain_len, &use) &&
        text_w_to_utf8(account->name, NAME_CAPACITY, name_w) != ERROR_SUCCESS)
        account->name[0] = '\0';
    LocalFree(sid);
}

bool account_find(struct span sid, struct buffer *name)
{
    struct account *account = accounts;

    if (sid.size >= SID_TEXT_CAPACITY || memchr(sid.data, '\0', sid.size) != NULL)
        return false;
    while (account < accounts + ACCOUNTS_MAX && account < accounts + accounts_count &&
           !span_equal(sid, span_from_string(account->sid)))
        account++;
    if (account == accounts + ACCOUNTS_MAX || account == accounts + accounts_count) {
        account = &accounts[accounts_count++ % ACCOUNTS_MAX];
        memcpy(account->sid, sid.data, sid.size);
        account->sid[sid.size] = '\0';
        look_up(account);
    }
    return account->name[0] != '\0' && buffer_text(name, account->name);
}
