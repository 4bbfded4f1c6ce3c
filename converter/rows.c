#include "converter/rows.h"

bool row_fields(const struct batch *batch, const struct element *element,
                enum csv_encoding encoding, struct arena *arena, struct csv_fields *fields)
{
    struct csv_frame row = {.kind = CSV_ROW,
                            .quoted = (element->row & ROW_QUOTED) != 0,
                            .stray = (element->row & ROW_STRAY) != 0};
    return !(element->row & ROW_BAD) &&
           csv_decode(encoding, element_text(batch, element), arena, &row.text) &&
           csv_split(&row, arena, fields);
}
