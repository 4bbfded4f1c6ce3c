/* The window that the framer sees is the end of the batch's text, from the current segment on:
 *
 *   batch.text   [ earlier segments | segment ............ ]
 *                                   ^ window (offset, line)
 *
 * What is unfinished when a batch is full is carried over to the start of the next one. */
#include "converter/reader.h"

#include "formats/base/grow.h"
#include "formats/clever/entity.h"
#include "formats/clever/links.h"
#include "formats/json/scan.h"

#include <stdlib.h>

enum { CHUNK = 96 * 1024 };

static bool used_key(struct slice key)
{
    return entity_of_key(key) != ENTITY_NONE;
}

static const struct framer_names names = {used_key};

void reader_init(struct reader *reader, struct inventory *inventory, struct byte_budget *budget,
                 struct progress *progress)
{
    *reader = (struct reader){
        .inventory = inventory, .budget = budget, .progress = progress, .batch_bytes = BATCH_BYTES};
}

void reader_close(struct reader *reader)
{
    source_free(reader->source);
    framer_release(&reader->framer);
    reader->source = NULL;
    reader->input = NULL;
    reader->framer = (struct json_framer){.names = NULL};
    buf_reset(&reader->carry);
}

void reader_release(struct reader *reader)
{
    reader_close(reader);
    buf_release(&reader->carry);
    arena_release(&reader->scratch);
}

bool reader_open(struct reader *reader, size_t index, enum framer_mode mode,
                 struct failure *failure)
{
    struct input *input = &reader->inventory->inputs[index];
    reader->source = input_open(input, failure);
    if (!reader->source)
        return false;
    reader->input = input;
    reader->input_index = (uint32_t)index;
    reader->mode = mode;
    reader->is_csv = input->form == FORM_CSV;
    reader->csv = (struct csv_framer){.at = 0};
    framer_init(&reader->framer, &names, mode);
    reader->framer.combined = input->combined;
    reader->framer.combined_count = input->combined_count;
    reader->end = reader->started = reader->after_cr = false;
    reader->offset = reader->elements = reader->rows = 0;
    reader->line = 1;
    reader->collecting = !input->collected && mode != JSON_ASSUME_COMBINED;
    if (reader->collecting)
        input->list_count = input->empty_count = 0;
    buf_reset(&reader->carry);
    return true;
}

static bool over_budget(struct reader *reader, uint64_t end, struct failure *failure)
{
    if (end > reader->input->bytes) {
        reader->budget->used += end - reader->input->bytes;
        reader->input->bytes = end;
    }
    if (reader->budget->used <= reader->budget->limit)
        return false;
    failure_set(failure, FAILURE_INPUT,
                "%s: the export has more than the %llu bytes of --max-bytes; raise it if the "
                "export is that large",
                reader->input->label, (unsigned long long)reader->budget->limit);
    return true;
}

/* Appends bytes of the source to `text`, whose window starts at `start`. */
static bool read_more(struct reader *reader, struct buf *text, size_t start,
                      struct failure *failure)
{
    size_t size = reader->batch_bytes < CHUNK ? reader->batch_bytes : CHUNK;
    if (!buf_reserve(text, size))
        return failure_no_memory(failure);
    if (reader->batch_bytes >= CHUNK)
        size = text->cap - text->len;
    ssize_t got = source_read(reader->source, text->data + text->len, size, failure);
    if (got < 0)
        return false;
    text->len += (size_t)got;
    reader->end = got == 0;
    progress_read(reader->progress, source_position(reader->source));
    return !over_budget(reader, reader->offset + (text->len - start), failure);
}

/* Reads until `text` has at least three bytes, or all there are, and skips a BOM; the window then
 * starts at *start. */
static bool begin(struct reader *reader, struct buf *text, size_t *start, struct failure *failure)
{
    while (!reader->end && text->len - *start < 3)
        if (!read_more(reader, text, *start, failure))
            return false;
    if (text->data && text->len - *start >= 3 &&
        memcmp(text->data + *start, "\xEF\xBB\xBF", 3) == 0) {
        *start += 3;
        reader->offset += 3;
    }
    reader->started = true;
    return true;
}

static enum input_form form_of(const struct slice head)
{
    if (head.len >= 2 &&
        (memcmp(head.ptr, "\xFF\xFE", 2) == 0 || memcmp(head.ptr, "\xFE\xFF", 2) == 0))
        return FORM_UTF16;
    if (head.len >= 4 && (memcmp(head.ptr, "PK\3\4", 4) == 0 || memcmp(head.ptr, "PK\5\6", 4) == 0))
        return FORM_ZIP;
    if (head.len == 0)
        return FORM_EMPTY;
    if (head.ptr[0] == '{' || head.ptr[0] == '[')
        return FORM_JSON;
    return head.ptr[0] == '<' ? FORM_HTML : FORM_TEXT;
}

bool reader_sniff(struct reader *reader, size_t index, struct failure *failure)
{
    struct buf text = {0};
    size_t start = 0;
    bool ok =
        reader_open(reader, index, JSON_AUTO, failure) && begin(reader, &text, &start, failure);
    while (ok) {
        while (start < text.len && json_space(text.data[start]))
            start++;
        if (reader->end || text.len - start >= 4)
            break;
        if (start == text.len) {
            reader->offset += text.len;
            buf_reset(&text);
            start = 0;
        }
        ok = read_more(reader, &text, 0, failure);
    }
    if (ok)
        reader->input->form = form_of(slice_of(text.data + start, text.len - start));
    buf_release(&text);
    reader_close(reader);
    return ok;
}

bool reader_drain(struct reader *reader, size_t index, struct failure *failure)
{
    struct buf text = {0};
    bool ok = reader_open(reader, index, JSON_AUTO, failure);
    while (ok && !reader->end) {
        reader->offset += text.len;
        buf_reset(&text);
        ok = read_more(reader, &text, 0, failure);
    }
    buf_release(&text);
    reader_close(reader);
    return ok;
}

/* ---- lists and what stands around them ---- */

static struct input_list *list_at(struct input *input, uint32_t number)
{
    return number && number <= input->list_count ? &input->lists[number - 1] : NULL;
}

/* Makes the entry for list `number`, the next one, unless it is there. */
static struct input_list *list_new(struct reader *reader, uint32_t number)
{
    struct input *input = reader->input;
    struct input_list *list = list_at(input, number);
    if (list || number != input->list_count + 1)
        return list;
    struct input_list *lists =
        grow_by_one(input->lists, input->list_count, &input->list_room, sizeof *lists);
    if (!lists)
        return NULL;
    input->lists = lists;
    list = &input->lists[input->list_count++];
    *list = (struct input_list){.self = ENTITY_NONE, .key = ENTITY_NONE, .holds = ENTITY_NONE};
    return list;
}

static bool begin_list(struct reader *reader, const struct frame *frame)
{
    if (!reader->collecting)
        return true;
    struct input_list *list = list_new(reader, frame->list);
    if (!list)
        return false;
    list->envelope = frame->envelope;
    list->finished = !frame->envelope || list->self_link.ptr;
    if (frame->text.ptr) {
        list->key = entity_of_key(frame->text);
        list->unused_key = list->key == ENTITY_NONE;
    }
    return true;
}

static void end_envelope(struct reader *reader)
{
    struct input *input = reader->input;
    if (reader->collecting && input->list_count)
        input->lists[input->list_count - 1].finished = true;
}

static enum reader_result broken(struct reader *reader, const char *reason, struct failure *failure)
{
    struct buf where = {0};
    buf_put_text(&where, " after record ");
    buf_put_grouped(&where, reader->elements);
    buf_put_text(&where, " (byte ");
    buf_put_grouped(&where, reader->offset + reader->framer.at);
    buf_put_byte(&where, ')');
    const char *text = buf_text(&where);
    failure_set(failure, FAILURE_INPUT, "%s: %s%s; export it again", reader->input->label, reason,
                text ? text : "");
    buf_release(&where);
    return READER_BROKEN;
}

/* Members beside the list of an envelope, or of a combined object (list 0). */
static enum reader_result around(struct reader *reader, const struct frame *frame,
                                 struct failure *failure)
{
    struct clever_around found;
    struct json_error error;
    arena_reset(&reader->scratch);
    if (!clever_around(frame->text, &reader->scratch, &found, &error)) {
        if (reader->scratch.oom) {
            failure_no_memory(failure);
            return READER_FAILED;
        }
        return broken(reader, "invalid JSON beside a list", failure);
    }
    if (frame->list == 0)
        return READER_FULL;
    if (found.second_data)
        return broken(reader, "a second \"data\" in one envelope", failure);
    if (!reader->collecting)
        return READER_FULL;
    struct input_list *list = list_new(reader, frame->list);
    struct arena *keep = &reader->inventory->arena;
    if (!list) {
        failure_no_memory(failure);
        return READER_FAILED;
    }
    list->last_page = list->last_page || found.last_page;
    if (!found.has_links)
        return READER_FULL;
    list->self = entity_of_uri(found.links.self);
    if (found.links.self.ptr)
        reader->input->versions |= clever_version_of(found.links.self);
    if (found.links.self.ptr)
        list->self_link = clever_canonical_link(found.links.self, keep);
    if (found.links.next.ptr) {
        list->next_link = clever_canonical_link(found.links.next, keep);
        list->next_raw = arena_copy(keep, found.links.next);
    }
    if (keep->oom) {
        failure_no_memory(failure);
        return READER_FAILED;
    }
    return READER_FULL;
}

/* ---- elements ---- */

static bool add_element(struct reader *reader, struct batch *batch, const struct frame *frame,
                        uint32_t segment)
{
    struct element *element = batch_add_element(batch);
    if (!element)
        return false;
    struct input_list *list = list_at(reader->input, frame->list);
    *element = (struct element){.start = (uint32_t)(frame->text.ptr - batch->text.data),
                                .len = (uint32_t)frame->text.len,
                                .segment = segment,
                                .list = frame->list,
                                .self = ENTITY_NONE,
                                .key = ENTITY_NONE};
    if (list) {
        element->self = (uint8_t)list->self;
        element->key = (uint8_t)list->key;
        element->links_open = !list->finished;
        element->unused = list->unused_key;
        list->count += reader->collecting;
    }
    reader->elements++;
    return true;
}

static bool add_empty(struct reader *reader, struct batch *batch, const struct frame *frame,
                      uint32_t segment)
{
    struct input *input = reader->input;
    if (!reader->collecting)
        return true;
    struct input_empty *empties =
        grow_by_one(input->empties, input->empty_count, &input->empty_room, sizeof *empties);
    if (!empties)
        return false;
    input->empties = empties;
    size_t at = (size_t)(frame->text.ptr - batch->text.data);
    input->empties[input->empty_count++] =
        (struct input_empty){batch_line(batch, segment, at), frame->list};
    return true;
}

/* A top-level value that is no object must at least be JSON (formats/README.md). */
static bool is_json_value(const struct frame *frame)
{
    struct json_error error;
    return frame->list != 0 || frame->text.ptr[0] == '{' || json_check(frame->text, &error);
}

/* One frame; READER_FULL means: go on. */
static enum reader_result take(struct reader *reader, struct batch *batch, uint32_t segment,
                               const struct frame *frame, struct failure *failure)
{
    bool ok = true;
    switch (frame->kind) {
    case FRAME_ELEMENT:
        if (!is_json_value(frame))
            return broken(reader, "something that is not JSON", failure);
        ok = add_element(reader, batch, frame, segment);
        break;
    case FRAME_EMPTY: ok = add_empty(reader, batch, frame, segment); break;
    case FRAME_LIST: ok = begin_list(reader, frame); break;
    case FRAME_AROUND: return around(reader, frame, failure);
    case FRAME_VALUE_END: end_envelope(reader); break;
    case FRAME_UNSURE: return READER_UNSURE;
    case FRAME_BROKEN: return broken(reader, frame->reason, failure);
    case FRAME_TOO_LONG:
        if (!reader->framer.nest.oom) {
            failure_set(failure, FAILURE_INPUT,
                        "%s: the record after record %llu is longer than 64 MiB, which no "
                        "roster record is; export it again",
                        reader->input->label, (unsigned long long)reader->elements);
            return READER_FAILED;
        }
        ok = false;
        break;
    case FRAME_END:
        reader->input->collected = reader->input->collected || reader->collecting;
        return READER_END;
    case FRAME_MORE: return READER_MORE;
    case FRAME_LIST_END:
    case FRAME_KEY: break;
    }
    if (!ok) {
        failure_no_memory(failure);
        return READER_FAILED;
    }
    return READER_FULL;
}

/* ---- CSV rows ---- */

static enum reader_result take_row(struct reader *reader, struct batch *batch, uint32_t segment,
                                   const struct csv_frame *frame)
{
    const struct input *input = reader->input;
    reader->rows++;
    if (input->csv && reader->rows <= input->csv_header_rows)
        return READER_FULL;
    struct element *element = batch_add_element(batch);
    if (!element)
        return READER_FAILED;
    *element = (struct element){.start = (uint32_t)(frame->text.ptr - batch->text.data),
                                .len = (uint32_t)frame->text.len,
                                .segment = segment,
                                .self = ENTITY_NONE,
                                .key = ENTITY_NONE};
    element->row = (uint8_t)((frame->quoted ? ROW_QUOTED : 0) | (frame->stray ? ROW_STRAY : 0) |
                             (frame->bad ? ROW_BAD : 0));
    reader->elements++;
    return READER_FULL;
}

static enum reader_result step_csv(struct reader *reader, struct batch *batch, uint32_t segment,
                                   size_t start, struct failure *failure)
{
    const char *label = reader->input->label;
    struct csv_frame frame = csv_framer_next(&reader->csv, batch->text.data + start,
                                             batch->text.len - start, reader->end);
    enum reader_result result = READER_FULL;
    switch (frame.kind) {
    case CSV_MORE: return READER_MORE;
    case CSV_END: return READER_END;
    case CSV_ROW:
        result = take_row(reader, batch, segment, &frame);
        if (result == READER_FAILED)
            failure_no_memory(failure);
        return result;
    case CSV_UNCLOSED:
        failure_set(failure, FAILURE_INPUT,
                    "%s: the quote that opens in line %llu is never closed; export it again", label,
                    (unsigned long long)batch_line(batch, segment, start + frame.opened));
        return READER_BROKEN;
    case CSV_TOO_LONG: break;
    }
    failure_set(failure, FAILURE_INPUT,
                "%s: the row after row %llu is longer than 64 MiB, which no roster row is; look "
                "for a quote that is never closed",
                label, (unsigned long long)reader->elements);
    return READER_FAILED;
}

static enum reader_result step_json(struct reader *reader, struct batch *batch, uint32_t segment,
                                    size_t start, struct failure *failure)
{
    struct frame frame = framer_next(&reader->framer, batch->text.data + start,
                                     batch->text.len - start, reader->end);
    return take(reader, batch, segment, &frame, failure);
}

/* ---- batches ---- */

/* The bytes of the window before this place are done with. */
static size_t keep_from(const struct reader *reader)
{
    return reader->is_csv ? csv_framer_keep(&reader->csv) : framer_keep(&reader->framer);
}

static void carry_over(struct reader *reader, struct batch *batch, size_t start)
{
    size_t keep = keep_from(reader);
    struct slice done = slice_of(batch->text.data + start, keep);
    count_lines(done, &reader->line, &reader->after_cr);
    buf_reset(&reader->carry);
    buf_put(&reader->carry, batch->text.data + start + keep, batch->text.len - start - keep);
    if (reader->is_csv)
        csv_framer_drop(&reader->csv, keep);
    else
        framer_drop(&reader->framer, keep);
    reader->offset += keep;
}

/* The segment of the open input in the batch: *start is the place of its window. */
static bool begin_segment(struct reader *reader, struct batch *batch, size_t *start,
                          struct failure *failure)
{
    *start = batch->text.len;
    buf_put_slice(&batch->text, buf_slice(&reader->carry));
    buf_reset(&reader->carry);
    if (batch->text.oom || reader->carry.oom)
        return failure_no_memory(failure);
    if (!reader->started && !begin(reader, &batch->text, start, failure))
        return false;
    struct segment *segment = batch_add_segment(batch);
    if (!segment)
        return failure_no_memory(failure);
    *segment = (struct segment){.input = reader->input_index,
                                .start = *start,
                                .line = reader->line,
                                .after_cr = reader->after_cr};
    return true;
}

enum reader_result reader_fill(struct reader *reader, struct batch *batch, struct failure *failure)
{
    size_t start;
    if (!begin_segment(reader, batch, &start, failure))
        return READER_FAILED;
    uint32_t segment = (uint32_t)(batch->segment_count - 1);
    for (;;) {
        enum reader_result result = reader->is_csv
                                        ? step_csv(reader, batch, segment, start, failure)
                                        : step_json(reader, batch, segment, start, failure);
        if (result == READER_FULL)
            continue;
        if (result == READER_END)
            reader_close(reader);
        if (result != READER_MORE)
            return result;
        if (batch->text.len >= reader->batch_bytes && keep_from(reader) > 0) {
            carry_over(reader, batch, start);
            return READER_FULL;
        }
        if (!read_more(reader, &batch->text, start, failure))
            return READER_FAILED;
    }
}

/* ---- the first pass over combined objects ---- */

struct finding {
    bool taken; /* has a key that no combined object has */
    bool unclean;
    bool has_list;  /* a used entity's name with a list of objects, or an empty one */
    bool used_key;  /* of the list being read */
    bool objects;   /* ... which has one */
    bool data_list; /* an envelope after all */
};

static bool note_combined(struct input *input, uint64_t value)
{
    uint64_t *combined = grow_by_one(input->combined, input->combined_count, &input->combined_room,
                                     sizeof(uint64_t));
    if (!combined)
        return false;
    input->combined = combined;
    input->combined[input->combined_count++] = value;
    return true;
}

/* Whether members that hold no list or object are clean; false in *ok: out of memory. */
static bool clean_members(struct slice members, bool *ok)
{
    struct json_error error;
    struct buf object = {0};
    buf_put_byte(&object, '{');
    buf_put_slice(&object, members);
    buf_put_byte(&object, '}');
    *ok = !object.oom;
    bool clean = *ok && json_check(buf_slice(&object), &error);
    buf_release(&object);
    return clean;
}

static bool find_step(struct input *input, struct finding *finding, const struct frame *frame)
{
    bool ok = true;
    switch (frame->kind) {
    case FRAME_KEY: finding->taken = finding->taken || framer_not_combined(frame->text); break;
    case FRAME_LIST:
        finding->used_key = frame->text.ptr && used_key(frame->text);
        finding->data_list = finding->data_list || (frame->envelope && !frame->nested);
        finding->objects = false;
        break;
    case FRAME_ELEMENT: finding->objects = finding->objects || frame->text.ptr[0] == '{'; break;
    case FRAME_LIST_END:
        if (finding->used_key && (finding->objects || frame->count == 0))
            finding->has_list = true;
        break;
    case FRAME_AROUND:
        if (frame->list == 0 && !memchr(frame->text.ptr, '{', frame->text.len) &&
            !memchr(frame->text.ptr, '[', frame->text.len) && !clean_members(frame->text, &ok))
            finding->unclean = true;
        break;
    case FRAME_VALUE_END:
        if (finding->has_list && !finding->taken && !finding->unclean && !finding->data_list &&
            frame->clean)
            ok = note_combined(input, frame->value);
        *finding = (struct finding){.taken = false};
        break;
    case FRAME_EMPTY:
    case FRAME_MORE:
    case FRAME_UNSURE:
    case FRAME_BROKEN:
    case FRAME_TOO_LONG:
    case FRAME_END: break;
    }
    return ok;
}

/* Reads on, dropping what the framer needs no more. */
static bool slide(struct reader *reader, struct buf *text, size_t *start, struct failure *failure)
{
    size_t keep = framer_keep(&reader->framer);
    if (keep >= CHUNK && text->data) {
        size_t rest = text->len - *start - keep;
        memmove(text->data, text->data + *start + keep, rest);
        text->len = rest;
        *start = 0;
        framer_drop(&reader->framer, keep);
        reader->offset += keep;
    }
    return read_more(reader, text, *start, failure);
}

static enum reader_result find_all(struct reader *reader, struct buf *text, struct failure *failure)
{
    struct finding finding = {.taken = false};
    size_t start = 0;
    if (!begin(reader, text, &start, failure))
        return READER_FAILED;
    for (;;) {
        struct frame frame =
            framer_next(&reader->framer, text->data + start, text->len - start, reader->end);
        if (frame.kind == FRAME_END)
            return READER_END;
        if (frame.kind == FRAME_BROKEN)
            return broken(reader, frame.reason, failure);
        if (frame.kind == FRAME_TOO_LONG)
            return take(reader, NULL, 0, &frame, failure);
        if (frame.kind == FRAME_MORE) {
            if (!slide(reader, text, &start, failure))
                return READER_FAILED;
        } else {
            reader->elements += frame.kind == FRAME_ELEMENT;
            if (!find_step(reader->input, &finding, &frame)) {
                failure_no_memory(failure);
                return READER_FAILED;
            }
        }
    }
}

enum reader_result reader_find_combined(struct reader *reader, size_t index,
                                        struct failure *failure)
{
    struct buf text = {0};
    if (!reader_open(reader, index, JSON_ASSUME_COMBINED, failure))
        return READER_FAILED;
    reader->input->combined_count = 0;
    enum reader_result result = find_all(reader, &text, failure);
    reader->input->combined_known = result == READER_END;
    buf_release(&text);
    reader_close(reader);
    return result;
}
