/* From inputs to batches: opens an input, frames its elements, and notes what stands around its
 * lists. */
#ifndef CONVERTER_READER_H
#define CONVERTER_READER_H

#include "converter/batch.h"
#include "converter/inventory.h"
#include "formats/csv/framer.h"
#include "formats/json/framer.h"

/* A batch is full at this size of text; smaller ones cost more hand-overs, larger ones leave the
 * caches with all that becomes of them. */
enum { BATCH_BYTES = 96 * 1024 };

/* What a survey looks at first. */
enum { GLANCE_BYTES = 32 * 1024 };

/* Bytes read by the run, against --max-bytes. */
struct byte_budget {
    uint64_t limit;
    uint64_t used;
};

struct reader {
    struct inventory *inventory;
    struct byte_budget *budget;
    struct progress *progress;
    struct input *input; /* the open one, NULL for none */
    uint32_t input_index;
    struct source *source;
    struct json_framer framer;
    struct csv_framer csv;
    bool is_csv;
    enum framer_mode mode;
    struct buf carry;   /* what the last batch could not finish */
    bool end;           /* the source has ended */
    bool started;       /* its first bytes, and with them a BOM, have been seen */
    size_t batch_bytes; /* when a batch is full; BATCH_BYTES unless told otherwise */
    bool collecting;    /* lists and empties are noted in the input */
    uint64_t offset;    /* of the window's first byte in the input */
    uint64_t line;      /* there */
    bool after_cr;
    uint64_t elements;  /* framed so far, for messages */
    uint64_t rows;      /* of CSV, the header included */
    struct arena scratch;
};

void reader_init(struct reader *reader, struct inventory *inventory, struct byte_budget *budget,
                 struct progress *progress);
void reader_release(struct reader *reader);

/* Opens inputs[index] at its start; an open one must have been closed. `mode` is for JSON. */
bool reader_open(struct reader *reader, size_t index, enum framer_mode mode,
                 struct failure *failure);
void reader_close(struct reader *reader);

enum reader_result {
    READER_FULL,   /* the batch has BATCH_BYTES and there is more */
    READER_END,    /* the input has ended, its check sums are right; it is closed */
    READER_UNSURE, /* JSON_AUTO: the input may hold combined objects; close it */
    READER_BROKEN, /* the JSON or CSV cannot be followed; failure is set; close it */
    READER_FAILED, /* anything else; failure is set; close it */
    READER_MORE    /* private */
};

/* Appends elements of the open input to the batch. */
enum reader_result reader_fill(struct reader *reader, struct batch *batch,
                               struct failure *failure);

/* The first pass over an input with combined objects: fills input->combined. */
enum reader_result reader_find_combined(struct reader *reader, size_t index,
                                        struct failure *failure);

/* What the first bytes of an input tell of it. */
bool reader_sniff(struct reader *reader, size_t index, struct failure *failure);

/* Reads an input to its end for its check sums' sake. */
bool reader_drain(struct reader *reader, size_t index, struct failure *failure);

#endif
