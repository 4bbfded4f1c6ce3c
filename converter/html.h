/* Text from elsewhere as part of an HTML page. */
#ifndef CONVERTER_HTML_H
#define CONVERTER_HTML_H

#include "formats/base/buf.h"

/* Appends text, also inside of a quoted attribute: & < > " ' are escaped, control characters and
 * what is not UTF-8 are shown as U+FFFD, and after `limit` characters it ends with an ellipsis. */
void html_put_clipped(struct buf *out, struct slice text, size_t limit);

/* The same in full. */
void html_put(struct buf *out, struct slice text);

static inline void html_put_text(struct buf *out, const char *text)
{
    html_put(out, slice_from(text));
}

#endif
