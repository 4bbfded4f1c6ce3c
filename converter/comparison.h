/* What has changed since the last result, for the review page. */
#ifndef CONVERTER_COMPARISON_H
#define CONVERTER_COMPARISON_H

#include "formats/sds/files.h"

#include <stdint.h>

struct file_comparison {
    bool known;      /* false: the last result had no such file, or it could not be compared */
    uint64_t before; /* rows of the last result */
    uint64_t added;
    uint64_t removed;
    uint64_t changed;
};

struct comparison {
    bool first; /* there was no last result; `file` says nothing then */
    struct file_comparison file[SDS_FILES];
};

#endif
