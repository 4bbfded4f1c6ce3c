/* From a CSV row of a batch to its fields: encoding, then quotes and commas. */
#ifndef CONVERTER_ROWS_H
#define CONVERTER_ROWS_H

#include "converter/batch.h"
#include "formats/csv/encoding.h"
#include "formats/csv/row.h"

/* The fields of a row; they live in the batch. False when the row is unreadable: something behind
 * a closing quote, or bytes that are not valid in the encoding (or when the arena ran out). */
bool row_fields(const struct batch *batch, const struct element *element,
                enum csv_encoding encoding, struct arena *arena, struct csv_fields *fields);

#endif
