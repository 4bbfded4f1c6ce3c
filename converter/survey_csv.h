/* The part of the survey that looks at CSV files. */
#ifndef CONVERTER_SURVEY_CSV_H
#define CONVERTER_SURVEY_CSV_H

#include "converter/run.h"

/* Finds out whether an input that is neither JSON nor HTML is one of Clever's CSV files, which one,
 * and where its columns are. `batch` is scratch. To its end with `complete`, or when it is not used
 * by this run. False with a failure. */
bool survey_csv(struct run *run, struct batch *batch, size_t index, bool complete,
                struct failure *failure);

#endif
