/* Clever's own CSV files (its SFTP format): which column holds which attribute. */
#ifndef FORMATS_CLEVER_CSV_SCHEMA_H
#define FORMATS_CLEVER_CSV_SCHEMA_H

#include "formats/base/buf.h"
#include "formats/csv/row.h"
#include "formats/roster.h"

struct clever_csv_field {
    enum entity entity;
    int attribute; /* enum attribute, or enum reference_list where `list` */
    bool list;
    bool required;      /* the file is refused without this column */
    const char *header; /* as Clever writes it */
};

extern const struct clever_csv_field clever_csv_fields[];
extern const size_t clever_csv_field_count;

enum { CLEVER_CSV_MAX_FIELDS = 32 };

/* Where the fields of an entity stand in one file. */
struct clever_csv_header {
    enum entity entity;
    size_t columns;                    /* the header's */
    size_t first;                      /* the entity's first line in clever_csv_fields */
    size_t count;                      /* ... and their number */
    int column[CLEVER_CSV_MAX_FIELDS]; /* -1: not in the file */
};

/* The entity that a header tells; ENTITY_OTHER for a file of Clever's that is not used,
 * ENTITY_NONE when it does not tell. Letter case, spaces, `_` and `-` are ignored. */
enum entity clever_csv_entity(const struct csv_fields *header);

/* Whether the header has any column that Clever's files have. */
bool clever_csv_known(const struct csv_fields *header);

/* Finds the columns of an entity. False: a required one is missing; its name goes to `missing`. */
bool clever_csv_columns(const struct csv_fields *header, enum entity entity,
                        struct clever_csv_header *columns, const char **missing);

/* Fills the record from the fields of a row. Values live in the fields' text or in `arena`. */
void clever_csv_record(const struct clever_csv_header *columns, const struct csv_fields *fields,
                       struct record *record, struct arena *arena);

/* Whether there is nothing but blanks in all fields. */
bool clever_csv_blank(const struct csv_fields *fields, struct arena *arena);

#endif
