/* Rows in other encodings than UTF-8. */
#ifndef FORMATS_CSV_ENCODING_H
#define FORMATS_CSV_ENCODING_H

#include "formats/base/arena.h"

enum csv_encoding { CSV_UTF_8, CSV_WINDOWS_1252, CSV_ISO_8859_1 };

/* A converter; NULL when out of memory. */
struct csv_decoder;

struct csv_decoder *csv_decoder_new(enum csv_encoding encoding);
void csv_decoder_free(struct csv_decoder *decoder);

/* `text` as UTF-8, in the arena where it had to change. False when its bytes are not valid in the
 * encoding (or the arena ran out: arena->oom). */
bool csv_decode(struct csv_decoder *decoder, struct slice text, struct arena *arena,
                struct slice *utf8);

#endif
