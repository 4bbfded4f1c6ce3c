/* The JSON framer: a text fed whole and the same fed in pieces give the same frames. */
#include "formats/base/buf.h"
#include "formats/json/framer.h"
#include "tests/fuzz/fuzz.h"

static bool used_entity(struct slice key)
{
    return slice_is(key, "students") || slice_is(key, "sections") || slice_is(key, "schools");
}

static const struct framer_names names = {used_entity};

/* All that a frame says, as text. True when nothing follows. */
static bool note(struct buf *log, const struct frame *frame)
{
    buf_printf(log, "%d %llu %u %llu %d%d%d ", (int)frame->kind, (unsigned long long)frame->value,
               frame->list, (unsigned long long)frame->count, frame->nested, frame->envelope,
               frame->clean);
    if (frame->text.ptr)
        buf_put_slice(log, frame->text);
    buf_put_byte(log, '\n');
    return frame->kind == FRAME_END || frame->kind == FRAME_BROKEN ||
           frame->kind == FRAME_TOO_LONG || frame->kind == FRAME_UNSURE;
}

static void feed_whole(const uint8_t *data, size_t size, enum framer_mode mode, struct buf *log)
{
    struct json_framer framer;
    char *window = exact_copy(data, size);
    framer_init(&framer, &names, mode);
    for (bool over = false; !over;) {
        struct frame frame = framer_next(&framer, window, size, true);
        MUST(frame.kind != FRAME_MORE);
        over = note(log, &frame);
    }
    framer_release(&framer);
    free(window);
}

static void feed_pieces(const uint8_t *data, size_t size, enum framer_mode mode, struct buf *log)
{
    struct json_framer framer;
    uint64_t state = chance_from(data, size);
    size_t from = 0;
    size_t to = 0;
    char *window = exact_copy(data, 0);
    framer_init(&framer, &names, mode);
    for (bool over = false; !over;) {
        struct frame frame = framer_next(&framer, window, to - from, to == size);
        if (frame.kind != FRAME_MORE) {
            over = note(log, &frame);
            continue;
        }
        MUST(to < size);
        size_t keep = framer_keep(&framer);
        MUST(keep <= to - from);
        size_t drop = chance(&state, 2) ? keep : chance(&state, keep + 1);
        framer_drop(&framer, drop);
        from += drop;
        to += 1 + chance(&state, chance(&state, 4) ? 3 : size - to);
        to = to < size ? to : size;
        free(window);
        window = exact_copy(data + from, to - from);
    }
    framer_release(&framer);
    free(window);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum framer_mode modes[] = {JSON_AUTO, JSON_ASSUME_COMBINED, JSON_KNOWN};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct buf whole = {0};
        struct buf pieces = {0};
        feed_whole(data, size, modes[i], &whole);
        feed_pieces(data, size, modes[i], &pieces);
        MUST(slice_equal(buf_slice(&whole), buf_slice(&pieces)));
        buf_release(&whole);
        buf_release(&pieces);
    }
    return 0;
}
