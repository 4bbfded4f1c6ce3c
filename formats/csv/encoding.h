/* Rows in other encodings than UTF-8. */
#ifndef FORMATS_CSV_ENCODING_H
#define FORMATS_CSV_ENCODING_H

#include "formats/base/arena.h"

enum csv_encoding { CSV_UTF_8, CSV_WINDOWS_1252, CSV_ISO_8859_1 };

/* `text` as UTF-8, in the arena where it had to change. False when its bytes are not valid in the
 * encoding (or the arena ran out: arena->oom). */
bool csv_decode(enum csv_encoding encoding, struct slice text, struct arena *arena,
                struct slice *utf8);

#endif
