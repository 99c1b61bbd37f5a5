/* One request and its reply: sends the line, takes the reply apart, and vouches for it.
 *
 * Every line is read strictly and must carry the request's id; the reply must end in exactly one
 * terminal line whose counts agree with the rows before it. So a reply that was cut, mixed up or
 * forged is told apart from a complete one. Pure; the bytes come and go through a link.
 */
#ifndef CLIENT_EXCHANGE_H
#define CLIENT_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/outcome.h"
#include "client/rows/row.h"
#include "client/server_link.h"
#include "common/base/annotations.h"
#include "common/proto/request.h"
#include "common/text/buffer.h"

/* Who looks at the rows as they come. */
struct exchange_view {
    void *context;

    /* Each row, the terminal one included.
     * line  As received, without its newline. Returns false to stop the exchange. */
    bool (*on_row)(void *context, const struct row *row, struct span line);

    /* Before more is waited for. Returns false to stop the exchange. */
    bool (*on_wait)(void *context);
};

enum exchange_result {
    EXCHANGE_DONE,    /* the terminal row came and was right */
    EXCHANGE_STOPPED, /* the view wanted no more */
    EXCHANGE_FAILED   /* see `failure`; the link is of no more use */
};

struct exchange {
    const struct link *link;
    struct buffer input;   /* received and not yet taken */
    struct buffer scratch; /* of row_parse */
    uint64_t line;         /* number of the line in the current reply, from 1 */
    struct row row;
};

/* link  Must outlive the exchange. */
void exchange_init(_Out_ struct exchange *exchange, _In_ const struct link *link);
void exchange_deinit(_Inout_ struct exchange *exchange);

/* Forgets what was received and not taken: the link was connected anew. */
void exchange_reset(_Inout_ struct exchange *exchange);

/* Asks and hears the whole reply. Replies are heard one after the other: behind DONE the next
 * request may be asked. */
NODISCARD enum exchange_result exchange_run(_Inout_ struct exchange *exchange,
                                            _In_ const struct request *request,
                                            _In_ const struct exchange_view *view,
                                            _Out_ struct failure *failure);

#endif
