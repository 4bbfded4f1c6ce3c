#include "converter/html.h"

#include "formats/base/utf8.h"

static void put_escaped(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&': buf_put_text(out, "&amp;"); break;
        case '<': buf_put_text(out, "&lt;"); break;
        case '>': buf_put_text(out, "&gt;"); break;
        case '"': buf_put_text(out, "&quot;"); break;
        case '\'': buf_put_text(out, "&#39;"); break;
        default: buf_put_byte(out, text.ptr[i]);
        }
    }
}

void html_put_clipped(struct buf *out, struct slice text, size_t limit)
{
    struct buf visible = {0};
    utf8_put_visible(&visible, text, limit == SIZE_MAX ? limit : limit + 1);
    struct slice shown = buf_slice(&visible);
    struct slice clipped = limit == SIZE_MAX ? shown : utf8_clip(shown, limit);
    put_escaped(out, clipped);
    if (clipped.len < shown.len)
        buf_put_text(out, "\xE2\x80\xA6");
    out->oom = out->oom || visible.oom;
    buf_release(&visible);
}

void html_put(struct buf *out, struct slice text)
{
    html_put_clipped(out, text, SIZE_MAX);
}
